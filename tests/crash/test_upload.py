"""The strong promise of the upload, at every point: nothing leaves the staging that is not at the server, seen now."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import PurePath, PurePosixPath

import attrs
import pytest

from camvault.adapters.memory import Call, Calls, Phase
from camvault.adapters.memory.explorer import explore
from camvault.core.segments.ledger import ProofKind
from camvault.core.workflows.dashcam.records import ClipRecords
from camvault.core.workflows.steps.alias_check import NONCE_PREFIX
from camvault.ports.transfer import EvidenceKind, PushCause, Pushed
from tests.dashcam.upload.box import FOLDERS, STAGING, Box

NAMES = ("Event/c.MP4", "Normal/a.MP4")
CONTENTS = {name: f"footage of {name}".encode() for name in NAMES}


@attrs.define
class WatchedBox(Box):
    """Every removal of a clip is looked at, by what is really on the disk of the server."""

    unwitnessed: list[str] = attrs.field(factory=list)

    def watch_removals(self) -> None:
        self.calls.watchers.insert(0, self._witness)

    def _witness(self, call: Call, phase: Phase) -> None:
        path = call.arguments[0] if call.operation == "storage.remove" else None
        if phase is not Phase.BEFORE or not isinstance(path, PurePath) or path.suffix != ".MP4":
            return
        node = self.storage.tree.find(path)
        relative = PurePosixPath(path.relative_to(STAGING))
        held = self.transfer.remote.get(relative, (b"", 0))[0]
        is_meant = self.transfer.is_there and self.transfer.marker == self.transfer.record
        if node is not None and not (is_meant and held == CONTENTS[str(relative)]):
            self.unwitnessed.append(f"{call} ({held!r})")


def nothing(_: WatchedBox) -> None:
    """All is well."""


def decoy(box: WatchedBox) -> None:
    """Another file of the same size and time stands there."""
    path = PurePosixPath(NAMES[0])
    node = box.storage.tree.file(STAGING / path)
    box.transfer.remote[path] = (bytes(len(node.content)), node.mtime_ns)


def cut_off(box: WatchedBox) -> None:
    """The connection breaks twice."""
    box.transfer.failures = [Pushed(12, "cut", cause=PushCause.CUT_OFF)] * 2


def lying(box: WatchedBox) -> None:
    """One arrives short each time, and the tool says 0."""
    box.transfer.lies.add(PurePosixPath(NAMES[1]))


def flipped(box: WatchedBox) -> None:
    """A bit fell over in the staging."""
    box.flip(PurePosixPath(NAMES[1]))


def exchanged(box: WatchedBox) -> None:
    """Another disk is mounted there while a clip is sent."""

    def exchange() -> None:
        box.transfer.marker = "1234-another"
        box.transfer.remote.clear()

    box.calls.hook("transfer.push", exchange, when=Phase.AFTER)


def shown(box: WatchedBox) -> None:
    """The target is the staging, by a detour."""
    box.transfer.shows = STAGING


def proven_before(box: WatchedBox) -> None:
    """The power failed between the proof and the removal; and the server lost one since."""
    for clip in ClipRecords(FOLDERS, box.storage).staged():
        assert clip.entry is not None
        line = attrs.evolve(clip.entry, kind=ProofKind.REMOTE_HASH, where=box.transfer.marker)
        ClipRecords(FOLDERS, box.storage).add(line)
    box.transfer.remote[PurePosixPath(NAMES[0])] = (bytes(len(CONTENTS[NAMES[0]])), 1)


SCENES = (nothing, decoy, cut_off, lying, flipped, exchanged, shown, proven_before)


def snapshot(box: WatchedBox) -> dict[str, object]:
    """A proof without a line about the removal says the same as one with it, where the staging has it no more."""
    said = {name: box.kinds(PurePosixPath(name))[-1] for name in NAMES}
    is_there = {name: kind.is_proof or kind is ProofKind.UNSTAGED for name, kind in said.items()}
    staged = {name: content for name, content in box.staged().items() if NONCE_PREFIX not in name}
    return {"staged": staged, "there": box.there(), "known": is_there}


def at_home(box: WatchedBox) -> str:
    """Each clip is here or there, whole."""
    staged, there = box.staged(), box.there()
    expected = {name: sha256(content).digest() for name, content in CONTENTS.items()}
    found = {name: {sha256(place[name]).digest() for place in (staged, there) if name in place} for name in CONTENTS}
    lost = [name for name in CONTENTS if expected[name] not in found[name] and name not in staged]
    return f"{lost} are nowhere" if lost else ""


LOOKS = (*((scene, EvidenceKind.REMOTE_HASH) for scene in SCENES), (flipped, EvidenceKind.COMPARED))


@pytest.mark.parametrize(("scene", "kind"), LOOKS, ids=lambda value: getattr(value, "__name__", str(value)))
def test_nothing_leaves_the_staging_unproven(
    scene: Callable[[WatchedBox], None], kind: EvidenceKind, every: int
) -> None:
    def make(calls: Calls) -> WatchedBox:
        box = WatchedBox(calls)
        box.transfer.kind = kind
        for name, content in CONTENTS.items():
            box.stage(name, content)
        scene(box)
        box.watch_removals()
        return box

    explore(
        make,
        lambda box: box.send(),
        snapshot=snapshot,
        invariants={
            "what was removed is at the server that is meant": lambda box: "; ".join(box.unwitnessed) or True,
            "each clip is somewhere": lambda box: at_home(box) or True,
        },
        restart=lambda box: box.restart(),
        stop=lambda box: box.cancel.request(),
        rerun=again,
        pairs=30,
        every=every,
    )


def again(box: WatchedBox) -> None:
    """The next rounds of the service: another round does what a fault left, and one after it finds nothing new."""
    box.send()
    box.send()
