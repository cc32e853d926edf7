"""Composition root, shared part: the sentence of an error, with what to install where a tool is missing."""

from camvault.adapters.system.packages import install_command, this_family
from camvault.ports.errors import MissingToolError

_NOTHING = frozenset({"nothing", "none"})
_ANY_OF_SEVERAL = "burner"


def explained(error: BaseException) -> str:
    """The sentence of `error`.

    What to install is said only if the tool is absent: the package of a tool that is too old would be the same version.
    """
    if not isinstance(error, MissingToolError):
        return str(error)
    is_absent = error.found in _NOTHING or error.tool == _ANY_OF_SEVERAL
    command = install_command(error.tool, family=this_family()) if is_absent else None
    return str(error) if command is None else f"{error}. To install it here: {command}"
