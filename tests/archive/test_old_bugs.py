"""Each known bug of earlier archivers has a test, which fails as soon as the bug is back."""

import logging
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from tests.archive.old_bugs import OLD_BUGS, OldBug

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/design/known-bugs-archive.md"
COPIED: Final = ("core", "ports", "adapters", "apps", "tests", "pyproject.toml")
LOG = logging.getLogger(__name__)
_COLUMNS = "500"
"""So wide that what failed stands in one line."""
_BY_A_CHECK = re.compile(r"^FAILED \S.* - (?:AssertionError\b|assert |[\w.]+\.Violation\b).*$", re.MULTILINE)


def by_what(bug: OldBug) -> str:
    return f"{bug.number}: {bug.what}"


def test_there_are_fourteen() -> None:
    assert sorted({bug.number for bug in OLD_BUGS}) == list(range(1, 15))


def test_the_tests_are_there() -> None:
    for bug in OLD_BUGS:
        file, _, names = bug.test.partition("::")
        source = (ROOT / file).read_text(encoding="utf-8")
        assert all(re.search(rf"(?:def|class) {name.partition('[')[0]}\b", source) for name in names.split("::"))


def test_the_page_names_each_with_its_test() -> None:
    rows = re.findall(r"^\| (\d+) \| (.+) \| `(\w+)` \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [(str(bug.number), bug.what, bug.test_name.partition("[")[0]) for bug in OLD_BUGS]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source and its tests, to be changed."""
    folder = tmp_path_factory.mktemp("copy")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)
        else:
            shutil.copy2(ROOT / name, folder / name)
    return folder


def ended(copy: Path, tests: Sequence[str]) -> tuple[int, str]:
    """Run tests of the copy, on the source of the copy."""
    paths = os.pathsep.join(str(copy / name) for name in ("core", "ports", "adapters", "apps"))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": paths, "COLUMNS": _COLUMNS},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.nightly
def test_without_a_bug_all_of_these_tests_pass(copy: Path) -> None:
    code, out = ended(copy, sorted({bug.test for bug in OLD_BUGS}))
    assert code == 0, out


@pytest.mark.nightly
@pytest.mark.parametrize("bug", OLD_BUGS, ids=by_what)
def test_a_bug_that_is_back_is_noticed(copy: Path, bug: OldBug) -> None:
    before = {change.file: (copy / change.file).read_text(encoding="utf-8") for change in bug.changes}
    try:
        for change in bug.changes:
            now = (copy / change.file).read_text(encoding="utf-8")
            assert now.count(change.old) == 1, f"{change.file} has changed: how is this bug brought back now?"
            write(copy / change.file, now.replace(change.old, change.new))
        code, out = ended(copy, [bug.test])
    finally:
        for file, text in before.items():
            write(copy / file, text)
    failed = _BY_A_CHECK.search(out)
    assert code == 1, out
    assert failed, out
    LOG.info("%d: %s: %s", bug.number, bug.what, failed[0])


def write(path: Path, text: str) -> None:
    """Another source, of which nothing compiled is left: that may be as large, and of the same second."""
    path.write_text(text, encoding="utf-8")
    for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
        compiled.unlink()
