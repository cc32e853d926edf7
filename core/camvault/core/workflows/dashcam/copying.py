"""Workflow: the clips of the camera's card to the staging, each read once, the most valuable ones first.

Nothing is concluded from a card that was not alive before and after. A clip goes on if another one cannot be read.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from pathlib import PurePosixPath

import attrs

from camvault.core.dashcam.camera_times import clock_problem, months_around
from camvault.core.dashcam.clip_book import KnownClip
from camvault.core.dashcam.clip_life import CardClipState
from camvault.core.dashcam.clip_notes import STILL_RECORDING, ClipNote
from camvault.core.dashcam.clip_order import in_order
from camvault.core.dashcam.configuration import BoxConfig
from camvault.core.dashcam.finished_clips import Finish, judge_finish, looked_into, newest_of_folders
from camvault.core.dashcam.space_plan import no_room, plan_space
from camvault.core.segments.ledger import LedgerEntry, ProofKind
from camvault.core.workflows.dashcam.card_listing import ListedCard, check_alive, check_apart, list_card
from camvault.core.workflows.dashcam.copy_events import CardListed, ClipLeft
from camvault.core.workflows.dashcam.copy_ports import CardClip, CopyPorts, CopyReport, shortened
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.core.workflows.dashcam.gone_clips import GoneClips
from camvault.core.workflows.dashcam.recognizing import TO_BE_COPIED, Recognizer
from camvault.core.workflows.dashcam.records import ClipRecords
from camvault.core.workflows.dashcam.staging_copy import INCOMING_NAME, CopyStopped, StagingCopier, remove_unfinished
from camvault.ports.camera_card import MountedCard
from camvault.ports.errors import ChangedError, NoSpaceError, StorageError
from camvault.ports.events import Warned

_BETWEEN_LISTINGS_S = 2.0
"""A step of the time that FAT keeps."""
_FAILED_MOST = 2
"""Clips that cannot be written, one after the other, before the staging is given up: one may have an odd name."""


def copy_clips(
    mounted: MountedCard,
    *,
    ports: CopyPorts,
    folders: BoxFolders,
    config: BoxConfig,
    stop: Callable[[], str],
    on_plan: Callable[[tuple[CardClip, ...]], None] = lambda _: None,
) -> CopyReport:
    """Copy what the camera has finished and what is not known to be staged or proven.

    The caller holds the lock of the staging.

    Args:
        mounted: The card.
        ports: What is needed.
        folders: Where to.
        config: Which folders of the card, in which order.
        stop: Asked between clips and every some megabytes of one: why to end here, "" to go on. The next visit goes on.
        on_plan: Called once before the first copy, with all that is to be copied, in order.

    Raises:
        CardLostError: The card was not alive at some time. What was copied before is whole, and written down.
        Cancelled: Asked to stop.
    """
    started_s = ports.clock.monotonic_s()
    visit = _Visit(mounted, ports, folders, config, stop, on_plan, ClipRecords(folders, ports.storage))
    try:
        visit.run()
    except StorageError as error:  # of the staging or the records: without them nothing can be told, nor kept
        check_alive(mounted, ports=ports)
        visit.problems.append(str(error))
        visit.is_broken_off = True
    check_alive(mounted, ports=ports)
    return visit.report(ports.clock.monotonic_s() - started_s)


@attrs.define
class _Visit:
    """One visit to the card; what became of it is added up."""

    mounted: MountedCard
    ports: CopyPorts
    folders: BoxFolders
    config: BoxConfig
    stop: Callable[[], str]
    on_plan: Callable[[tuple[CardClip, ...]], None]
    records: ClipRecords
    problems: list[str] = attrs.field(factory=list, init=False)
    waiting: dict[PurePosixPath, CardClip] = attrs.field(factory=dict, init=False)
    copied: list[CardClip] = attrs.field(factory=list, init=False)
    recording_count: int = attrs.field(default=0, init=False)
    overwritten_count: int = attrs.field(default=0, init=False)
    stopped: str = attrs.field(default="", init=False)
    is_broken_off: bool = attrs.field(default=False, init=False)

    @property
    def number(self) -> str:
        """Of the card."""
        return self.mounted.card.uuid if self.mounted.card else ""

    def run(self) -> None:
        """All of it."""
        storage = self.ports.storage
        check_apart(self.mounted, ports=self.ports, staging=self.folders.staging)
        storage.make_folder(self.folders.records)
        remove_unfinished(self.folders, ports=self.ports)
        staged = {clip.path: clip.identity for clip in self.records.staged()}
        first_s = self.ports.clock.monotonic_s()
        first = _list(self)
        recognizer = Recognizer(
            root=self.mounted.folder, ports=self.ports, folders=self.folders, records=self.records, staged=staged
        )
        new = self._unknown(first, recognizer)
        listed = first
        if new:
            wait_s = _BETWEEN_LISTINGS_S - (self.ports.clock.monotonic_s() - first_s)
            self.ports.clock.sleep(max(0.0, wait_s), cancel=self.ports.cancel)
            listed = _list(self)
        self._note_problems(listed)
        chosen = self._finished(new, listed, recognizer)
        gone = GoneClips(
            listed=listed,
            number=self.number,
            ports=self.ports,
            records=self.records,
            state_of=recognizer.state_of,
            is_sure=bool(self.number) and not self.mounted.doubt,
        )
        self.overwritten_count = gone.note_overwritten()
        self.problems += gone.keep_looks()
        copier = StagingCopier(
            mounted=self.mounted,
            ports=self.ports,
            folders=self.folders,
            records=self.records,
            staged=staged,
            on_card=listed.files,
            stop=self.stop,
            state_of=recognizer.state_of,
        )
        self._copy_all(chosen, copier, recognizer)

    def report(self, seconds: float) -> CopyReport:
        """What became of it."""
        not_believed = self.records.not_believed()
        if not_believed:
            self.ports.reporter.emit(Warned(not_believed))
        return CopyReport(
            copied_count=len(self.copied),
            copied_bytes=sum(clip.size_bytes for clip in self.copied),
            waiting_count=len(self.waiting),
            waiting_bytes=sum(clip.size_bytes for clip in self.waiting.values()),
            recording_count=self.recording_count,
            overwritten_count=self.overwritten_count,
            problems=shortened(self.problems),
            seconds=seconds,
            is_whole=not (self.problems or self.waiting or self.stopped or self.is_broken_off),
            stopped=self.stopped,
        )

    # --- looking -----------------------------------------------------------------------------------------------------

    def _unknown(self, listed: ListedCard, recognizer: Recognizer) -> tuple[CardClip, ...]:
        """The clips that are not known to be staged or proven."""
        new = []
        for path, identity in listed.files.items():
            self.ports.cancel.check()
            clip = CardClip(path=path, identity=identity)
            try:
                if not recognizer.is_copied(clip):
                    new.append(clip)
            except StorageError as error:
                self._unreadable(clip, error)
        check_alive(self.mounted, ports=self.ports)
        return tuple(new)

    def _unreadable(self, clip: CardClip, error: StorageError) -> None:
        """A clip that cannot be read is named, and stops no other; what is not of the card stops all."""
        if not error.path.is_relative_to(self.mounted.folder):
            raise error
        check_alive(self.mounted, ports=self.ports)
        self.waiting[clip.path] = clip
        self.problems.append(f"{clip.path} cannot be read: {error.problem}")

    def _note_problems(self, listed: ListedCard) -> None:
        self.problems += listed.problems
        newest_ns = max((identity.mtime_ns for identity in listed.files.values()), default=0)
        problem = clock_problem(newest_ns, self.ports.clock.now())
        if problem:
            self.ports.reporter.emit(Warned(problem))

    def _finished(
        self, new: Sequence[CardClip], listed: ListedCard, recognizer: Recognizer
    ) -> list[tuple[CardClip, str]]:
        """Those that the camera has finished, with what is wrong with them; each is written down as seen."""
        newest = newest_of_folders(listed.files)
        checked = looked_into(clip.path for clip in new)
        finished = []
        for clip in new:
            self.ports.cancel.check()
            known = self._known(clip, recognizer)
            is_looked_into = clip.path in checked and clip.path in listed.files
            try:
                defect = self.ports.footage.defect(self.mounted.folder / clip.path) if is_looked_into else ""
            except StorageError as error:
                self._unreadable(clip, error)
                continue
            verdict = judge_finish(
                clip.identity,
                listed.files.get(clip.path),
                is_newest=clip.path in newest,
                was_seen_before=known is not None,
                defect=defect,
            )
            self._note_seen(clip, known, verdict)
            if verdict.is_finished:
                finished.append((clip, verdict.reason))
            else:
                self.recording_count += 1
                self.ports.reporter.emit(ClipLeft(clip.path, verdict.reason))
        check_alive(self.mounted, ports=self.ports)
        return finished

    def _known(self, clip: CardClip, recognizer: Recognizer) -> KnownClip | None:
        """What is known of it. What is staged or proven under its name, size and time has another content."""
        known = self.records.book(months_around(clip.mtime_ns)).find(clip.path, clip.identity)
        return known if known is not None and recognizer.state_of(known) in TO_BE_COPIED else None

    def _note_seen(self, clip: CardClip, known: KnownClip | None, verdict: Finish) -> None:
        """Write down that it was seen, by this machine's clock; its identity has the time of the camera's clock."""
        if known is not None and known.last.kind is not ProofKind.OVERWRITTEN:
            return
        remark = "" if verdict.is_finished else f"{STILL_RECORDING}: {verdict.reason}"
        note, when = str(ClipNote(remark=remark)), self.ports.clock.now().astimezone(UTC).isoformat(timespec="seconds")
        self.records.add(LedgerEntry(clip.path, clip.identity, "", ProofKind.SEEN, when, self.number, note))

    # --- copying -----------------------------------------------------------------------------------------------------

    def _copy_all(self, chosen: Sequence[tuple[CardClip, str]], copier: StagingCopier, recognizer: Recognizer) -> None:
        storage, staging = self.ports.storage, self.folders.staging
        defects: Mapping[PurePosixPath, str] = {clip.path: defect for clip, defect in chosen}
        ordered = in_order((clip for clip, _ in chosen), order=self.config.transfer.order)
        self.waiting |= {clip.path: clip for clip in ordered}
        new_bytes = sum(clip.size_bytes for clip in ordered)
        all_bytes = sum(identity.size_bytes for identity in copier.on_card.values())
        self.ports.reporter.emit(CardListed(len(copier.on_card), all_bytes, len(ordered), new_bytes))
        self.on_plan(ordered)
        free_bytes, total_bytes = storage.free_bytes(staging), storage.total_bytes(staging)
        plan = plan_space(ordered, free_bytes=free_bytes, total_bytes=total_bytes)
        left_out, failed_count = list(plan.left_out), 0
        for at, clip in enumerate(plan.fitting):
            self.ports.cancel.check()
            self.stopped = self.stop()
            if self.stopped:
                break
            try:
                known = self._known(clip, recognizer)
                state = CardClipState.ON_CARD if known is None else recognizer.state_of(known)
                copier.copy(clip, state=state, defect=defects[clip.path])
            except CopyStopped as asked:
                self.stopped = str(asked)
                break
            except ChangedError as error:
                _changed(self, clip, error)
            except NoSpaceError:
                left_out += plan.fitting[at:]
                break
            except StorageError as error:
                failed_count = self._failed(clip, error, failed_count)
            else:
                self.copied.append(clip)
                del self.waiting[clip.path]
                failed_count = 0
        _note_left_out(self, left_out)

    def _failed(self, clip: CardClip, error: StorageError, failed_count: int) -> int:
        """Go on with the next one, unless the staging or the records fail; how many failed there in turn."""
        is_of_the_card = error.path.is_relative_to(self.mounted.folder)
        is_a_record = error.path.parent == self.folders.records and error.path.name != INCOMING_NAME
        if not is_of_the_card and (is_a_record or failed_count >= _FAILED_MOST):
            raise error
        check_alive(self.mounted, ports=self.ports)
        self.problems.append(f"{clip.path} cannot be copied: {error if not is_of_the_card else error.problem}")
        return 0 if is_of_the_card else failed_count + 1


def _list(visit: _Visit) -> ListedCard:
    return list_card(visit.mounted, ports=visit.ports, subdirs=visit.config.camera.copy_subdirs)


def _changed(visit: _Visit, clip: CardClip, error: ChangedError) -> None:
    check_alive(visit.mounted, ports=visit.ports)
    del visit.waiting[clip.path]
    visit.recording_count += 1
    visit.ports.reporter.emit(ClipLeft(clip.path, error.problem))


def _note_left_out(visit: _Visit, clips: Sequence[CardClip]) -> None:
    if clips:
        visit.problems.append(no_room(clips, staging=visit.folders.staging))
        visit.stopped = visit.stopped or "the staging is full"
