"""The harness of `CameraCardContract` with real mounts: loop devices that a made-up sysfs shows below a USB port."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

from camvault.adapters.system import EventCancellation
from camvault.adapters.usbdisk import UsbDiskCard

HUB, PORT = "1-1", 1
NAMES = frozenset({"Normal", "Event"})
UUID = "67ef9ced-0000-4000-8000-000000000001"


def make_card(image: Path) -> Path:
    """A card of 4 MB with clips on it."""
    tree = image.with_suffix(".tree")
    for name in ("Normal/Front/0001.MP4", "Event/0002.MP4"):
        (tree / name).parent.mkdir(parents=True)
        (tree / name).write_bytes(name.encode() * 1000)
    subprocess.run(["mkfs.ext4", "-q", "-d", tree, "-U", UUID, image, "4M"], check=True)
    return image


class FakeSysfs:
    """The part of sysfs below one port of a hub: the device, its disks, and their partitions."""

    def __init__(self, root: Path, device: str = f"{HUB}.{PORT}") -> None:
        self.root = root
        self.device = root / "devices/pci0000:00/usb1" / HUB / device
        self._link = root / "bus/usb/devices" / device
        self._link.parent.mkdir(parents=True, exist_ok=True)
        (root / "dev/block").mkdir(parents=True, exist_ok=True)

    def plug_in(self, *, vendor: str = "0603", product: str = "8611", authorized: str = "1") -> None:
        self.device.mkdir(parents=True)
        self._link.symlink_to(self.device)
        for name, value in (("idVendor", vendor), ("idProduct", product), ("authorized", authorized)):
            (self.device / name).write_text(f"{value}\n")

    def add_disk(self, name: str, node: str, *, diskseq: int | None = 1, lun: int = 0, size: int = 8192) -> Path:
        """A disk whose node is an existing one, such as `loop3`."""
        folder = self.device / f"{self.device.name}:1.0/host0/target0:0:0/0:0:0:{lun}/block" / name
        self._add_block(folder, node, size)
        if diskseq is not None:
            (folder / "diskseq").write_text(f"{diskseq}\n")
        return folder

    def add_partition(self, disk: Path, name: str, node: str) -> Path:
        self._add_block(disk / name, node, 8192)
        (disk / name / "partition").write_text("1\n")
        return disk / name

    def _add_block(self, folder: Path, node: str, size: int) -> None:
        folder.mkdir(parents=True)
        number = Path(f"/sys/block/{node}/dev").read_text().strip() if node else "7:999"
        (folder / "dev").write_text(f"{number}\n")
        (folder / "uevent").write_text(f"MAJOR=7\nDEVNAME={node}\nDEVTYPE=disk\n")
        (folder / "size").write_text(f"{size}\n")
        (self.root / "dev/block" / number).unlink(missing_ok=True)
        (self.root / "dev/block" / number).symlink_to(folder)

    def pull(self) -> None:
        self._link.unlink()
        shutil.rmtree(self.device)


class Loops:
    """Loop devices and mounts of one test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._devices: list[str] = []

    def attach(self, image: Path) -> str:
        """Its name: `loop3`."""
        argv = ["losetup", "--find", "--show", "--read-only", str(image)]
        device = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()
        self._devices.append(device)
        return Path(device).name

    def close(self) -> None:
        lines = Path("/proc/self/mountinfo").read_text().splitlines()
        for point in reversed([line.split()[4] for line in lines]):
            if Path(point).is_relative_to(self._folder):
                subprocess.run(["umount", point], check=True)
        for device in self._devices:
            subprocess.run(["losetup", "--detach", device], check=True)


class LoopCardHarness:
    """One camera; each time it is plugged in, its card is another loop device."""

    names = NAMES

    def __init__(self, folder: Path, image: Path) -> None:
        self.cancel = EventCancellation()
        self.image = folder / "card.img"
        shutil.copy(image, self.image)
        self.loops = Loops(folder)
        self.sysfs = FakeSysfs(folder / "sys")
        self.fstab = folder / "fstab"
        self.given = folder / "given"
        self.given.mkdir()
        self.fstab.write_text(f"UUID={UUID} {self.given} ext4 ro,nofail 0 0\n")
        self.base = folder / "mnt/cam"
        self.cards, self.in_folder = (
            UsbDiskCard(
                hub=HUB,
                port_number=PORT,
                mount_base=PurePath(self.base),
                path=path,
                path_within_s=1.0,
                sysfs=self.sysfs.root,
                fstab=self.fstab,
            )
            for path in (None, PurePath(self.given))
        )
        self._count = 0
        self._timers: list[threading.Timer] = []

    def request_stop(self) -> None:
        self.cancel.request()

    def plug_in(self) -> None:
        self._count += 1
        self.sysfs.plug_in()
        self.node = self.loops.attach(self.image)
        self.disk = self.sysfs.add_disk("sda", self.node, diskseq=self._count)

    def plug_in_soon(self) -> None:
        self._timers.append(threading.Timer(0.7, self.plug_in))
        self._timers[-1].start()

    def pull(self) -> None:
        self.sysfs.pull()

    def stop_reading(self) -> None:
        self.image.write_bytes(b"")

    def occupy(self) -> None:
        place = self.base.with_name("cam-" + UUID.replace("-", ""))
        place.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "none", place], check=True)

    def mount_by_system(self) -> None:
        subprocess.run(["mount", "-o", "ro", f"/dev/{self.node}", self.given], check=True)

    @contextmanager
    def hold(self, folder: PurePath) -> Iterator[None]:
        with (Path(folder) / "Event/0002.MP4").open("rb"):
            yield

    def listed(self, folder: PurePath) -> set[str]:
        return {path.name for path in Path(folder).iterdir()} - {"lost+found"}

    def is_mounted(self, folder: PurePath) -> bool:
        return Path(folder).is_mount()

    def close(self) -> None:
        for timer in self._timers:
            timer.join()
        self.loops.close()
