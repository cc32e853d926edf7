"""Workflow, private part: one look at the power, the server and the camera, and what is decided by it.

While a copy or an upload runs, it is looked again (`Watch`): a decision that is not to go on ends it.
"""

from collections.abc import Callable
from contextlib import suppress

import attrs

from camvault.core.dashcam.progress import OffloadProgress, recheck_s
from camvault.core.dashcam.rounds import goes_on
from camvault.core.dashcam.tries import Tries
from camvault.core.power.readings import ExternalPower, PowerReading, judged
from camvault.core.power.states import Observation, PowerDecision, PowerMemory, decide
from camvault.core.power.table import OFFLOADING, BoxState, Command, Occasion
from camvault.core.workflows.dashcam.camera import SwitchedCamera
from camvault.core.workflows.dashcam.planning import Plans
from camvault.core.workflows.dashcam.service_ports import ServiceOptions, ServicePorts
from camvault.core.workflows.dashcam.telling import Telling
from camvault.ports.errors import CamvaultError, Cancelled, MissingToolError

_SETTLE_S = 300
"""A bus that is disturbed now and then is one incident."""

_TOLD_ELSEWHERE = {Occasion.UNKNOWN, Occasion.UNKNOWN_FOR_LONG, Occasion.WEAK, Occasion.MISSED}
"""The one is told as a problem; the other by what is said of the server, and the state is the same."""


@attrs.define(str=False)
class OtherDecisionError(CamvaultError):
    """It was looked again, and something else is to be done than what was going on."""

    decision: PowerDecision

    def __str__(self) -> str:
        return self.decision.reason


@attrs.define
class Looks:
    """Looks and decides; `memory` is that of the power states.

    Attributes:
        progress: What is remembered of copies and uploads.
        is_room_staged: Whether staging takes another clip, as far as the last copy told.
        staged_count: How many clips were staged when it was last counted.
    """

    options: ServiceOptions
    ports: ServicePorts
    telling: Telling
    memory: PowerMemory
    plans: Plans
    progress: OffloadProgress = attrs.field(factory=OffloadProgress)
    is_room_staged: bool = True
    staged_count: int = 0
    on_decision: Callable[[PowerDecision], None] = lambda _: None
    _is_reached: bool | None = None
    _told: tuple[BoxState, Occasion] | None = None

    def look(self, camera: SwitchedCamera) -> PowerDecision:
        """Look at everything, and decide."""
        camera.look(self.ports.cancel)
        self.staged_count = self._counted()
        now_s = self.ports.clock.monotonic_s()
        return self._decided(
            is_camera_due=self.progress.is_camera_due(now_s, recheck_s=self.recheck_s),
            is_camera_there=camera.is_there,
            staged_count=self.staged_count,
            is_sending_stuck=self.progress.is_sending_stuck(now_s, recheck_s=self.recheck_s),
            is_room_staged=self.is_room_staged,
        )

    def look_again(self) -> PowerDecision:
        """Look at the power and the server while something runs: a copy and an upload are not done before they end."""
        if self.memory.state is BoxState.SENDING:
            return self._decided(is_camera_due=False, staged_count=max(1, self.staged_count))
        return self._decided(is_camera_due=self.memory.state is BoxState.COPYING, staged_count=0)

    def copied(self, *, is_whole: bool, is_interrupted: bool, is_any_staged: bool = False) -> None:
        """A copy has ended, or the camera could not be used."""
        now_s = self.ports.clock.monotonic_s()
        self.progress = self.progress.copied(
            now_s, is_whole=is_whole, is_interrupted=is_interrupted, is_any_staged=is_any_staged
        )

    def sent(self, *, removed_count: int, is_interrupted: bool) -> None:
        """An upload has ended. If it made no room, the camera is asked later: smaller clips fit, or all do by then."""
        now_s = self.ports.clock.monotonic_s()
        self.progress = self.progress.sent(now_s, removed_count=removed_count, is_interrupted=is_interrupted)
        if not (self.is_room_staged or removed_count or is_interrupted):
            self.progress = self.progress.copied(now_s, is_whole=False, is_interrupted=False)
        self.is_room_staged = self.is_room_staged or bool(removed_count) or not is_interrupted

    def is_early(self, tries: Tries) -> bool:
        """Whether it is too early to try again what failed."""
        first_s = self.options.config.poll.interval_seconds
        return tries.is_early(self.ports.clock.monotonic_s(), first_s=first_s, most_s=self.recheck_s)

    @property
    def recheck_s(self) -> float:
        """How long the camera is left alone."""
        return recheck_s(self.options.config.poll)

    def _decided(self, *, is_camera_due: bool, staged_count: int, **further: bool | None) -> PowerDecision:
        reading = self._reading()
        self.plans.looked(reading, self.memory)
        read_s = self.ports.clock.monotonic_s()
        seen = Observation(
            reading=reading,
            read_s=read_s,
            is_server_reached=self._is_server_reached(),
            now_s=self.ports.clock.monotonic_s(),
            at=self.ports.clock.now(),
            is_camera_due=is_camera_due,
            staged_count=staged_count,
            **further,  # type: ignore[arg-type]
        )
        decision = decide(self.memory, seen, self.options.config.thresholds.thresholds)
        if self.memory.state is BoxState.ENDED is not decision.memory.state:
            at = f" at {self.memory.since_at:%Y-%m-%d %H:%M:%S%z}" if self.memory.since_at else ""
            self.telling.problem("shutdown", f"The machine was told to shut down{at}, and still runs")
        if decision.occasion is Occasion.WEAK:
            self.telling.problem("charger", f"{decision.occasion.value}, which stays off", told_as=decision.reason)
        elif not decision.memory.charger.losses:
            self.telling.fine("charger")
        self.memory = decision.memory
        self._tell(decision)
        self.on_decision(decision)
        return decision

    def _reading(self) -> PowerReading:
        """The power. What cannot be read is not known."""
        try:
            reading = judged(self.ports.battery.registers(cancel=self.ports.cancel))
        except MissingToolError as error:
            reading = PowerReading(battery_mv=None, external=ExternalPower.UNKNOWN, problems=(str(error),))
        is_unknown = reading.external is not ExternalPower.PRESENT and reading.battery_mv is None
        if is_unknown:
            said = f"The power is not known, so that nothing is switched: {'; '.join(reading.problems)}"
            self.telling.problem("power", "the power is not known", told_as=said)
        else:
            self.telling.fine("power", settle_s=_SETTLE_S)
        if reading.problems and not is_unknown:
            said = f"Not all of the power is known: {'; '.join(reading.problems)}"
            self.telling.problem("registers", "not all of the power is known", told_as=said, is_error=False)
        elif not reading.problems:
            self.telling.fine("registers", settle_s=_SETTLE_S)
        return reading

    def _is_server_reached(self) -> bool:
        try:
            found = self.ports.reach.look(cancel=self.ports.cancel)
        except Cancelled:
            raise
        except CamvaultError as error:
            self.telling.problem("server", str(error), is_error=False)
            return False
        self.telling.fine("server")
        if found.is_reached is not self._is_reached:
            self._is_reached = found.is_reached
            rest = "" if found.is_reached or self.memory.state not in OFFLOADING else "; one such look ends nothing"
            self.telling.note(f"server {'reached' if found.is_reached else 'not reached'}: {found.words}{rest}")
        return found.is_reached

    def _counted(self) -> int:
        try:
            count = self.ports.offload.staged().count
        except CamvaultError as error:
            self.telling.problem("staging", f"Staged clips cannot be counted: {error}")
            return 0
        self.telling.fine("staging")
        return count

    def _tell(self, decision: PowerDecision) -> None:
        seen = (decision.memory.state, decision.occasion)
        if seen != self._told and decision.occasion not in _TOLD_ELSEWHERE:
            self._told = seen
            self.telling.note(f"{decision.memory.state.value}: {decision.reason}")


@attrs.define
class Watch:
    """Looks now and then while something runs, and says when something else is to be done.

    Attributes:
        running: COPY or UPLOAD.
        due_s: When it is looked next, monotonic.
        other: The decision that ends what runs; None while it goes on.
    """

    looks: Looks
    running: Command
    due_s: float
    other: PowerDecision | None = None

    def look_if_due(self) -> None:
        """Look, if it is time for that."""
        now_s = self.looks.ports.clock.monotonic_s()
        if self.other is None and now_s >= self.due_s:
            self.due_s = now_s + self.looks.options.config.poll.interval_seconds
            decision = self.looks.look_again()
            if not goes_on(self.running, decision):
                self.other = decision

    def stop(self) -> str:
        """See `service_ports.Stop`."""
        if not self.looks.ports.cancel.is_requested:  # whoever asks has the same cancellation, and checks it
            with suppress(Cancelled):
                self.look_if_due()
        return "" if self.other is None else self.other.reason

    def check(self) -> None:
        """Go on with the decision that ended it, if one did.

        Raises:
            OtherDecisionError: One did.
        """
        if self.other is not None:
            raise OtherDecisionError(self.other)
