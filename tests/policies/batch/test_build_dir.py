"""Which folder is a build directory of camvault, and which folders and files are never removed."""

from pathlib import PurePosixPath

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.batch.build_dir import (
    PROGRESS_NAMES,
    BuildDirFacts,
    foreign_entries,
    reason_to_keep,
    unrecorded_clip,
)
from camvault.core.batch.marker import BUILD_MARKER_NAME
from camvault.ports.batch_record import BatchRecord, ClipRecord, ClipState, Mode, OutputRecord
from camvault.ports.entries import FileEntry, FileIdentity, FileKind

ROOT = PurePosixPath("/w/images/bodycam_1")
HOME = PurePosixPath("/home/me")
IDENTITY = FileIdentity(5, 7)


def folder_facts(path: PurePosixPath = ROOT, *, kind: FileKind = FileKind.FOLDER) -> BuildDirFacts:
    return BuildDirFacts(FileEntry(path, IDENTITY, kind), path, is_marked=True)


def file_entry(name: str, identity: FileIdentity = IDENTITY, kind: FileKind = FileKind.FILE) -> FileEntry:
    return FileEntry(ROOT / name, identity, kind)


def progress_of(*clips: ClipRecord) -> BatchRecord:
    return BatchRecord(disc_bytes=100, safety_bytes=0, mode=Mode.COPY, kbps=None, clips=clips)


class TestReasonToKeep:
    def test_a_marked_folder_may_go(self) -> None:
        """The one way to be removed."""
        assert reason_to_keep(folder_facts(), guarded=[HOME]) is None

    @pytest.mark.parametrize(
        ("facts", "reason"),
        [
            (folder_facts(kind=FileKind.SYMLINK), "symbolic link"),
            (folder_facts(kind=FileKind.FILE), "not a directory"),
            (folder_facts(PurePosixPath("/")), "root of the file system"),
            (folder_facts(HOME), "/home/me is never removed"),
            (folder_facts(HOME.parent), "/home/me lies in it"),
            (attrs.evolve(folder_facts(), is_mount_point=True), "mount point"),
            (attrs.evolve(folder_facts(), is_marked=False), "not a build directory"),
            (attrs.evolve(folder_facts(), is_marked=False, is_empty=True), "rmdir removes it"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_what_is_kept(self, facts: BuildDirFacts, reason: str) -> None:
        """Each with its reason, marker or not."""
        assert reason in (reason_to_keep(facts, guarded=[HOME]) or "")

    @given(
        st.lists(st.sampled_from(["a", "b", "c"]), max_size=4), st.lists(st.sampled_from(["a", "b", "c"]), max_size=4)
    )
    def test_a_guarded_path_always_survives(self, folder: list[str], guarded: list[str]) -> None:
        """A folder that may go neither is nor holds a guarded path."""
        path, kept = PurePosixPath("/", *folder), PurePosixPath("/", *guarded)
        if reason_to_keep(folder_facts(path), guarded=[kept]) is None:
            assert path != kept
            assert path not in kept.parents


class TestForeignEntries:
    OUTPUT = OutputRecord(IDENTITY, "0" * 64)

    def foreign(self, *entries: FileEntry, progress: BatchRecord | None = None) -> list[str]:
        return [entry.path.name for entry in foreign_entries(entries, root=ROOT, progress=progress)]

    def test_our_own_files(self) -> None:
        """Marker, records, unfinished files, folders, and outputs that are those that were recorded."""
        ours = [file_entry(name) for name in (BUILD_MARKER_NAME, *PROGRESS_NAMES, ".x.camvault-part", "a.mp4", "b.mp4")]
        progress = progress_of(
            ClipRecord("A.mp4", ClipState.DONE, output_name="a.mp4", output=self.OUTPUT),
            ClipRecord("b.mp4", ClipState.PENDING, output=self.OUTPUT),
        )
        assert self.foreign(*ours, file_entry("sub", kind=FileKind.FOLDER), progress=progress) == []

    @pytest.mark.parametrize(
        "entry",
        [
            file_entry("original.mp4"),
            file_entry("a.mp4", FileIdentity(5, 8)),
            file_entry("sub/a.mp4"),
            file_entry("sub/progress.json"),
            file_entry("a.mp4", kind=FileKind.SYMLINK),
            file_entry("pipe", kind=FileKind.OTHER),
        ],
        ids=str,
    )
    def test_what_somebody_else_put_there(self, entry: FileEntry) -> None:
        """A file we did not record, one that was replaced, one of our names elsewhere, anything that is no file."""
        progress = progress_of(ClipRecord("a.mp4", ClipState.DONE, output_name="a.mp4", output=self.OUTPUT))
        assert self.foreign(entry, progress=progress) == [entry.path.name]

    @pytest.mark.parametrize("state", ClipState)
    def test_the_name_of_a_clip_alone_proves_nothing(self, state: ClipState) -> None:
        """One that is pending, and one of the plain format, say nothing of the file that stands there."""
        progress = progress_of(ClipRecord("a.mp4", state), ClipRecord("b.mp4", output=self.OUTPUT))
        assert self.foreign(file_entry("a.mp4"), progress=progress) == ["a.mp4"]
        found = unrecorded_clip(file_entry("a.mp4"), root=ROOT, progress=progress)
        assert found == progress.clips[0], "but its content may be compared"

    @pytest.mark.parametrize(
        "entry",
        [
            file_entry("b.mp4"),
            file_entry("c.mp4"),
            file_entry("sub/a.mp4"),
            file_entry("a.mp4", kind=FileKind.SYMLINK),
        ],
        ids=str,
    )
    def test_what_is_not_even_compared(self, entry: FileEntry) -> None:
        """Recorded otherwise, of no clip, elsewhere, no file."""
        progress = progress_of(ClipRecord("a.mp4"), ClipRecord("b.mp4", output=self.OUTPUT))
        assert unrecorded_clip(entry, root=ROOT, progress=progress) is None
        assert unrecorded_clip(file_entry("a.mp4"), root=ROOT, progress=None) is None

    def test_without_a_progress_file_no_clip_is_ours(self) -> None:
        """Silence of the record is not permission."""
        assert self.foreign(file_entry("a.mp4"), file_entry(BUILD_MARKER_NAME)) == ["a.mp4"]
