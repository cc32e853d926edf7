"""Composition root, shared part: the adapters of a dashcam box, for its configuration."""

import os
import random
from collections.abc import Callable
from pathlib import Path, PurePath

from camvault.adapters._shared.disks_behind import MachineDisks
from camvault.adapters._shared.process import find_program
from camvault.adapters._shared.sysfs import Sysfs
from camvault.adapters._shared.usb_place import UsbPlace
from camvault.adapters.clipcheck import Mp4Footage
from camvault.adapters.filesystem import LocalSampler, LocalStorage
from camvault.adapters.jsonfile import JsonDocuments
from camvault.adapters.lifepo4wered import Lifepo4weredBattery
from camvault.adapters.sysfsusb import SysfsUsbPort
from camvault.adapters.uhubctl import UhubctlPort
from camvault.adapters.usbdisk import UsbDiskCard
from camvault.apps._assembly.upload import upload_transfer
from camvault.core.dashcam.configuration import BoxConfig
from camvault.core.workflows.dashcam.checking import CheckPorts
from camvault.core.workflows.dashcam.copy_ports import CopyPorts
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.core.workflows.dashcam.port_proof import port_doubt
from camvault.core.workflows.dashcam.send_report import SendPorts
from camvault.ports.battery import Battery
from camvault.ports.camera_card import CameraCard
from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.errors import StorageError
from camvault.ports.events import Reporter
from camvault.ports.usb import UsbPort

SYSFS_VARIABLE = "CAMVAULT_SYSFS"
"""Names another tree in place of /sys."""


def sysfs_root() -> Path:
    """Where the kernel tells of its devices."""
    return Path(os.environ.get(SYSFS_VARIABLE) or "/sys")


def box_folders(config: BoxConfig) -> BoxFolders:
    """Where clips are staged."""
    return BoxFolders(PurePath(config.paths.local_staging))


def box_battery() -> Battery:
    """The UPS."""
    return Lifepo4weredBattery()


def box_card(config: BoxConfig, *, on_wait: Callable[[str], None] = lambda _: None) -> CameraCard:
    """The card of the camera; `on_wait` is told why it is waited for."""
    camera = config.camera
    return UsbDiskCard(
        hub=camera.hub_location,
        port_number=camera.port_number,
        vendor=camera.vendor,
        product=camera.product,
        mount_base=PurePath(camera.mount_base),
        path=PurePath(camera.path) if camera.path else None,
        path_within_s=config.poll.mount_timeout_seconds,
        sysfs=sysfs_root(),
        on_wait=on_wait,
    )


def box_usb(config: BoxConfig) -> UsbPort:
    """The port of the camera: switched by uhubctl where that is installed, else by the kernel itself."""
    kind = UhubctlPort if find_program("uhubctl") else SysfsUsbPort
    camera = config.camera
    return kind(
        hub=camera.hub_location,
        port=camera.port_number,
        kernel=Sysfs(sysfs_root()),
        disks=_machine_disks(config),
        wanted=camera.ids,
    )


def port_lock(config: BoxConfig) -> PurePath | None:
    """What is locked while the port is switched, whatever staging the other one has; None if there is no such port.

    Of a USB 3 port, which is two for the kernel, it is the same for both. A lock on a folder of the kernel writes
    nothing.

    Raises:
        StorageError: That cannot be told.
    """
    place = UsbPlace(hub=config.camera.hub_location, port=config.camera.port_number, sysfs=Sysfs(sysfs_root()))
    try:
        folder = min(each.port_folder for each in place.both)
        return folder if place.sysfs.is_there(folder) else None
    except OSError as error:
        raise StorageError(place.port_folder, error.strerror or str(error)) from error


def _machine_disks(config: BoxConfig) -> MachineDisks:
    """What must not be switched off with the camera."""
    camera, upload = config.camera, config.upload
    target = (PurePath(upload.dest_path),) if upload.is_here else ()
    return MachineDisks(
        needed=(PurePath(config.paths.local_staging), PurePath(config.paths.log_path).parent, *target),
        card_base=PurePath(camera.mount_base),
        card_path=PurePath(camera.path) if camera.path else None,
    )


def copy_ports(
    config: BoxConfig, card: CameraCard, *, clock: Clock, reporter: Reporter, cancel: Cancellation
) -> CopyPorts:
    """What clips are copied from the card with."""
    storage = LocalStorage()
    return CopyPorts(
        storage=storage,
        card=card,
        footage=Mp4Footage(),
        samples=LocalSampler(),
        clock=clock,
        reporter=reporter,
        cancel=cancel,
        target=upload_transfer(config, box_folders(config), storage, cancel).wanted().number,
    )


def send_ports(
    config: BoxConfig, folders: BoxFolders, *, clock: Clock, reporter: Reporter, cancel: Cancellation
) -> SendPorts:
    """What staged clips are sent with."""
    storage = LocalStorage()
    return SendPorts(
        storage=storage,
        transfer=upload_transfer(config, folders, storage, cancel),
        clock=clock,
        reporter=reporter,
        cancel=cancel,
        chance=random.random,
    )


def check_ports(config: BoxConfig, folders: BoxFolders, *, clock: Clock, cancel: Cancellation) -> CheckPorts:
    """What clips are read again with."""
    storage = LocalStorage()
    transfer = upload_transfer(config, folders, storage, cancel)
    return CheckPorts(storage=storage, transfer=transfer, clock=clock, cancel=cancel)


def usb_doubt(folders: BoxFolders, *, port: str, hub: str) -> str:
    """Why it is not proven that the port cuts the power, a sentence; "" if it is."""
    return port_doubt(documents=JsonDocuments(LocalStorage()), folders=folders, port=port, hub=hub)
