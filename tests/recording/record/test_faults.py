"""What else goes wrong around a recorder, with real ffmpegs: afterwards it records, and what was kept can be read."""

import itertools
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import attrs
import av
import pytest

from tests.recording.fake_camera import FakeCamera, Footage, Mode, make_footage
from tests.recording.record.helpers import FFMPEGS, VERSIONS, Recording, frames_of, kept_frames, recording, wait_for

MIB = 1024 * 1024
IDR = 5
"""The kind of a NAL unit that can stand alone (ISO/IEC 14496-10, table 7-1)."""
AS_ROOT = () if os.geteuid() == 0 else ("sudo", "--non-interactive")
NO_SECRET = "none"  # noqa: S105
"""For a card that may hold it: its image is looked through for passwords of the tests."""


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Footage:
    return make_footage(FFMPEGS["9.0"], tmp_path_factory.mktemp("footage"), kbps=600)


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Path]:
    """The mount point of an ext4 of 40 MiB."""
    image, folder = tmp_path / "card.img", tmp_path / "card"
    with image.open("wb") as file:
        file.truncate(40 * MIB)
    folder.mkdir()
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(image)], check=True)
    subprocess.run([*AS_ROOT, "mount", "-o", "loop", str(image), str(folder)], check=True)
    subprocess.run([*AS_ROOT, "chmod", "0777", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run([*AS_ROOT, "umount", str(folder)], check=True)


def _ffmpeg_of(run: Recording) -> int:
    pid = run.process.pid
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


def _stop(run: Recording) -> None:
    run.process.send_signal(signal.SIGTERM)
    run.process.wait(timeout=300)


def _has_said(run: Recording, words: str, count: int) -> bool:
    return run.said().count(words) >= count


def _play(camera: FakeCamera, pictures: int) -> None:
    """Let the camera send so many more pictures."""
    sent = camera.frames_sent
    wait_for("pictures", lambda: camera.frames_sent > sent + pictures)


def _readable(run: Recording) -> int:
    """Pictures in all segments; every one can be read."""
    return sum(kept_frames(each) for each in run.segments())


@pytest.mark.parametrize("version", VERSIONS)
def test_ffmpeg_is_killed_again_and_again(version: str, footage: Footage, tmp_path: Path) -> None:
    """Each time a new one, and all that was written gets its name."""
    with FakeCamera(footage) as camera, recording(tmp_path, camera, version) as run:
        for count in range(3):
            wait_for("media", partial(_has_said, run, "first media", count + 1))
            _play(camera, 40)
            os.kill(_ffmpeg_of(run), signal.SIGKILL)
        wait_for("a fourth", lambda: run.said().count("first media") >= 4)
        _stop(run)

    ends = [line for line in run.said().splitlines() if "recorder ended, restart (exit code -9)" in line]
    assert len(ends) == 3
    assert all(re.search(r"next start in [0-9.]+ s$", line) for line in ends), "ffmpeg gave no reason"
    assert _readable(run) > 100
    assert not list((tmp_path / "ROST2" / ".live").glob("*/*"))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_camera_comes_back_with_another_picture(version: str, footage: Footage, tmp_path: Path) -> None:
    """Somebody chose another resolution, and the camera started anew: no segment holds both."""
    other = make_footage(FFMPEGS["9.0"], tmp_path, size="640x360")
    with FakeCamera(footage) as camera, recording(tmp_path, camera, version) as run:
        wait_for("a segment", run.segments)
        camera.footage, camera.mode = other, Mode.CLOSES
        wait_for("the end", lambda: "recorder ended" in run.said())
        camera.mode = Mode.NORMAL
        _play(camera, 50)
        _stop(run)

    widths = [_width(each) for each in run.segments()]
    assert {key for key, _ in itertools.groupby(widths)} == {320, 640}
    assert widths == sorted(widths)
    assert all(frames_of(each) for each in run.segments())


def _width(segment: Path) -> int:
    with av.open(str(segment)) as container:
        return container.streams.video[0].width


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("what", ["no key frames", "sound only"])
def test_a_camera_without_pictures_from_the_beginning_is_down_and_said_so(
    what: str, version: str, footage: Footage, tmp_path: Path
) -> None:
    """Time stamps go on, and sound is written, but nobody would see anything; recorded as soon as pictures come."""
    units = footage.access_units
    with_sound = make_footage(FFMPEGS["9.0"], tmp_path, has_audio=True)
    if what == "no key frames":
        first = attrs.evolve(footage, access_units=tuple(a for a in units if not any(u[0] & 31 == IDR for u in a)))
    else:
        first = with_sound
    with FakeCamera(first) as camera:
        camera.mode = Mode.NORMAL if what == "no key frames" else Mode.AUDIO_ONLY
        with recording(tmp_path, camera, version) as run:
            wait_for("that it is noticed", lambda: "recorder ended, camera down" in run.said(), within_s=30)
            assert "first media" not in run.said()
            camera.footage, camera.mode = with_sound, Mode.NORMAL
            wait_for("media", lambda: "first media" in run.said())
            _play(camera, 50)
            _stop(run)

    assert _readable(run) > 25


@pytest.mark.parametrize("version", VERSIONS)
def test_a_camera_with_rare_key_frames_is_told_of_with_their_distance(version: str, tmp_path: Path) -> None:
    """Smart codecs; whoever connects gets the next one, and some cameras send none for a new client."""
    footage = make_footage(FFMPEGS["9.0"], tmp_path, kbps=100, seconds=20, key_frame_every=500)
    with FakeCamera(footage) as camera:
        with recording(tmp_path / "short", camera, version, "--segment_time", "60") as run:
            wait_for("two key frames", lambda: camera.frames_sent > 550)
            camera.footage, camera.mode = attrs.evolve(footage, begins_at=26), Mode.CLOSES
            wait_for("the end", lambda: "recorder ended" in run.said())
            camera.mode = Mode.NORMAL
            wait_for("that it is noticed", lambda: "no key frame" in run.said(), within_s=40)
            _stop(run)
        with recording(tmp_path / "long", camera, version, "--stall-timeout", "25") as run:
            wait_for("media", lambda: "first media" in run.said(), within_s=40)
            _stop(run)

    said = "no key frame for 15 s, and no recording begins without one: your camera sends one every 20 s; raise --stall"
    assert said in (tmp_path / "short/said").read_text()
    assert "recorder ended" not in (tmp_path / "long/said").read_text()


def test_the_disk_is_full_while_it_records(footage: Footage, card: Path) -> None:
    """It waits, starts nothing, and goes on when there is room; what was written before is there."""
    ballast = card / "ballast"
    with FakeCamera(footage) as camera, recording(card, camera, "9.0", password=NO_SECRET) as run:
        wait_for("a segment", run.segments)
        with ballast.open("wb") as file:
            _fill(file.fileno())
        wait_for("that it is noticed", lambda: "recorder ended, disk full" in run.said())
        connections = camera.connections
        wait_for("another look", lambda: run.said().count("recorder ended, disk full") >= 3)
        assert camera.connections == connections
        ballast.unlink()
        count = len(run.segments())
        wait_for("a segment", lambda: len(run.segments()) > count + 1)
        _stop(run)

    assert _readable(run) > 100
    kinds = (card / "ROST2" / ".timeline").read_text()
    assert "disk-full" in kinds


def _fill(descriptor: int) -> None:
    """Write until nothing more can be written."""
    for size in (MIB, 4096, 1):
        while True:
            try:
                os.write(descriptor, b"x" * size)
            except OSError:
                break


@pytest.mark.parametrize("what", ["station", "session", "file"])
def test_what_is_being_recorded_is_taken_away(what: str, footage: Footage, tmp_path: Path) -> None:
    """Ffmpeg would go on writing for ever into a file that has no name."""
    with FakeCamera(footage) as camera, recording(tmp_path, camera, "9.0", "--segment_time", "600") as run:
        wait_for("media", lambda: "first media" in run.said())
        (file,) = (tmp_path / "ROST2" / ".live").glob("*/*.mkv")
        match what:
            case "station":
                shutil.rmtree(tmp_path / "ROST2")
            case "session":
                (tmp_path / "ROST2" / ".live").rename(tmp_path / "elsewhere")
            case _:
                file.unlink()
        wait_for("that it is noticed", lambda: "is gone; a new session begins" in run.said(), within_s=5)
        wait_for("media again", lambda: run.said().count("first media") == 2)
        _play(camera, 50)
        _stop(run)

    assert _readable(run) > 25


def test_no_session_can_be_made_for_a_while(footage: Footage, card: Path) -> None:
    """The file system refuses every change of the folder, as one does that was mounted read-only after an error."""
    live = card / "ROST2" / ".live"
    with FakeCamera(footage) as camera, recording(card, camera, "9.0", password=NO_SECRET) as run:
        wait_for("a segment", run.segments)
        subprocess.run([*AS_ROOT, "chattr", "+i", str(live)], check=True)
        os.kill(_ffmpeg_of(run), signal.SIGKILL)
        try:
            wait_for("that it is said", lambda: run.said().count("Operation not permitted") >= 2)
            assert run.process.poll() is None
        finally:
            subprocess.run([*AS_ROOT, "chattr", "-i", str(live)], check=True)
        count = len(run.segments())
        wait_for("a segment", lambda: len(run.segments()) > count + 1)
        _stop(run)

    assert _readable(run) > 100


GARBAGE = """#!/bin/sh
head -c 3000000 /dev/urandom
head -c 3000000 /dev/urandom >&2
printf 'frame=9999999999999999999999\\nout_time_us=N/A\\nprogress=\\n'
echo no newline at the end | tr -d '\\n' >&2
"""


def test_a_program_that_talks_nonsense_and_ends_with_0(tmp_path: Path) -> None:
    """Is started ever more rarely; the supervisor neither believes it nor grows."""
    program = tmp_path / "ffmpeg"
    program.write_text(GARBAGE)
    program.chmod(0o755)
    with FakeCamera(Footage((), 25, (b"", b""))) as camera:
        flags = ("--ffmpeg_path", str(program), "--loglevel", "debug")
        with recording(tmp_path / "out", camera, "9.0", *flags) as run:
            wait_for("four starts", lambda: run.said().count("recorder started") >= 4)
            rss_kib = int(_status(run.process.pid)["VmRSS"].split()[0])
            _stop(run)

    waits = [float(part.split()[0]) for part in run.said().split("next start in ")[1:]]
    assert waits == sorted(waits)
    assert waits[2] >= 2
    assert rss_kib < 48 * 1024
    assert "(exit code 0)" in run.said()
    assert run.segments() == []


def _status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}
