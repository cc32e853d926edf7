"""Workflow: the service of a dashcam box: look, decide, act, remember; again and again until it is told to end.

A round is a look and what follows from it. After a copy or an upload it is looked again at once, and so is soon after a
load was switched; a round ends when there is nothing more to be done now. Nothing is done twice without a look between
(INV-41). A service that cannot begin still looks whether the battery is empty, each time it is started (INV-34).
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, suppress

import attrs

from camvault.core.dashcam.rounds import commands_now, exit_command
from camvault.core.dashcam.tries import Tries
from camvault.core.power.states import PowerDecision
from camvault.core.power.table import BoxState, Command
from camvault.core.power.unknown_power import is_unknown_for_long
from camvault.core.workflows.dashcam.acting import Acts
from camvault.core.workflows.dashcam.camera import SwitchedCamera
from camvault.core.workflows.dashcam.kept_alive import KeptAlive
from camvault.core.workflows.dashcam.looking import Looks, OtherDecisionError
from camvault.core.workflows.dashcam.planning import Plans
from camvault.core.workflows.dashcam.records_of_service import ROUND_NAME, ServiceRecords
from camvault.core.workflows.dashcam.rehearsing import rehearsed
from camvault.core.workflows.dashcam.service_ports import ServiceOptions, ServicePorts
from camvault.core.workflows.dashcam.telling import ActFailedError, Telling
from camvault.core.workflows.dashcam.unfinished import UnfinishedRoundError
from camvault.ports.errors import BusyError, Cancelled, MissingToolError, StorageError, UsageError

_IDLE_MOST = 12
"""After so many looks without a clip that was moved a round ends, so that no round goes round in circles."""
_EXIT_LIMIT_S, _EXIT_LEAST_S = 14.0, 3.0
"""How long it may take to leave the camera as configured, and how long is tried at least."""
_GONE_S = 17.0
"""So long after a stop was asked for nothing is begun any more: what hangs takes seconds to end, too (INV-42)."""
_WANTED = {
    BoxState.RECORDING: Command.POWER_ON,
    BoxState.RESTING: Command.PORT_OFF,
    BoxState.ENDING: Command.PORT_OFF,
}
"""How the port is in a state, also if nobody has just switched it."""


def run_service(ports: ServicePorts, options: ServiceOptions) -> None:
    """Run until `ports.cancel` is requested; with `is_once`, for one round.

    Raises:
        UsageError: The port may not be switched.
        BusyError: Another instance runs.
        MissingToolError: A program is missing.
        StorageError: The folder of the records cannot be made.
        UnfinishedRoundError: The one round was not finished or proven.
        Cancelled: The one round was told to end.
    """
    if options.is_dry:
        ports = rehearsed(ports)
    heart = KeptAlive(ports.cancel, ports.supervision, ports.clock)
    ports = attrs.evolve(ports, cancel=heart)
    with ExitStack() as stack:
        try:
            service = _begun(options, ports, heart, stack)
            service.run()
        except Cancelled:
            if options.is_once:
                raise


def _begun(options: ServiceOptions, ports: ServicePorts, heart: KeptAlive, stack: ExitStack) -> "_Service":
    """The service, with its lock held, and all that it needs."""
    service: _Service | None = None
    try:
        if not options.is_dry:
            ports.storage.make_folder(options.folders.records)
            stack.enter_context(ports.storage.lock(options.folders.lock))
            port = ports.port_lock()
            if port is not None:
                stack.enter_context(ports.storage.lock(port))
        service = _Service(options, ports, heart)
        service.check()
    except BusyError:
        raise  # the other one looks after the battery
    except (UsageError, StorageError, MissingToolError):
        if not options.is_dry:
            _guard(service or _Service(options, ports, heart))
        raise
    return service


def _guard(service: "_Service") -> None:
    """Shut the machine down if the battery is empty, in two looks as ever (INV-34); nothing else is done."""
    decision = service.looks.look_again()
    if decision.look_again_s is not None and decision.memory.state is BoxState.ENDING:
        service.sleep(decision.look_again_s)
        commands = [each for each in service.looks.look_again().commands if each is Command.SHUTDOWN]
        service.acts.carry_out(commands, decision, due_s=service.ports.clock.monotonic_s())


@attrs.define
class _Service:
    """All parts of it."""

    options: ServiceOptions
    ports: ServicePorts
    heart: KeptAlive
    telling: Telling = attrs.field(init=False)
    records: ServiceRecords = attrs.field(init=False)
    looks: Looks = attrs.field(init=False)
    camera: SwitchedCamera = attrs.field(init=False)
    acts: Acts = attrs.field(init=False)
    reason: str = ""
    told_problems: Sequence[str] = ()
    port_tries: Tries = attrs.field(factory=Tries)

    def __attrs_post_init__(self) -> None:
        options, ports = self.options, self.ports
        self.telling = Telling(ports.reporter, ports.clock, is_dry=options.is_dry)
        self.records = ServiceRecords(options, ports, self.telling)
        self.looks = Looks(
            options,
            ports,
            self.telling,
            self.records.power(),
            Plans(options, ports, self.telling, self.records),
            on_decision=self.remember,
        )
        self.camera = SwitchedCamera(ports, options.config, self.telling, self.still_the_same)
        self.acts = Acts(ports, self.telling, self.camera, self.looks, self.records)

    def run(self) -> None:
        self.ports.supervision.ready()
        try:
            with suppress(ActFailedError):  # told again before the port is switched
                self.camera.release()
            self.round()
            while not self.options.is_once:
                self.sleep(self.options.config.poll.interval_seconds)
                self.telling.unproven.clear()
                self.round()
        finally:
            self.ports.supervision.stopping()
            self.leave()
        if self.telling.unproven:
            raise UnfinishedRoundError(tuple(self.telling.unproven.values()))

    def check(self) -> None:
        self.ports.check_tools()
        refusal = self.ports.usb.refusal(cancel=self.ports.cancel)
        if refusal:
            raise UsageError(f"camera.hub_location, camera.port_number: {self.ports.usb.where}: {refusal}")
        self.ports.battery.registers(cancel=self.ports.cancel)
        proof = self.ports.port_proof()
        if proof:
            self.telling.note(proof)

    # --- a round -----------------------------------------------------------------------------------------------------

    def round(self) -> None:
        before = Counter(self.acts.counts)
        decision: PowerDecision | None = self.looks.look(self.camera)
        idle_count = 0
        while decision is not None and idle_count < _IDLE_MOST:
            decision, has_progress = self.step(decision)
            idle_count = 0 if has_progress else idle_count + 1
        self.write_round(self.acts.counts - before)

    def write_round(self, counts: Counter[str]) -> None:
        """Keep what a round came to, if it moved a clip or something is wrong."""
        problems = list(self.telling.unproven.values())
        if counts or problems != self.told_problems:
            self.told_problems = problems
            self.records.write(
                ROUND_NAME,
                {
                    "at": self.ports.clock.now().isoformat(),
                    "state": self.looks.memory.state.value,
                    "reason": self.reason,
                    **{name: counts[name] for name in ("copied", "proven", "removed")},
                    "problems": problems,
                },
            )

    def remember(self, decision: PowerDecision) -> None:
        self.heart.status, self.reason = decision.memory.state.value, decision.reason
        self.records.write_power(decision.memory)

    def step(self, decision: PowerDecision) -> tuple[PowerDecision | None, bool]:
        """Carry out a decision; the next one, or None if that was all for now; and whether a clip was moved."""
        interval_s = self.options.config.poll.interval_seconds
        soon_s = min(interval_s, decision.look_again_s or interval_s)
        commands = self.commands(decision)
        done = self.acts.carry_out(commands, decision, due_s=self.ports.clock.monotonic_s() + soon_s)
        self.remember_port(commands)
        if done.other is not None:
            return done.other, done.has_progress
        if not done.has_offloaded:
            if decision.look_again_s is None:
                return None, False
            self.sleep(soon_s)
        return self.looks.look(self.camera), done.has_progress

    def commands(self, decision: PowerDecision) -> tuple[Command, ...]:
        """What is commanded now: what was decided, or else what is seen to be no more as it was commanded."""
        commands = commands_now(decision, self.options.config.camera)
        wanted = _WANTED.get(decision.memory.state)
        is_early = self.looks.is_early(self.port_tries)  # the last command of the port failed
        unknown_s, now_s = decision.memory.unknown_since_s, self.ports.clock.monotonic_s()
        may_record = wanted is Command.POWER_ON and is_unknown_for_long(unknown_s, now_s=now_s)
        is_left = unknown_s is not None and not may_record
        if commands or wanted is None or is_left or is_early:
            return commands
        if self.camera.is_as(wanted) is not False:
            return ()
        if not self.port_tries.count and self.camera.is_known:
            where = self.ports.usb.where
            self.telling.note(f"USB port {where} is not as it was commanded: {wanted.value} is commanded again")
        return (wanted,)

    def remember_port(self, commands: tuple[Command, ...]) -> None:
        wanted = _WANTED.get(self.looks.memory.state)
        if wanted in commands:
            is_so = self.camera.is_as(wanted)
            self.port_tries = Tries() if is_so else self.port_tries.failed(self.ports.clock.monotonic_s())

    def still_the_same(self) -> None:
        """Look after a wait, before something is switched on.

        Raises:
            OtherDecisionError: It must not be any more.
        """
        before = self.looks.memory
        decision = self.looks.look_again()
        is_lost = decision.memory.unknown_since_s is not None and before.unknown_since_s is None
        if is_lost or decision.memory.state is not before.state:
            raise OtherDecisionError(decision)

    def sleep(self, seconds: float) -> None:
        if self.options.is_dry and self.options.is_once:
            return
        self.ports.clock.sleep(seconds, cancel=self.ports.cancel)

    # --- the end -----------------------------------------------------------------------------------------------------

    def leave(self) -> None:
        """Unmount, and leave the camera as configured, whatever ended the service (INV-42)."""
        state = self.looks.memory.state
        is_settled = self.options.is_once and state in _WANTED and not self.ports.cancel.is_requested
        command = None if is_settled else exit_command(state, self.options.config.camera)
        cancel = self.ports.final_cancel(min(_EXIT_LIMIT_S, max(_EXIT_LEAST_S, self.heart.left_s(_GONE_S))))
        try:
            self.camera.release()  # first: what is looked at may hang
            if command is not None:
                self.camera.look(cancel)
            if command is Command.POWER_ON:
                self.camera.leave_recording(cancel)
            elif command is Command.PORT_OFF:
                self.camera.power_off(cancel)
        except (ActFailedError, Cancelled) as error:
            self.telling.problem("exit", f"The camera is not left as configured: {error}")
