"""Workflow: a guided look at whether the port of the camera really cuts its power, which only a person can see."""

import enum
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import PurePath

import attrs

from camvault.core.dashcam.port_record import PortRecord, doubt_of, record_document
from camvault.core.power.table import Command
from camvault.core.workflows.dashcam.actions import ActionTaken
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.ports.camera_card import CameraCard
from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.documents import Documents
from camvault.ports.errors import CamvaultError, NotFoundError
from camvault.ports.events import Reporter
from camvault.ports.files import Volumes
from camvault.ports.usb import UsbPort, UsbPortError, UsbState

RECORD_NAME = "port-proof.json"
_RESTORE_S = 30.0


class ProofQuestion(enum.Enum):
    """What the person is asked, in this order."""

    IS_ON = "Look at the camera. Is it on now (a light, its screen, a sound)?"
    IS_DARK = "The port is off. Is the camera off too: no light, no screen, no sound?"
    IS_BACK = "The port is on again. Is the camera on again? Give it the time that it takes to start."


Ask = Callable[[ProofQuestion], bool | None]
"""The answer of the person; None: cannot tell."""


@attrs.frozen(kw_only=True)
class ProofPorts:
    """What is needed.

    Attributes:
        final_cancel: A wish to stop that comes by itself after so many seconds, and not before: for what must be done
            although `cancel` was requested.
    """

    usb: UsbPort
    card: CameraCard
    storage: Volumes
    documents: Documents
    clock: Clock
    reporter: Reporter
    cancel: Cancellation
    final_cancel: Callable[[float], Cancellation]


@attrs.frozen(kw_only=True)
class PortVerdict:
    """What came of it.

    Attributes:
        is_cutting: Whether the port cuts the power of the camera; None if that was not seen, and nothing was recorded.
        words: The verdict, a sentence.
    """

    is_cutting: bool | None
    words: str


def prove_port(*, ports: ProofPorts, folders: BoxFolders, off_seconds: float, ask: Ask) -> PortVerdict:
    """Switch the port off and on, and ask a person each time what the camera does; record what was seen.

    The port is left as it was, whatever happens.

    Args:
        ports: The outside world.
        folders: Where the record is kept.
        off_seconds: How long the port is off before the person is asked: a camera may have a supercapacitor.
        ask: Asks the person.

    Raises:
        UsbPortError: The port may not be switched, or is not as it was told to be.
        CardError: Its card is mounted, and cannot be unmounted; nothing was switched.
        StorageError: The record cannot be written.
        Cancelled: Asked to stop; the port is as it was, if that was possible.
    """
    refusal = ports.usb.refusal(cancel=ports.cancel)
    if refusal:
        raise UsbPortError(ports.usb.where, refusal, is_refused=True)
    for left in ports.card.leftovers():
        ports.reporter.emit(ActionTaken(Command.UNMOUNT, str(left.folder)))
        ports.card.unmount(left)
    before = ports.usb.state(cancel=ports.cancel)
    with _left_as_it_was(ports, before):
        verdict, seen = _ask_through(ports, before, off_seconds, ask)
    if verdict.is_cutting is not None:
        _keep(ports, folders, seen, is_cutting=verdict.is_cutting)
    return verdict


def port_doubt(*, documents: Documents, folders: BoxFolders, port: str, hub: str = "") -> str:
    """Why it is not proven that this port really cuts the power, a sentence; "" if it is. See `doubt_of`."""
    try:
        document = documents.read(_record(folders))
    except NotFoundError:
        document = None
    except CamvaultError as error:
        return f"It is not known whether USB port {port} really cuts the power of the camera: {error}"
    return doubt_of(document, port=port, hub=hub)


def _ask_through(ports: ProofPorts, before: UsbState, off_seconds: float, ask: Ask) -> tuple[PortVerdict, UsbState]:
    """The questions; and what was seen of the camera while the port was on."""
    where = ports.usb.where
    if not before.is_powered:
        _power(ports, on=True)
    if ask(ProofQuestion.IS_ON) is not True:
        return _unseen(
            f"The camera at USB port {where} was not seen to be on, so its power cannot be seen to go"
        ), before
    seen = ports.usb.state(cancel=ports.cancel)
    _power(ports, on=False)
    ports.clock.sleep(off_seconds, cancel=ports.cancel)
    is_dark = ask(ProofQuestion.IS_DARK)
    if is_dark is None:
        return _unseen(f"It was not seen what the camera does without USB port {where}"), seen
    if not is_dark:
        words = f"USB port {where} does not cut the power: the camera is on {off_seconds:g} s after the port went off"
        return PortVerdict(is_cutting=False, words=words), seen
    # A camera that went off by itself in this moment would be dark too
    _power(ports, on=True)
    if ask(ProofQuestion.IS_BACK) is not True:
        return _unseen(f"The camera did not come back with USB port {where}, so it may have gone off by itself"), seen
    return PortVerdict(is_cutting=True, words=f"USB port {where} cuts the power of the camera"), seen


def _unseen(words: str) -> PortVerdict:
    return PortVerdict(is_cutting=None, words=f"{words}; nothing was recorded")


def _power(ports: ProofPorts, *, on: bool) -> None:
    ports.reporter.emit(ActionTaken(Command.POWER_ON if on else Command.PORT_OFF, ports.usb.where))
    ports.usb.switch_power(on=on, cancel=ports.cancel)


@contextmanager
def _left_as_it_was(ports: ProofPorts, before: UsbState) -> Iterator[None]:
    """Power and data as they were, also if something failed or somebody asked to stop."""
    try:
        yield
    except BaseException:
        with suppress(CamvaultError):  # what is in flight says more
            _restore(ports, before, ports.final_cancel(_RESTORE_S))
        raise
    _restore(ports, before, ports.cancel)


def _restore(ports: ProofPorts, before: UsbState, cancel: Cancellation) -> None:
    now = ports.usb.state(cancel=cancel)
    if before.is_powered is not None and now.is_powered is not before.is_powered:
        ports.usb.switch_power(on=before.is_powered, cancel=cancel)
    # Whatever comes back into a port may be used; a camera that recorded may not
    if before.is_powered and before.is_data_on is False:
        ports.usb.switch_data(on=False, cancel=cancel)


def _keep(ports: ProofPorts, folders: BoxFolders, seen: UsbState, *, is_cutting: bool) -> None:
    record = PortRecord(
        port=ports.usb.where,
        hub=seen.hub,
        camera=f"{seen.vendor}:{seen.product}" if seen.vendor else "",
        is_cutting=is_cutting,
        seen_at=ports.clock.now(),
    )
    ports.storage.make_folder(folders.records)
    ports.documents.write(_record(folders), record_document(record))


def _record(folders: BoxFolders) -> PurePath:
    return folders.records / RECORD_NAME
