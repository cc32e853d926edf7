"""Every example of the documentation is run, and every command and page is there."""

import os
import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import attrs
import json5
import pytest

from camvault.core.stations.configuration import BackupConfig, Camera, read_backup, read_cameras
from tests.docs.examples import Example, examples, run_session
from tests.recording.fake_camera import FakeCamera, Footage

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted(p for p in (ROOT / "docs").rglob("*.md") if "_build" not in p.parts), ROOT / "README.md"]
EXAMPLES = [e for page in PAGES for e in examples(page)]


CAMERA_PORT = "8554"
"""Where a page says that its camera listens; the port is another one in each test."""


@pytest.fixture
def reader(tmp_path: Path, clips: Path, stand_ins: tuple[Path, ...], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with three small clips in `shift1/`; the commands on PATH, and a home of one's own."""
    folder = tmp_path / "here"
    (folder / "shift1").mkdir(parents=True)
    for clip in sorted(clips.iterdir()):
        (folder / "shift1" / clip.name).write_bytes(clip.read_bytes())
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(folder)
    programs = (str(Path(sys.executable).parent), *map(str, stand_ins), os.environ["PATH"])
    monkeypatch.setenv("PATH", os.pathsep.join(programs))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TZ", "UTC")
    for name in ("CAMVAULT_ROOT", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e.language == "console"], ids=str)
def test_console_examples_do_what_the_page_says(example: Example, reader: Path, footage: Footage) -> None:
    if CAMERA_PORT not in example.body:
        run_session(example, reader, os.environ)
        return
    with FakeCamera(footage) as camera:
        body = example.body.replace(CAMERA_PORT, str(camera.port))
        run_session(attrs.evolve(example, body=body), reader, os.environ)


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e.language == "python"], ids=str)
def test_python_examples_run(example: Example, reader: Path) -> None:
    program = reader / "example.py"
    program.write_text(example.body, encoding="utf-8")
    if "\nclass Test" in example.body:  # a reader runs it with pytest
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", str(program)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return
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
