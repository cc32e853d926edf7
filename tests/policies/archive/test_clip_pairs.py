"""Clips with their pictures."""

from datetime import datetime
from pathlib import PurePath

from hypothesis import given
from hypothesis import strategies as st

from camvault.core.archive.clip_pairs import DatedFile, paired
from camvault.core.archive.dated_names import NamePattern
from camvault.ports.entries import FileEntry, FileIdentity

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
    return DatedFile(FileEntry(path, FileIdentity(size_bytes, 0)), name, int(path.parent.name))


def test_a_picture_belongs_to_the_clip_of_its_camera_and_second() -> None:
    names = ["REO_a_20230109120000.mp4", "REO_b_20230109120000.jpg", "REO_a_20230109120000.jpg"]
    found = paired(dated(DAY / name, 10) for name in names)
    (clip,) = found.clips
    assert [entry.path.name for entry in clip.entries] == ["REO_a_20230109120000.jpg", "REO_a_20230109120000.mp4"]
    assert clip.size_bytes == 20
    assert [orphan.entry.path.name for orphan in found.orphans] == ["REO_b_20230109120000.jpg"]
    assert not found.twins


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
