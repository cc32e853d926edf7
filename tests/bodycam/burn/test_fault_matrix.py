"""The fault matrix with real burners: no false success, no wrong word about the disc, and a page that tells it."""

from pathlib import Path

import pytest

from tests.bodycam.burn.fault_matrix import CASES, DOCUMENT, TOOLS, run_all


@pytest.mark.parametrize("tool", TOOLS)
def test_faults(tool: str, vburn_library: Path, image: Path, tmp_path: Path, subtests: pytest.Subtests) -> None:
    """Exit code, the disc's fate and the words are those of the page; success is claimed only if the disc is equal."""
    rows = DOCUMENT.read_text(encoding="utf-8").splitlines()

    for outcome in run_all(tool, library=vburn_library, image=image, folder=tmp_path):
        with subtests.test(outcome.case.name):
            assert outcome.ended.exit_code == outcome.case.exit_code, outcome.ended
            assert outcome.disc == outcome.case.disc_of(tool)
            assert outcome.ended.is_success == (outcome.case.exit_code == 0)
            assert outcome.is_equal or not outcome.ended.is_success
            assert outcome.ended.exit_code != 130 or not outcome.is_equal
            if outcome.is_said_spoiled is not None:
                assert outcome.is_said_spoiled == (outcome.disc != "blank")
            assert outcome.row in rows


def test_the_page_has_no_other_rows() -> None:
    """What is no longer run is no longer claimed."""
    rows = [line for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]

    assert len(rows) == 1 + len(CASES) * len(TOOLS)
