"""Whether cameras send what they should: looked at by organize_video, with ffprobe where there is one."""

from pathlib import PurePath

import pytest

from camvault.adapters.memory import MemoryCancellation, MemoryReporter, MemoryStorage
from camvault.adapters.memory.media import MemoryClip, MemoryProbe
from camvault.core.stations.expected_streams import ExpectedStreams
from camvault.core.workflows.recording.stream_check import (
    CheckedStation,
    StreamPorts,
    StreamsDiffer,
    check_streams,
    read_notice,
)
from camvault.ports.errors import DeniedError, NoSpaceError, StorageError
from tests.adapters.ffmpeg.tools import TRIXIE, run_ffmpeg
from tests.recording.segments.conftest import Pi

FOLDER = PurePath("/out/ROST1")
SEGMENT = PurePath("/ready/ROST1/2025-05-28/ROST1_20250528T140000.mkv")


class Site:
    """One camera in memory, of which sound in AAC is expected."""

    def __init__(self) -> None:
        self.storage = MemoryStorage()
        self.storage.put_folder(FOLDER)
        self.reporter = MemoryReporter()

    def sends(self, codec: str) -> None:
        clip = MemoryClip(facts={"video": {"codec_name": "hevc"}, "audio": {"codec_name": codec}})
        self.storage.put(SEGMENT, clip.content())

    def check(self, expected: ExpectedStreams | None = None) -> tuple[str, ...] | None:
        expected = ExpectedStreams(audio={"codec_name": "aac"}) if expected is None else expected
        station = CheckedStation("ROST1", FOLDER, expected, MemoryProbe(self.storage))
        ports = StreamPorts(storage=self.storage, reporter=self.reporter, cancel=MemoryCancellation())
        return check_streams([station], newest={"ROST1": SEGMENT}, ports=ports).get("ROST1")

    @property
    def notice(self) -> str:
        return read_notice(FOLDER, self.storage)


@pytest.fixture
def site() -> Site:
    return Site()


def test_s15_a_wrong_codec_stays_written_down_until_it_is_right_again(site: Site) -> None:
    site.sends("pcm_alaw")
    assert site.check() == ("audio codec_name is pcm_alaw, expected aac",)
    assert site.notice == "audio codec_name is pcm_alaw, expected aac"
    assert [str(event) for event in site.reporter.of(StreamsDiffer)] == [
        f"ROST1 is not recorded as expected: audio codec_name is pcm_alaw, expected aac ({SEGMENT})"
    ]

    site.sends("aac")
    assert site.check() == ()
    assert site.notice == ""


def test_what_is_right_costs_no_write(site: Site) -> None:
    site.sends("aac")
    site.check()

    assert ".streams" not in {path.name for path in site.storage.files(FOLDER)}


def test_what_is_expected_no_more_is_no_difference(site: Site) -> None:
    site.sends("pcm_alaw")
    site.check()

    assert site.check(ExpectedStreams()) == ()
    assert site.notice == ""


def test_a_segment_that_is_gone_or_rubbish_says_nothing_about_the_camera(site: Site) -> None:
    site.sends("pcm_alaw")
    site.check()

    site.storage.put(SEGMENT, b"rubbish")
    assert site.check() is None
    assert "the streams are unknown" in "\n".join(site.reporter.lines())
    station = CheckedStation("ROST2", FOLDER, ExpectedStreams({"width": 1}), MemoryProbe(site.storage))
    ports = StreamPorts(storage=site.storage, reporter=site.reporter, cancel=MemoryCancellation())
    assert check_streams([station], newest={"ROST2": SEGMENT.with_name("gone")}, ports=ports) == {}
    assert check_streams([station], newest={}, ports=ports) == {}
    assert site.notice


@pytest.mark.parametrize("error", [NoSpaceError(FOLDER), DeniedError(FOLDER, "Permission denied")])
def test_what_cannot_be_written_down_is_said(site: Site, error: StorageError) -> None:
    site.sends("pcm_alaw")
    site.storage.calls.fail("storage.write_text", error)

    assert site.check()
    assert str(error) in "\n".join(site.reporter.lines())


@pytest.mark.parametrize("ffprobe", [str(TRIXIE / "ffprobe"), "no-such-ffprobe"])
def test_the_command_looks_at_real_segments(ffprobe: str, pi: Pi) -> None:
    picture = ("-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=1")
    sound = ("-f", "lavfi", "-i", "sine=duration=1:sample_rate=8000")
    run_ffmpeg(*picture, *sound, "-c:v", "libx264", "-c:a", "pcm_alaw", pi.folder / "made.mkv")
    pi.record("ROST1_20250528T140000.mkv", (pi.folder / "made.mkv").read_bytes())
    pi.cameras |= {
        "ffprobe_path": ffprobe,
        "expected_video": {"codec_name": "h264", "width": 160, "height": 90, "r_frame_rate": "25/1"},
        "expected_audio": {"codec_name": "aac", "sample_rate": 16000, "channels_text": "mono"},
    }

    done = pi.run("organize_video")

    assert (done.code, "[organize] moved 1 file(s)" in done.out) == (0, True), done
    said = "audio codec_name is pcm_alaw, expected aac; audio sample_rate is 8000, expected 16000"
    assert f"ROST1 is not recorded as expected: {said} (" in done.err
    assert (pi.home / "cameras/ROST1/.streams").read_text() == said.replace("; ", "\n") + "\n"
