"""Composition root, shared part: what the evidence of a disc says of this machine and of the tools on it."""

import getpass
import os
import platform
import time
from pathlib import Path

from camvault.adapters.sshkeygen import SshSigner
from camvault.apps._cli.version import version
from camvault.core.workflows.bodycam.create_iso import EvidenceWish


def evidence_wish(key: Path | None = None) -> EvidenceWish:
    """That an image carries evidence, which names camvault, Python, this machine, its zone, and who is at work.

    `key` is the SSH key that signs it; None for no signature.
    """
    return EvidenceWish(
        signer=SshSigner(key.absolute()) if key is not None else None,
        operator=_operator(),
        tools={
            "camvault": version(),
            "python": platform.python_version(),
            "system": platform.platform(),
            "host": platform.node(),
            "operator": _operator(),
            "zone": "/".join(dict.fromkeys(time.tzname)),
        },
    )


def _operator() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user without a name, as in a container
        return f"uid {os.getuid()}"
