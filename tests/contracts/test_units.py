"""The contract of `Units`, on memory and on real folders."""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest
from pytest_mock import MockerFixture

from camvault.adapters.memory.units import MemoryUnits
from camvault.adapters.systemd import GENERATED_HEADER, LocalUnits
from camvault.ports.errors import DeniedError, ExistsError
from camvault.ports.units import Seat, UnitRole, Units
from tests import canary

DAEMON = f"{GENERATED_HEADER}\n[Service]\nExecStart=/bin/true\n\n[Install]\nWantedBy=multi-user.target\n"
JOB = f"{GENERATED_HEADER}\n[Service]\nType=oneshot\n"
TIMER = f"{GENERATED_HEADER}\n[Timer]\n\n[Install]\nWantedBy=timers.target\n"
NAME = "record_camera_ROST2.service"


@attrs.frozen
class Desk:
    """One implementation, and how to put something under a unit's name in the manager's folder."""

    units: Units
    occupy: Callable[[str, Seat], None]
    write_foreign: Callable[[str], None]


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


@pytest.fixture(params=[_memory, _local], ids=["memory", "local"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Desk:
    make: Callable[[Path], Desk] = request.param
    return make(tmp_path)


def test_folders_that_are_not_there_hold_no_units(desk: Desk) -> None:
    assert desk.units.local() == ()
    assert desk.units.orphans() == ()


def test_what_is_written_is_listed_services_first(desk: Desk) -> None:
    for name, text in (("a.timer", TIMER), ("b.service", JOB), (NAME, DAEMON), ("b.service", JOB)):
        assert desk.units.write(name, text).name == name

    found = desk.units.local()

    assert [each.name for each in found] == ["b.service", NAME, "a.timer"]
    assert [each.role for each in found] == [UnitRole.JOB, UnitRole.DAEMON, UnitRole.TIMER]
    assert [each.is_installable for each in found] == [False, True, True]
    assert [each.text for each in found] == [JOB, DAEMON, TIMER]
    assert all(each.is_generated for each in found)


def test_only_generated_files_are_removed(desk: Desk) -> None:
    desk.units.write(NAME, DAEMON)
    desk.write_foreign("by_hand.service")

    desk.units.remove(NAME)
    desk.units.remove(NAME)
    with pytest.raises(ExistsError):
        desk.units.remove("by_hand.service")

    assert [(each.name, each.is_generated) for each in desk.units.local()] == [("by_hand.service", False)]


def test_a_link_is_made_once(desk: Desk) -> None:
    desk.units.write(NAME, DAEMON)
    assert desk.units.place(NAME).seat is Seat.FREE

    desk.units.link(NAME)
    desk.units.link(NAME)

    assert desk.units.place(NAME).seat is Seat.LINKED


@pytest.mark.parametrize("seat", [Seat.OTHER_LINK, Seat.GENERATED_FILE])
def test_a_wrong_link_and_our_own_file_are_replaced(desk: Desk, seat: Seat) -> None:
    desk.units.write(NAME, DAEMON)
    desk.occupy(NAME, seat)
    assert desk.units.place(NAME).seat is seat

    desk.units.link(NAME)

    assert desk.units.place(NAME).seat is Seat.LINKED


@pytest.mark.parametrize("seat", [Seat.FOREIGN_FILE, Seat.MASKED])
def test_a_foreign_file_and_a_mask_are_kept(desk: Desk, seat: Seat) -> None:
    desk.units.write(NAME, DAEMON)
    desk.occupy(NAME, seat)

    with pytest.raises(ExistsError):
        desk.units.link(NAME)

    assert desk.units.place(NAME).seat is seat


def test_a_link_without_its_file_is_an_orphan_until_it_is_unlinked(desk: Desk) -> None:
    for name in (NAME, "other.service"):
        desk.units.write(name, DAEMON)
        desk.units.link(name)
    desk.occupy("elsewhere.service", Seat.OTHER_LINK)

    desk.units.remove(NAME)
    assert desk.units.orphans() == (NAME,)
    desk.units.unlink(NAME)

    assert desk.units.orphans() == ()
    assert desk.units.place(NAME).seat is Seat.FREE
    assert desk.units.place("other.service").seat is Seat.LINKED


def test_what_is_no_link_is_not_unlinked(desk: Desk) -> None:
    desk.occupy(NAME, Seat.FOREIGN_FILE)

    with pytest.raises(ExistsError):
        desk.units.unlink(NAME)


def test_secrets_are_kept_replaced_and_forgotten(desk: Desk) -> None:
    assert not desk.units.has_secret("a", "x\n")
    assert not desk.units.forget_secret("a")

    desk.units.keep_secret("a", "old\n")
    desk.units.keep_secret("a", 'n%w"$\n')

    assert desk.units.has_secret("a", 'n%w"$\n')
    assert not desk.units.has_secret("a", "old\n")
    assert desk.units.forget_secret("a")
    assert not desk.units.has_secret("a", 'n%w"$\n')


def test_what_was_applied_is_remembered(desk: Desk) -> None:
    assert desk.units.applied(NAME) == ""

    desk.units.mark_applied(NAME, "abc")
    assert desk.units.applied(NAME) == "abc"

    desk.units.mark_applied(NAME, "")
    desk.units.mark_applied(NAME, "")
    assert desk.units.applied(NAME) == ""


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
