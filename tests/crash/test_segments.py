"""organize, backup and cleanup, each alone and each pair of them interleaved, cut off everywhere."""

import hashlib
import random
import sys
from collections.abc import Callable
from functools import partial
from itertools import combinations, combinations_with_replacement

import pytest

from camvault.adapters.memory import Calls
from camvault.adapters.memory.explorer import explore
from camvault.ports.errors import ChangedError, NotFoundError
from tests.crash.interleave import Schedule, cut_schedules, run_both, schedules
from tests.recording.segments.helpers import READY, Machine

pytestmark = pytest.mark.no_cover  # thousands of runs of the same lines, three times as fast

FOOTAGE = {b"first", b"second", b"third", b"waiting", b"proven", b"again"}
NAMES = ("ROST1_20250528T140000.mkv", "ROST1_20250528T141000.mkv", "ROST1_20250528T142000.mkv")


def make_machine(calls: Calls, *, is_split: bool = False) -> Machine:
    """Three files to organize, one to send, one proven, one with a proven one's name.

    The names of two of the three are taken, one of them by the file that the backup itself gives another name.
    """
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
    machine.record(NAMES[2], b"third", minutes_ago=53)
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
    return b"old" in contents_there(machine) and not machine.transfer.replaced


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
def test_cut_off_everywhere(is_split: bool, every: int) -> None:
    """Whatever happens to a job, all footage is here or proven elsewhere, and the timers put the rest right."""
    explore(
        lambda calls: make_machine(calls, is_split=is_split),
        settle,
        snapshot=snapshot,
        invariants=INVARIANTS,
        restart=Machine.restart,
        stop=lambda machine: machine.cancel.request(),
        pairs=60,
        every=every,
    )


def everything_is_safe(machine: Machine, schedule: Schedule, at: str = "the end") -> None:
    """Asked at every point of two jobs: also for a moment nothing may be lost."""
    assert nothing_is_lost(machine), f"{schedule}: {at}"
    assert old_stays(machine), f"{schedule}: {at}"


def points(job: Callable[[Machine], object]) -> int:
    """How many points the job has when it is alone."""
    machine = make_machine(Calls())
    return run_both(machine, machine.calls, (job, lambda _: None), Schedule(), may_raise=())


PAIRS = [
    *combinations_with_replacement(JOBS, 2),
    # the other one first: much of it is tried above, where turns change early
    *(pytest.param(other, one, marks=pytest.mark.nightly) for one, other in combinations(JOBS, 2)),
]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_interleaved(one: str, other: str, every: int) -> None:
    """Two jobs in every order of their steps that is tried, and the power cut at every step of the two.

    After a cut, and after the end, all footage is here or proven elsewhere, and the timers put the rest right.
    """
    jobs, chance = (JOBS[one], JOBS[other]), random.Random(f"{one} {other}")
    counts = (points(jobs[0]), points(jobs[1]))
    undisturbed = make_machine(Calls())
    settle(undisturbed)
    expected = snapshot(undisturbed)
    tried = list(schedules(counts, chance=chance, number=20))[::every]
    cut = list(cut_schedules(counts, chance=chance))[::every]
    for schedule in (*tried, *cut):
        machine = make_machine(Calls())
        run_both(
            machine,
            machine.calls,
            jobs,
            schedule,
            may_raise=(ChangedError, NotFoundError),  # a file went while it was looked at: the next run puts it right
            check=partial(everything_is_safe, machine, schedule),
        )
        machine.calls.restart()
        machine.restart()
        everything_is_safe(machine, schedule)
        settle(machine)
        everything_is_safe(machine, schedule)
        assert snapshot(machine) == expected, str(schedule)
    sys.stdout.write(f"{one} and {other}: {len(tried)} interleavings, {len(cut)} power cuts\n")


def test_what_deletes_without_proof_is_found() -> None:
    """The exploration itself: a job that removes what waits while another is at work."""

    def reckless(machine: Machine) -> None:
        machine.storage.resolve(READY)
        for path, content in machine.storage.files(READY).items():
            if content == b"waiting":
                machine.storage.tree.discard(path)
        machine.storage.resolve(READY)

    machine, schedule = make_machine(Calls()), Schedule((5,))
    with pytest.raises(AssertionError, match=r"turns of 5: after call .*resolve"):
        run_both(
            machine,
            machine.calls,
            (JOBS["organize"], reckless),
            schedule,
            may_raise=(),
            check=partial(everything_is_safe, machine, schedule),
        )
