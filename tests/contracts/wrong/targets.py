"""Wrong adapters of `Transfer`."""

from collections.abc import Mapping, Sequence
from pathlib import PurePath, PurePosixPath
from typing import Any

import attrs
import pytest

from camvault.adapters.contracts.files.harness import sha256
from camvault.adapters.contracts.stop import StopRequest
from camvault.adapters.contracts.transfer import TransferContract
from camvault.adapters.memory import MemoryStorage
from camvault.adapters.memory.transfer import MemoryTransfer
from camvault.ports.cancellation import Cancellation
from camvault.ports.transfer import Evidence, EvidenceKind, Here, Offline, Pushed, Sendable, Sight, TargetAnswer, Unsure
from camvault.ports.witness import Sameness
from tests.contracts import (
    test_transfer,
)
from tests.contracts.wrong.refusal import by


class _Transfer(TransferContract):
    transfer: type[MemoryTransfer]

    @pytest.fixture
    def harness(self) -> test_transfer.Place:
        return test_transfer.memory_place(self.transfer)

    @pytest.fixture
    def away(self) -> MemoryTransfer:
        return self.transfer(MemoryStorage(), evidence="it is not mounted")

    @pytest.fixture
    def lost(self) -> MemoryTransfer:
        return self.transfer(MemoryStorage(), marker="")

    @pytest.fixture
    def fresh(self) -> MemoryTransfer:
        return self.transfer(MemoryStorage(), marker="", record="")


class _Remembering(MemoryTransfer):
    """Proves what is here, having sent it: it does not look at the target's content."""

    def prove(self, files: Sequence[Sendable], /, *, root: PurePath, cancel: Cancellation) -> Mapping[Any, Evidence]:
        found = super().prove(files, root=root, cancel=cancel)
        here = {path: self.storage.content(root / path) for path in found}
        return {path: attrs.evolve(e, sha256=sha256(here[path])) for path, e in found.items()}


class TestTransferThatProvesWhatItSent(_Transfer):
    REFUSED_BY = by("a_file_that_was_damaged_there_is_not_proven")
    transfer = _Remembering


class _Overwriting(MemoryTransfer):
    def push(self, files: Sequence[Sendable], /, **options: Any) -> Pushed:
        pushed = super().push(files, **options)
        self.replaced.clear()
        return pushed


class TestTransferThatOverwrites(_Transfer):
    REFUSED_BY = by(
        "nothing_there_is_lost_by_another_file_of_the_name",
        "nothing_there_is_lost_by_several_files_of_the_name_within_a_second",
        "a_damaged_copy_is_replaced_by_content",
    )
    transfer = _Overwriting


class _Doubting(MemoryTransfer):
    """Never sees whether a file is another one: nothing would ever go."""

    def apart(self, files: Sequence[Sendable], /, **options: Any) -> Mapping[PurePosixPath, Sameness]:
        return dict.fromkeys(super().apart(files, **options), Sameness.UNSURE)


class TestTransferThatIsNeverSure(_Transfer):
    REFUSED_BY = by("what_was_sent_is_another_file_than_the_one_here")
    transfer = _Doubting


class _Glancing(MemoryTransfer):
    """Looks at sizes, whatever is asked for."""

    def look(self, files: Sequence[Sendable], /, **options: Any) -> Mapping[PurePosixPath, Sight]:
        return super().look(files, **{**options, "by_content": False})


class TestTransferThatOnlyGlances(_Transfer):
    REFUSED_BY = by("content_is_looked_at_if_that_is_asked_for")
    transfer = _Glancing


class _Unheeding(MemoryTransfer):
    def push(self, files: Sequence[Sendable], /, **options: Any) -> Pushed:
        return super().push(files, **{**options, "cancel": StopRequest()})


class TestTransferThatGoesOn(_Transfer):
    REFUSED_BY = by("a_stop_is_a_stop")
    transfer = _Unheeding


class _Certain(MemoryTransfer):
    """Says of a target that is away what it knew of it."""

    def ask(self) -> TargetAnswer:
        return Here(self.record, self.device)

    def look(self, files: Sequence[Sendable], /, **options: Any) -> Mapping[PurePosixPath, Sight]:
        return super().look(files, **options) if self.is_there else {file.path: Sight.SAME for file in files}


class TestTransferThatIsNeverAway(_Transfer):
    REFUSED_BY = by(
        "nothing_is_proven_at_a_target_that_is_away",
        "a_target_that_was_never_used_is_known_once_it_was",
        "a_target_without_its_marker_is_not_offline",
    )
    transfer = _Certain


class _FailFast(MemoryTransfer):
    """Sends nothing more behind a bad file."""

    def push(self, files: Sequence[Sendable], /, **options: Any) -> Pushed:
        here = [file for file in files if self.storage.tree.find(options["root"] / file.path)]
        return super().push(files if len(here) == len(files) else files[:1], **options)


class TestTransferThatStopsAtABadFile(_Transfer):
    REFUSED_BY = by("one_bad_file_stops_no_other")
    transfer = _FailFast


class _Vague(MemoryTransfer):
    """Takes another file of the name for the one that was sent."""

    def look(self, files: Sequence[Sendable], /, **options: Any) -> Mapping[PurePosixPath, Sight]:
        found = super().look(files, **options)
        return {path: Sight.SAME if sight is Sight.OTHER else sight for path, sight in found.items()}


class TestTransferThatTakesAnotherFileForTheSame(_Transfer):
    REFUSED_BY = by("what_stands_there_still_and_what_does_not", "content_is_looked_at_if_that_is_asked_for")
    transfer = _Vague


class _Renumbering(MemoryTransfer):
    """Gives the target another number at each look."""

    def ask(self) -> TargetAnswer:
        if self.record and self.marker:
            self.record = self.marker = f"{self.marker}1"
        return super().ask()


class TestTransferThatCannotTellTargetsApart(_Transfer):
    REFUSED_BY = by(
        "a_target_that_was_never_used_is_known_once_it_was",
        "it_has_a_name_and_is_there",
        "the_number_is_that_of_the_marker",
    )
    transfer = _Renumbering


class _Keeping(MemoryTransfer):
    """Marks another disk with the number of the old one: what was proven there would count here."""

    def mark(self, *, anew: bool = False) -> TargetAnswer:
        return super().mark(anew=anew and not self.record)


class TestTransferThatMarksAnotherDiskAsTheSame(_Transfer):
    REFUSED_BY = by("each_marking_anew_gives_a_new_number")
    transfer = _Keeping


class _Optimistic(MemoryTransfer):
    """Takes whatever is missing for a target that is off."""

    def _answer(self) -> TargetAnswer:
        found = super()._answer()
        return Offline(self.record, str(found)) if isinstance(found, Unsure) and self.record else found


class TestTransferThatTakesEveryErrorForOffline(_Transfer):
    REFUSED_BY = by("a_target_without_its_marker_is_not_offline")
    transfer = _Optimistic


class _Credulous(MemoryTransfer):
    """Takes what this machine's cache gives for what the target's medium holds."""

    def look(self, files: Sequence[Sendable], /, **options: Any) -> Mapping[PurePosixPath, Sight]:
        found = super().look(files, **options)
        return {path: Sight.SAME if sight is Sight.CACHED else sight for path, sight in found.items()}


class TestTransferThatTakesTheCacheForTheMedium(_Transfer):
    REFUSED_BY = by("what_stands_there_still_and_what_does_not", "content_is_looked_at_if_that_is_asked_for")
    transfer = _Credulous

    @pytest.fixture
    def harness(self) -> test_transfer.Place:
        return test_transfer.memory_place(self.transfer, EvidenceKind.READ_CACHED)
