"""One visit to a folder that is a card, on real file systems: `python -m tests.dashcam.copy_once CARD STAGING`."""

import os
import sys
from pathlib import Path, PurePath

from camvault.adapters.clipcheck import Mp4Footage
from camvault.adapters.filesystem import LocalSampler, LocalStorage
from camvault.adapters.memory import MemoryReporter
from camvault.adapters.system import EventCancellation, SystemClock
from camvault.adapters.usbdisk import UsbDiskCard
from camvault.core.dashcam.configuration import BoxConfig
from camvault.core.workflows.dashcam.copy_ports import CopyPorts, CopyReport
from camvault.core.workflows.dashcam.copying import copy_clips
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.ports.camera_card import CameraCard, MountedCard

START_S = 1_752_800_000


def record(card: Path, path: str, content: bytes, *, at_s: int) -> None:
    """Let the camera have recorded a clip."""
    (card / path).parent.mkdir(parents=True, exist_ok=True)
    (card / path).write_bytes(content)
    os.utime(card / path, (START_S + at_s, START_S + at_s))


def folder_card(card: Path) -> UsbDiskCard:
    """The card in a folder of this machine, where nothing is mounted and nothing should be."""
    return UsbDiskCard(
        hub="1-1",
        port_number=1,
        mount_base=PurePath(card.parent / "mnt"),
        path=PurePath(card),
        path_within_s=1.0,
        sysfs=card.parent / "no sysfs",
        fstab=Path(os.devnull),
    )


def ports_of(card: CameraCard, *, reporter: MemoryReporter | None = None) -> CopyPorts:
    """The adapters of a box."""
    return CopyPorts(
        storage=LocalStorage(),
        card=card,
        footage=Mp4Footage(),
        samples=LocalSampler(),
        clock=SystemClock(),
        reporter=reporter or MemoryReporter(),
        cancel=EventCancellation(),
    )


def copy_from(mounted: MountedCard, card: CameraCard, staging: Path, config: BoxConfig | None = None) -> CopyReport:
    """One visit."""
    folders = BoxFolders(PurePath(staging))
    return copy_clips(mounted, ports=ports_of(card), folders=folders, config=config or BoxConfig(), stop=lambda: "")


def main() -> None:
    """As a process that can be killed."""
    card, staging = map(Path, sys.argv[1:])
    cards = folder_card(card)
    report = copy_from(cards.mount(None, cancel=EventCancellation()), cards, staging)
    print(report)  # noqa: T201
    sys.exit(0 if report.is_whole else 2)


if __name__ == "__main__":
    main()
