"""What ffmpeg is told."""

import re

import pytest

from camvault.adapters.rtsp.argv import ffconcat
from camvault.ports.recorder import StreamSource


@pytest.mark.parametrize(("socket_timeout_s", "expected_us"), [(24, 24_000_000), (3600, 2_000_000_000)])
def test_trap_ffmpeg_takes_no_socket_timeout_of_more_than_31_bits(socket_timeout_s: float, expected_us: int) -> None:
    """With one, every start ends with "Numerical result out of range": a --stall-timeout of 15 minutes did that."""
    told = ffconcat(StreamSource(host="192.168.1.76"), socket_timeout_s=socket_timeout_s).decode()

    found = re.search(r"^option timeout (\d+)$", told, re.MULTILINE)
    assert found
    assert int(found[1]) == expected_us < 2**31
