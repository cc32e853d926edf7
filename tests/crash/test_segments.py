"""organize, backup and cleanup, each alone and each pair of them interleaved, cut off everywhere."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from itertools import permutations

import pytest

from camvault.adapters.memory import Calls, Phase
from camvault.adapters.memory.calls import Call
from camvault.adapters.memory.explorer import explore
from camvault.ports.errors import ChangedError, NotFoundError
from tests.recording.segments.helpers import READY, Machine

FOOTAGE = {b"first", b"second", b"waiting", b"proven", b"again"}
NAMES = ("ROST1_20250528T140000.mkv", "ROST1_20250528T141000.mkv", "ROST1_20250528T142000.mkv")


def make_machine(calls: Calls, *, is_split: bool = False) -> Machine:
    """Two files to organize (one name is taken), one to send, one proven, one with a proven one's name."""
    machine = Machine(calls)
    if is_split:
        machine.storage.mount(READY, name="8:1")
    machine.wait(NAMES[1], b"proven")
    machine.wait(NAMES[2], b"old", minutes_ago=90)
    machine.back_up()
    machine.wait(NAMES[0], b"waiting", minutes_ago=50)
    machine.wait(NAMES[2], b"again", minutes_ago=40)
    machine.record(NAMES[0], b"first")
    machine.record("ROST1_20250528T143000.mkv", b"second", minutes_ago=55)
    machine.record("ROST1_20250528T144000.mkv", b"", minutes_ago=54)
    machine.reporter.events.clear()
    calls.log.clear()
    return machine


def contents_here(machine: Machine) -> set[bytes]:
    files = machine.storage.files()
    return {content for path, content in files.items() if path.suffix == ".mkv"}


def contents_there(machine: Machine) -> set[bytes]:
    return {content for content, _ in machine.transfer.remote.values()} | {c for _, c in machine.transfer.replaced}


def nothing_is_lost(machine: Machine) -> bool:
    return contents_here(machine) | contents_there(machine) >= FOOTAGE


def old_stays(machine: Machine) -> bool:
    return b"old" in contents_there(machine)


def snapshot(machine: Machine) -> object:
    """Which footage is where; names with numbers may be given in another order."""
    here = [
        (str(path.parent), hashlib.sha256(content).hexdigest())
        for path, content in machine.storage.files().items()
        if path.suffix == ".mkv"
    ]
    return sorted(here), contents_there(machine)


INVARIANTS = {"no footage is lost": nothing_is_lost, "nothing at the target is replaced": old_stays}
JOBS: dict[str, Callable[[Machine], object]] = {
    "organize": Machine.organize,
    "backup": Machine.back_up,
    "cleanup": Machine.clean,
}


def settle(machine: Machine) -> None:
    """What the timers do until nothing changes: the same end, wherever it was cut off."""
    for _ in range(2):
        machine.organize()
        machine.back_up()
        machine.clean()


@pytest.mark.parametrize("is_split", [False, True], ids=["one disk", "two disks"])
def test_cut_off_everywhere(is_split: bool) -> None:
    """Whatever happens to a job, all footage is here or proven elsewhere, and the timers put the rest right."""
    explore(
        lambda calls: make_machine(calls, is_split=is_split),
        settle,
        snapshot=snapshot,
        invariants=INVARIANTS,
        restart=Machine.restart,
        stop=lambda machine: machine.cancel.request(),
        pairs=60,
    )


@pytest.mark.parametrize(("outer", "inner"), list(permutations(JOBS, 2)))
def test_interleaved(outer: str, inner: str) -> None:
    """At every call of one job, another one runs from beginning to end."""
    undisturbed = make_machine(Calls())
    JOBS[outer](undisturbed)
    count = len(undisturbed.calls.log)
    settle(undisturbed)
    expected = snapshot(undisturbed)
    for number in range(1, count + 1):
        machine = make_machine(Calls())
        points = [0]

        def at(
            call: Call, phase: Phase, machine: Machine = machine, points: list[int] = points, number: int = number
        ) -> None:
            if phase is Phase.BEFORE:
                points[0] += 1
                if points[0] == number:
                    machine.calls.watchers.clear()
                    JOBS[inner](machine)

        machine.calls.watchers.append(at)
        with suppress(ChangedError, NotFoundError):  # a file went while it was looked at: the next run puts it right
            JOBS[outer](machine)
        assert nothing_is_lost(machine), f"{inner} at call {number} of {outer}"
        settle(machine)
        assert nothing_is_lost(machine)
        assert snapshot(machine) == expected
