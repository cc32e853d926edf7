"""The contracts as a user gets them: by the extra, with readable assertions, and in nobody's way."""

import importlib
import pkgutil
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import camvault.adapters.contracts
from tests.tools.test_layers import LAYERS, TOP, lint_imports

PACKAGE = camvault.adapters.contracts
MODULES = tuple(found.name for found in pkgutil.walk_packages(PACKAGE.__path__, f"{PACKAGE.__name__}."))
MINE = """
import pytest
from camvault.adapters.contracts.files import FileCopierContract, FilesHarness
from camvault.adapters.contracts.metrics import MetricsContract

class Nothing:
    def publish(self, metrics, /):
        pass

class TestNothing(MetricsContract):
    @pytest.fixture
    def metrics(self):
        return Nothing()

    @pytest.fixture
    def shown(self):
        return dict

class TestUnprovided(FileCopierContract):
    pass
"""


def python(*argv: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, *argv], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", MODULES)
def test_pytest_rewrites_the_assertions_of_every_module(name: str) -> None:
    assert "rewrite" in type(importlib.import_module(name).__loader__).__module__


def test_a_user_sees_what_differs_and_what_is_to_be_provided(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(MINE)
    done = python("-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", "test_mine.py", folder=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "AssertionError: assert {} == {('camvault_f" in done.stdout
    assert "provide the fixture `unwritable`" in done.stdout
    assert "provide the fixture `harness`" in done.stdout
    assert "Warning" not in done.stdout


def test_camvault_needs_no_pytest_and_the_contracts_do(tmp_path: Path) -> None:
    program = """
import sys
sys.modules.update(dict.fromkeys(("pytest", "_pytest", "hypothesis")))
import camvault.adapters.memory, camvault.adapters.memory.explorer, camvault.apps.run_bodycam_pipeline
try:
    import camvault.adapters.contracts
except ModuleNotFoundError as error:
    print(error.name)
"""
    done = python("-c", program, folder=tmp_path)
    assert (done.stdout, done.returncode) == ("pytest\n", 0), done.stderr


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("contracts/clock.py", "import camvault.adapters.memory.clock"),
        ("contracts/files/copier.py", "from camvault.adapters._shared.durable import temporary_name"),
        ("contracts/burner/drives.py", "import camvault.core"),
        ("memory/clock.py", "import camvault.adapters.contracts.clock"),
        ("memory/clock.py", "import pytest"),
    ],
)
def test_an_import_across_the_border_of_the_contracts_is_noticed(tmp_path: Path, module: str, line: str) -> None:
    for layer in LAYERS:
        shutil.copytree(TOP / layer, tmp_path / layer, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(TOP / "pyproject.toml", tmp_path)
    path = tmp_path / "adapters/camvault/adapters" / module
    path.write_text(f"{path.read_text()}\n{line}\n")
    done = lint_imports(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr


def test_the_page_names_every_contract_and_what_it_takes() -> None:
    shipped = set()
    for path in Path(str(PACKAGE.__file__)).parent.rglob("*.py"):
        module = path.relative_to(Path(str(PACKAGE.__file__)).parent).parts[0].removesuffix(".py")
        for found in re.finditer(r'^class (\w+Contract)\b.*?\n    """(.*?)"""', path.read_text("utf-8"), re.M | re.S):
            provided = re.findall(r"^        (\w+) \(", found[2], re.M)
            shipped.add(f"| `{module}` | `{found[1]}` | {', '.join(f'`{name}`' for name in provided)} |")
    page = (TOP / "docs/library.md").read_text("utf-8").splitlines()
    assert {line for line in page if line.startswith("| `") and "Contract`" in line} == shipped
