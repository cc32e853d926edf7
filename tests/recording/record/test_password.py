"""The password of a camera, which ffmpeg must know and nobody else may: whatever ffmpeg says, however it is started.

What is looked for, and where, is in `tests.canary_watch`: every test here fails if the password was anywhere.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import canary
from tests.recording.fake_camera import FakeCamera, Footage, make_footage
from tests.recording.record.helpers import CANARY, FFMPEGS, recording, wait_for


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Footage:
    return make_footage(FFMPEGS["9.0"], tmp_path_factory.mktemp("footage"), kbps=150)


@pytest.mark.parametrize("version", FFMPEGS)
@pytest.mark.parametrize("flags", [(), ("--exec",)], ids=["supervised", "exec"])
def test_however_much_ffmpeg_says(version: str, flags: tuple[str, ...], footage: Footage, tmp_path: Path) -> None:
    with (
        FakeCamera(footage, user="viewer", password=CANARY) as camera,
        recording(tmp_path, camera, version, "--loglevel", "debug", *flags) as run,
    ):
        wait_for("frames", lambda: list((tmp_path / "ROST2" / ".live").glob("*/ROST2_*.mkv")))

    canary.look("log", "what record_camera said", run.said())


@pytest.mark.parametrize("version", FFMPEGS)
@pytest.mark.parametrize("flags", [(), ("--exec",)], ids=["supervised", "exec"])
def test_when_the_camera_refuses_it(version: str, flags: tuple[str, ...], footage: Footage, tmp_path: Path) -> None:
    with (
        FakeCamera(footage, user="viewer", password=f"another-{CANARY}") as camera,
        recording(tmp_path, camera, version, *flags) as run,
    ):
        wait_for("the reason", lambda: "401" in run.said())
        if flags:
            run.process.wait(timeout=60)

    canary.look("log", "what record_camera said", run.said())


@pytest.mark.parametrize("flags", [(), ("--exec",)], ids=["supervised", "exec"])
def test_when_nobody_answers(flags: tuple[str, ...], tmp_path: Path) -> None:
    with recording(tmp_path, 9, "9.0", *flags) as run:
        wait_for("the reason", lambda: "refused" in run.said())

    canary.look("log", "what record_camera said", run.said())


def test_on_the_command_line_it_goes_no_further(footage: Footage, tmp_path: Path) -> None:
    """As specified, `--password` is taken, with a warning; only the process that was given it shows it."""
    with FakeCamera(footage, user="viewer", password=CANARY) as camera, (tmp_path / "said").open("w") as said:
        argv = [
            *(sys.executable, "-m", "camvault.apps.record_camera", "--ip", "127.0.0.1", "--station", "ROST2"),
            *("--user", "viewer", "--password", CANARY, "--rtsp_port", str(camera.port)),
            *("--output_dir", str(tmp_path), "--ffmpeg_path", FFMPEGS["9.0"], "--segment_time", "3"),
        ]
        with subprocess.Popen(argv, stdout=said, stderr=subprocess.STDOUT) as process:
            wait_for("a segment", lambda: list((tmp_path / "ROST2").glob("*.mkv")))
            process.terminate()
            assert process.wait(timeout=60) == 130

    assert "everybody on this machine can see it" in (tmp_path / "said").read_text()
