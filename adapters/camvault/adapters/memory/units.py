"""Adapter for tests and library users: unit files and links in memory."""

from collections.abc import Callable
from pathlib import PurePath

import attrs

from camvault.ports.errors import ExistsError
from camvault.ports.units import Place, Seat, UnitFile, UnitRole, Units


@attrs.define
class MemoryUnits:
    """Texts that begin with `header` were generated. `seats` is what the manager's folder holds, by name."""

    texts: dict[str, str] = attrs.field(factory=dict)
    seats: dict[str, Seat] = attrs.field(factory=dict)
    secrets: dict[str, str] = attrs.field(factory=dict, repr=False)
    digests: dict[str, str] = attrs.field(factory=dict)
    header: str = "# Generated"
    fault: Exception | None = None
    """Raised by the next calls that change the manager's folder, until it is taken away."""

    def local(self) -> tuple[UnitFile, ...]:
        """See `UnitSources`."""
        names = sorted(self.texts, key=lambda name: (name.endswith(".timer"), name))
        return tuple(self._unit(name) for name in names)

    def write(self, name: str, text: str, /) -> PurePath:
        """See `UnitSources`."""
        self.texts[name] = text
        return _path(name)

    def remove(self, name: str, /) -> PurePath:
        """See `UnitSources`."""
        if not self.texts.get(name, self.header).startswith(self.header):
            raise ExistsError(_path(name), "it was not generated, and is kept")
        self.texts.pop(name, None)
        return _path(name)

    def place(self, name: str, /) -> Place:
        """See `UnitLinks`."""
        target = PurePath("/etc/systemd/system") / name
        return Place(target, PurePath("/srv") / _path(name), self.seats.get(name, Seat.FREE))

    def link(self, name: str, /) -> None:
        """See `UnitLinks`."""
        self._fail()
        if (place := self.place(name)).seat in {Seat.FOREIGN_FILE, Seat.MASKED}:
            raise ExistsError(place.target, f"there is {place.seat.value}; it is kept")
        self.seats[name] = Seat.LINKED

    def orphans(self) -> tuple[str, ...]:
        """See `UnitLinks`."""
        return tuple(sorted(n for n, seat in self.seats.items() if seat is Seat.LINKED and n not in self.texts))

    def unlink(self, name: str, /) -> None:
        """See `UnitLinks`."""
        self._fail()
        if self.seats.get(name) not in {Seat.LINKED, Seat.OTHER_LINK, Seat.MASKED}:
            raise ExistsError(self.place(name).target, "it is no link, and is kept")
        del self.seats[name]

    def has_secret(self, name: str, text: str, /) -> bool:
        """See `UnitRecords`."""
        return self.secrets.get(name) == text

    def keep_secret(self, name: str, text: str, /) -> None:
        """See `UnitRecords`."""
        self._fail()
        self.secrets[name] = text

    def forget_secret(self, name: str, /) -> bool:
        """See `UnitRecords`."""
        return self.secrets.pop(name, None) is not None

    def applied(self, name: str, /) -> str:
        """See `UnitRecords`."""
        return self.digests.get(name, "")

    def mark_applied(self, name: str, digest: str, /) -> None:
        """See `UnitRecords`."""
        self.digests.pop(name, None)
        if digest:
            self.digests[name] = digest

    def _unit(self, name: str) -> UnitFile:
        text = self.texts[name]
        role = UnitRole.JOB if "Type=oneshot" in text else UnitRole.DAEMON
        if name.endswith(".timer"):
            role = UnitRole.TIMER
        return UnitFile(name, _path(name), text, role, text.startswith(self.header), "[Install]" in text)

    def _fail(self) -> None:
        if self.fault:
            raise self.fault


def _path(name: str) -> PurePath:
    return PurePath("timers" if name.endswith(".timer") else "services") / name


_: Callable[[], Units] = MemoryUnits
