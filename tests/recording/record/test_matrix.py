"""The page about faults of recording names tests; they are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_fault_matrix_names_tests_that_exist() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs/design/fault-matrix-recording.md").read_text("utf-8")))
    folders = ROOT / "tests" / "recording", ROOT / "tests" / "crash"
    texts = (path.read_text("utf-8") for folder in folders for path in folder.rglob("test_*.py"))
    there = {name for text in texts for name in re.findall(r"^def (test_\w+)\(", text, re.MULTILINE)}

    assert len(named) >= 12
    assert named <= there
