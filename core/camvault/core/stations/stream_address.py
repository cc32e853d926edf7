"""Pure: the parts of a camera's address as a person gives them, and what of them no message may show.

A password has a key of its own, or a file. A camera that wants it within the path gets it by the placeholder
`{password}`, so that it stands in no command line and in no unit file.
"""

import re

from camvault.ports.recorder import PASSWORD_PLACEHOLDER

_IN_PATH = re.compile(
    r"(?<!by)(?<!com)(?:pass(?:word|wd|phrase)?|pwd|psw)[=:](?!\{password\}|[&;_/]|\Z)", re.IGNORECASE
)
"""The name of a parameter for a password, and a value that is not the placeholder. Some cameras take an empty one."""
_NAMED = re.compile(r"pass|pwd|psw|://", re.IGNORECASE)
"""In a table or a list that stands where none is expected."""

HOST_RULE = "an IP address or a host name; user, password, port and path have keys of their own"
PATH_RULE = f"a path that begins with /, with {PASSWORD_PLACEHOLDER} where the camera wants the password in it"


def shown(value: object) -> str:
    """What a message says of a value that is wrong; nothing of one that may hold a password."""
    text = str(value)
    if isinstance(value, str) and ("://" in text or "@" in text):
        return "a whole address, which may hold a password and is not shown"
    if holds_password(text) or (not isinstance(value, str) and _NAMED.search(text)):
        return "something with a password in it, which is not shown"
    return repr(value)


def holds_password(path: str) -> bool:
    """Whether a password stands in a path itself."""
    return bool(_IN_PATH.search(path))


def is_stream_path(path: str) -> bool:
    """Whether this may be a stream's path. That of a whole address is none: it would bring its password along."""
    return path.startswith("/") and "://" not in path and not holds_password(path)
