"""The check for dead code finds what only tests use, and refuses an exception that is not needed."""

from pathlib import Path

import pytest

from tools.dead_code import ROOTS, Unused, problems, unused_names


def written(top: Path, path: str, text: str) -> None:
    (top / path).parent.mkdir(parents=True, exist_ok=True)
    (top / path).write_text(text)


@pytest.fixture
def top(tmp_path: Path) -> Path:
    for root in ROOTS:
        (tmp_path / root).mkdir()
    return tmp_path


def test_what_only_tests_use_is_found(top: Path) -> None:
    written(top, "core/camvault/core/sizes.py", "def used(): return 1\ndef unused(): return 2\n")
    written(top, "apps/camvault/apps/command.py", "from camvault.core.sizes import used\nprint(used())\n")
    written(top, "tests/test_sizes.py", "from camvault.core.sizes import unused\nassert unused() == 2\n")
    assert unused_names(top) == [Unused("camvault.core.sizes.unused", "function", "core/camvault/core/sizes.py:2")]


def test_a_listed_name_is_let_through_and_an_entry_for_nothing_is_not() -> None:
    found = [Unused("a.b", "function", "core/a.py:1"), Unused("a.c", "method", "core/a.py:9")]
    assert problems(found, {"a.b": "users call it", "a.gone": "was called"}) == [
        "core/a.py:9: method a.c is used by no code but tests",
        "tools/public_names.py: a.gone is used, or gone: remove the entry",
    ]
