"""The fence between the layers: import-linter sees every module, and says so when one imports what it must not."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
LAYERS = ("core", "ports", "adapters", "apps")


def run_beside(top: Path, program: str) -> "subprocess.CompletedProcess[str]":
    """Run Python in `top`, where `camvault` is found in the folders of `top` and nowhere else."""
    own = f"""
import sys
installed = {[str(TOP / layer) for layer in LAYERS]!r}
sys.path[:] = {[str(top / layer) for layer in LAYERS]!r} + [path for path in sys.path if path not in installed]
{program}
"""
    return subprocess.run([sys.executable, "-c", own], cwd=top, capture_output=True, text=True, check=False)


def lint_imports(top: Path) -> "subprocess.CompletedProcess[str]":
    """Run import-linter in `top`, on the tree as it is now."""
    return run_beside(top, "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache'])")


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The four layers and their contracts, somewhere else."""
    for layer in LAYERS:
        shutil.copytree(TOP / layer, tmp_path / layer, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(TOP / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_module_of_the_four_layers_is_analysed() -> None:
    """The graph under the contracts leaves out a folder without `__init__.py`, and then no contract holds there."""
    program = "import grimp; print(*grimp.build_graph('camvault', cache_dir=None).modules, sep='\\n')"
    done = run_beside(TOP, program)
    files = [path.relative_to(TOP / layer) for layer in LAYERS for path in (TOP / layer).rglob("*.py")]
    modules = {".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in files}
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) - {"camvault"} == modules
    assert len(modules) == len(files)


@pytest.mark.parametrize("line", ["import os", "import sh", "import camvault.adapters.filesystem"])
def test_a_workflow_that_reaches_outside_is_noticed(copied: Path, line: str) -> None:
    module = copied / "core/camvault/core/workflows/recording/record/supervisor.py"
    module.write_text(f"{module.read_text()}\n{line}\n")
    done = lint_imports(copied)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "camvault.core.workflows.recording.record.supervisor" in done.stdout


def test_the_tree_keeps_its_contracts(copied: Path) -> None:
    done = lint_imports(copied)
    assert done.returncode == 0, done.stdout + done.stderr
