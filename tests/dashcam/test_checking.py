"""Clips are read again, here and at the server, and compared with the ledger."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import PurePath, PurePosixPath

import attrs
import pytest

from camvault.adapters.memory import MemoryCancellation, MemoryClock, MemoryStorage
from camvault.adapters.memory.transfer import MemoryTransfer
from camvault.core.dashcam.subset import Subset
from camvault.core.segments.ledger import LedgerEntry, ProofKind
from camvault.core.workflows.dashcam.checking import CheckPorts, CheckReport, check_clips
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.core.workflows.dashcam.records import ClipRecords
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import Cancelled
from camvault.ports.transfer import EvidenceKind, Here

FOLDERS = BoxFolders(PurePath("/staging"))
NAME = PurePosixPath("Movie/A.MP4")
MTIME_NS = 1_750_000_000 * 10**9
K = ProofKind


@attrs.define
class World:
    """A box and its server."""

    storage: MemoryStorage = attrs.field(factory=MemoryStorage)
    transfer: MemoryTransfer = attrs.field(init=False)
    cancel: MemoryCancellation = attrs.field(factory=MemoryCancellation)

    def __attrs_post_init__(self) -> None:
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
    assert "it is missing at the server, different" in words_of(world.check().damaged)


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
