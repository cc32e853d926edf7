"""What ffmpeg is told."""

import re
from pathlib import PurePath

import pytest

from camvault.adapters.rtsp.argv import ffconcat, stream_url
from camvault.adapters.rtsp.parse import redacted
from camvault.ports.recorder import RecorderSettings, StreamSource, StreamWay
from tests import canary


@pytest.mark.parametrize(("socket_timeout_s", "expected_us"), [(24, 24_000_000), (3600, 2_000_000_000)])
def test_trap_ffmpeg_takes_no_socket_timeout_of_more_than_31_bits(socket_timeout_s: float, expected_us: int) -> None:
    """With one, every start ends with "Numerical result out of range": a --stall-timeout of 15 minutes did that."""
    settings = RecorderSettings(PurePath("/x"), "A_%d.mkv", socket_timeout_s=socket_timeout_s)
    told = ffconcat(StreamSource(host="192.168.1.76"), settings).decode()

    found = re.search(r"^option timeout (\d+)$", told, re.MULTILINE)
    assert found
    assert int(found[1]) == expected_us < 2**31


def test_a_stream_is_never_looked_at_for_as_long_as_a_picture_is_waited_for() -> None:
    """A track that stays unknown takes all of that time, and each start was ended as a stall."""
    settings = RecorderSettings(PurePath("/x"), "A_%d.mkv", start_timeout_s=15, way=StreamWay(is_studied=True))
    told = ffconcat(StreamSource(host="192.168.1.76"), settings).decode()

    found = re.search(r"^option analyzeduration (\d+)$", told, re.MULTILINE)
    assert found
    assert 1_000_000 < int(found[1]) <= 0.6 * settings.start_timeout_s * 1_000_000


def test_user_and_password_stand_in_the_path_where_the_camera_wants_them() -> None:
    password = canary.password("&_/é")
    source = StreamSource("192.0.2.1", path="/user={user}_password={password}_channel=1", user="a b", password=password)
    there = f"@192.0.2.1:554/user=a%20b_password={canary.WORD}%26_%2F%C3%A9_channel=1"
    assert stream_url(source).endswith(there), "the address is another one"


@pytest.mark.parametrize("rest", ["", ":@/% &?"])
def test_no_line_of_ffmpeg_shows_a_password_of_the_path(rest: str) -> None:
    source = StreamSource(
        "192.0.2.1", path="/user={user}_password={password}_x", user="viewer", password=canary.password(rest)
    )
    line = redacted(f"[in#0 @ 0x1] Error opening input {stream_url(source)}: Connection refused", source)
    assert not canary.found_in(line)
    assert not canary.found_in(repr(source))
    assert line.endswith("192.0.2.1:554/user=viewer_password=***_x: Connection refused")
