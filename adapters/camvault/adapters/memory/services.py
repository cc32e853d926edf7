"""Adapter for tests and library users: a service manager in memory."""

from collections.abc import Callable, Iterable
from pathlib import PurePath

import attrs

from camvault.ports.clock import Clock
from camvault.ports.errors import NotFoundError, ToolError
from camvault.ports.services import Services, ServiceState


def _set_of(names: Iterable[str]) -> set[str]:
    return set(names)


@attrs.define
class MemoryServices:
    """Knows the units it is told of. `actions` remembers what was asked, in order."""

    known: set[str] = attrs.field(factory=set, converter=_set_of)
    active: set[str] = attrs.field(factory=set, converter=_set_of)
    enabled: set[str] = attrs.field(factory=set, converter=_set_of)
    actions: list[tuple[str, ...]] = attrs.field(factory=list)
    failed: set[str] = attrs.field(factory=set, converter=_set_of)
    definitions: Callable[[], Iterable[str]] | None = None
    """Asked on `reload`: the names that are known from then on."""
    fault: Exception | None = None
    """Raised by the next calls that change something, until it is taken away."""
    dying: set[str] = attrs.field(factory=set, converter=_set_of)
    """Units that fail as soon as they are started."""
    clock: Clock | None = None
    """Says for how long units run; without one, and for units that others made `active`, nobody knows."""
    changed_s: dict[str, float] = attrs.field(factory=dict)
    """When units were started or ended last."""
    _begun_s: dict[str, float] = attrs.field(factory=dict, init=False)

    def start(self, names: tuple[str, ...], /) -> None:
        """See `Services`."""
        self._act("start", names)
        self._begin(name for name in names if name not in self.active)

    def stop(self, names: tuple[str, ...], /) -> None:
        """See `Services`."""
        self._act("stop", names)
        for name in self.active & set(names):
            self._note_change(name)
        self.active -= set(names)

    def restart(self, name: str, /) -> None:
        """See `Services`."""
        self._act("restart", (name,))
        self._begin((name,))

    def enable(self, names: tuple[str, ...], /) -> None:
        """See `Services`."""
        self._act("enable", names)
        self.enabled |= set(names)

    def disable(self, names: tuple[str, ...], /) -> None:
        """See `Services`."""
        self._act("disable", names)
        self.enabled -= set(names)

    def states(self, names: tuple[str, ...], /) -> tuple[ServiceState, ...]:
        """See `Services`."""
        return tuple(self._state(name) for name in names)

    def reload(self) -> None:
        """See `Services`."""
        self._act("reload", ())
        if self.definitions:
            self.known = set(self.definitions())

    def _act(self, action: str, names: tuple[str, ...]) -> None:
        if self.fault:
            raise self.fault
        for name in names:
            if name not in self.known | self.active:
                raise NotFoundError(PurePath(name), "no such unit")
        self.actions.append((action, *names))

    def _begin(self, names: Iterable[str]) -> None:
        for name in names:
            if name in self.dying:
                self.active.discard(name)
                self.failed.add(name)
                self._note_change(name)
                raise ToolError("systemctl", 1, (f"Job for {name} failed",))
            self.active.add(name)
            self.failed.discard(name)
            self._note_change(name)
            if self.clock:
                self._begun_s[name] = self.clock.monotonic_s()

    def _note_change(self, name: str) -> None:
        if self.clock:
            self.changed_s[name] = self.clock.monotonic_s()

    def _state(self, name: str) -> ServiceState:
        is_active = name in self.active
        begun_s = self._begun_s.get(name) if is_active and self.clock else None
        changed_s = self.changed_s.get(name)
        return ServiceState(
            name,
            is_known=name in self.known,
            is_active=is_active,
            is_enabled=name in self.enabled,
            is_failed=name in self.failed,
            active_s=None if begun_s is None or self.clock is None else self.clock.monotonic_s() - begun_s,
            since_s=self.clock.monotonic_s() - changed_s if self.clock and changed_s is not None else None,
        )


_: Callable[[], Services] = MemoryServices
