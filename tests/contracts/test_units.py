"""The contract of `Units`, on memory and on real folders."""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest
from pytest_mock import MockerFixture

from camvault.adapters.contracts.units import NAME, UnitsContract
from camvault.adapters.memory.units import MemoryUnits
from camvault.adapters.systemd import GENERATED_HEADER, LocalUnits
from camvault.ports.errors import DeniedError
from camvault.ports.units import Seat, Units
from tests import canary

DAEMON = f"{GENERATED_HEADER}\n[Service]\nExecStart=/bin/true\n\n[Install]\nWantedBy=multi-user.target\n"


@attrs.frozen
class Desk:
    """One implementation, and how to put something under a unit's name in the manager's folder."""

    units: Units
    occupy: Callable[[str, Seat], None]
    write_foreign: Callable[[str], None]
    header: str = GENERATED_HEADER


def _local(tmp_path: Path) -> Desk:
    units = LocalUnits(services=tmp_path / "services", timers=tmp_path / "timers", root=tmp_path / "root")

    def occupy(name: str, seat: Seat) -> None:
        target = units.system / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        if seat in {Seat.OTHER_LINK, Seat.MASKED}:
            target.symlink_to("/dev/null" if seat is Seat.MASKED else "/nowhere/else.service")
        else:
            target.write_text(DAEMON if seat is Seat.GENERATED_FILE else "[Unit]\nDescription=by hand\n")

    def write_foreign(name: str) -> None:
        units.services.mkdir(exist_ok=True)
        (units.services / name).write_text("[Unit]\nDescription=by hand\n")

    return Desk(units, occupy, write_foreign)


def _memory(_: Path) -> Desk:
    units = MemoryUnits(header=GENERATED_HEADER)
    return Desk(units, units.seats.__setitem__, lambda name: units.texts.__setitem__(name, "by hand"))


class TestUnits(UnitsContract):
    @pytest.fixture(params=[_memory, _local], ids=["memory", "local"])
    def harness(self, request: pytest.FixtureRequest, tmp_path: Path) -> Desk:
        make: Callable[[Path], Desk] = request.param
        return make(tmp_path)


def test_nobody_else_can_ever_read_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    units = LocalUnits(services=tmp_path / "s", timers=tmp_path / "t", root=tmp_path)
    canary.keep(units.secrets)
    seen = []
    real_open = os.open

    def watching(path: os.PathLike[str], flags: int, mode: int = 0o777) -> int:
        descriptor = real_open(path, flags, mode)
        seen.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        return descriptor

    before = os.umask(0)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(os, "open", watching)
            units.keep_secret("a", f"{canary.PASSWORD}\n")
    finally:
        os.umask(before)

    assert seen[0] == 0o600
    assert stat.S_IMODE((units.secrets / "a").stat().st_mode) == 0o600
    assert stat.S_IMODE(units.secrets.stat().st_mode) == 0o700


def test_links_are_absolute_and_unlinking_takes_what_enabling_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    units = LocalUnits(services=Path("services"), timers=Path("timers"), root=tmp_path)
    units.write(NAME, DAEMON)
    units.link(NAME)
    wants = units.system / "multi-user.target.wants"
    wants.mkdir()
    (wants / NAME).symlink_to(units.system / NAME)
    (wants / "other.service").symlink_to("/nowhere")

    assert (units.system / NAME).readlink() == tmp_path / "services" / NAME
    units.unlink(NAME)

    assert [path.name for path in wants.iterdir()] == ["other.service"]


def test_where_root_is_needed_the_place_is_named(tmp_path: Path, mocker: MockerFixture) -> None:
    units = LocalUnits(services=Path("s"), timers=Path("t"), root=tmp_path)
    mocker.patch("os.open", side_effect=PermissionError(errno.EACCES, "Permission denied"))

    with pytest.raises(DeniedError, match=r"credentials/a: Permission denied"):
        units.keep_secret("a", canary.PASSWORD)
