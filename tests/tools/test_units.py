"""The demonstration's reading of CLIPS, and the set-up's refusals."""

import os
import subprocess
from pathlib import Path

import pytest

from tools import demo

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("my clips/a b.mp4", "my clips/c.mp4", "-x.mp4", "it's $HOME.mp4"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("my clips/a b.mp4", ["my clips/a b.mp4"]),
        ("'my clips/a b.mp4' -x.mp4", ["my clips/a b.mp4", "-x.mp4"]),
        ("my\\ clips/*.mp4", ["my clips/a b.mp4", "my clips/c.mp4"]),
        ('"it\'s $HOME.mp4"', ["it's $HOME.mp4"]),
    ],
)
def test_clips_are_read_as_a_shell_would(folder: Path, text: str, names: list[str]) -> None:
    assert demo.named_clips(text) == [folder / name for name in names]


@pytest.mark.parametrize("text", ["no.mp4", "'open", "*.mov"])
def test_a_name_that_is_not_there_is_refused(folder: Path, text: str) -> None:
    with pytest.raises(ValueError, match=r"no such file|quotation"):
        demo.named_clips(text)


def test_a_written_disc_file_is_left_alone(tmp_path: Path) -> None:
    assert demo.unused(tmp_path / "disc.img") == tmp_path / "disc.img"
    (tmp_path / "disc.img").touch()
    (tmp_path / "disc-2.img").touch()
    assert demo.unused(tmp_path / "disc.img") == tmp_path / "disc-3.img"


def setup(tmp_path: Path, python: Path) -> "subprocess.CompletedProcess[str]":
    """Run the set-up of an empty clone with another Python."""
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "setup.sh").write_bytes((PROJECT / "tools" / "setup.sh").read_bytes())
    argv = ["bash", str(tmp_path / "tools" / "setup.sh"), "demo"]
    environment = {**os.environ, "PYTHON": str(python)}
    return subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)


def test_a_python_that_is_too_old_is_named_with_its_version(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2\nexit 1\n')
    old.chmod(0o755)
    done = setup(tmp_path, old)
    assert done.returncode == 1
    assert f"Python 3.11 or newer is needed; {old} is Python 3.9.2" in done.stderr


def test_a_missing_python_is_named(tmp_path: Path) -> None:
    done = setup(tmp_path, tmp_path / "python3")
    assert done.returncode == 1
    assert f"{tmp_path / 'python3'} is missing; Python 3.11 or newer is needed" in done.stderr
