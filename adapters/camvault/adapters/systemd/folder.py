"""Adapter for systemd: the folders of unit files, and the links to them."""

import os
from collections.abc import Callable
from pathlib import Path, PurePath

import attrs

from camvault.adapters._shared.durable import fsync, fsync_folder, temporary_name, translated
from camvault.adapters.systemd.units import is_generated, is_installable, role_of
from camvault.ports.errors import ExistsError, StorageError
from camvault.ports.units import Place, Seat, UnitFile, Units

_PRIVATE = 0o600
_PUBLIC = 0o644
_NOWHERE = "/dev/null"


@attrs.frozen(kw_only=True)
class LocalUnits:
    """The unit files of this machine, or of a file tree below `root` that will be the root of another machine.

    Attributes:
        services: The folder of generated services, as the user named it.
        timers: The same for timers.
        root: The folder that is `/` on that machine.
    """

    services: Path
    timers: Path
    root: Path = Path("/")

    @property
    def system(self) -> Path:
        """The folder in which systemd looks for units of the administrator."""
        return self.root / "etc/systemd/system"

    @property
    def secrets(self) -> Path:
        """The folder of credentials."""
        return self.root / "etc/camvault/credentials"

    @property
    def records(self) -> Path:
        """The folder of digests."""
        return self.root / "etc/camvault/applied"

    def local(self) -> tuple[UnitFile, ...]:
        """See `UnitSources`."""
        found = (*_files(self.services, ".service"), *_files(self.timers, ".timer"))
        return tuple(_unit(path, _text(path)) for path in found)

    def write(self, name: str, text: str, /) -> PurePath:
        """See `UnitSources`."""
        path = self._local(name)
        _replace(path, text, mode=_PUBLIC, folder_mode=0o755)
        return path

    def remove(self, name: str, /) -> PurePath:
        """See `UnitSources`."""
        path = self._local(name)
        with translated(path):
            if path.exists() and not is_generated(_text(path)):
                raise ExistsError(path, "it was not generated, and is kept")
            path.unlink(missing_ok=True)
        return path

    def place(self, name: str, /) -> Place:
        """See `UnitLinks`."""
        target, source = self.system / name, self._local(name).absolute()
        with translated(target):
            return Place(target, source, _seat(target, source))

    def link(self, name: str, /) -> None:
        """See `UnitLinks`."""
        place = self.place(name)
        if place.seat in {Seat.FOREIGN_FILE, Seat.MASKED}:
            raise ExistsError(place.target, f"there is {place.seat.value}; it is kept")
        target = Path(place.target)
        temporary = Path(temporary_name(target))
        with translated(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary.unlink(missing_ok=True)
            temporary.symlink_to(place.source)
            temporary.replace(target)
            fsync_folder(target.parent)

    def orphans(self) -> tuple[str, ...]:
        """See `UnitLinks`."""
        with translated(self.system):
            if not self.system.exists():
                return ()
            links = [path for path in sorted(self.system.iterdir()) if path.is_symlink()]
            return tuple(path.name for path in links if self._is_ours(path) and not path.exists())

    def unlink(self, name: str, /) -> None:
        """See `UnitLinks`. What enabling made is removed here: systemctl refuses to disable a unit without a file."""
        with translated(self.system / name):
            if not (self.system / name).is_symlink():
                raise ExistsError(self.system / name, "it is no link, and is kept")
            for wanted in sorted(self.system.glob("*.wants")):
                if (wanted / name).is_symlink():
                    (wanted / name).unlink()
            (self.system / name).unlink()
            fsync_folder(self.system)

    def has_secret(self, name: str, text: str, /) -> bool:
        """See `UnitRecords`."""
        path = self.secrets / name
        with translated(path):
            return path.is_file() and path.read_bytes() == text.encode("utf-8", "surrogateescape")

    def keep_secret(self, name: str, text: str, /) -> None:
        """See `UnitRecords`."""
        _replace(self.secrets / name, text, mode=_PRIVATE, folder_mode=0o700)

    def forget_secret(self, name: str, /) -> bool:
        """See `UnitRecords`."""
        path = self.secrets / name
        with translated(path):
            is_there = path.exists()
            path.unlink(missing_ok=True)
            return is_there

    def applied(self, name: str, /) -> str:
        """See `UnitRecords`."""
        path = self.records / name
        with translated(path):
            return _text(path).strip() if path.exists() else ""

    def mark_applied(self, name: str, digest: str, /) -> None:
        """See `UnitRecords`."""
        if digest:
            _replace(self.records / name, f"{digest}\n", mode=_PUBLIC, folder_mode=0o755)
            return
        with translated(self.records / name):
            (self.records / name).unlink(missing_ok=True)

    def _local(self, name: str) -> Path:
        if "/" in name:
            raise StorageError(PurePath(name), "a unit's name holds no slash")
        return (self.timers if name.endswith(".timer") else self.services) / name

    def _is_ours(self, link: Path) -> bool:
        return link.readlink() == self._local(link.name).absolute()


def _files(folder: Path, suffix: str) -> list[Path]:
    with translated(folder):
        return sorted(path for path in folder.iterdir() if path.name.endswith(suffix)) if folder.exists() else []


def _text(path: Path) -> str:
    with translated(path):
        return path.read_bytes().decode("utf-8", "surrogateescape")


def _unit(path: Path, text: str) -> UnitFile:
    return UnitFile(path.name, path, text, role_of(path.name, text), is_generated(text), is_installable(text))


def _seat(target: Path, source: Path) -> Seat:
    if target.is_symlink():
        leads_to = target.readlink()
        if leads_to == source:
            return Seat.LINKED
        return Seat.MASKED if str(leads_to) == _NOWHERE else Seat.OTHER_LINK
    if not target.exists():
        return Seat.FREE
    return Seat.GENERATED_FILE if target.is_file() and is_generated(_text(target)) else Seat.FOREIGN_FILE


def _replace(path: Path, text: str, *, mode: int, folder_mode: int) -> None:
    temporary = Path(temporary_name(path))
    with translated(path):
        path.parent.mkdir(mode=folder_mode, parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(descriptor, "wb") as out:
            out.write(text.encode("utf-8", "surrogateescape"))
            out.flush()
            fsync(out.fileno())
        temporary.replace(path)
        fsync_folder(path.parent)


_: Callable[..., Units] = LocalUnits
