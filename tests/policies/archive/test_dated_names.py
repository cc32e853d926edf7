"""Names of uploaded footage, of its folders, and of archives."""

import itertools
from datetime import UTC, datetime
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.archive.dated_names import (
    ArchiveName,
    NamePattern,
    archive_folder,
    day_of_archive,
    folder_day,
    instant_s,
    is_of_dates,
    parse_archive_name,
    stamp_of_archive,
)

PATTERN = NamePattern()
STAMPS = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31, 23, 59, 59)).map(
    lambda at: at.replace(microsecond=0)
)


@given(camera=st.text(), stamp=STAMPS, extension=st.sampled_from(["mp4", "Mp4", "MP4", "jpg", "JPG", "Jpg"]))
def test_a_name_is_read_back_whatever_the_camera_is_called(camera: str, stamp: datetime, extension: str) -> None:
    found = PATTERN.parse(f"REO_{camera}_{stamp:%Y%m%d%H%M%S}.{extension}")
    assert found is not None
    assert (found.camera, found.stamp, found.is_clip) == (camera, stamp, extension.lower() == "mp4")


@pytest.mark.parametrize(
    "name",
    [
        "REO_front_19991231235959.mp4",
        "REO_front_21000101000000.mp4",
        "REO_front_20230229120000.mp4",
        "REO_front_20230101240000.mp4",
        "REO_front_20230101126000.mp4",
        "REO_front_2023010112000.mp4",
        "REO_front_20230101120000.mp4.part",
        "REO_front_20230101120000.avi",
        "REO_front20230101120000.mp4",
        "REO_20230101120000.mp4",
        "archived-20230101120000.mp4",
        ".REO_front_20230101120000.mp4.camvault-part",
        "REO_front_20230101120000.mp4\n",
        "REO_front_\uff12\uff10\uff12\uff130101120000.mp4",
    ],
)
def test_what_is_not_wholly_of_the_form_is_no_footage(name: str) -> None:
    assert PATTERN.parse(name) is None


def test_a_camera_may_have_numbers_and_underscores() -> None:
    found = PATTERN.parse("REO_yard_01_20230101120000.MP4")
    assert found == ("yard_01", datetime(2023, 1, 1, 12), True)


def test_a_pattern_of_other_cameras() -> None:
    pattern = NamePattern("%Y-%m-%d_%H.%M.%S+{camera}")
    assert pattern.parse("2023-01-02_03.04.05+door.jpg") == ("door", datetime(2023, 1, 2, 3, 4, 5), False)
    assert pattern.parse("2023-01-02_03x04.05+door.jpg") is None
    assert NamePattern("cam%Y%m%d%H%M%S").parse("cam20230101120000.mp4") == ("", datetime(2023, 1, 1, 12), True)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("REO_%Y%m%d%H%M", "%S not just once"),
        ("%Y%Y%m%d%H%M%S", "%Y not just once"),
        ("%Y%m%d%H%M%S%f", "%f"),
        ("{camera}{camera}%Y%m%d%H%M%S", "more than once"),
        ("a/%Y%m%d%H%M%S", "a slash"),
    ],
)
def test_a_pattern_that_cannot_be_meant_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        NamePattern(text)


def test_in_the_autumn_hour_the_later_instant_counts() -> None:
    zone = ZoneInfo("Europe/Berlin")
    later = datetime(2023, 10, 29, 1, 30, tzinfo=UTC).timestamp()
    assert instant_s(datetime(2023, 10, 29, 2, 30), zone) == later


@pytest.mark.parametrize(
    ("parts", "day"),
    [
        (("2023", "01", "09"), "2023-01-09"),
        (("cam", "2023", "1", "9"), "2023-01-09"),
        (("9999", "12", "31"), "9999-12-31"),
        (("2023", "02", "31"), "2023-02-31"),
        (("01", "09"), None),
        ((), None),
        (("0999", "01", "09"), None),
        (("2023", "13", "09"), None),
        (("2023", "00", "09"), None),
        (("2023", "01", "32"), None),
        (("2023", "01", "009"), None),
        (("2023", "Jan", "09"), None),
        (("2023", "01", "09", "extra"), None),
    ],
)
def test_a_date_folder_has_its_date_in_its_last_three_parts(parts: tuple[str, ...], day: str | None) -> None:
    assert folder_day(parts) == day


@given(stamp=STAMPS, number=st.integers(1, 99_999_999))
def test_an_archives_name_is_read_back(stamp: datetime, number: int) -> None:
    name = ArchiveName(stamp, number)
    assert parse_archive_name(str(name)) == name
    assert stamp_of_archive(str(name)) == stamp
    assert day_of_archive(str(name)) == stamp.toordinal()
    assert name.path == archive_folder(stamp) / str(name)


def test_an_archives_name_ends_with_the_second_whatever_more_a_time_says() -> None:
    assert str(ArchiveName(datetime(2023, 1, 9, 12, microsecond=7, tzinfo=UTC))) == "archived-20230109120000.mp4"


def test_archives_of_one_second_are_numbered() -> None:
    name = ArchiveName(datetime(2023, 1, 9, 12))
    found = [str(each) for each in itertools.islice(name.numbered(), 3)]
    assert found == ["archived-20230109120000.mp4", "archived-20230109120000~2.mp4", "archived-20230109120000~3.mp4"]
    assert name.path == PurePosixPath("2023/01/09/archived-20230109120000.mp4")


@pytest.mark.parametrize(
    "name",
    [
        "archived-20230109120000~1.mp4",
        "archived-19990109120000.mp4",
        "archived-20231309120000.mp4",
        "archived-20230229120000.mp4",
        "archived-20230109126000.mp4",
        "archived-20230109120060.mp4",
        "archived-.mp4",
    ],
)
def test_other_names_are_no_archives(name: str) -> None:
    assert parse_archive_name(name) is None
    assert stamp_of_archive(name) is None
    assert day_of_archive(name) is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/camera/2024", True),
        ("/camera/2024/3", True),
        ("2024/03/09", True),
        ("/camera/09", False),
        ("", False),
        ("/2024/archived", False),
        ("/camera/2024/13", False),
        ("/2024/03/front", False),
    ],
)
def test_a_path_that_ends_with_a_part_of_a_date_is_of_dates(path: str, *, expected: bool) -> None:
    assert is_of_dates(PurePosixPath(path).parts) is expected
