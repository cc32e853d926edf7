"""Clips with their pictures."""

from datetime import datetime
from pathlib import PurePath

from hypothesis import given
from hypothesis import strategies as st

from camvault.core.archive.clip_pairs import DatedFile, FootageFolder, paired
from camvault.core.archive.dated_names import NamePattern
from camvault.ports.entries import FileEntry, FileIdentity, ListedFile, Listing

PATTERN = NamePattern()
DAY = PurePath("/camera/2023/01/09")
NAMES = st.builds(
    "REO_{}_2023010912000{}.{}".format,
    st.sampled_from(["a", "b"]),
    st.integers(0, 3),
    st.sampled_from(["mp4", "MP4", "jpg", "JPG"]),
)


def dated(path: PurePath, size_bytes: int = 1) -> DatedFile:
    name = PATTERN.parse(path.name)
    assert name is not None
    return DatedFile(FootageFolder(path.parent, Listing()), ListedFile(path.name, size_bytes, 0, 0, 0), name)


def test_a_picture_belongs_to_the_clip_of_its_camera_and_second() -> None:
    names = ["REO_a_20230109120000.mp4", "REO_b_20230109120000.jpg", "REO_a_20230109120000.jpg"]
    found = paired(dated(DAY / name, 10) for name in names)
    (clip,) = found.clips
    assert [entry.path.name for entry in clip.entries] == ["REO_a_20230109120000.jpg", "REO_a_20230109120000.mp4"]
    assert clip.size_bytes == 20
    assert [orphan.entry.path.name for orphan in found.orphans] == ["REO_b_20230109120000.jpg"]
    assert not found.twins


def test_paths_and_what_is_known_of_files_are_those_of_their_folder() -> None:
    listed = ListedFile("REO_a_20230109120000.mp4", 10, 1, 2, 3)
    folder = FootageFolder(DAY, Listing((listed,), device="8:1", is_numbered=True))
    name = PATTERN.parse(listed.name)
    assert name is not None
    (clip,) = paired([DatedFile(folder, listed, name)]).clips
    assert clip.path == clip.entry.path == DAY / listed.name
    assert folder.text_of(listed) == str(clip.path)
    assert clip.entry == FileEntry(DAY / listed.name, FileIdentity(10, 1))
    assert clip.entry.identity.is_same_file(FileIdentity(10, 1, "8:1", inode=3, ctime_ns=2))
    assert not clip.entry.identity.is_same_file(FileIdentity(10, 1, "8:1", inode=4, ctime_ns=2))


def test_a_picture_in_another_folder_is_of_no_clip_here() -> None:
    found = paired([dated(DAY / "REO_a_20230109120000.mp4"), dated(DAY.parent / "10/REO_a_20230109120000.jpg")])
    assert found.clips[0].pictures == ()
    assert len(found.orphans) == 1


def test_two_cameras_of_one_second_are_twins() -> None:
    found = paired([dated(DAY / "REO_a_20230109120000.mp4"), dated(DAY / "REO_b_20230109120000.mp4")])
    assert found.twins == {datetime(2023, 1, 9, 12)}


@given(st.sets(NAMES))
def test_every_file_is_in_one_place_and_a_picture_with_a_clip_is_no_orphan(names: set[str]) -> None:
    found = paired(dated(DAY / name) for name in names)
    placed = [entry.path.name for clip in found.clips for entry in clip.entries]
    placed += [orphan.entry.path.name for orphan in found.orphans]
    assert sorted(placed) == sorted(names)
    stems = {name[:-4] for name in names if name.lower().endswith("mp4")}
    assert all(orphan.entry.path.stem not in stems for orphan in found.orphans)
    stamps = [clip.name.stamp for clip in found.clips]
    assert stamps == sorted(stamps)
