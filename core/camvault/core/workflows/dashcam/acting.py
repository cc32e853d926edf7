"""Workflow, private part: the commands of a decision are carried out, one after the other.

What follows a command that failed is not done, but for two: what is mounted is unmounted, and what is staged is sent,
which needs neither the port nor the card.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import attrs

from camvault.core.dashcam.tries import Tries
from camvault.core.power.states import PowerDecision
from camvault.core.power.table import BoxState, Command
from camvault.core.workflows.dashcam.camera import SwitchedCamera
from camvault.core.workflows.dashcam.looking import Looks, OtherDecisionError, Watch
from camvault.core.workflows.dashcam.records_of_service import ServiceRecords
from camvault.core.workflows.dashcam.service_ports import CopyResult, Sent, ServicePorts
from camvault.core.workflows.dashcam.telling import ActFailedError, Telling
from camvault.core.workflows.dashcam.told_once import ToldOnce
from camvault.ports.errors import CamvaultError, Cancelled

_DESPITE_FAILURE = frozenset({Command.UNMOUNT, Command.UPLOAD, Command.VERIFY, Command.REMOVE_STAGED})
_SHUTDOWN_LIMIT_S = 30.0


@attrs.frozen
class Done:
    """What came of the commands.

    Attributes:
        has_offloaded: Whether a copy or an upload was tried: the next look follows at once.
        has_progress: Whether a clip was staged or proven.
        other: The decision of a look meanwhile, which is to be carried out next; None if there was none.
    """

    has_offloaded: bool = False
    has_progress: bool = False
    other: PowerDecision | None = None


@attrs.define
class Acts:
    """Carries out.

    Attributes:
        counts: How many clips were `copied`, `proven` and `removed`, ever.
    """

    ports: ServicePorts
    telling: Telling
    camera: SwitchedCamera
    looks: Looks
    records: ServiceRecords
    counts: Counter[str] = attrs.field(factory=Counter)
    _shutdown_tries: Tries = attrs.field(factory=Tries)

    def carry_out(self, commands: Sequence[Command], decision: PowerDecision, *, due_s: float) -> Done:
        """Give these commands; `due_s`: when the power is to be looked at again if they take long."""
        has_failed, before = False, self.counts.total()
        for command in commands:
            if has_failed and command not in _DESPITE_FAILURE:
                continue
            try:
                self._act(command, decision, due_s)
            except OtherDecisionError as changed:
                if Command.COPY in commands or Command.UPLOAD in commands:
                    self.telling.unfinished("offload", f"The offload was ended early: {changed}")
                self._release()
                return Done(other=changed.decision, has_progress=self.counts.total() > before)
            except ActFailedError as failure:
                has_failed = True
                self.telling.problem(failure.subject, str(failure))
                if command in {Command.DATA_ON, Command.MOUNT, Command.COPY}:
                    self.looks.copied(is_whole=False, is_interrupted=False)
        if has_failed:
            self._release()
        return Done(
            has_offloaded=Command.COPY in commands or Command.UPLOAD in commands,
            has_progress=self.counts.total() > before,
        )

    def _act(self, command: Command, decision: PowerDecision, due_s: float) -> None:
        simple: Mapping[Command, Callable[[], None]] = {
            Command.PORT_OFF: lambda: self.camera.power_off(self.ports.cancel),
            Command.POWER_ON: lambda: self.camera.record(self.ports.cancel),
            Command.DATA_ON: self._data_on,
            Command.MOUNT: lambda: self.camera.mount(self.ports.cancel),
            Command.UNMOUNT: self.camera.release,
            Command.COPY: lambda: self._copy(due_s),
            Command.UPLOAD: lambda: self._send(due_s),
            Command.SHUTDOWN: lambda: self._shut_down(decision),
        }
        # VERIFY and REMOVE_STAGED are parts of an upload, which tells them itself
        simple.get(command, lambda: None)()

    def _release(self) -> None:
        try:
            self.camera.release()
        except ActFailedError as failure:
            self.telling.problem(failure.subject, str(failure))

    def _data_on(self) -> None:
        self.looks.plans.tell_before(self.looks.memory)
        self.camera.data_on(self.ports.cancel)

    # --- clips -------------------------------------------------------------------------------------------------------

    def _copy(self, due_s: float) -> None:
        mounted = self.camera.mounted
        assert mounted is not None  # noqa: S101 - COPY follows a MOUNT that did not fail
        watch = Watch(self.looks, Command.COPY, due_s)
        watch.look_if_due()  # the camera runs by now, and the battery shows it
        watch.check()
        self.telling.action(Command.COPY)
        reporter = ToldOnce(self.telling, Command.COPY.value)
        try:
            report = self.ports.offload.copy(
                mounted,
                stop=watch.stop,
                on_plan=self.looks.plans.listed,
                reporter=reporter,
                cancel=self.ports.cancel,
            )
        except Cancelled:
            raise
        except CamvaultError as error:
            raise ActFailedError(Command.COPY.value, str(error)) from error
        self._copied(report, reporter, is_ended=watch.other is not None)
        watch.check()

    def _copied(self, report: CopyResult, reporter: ToldOnce, *, is_ended: bool) -> None:
        self.looks.plans.copied(report)
        self.counts["copied"] += report.copied_count
        self.looks.staged_count = max(self.looks.staged_count, report.copied_count)
        is_full = bool(report.stopped) and not is_ended  # what is staged is sent first, if anything is
        self.looks.is_room_staged = not (is_full and self.looks.staged_count)
        self.looks.copied(
            is_whole=report.is_whole,
            is_interrupted=is_ended or not self.looks.is_room_staged,
            is_any_staged=report.copied_count > 0,
        )
        self.telling.problems(Command.COPY.value, report.problems)
        self._judge(Command.COPY, report, reporter, "The card was not copied to its end")

    def _send(self, due_s: float) -> None:
        watch = Watch(self.looks, Command.UPLOAD, due_s)
        reporter = ToldOnce(self.telling, Command.UPLOAD.value)
        try:
            report = self.ports.offload.send(stop=watch.stop, reporter=reporter, cancel=self.ports.cancel)
        except Cancelled:
            raise
        except CamvaultError as error:
            self.looks.sent(removed_count=0, is_interrupted=False)
            raise ActFailedError(Command.UPLOAD.value, str(error)) from error
        self.counts.update(proven=report.proven_count, removed=report.removed_count)
        self.looks.plans.sent(report)
        self.looks.sent(removed_count=report.removed_count, is_interrupted=bool(report.stopped))
        self._judge(Command.UPLOAD, report, reporter, "Not all staged clips are proven to be at the server")
        watch.check()

    def _judge(self, command: Command, report: CopyResult | Sent, reporter: ToldOnce, unfinished: str) -> None:
        if report.is_whole:
            reporter.fine()
            self.telling.fine(command.value)
            self.telling.fine("offload")
            return
        why = (
            "; ".join(report.problems)
            or report.stopped
            or f"{report.waiting_count:,} clips of {report.waiting_bytes:,} bytes wait"
        )
        self.telling.unfinished(command.value, f"{unfinished}: {why}")

    # --- the machine -------------------------------------------------------------------------------------------------

    def _shut_down(self, decision: PowerDecision) -> None:
        """Unmount, write down why, and tell the system.

        A card that is in use does not hold it back: the system ends the program that uses it, and unmounts it. The port
        is not switched.
        """
        if self.looks.is_early(self._shutdown_tries):
            self._take_back()
            return
        with suppress(ActFailedError):
            self.camera.release()
        self.telling.action(Command.SHUTDOWN, decision.reason)
        self.records.write_reason(decision.reason)
        try:
            self.ports.host.shut_down(reason=decision.reason, cancel=self.ports.final_cancel(_SHUTDOWN_LIMIT_S))
        except (CamvaultError, Cancelled) as error:
            self._take_back()
            self._shutdown_tries = self._shutdown_tries.failed(self.ports.clock.monotonic_s())
            raise ActFailedError(Command.SHUTDOWN.value, f"The machine cannot be shut down: {error}") from error

    def _take_back(self) -> None:
        """The machine was not told: the next look decides again."""
        self.looks.memory = attrs.evolve(self.looks.memory, state=BoxState.ENDING)
        self.records.write_power(self.looks.memory)
