"""The records of clips, on storage in memory: beside a model, and with each fault."""

from pathlib import PurePath, PurePosixPath

import attrs
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from camvault.adapters.memory.storage import MemoryStorage
from camvault.core.dashcam.clip_notes import ClipNote
from camvault.core.segments.ledger import LedgerEntry, ProofKind
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.core.workflows.dashcam.records import ClipRecords
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import NoSpaceError, StorageError

K = ProofKind
FOLDERS = BoxFolders(PurePath("/staging"))
NAME = PurePosixPath("Movie/A.MP4")
CLIP = FileIdentity(4, 1_750_000_000 * 10**9)
SEEN = LedgerEntry(NAME, CLIP, "", K.SEEN, "2025-06-15T15:00:00+00:00", "67EF-9CED")
STAGED = LedgerEntry(NAME, CLIP, "a" * 64, K.STAGED, "2025-06-15T15:01:00+00:00", "", str(ClipNote(sample="s1")))
LEDGER = FOLDERS.records / "clips-2025-06.ledger"


@pytest.fixture
def storage() -> MemoryStorage:
    made = MemoryStorage()
    made.put_folder(FOLDERS.staging)
    return made


@pytest.fixture
def records(storage: MemoryStorage) -> ClipRecords:
    return ClipRecords(FOLDERS, storage)


class TestKeeping:
    def test_what_was_written_is_read_by_the_next_run(self, storage: MemoryStorage, records: ClipRecords) -> None:
        records.add(SEEN)
        records.add(STAGED)
        assert records.known(NAME, CLIP) == STAGED
        assert ClipRecords(FOLDERS, storage).known(NAME, CLIP) == STAGED
        assert list(storage.files(FOLDERS.records)) == [LEDGER]

    def test_nothing_is_known_of_another_file_of_the_name(self, records: ClipRecords) -> None:
        records.add(STAGED)
        assert records.known(NAME, FileIdentity(5, CLIP.mtime_ns)) is None

    def test_a_line_that_cannot_be_written_is_not_known(self, storage: MemoryStorage, records: ClipRecords) -> None:
        storage.mount(FOLDERS.staging, name="0:9", capacity_bytes=10)
        with pytest.raises(NoSpaceError):
            records.add(STAGED)
        assert records.known(NAME, CLIP) is None

    def test_a_ledger_that_cannot_be_read_is_never_an_empty_one(
        self, storage: MemoryStorage, records: ClipRecords
    ) -> None:
        storage.unreadable.add(storage.put(LEDGER).path)
        with pytest.raises(StorageError):
            records.known(NAME, CLIP)

    @pytest.mark.parametrize("cut", [1, 9, 60])
    def test_a_line_that_the_next_one_will_replace_is_not_believed(
        self, storage: MemoryStorage, records: ClipRecords, cut: int
    ) -> None:
        records.add(SEEN)
        records.add(STAGED)
        storage.put(LEDGER, storage.content(LEDGER)[:-cut])
        again = ClipRecords(FOLDERS, storage)
        assert again.known(NAME, CLIP) == SEEN
        assert again.life(NAME) == (SEEN,)
        assert again.not_believed() == ""

    def test_damaged_lines_are_not_believed_and_told(self, storage: MemoryStorage, records: ClipRecords) -> None:
        records.add(STAGED)
        storage.put(LEDGER, storage.content(LEDGER)[:-9] + b"\n")
        again = ClipRecords(FOLDERS, storage)
        assert again.known(NAME, CLIP) is None
        assert again.not_believed() == (
            "1 line(s) of clips-2025-06.ledger in /staging/.camvault are torn or damaged, and are not believed"
        )
        assert records.not_believed() == ""

    def test_lines_of_one_clip_stay_in_one_ledger_whatever_time_the_staging_keeps(
        self, storage: MemoryStorage, records: ClipRecords
    ) -> None:
        card = FileIdentity(4, 1_751_328_000 * 10**9 + 5)  # five nanoseconds into July
        staged = FileIdentity(4, 1_751_328_000 * 10**9 - 10**9)
        note = str(ClipNote(staged_mtime_ns=staged.mtime_ns))
        records.add(attrs.evolve(STAGED, identity=card, note=note))
        records.add(attrs.evolve(STAGED, identity=staged, kind=K.UNSTAGED, note="", where="5f8d"))
        again = ClipRecords(FOLDERS, storage)
        known = again.known(NAME, card)
        assert known is not None
        assert known.kind is K.UNSTAGED
        assert known == again.known(NAME, staged)


class TestNames:
    def test_a_name_is_taken_by_what_was_staged_in_any_month(
        self, storage: MemoryStorage, records: ClipRecords
    ) -> None:
        records.add(attrs.evolve(STAGED, identity=FileIdentity(4, 0)))
        assert ClipRecords(FOLDERS, storage).is_taken(PurePosixPath("movie/a.mp4"))

    def test_it_is_not_by_what_was_only_seen(self, records: ClipRecords) -> None:
        records.add(SEEN)
        assert not records.is_taken(NAME)
        records.add(attrs.evolve(SEEN, kind=K.OVERWRITTEN))
        assert not records.is_taken(NAME)
        records.add(STAGED)
        assert records.is_taken(NAME)

    def test_names_that_are_escaped_are_known(self, storage: MemoryStorage, records: ClipRecords) -> None:
        odd = PurePosixPath("Movie/a\nb\tc\udcff.MP4")
        records.add(attrs.evolve(STAGED, path=odd))
        assert ClipRecords(FOLDERS, storage).is_taken(odd)


class TestLife:
    def test_it_has_all_lines_under_either_name_by_time(self, records: ClipRecords) -> None:
        other = PurePosixPath("Movie/A~2.MP4")
        line = attrs.evolve(STAGED, path=other, note=str(ClipNote(card_path=NAME)))
        later = attrs.evolve(line, kind=K.UNSTAGED, note="", when="2025-06-16T00:00:00+00:00")
        first = attrs.evolve(SEEN, identity=FileIdentity(4, 0), when="2025-06-01T00:00:00+00:00")
        for entry in (SEEN, line, later, first, attrs.evolve(STAGED, path=PurePosixPath("B.MP4"))):
            records.add(entry)
        assert records.life(NAME) == (first, SEEN, line, later)
        assert records.life(PurePosixPath("C.MP4")) == ()

    def test_nothing_was_ever_written(self, records: ClipRecords) -> None:
        assert records.life(NAME) == ()
        assert not records.is_taken(NAME)


class TestStaging:
    def test_what_lies_there_is_told_with_its_record(self, storage: MemoryStorage, records: ClipRecords) -> None:
        records.add(STAGED)
        storage.put("/staging/Movie/A.MP4", b"abcd", mtime_ns=CLIP.mtime_ns)
        storage.put("/staging/B.MP4", b"new")
        storage.put("/staging/lost+found/x", b"")
        storage.put("/staging/Movie/lost+found/y", b"")
        found = {str(clip.path): (clip.sha256, clip.entry) for clip in records.staged()}
        assert found == {"Movie/A.MP4": ("a" * 64, STAGED), "B.MP4": ("", None), "Movie/lost+found/y": ("", None)}

    def test_inv_2_another_file_of_the_name_has_no_record(self, storage: MemoryStorage, records: ClipRecords) -> None:
        records.add(STAGED)
        storage.put("/staging/Movie/A.MP4", b"abcde", mtime_ns=CLIP.mtime_ns)
        assert [clip.sha256 for clip in records.staged()] == [""]

    def test_there_is_no_staging_yet(self) -> None:
        assert ClipRecords(FOLDERS, MemoryStorage()).staged() == ()


class LivesOfClips(RuleBasedStateMachine):
    """Clips of few names and times, seen, staged, sent and removed, with restarts and torn lines in between."""

    def __init__(self) -> None:
        super().__init__()
        self.storage = MemoryStorage()
        self.storage.put_folder(FOLDERS.staging)
        self.records = ClipRecords(FOLDERS, self.storage)
        self.last: dict[tuple[PurePosixPath, FileIdentity], LedgerEntry] = {}

    @rule(
        name=st.sampled_from(["A.MP4", "B.MP4"]),
        minutes=st.sampled_from([0, 7, 60 * 24 * 40]),
        kind=st.sampled_from([K.STAGED, K.SENT, K.REMOTE_HASH, K.UNSTAGED, K.WITHDRAWN]),
    )
    def staged_or_later(self, name: str, minutes: int, kind: ProofKind) -> None:
        identity = FileIdentity(4, CLIP.mtime_ns + minutes * 60 * 10**9)
        entry = attrs.evolve(STAGED, path=PurePosixPath(name), identity=identity, kind=kind)
        self.records.add(entry)
        self.last[entry.path, identity] = entry

    @rule(name=st.sampled_from(["A.MP4", "B.MP4"]), kind=st.sampled_from([K.SEEN, K.OVERWRITTEN]))
    def seen(self, name: str, kind: ProofKind) -> None:
        entry = attrs.evolve(SEEN, path=PurePosixPath(name), kind=kind)
        before = self.last.get((entry.path, CLIP))
        if before is None or before.kind in (K.SEEN, K.OVERWRITTEN):
            self.records.add(entry)
            self.last[entry.path, CLIP] = entry

    @rule()
    def restart(self) -> None:
        self.records = ClipRecords(FOLDERS, self.storage)

    @rule(torn=st.binary(max_size=40).map(lambda raw: raw.replace(b"\n", b"")))
    def power_cut(self, torn: bytes) -> None:
        for path, content in self.storage.files(FOLDERS.records).items():
            self.storage.put(path, content + torn)
        self.restart()

    @invariant()
    def the_last_word_on_each_clip_is_known(self) -> None:
        for (path, identity), entry in self.last.items():
            assert self.records.known(path, identity) == entry


TestLivesOfClips = LivesOfClips.TestCase
TestLivesOfClips.settings = settings(max_examples=40, stateful_step_count=25)
