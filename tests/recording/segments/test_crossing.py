"""A segment that goes to another file system: the original is removed only beside a witness (INV-26)."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePath

import pytest

from camvault.adapters.memory.footage import MemoryFootage
from camvault.adapters.memory.pictures import MemoryPictures
from camvault.core.stations.site import Station
from camvault.core.workflows.recording.organize import OrganizePorts, OrganizeReport, organize
from camvault.ports.errors import StorageError
from camvault.ports.witness import ReadFrom
from tests.recording.segments.conftest import FOOTAGE, Pi
from tests.recording.segments.helpers import OUT, QUARANTINE, READY, TODAY, Machine

FIRST, SECOND, BROKEN = (f"ROST1_20250528T14{minute}00.mkv" for minute in ("00", "10", "20"))
DAY = READY / "ROST1" / TODAY


@pytest.fixture
def machine() -> Machine:
    return Machine()


def move(machine: Machine, *, is_cache_trusted: bool = False) -> OrganizeReport:
    ports = OrganizePorts(
        storage=machine.storage,
        footage=MemoryFootage(machine.storage),
        pictures=MemoryPictures(machine.storage),
        clock=machine.clock,
        reporter=machine.reporter,
        cancel=machine.cancel,
    )
    stations = [Station("ROST1", OUT / "ROST1", 600)]
    return organize(stations, ready=READY, quarantine=QUARANTINE, ports=ports, is_cache_trusted=is_cache_trusted)


@pytest.mark.parametrize("folder", [DAY, QUARANTINE / "ROST1"])
@pytest.mark.parametrize("kind", ["bind", "unite"])
def test_trap_a_folder_that_leads_back(machine: Machine, folder: PurePath, kind: str) -> None:
    """The copy at the target is the file itself, under another device and inode: it was the only one, and went."""
    content = b"footage" if folder == DAY else b""
    machine.record(FIRST, content)
    show = machine.storage.bind if kind == "bind" else machine.storage.unite
    show(folder, shows=OUT / "ROST1")
    report = move(machine)
    assert (report.moved_count, report.quarantined_count, report.problem_count) == (0, 0, 1)
    assert machine.storage.content(OUT / "ROST1" / FIRST) == content
    assert "seems to lead back" in machine.said()


@pytest.mark.parametrize("folder", [READY, QUARANTINE])
@pytest.mark.parametrize(
    ("read_from", "is_trusted", "why"),
    [
        (ReadFrom.MEMORY, False, "it is gone with the power"),
        (ReadFrom.MEMORY, True, "it is gone with the power"),
        (ReadFrom.CACHE, False, "offers no way around its cache"),
        (ReadFrom.CACHE, True, ""),
        (ReadFrom.MEDIUM, False, ""),
    ],
)
def test_trap_a_target_that_does_not_last(
    machine: Machine, folder: PurePath, read_from: ReadFrom, is_trusted: bool, why: str
) -> None:
    """No file goes there, no copy is left there to be sent twice, and it is told once, in each run."""
    content = b"footage" if folder == READY else b"broken"
    for name in (FIRST, SECOND, BROKEN):
        machine.record(name, content)
    machine.storage.mount(folder, name="0:99", read_from=read_from)
    report = move(machine, is_cache_trusted=is_trusted)
    done = report.moved_count + report.quarantined_count
    assert (done, report.problem_count) == ((0, 3) if why else (3, 0))
    left, there = (
        [path.name for path in machine.storage.files(root) if path.suffix == ".mkv"] for root in (OUT, folder)
    )
    assert sorted(left if why else there) == [FIRST, SECOND, BROKEN]
    assert (there if why else left) == []
    assert machine.said().count("nothing more is moved to the file system of") == bool(why)
    assert why in machine.said()


def test_a_rename_within_memory_loses_nothing(machine: Machine) -> None:
    machine.storage.mount("/pi", name="0:99", read_from=ReadFrom.MEMORY)
    machine.record(FIRST)
    assert move(machine).moved_count == 1


def test_what_a_run_that_was_cut_off_left_in_memory_is_no_witness(machine: Machine) -> None:
    """Both stay; the next segment gets no copy."""
    machine.storage.mount(READY, name="0:99", read_from=ReadFrom.MEMORY)
    for name in (FIRST, SECOND):
        machine.record(name)
    machine.wait(FIRST)
    machine.wait(SECOND)
    assert move(machine).problem_count == 2
    assert len(machine.storage.files(READY)) == len(machine.storage.files(OUT)) == 2


@pytest.mark.parametrize("is_cut_off", [True, False])
def test_what_is_held_or_not_told_apart_is_a_doubt(machine: Machine, is_cut_off: bool) -> None:
    """The copy stays for the next run, which goes on with it."""
    path = machine.record(FIRST)
    machine.storage.mount(READY, name="8:1")
    if is_cut_off:
        machine.wait(FIRST)
    machine.storage.indistinct.add(path)
    assert move(machine).problem_count == 1
    assert "it is not seen whether" in machine.said()
    assert machine.ready() == {f"ROST1/{TODAY}/{FIRST}": b"footage"}
    machine.storage.indistinct.clear()
    assert move(machine).moved_count == 1
    assert machine.ready() == {f"ROST1/{TODAY}/{FIRST}": b"footage"}
    assert machine.storage.entry(path) is None


@pytest.mark.parametrize("kind", ["gone", "unremovable"])
def test_a_copy_that_cannot_be_taken_back(machine: Machine, kind: str) -> None:
    path = machine.record(FIRST)
    machine.storage.mount(READY, name="0:99", read_from=ReadFrom.MEMORY)
    if kind == "gone":
        machine.calls.hook("storage.is_one_file", lambda: machine.storage.tree.discard(DAY / FIRST))
    else:
        machine.calls.fail("storage.remove", StorageError(DAY / FIRST, "input/output error"))
    assert move(machine).problem_count == 1
    assert machine.storage.content(path) == b"footage"


def test_a_copy_that_rots_at_once_lets_nothing_go(machine: Machine) -> None:
    path = machine.record(FIRST)
    machine.storage.mount(READY, name="8:1")
    machine.calls.hook("storage.is_one_file", lambda: machine.storage.unplug(READY))
    assert move(machine).problem_count == 1
    assert machine.storage.content(path) == b"footage"


def test_another_run_at_work_in_the_folder_is_a_doubt(machine: Machine) -> None:
    """Each could take for its witness what the other is about to remove."""
    path = machine.record(FIRST)
    machine.storage.mount(READY, name="8:1")
    machine.storage.put_folder(DAY)
    with machine.storage.lock(DAY):
        assert move(machine).problem_count == 1
    assert machine.storage.content(path) == b"footage"
    assert move(machine).moved_count == 1
    assert machine.ready() == {f"ROST1/{TODAY}/{FIRST}": b"footage"}


def test_a_folder_that_cannot_be_locked_is_nobodys(machine: Machine) -> None:
    machine.record(FIRST)
    machine.storage.mount(READY, name="8:1")
    machine.calls.fail("storage.lock", StorageError(DAY, "no locks available"))
    assert move(machine).moved_count == 1


@pytest.fixture
def memory() -> Iterator[Path]:
    folder = Path("/dev/shm") / f"camvault-{secrets.token_hex(8)}"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("content", [FOOTAGE, b"broken"])
def test_real_memory_never_lets_a_segment_go(pi: Pi, memory: Path, content: bytes) -> None:
    segment = pi.record(FIRST, content)
    for place in (pi.ready, pi.home / "quarantine"):
        (memory / place.name).mkdir()
        place.symlink_to(memory / place.name)
    done = pi.run("organize_video")
    assert done.code == 2
    assert "it is gone with the power" in done.err
    assert segment.read_bytes() == content
    assert not list(memory.rglob("*.mkv"))


@pytest.mark.parametrize("content", [FOOTAGE, b"broken"])
def test_a_real_overlay_that_leads_back(pi: Pi, content: bytes) -> None:
    """It shows the segment under another device and inode."""
    segment = pi.record(FIRST, content)
    place = pi.ready / "ROST1/2025-05-28" if content == FOOTAGE else pi.home / "quarantine/ROST1"
    empty = pi.folder / "empty"
    for folder in (place, empty):
        folder.mkdir(parents=True)
    layers = f"lowerdir={segment.parent}:{empty}"
    subprocess.run(["mount", "-t", "overlay", "-o", layers, "none", place], check=True)
    try:
        assert (place / FIRST).stat().st_dev != segment.stat().st_dev
        done = pi.run("organize_video")
    finally:
        subprocess.run(["umount", place], check=True)
    assert done.code == 2
    assert os.fspath(segment) in done.err
    assert segment.read_bytes() == content
