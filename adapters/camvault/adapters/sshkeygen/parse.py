"""Adapter for ssh-keygen, pure part: which key a signature was made with.

Source: PROTOCOL.sshsig of OpenSSH: magic, version, then the public key as a string with its length before it.
"""

import base64
import binascii
import hashlib
import re
import struct

_ARMOUR = re.compile(r"-----BEGIN SSH SIGNATURE-----\n([A-Za-z0-9+/=\n]+)-----END SSH SIGNATURE-----\n")
_HEAD = struct.Struct(">6sI")
_MAGIC, _VERSION = b"SSHSIG", 1


class UnknownSignatureError(ValueError):
    """What ssh-keygen said is no signature."""


def key_of(signature: str) -> tuple[str, str]:
    """Kind and content of the public key on one line, and its fingerprint.

    Raises:
        UnknownSignatureError: It is no signature.
    """
    found = _ARMOUR.fullmatch(signature)
    if found is None:
        raise UnknownSignatureError("it has no armour of a signature")
    try:
        content = base64.b64decode(found[1], validate=False)
        if _HEAD.unpack_from(content) != (_MAGIC, _VERSION):
            raise UnknownSignatureError("it has not the head of a signature")
        key = _string(content, _HEAD.size)
        kind = _string(key, 0).decode("ascii")
    except (binascii.Error, struct.error, UnicodeDecodeError) as error:
        raise UnknownSignatureError(f"it is cut short: {error}") from error
    fingerprint = base64.b64encode(hashlib.sha256(key).digest()).decode("ascii").rstrip("=")
    return f"{kind} {base64.b64encode(key).decode('ascii')}", f"SHA256:{fingerprint}"


def _string(content: bytes, at: int) -> bytes:
    (size,) = struct.unpack_from(">I", content, at)
    found = content[at + 4 : at + 4 + size]
    if len(found) != size:
        raise struct.error(f"{len(found)} bytes instead of {size}")
    return found
