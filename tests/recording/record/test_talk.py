"""What ffmpeg says of a stream, and which of it is why a recording ended. The lines are those of ffmpeg 5.1 to 9.0."""

import itertools

import pytest

from camvault.adapters.rtsp.talk import StreamTalk
from camvault.ports.recorder import StreamWay, Trouble

OPENED = "[info] Input #0, concat, from 'pipe:0':"
WRITING = "[info] Output #0, segment, to 'file:/cameras/ROST2/.live/20261201T035916Z/ROST2_20261201T035916Z.%d.mkv':"


def heard(*lines: str, level: str = "info") -> StreamTalk:
    """One line a second, from 0 s on."""
    talk = StreamTalk(StreamWay(), level)
    for second, line in enumerate(lines):
        talk.hear(line, now_s=second)
    return talk


@pytest.mark.parametrize(
    "line",
    [
        "[segment @ 0x5581] [info] Opening 'file:/cameras/ROST2/.live/20261201T035916Z/ROST2_1.mkv' for writing",
        "[info] frame= 2047 fps= 23 q=-1.0 Lsize=N/A time=00:01:30.11 bitrate=N/A speed=1.01x elapsed=0:01:29.21    ",
        "[rtsp @ 0x5581] ",
        "[rtsp @ 0x5581]",
        "[rtsp @ 0x5581] [error] ",
        "[segment @ 0x5581] [warning] Timestamps are unset in a packet for stream 0. This is deprecated",
        "[segment @ 0x5581] [warning] More than a single video stream present, expect issues decoding it.",
        "[in#0/concat @ 0x5581] [error] Error during demuxing: Immediate exit requested",
    ],
)
def test_what_is_no_complaint_is_no_reason(line: str) -> None:
    assert heard(OPENED, WRITING, line).reason(4) == ""


def test_an_error_is_the_reason_and_a_warning_where_there_is_none() -> None:
    warning = "[rtsp @ 0x5581] [warning] max delay reached. need to consume packet"
    error = "[in#0 @ 0x5581] [error] Error during demuxing: Connection timed out"
    assert heard(OPENED, WRITING, warning).reason(4) == "max delay reached. need to consume packet"
    assert heard(OPENED, WRITING, error, warning).reason(4) == "Error during demuxing: Connection timed out"


def test_a_reason_that_is_repeated_is_counted_whatever_its_numbers() -> None:
    lines = [f"[rtsp @ 0x5581] [warning] RTP: missed {count} packets" for count in range(1, 1201)]
    assert heard(OPENED, WRITING, *lines).reason(1202) == "RTP: missed 1200 packets (1,200 times)"


def test_what_was_said_long_before_is_not_the_reason() -> None:
    talk = heard(OPENED, WRITING, "[rtsp @ 0x5581] [error] Error parsing AU headers")
    assert talk.reason(60) == "Error parsing AU headers"
    assert talk.reason(3600) == ""


def test_what_did_not_keep_it_from_recording_is_neither_reason_nor_trouble() -> None:
    said = (
        "[info]   Stream #0:1: Audio: none, 8000 Hz, 1 channels",
        "[concat @ 0x5581] [warning] no decoder found for: none",
    )
    before = heard(OPENED, *said)
    assert before.trouble is Trouble.SOUND
    assert before.reason(3) == "no decoder found for: none"
    talk = heard(OPENED, *said, WRITING)
    assert talk.trouble is None
    assert talk.reason(4) == ""


def test_however_much_it_says_little_is_kept() -> None:
    words = ("".join(each) for each in itertools.islice(itertools.permutations("abcdefgh"), 5000))
    reason = heard(*(f"[error] {each}" for each in words)).reason(5000)
    assert reason.count(";") == 2
    assert len(reason) < 60
