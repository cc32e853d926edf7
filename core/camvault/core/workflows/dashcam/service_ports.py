"""Workflow, private part: what the service works with, and how it is run."""

from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import Protocol

import attrs

from camvault.core.dashcam.configuration import BoxConfig
from camvault.core.dashcam.offload_plan import WaitingClip
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.ports.battery import Battery
from camvault.ports.camera_card import CameraCard, MountedCard
from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.documents import Documents
from camvault.ports.events import Reporter
from camvault.ports.files import Storage
from camvault.ports.host import Host
from camvault.ports.reach import Reach
from camvault.ports.supervision import Supervision
from camvault.ports.usb import UsbPort

Stop = Callable[[], str]
"""Asked again and again by what takes long: why it is to end here; "" to go on."""

OnPlan = Callable[[Sequence[WaitingClip]], None]


@attrs.frozen
class Staged:
    """What is staged and not proven to be at the server."""

    count: int = 0
    size_bytes: int = 0


class CopyResult(Protocol):
    """What a copy says at its end; see `copying.CopyReport`."""

    @property
    def copied_count(self) -> int:
        """How many clips were staged."""
        ...

    @property
    def copied_bytes(self) -> int:
        """Their size."""
        ...

    @property
    def seconds(self) -> float:
        """How long it took."""
        ...

    @property
    def waiting_count(self) -> int:
        """How many finished clips are on the card and neither staged nor proven."""
        ...

    @property
    def waiting_bytes(self) -> int:
        """Their size."""
        ...

    @property
    def problems(self) -> tuple[str, ...]:
        """What went wrong, a sentence each."""
        ...

    @property
    def is_whole(self) -> bool:
        """Whether every finished clip of the card is staged or proven, and the card was alive before and after."""
        ...

    @property
    def stopped(self) -> str:
        """Why it was ended early: what `stop` said, or that staging is full; "" if it was not."""
        ...


class Sent(Protocol):
    """What an upload says at its end; see `sending.SendReport`."""

    @property
    def proven_count(self) -> int:
        """How many clips were proven to be at the server."""
        ...

    @property
    def sent_bytes(self) -> int:
        """What went over the wire."""
        ...

    @property
    def seconds(self) -> float:
        """How long it took."""
        ...

    @property
    def removed_count(self) -> int:
        """How many of them were removed from staging."""
        ...

    @property
    def waiting_count(self) -> int:
        """How many clips are staged and not proven."""
        ...

    @property
    def waiting_bytes(self) -> int:
        """Their size."""
        ...

    @property
    def problems(self) -> tuple[str, ...]:
        """What went wrong, a sentence each."""
        ...

    @property
    def is_whole(self) -> bool:
        """Whether all that was staged is proven."""
        ...

    @property
    def stopped(self) -> str:
        """Why it was ended early; "" if it was not."""
        ...


class Offload(Protocol):
    """The two ways of a clip. Never both at once."""

    def staged(self) -> Staged:
        """What is staged and not proven to be at the server."""
        ...

    def room_bytes(self) -> int:
        """What staging takes beside that."""
        ...

    def copy(
        self, mounted: MountedCard, *, stop: Stop, on_plan: OnPlan, reporter: Reporter, cancel: Cancellation
    ) -> CopyResult:
        """From the card to staging; see `copying.copy_clips`. `on_plan` gets what is to be copied, in order."""
        ...

    def send(self, *, stop: Stop, reporter: Reporter, cancel: Cancellation) -> Sent:
        """From staging to the server, proven and removed; see `sending.send_clips`. Tells its commands itself."""
        ...


@attrs.frozen(kw_only=True)
class ServicePorts:
    """All that the service switches, reads and tells.

    Attributes:
        final_cancel: A wish to stop that comes by itself after so many seconds, and not before: for what must be done
            although `cancel` was requested.
        port_proof: What is known of whether the port really cuts power, as a sentence; see `dashcam usb prove`.
        port_lock: What is locked beside the staging, because another box may have the same port: its folder at the
            kernel; None for nothing. Asked at the start; may raise `StorageError`.
        check_tools: Raises `MissingToolError` if what sends is not installed.
    """

    battery: Battery
    reach: Reach
    usb: UsbPort
    card: CameraCard
    host: Host
    offload: Offload
    storage: Storage
    documents: Documents
    clock: Clock
    reporter: Reporter
    cancel: Cancellation
    supervision: Supervision
    final_cancel: Callable[[float], Cancellation]
    port_proof: Callable[[], str] = lambda: ""
    port_lock: Callable[[], PurePath | None] = lambda: None
    check_tools: Callable[[], None] = lambda: None


@attrs.frozen(kw_only=True)
class ServiceOptions:
    """What is run.

    Attributes:
        is_once: One round, and then the end.
        is_dry: Nothing is switched, mounted, copied, sent, removed or written; what would be is told.
    """

    config: BoxConfig
    folders: BoxFolders
    is_once: bool = False
    is_dry: bool = False
