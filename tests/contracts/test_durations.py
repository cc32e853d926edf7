"""The contract of `Durations`, on memory and on Matroska files of two kinds of recorder."""

import struct
from pathlib import Path, PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.adapters.contracts.durations import CLOSED_S, DurationsContract
from camvault.adapters.matroska import MatroskaDurations, parse_duration
from camvault.adapters.memory.durations import MemoryDurations
from camvault.adapters.pyav import PyavProbe
from camvault.ports.errors import NotFoundError


class _OnSegments(DurationsContract):
    @pytest.fixture
    def closed(self, closed_segment: PurePath) -> PurePath:
        return closed_segment

    @pytest.fixture
    def killed(self, killed_segment: PurePath) -> PurePath:
        return killed_segment

    @pytest.fixture
    def foreign(self, tmp_path: Path) -> PurePath:
        (tmp_path / "a.mkv").write_bytes(b"RIFF" * 30)
        return PurePath(tmp_path / "a.mkv")

    @pytest.fixture
    def missing(self, tmp_path: Path) -> PurePath:
        return PurePath(tmp_path / "gone.mkv")


class TestMemoryDurations(_OnSegments):
    @pytest.fixture
    def durations(self, closed: PurePath, missing: PurePath) -> MemoryDurations:
        return MemoryDurations({closed: CLOSED_S}, gone={missing})


class TestMatroskaDurations(_OnSegments):
    @pytest.fixture
    def durations(self) -> MatroskaDurations:
        return MatroskaDurations()


def test_it_says_what_ffmpeg_says(closed_segment: PurePath) -> None:
    assert MatroskaDurations().seconds(closed_segment) == pytest.approx(
        PyavProbe().probe(closed_segment).duration_s, abs=0.001
    )


def test_a_file_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        MatroskaDurations().seconds(PurePath(tmp_path / "gone.mkv"))


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"\x1a\x45\xdf\xa3", b"RIFF" * 30, b"\x80" * 50])
def test_what_is_no_matroska_says_nothing(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.mkv").write_bytes(content)
    assert MatroskaDurations().seconds(PurePath(tmp_path / "a.mkv")) is None


@given(st.binary(max_size=200))
def test_no_header_breaks_the_parser(noise: bytes) -> None:
    segment = b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff"
    for header in (noise, segment + noise, segment + b"\x15\x49\xa9\x66\x88" + noise):
        found = parse_duration(header)
        assert found is None or found > 0


def test_the_duration_is_in_the_files_own_units() -> None:
    scale = b"\x2a\xd7\xb1\x84" + (500_000).to_bytes(4, "big")
    info = scale + b"\x44\x89\x84" + struct.pack(">f", 6000.0)
    segment = b"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff\x15\x49\xa9\x66" + bytes([0x80 | len(info)]) + info
    assert parse_duration(b"\x1a\x45\xdf\xa3\x80" + segment) == 3.0
    assert parse_duration(b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x81\x1f\x43\xb6\x75\x80") is None
