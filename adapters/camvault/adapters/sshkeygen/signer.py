"""Adapter for ssh-keygen: signs with a key file, or with a key in an agent that its public file names."""

from pathlib import PurePath

import attrs

from camvault.adapters._shared import process
from camvault.adapters.sshkeygen.parse import UnknownSignatureError, key_of
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import MissingToolError, UsageError
from camvault.ports.signing import Signature, Signer

_TOOL = "ssh-keygen"


def sign_argv(key: PurePath, namespace: str) -> tuple[str, ...]:
    """Sign standard input for a purpose; the signature goes to standard output."""
    return (_TOOL, "-Y", "sign", "-q", "-f", str(key), "-n", namespace)


@attrs.frozen
class SshSigner:
    """Signs with `key`. ssh-keygen asks nobody: a key with a passphrase has to be in an agent."""

    key: PurePath

    def sign(self, content: bytes, /, *, namespace: str, cancel: Cancellation) -> Signature:
        """See `Signer`."""
        if process.find_program(_TOOL) is None:
            raise MissingToolError(_TOOL, "OpenSSH 8.1 or newer")
        # Without a terminal and without a program that asks, a passphrase is a failure and no question
        env = {"SSH_ASKPASS_REQUIRE": "never", "LC_ALL": "C.UTF-8"}
        done = process.run(sign_argv(self.key, namespace), stdin=content, env=env, cancel=cancel)
        if done.exit_code:
            raise UsageError(f"{self.key} cannot sign: {' '.join(done.last_lines) or f'exit code {done.exit_code}'}")
        try:
            return Signature(done.text, *key_of(done.text))
        except UnknownSignatureError as error:
            raise UsageError(f"{self.key} cannot sign: {error}") from error


_: type[Signer] = SshSigner
