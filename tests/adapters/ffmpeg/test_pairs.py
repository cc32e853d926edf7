"""Two videos are compared picture by picture: each with its own, whatever their time bases are."""

import re
import subprocess
from pathlib import Path, PurePath

import pytest

from camvault.adapters.ffmpeg.archive.argv import LOOK_FRAMES, LOOK_HEIGHT_PX, LOOK_WIDTH_PX, look_argv
from camvault.adapters.ffmpeg.argv import BY_ORDER
from camvault.adapters.memory import MemoryCancellation
from camvault.ports.archiving import ArchiveSettings
from camvault.ports.media import EncodeSettings, TargetBitrate
from tests.adapters.ffmpeg.tools import BOOKWORM, TRIXIE, VERSIONS, Tools, archiver, run_ffmpeg, tools, tree_program

CANCEL = MemoryCancellation()
NEAR_DB = 35.0
"""Archives of these clips are nearer than that, and pictures that follow one another are not."""

FFMPEGS = ("5.1", "7.1", "9.0")


def program(version: str) -> PurePath:
    folders = {"5.1": BOOKWORM, "7.1": TRIXIE}
    return tree_program(folders[version], "ffmpeg") if version in folders else tools(version).encoder.ffmpeg


def said(*words: str | PurePath) -> str:
    return subprocess.run(list(map(str, words)), check=True, capture_output=True, text=True).stderr


def moving(path: Path, rate: str) -> Path:
    """A clip in which no two pictures are alike; the time base of AVI is one picture."""
    picture = ("-f", "lavfi", "-i", f"testsrc2=size=320x240:rate={rate}:duration=4")
    run_ffmpeg(*picture, "-c:v", "mpeg4", "-q:v", "2", str(path))
    return path


@pytest.mark.parametrize("version", FFMPEGS)
@pytest.mark.parametrize("time_base", ["1/90000", "1/12800", "1/1000", "1/10", "1001/30000", "1001/24000"])
def test_order_is_told_exactly(version: str, time_base: str) -> None:
    """TRAP: `setpts=N/25/TB` cuts fractions off; in a time base of one picture it gave many of them the same time."""
    picture = ("-f", "lavfi", "-i", "testsrc=size=16x16:rate=25:duration=10")
    filters = f"settb={time_base},setpts=N*9,{BY_ORDER},showinfo=checksum=0"
    lines = said(program(version), "-hide_banner", "-nostdin", *picture, "-vf", filters, "-f", "null", "-")
    assert [int(found) for found in re.findall(r"\bn: *\d+ pts: *(\d+)", lines)] == list(range(250))


@pytest.mark.parametrize("version", FFMPEGS)
def test_a_close_look_pairs_pictures_by_order(version: str, tmp_path: Path) -> None:
    """TRAP: `setpts=N/TB` cuts off too: with 30000/1001 a second picture was laid beside the first one."""
    source = moving(tmp_path / "a.avi", "30000/1001")
    copy = ("-c", "copy", "-video_track_timescale", "90000")
    run_ffmpeg("-i", str(source), *copy, str(tmp_path / "a.mp4"))
    argv = look_argv(program(version), source, tmp_path / "a.mp4", stream=(0, 0), at_s=2.0)
    raw = subprocess.run(list(map(str, argv)), check=True, capture_output=True).stdout
    plane = LOOK_WIDTH_PX * LOOK_HEIGHT_PX
    halves = [raw[at : at + plane] for at in range(0, len(raw), plane)]
    assert len(halves) == LOOK_FRAMES * 3 * 2
    assert halves[0::2] == halves[1::2]


@pytest.mark.parametrize("rate", ["10", "15", "30000/1001"])
@pytest.mark.parametrize("version", VERSIONS)
def test_quality_of_an_archive_is_that_of_its_pictures(version: str, rate: str, tmp_path: Path) -> None:
    """TRAP: of an AVI with 10 pictures a second 18.5 dB were told instead of 44: each was laid beside others.

    A seek in an AVI lands on the nearest picture, one in an archive on the next one.
    """
    source = moving(tmp_path / "a.avi", rate)
    target = PurePath(tmp_path / "a.part")
    settings = ArchiveSettings(quality=20, is_quality_measured=True)
    made = archiver(version).archive(
        PurePath(source), target=target, settings=settings, on_seconds=lambda _: None, cancel=CANCEL
    )
    assert (made.encoder, made.doubts) == ("libx264", ())
    assert float(made.quality.split()[1]) > NEAR_DB, made.quality


def picture_db(source: Path, output: PurePath) -> list[float]:
    """How near each picture is to its own."""
    graph = f"[0:v]{BY_ORDER}[a];[1:v]{BY_ORDER}[b];[a][b]psnr=stats_file=-:shortest=1"
    argv = (tools("9.0").encoder.ffmpeg, "-v", "error", "-nostdin", "-i", output, "-i", source, "-lavfi", graph)
    done = subprocess.run([*map(str, argv), "-f", "null", "-"], check=True, capture_output=True, text=True)
    return [float(found) for found in re.findall(r"psnr_avg:([\d.]+)", done.stdout)]


@pytest.fixture(params=VERSIONS)
def kit(request: pytest.FixtureRequest) -> Tools:
    return tools(request.param)


def test_times_in_parts_of_90000_cost_no_picture(kit: Tools, tmp_path: Path) -> None:
    """Each picture of an encode is as near to its own as with the specification's command to the letter."""
    source = moving(tmp_path / "a.mp4", "25")
    plain, target = PurePath(tmp_path / "plain.mp4"), PurePath(tmp_path / "a.part")
    rate = ("-c:v", "libsvtav1", "-b:v", "200k", "-preset", "10")
    said(kit.encoder.ffmpeg, "-v", "error", "-nostdin", "-i", source, *rate, plain)
    settings = EncodeSettings(TargetBitrate(200), preset=10)
    kit.encoder.encode(PurePath(source), target=target, settings=settings, on_seconds=lambda _: None, cancel=CANCEL)
    ours, theirs = picture_db(source, target), picture_db(source, plain)
    assert len(ours) == len(theirs) == 100
    assert min(our - their for our, their in zip(ours, theirs, strict=True)) > -3.0
