"""The password of a camera, which ffmpeg must know and nobody else may: whatever ffmpeg says, however it is started.

What is looked for, and where, is in `tests.canary_watch`: every test here fails if the password was anywhere.
"""

import subprocess
import sys
from pathlib import Path, PurePath

import pytest

from camvault.adapters.rtsp import FfmpegRecorder
from camvault.ports.recorder import RecorderSettings, StreamSource
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
            run.process.wait(timeout=300)

    canary.look("log", "what record_camera said", run.said())


@pytest.mark.parametrize("flags", [(), ("--exec",)], ids=["supervised", "exec"])
def test_when_nobody_answers(flags: tuple[str, ...], tmp_path: Path) -> None:
    with recording(tmp_path, 9, "9.0", *flags) as run:
        wait_for("the reason", lambda: "refused" in run.said())

    canary.look("log", "what record_camera said", run.said())


@pytest.mark.parametrize("flags", [(), ("--exec",)], ids=["supervised", "exec"])
def test_within_the_path_when_nobody_answers(flags: tuple[str, ...], tmp_path: Path) -> None:
    path = "/user={user}_password={password}_channel=1"
    with recording(tmp_path, 9, "9.0", "--rtsp_path", path, "--loglevel", "debug", *flags) as run:
        wait_for("the reason", lambda: "refused" in run.said())

    canary.look("log", "what record_camera said", run.said())


@pytest.mark.parametrize("is_answered", [True, False], ids=["answered", "refused"])
@pytest.mark.parametrize("flags", [(), ("--exec",)], ids=["supervised", "exec"])
def test_a_path_that_is_a_secret_is_shown_nowhere(
    flags: tuple[str, ...], footage: Footage, tmp_path: Path, *, is_answered: bool
) -> None:
    """As some cameras take it: `/user=admin&password=...`, with no placeholder for what the camera calls otherwise."""
    secret = canary.keep(tmp_path / "path")
    secret.write_text(f"/user=admin&code={CANARY}&channel=1\n")
    flags = ("--rtsp_path_file", str(secret), "--loglevel", "debug", *flags)
    with FakeCamera(footage) as camera, recording(tmp_path, camera if is_answered else 9, "9.0", *flags) as run:
        if is_answered:
            wait_for("frames", lambda: list((tmp_path / "ROST2" / ".live").glob("*/ROST2_*.mkv")))
        else:
            wait_for("the reason", lambda: "refused" in run.said())

    canary.look("log", "what record_camera said", run.said())


@pytest.mark.parametrize("text", ["", "rtsp://192.0.2.1/x", "live"])
def test_a_file_without_a_path_is_refused_and_not_shown(text: str, footage: Footage, tmp_path: Path) -> None:
    secret = canary.keep(tmp_path / "path")
    secret.write_text(f"{text}{CANARY}\n" if text else "\n")
    with FakeCamera(footage) as camera, recording(tmp_path, camera, "9.0", "--rtsp_path_file", str(secret)) as run:
        assert run.process.wait(timeout=300) == 1

    assert f"--rtsp_path_file {secret}: found " in run.said()
    canary.look("log", "what record_camera said", run.said())


def test_a_byte_order_mark_is_no_part_of_the_password(footage: Footage, tmp_path: Path) -> None:
    with (
        FakeCamera(footage, user="viewer", password=CANARY) as camera,
        recording(tmp_path, camera, "9.0", password=f"\ufeff{CANARY}"),
    ):
        wait_for("frames", lambda: list((tmp_path / "ROST2" / ".live").glob("*/ROST2_*.mkv")))


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
            assert process.wait(timeout=300) == 130

    assert "everybody on this machine can see it" in (tmp_path / "said").read_text()


@pytest.mark.parametrize("flags", [(), ("--exec",)], ids=["supervised", "exec"])
@pytest.mark.parametrize("value", ["file={}/report.log:level=56", ""], ids=["named", "empty"])
def test_no_report_is_written_of_it(
    value: str, flags: tuple[str, ...], footage: Footage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FFREPORT makes ffmpeg write down everything that it could say, the address too; even an empty one does."""
    monkeypatch.setenv("FFREPORT", value.format(tmp_path))
    monkeypatch.chdir(tmp_path)
    with (
        FakeCamera(footage, user="viewer", password=CANARY) as camera,
        recording(tmp_path, camera, "9.0", *flags),
    ):
        wait_for("frames", lambda: list((tmp_path / "ROST2" / ".live").glob("*/ROST2_*.mkv")))

    assert not list(tmp_path.glob("*.log"))


@pytest.mark.parametrize("version", FFMPEGS)
def test_with_basic_authentication_at_level_trace(version: str, footage: Footage, tmp_path: Path) -> None:
    """Requests are quoted then, and Basic authentication is nothing but base64."""
    said: list[str] = []
    camera = FakeCamera(footage, user="viewer", password=CANARY)
    camera.authentication = "Basic"
    with camera:
        FfmpegRecorder(PurePath(FFMPEGS[version])).record(
            StreamSource("127.0.0.1", camera.port, "/x", "viewer", CANARY),
            settings=RecorderSettings(PurePath(tmp_path), "ROST2_%d.mkv", 3, "trace"),
            on_progress=lambda _: None,
            on_log=said.append,
            on_tick=lambda: camera.frames_sent < 50,  # what it says is read a moment after it was said
        )

    assert any("Authorization: ***" in line for line in said)
    canary.look("log", "what the recorder said", "\n".join(said))
