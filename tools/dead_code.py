"""Names of the four source roots that no code of the four source roots uses: code that only tests reach is dead.

vulture finds them, by name and without running anything. What is meant for users of the library, or is called by
another library, stands with its reason in `tools/public_names.py`. Ends with 1 if a name is neither used nor listed, or
if an entry of the list is not needed any more.
"""

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import attrs
from vulture import Vulture

from tools.public_names import PUBLIC_NAMES

TOP: Final = Path(__file__).parents[1]
ROOTS: Final = ("core", "ports", "adapters", "apps")
TESTS_THAT_ARE_SHIPPED: Final = ("adapters/camvault/adapters/contracts", "core/camvault/core/strategies")
OF_THE_LANGUAGE: Final = re.compile(r"__\w+__")
CONFIDENCE_PERCENT: Final = 60
"""vulture's own limit for functions, methods and attributes."""


@attrs.frozen
class Unused:
    """One name that nothing uses.

    Attributes:
        name: With its module: `camvault.core.capacity.payload_limit`; a class on the way is not named.
        kind: What it is, as vulture calls it: "function", "attribute", ...
        place: File and line, for a person to open.
    """

    name: str
    kind: str
    place: str


def unused_names(top: Path) -> list[Unused]:
    """What the four roots below `top` define and do not use.

    Tests that are shipped with the library count as tests. Imports are left out: ruff judges them, and reads
    annotations that are strings.
    """
    vulture = Vulture()
    shipped = [f"{top / name}*" for name in TESTS_THAT_ARE_SHIPPED]
    vulture.scavenge([top / root for root in ROOTS], exclude=shipped)
    found = []
    for item in vulture.get_unused_code(min_confidence=CONFIDENCE_PERCENT):
        if item.typ == "import" or OF_THE_LANGUAGE.fullmatch(item.name):
            continue
        path = Path(item.filename).resolve().relative_to(top.resolve())
        module = ".".join(path.with_suffix("").parts[1:]).removesuffix(".__init__")
        found.append(Unused(f"{module}.{item.name}", item.typ, f"{path}:{item.first_lineno}"))
    return found


def problems(found: list[Unused], listed: Mapping[str, str]) -> list[str]:
    """One line for each unused name that is not listed, and for each entry that nothing corresponds to."""
    names = {unused.name for unused in found}
    dead = [f"{u.place}: {u.kind} {u.name} is used by no code but tests" for u in found if u.name not in listed]
    stale = [f"tools/public_names.py: {name} is used, or gone: remove the entry" for name in listed.keys() - names]
    return dead + sorted(stale)


def main() -> int:
    """Print what is found; 1 if there is something."""
    lines = problems(unused_names(TOP), PUBLIC_NAMES)
    print(*lines, sep="\n", end="\n" if lines else "")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
