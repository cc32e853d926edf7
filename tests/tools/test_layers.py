"""The fence between the layers: import-linter sees every module."""

import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).parents[2]
LAYERS = ("core", "ports", "adapters", "apps")


def test_every_module_of_the_four_layers_is_analysed() -> None:
    """The graph under the contracts leaves out a folder without `__init__.py`, and then no contract holds there."""
    program = "import grimp; print(*sorted(grimp.build_graph('camvault', cache_dir=None).modules), sep='\\n')"
    asked = subprocess.run([sys.executable, "-c", program], cwd=TOP, capture_output=True, text=True, check=True)
    analysed = set(asked.stdout.split())
    files = {
        ".".join(path.relative_to(TOP / layer).with_suffix("").parts).removesuffix(".__init__")
        for layer in LAYERS
        for path in (TOP / layer).rglob("*.py")
    }
    assert files - analysed == set()
