"""Adapter for systemd: control of units with `systemctl`.

`systemctl is-active a b c` exits with 0 if one of the units is active, so that states are read with `systemctl show`,
which answers for each unit, also for unknown ones (LoadState=not-found), separated by empty lines.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import PurePath

import attrs

from camvault.adapters._shared.process import Finished, run
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import NotFoundError, ToolError
from camvault.ports.services import Services, ServiceState

_CHANGES = ("InactiveExitTimestampMonotonic", "InactiveEnterTimestampMonotonic")
_PROPERTIES = (
    "LoadState",
    "ActiveState",
    "SubState",
    "UnitFileState",
    "ActiveEnterTimestampMonotonic",
    *_CHANGES,
)
_ANSWER_LIMIT_S = 120.0
"""Longer than any TimeoutStopSec, for which `systemctl stop` waits: a manager that takes longer is broken."""


def show_argv(names: tuple[str, ...]) -> tuple[str, ...]:
    """The command that prints the states of units; without names, systemctl would print its own."""
    return ("systemctl", "show", f"--property={','.join(_PROPERTIES)}", "--", *names)


def control_argv(action: str, names: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The command that carries out `action` on units."""
    return ("systemctl", "--no-ask-password", action, *(("--", *names) if names else ()))


def parse_show(text: str) -> Mapping[str, str]:
    """`KEY=value` lines of `systemctl show`.

    Raises:
        ValueError: A property that was asked for is missing.
    """
    pairs = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    if missing := [each for each in _PROPERTIES if each not in pairs]:
        raise ValueError(f"systemctl did not answer for {', '.join(missing)}")
    return pairs


def state_of(name: str, properties: Mapping[str, str], *, now_s: float) -> ServiceState:
    """The state that the properties of one unit mean.

    Args:
        name: The unit, as it was asked for.
        properties: What `parse_show` found.
        now_s: CLOCK_MONOTONIC of the manager's machine, the clock of the times in `properties`.

    Raises:
        ValueError: A time is not a number.
    """
    changed_s = max(int(properties[each]) for each in _CHANGES) / 1e6  # 0 of what never happened
    return ServiceState(
        name,
        is_known=properties["LoadState"] != "not-found",
        is_active=properties["ActiveState"] in {"active", "activating", "reloading"},
        is_enabled=properties["UnitFileState"] in {"enabled", "enabled-runtime"},
        detail=f"{properties['LoadState']}, {properties['ActiveState']} ({properties['SubState']}), "
        f"{properties['UnitFileState'] or 'no unit file'}",
        is_failed=properties["ActiveState"] == "failed",
        active_s=_active_s(properties["ActiveState"], properties["ActiveEnterTimestampMonotonic"], now_s),
        since_s=max(0.0, now_s - changed_s) if changed_s else None,
    )


def _active_s(state: str, entered_us: str, now_s: float) -> float | None:
    """For how long the unit has been active; systemd gives a unit that is starting the time of its last run."""
    if state == "activating":
        return 0.0
    return max(0.0, now_s - int(entered_us) / 1e6) if state in {"active", "reloading"} else None


@attrs.frozen
class Systemctl:
    """The system's own service manager. `monotonic_s` is the clock of its machine."""

    cancel: Cancellation
    run: Callable[..., Finished] = run
    monotonic_s: Callable[[], float] = time.monotonic

    def start(self, names: tuple[str, ...], /) -> None:
        """See `Services`."""
        self._control("start", names)

    def stop(self, names: tuple[str, ...], /) -> None:
        """See `Services`."""
        self._control("stop", names)

    def restart(self, name: str, /) -> None:
        """See `Services`."""
        self._control("restart", (name,))

    def enable(self, names: tuple[str, ...], /) -> None:
        """See `Services`."""
        self._control("enable", names)

    def disable(self, names: tuple[str, ...], /) -> None:
        """See `Services`."""
        self._control("disable", names)

    def states(self, names: tuple[str, ...], /) -> tuple[ServiceState, ...]:
        """See `Services`."""
        if not names:
            return ()
        finished = self._judged(show_argv(names))
        answers = finished.text.strip("\n").split("\n\n")
        try:
            found = zip(names, map(parse_show, answers), strict=True)
            now_s = self.monotonic_s()
            return tuple(state_of(name, properties, now_s=now_s) for name, properties in found)
        except ValueError as error:
            raise ToolError("systemctl", finished.exit_code, (str(error),)) from error

    def reload(self) -> None:
        """See `Services`."""
        self._judged(control_argv("daemon-reload"))

    def _control(self, action: str, names: tuple[str, ...]) -> None:
        if not names:
            return  # without names, systemctl would take the action for all units or refuse, depending on the action
        for state in self.states(names):
            if not (state.is_known or state.is_active):
                raise NotFoundError(PurePath(state.name), "no such unit; run 'service_helper generate link' first")
        self._judged(control_argv(action, names))

    def _judged(self, argv: tuple[str, ...]) -> Finished:
        finished = self.run(argv, cancel=self.cancel, timeout_s=_ANSWER_LIMIT_S)
        if finished.exit_code:
            raise ToolError("systemctl", finished.exit_code, finished.last_lines)
        return finished


_: Callable[[Cancellation], Services] = Systemctl
