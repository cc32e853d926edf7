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
from pathlib import Path, PurePath
from typing import Any

from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.system import EventCancellation
from camvault.adapters.usbdisk import UsbDiskCard
from camvault.ports.camera_card import CardError, MountedCard
from camvault.ports.entries import FileKind
from camvault.ports.errors import StorageError

PORT = "/sys/bus/usb/devices/1-1:1.0/1-1-port2/disable"
UHUBCTL = ("uhubctl", "-l", "1-1", "-p", "2", "-a")
STAGING = Path("/tmp/staging")
WITHIN_S = 120.0
FOLDERS, CLIPS, CLIP_BYTES = 6, 3, 100_000

CARDS = UsbDiskCard(hub="1-1", port_number=2, vendor="46F4", limit_s=60.0)
STORAGE, CANCEL = LocalStorage(), EventCancellation()


def ignore(_: int) -> None:
    """Progress that nobody wants to see."""


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
        name = f"Normal/Front{number % FOLDERS}/{number:04}.MP4"
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


def cut(after_s: float) -> None:
    """Take the power of the port away."""
    time.sleep(after_s)
    Path(PORT).write_text("1")


def offload(mounted: MountedCard, clips: dict[str, str]) -> dict[str, Any]:
    """List and copy until the end, or until the card is not alive; what a workflow would conclude."""
    found: dict[str, Any] = {"listed": None, "copied": 0, "recorded": 0, "wrong": [], "verdict": "", "stopped_by": ""}
    try:
        names = [
            str(entry.path.relative_to(mounted.folder))
            for entry in STORAGE.scan(mounted.folder)
            if entry.kind is FileKind.FILE
        ]
        found["listed"] = len(names)
        if CARDS.problem(mounted):
            found["stopped_by"] = "the look after the listing"
            return found
        if set(names) != set(clips):
            found["verdict"] = f"only {len(names)} clips on a card that is alive"
            return found
        for name in names:
            target = PurePath(STAGING, name.replace("/", "_"))
            copied = STORAGE.copy(mounted.folder / name, target=target, on_bytes=ignore, cancel=CANCEL)
            found["copied"] += 1
            if copied.sha256 != clips[name] or hashlib.sha256(Path(target).read_bytes()).hexdigest() != clips[name]:
                found["wrong"].append(name)
            if CARDS.problem(mounted):
                found["stopped_by"] = "the look after a clip"
                return found
            found["recorded"] += 1
        found["verdict"] = "whole"
    except StorageError as error:
        found["stopped_by"] = str(error)
    return found


def dead_listing(folder: PurePath) -> str:
    """What a program sees that asks the file system only."""
    Path("/proc/sys/vm/drop_caches").write_text("3")
    try:
        return "names" if any(Path(folder).iterdir()) else "empty"
    except OSError as error:
        return error.strerror or "error"


def one_round(clips: dict[str, str], delay_s: float | None) -> dict[str, Any]:
    shutil.rmtree(STAGING, ignore_errors=True)
    STAGING.mkdir()
    power_on()
    mounted = CARDS.mount(CARDS.find(within_s=WITHIN_S, cancel=CANCEL), cancel=CANCEL)
    cutter = threading.Thread(target=cut, args=(delay_s or 0,))
    began_s = time.monotonic()
    if delay_s is not None:
        cutter.start()
    found = offload(mounted, clips)
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
        delay_s = chance.random() * chance.random() * whole["seconds"]  # the listing is short, and comes first
        cuts.append(one_round(clips, delay_s) | {"delay": delay_s})
    try:
        CARDS.find(within_s=0.5, cancel=CANCEL)
        lost = ""
    except CardError as error:
        lost = str(error)
    sys.stdout.write(json.dumps({"whole": whole, "cuts": cuts, "without power": lost}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
