"""Workflow, private part: a dry run: ports that read what is there, and only remember what they are told to change."""

from collections.abc import Callable
from pathlib import PurePath

import attrs

from camvault.core.power.table import Command
from camvault.core.workflows.dashcam.actions import ActionTaken
from camvault.core.workflows.dashcam.service_ports import Offload, OnPlan, ServicePorts, Staged, Stop
from camvault.ports.camera_card import CameraCard, Card, MountedCard
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import CamvaultError
from camvault.ports.events import Reporter, Warned
from camvault.ports.host import Host
from camvault.ports.usb import UsbPort, UsbState

_PRETENDED = Card(device=PurePath("the card"), filesystem="")


def rehearsed(ports: ServicePorts) -> ServicePorts:
    """The same ports without their consequences."""
    return attrs.evolve(
        ports,
        usb=_RehearsedUsb(ports.usb),
        card=_RehearsedCard(ports.card),
        host=_RehearsedHost(ports.host),
        offload=_RehearsedOffload(ports.offload),
    )


@attrs.define
class _RehearsedUsb:
    """Looks at the port until it would have been switched; from then on it is as it would be."""

    real: UsbPort
    is_powered: bool | None = None
    is_data_on: bool = False

    @property
    def where(self) -> str:
        return self.real.where

    def refusal(self, *, cancel: Cancellation) -> str:
        return self.real.refusal(cancel=cancel)

    def state(self, *, cancel: Cancellation) -> UsbState:
        seen = self.real.state(cancel=cancel)
        if self.is_powered is None:
            return seen
        return attrs.evolve(seen, is_powered=self.is_powered, is_connected=self.is_powered, is_data_on=self.is_data_on)

    def switch_power(self, *, on: bool, cancel: Cancellation) -> UsbState:
        self.is_powered = self.is_data_on = on
        return self.state(cancel=cancel)

    def switch_data(self, *, on: bool, cancel: Cancellation) -> UsbState:
        self.is_data_on = on
        return self.state(cancel=cancel)


@attrs.frozen
class _RehearsedCard:
    """A card that would be there."""

    real: CameraCard

    def find(self, *, within_s: float, cancel: Cancellation) -> Card:
        del within_s
        cancel.check()
        return _PRETENDED

    def mount(self, card: Card | None, *, cancel: Cancellation) -> MountedCard:
        cancel.check()
        return MountedCard(folder=_PRETENDED.device, card=card, is_ours=card is not None, device_number=0)

    def problem(self, mounted: MountedCard) -> str:
        del mounted
        return ""

    def unmount(self, mounted: MountedCard) -> None:
        """Nothing is mounted."""

    def leftovers(self) -> tuple[MountedCard, ...]:
        return self.real.leftovers()


@attrs.frozen
class _RehearsedHost:
    """A machine that goes on."""

    real: Host

    def shut_down(self, *, reason: str, cancel: Cancellation) -> None:
        del reason
        cancel.check()

    def boot_id(self) -> str:
        return self.real.boot_id()


@attrs.frozen
class _Outcome:
    """A copy or an upload of one clip that went well."""

    copied_count: int = 1
    copied_bytes: int = 0
    sent_bytes: int = 0
    seconds: float = 0
    proven_count: int = 1
    removed_count: int = 1
    waiting_count: int = 0
    waiting_bytes: int = 0
    problems: tuple[str, ...] = ()
    is_whole: bool = True
    stopped: str = ""


@attrs.define
class _RehearsedOffload:
    """Stands for clips on the card, which nobody can see before it is mounted: it has some, and staging takes them.

    How many batches a live run makes of them depends on what only the mounted card tells, which is said once.
    """

    real: Offload
    has_copied: bool = False
    has_sent: bool = False
    has_warned: bool = False

    def staged(self) -> Staged:
        if self.has_sent:
            return Staged()
        staged = self.real.staged()
        return attrs.evolve(staged, count=staged.count + self.has_copied)

    def room_bytes(self) -> int:
        return self.real.room_bytes()

    def copy(
        self, mounted: MountedCard, *, stop: Stop, on_plan: OnPlan, reporter: Reporter, cancel: Cancellation
    ) -> _Outcome:
        del mounted, stop, on_plan
        cancel.check()
        if not self.has_warned:
            self.has_warned = True
            reporter.emit(Warned(f"[copy] {self._only_one_batch()}"))
        self.has_copied, self.has_sent = True, False
        return _Outcome()

    def _only_one_batch(self) -> str:
        try:
            room = f"staging takes {self.real.room_bytes():,} bytes"
        except CamvaultError as error:
            room = f"how much staging takes is not known: {error}"
        return (
            "dry run: how much waits on the card is known only when it is mounted, so this is the first batch alone; "
            f"{room}; of what is more than that, copy and upload take turns until all is proven"
        )

    def send(self, *, stop: Stop, reporter: Reporter, cancel: Cancellation) -> _Outcome:
        del stop
        cancel.check()
        self.has_copied, self.has_sent = False, True
        for command in (Command.UPLOAD, Command.VERIFY, Command.REMOVE_STAGED):
            reporter.emit(ActionTaken(command, is_dry=True))
        return _Outcome()


_usb_conforms: Callable[[UsbPort], UsbPort] = _RehearsedUsb
_card_conforms: Callable[[CameraCard], CameraCard] = _RehearsedCard
_host_conforms: Callable[[Host], Host] = _RehearsedHost
_offload_conforms: Callable[[Offload], Offload] = _RehearsedOffload
