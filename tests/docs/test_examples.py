"""Every example of the documentation is run, and every command and page is there."""

import os
import re
import runpy
import sys
import tomllib
from pathlib import Path

import attrs
import json5
import pytest

from camvault.core.stations.configuration import BackupConfig, Camera, read_backup, read_cameras
from tests.docs.examples import Example, examples, run_session

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted(p for p in (ROOT / "docs").rglob("*.md") if "_build" not in p.parts), ROOT / "README.md"]
EXAMPLES = [e for page in PAGES for e in examples(page)]


@pytest.fixture
def reader(tmp_path: Path, clips: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with three small clips in `shift1/`, a workspace drive, and the commands on PATH."""
    (tmp_path / "shift1").mkdir()
    for clip in sorted(clips.iterdir()):
        (tmp_path / "shift1" / clip.name).write_bytes(clip.read_bytes())
    (tmp_path / "drive").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("CAMVAULT_ROOT", str(tmp_path / "drive"))
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e.language == "console"], ids=str)
def test_console_examples_do_what_the_page_says(example: Example, reader: Path) -> None:
    run_session(example, reader, os.environ)


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e.language == "python"], ids=str)
def test_python_examples_run(example: Example, reader: Path) -> None:
    program = reader / "example.py"
    program.write_text(example.body, encoding="utf-8")
    runpy.run_path(str(program), run_name="__main__")


def test_each_command_has_a_page_with_exit_codes_and_an_executed_example() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    for command in scripts:
        page = ROOT / "docs" / "commands" / f"{command}.md"
        text = page.read_text(encoding="utf-8")
        assert "## Exit codes" in text, page
        assert any(e.language == "console" and f"$ {command}" in e.body for e in examples(page)), page


def test_every_key_of_both_configuration_files_is_documented_and_no_other() -> None:
    page = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    cameras, backup = page.split("## backup.json")
    for text, kind in ((cameras, Camera), (backup.split("\n## ")[0], BackupConfig)):
        rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
        documented = {key for row in rows for key in re.findall(r"`(\w+)`", row)}
        assert documented == {field.name for field in attrs.fields(kind)}


def test_the_configuration_files_of_the_page_are_valid() -> None:
    page = ROOT / "docs/configuration.md"
    cameras, backup = (e.body for e in examples(page) if e.language == "json")
    assert read_cameras(json5.loads(cameras)).problems == ()
    assert read_backup(json5.loads(backup)).problems == ()
