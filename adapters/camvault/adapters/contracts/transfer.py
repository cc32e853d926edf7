"""Adapter for pytest: the contract of `Transfer`."""

import hashlib
from collections.abc import Mapping
from pathlib import PurePath, PurePosixPath
from typing import ClassVar, Protocol

import pytest

from camvault.adapters.contracts.stop import StopRequest
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import Cancelled
from camvault.ports.transfer import (
    EvidenceKind,
    Here,
    NoRecordedTarget,
    Offline,
    RecordedTarget,
    Sendable,
    Sight,
    TargetAnswer,
    Transfer,
    Unsure,
)
from camvault.ports.witness import Sameness

NAMES = ("A/2025-05-28/A_20250528T140000.mkv", "A/# a\n;b\\#012ü.mkv", " -x.mkv")


class TransferHarness(Protocol):
    """A transfer, and both ends of it. There is nothing at either end."""

    @property
    def transfer(self) -> Transfer:
        """The adapter under test."""
        ...

    @property
    def root(self) -> PurePath:
        """The folder here from which files are sent."""
        ...

    @property
    def kind(self) -> EvidenceKind:
        """How this adapter looks at the target."""
        ...

    def put(self, name: str, content: bytes) -> None:
        """Write a file below `root`, with the folders above it and the time of now."""
        ...

    def identity_of(self, name: str) -> FileIdentity:
        """Which file it is that stands below `root`; `FileIdentity(0, 0)` if there is none."""
        ...

    def there(self) -> Mapping[str, bytes]:
        """Every file at the target by its path, also those that were replaced, without looking through the adapter."""
        ...

    def corrupt(self, name: str, at: int = -1) -> None:
        """Make a byte of a file at the target NUL, the last one if not said otherwise; its size and time stay."""
        ...


def _sendable(harness: TransferHarness, name: str) -> Sendable:
    return Sendable(PurePosixPath(name), harness.identity_of(name))


def _send(harness: TransferHarness, *names: str) -> Sendable:
    files = [_sendable(harness, name) for name in names]
    harness.transfer.push(files, root=harness.root, cancel=StopRequest())
    return files[0]


def _proven(harness: TransferHarness, *names: str) -> set[str]:
    files = [_sendable(harness, name) for name in names]
    return {str(path) for path in harness.transfer.prove(files, root=harness.root, cancel=StopRequest())}


def _sights(harness: TransferHarness, *names: str, by_content: bool = False) -> dict[str, Sight]:
    files = [_sendable(harness, name) for name in names]
    found = harness.transfer.look(files, root=harness.root, by_content=by_content, cancel=StopRequest())
    return {str(path): sight for path, sight in found.items()}


def _same(harness: TransferHarness) -> Sight:
    """What an adapter may say of a file that is the same: never that what it read from a cache is at the target."""
    return Sight.CACHED if harness.kind is EvidenceKind.READ_CACHED else Sight.SAME


class TransferContract:
    """What core relies on: what is proven is there, byte for byte, and nothing at the target is lost.

    Footage goes here because of what `prove` and `look` say: an adapter that says too much loses it. Limits of time,
    and targets that hang or vanish, are for the tests of your adapter.

    Provide:
        harness (`TransferHarness`): The adapter under test, and both ends of it.
        fresh (`Transfer`): One of the same kind to a target that is there and was never used.
        away (`Transfer`): One whose target was used and is known to be off now: not mounted, without a route.
        lost (`Transfer`): One whose target was used, is there, and has lost its marker.
    """

    names: ClassVar[tuple[str, ...]] = NAMES
    """Replace it for a target that does not take each name. What it does not take must be a problem of its file."""

    @pytest.fixture
    def harness(self) -> TransferHarness:
        """The adapter under test, and both ends of it."""
        raise NotImplementedError("provide the fixture `harness`")

    @pytest.fixture
    def away(self) -> Transfer:
        """A transfer to a target that was used and is off."""
        raise NotImplementedError("provide the fixture `away`")

    @pytest.fixture
    def lost(self) -> Transfer:
        """A transfer to a target that was used and has lost its marker."""
        raise NotImplementedError("provide the fixture `lost`")

    @pytest.fixture
    def fresh(self) -> Transfer:
        """A transfer to a target that was never used."""
        raise NotImplementedError("provide the fixture `fresh`")

    def test_hostile_names_arrive_and_are_proven(self, harness: TransferHarness) -> None:
        """Newlines, comment signs, options, escapes."""
        for name in self.names:
            harness.put(name, name.encode())
        assert _proven(harness, *self.names) == set()
        _send(harness, *self.names)
        assert harness.there() == {name: name.encode() for name in self.names}
        assert _proven(harness, *self.names) == set(self.names)

    def test_the_kind_of_proof_is_told(self, harness: TransferHarness) -> None:
        harness.put("a.mkv", b"footage")
        file = _send(harness, "a.mkv")
        (evidence,) = harness.transfer.prove([file], root=harness.root, cancel=StopRequest()).values()
        assert evidence.kind is harness.kind
        expected = "" if harness.kind is EvidenceKind.COMPARED else hashlib.sha256(b"footage").hexdigest()
        assert evidence.sha256 == expected

    def test_one_bad_file_stops_no_other(self, harness: TransferHarness) -> None:
        """A file that vanished, say."""
        harness.put("b.mkv", b"footage")
        files = [_sendable(harness, name) for name in ("a.mkv", "b.mkv")]
        pushed = harness.transfer.push(files, root=harness.root, cancel=StopRequest())
        assert pushed.exit_code
        assert pushed.is_partial
        assert pushed.problem
        assert list(pushed.problems) == [PurePosixPath("a.mkv")]
        assert _proven(harness, "a.mkv", "b.mkv") == {"b.mkv"}

    def test_a_file_that_was_damaged_there_is_not_proven(self, harness: TransferHarness) -> None:
        """Although its size and time are right: the content is what counts."""
        harness.put("a.mkv", b"footage")
        file = _send(harness, "a.mkv")
        harness.corrupt("a.mkv")
        found = harness.transfer.prove([file], root=harness.root, cancel=StopRequest()).get(file.path)
        assert found is None or found.sha256 == hashlib.sha256(b"footag\x00").hexdigest()

    def test_nothing_there_is_lost_by_another_file_of_the_name(self, harness: TransferHarness) -> None:
        harness.put("a.mkv", b"old")
        _send(harness, "a.mkv")
        harness.put("a.mkv", b"newer")
        _send(harness, "a.mkv")
        assert sorted(harness.there().values()) == [b"newer", b"old"]
        assert harness.there()["a.mkv"] == b"newer"

    def test_nothing_there_is_lost_by_several_files_of_the_name_within_a_second(self, harness: TransferHarness) -> None:
        contents = [b"footage " * number for number in range(1, 5)]
        for content in contents:
            harness.put("a.mkv", content)
            _send(harness, "a.mkv")
        assert sorted(harness.there().values()) == contents

    def test_sending_again_changes_nothing(self, harness: TransferHarness) -> None:
        harness.put("a.mkv", b"footage")
        _send(harness, "a.mkv")
        _send(harness, "a.mkv")
        assert harness.there() == {"a.mkv": b"footage"}

    def test_content_is_looked_at_if_that_is_asked_for(self, harness: TransferHarness) -> None:
        """To the last byte."""
        harness.put("a.mkv", b"footage" * 50_000)
        harness.put("b.mkv", b"footage")
        _send(harness, "a.mkv", "b.mkv")
        harness.corrupt("a.mkv", 100_000)
        expected = {"a.mkv": Sight.OTHER, "b.mkv": _same(harness)}
        assert _sights(harness, "a.mkv", "b.mkv", by_content=True) == expected

    @pytest.mark.parametrize("by_content", [False, True])
    def test_what_stands_there_still_and_what_does_not(self, harness: TransferHarness, by_content: bool) -> None:
        """A name that was reused there, a block that is another one, a file that is gone."""
        for name in (*self.names, "short.mkv", "bad.mkv", "gone.mkv"):
            harness.put(name, b"footage")
        _send(harness, *self.names, "short.mkv", "bad.mkv")
        harness.put("short.mkv", b"longer footage")
        harness.corrupt("bad.mkv")
        assert _sights(harness, *self.names, "short.mkv", "bad.mkv", "gone.mkv", by_content=by_content) == {
            **dict.fromkeys(self.names, _same(harness)),
            "short.mkv": Sight.OTHER,
            "bad.mkv": Sight.OTHER,
            "gone.mkv": Sight.GONE,
        }

    @pytest.mark.parametrize("by_content", [False, True])
    def test_an_empty_file_is_looked_for_by_its_name(self, harness: TransferHarness, by_content: bool) -> None:
        """Whatever it is read from: so it is found whether the target shows the files of here."""
        harness.put("empty.mkv", b"")
        _send(harness, "empty.mkv")
        assert _sights(harness, "empty.mkv", by_content=by_content) == {"empty.mkv": Sight.SAME}

    def test_looking_changes_nothing(self, harness: TransferHarness) -> None:
        harness.put("a.mkv", b"footage")
        assert _sights(harness, "a.mkv", by_content=True) == {"a.mkv": Sight.GONE}
        assert harness.there() == {}

    def test_what_was_sent_is_another_file_than_the_one_here(self, harness: TransferHarness) -> None:
        """And finding that out leaves nothing behind. What is not there is no file of here either."""
        for name in (*self.names, "gone.mkv"):
            harness.put(name, b"footage")
        _send(harness, *self.names)
        before = harness.there()
        files = [_sendable(harness, name) for name in (*self.names, "gone.mkv")]
        found = harness.transfer.apart(files, root=harness.root, cancel=StopRequest())
        assert found == {file.path: Sameness.TWO for file in files}
        assert harness.there() == before

    def test_a_damaged_copy_is_replaced_by_content(self, harness: TransferHarness) -> None:
        """Size and time are right: it may be left alone for ever. What stood there stays beside it."""
        harness.put("a.mkv", b"footage")
        file = _send(harness, "a.mkv")
        harness.corrupt("a.mkv")
        _send(harness, "a.mkv")  # which may see that it differs, or not
        harness.transfer.push([file], root=harness.root, by_content=True, cancel=StopRequest())
        assert sorted(harness.there().values()) == [b"footag\x00", b"footage"]
        assert harness.there()["a.mkv"] == b"footage"

    def test_a_stop_is_a_stop(self, harness: TransferHarness) -> None:
        harness.put("a.mkv", b"footage")
        files, stop = [_sendable(harness, "a.mkv")], StopRequest()
        stop.request()
        with pytest.raises(Cancelled):
            harness.transfer.push(files, root=harness.root, cancel=stop)
        with pytest.raises(Cancelled):
            harness.transfer.prove(files, root=harness.root, cancel=stop)
        with pytest.raises(Cancelled):
            harness.transfer.look(files, root=harness.root, by_content=False, cancel=stop)
        with pytest.raises(Cancelled):
            harness.transfer.apart(files, root=harness.root, cancel=stop)

    def test_it_has_a_name_and_is_there(self, harness: TransferHarness) -> None:
        assert harness.transfer.where
        assert isinstance(harness.transfer.ask(), Here)
        assert harness.transfer.ask() == harness.transfer.ask() == harness.transfer.mark()

    def test_a_target_that_was_never_used_is_known_once_it_was(self, fresh: Transfer) -> None:
        """Before that it may be the mount point of the real one: nothing can be said of it."""
        assert isinstance(fresh.ask(), Unsure)
        assert fresh.wanted() == NoRecordedTarget()
        marked = fresh.mark()
        assert isinstance(marked, Here)
        assert fresh.ask() == marked == fresh.mark()

    def test_the_number_is_that_of_the_marker(self, fresh: Transfer) -> None:
        """What is recorded here is what is there, each time."""
        for answer in (fresh.mark(), fresh.ask(), fresh.mark()):
            assert isinstance(answer, Here)
            assert fresh.wanted() == RecordedTarget(answer.number)
            assert answer.number == answer.number.strip()

    def test_each_marking_anew_gives_a_new_number(self, fresh: Transfer) -> None:
        """What was proven at the old one counts no more: another disk may stand there, or a copy of the old one."""
        numbers = [answer.number for answer in map(_marked_anew, [fresh] * 3) if isinstance(answer, Here)]
        assert len(set(numbers)) == 3
        assert fresh.wanted() == RecordedTarget(numbers[-1])

    def test_a_target_without_its_marker_is_not_offline(self, lost: Transfer) -> None:
        """It answers: a folder that was emptied, a disk that was formatted. Nobody knows what became of the rest."""
        for answer in (lost.ask(), lost.mark()):
            assert isinstance(answer, Unsure)
            assert str(answer)

    def test_nothing_is_proven_at_a_target_that_is_away(self, harness: TransferHarness, away: Transfer) -> None:
        """The footage here may be the last. Offline is the target that is meant, and says by what it is known."""
        harness.put("a.mkv", b"footage")
        files = [_sendable(harness, "a.mkv")]
        for answer in (away.ask(), away.mark()):
            assert isinstance(answer, Offline)
            assert away.wanted() == RecordedTarget(answer.number)
            assert answer.evidence
        assert away.prove(files, root=harness.root, cancel=StopRequest()) == {}
        for by_content in (False, True):
            found = away.look(files, root=harness.root, by_content=by_content, cancel=StopRequest())
            assert set(found.values()) <= {Sight.GONE, Sight.OTHER}


def _marked_anew(transfer: Transfer) -> TargetAnswer:
    return transfer.mark(anew=True)
