"""Clips are read again, here and at the server, and compared with the ledger."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import PurePath, PurePosixPath

import attrs
import pytest

from camvault.adapters.memory import Calls, MemoryCancellation, MemoryClock, MemoryReporter, MemoryStorage
from camvault.adapters.memory.transfer import MemoryTransfer
from camvault.core.dashcam.configuration import BoxConfig
from camvault.core.dashcam.subset import Subset
from camvault.core.segments.ledger import LedgerEntry, ProofKind
from camvault.core.workflows.dashcam.checking import CheckPorts, CheckReport, check_clips
from camvault.core.workflows.dashcam.clip_lives import lives_of
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.core.workflows.dashcam.records import ClipRecords
from camvault.core.workflows.dashcam.send_report import SendPorts
from camvault.core.workflows.dashcam.sending import send_clips
from camvault.ports.cancellation import Cancellation
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import Cancelled, StorageError
from camvault.ports.transfer import Evidence, EvidenceKind, Here, Sendable

FOLDERS = BoxFolders(PurePath("/staging"))
NAME = PurePosixPath("Movie/A.MP4")
MTIME_NS = 1_750_000_000 * 10**9
K = ProofKind


@attrs.define
class World:
    """A box and its server."""

    calls: Calls = attrs.field(factory=Calls)
    storage: MemoryStorage = attrs.field(init=False)
    transfer: MemoryTransfer = attrs.field(init=False)
    cancel: MemoryCancellation = attrs.field(factory=MemoryCancellation)

    def __attrs_post_init__(self) -> None:
        self.storage = MemoryStorage(calls=self.calls)
        self.storage.put_folder(FOLDERS.staging)
        self.transfer = MemoryTransfer(self.storage, kind=EvidenceKind.REMOTE_HASH)

    def clip(self, *kinds: ProofKind, name: PurePosixPath = NAME, content: bytes = b"footage", where: str = "") -> None:
        """A clip with this life; it stands where that says."""
        records = ClipRecords(FOLDERS, self.storage)
        file, sha256 = FileIdentity(len(content), MTIME_NS), hashlib.sha256(content).hexdigest()
        for kind in kinds:
            number = where or self.transfer.marker if kind not in (K.SEEN, K.STAGED) else ""
            records.add(LedgerEntry(name, file, "" if kind is K.SEEN else sha256, kind, "2025-06-15", number))
        if kinds[-1] is not K.UNSTAGED and K.STAGED in kinds:
            self.storage.put(FOLDERS.staging / name, content, mtime_ns=MTIME_NS)
        if len(kinds) > 2:
            self.transfer.remote[name] = (content, MTIME_NS)

    def lines(self, name: PurePosixPath = NAME) -> list[tuple[ProofKind, str]]:
        """What is written down of a clip, beside what `clip` wrote: the kinds, and of which server."""
        life = ClipRecords(FOLDERS, self.storage).life(name)
        return [(line.kind, line.where) for line in life if line.when != "2025-06-15"]

    def why(self, name: PurePosixPath = NAME) -> list[str]:
        """What is told of a clip."""
        (life,) = lives_of(str(name), storage=self.storage, folders=FOLDERS)
        return [*life.story.sentences[-1:], life.story.ending]

    def check(self, subset: Subset | None = None) -> CheckReport:
        ports = CheckPorts(storage=self.storage, transfer=self.transfer, clock=MemoryClock(), cancel=self.cancel)
        return check_clips(ports=ports, folders=FOLDERS, subset=subset or Subset())


GONE = (K.SEEN, K.STAGED, K.REMOTE_HASH, K.UNSTAGED)
PROVEN = GONE[:3]
STAGED = GONE[:2]


@pytest.fixture
def world() -> World:
    return World()


def words_of(found: Mapping[PurePosixPath, str], name: PurePosixPath = NAME) -> str:
    assert list(found) == [name]
    return found[name]


def test_all_is_sound(world: World) -> None:
    for number, kinds in enumerate((GONE, PROVEN, STAGED, (K.SEEN,), (K.SEEN, K.OVERWRITTEN))):
        world.clip(*kinds, name=NAME.with_name(f"{number}.MP4"), content=bytes(number + 1))
    report = world.check()
    assert (report.damaged, report.untold) == ({}, {})
    assert (report.staged_count, report.staged_bytes) == (2, 2 + 3)
    assert (report.server_count, report.server_bytes) == (2, 1 + 2)


def test_nothing_at_all_is_sound_and_asks_nobody(world: World) -> None:
    world.transfer.problem = "never asked"
    assert world.check() == CheckReport()


def test_a_staged_clip_that_changed_is_damaged(world: World) -> None:
    world.clip(*STAGED)
    world.storage.put(FOLDERS.staging / NAME, b"fOOtage", mtime_ns=MTIME_NS)
    report = world.check()
    assert "it is not what was copied: its SHA-256 is" in words_of(report.damaged)
    assert report.staged_count == 0


def test_a_staged_clip_that_cannot_be_read_is_damaged(world: World) -> None:
    world.clip(*STAGED)
    world.storage.unreadable.add(FOLDERS.staging / NAME)
    assert "it cannot be read: " in words_of(world.check().damaged)


def test_a_staged_clip_that_is_missing_is_damaged_unless_the_server_has_it(world: World) -> None:
    world.clip(*STAGED)
    world.clip(*PROVEN, name=NAME.with_name("B.MP4"))
    for name in (NAME, NAME.with_name("B.MP4")):
        world.storage.tree.discard(FOLDERS.staging / name)
    report = world.check()
    assert "is not here any more" in words_of(report.damaged)
    assert report.server_count == 1


def test_what_is_behind_a_link_is_not_known_to_be_sound(world: World) -> None:
    world.storage.put_link(FOLDERS.staging / "Movie", "/elsewhere")
    assert "it is a link" in words_of(world.check().untold, PurePosixPath("Movie"))


def test_a_file_without_a_record_is_not_known_to_be_sound(world: World) -> None:
    world.storage.put(FOLDERS.staging / NAME, b"found", mtime_ns=MTIME_NS)
    report = world.check()
    assert "nothing is recorded of it" in words_of(report.untold)
    assert (report.damaged, report.staged_count) == ({}, 0)


@pytest.mark.parametrize("kinds", [GONE, PROVEN])
def test_one_flipped_bit_at_the_server_is_found(world: World, kinds: Sequence[ProofKind]) -> None:
    world.clip(*kinds)
    world.transfer.remote[NAME] = (b"gootage", MTIME_NS)
    report = world.check()
    assert "its SHA-256 at the server is" in words_of(report.damaged)
    assert report.server_count == 0


@pytest.mark.parametrize("kinds", [GONE, PROVEN])
def test_what_is_missing_at_a_server_that_computes_hashes_is_damaged(world: World, kinds: Sequence[ProofKind]) -> None:
    world.clip(*kinds)
    world.clip(*GONE, name=NAME.with_name("B.MP4"))
    del world.transfer.remote[NAME]
    assert "it is missing at the server" in words_of(world.check().damaged)


def test_with_a_restricted_key_what_is_not_here_any_more_cannot_be_told(world: World) -> None:
    world.transfer = MemoryTransfer(world.storage, kind=EvidenceKind.COMPARED)
    world.clip(*GONE)
    world.clip(*PROVEN, name=NAME.with_name("B.MP4"))
    report = world.check()
    assert "the server computes no SHA-256 for us" in words_of(report.untold)
    assert (report.server_count, report.damaged) == (1, {})


def test_with_a_restricted_key_what_differs_is_damaged(world: World) -> None:
    world.transfer = MemoryTransfer(world.storage, kind=EvidenceKind.COMPARED)
    world.clip(*PROVEN)
    world.transfer.remote[NAME] = (b"gootage", MTIME_NS)
    assert "another file stands under its name at the server" in words_of(world.check().damaged)


def test_a_server_that_equals_a_damaged_clip_proves_nothing(world: World) -> None:
    world.transfer = MemoryTransfer(world.storage, kind=EvidenceKind.COMPARED)
    world.clip(*PROVEN)
    world.storage.put(FOLDERS.staging / NAME, b"gootage", mtime_ns=MTIME_NS)
    world.transfer.remote[NAME] = (b"gootage", MTIME_NS)
    report = world.check()
    assert "it is not what was copied" in words_of(report.damaged)
    assert report.server_count == 0


def test_a_clip_that_is_damaged_here_may_be_sound_at_the_server(world: World) -> None:
    world.clip(*PROVEN)
    world.storage.put(FOLDERS.staging / NAME, b"gootage", mtime_ns=MTIME_NS)
    report = world.check()
    assert "it is not what was copied" in words_of(report.damaged)
    assert report.server_count == 1


def test_what_was_read_from_a_cache_is_not_told(world: World) -> None:
    world.transfer.kind = EvidenceKind.READ_CACHED
    world.clip(*GONE)
    assert "read from a cache" in words_of(world.check().untold)


def test_what_was_proven_at_another_server_is_not_told(world: World) -> None:
    world.clip(*GONE, where="another-number")
    assert "it was proven at another server (marker another-number)" in words_of(world.check().untold)


@pytest.mark.parametrize("is_staged", [True, False])
def test_a_server_that_is_off_tells_nothing(world: World, is_staged: bool) -> None:
    world.clip(*(PROVEN if is_staged else GONE))
    world.transfer.evidence = "no route to it"
    report = world.check()
    assert "the server was not looked at: " in words_of(report.untold)
    assert (report.staged_count, report.server_count) == (int(is_staged), 0)


def test_a_server_that_is_exchanged_meanwhile_tells_nothing(world: World) -> None:
    class Exchanged(MemoryTransfer):
        def ask(self) -> Here:
            self.device += "+"
            return Here(self.marker, self.device)

    world.transfer = Exchanged(world.storage, kind=EvidenceKind.REMOTE_HASH)
    world.clip(*GONE)
    report = world.check()
    assert "it was exchanged meanwhile" in words_of(report.untold)
    assert report.server_count == 0


# --- what does not hold is taken back (INV-45) -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kinds", "ending"),
    [
        (GONE, "it is on the card, if the camera has not overwritten it since; the next visit copies it"),
        (PROVEN, "it waits in the staging to be sent"),
    ],
)
@pytest.mark.parametrize("is_missing", [True, False])
def test_a_proof_that_does_not_hold_is_taken_back_once_and_why_says_so(
    world: World, kinds: Sequence[ProofKind], ending: str, *, is_missing: bool
) -> None:
    world.clip(*kinds)
    world.clip(*GONE, name=NAME.with_name("B.MP4"))
    world.transfer.remote[NAME] = (b"gootage", MTIME_NS)
    if is_missing:
        del world.transfer.remote[NAME]
    report = world.check()
    assert (len(report.damaged), report.withdrawn_count) == (1, 1)
    assert world.lines() == [(K.WITHDRAWN, world.transfer.marker)]
    sentence, end = world.why()
    words = "it is missing at the server" if is_missing else "its SHA-256 at the server is"
    assert f"found missing or different at memory:/target: {words}" in sentence
    assert end == ending
    again = world.check()
    assert (list(again.damaged), again.withdrawn_count, again.server_count) == ([NAME] * (kinds is GONE), 0, 1)


@pytest.mark.parametrize("kind", [EvidenceKind.REMOTE_HASH, EvidenceKind.READ_BACK])
def test_a_clip_that_somebody_brought_back_to_the_server_is_proven_again(world: World, kind: EvidenceKind) -> None:
    world.transfer.kind = kind
    world.clip(*GONE)
    world.clip(*GONE, name=NAME.with_name("B.MP4"))
    world.transfer.remote[NAME] = (b"gootage", MTIME_NS)
    assert world.check().withdrawn_count == 1
    assert len(world.check().damaged) == 1
    world.transfer.remote[NAME] = (b"footage", MTIME_NS)
    report = world.check()
    assert (report.damaged, report.untold, report.server_count) == ({}, {}, 2)
    number = world.transfer.marker
    assert world.lines() == [(K.WITHDRAWN, number), (K(kind.value), number)]
    assert world.why()[-1] == "it is at the server"
    assert world.check().server_count == 2
    assert len(world.lines()) == 2


def seen_an_hour_later(world: World, content: bytes, *kinds: ProofKind) -> None:
    """The card has it with a time that is only alike, and it got the same name: another clip to the ledger."""
    file, sha256 = FileIdentity(len(content), MTIME_NS + 3600 * 10**9), hashlib.sha256(content).hexdigest()
    for kind in kinds:
        number = world.transfer.marker if kind not in (K.SEEN, K.STAGED) else ""
        entry = LedgerEntry(NAME, file, "" if kind is K.SEEN else sha256, kind, "2025-06-16", number)
        ClipRecords(FOLDERS, world.storage).add(entry)
    world.transfer.remote[NAME] = (content, file.mtime_ns)


def test_a_clip_that_was_copied_again_with_an_alike_time_is_asked_for_once(world: World) -> None:
    world.clip(*GONE)
    world.clip(*GONE, name=NAME.with_name("B.MP4"))
    del world.transfer.remote[NAME]
    assert world.check().withdrawn_count == 1
    seen_an_hour_later(world, b"footage", *GONE)
    before = world.lines()
    report = world.check()
    assert (report.damaged, report.untold, report.server_count) == ({}, {}, 2)
    assert world.lines() == before
    del world.transfer.remote[NAME]
    assert world.check().withdrawn_count == 1


def test_another_clip_under_the_name_of_a_lost_one_is_looked_for_all_the_same(world: World) -> None:
    """The lost one is named as ever, and the other one taken back when the server loses it too."""
    world.clip(*GONE)
    world.clip(*GONE, name=NAME.with_name("B.MP4"))
    del world.transfer.remote[NAME]
    assert world.check().withdrawn_count == 1
    seen_an_hour_later(world, b"gootage", *GONE)
    report = world.check()
    assert (list(report.damaged), report.withdrawn_count, report.server_count) == ([NAME], 0, 2)
    del world.transfer.remote[NAME]
    report = world.check()
    assert (list(report.damaged), report.withdrawn_count, report.server_count) == ([NAME], 1, 1)
    assert "missing at the server" in report.damaged[NAME]


def test_what_is_staged_and_lost_at_the_server_is_sent_again_at_once(world: World) -> None:
    """It is no clip that arrived damaged twice, which waits for another day."""
    world.clip(*PROVEN)
    world.transfer.remote[NAME] = (b"gootage", MTIME_NS)
    world.check()
    ports = SendPorts(
        storage=world.storage,
        transfer=world.transfer,
        clock=MemoryClock(),
        reporter=MemoryReporter(),
        cancel=world.cancel,
    )
    assert send_clips(ports=ports, folders=FOLDERS, config=BoxConfig(), stop=lambda: "").is_whole
    assert world.transfer.remote[NAME] == (b"footage", MTIME_NS)


def test_a_staged_clip_that_changed_is_to_be_copied_again(world: World) -> None:
    world.clip(*STAGED)
    world.storage.put(FOLDERS.staging / NAME, b"fOOtage", mtime_ns=MTIME_NS)
    assert [world.check().withdrawn_count for _ in range(2)] == [1, 0]
    assert world.lines() == [(K.WITHDRAWN, "")]
    sentence, end = world.why()
    assert "found missing or different in the staging: it is not what was copied" in sentence
    assert "it is on the card" in end


def test_a_clip_that_changed_here_and_is_sound_at_the_server_is_still_proven(world: World) -> None:
    world.clip(*PROVEN)
    world.storage.put(FOLDERS.staging / NAME, b"gootage", mtime_ns=MTIME_NS)
    assert world.check().withdrawn_count == 0
    assert world.lines() == []


@pytest.mark.parametrize("kind", [EvidenceKind.COMPARED, EvidenceKind.REMOTE_HASH])
def test_a_clip_that_is_lost_in_both_places_is_to_be_copied_again(world: World, kind: EvidenceKind) -> None:
    world.transfer.kind = kind
    world.clip(*PROVEN)
    world.storage.put(FOLDERS.staging / NAME, b"gootage", mtime_ns=MTIME_NS)
    world.transfer.remote[NAME] = (b"other", MTIME_NS)
    report = world.check()
    assert (report.withdrawn_count, report.server_count) == (1, 0)
    assert world.lines()[-1] == (K.WITHDRAWN, "")


@pytest.mark.parametrize("kinds", [GONE, PROVEN])
def test_a_server_that_says_nothing_of_a_clip_and_of_no_other_has_not_lost_it(
    world: World, kinds: Sequence[ProofKind]
) -> None:
    """A connection that breaks in the middle looks like that."""

    class Breaking(MemoryTransfer):
        count = 0

        def prove(
            self, files: Sequence[Sendable], /, *, root: PurePath, cancel: Cancellation
        ) -> Mapping[PurePosixPath, Evidence]:
            self.count += 1
            return super().prove(files, root=root, cancel=cancel) if self.count == 1 else {}

    world.transfer = Breaking(world.storage, kind=EvidenceKind.REMOTE_HASH)
    for number in range(65):
        world.clip(*kinds, name=NAME.with_name(f"{number:02}.MP4"))
    report = world.check()
    assert "the server gave no answer for it" in words_of(report.untold, NAME.with_name("64.MP4"))
    assert (report.server_count, report.damaged, report.withdrawn_count) == (64, {}, 0)


def test_what_is_found_at_a_second_look_is_there(world: World) -> None:
    class Slow(MemoryTransfer):
        asked = frozenset[PurePosixPath]()

        def prove(
            self, files: Sequence[Sendable], /, *, root: PurePath, cancel: Cancellation
        ) -> Mapping[PurePosixPath, Evidence]:
            found = super().prove(files, root=root, cancel=cancel)
            told = {path: found[path] for path in found if path in self.asked or path != NAME}
            self.asked |= found.keys()
            return told

    world.transfer = Slow(world.storage, kind=EvidenceKind.REMOTE_HASH)
    world.clip(*GONE)
    world.clip(*GONE, name=NAME.with_name("B.MP4"))
    report = world.check()
    assert (report.server_count, report.damaged, report.untold) == (2, {}, {})


def test_a_server_that_lost_all_that_is_not_here_any_more_is_asked_by_name(world: World) -> None:
    world.clip(*GONE)
    world.transfer.remote.clear()
    assert words_of(world.check().damaged) == "it is missing at the server"


def test_a_server_that_cannot_read_what_is_staged_tells_nothing(world: World) -> None:
    world.clip(*PROVEN)
    world.transfer.unreadable.add(NAME)
    report = world.check()
    assert "the server gave no answer for it" in words_of(report.untold)
    assert report.withdrawn_count == 0


def test_what_was_brought_back_and_cannot_be_written_down_is_still_named(world: World) -> None:
    world.clip(*GONE)
    world.clip(*GONE, name=NAME.with_name("B.MP4"))
    world.transfer.remote[NAME] = (b"gootage", MTIME_NS)
    world.check()
    world.transfer.remote[NAME] = (b"footage", MTIME_NS)
    world.calls.fail("storage.append_line", StorageError(FOLDERS.records), times=None)
    assert "that cannot be written down" in words_of(world.check().damaged)


def test_what_cannot_be_written_down_is_told(world: World) -> None:
    world.clip(*PROVEN)
    world.transfer.remote[NAME] = (b"gootage", MTIME_NS)
    world.calls.fail("storage.append_line", StorageError(FOLDERS.records), times=None)
    report = world.check()
    assert "that cannot be written down" in words_of(report.damaged)
    assert report.withdrawn_count == 0


def test_only_a_part_of_all_is_read(world: World) -> None:
    names = [NAME.with_name(f"{number}.MP4") for number in range(8)]
    for number, name in enumerate(names):
        world.clip(*(GONE if number % 2 else STAGED), name=name)
        world.transfer.remote.pop(name, None)
        if not number % 2:
            world.storage.put(FOLDERS.staging / name, b"other", mtime_ns=MTIME_NS)
    parts = [world.check(Subset(number, 3)) for number in (1, 2, 3)]
    found = [path for part in parts for path in (*part.damaged, *part.untold)]
    assert sorted(found) == sorted(names)


@pytest.mark.parametrize("kinds", [GONE, STAGED])
def test_a_stop_is_heard(world: World, kinds: Sequence[ProofKind]) -> None:
    world.clip(*kinds)
    world.cancel.request()
    with pytest.raises(Cancelled):
        world.check()
