"""Pure: which commands a round gives, where a copy or an upload may still run from the round before."""

from collections.abc import Iterator

from camvault.core.dashcam.configuration import CardConfig
from camvault.core.power.states import PowerDecision
from camvault.core.power.table import BoxState, Command, Occasion


def goes_on(running: Command | None, decision: PowerDecision) -> bool:
    """Whether what runs goes on after a look: the same was decided again, or the server was missed once (INV-35)."""
    return running is not None and (running in decision.commands or decision.occasion is Occasion.MISSED)


def commands_now(decision: PowerDecision, camera: CardConfig, *, running: Command | None = None) -> tuple[Command, ...]:
    """What is done after a look, in this order.

    Nothing while what runs goes on. A copy that is ended is followed by the unmount of its own round.

    Args:
        decision: About the look.
        camera: What `after_copy` means.
        running: COPY or UPLOAD while that runs.
    """
    if goes_on(running, decision):
        return ()
    begun = (Command.UNMOUNT,) if running is Command.COPY else ()
    return (*begun, *_each_once(_meant(command, camera) for command in decision.commands))


def exit_command(state: BoxState, camera: CardConfig) -> Command | None:
    """How the camera is left when the service ends; None: as it is.

    As `on_exit` says, unless nothing was switched yet, or the camera is off because of the battery.
    """
    if state in {BoxState.STARTED, BoxState.RESTING, BoxState.ENDING, BoxState.ENDED}:
        return None
    return _as_configured(camera.on_exit)


def _meant(command: Command, camera: CardConfig) -> Command:
    return _as_configured(camera.after_copy) if command is Command.AFTER_COPY else command


def _as_configured(word: str) -> Command:
    return Command.POWER_ON if word == "recording" else Command.PORT_OFF


def _each_once(commands: Iterator[Command]) -> Iterator[Command]:
    """Without a command that only repeats the one before."""
    before = None
    for command in commands:
        if command is not before:
            yield command
        before = command
