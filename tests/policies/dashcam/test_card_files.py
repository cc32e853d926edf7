"""Which files of a card are clips."""

from pathlib import PurePosixPath

import pytest

from camvault.core.dashcam.card_files import is_below, is_system_file, is_system_folder, name_problem


@pytest.mark.parametrize("name", ["System Volume Information", "$RECYCLE.BIN", ".Trashes", ".Trash-1000", "LOST.DIR"])
def test_folders_of_operating_systems_are_left(name: str) -> None:
    assert is_system_folder(name)


@pytest.mark.parametrize("name", ["._20250528_0001.MP4", ".DS_Store", "Thumbs.db", "DESKTOP.INI"])
def test_files_of_operating_systems_are_left(name: str) -> None:
    assert is_system_file(name)


@pytest.mark.parametrize("name", ["DCIM", "Normal", "FOUND.000", "MISC", "100GOPRO", "Trash", ".hidden"])
def test_other_folders_are_looked_into(name: str) -> None:
    assert not is_system_folder(name)


@pytest.mark.parametrize(
    "name", ["A.MP4", "a.thm", "GPSData000001.txt", "FILE0000.CHK", ".hidden.mp4", "no ending", "-rf"]
)
def test_whatever_a_camera_writes_is_copied(name: str) -> None:
    assert not is_system_file(name)


@pytest.mark.parametrize(
    ("path", "is_refused"),
    [
        (".camvault/clips-2025-05.ledger", True),
        (".CAMVAULT/x", True),
        ("DCIM/.camvault/x", True),
        (".camvault-proof-1", True),
        ("DCIM/a.camvault-part", True),
        ("DCIM/camvault.MP4", False),
    ],
)
def test_names_of_our_own_files_are_never_given_by_a_card(path: str, *, is_refused: bool) -> None:
    assert bool(name_problem(PurePosixPath(path))) == is_refused


@pytest.mark.parametrize(
    ("folder", "is_it"),
    [("", True), ("Normal", True), ("NORMAL/front", True), ("Norm", False), ("Normal/Front/A.MP4/x", False)],
)
def test_below_is_by_whole_names_in_any_case(folder: str, *, is_it: bool) -> None:
    assert is_below(PurePosixPath("Normal/Front/A.MP4"), PurePosixPath(folder)) == is_it
