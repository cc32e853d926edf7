"""Camera and start of a clip: metadata, else the name, else the time of the file; and who said it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.evidence.camera_start import ClockSource, camera_start, file_time_text
from tests.policies.evidence.examples import NAMES, TEXTS

MTIME_NS = 1_752_833_700_000_000_000


def start_of(name: str, **tags: str) -> tuple[str, ClockSource]:
    found = camera_start(tags, name=name, mtime_ns=MTIME_NS)
    return found.start, found.clock


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("2025-07-18T10:15:00.000000Z", "2025-07-18T10:15:00Z"),
        ("2025-07-18T12:15:00+0200", "2025-07-18T10:15:00Z"),
        ("2025-07-18 10:15:00", "2025-07-18T10:15:00Z"),
    ],
)
def test_the_camera_s_own_time_comes_first(text: str, start: str) -> None:
    assert start_of("x_20240101_000000.mp4", creation_time=text) == (start, ClockSource.METADATA)


@pytest.mark.parametrize(
    "text", ["1904-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "yesterday", "", " ", "9999-12-31T23:59:59-23:59"]
)
def test_a_time_that_no_camera_means_is_passed_over(text: str) -> None:
    assert start_of("x_20250718_101500.mp4", creation_time=text) == ("2025-07-18T10:15:00", ClockSource.NAME)


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("REO_gate_20250718101500.mp4", "2025-07-18T10:15:00"),
        ("2025-07-18_10-15-00.mkv", "2025-07-18T10:15:00"),
        ("20250718T1015 cam2.mp4", "2025-07-18T10:15:00"),
        ("20259918_101500 20250718_101501.mp4", "2025-07-18T10:15:01"),
    ],
)
def test_a_name_says_a_time_without_a_zone(name: str, start: str) -> None:
    assert start_of(name) == (start, ClockSource.NAME)


@pytest.mark.parametrize("name", ["cam1_0001.mp4", "20250718.mp4", "20251332_101500.mp4", "1234520250718101500.mp4"])
def test_else_the_time_of_the_file_is_taken(name: str) -> None:
    assert start_of(name) == ("2025-07-18T10:15:00Z", ClockSource.FILE_TIME)


def test_the_time_of_a_file_is_exact_where_a_calendar_has_it() -> None:
    assert file_time_text(MTIME_NS + 5) == "2025-07-18T10:15:00.000000005Z"
    assert file_time_text(10**30) == ""


@pytest.mark.parametrize(
    ("name", "tags", "camera"),
    [
        ("cam1_0001.mp4", {}, "cam1"),
        ("20250718101500_Camera-03.mp4", {}, "Camera-03"),
        ("x.mp4", {}, ""),
        ("x.mp4", {"make": "ACME"}, "ACME"),
        ("cam1.mp4", {"Model": "Body 3"}, "Body 3"),
        ("cam1.mp4", {"model": "Body 3", "make": "ACME"}, "ACME Body 3"),
        ("cam1.mp4", {"model": "Acme Body 3", "make": "ACME"}, "Acme Body 3"),
    ],
)
def test_the_camera_is_named_by_its_metadata_else_by_the_file(name: str, tags: dict[str, str], camera: str) -> None:
    assert camera_start(tags, name=name, mtime_ns=0).camera == camera


@given(st.dictionaries(st.sampled_from(["creation_time", "date", "model", "make"]), TEXTS), NAMES, st.integers())
def test_anything_is_answered(tags: dict[str, str], name: str, mtime_ns: int) -> None:
    assert camera_start(tags, name=name, mtime_ns=mtime_ns).clock in ClockSource
