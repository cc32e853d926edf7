"""send_clips, in memory: what leaves the staging is proven, and one bad thing stops nothing else."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any

import pytest

from camvault.adapters.memory import Phase
from camvault.core.power.table import Command
from camvault.core.segments.ledger import ProofKind
from camvault.core.workflows.dashcam.actions import ActionTaken
from camvault.core.workflows.dashcam.records import ClipRecords
from camvault.core.workflows.dashcam.send_report import ClipKept, ClipProven
from camvault.core.workflows.dashcam.stop_asked import StopAsked
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import Cancelled, NoSpaceError, StorageError
from camvault.ports.transfer import EvidenceKind, Here, PushCause, Pushed, Sendable
from camvault.ports.witness import Sameness
from tests.dashcam.upload.box import FOLDERS, MTIME_NS, STAGING, Box

A, B, C = "Normal/Front/a.MP4", "Normal/Front/b.MP4", "Event/c.MP4"
CUT = Pushed(12, "the connection broke", cause=PushCause.CUT_OFF, sent_bytes=100)
AWAY = Pushed(255, "no route to host", cause=PushCause.NO_NETWORK)


@pytest.fixture
def box() -> Box:
    return Box()


class TestWhole:
    def test_each_clip_is_proven_recorded_and_leaves(self, box: Box) -> None:
        paths = [box.stage(name, name.encode()) for name in (A, B, C)]
        report = box.send()
        assert report.is_whole
        assert (report.proven_count, report.removed_count, report.waiting_count) == (3, 3, 0)
        assert report.proven_bytes == report.sent_bytes == len(A + B + C)
        assert box.there() == {name: name.encode() for name in (A, B, C)}
        assert box.staged() == {}
        for path in paths:
            assert box.kinds(path) == [ProofKind.STAGED, ProofKind.REMOTE_HASH, ProofKind.UNSTAGED]
        assert [e.command for e in box.reporter.events if isinstance(e, ActionTaken)] == [
            Command.UPLOAD,
            Command.VERIFY,
            Command.REMOVE_STAGED,
        ]

    def test_the_ledger_says_where_a_clip_is(self, box: Box) -> None:
        path = box.stage(A, b"footage")
        box.send()
        *_, proven, removed = ClipRecords(FOLDERS, box.storage).life(path)
        for entry in (proven, removed):
            assert (entry.where, entry.sha256) == (box.transfer.marker, sha256(b"footage").hexdigest())

    def test_nothing_staged_asks_nothing(self, box: Box) -> None:
        """The server may sleep."""
        assert box.send().is_whole
        assert not [call for call in box.calls.log if call.operation.startswith("transfer.")]

    def test_it_is_said_which_proof_there_is(self, box: Box) -> None:
        box.transfer.kind = EvidenceKind.COMPARED
        path = box.stage(A, b"footage")
        assert box.send().is_whole
        (proven,) = (event for event in box.reporter.events if isinstance(event, ClipProven))
        assert "both ends read all of it" in str(proven)
        assert box.kinds(path)[1] is ProofKind.COMPARED

    def test_a_file_without_a_record_gets_one_and_is_sent(self, box: Box) -> None:
        path = box.stage(A, b"footage", is_recorded=False)
        assert box.send().is_whole
        assert box.kinds(path) == [ProofKind.STAGED, ProofKind.REMOTE_HASH, ProofKind.UNSTAGED]

    def test_what_camvault_made_for_itself_is_not_sent(self, box: Box) -> None:
        for name in (".camvault-nonce-x", "a.MP4.1.camvault-part"):
            box.stage(name, b"", is_recorded=False)
        report = box.send()
        assert report.is_whole
        assert box.there() == {}

    def test_a_clip_that_was_proven_before_the_power_failed_is_looked_for_once_more(self, box: Box) -> None:
        """It is not sent again; that it is there is seen now."""
        box.stage(A, b"footage")
        error = StorageError(STAGING / A)
        box.calls.hook("transfer.prove", lambda: box.calls.fail("storage.remove", error))
        assert not box.send().is_whole
        assert box.staged() == {A: b"footage"}
        box.transfer.remote[PurePosixPath(A)] = (b"FOOTAGE", 0)  # it was damaged there since
        report = box.send()
        assert report.is_whole
        assert box.there()[A] == b"footage"


class TestAnotherServer:
    def test_one_that_the_user_means_gets_a_new_number_although_nothing_waits(self, box: Box) -> None:
        before = box.transfer.marker
        box.transfer.marker = ""
        assert box.send(may_begin=True).is_whole
        assert box.transfer.marker not in ("", before)
        assert f"memory:/target is the target now, and has the number {box.transfer.marker}" in box.said()

    def test_one_that_nobody_meant_gets_nothing(self, box: Box) -> None:
        box.stage(A, b"footage")
        box.transfer.marker = ""
        assert not box.send().is_whole
        assert box.there() == {}


class TestSpoiled:
    def test_a_bit_that_fell_over_in_the_staging_is_not_sent(self, box: Box) -> None:
        """It is named and kept, and the ledger asks for another copy of the card's."""
        path, _ = box.stage(A, b"footage"), box.stage(B, b"other")
        box.flip(path)
        report = box.send()
        assert box.there() == {B: b"other"}
        assert list(box.staged()) == [A]
        assert box.kinds(path) == [ProofKind.STAGED, ProofKind.WITHDRAWN]
        assert ClipRecords(FOLDERS, box.storage).life(path)[-1].where == ""
        (problem,) = report.problems
        assert A in problem
        assert "it is not what was copied" in problem
        assert (report.proven_count, report.waiting_count, report.is_whole) == (1, 1, False)
        assert "found to be spoiled" not in box.said()

    def test_what_is_behind_a_link_is_told_and_not_sent(self, box: Box) -> None:
        """A folder of the staging on a larger disk: nothing waited, and nothing was wrong."""
        box.storage.put("/large/b.MP4", b"footage")
        box.storage.put_link(STAGING / "Normal", "/large")
        report = box.send()
        assert (report.is_whole, report.waiting_count) == (False, 0)
        assert report.problems == ("Normal in the staging is a link, or no file: what it shows is not sent",)

    @pytest.mark.parametrize("content", [b"", b"foot", b"footage and more"])
    def test_a_clip_that_was_cut_is_not_sent_as_another_clip(self, box: Box, content: bytes) -> None:
        """It was taken for a file without a record, sent under the name of the clip, and the end was "proven"."""
        path = box.stage(A, b"footage")
        box.storage.put(STAGING / path, content, mtime_ns=MTIME_NS)
        for _ in range(2):
            report = box.send()
            assert (report.is_whole, report.proven_count, box.there()) == (False, 0, {})
            assert f"{A}: it is not what was copied: it has {len(content)} bytes, expected 7" in report.problems
            assert box.kinds(path) == [ProofKind.STAGED, ProofKind.WITHDRAWN]

    def test_a_clip_that_was_edited_is_not_sent_as_another_clip(self, box: Box) -> None:
        path = box.stage(A, b"footage")
        box.storage.put(STAGING / path, b"fOOtage", mtime_ns=MTIME_NS + 10**10)
        assert "its time is another one" in box.send().problems[0]
        assert box.kinds(path) == [ProofKind.STAGED, ProofKind.WITHDRAWN]

    def test_what_has_the_name_of_a_clip_that_is_at_the_server_is_sent(self, box: Box) -> None:
        path = box.stage(A, b"footage")
        box.send()
        box.stage(A, b"another", is_recorded=False)
        box.storage.put(STAGING / path, b"another one", mtime_ns=MTIME_NS)
        assert box.send().is_whole
        assert box.there()[A] == b"another one"

    def test_it_is_written_down_once(self, box: Box) -> None:
        path = box.stage(A, b"footage")
        box.flip(path)
        box.send()
        report = box.send()
        assert box.kinds(path) == [ProofKind.STAGED, ProofKind.WITHDRAWN]
        assert report.problems

    @pytest.mark.parametrize("kind", [EvidenceKind.COMPARED, EvidenceKind.REMOTE_HASH])
    def test_a_bit_that_falls_over_while_it_is_sent(self, box: Box, kind: EvidenceKind) -> None:
        """What both ends have is equal then: only the recorded digest tells."""
        box.transfer.kind = kind
        path = box.stage(A, b"footage")
        box.calls.hook("transfer.push", lambda: box.flip(path))
        report = box.send()
        assert list(box.staged()) == [A]
        assert ProofKind.COMPARED not in box.kinds(path)
        assert ProofKind.REMOTE_HASH not in box.kinds(path)
        assert not report.is_whole

    def test_a_file_that_cannot_be_read_stops_no_other(self, box: Box) -> None:
        box.stage(A, b"footage")
        box.stage(B, b"other")
        box.calls.fail("storage.digest", StorageError(STAGING / A))
        report = box.send()
        assert (report.proven_count, report.waiting_count) == (1, 1)

    def test_a_file_that_cannot_be_read_after_both_ends_compared(self, box: Box) -> None:
        box.transfer.kind = EvidenceKind.COMPARED
        box.stage(A, b"footage")
        error = StorageError(STAGING / A)
        box.calls.hook("transfer.prove", lambda: box.calls.fail("storage.digest", error))
        assert not box.send().is_whole
        assert box.staged()

    def test_a_file_that_was_replaced_after_its_proof_stays(self, box: Box) -> None:
        """Of the same size and time, as `cp -p` makes it."""
        path = box.stage(A, b"footage")

        def replace() -> None:
            node = box.storage.tree.file(STAGING / path)
            box.storage.tree.discard(STAGING / path)
            box.storage.put(STAGING / path, b"FOOTAGE", mtime_ns=node.mtime_ns)

        box.calls.hook("transfer.prove", replace, when=Phase.AFTER)
        report = box.send()
        assert box.staged() == {A: b"FOOTAGE"}
        assert any("it is not the file any more that was proven" in problem for problem in report.problems)


class TestDecoys:
    def test_another_file_of_this_size_and_time_is_found_and_kept_beside(self, box: Box) -> None:
        path = box.stage(A, b"footage")
        node = box.storage.tree.file(STAGING / path)
        box.transfer.remote[path] = (b"FOOTAGE", node.mtime_ns)
        assert box.send().is_whole
        assert box.there() == {A: b"footage"}
        assert box.transfer.replaced == [(path, b"FOOTAGE")]

    def test_what_arrives_damaged_twice_is_sent_again_on_another_day_only(self, box: Box) -> None:
        """Else a server with a bad disk fills with damaged copies."""
        path = box.stage(A, b"footage")
        box.stage(B, b"other")
        box.transfer.lies.add(path)
        report = box.send()
        assert (report.proven_count, report.waiting_count) == (1, 1)
        assert box.kinds(path) == [ProofKind.STAGED, ProofKind.WITHDRAWN]
        assert ClipRecords(FOLDERS, box.storage).life(path)[-1].where == box.transfer.marker
        count = len(box.pushes())
        report = box.send()
        assert len(box.pushes()) == count
        assert "it is sent again tomorrow" in report.problems[0]
        box.clock.advance(86_400)
        box.transfer.lies.clear()
        assert box.send().is_whole

    def test_that_cannot_be_written_down(self, box: Box) -> None:
        path = box.stage(A, b"footage")
        box.transfer.lies.add(path)
        box.calls.fail("storage.append_line", StorageError(FOLDERS.records), times=None)
        report = box.send()
        assert any("it arrived damaged" in str(event) for event in box.reporter.events)
        assert not report.is_whole

    def test_one_bad_file_stops_no_other(self, box: Box) -> None:
        path, _ = box.stage(A, b"footage"), box.stage(B, b"other")
        box.transfer.poison.add(path)
        report = box.send()
        assert box.there() == {B: b"other"}
        assert report.problems == (f"{A}: it cannot be read",)


class TestNoCopy:
    """What is no second copy lets nothing go."""

    @pytest.mark.parametrize("kind", [EvidenceKind.IN_MEMORY, EvidenceKind.READ_CACHED])
    def test_memory_and_caches(self, box: Box, kind: EvidenceKind) -> None:
        box.transfer.kind = kind
        box.stage(A, b"footage")
        assert not box.send().is_whole
        assert box.staged()

    def test_the_staging_itself_by_a_detour(self, box: Box) -> None:
        box.stage(A, b"footage")
        box.transfer.shows = STAGING
        report = box.send()
        assert box.staged()
        assert any("it shows the same files" in problem for problem in report.problems)

    @pytest.mark.parametrize("sameness", [Sameness.ONE, Sameness.UNSURE])
    def test_a_union(self, box: Box, sameness: Sameness) -> None:
        path = box.stage(A, b"footage")
        box.transfer.union[path] = sameness
        report = box.send()
        assert box.staged()
        assert "union" in report.problems[0]

    def test_a_nonce_that_cannot_be_made(self, box: Box) -> None:
        box.stage(A, b"footage")
        box.calls.fail("storage.lock", StorageError(STAGING), times=None)
        assert not box.send().is_whole
        assert box.staged()

    def test_a_target_on_the_same_disk_is_told(self, box: Box) -> None:
        box.stage(A, b"footage")
        box.transfer.shares_device = True
        assert box.send().is_whole
        assert "not on a second disk" in box.said()

    @pytest.mark.parametrize("operation", ["transfer.push", "transfer.prove"])
    def test_a_target_that_is_exchanged_meanwhile(self, box: Box, operation: str) -> None:
        """And the ledger does not say of it that it has the clip."""
        path = box.stage(A, b"footage")

        def exchange() -> None:
            box.transfer.marker = box.transfer.record = "1234-another"

        box.calls.hook(operation, exchange, when=Phase.AFTER)
        report = box.send()
        assert box.staged()
        assert box.kinds(path) == [ProofKind.STAGED]
        assert any("exchanged meanwhile" in problem for problem in report.problems)

    @pytest.mark.parametrize(("record", "marker"), [("", "x"), ("1", "2")])
    def test_another_target_gets_nothing(self, box: Box, record: str, marker: str) -> None:
        box.stage(A, b"footage")
        box.transfer.record, box.transfer.marker = record, marker
        report = box.send()
        assert report.is_whole is (not record)
        assert bool(box.there()) is (not record)

    def test_a_target_without_a_number_proves_nothing(self, box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
        """It could not be marked, because no record of it could be written here."""
        box.stage(A, b"footage")
        for name in ("ask", "mark"):
            monkeypatch.setattr(type(box.transfer), name, lambda *_, **__: Here(""))
        report = box.send()
        assert "the server could not be marked" in report.problems[0]
        assert box.staged()


class TestRetries:
    def test_a_push_that_was_cut_off_goes_on(self, box: Box) -> None:
        box.stage(A, b"footage")
        box.transfer.failures = [CUT, AWAY]
        box.chances = [0.5, 1.0]
        begin_s = box.clock.elapsed_s
        report = box.send()
        assert report.is_whole
        assert report.sent_bytes == 107
        assert box.clock.elapsed_s - begin_s == pytest.approx(3 + 4)
        assert "it is tried again in 3 s" in box.said()

    @pytest.mark.parametrize("cause", [PushCause.REFUSED, PushCause.NO_SPACE])
    def test_what_a_try_cannot_change_is_not_tried_again(self, box: Box, cause: PushCause) -> None:
        """A host key that changed, a server that is full."""
        box.stage(A, b"footage")
        box.transfer.failures = [Pushed(255, "so it is", cause=cause)]
        report = box.send()
        assert len(box.pushes()) == 1
        assert box.clock.elapsed_s == 0
        assert "so it is" in report.problems[0]
        assert report.waiting_count == 1

    def test_the_tries_are_bounded_by_the_configuration(self, box: Box) -> None:
        box.stage(A, b"footage")
        box.retries(2)
        box.transfer.failures = [AWAY] * 10
        report = box.send()
        assert len(box.pushes()) == 3
        assert not report.is_whole

    def test_a_server_that_goes_off_between_two_tries_is_waited_for(self, box: Box) -> None:
        box.stage(A, b"footage")
        box.transfer.failures = [CUT]

        def vanish() -> None:
            box.transfer.evidence = "no route to host"
            box.clock.after(4, lambda: setattr(box.transfer, "evidence", ""))

        box.calls.hook("transfer.push", vanish, when=Phase.AFTER)
        assert box.send().is_whole
        assert "no route to host" in box.said()

    def test_a_server_that_cannot_be_told_is_not_waited_for(self, box: Box) -> None:
        """Its host key changed, say: nothing is tried until somebody looked."""
        box.stage(A, b"footage")
        box.transfer.failures = [CUT]
        box.calls.hook("transfer.push", lambda: setattr(box.transfer, "problem", "host key"), when=Phase.AFTER)
        report = box.send()
        assert any("host key" in problem for problem in report.problems)
        assert len(box.pushes()) == 1

    def test_one_clip_on_which_the_tool_hangs_stops_no_other(self, box: Box) -> None:
        path = box.stage(A, b"footage")
        box.stage(B, b"other")
        box.stage(C, b"third")
        box.retries(0)
        box.transfer.hangs.add(path)
        report = box.send()
        assert box.staged() == {A: b"footage"}
        assert report.proven_count == 2
        assert report.waiting_count == 1

    def test_a_server_that_takes_nothing_is_left_alone(self, box: Box) -> None:
        for number in range(40):
            box.stage(f"Normal/{number:02}.MP4", b"footage")
        box.retries(0)
        box.transfer.failures = [Pushed(14, "", cause=PushCause.UNKNOWN)] * 100
        report = box.send()
        assert len(box.pushes()) == 3
        assert any("takes nothing at the moment: code 14" in problem for problem in report.problems)

    def test_a_push_that_hangs_without_words(self, box: Box) -> None:
        box.stage(A, b"footage")
        box.retries(0)
        box.transfer.failures = [Pushed(-9, is_hung=True, cause=PushCause.CUT_OFF)]
        assert any("it does not answer in time" in problem for problem in box.send().problems)

    def test_what_arrived_before_the_cut_is_proven_and_leaves(self, box: Box) -> None:
        """A full disk: the clips before it are there."""
        box.stage(A, b"footage")
        box.stage(B, b"o" * 100)
        box.transfer.capacity_bytes = 50
        report = box.send()
        assert box.staged() == {B: b"o" * 100}
        assert report.proven_count == report.removed_count == 1
        assert any("the server is full" in problem for problem in report.problems)

    def test_a_tool_that_fails_after_all_arrived_is_not_run_again(
        self, box: Box, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What the server has counts, not what the tool says."""
        box.stage(A, b"footage")
        push = type(box.transfer).push

        def cut_at_the_end(_: object, files: Sequence[Sendable], /, **given: Any) -> Pushed:
            push(box.transfer, files, **given)
            return CUT

        monkeypatch.setattr(type(box.transfer), "push", cut_at_the_end)
        assert box.send().is_whole
        assert len(box.pushes()) == 1

    def test_progress_counts_the_tries_anew(self, box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
        """As long as something arrives each time, the visit goes on."""
        names = [f"Normal/{number}.MP4" for number in range(6)]
        for name in names:
            box.stage(name, b"footage")
        box.retries(1)
        push = type(box.transfer).push

        def one_at_a_time(_: object, files: Sequence[Sendable], /, **given: Any) -> Pushed:
            push(box.transfer, files[:1], **given)
            return CUT

        monkeypatch.setattr(type(box.transfer), "push", one_at_a_time)
        report = box.send()
        assert report.proven_count == 6
        assert report.is_whole


class TestStop:
    def test_a_reason_to_stop_ends_it_between_batches(self, box: Box) -> None:
        for number in range(20):
            box.stage(f"Normal/{number:02}.MP4", b"footage")
        box.calls.hook("storage.prune", lambda: setattr(box, "reason", "battery below disconnect"))
        box.calls.hook("storage.prune", lambda: box.clock.advance(1))
        report = box.send()
        assert report.stopped == "battery below disconnect"
        assert report.proven_count == 16
        assert report.waiting_count == 4
        assert not report.is_whole
        assert not report.problems

    def test_a_push_is_stopped_on_its_way_and_goes_on_later(self, box: Box) -> None:
        for name in (A, B, C):
            box.stage(name, name.encode())

        def stop() -> str:
            box.clock.advance(1)
            return "battery" if box.transfer.remote else ""

        report = box.send(stop)
        assert report.stopped == "battery"
        assert report.waiting_count == 3
        assert len(box.there()) == 1
        sent = box.send()
        assert sent.is_whole
        assert sent.sent_bytes == len(A + B + C) - len(next(iter(box.there())))

    def test_a_wait_is_ended_within_a_second(self, box: Box) -> None:
        box.stage(A, b"footage")
        box.transfer.failures = [AWAY] * 9
        box.chances = [1.0] * 9
        box.clock.after(3, lambda: setattr(box, "reason", "battery"))
        report = box.send()
        assert report.stopped == "battery"
        assert box.clock.elapsed_s <= 4

    def test_the_programs_own_stop_is_raised(self, box: Box) -> None:
        box.stage(A, b"footage")
        box.calls.hook("transfer.push", box.cancel.request)
        with pytest.raises(Cancelled):
            box.send()
        assert box.staged()

    def test_stop_is_not_asked_too_often(self, box: Box) -> None:
        asked: list[int] = []

        def stop() -> str:
            asked.append(1)
            return ""

        box.stage(A, b"footage")
        box.send(stop)
        assert len(asked) == 1

    def test_a_stop_can_be_put_off(self, box: Box) -> None:
        """As every cancellation."""
        warned: list[int] = []
        asked: Cancellation = StopAsked(box.cancel, lambda: "", box.clock)
        with asked.warn_first(lambda: warned.append(1)):
            box.cancel.request()
            assert not asked.is_requested
        assert warned == [1]


class TestRecords:
    def test_a_full_disk_here_is_freed_by_what_is_proven(self, box: Box) -> None:
        """The line of the proof finds no room; the clip goes, and makes it."""
        path = box.stage(A, b"footage")
        box.calls.fail("storage.append_line", NoSpaceError(FOLDERS.records), times=2)
        report = box.send()
        assert box.staged() == {}
        assert report.removed_count == 1
        assert box.kinds(path)[-1] in (ProofKind.UNSTAGED, ProofKind.STAGED)

    def test_what_can_never_be_written_down_is_told(self, box: Box) -> None:
        box.stage(A, b"footage")
        box.calls.fail("storage.append_line", NoSpaceError(FOLDERS.records), times=None)
        report = box.send()
        assert sha256(b"footage").hexdigest() in " ".join(report.problems)
        assert not report.is_whole

    def test_a_proof_that_cannot_be_written_down_keeps(self, box: Box) -> None:
        box.stage(A, b"footage")
        box.calls.fail("storage.append_line", StorageError(FOLDERS.records), times=None)
        report = box.send()
        assert box.staged()
        assert any("cannot be written down" in problem for problem in report.problems)

    def test_a_folder_that_cannot_be_pruned_is_told(self, box: Box) -> None:
        box.stage(A, b"footage")
        box.calls.fail("storage.prune", StorageError(STAGING / "Normal"))
        assert box.send().removed_count == 1
        assert [event for event in box.reporter.events if isinstance(event, ClipKept)]

    def test_a_clip_that_vanished_is_no_removal(self, box: Box) -> None:
        path = box.stage(A, b"footage")
        box.calls.hook("transfer.prove", lambda: box.storage.tree.discard(STAGING / path), when=Phase.AFTER)
        assert box.send().removed_count == 0
