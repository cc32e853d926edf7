"""Runs in the rig's guest: copies clips from a real stick, again and again, whose power is cut in the middle.

    python3 -m tests.adapters.usbdisk.card_scene SHAPE ROUNDS SEED

Prints one JSON object: what was concluded in each round, and what would have been without a proof of life.
"""

import hashlib
import json
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path, PurePath, PurePosixPath
from typing import Any

from camvault.adapters.clipcheck import Mp4Footage
from camvault.adapters.filesystem import LocalSampler, LocalStorage
from camvault.adapters.memory import MemoryReporter
from camvault.adapters.system import EventCancellation, SystemClock
from camvault.adapters.usbdisk import UsbDiskCard
from camvault.core.dashcam.configuration import BoxConfig
from camvault.core.segments.ledger import ProofKind
from camvault.core.workflows.dashcam.copy_events import ClipStaged
from camvault.core.workflows.dashcam.copy_ports import CopyPorts
from camvault.core.workflows.dashcam.copying import copy_clips
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.core.workflows.dashcam.records import ClipRecords
from camvault.ports.camera_card import CardError, CardLostError, MountedCard

PORT = "/sys/bus/usb/devices/1-1:1.0/1-1-port2/disable"
UHUBCTL = ("uhubctl", "-l", "1-1", "-p", "2", "-a")
STAGING = Path("/tmp/staging")
FOLDERS_OF_BOX = BoxFolders(PurePath(STAGING))
WITHIN_S = 120.0
FOLDERS, CLIPS, CLIP_BYTES = 6, 3, 100_000

CARDS = UsbDiskCard(hub="1-1", port_number=2, vendor="46F4", limit_s=60.0)
STORAGE, CANCEL = LocalStorage(), EventCancellation()


def call(*argv: str, stdin: str | None = None) -> None:
    """A program that must not fail."""
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, input=stdin, text=True)


def power_on() -> None:
    call(*UHUBCTL, "on")


def format_card(shape: str) -> dict[str, str]:
    """Make a card of this shape, such as `vfat in a partition`; its clips by name, with their digests."""
    kind, _, place = shape.partition(" ")
    power_on()
    (disk,) = wait_until(lambda: list(Path("/sys/bus/usb/devices/1-1.2").glob("1-1.2:*/host*/target*/*/block/*")))
    device = f"/dev/{disk.name}"
    wait_until(lambda: Path(device).exists())
    call("wipefs", "--quiet", "--all", device)
    if place:
        call("sfdisk", "--quiet", "--wipe", "always", device, stdin="label: dos\n2048,200000\n")
        device = f"{device}1"
        wait_until(lambda: Path(device).exists())
    call(f"mkfs.{kind}", device)
    Path("/mnt/camera").mkdir(exist_ok=True)
    call("mount", "-t", kind, device, "/mnt/camera")
    clips: dict[str, str] = {}
    for number in range(FOLDERS * CLIPS):
        name = f"Normal/Front{number % FOLDERS}/{number:04}.TS"
        content = random.Random(name).randbytes(CLIP_BYTES)
        path = Path("/mnt/camera", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        clips[name] = hashlib.sha256(content).hexdigest()
    call("umount", "/mnt/camera")
    return clips


def wait_until(there: Callable[[], Any]) -> Any:
    limit_s = time.monotonic() + WITHIN_S
    while not (found := there()):
        assert time.monotonic() < limit_s
        time.sleep(0.05)
    return found


def power_off() -> None:
    Path(PORT).write_text("1")


def cut(after_s: float) -> None:
    """Take the power of the port away."""
    time.sleep(after_s)
    power_off()


def visit(mounted: MountedCard, clips: dict[str, str]) -> dict[str, Any]:
    """One visit to the card, until its end, or until the card is not alive; what was concluded and written down."""
    found: dict[str, Any] = {"verdict": "", "stopped_by": ""}
    reporter = MemoryReporter()
    ports = CopyPorts(
        storage=STORAGE,
        card=CARDS,
        footage=Mp4Footage(),
        samples=LocalSampler(),
        clock=SystemClock(),
        reporter=reporter,
        cancel=CANCEL,
    )
    try:
        report = copy_clips(mounted, ports=ports, folders=FOLDERS_OF_BOX, config=BoxConfig(), stop=lambda: "")
    except CardLostError as error:
        found["stopped_by"] = str(error)
    else:
        found["verdict"] = "whole" if report.is_whole and not report.recording_count else str(report)
    found["told"] = len(reporter.of(ClipStaged))
    records = ClipRecords(FOLDERS_OF_BOX, STORAGE)
    staged = {str(clip.path): clip for clip in records.staged()}
    found["staged"], found["recorded"] = len(staged), sum(bool(clip.sha256) for clip in staged.values())
    found["wrong"] = [
        path
        for path, clip in staged.items()
        if not clip.sha256 == clips.get(path) == hashlib.sha256(Path(STAGING, path).read_bytes()).hexdigest()
    ]
    found["lost"] = [
        path for path in clips if any(e.kind is ProofKind.OVERWRITTEN for e in records.life(PurePosixPath(path)))
    ]
    return found


def dead_listing(folder: PurePath) -> str:
    """What a program sees that asks the file system only."""
    Path("/proc/sys/vm/drop_caches").write_text("3")
    try:
        return "names" if any(Path(folder).iterdir()) else "empty"
    except OSError as error:
        return error.strerror or "error"


def one_round(clips: dict[str, str], delay_s: float | None) -> dict[str, Any]:
    power_on()
    mounted = CARDS.mount(CARDS.find(within_s=WITHIN_S, cancel=CANCEL), cancel=CANCEL)
    cutter = threading.Thread(target=cut, args=(delay_s or 0,))
    began_s = time.monotonic()
    if delay_s is not None:
        cutter.start()
    found = visit(mounted, clips)
    found["seconds"] = time.monotonic() - began_s
    if delay_s is not None:
        cutter.join()
        found["problem"] = CARDS.problem(mounted)
        found["dead_listing"] = dead_listing(mounted.folder)
        found["dead_problem"] = CARDS.problem(mounted)
    (leftover,) = CARDS.leftovers()
    CARDS.unmount(mounted)
    found["is_unmounted"] = leftover.folder == mounted.folder and not CARDS.leftovers()
    return found


def main(shape: str, rounds: int, seed: int) -> None:
    clips = format_card(shape)
    chance = random.Random(f"{shape} {seed}")
    whole = one_round(clips, None)
    cuts = []
    for _ in range(rounds):
        shutil.rmtree(STAGING)
        delay_s = chance.random() * chance.random() * whole["seconds"]  # the listing is short, and comes first
        cuts.append(one_round(clips, delay_s) | {"delay": delay_s})
    after = one_round(clips, None)  # into the staging of the last cut
    power_off()
    try:
        CARDS.find(within_s=0.5, cancel=CANCEL)
        lost = ""
    except CardError as error:
        lost = str(error)
    sys.stdout.write(json.dumps({"whole": whole, "cuts": cuts, "after": after, "without power": lost}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
