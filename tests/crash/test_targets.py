"""The strong promise of recordings, at every point: what is removed as proven stands somewhere else, and can be read.

After every removal a readable copy with the recorded digest exists: at a target that is here, or at one that is offline
and that the proof names by its number. What a target shows of the footage itself is no copy. Whatever happens to the
target, and at whatever point a job is cut off.
"""

import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import PurePath, PurePosixPath

import attrs
import pytest

from camvault.adapters.memory import Call, Calls, Phase
from camvault.adapters.memory.explorer import explore
from camvault.adapters.memory.transfer import FIRST_NUMBER
from camvault.core.retention.rules import KeepDays, MaxBytes
from camvault.core.workflows.steps.ledger_files import RESERVE_NAME
from camvault.ports.errors import StorageError
from tests.recording.segments.helpers import READY, SUCCESS, TODAY, Machine

pytestmark = pytest.mark.no_cover  # thousands of runs of the same lines, three times as fast

NAMES = ("ROST1_20250528T140000.mkv", "ROST1_20250528T141000.mkv", "ROST1_20250528T142000.mkv")
PATHS = tuple(PurePosixPath("ROST1", TODAY, name) for name in NAMES)


@attrs.define
class WatchedMachine(Machine):
    """Every removal of a segment is looked at, by what is really on the disk of the target.

    Attributes:
        disk_number: Of the disk on which `transfer.remote` is: what its marker said when it was taken off.
        unwitnessed: The removals without a copy elsewhere.
        removed_count: How many segments were removed.
        shelf: What is on the disk of the target while nothing of it is seen.
    """

    disk_number: str = FIRST_NUMBER
    unwitnessed: list[str] = attrs.field(factory=list)
    removed_count: int = 0
    shelf: dict[PurePosixPath, tuple[bytes, int]] = attrs.field(factory=dict)

    def watch_removals(self) -> None:
        self.calls.watchers.insert(0, self._witness)

    def _witness(self, call: Call, phase: Phase) -> None:
        path = call.arguments[0] if call.operation == "storage.remove" else None
        if phase is not Phase.BEFORE or not isinstance(path, PurePath) or path.suffix != ".mkv":
            return
        relative = PurePosixPath(path.relative_to(READY))
        node = self.storage.tree.find(path)
        if node is None:
            return
        self.removed_count += 1
        held = {**self.transfer.remote, **self.shelf}.get(relative, (b"", 0))[0]
        is_there = sha256(held).digest() == sha256(node.content).digest() and relative not in self.transfer.unreadable
        transfer = self.transfer
        number = self.disk_number if transfer.evidence else transfer.marker
        is_meant = not transfer.problem and number == transfer.record
        if not (is_there and is_meant):
            self.unwitnessed.append(f"{call} ({transfer.marker=}, {transfer.record=}, {held!r})")


def make_machine(calls: Calls) -> WatchedMachine:
    """Two segments that are proven, and one that waits."""
    machine = WatchedMachine(calls)
    machine.wait(NAMES[0], b"first")
    machine.wait(NAMES[1], b"second", minutes_ago=50)
    machine.back_up()
    machine.wait(NAMES[2], b"third", minutes_ago=40)
    machine.reporter.events.clear()
    calls.log.clear()
    machine.watch_removals()
    return machine


def zeros(machine: WatchedMachine) -> None:
    """The content of the disk is gone, all sizes and times are right: a rescue, a file system that was repaired."""
    remote = machine.transfer.remote
    machine.transfer.remote = {path: (bytes(len(content)), mtime) for path, (content, mtime) in remote.items()}


# --- what happens to the target --------------------------------------------------------------------------------------


def nothing(_: WatchedMachine) -> None:
    """It is there all the time."""


def emptied(machine: WatchedMachine) -> None:
    """Its folder was deleted; the machine that holds it answers."""
    machine.transfer.remote.clear()
    machine.transfer.problem = "the folder is not there"


def marker_lost(machine: WatchedMachine) -> None:
    machine.transfer.remote.clear()
    machine.transfer.marker = ""


def exchanged(machine: WatchedMachine) -> None:
    """Another disk, with a rescue of the old one on it, that the user takes for the target."""
    zeros(machine)
    machine.transfer.marker = "1234-another"
    machine.back_up(may_begin=True)


def exchanged_and_off(machine: WatchedMachine) -> None:
    """The same, and the new one is offline before anything is proven at it."""
    zeros(machine)
    machine.transfer.mark(anew=True)
    machine.disk_number = machine.transfer.marker
    machine.transfer.evidence = "unmounted"


def off(machine: WatchedMachine) -> None:
    machine.transfer.evidence = "unmounted"


def vanishing(machine: WatchedMachine) -> None:
    """It is unmounted: its files are gone in one call, and in the next it is offline."""

    def vanish() -> None:
        machine.shelf = dict(machine.transfer.remote)
        machine.transfer.remote.clear()

    machine.calls.hook("transfer.look", vanish)
    machine.calls.hook("transfer.look", lambda: off(machine), when=Phase.AFTER)


def exchanged_between_two_calls(machine: WatchedMachine) -> None:
    def exchange() -> None:
        zeros(machine)
        machine.transfer.device, machine.transfer.marker = "another", "1234-another"

    machine.calls.hook("transfer.look", exchange, when=Phase.AFTER)


def emptied_and_off(machine: WatchedMachine) -> None:
    """Its folder was deleted, which a run saw; then it was switched off."""
    emptied(machine)
    machine.clean()
    machine.transfer.problem = ""
    off(machine)


def union(machine: WatchedMachine) -> None:
    """What stood there is gone, and READY shows through."""
    machine.transfer.remote.clear()
    machine.transfer.shows = READY


def rotten(machine: WatchedMachine) -> None:
    """Bits fell over since it was read back, which was long ago."""
    zeros(machine)
    machine.clock.advance(40 * 86_400)


def unreadable(machine: WatchedMachine) -> None:
    """The disk lists what it cannot read any more."""
    machine.transfer.unreadable.update(PATHS)
    machine.clock.advance(40 * 86_400)


def replaced_here(machine: WatchedMachine) -> None:
    """Other footage of the same size and time, as `cp -p` or a restored backup makes it."""
    node = machine.storage.tree.file(READY / PATHS[0])
    machine.storage.tree.discard(READY / PATHS[0])
    machine.storage.put(READY / PATHS[0], b"FIRST", mtime_ns=node.mtime_ns)


def full_records(machine: WatchedMachine) -> None:
    """The disk of the records is another one, and full; the target loses what it takes meanwhile."""
    machine.storage.tree.discard(SUCCESS / RESERVE_NAME)
    files = machine.storage.files(SUCCESS)
    machine.storage.mount(SUCCESS, name="records", capacity_bytes=sum(map(len, files.values())))


SCENES = (
    *(nothing, emptied, marker_lost, exchanged, exchanged_and_off, off, vanishing, exchanged_between_two_calls),
    *(emptied_and_off, union, rotten, unreadable, replaced_here, full_records),
)
_MAY_GO = {
    nothing: 3,
    exchanged: 3,
    off: 2,
    replaced_here: 3,
    full_records: 2,
    rotten: 3,
}
"""How many segments an undisturbed life removes; none in the other scenes."""


def live(machine: WatchedMachine) -> None:
    """What the timers do, with rules that want everything gone."""
    machine.clean(KeepDays(), MaxBytes(0))
    machine.back_up()
    machine.clean(KeepDays(), MaxBytes(0))
    machine.back_up()
    machine.clean(KeepDays(), MaxBytes(0))


def restart(machine: WatchedMachine) -> None:
    machine.restart()


INVARIANTS = {
    "a readable copy of what was removed is at a target that is here, or offline with this number": lambda m: (
        not m.unwitnessed
    )
}


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_after_every_removal_a_readable_copy_exists(scene: Callable[[WatchedMachine], None], every: int) -> None:
    def make(calls: Calls) -> WatchedMachine:
        machine = make_machine(calls)
        scene(machine)
        calls.log.clear()
        return machine

    undisturbed = make(Calls())
    live(undisturbed)
    assert not undisturbed.unwitnessed
    assert undisturbed.removed_count == _MAY_GO.get(scene, 0)
    found = explore(
        make,
        live,
        snapshot=lambda _: None,  # what is kept after a fault may differ: the promise is that it is kept
        invariants=INVARIANTS,
        restart=restart,
        stop=lambda machine: machine.cancel.request(),
        may_refuse=lambda _, error: isinstance(error, StorageError),
        pairs=20,
        every=every,
        say=lambda text: void(sys.stdout.write(f"{scene.__name__}: {text}\n")),
    )
    assert found.cut_count > 30 / every


def void(_: object) -> None:
    return None


def test_a_removal_without_a_copy_is_found() -> None:
    """The exploration itself: a cleanup that takes an error for "offline", as it was."""
    machine = make_machine(Calls())
    emptied(machine)
    machine.transfer.problem, machine.transfer.evidence = "", "an error that was taken for offline"
    machine.clean()
    assert len(machine.unwitnessed) == 2
