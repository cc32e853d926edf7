"""Workflow, private part: the camera as the service sees it: the power and data of its port, and its card.

Nothing is switched while something of ours is mounted (INV-40). What is as it should be already is not commanded again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import attrs

from camvault.core.dashcam.configuration import BoxConfig
from camvault.core.power.table import Command
from camvault.core.workflows.dashcam.service_ports import ServicePorts
from camvault.core.workflows.dashcam.telling import ActFailedError, Telling
from camvault.ports.camera_card import Card, CardError, MountedCard
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import CamvaultError, Cancelled
from camvault.ports.usb import UsbState

_EXIT_WAIT_S = 5.0
"""So long is waited at the end of the service for a port that is off not long enough."""


@attrs.define
class SwitchedCamera:
    """The port and the card.

    Attributes:
        may_go_on: Asked after a wait, before something is switched on; raises if it must not be any more.
        seen: The port as it was seen last.
        mounted: What is mounted for a copy.
        off_since_s: Since when the port has no power, monotonic; None if it has, or if that is not known.
        is_disk: Whether data was switched on since the camera got power: then it shows its card, and has to lose its
            power before it records again.
        has_recorded: Whether it was seen with power and without data since it got power.
        is_known: Whether it was switched at least once: until then nothing is taken for granted.
    """

    ports: ServicePorts
    config: BoxConfig
    telling: Telling
    may_go_on: Callable[[], None]
    seen: UsbState = attrs.field(factory=UsbState)
    mounted: MountedCard | None = None
    off_since_s: float | None = None
    is_disk: bool = False
    has_recorded: bool = False
    is_known: bool = False
    _is_cleared: bool = attrs.field(default=False, init=False)

    def look(self, cancel: Cancellation) -> None:
        """See the port; what cannot be told is a problem, and says nothing."""
        try:
            self.seen = self.ports.usb.state(cancel=cancel)
        except Cancelled:
            raise
        except CamvaultError as error:
            self.seen = UsbState(words=(str(error),))
        if self.seen.is_powered is None:
            why = "; ".join(self.seen.words) or "no reason was given"
            self.telling.problem("port state", f"USB port {self.ports.usb.where}: its power is not known: {why}")
            return
        self.telling.fine("port state")
        _tell_device(self)
        # A camera that starts anew by itself comes up with data: a disk, though nobody told it to be one
        self.is_disk = self.seen.is_powered and (self.is_disk or (self.has_recorded and self.seen.is_data_on is True))
        if not self.seen.is_powered or self.seen.is_data_on is not None:
            self.has_recorded = self.seen.is_powered and not self.seen.is_data_on
        if self.seen.is_powered:
            self.off_since_s = None
        elif self.off_since_s is None:
            self.off_since_s = self.ports.clock.monotonic_s()

    @property
    def is_there(self) -> bool | None:
        """Whether the camera is seen in its port; None if that cannot be told."""
        return self.seen.is_connected and not _other(self) if self.seen.is_powered else None

    def is_as(self, command: Command) -> bool | None:
        """Whether the port is already as this command would make it; None if that cannot be told."""
        seen = self.seen
        if seen.is_powered is None:
            return None
        if command is Command.PORT_OFF:
            return not seen.is_powered
        return seen.is_powered and (bool(_other(self)) or not (seen.is_data_on or self.is_disk))

    # --- the port ----------------------------------------------------------------------------------------------------

    def power_off(self, cancel: Cancellation) -> None:
        """No power, no data."""
        self.release()
        if self.is_known and self.is_as(Command.PORT_OFF):
            return
        self.telling.action(Command.PORT_OFF, self.ports.usb.where)
        with self._of(Command.PORT_OFF):
            self.seen = self.ports.usb.switch_power(on=False, cancel=cancel)
        self.off_since_s, self.is_disk, self.is_known = self.ports.clock.monotonic_s(), False, True

    def record(self, cancel: Cancellation) -> None:
        """Power and no data: it records. A camera that was a disk loses its power first."""
        self.release()
        if self.is_known and self.is_as(Command.POWER_ON):
            return
        if self.is_disk:
            self.power_off(cancel)
        self._wait_until_reset(cancel)
        self._record_now(cancel)

    def leave_recording(self, cancel: Cancellation) -> None:
        """The same at the end of the service, within seconds: without a reset."""
        self.release()
        if self.is_as(Command.POWER_ON):
            return
        if self.is_disk:
            self.telling.note("The camera was a disk until now; some cameras record only after they lost their power")
        self.ports.clock.sleep(min(_left_s(self), _EXIT_WAIT_S), cancel=cancel)
        self._record_now(cancel)

    def _record_now(self, cancel: Cancellation) -> None:
        self.telling.action(Command.POWER_ON, self.ports.usb.where)
        with self._of(Command.POWER_ON):
            _powered(self, cancel)
            try:
                self.seen = self.ports.usb.switch_data(on=False, cancel=cancel)
            except Cancelled:
                raise
            except CamvaultError:
                self.seen = self.ports.usb.state(cancel=cancel)
                is_alone = self.seen.is_powered and self.seen.is_connected is False
                if not (is_alone or _other(self)):
                    raise
        self.is_disk = False
        if self.seen.is_connected is False:
            self.telling.problem("camera", f"USB port {self.ports.usb.where}: no camera is seen in it")
        else:
            self.telling.fine("camera")

    def data_on(self, cancel: Cancellation) -> None:
        """Power and data: it shows its card."""
        self.release()
        self._wait_until_reset(cancel)
        self.telling.action(Command.DATA_ON, self.ports.usb.where)
        with self._of(Command.DATA_ON):
            _powered(self, cancel)
            other = _other(self)
            if other:
                raise ActFailedError(Command.DATA_ON.value, f"USB port {self.ports.usb.where}: {other}")
            self.is_disk = True
            if not self.seen.is_data_on:
                self.seen = self.ports.usb.switch_data(on=True, cancel=cancel)

    def _wait_until_reset(self, cancel: Cancellation) -> None:
        """Wait until the port was off long enough; then the power must still allow to switch something on."""
        if self.telling.is_dry or _left_s(self) <= 0:
            return
        self.ports.clock.sleep(_left_s(self), cancel=cancel)
        self.may_go_on()

    # --- the card ----------------------------------------------------------------------------------------------------

    def mount(self, cancel: Cancellation) -> None:
        """Wait for the card, and mount it. A camera that does not show it is reset once."""
        card = None if self.config.camera.path else _found(self, cancel)
        if card is not None:
            self.telling.action(Command.MOUNT, " ".join(filter(None, (str(card.device), card.filesystem, card.uuid))))
        with self._of(Command.MOUNT):
            self.mounted = self.ports.card.mount(card, cancel=cancel)

    def release(self) -> None:
        """Nothing of ours is mounted any more; afterwards the port may be switched.

        Raises:
            ActFailedError: Something is still mounted.
        """
        with self._of(Command.UNMOUNT):
            if not self._is_cleared:
                for left in self.ports.card.leftovers():
                    _unmounted(self, left)
                self._is_cleared = True
            if self.mounted is not None:
                _unmounted(self, self.mounted)
                self.mounted = None

    @contextmanager
    def _of(self, command: Command) -> Iterator[None]:
        """What fails inside is a failure of this command; what does not ends its incidents."""
        try:
            yield
        except (Cancelled, ActFailedError):
            raise
        except CamvaultError as error:
            raise ActFailedError(command.value, str(error)) from error
        self.telling.fine(command.value)


def _other(camera: SwitchedCamera) -> str:
    """What is in the port in the place of the camera, a sentence; "" for nothing."""
    return camera.config.camera.ids.problem(camera.seen)


def _tell_device(camera: SwitchedCamera) -> None:
    other = _other(camera)
    if other:
        camera.telling.problem("device", f"USB port {camera.ports.usb.where}: {other}; its data is not switched")
    elif camera.seen.is_connected:
        camera.telling.fine("device")


def _powered(camera: SwitchedCamera, cancel: Cancellation) -> None:
    if not camera.seen.is_powered or not camera.is_known:
        camera.seen = camera.ports.usb.switch_power(on=True, cancel=cancel)
    camera.off_since_s, camera.is_known = None, True


def _left_s(camera: SwitchedCamera) -> float:
    if camera.off_since_s is None:
        return 0.0
    return camera.off_since_s + camera.config.camera.off_seconds - camera.ports.clock.monotonic_s()


def _found(camera: SwitchedCamera, cancel: Cancellation) -> Card:
    within_s = camera.config.poll.mount_timeout_seconds
    try:
        return camera.ports.card.find(within_s=within_s, cancel=cancel)
    except CardError as error:
        camera.telling.note(f"{error}; the camera is reset")
    camera.power_off(cancel)
    camera.data_on(cancel)
    try:
        return camera.ports.card.find(within_s=within_s, cancel=cancel)
    except CardError as error:
        raise ActFailedError(Command.MOUNT.value, str(error)) from error


def _unmounted(camera: SwitchedCamera, mounted: MountedCard) -> None:
    if mounted.is_ours:
        camera.telling.action(Command.UNMOUNT, str(mounted.folder))
    camera.ports.card.unmount(mounted)
