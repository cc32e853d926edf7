"""Workflow, private part: the two ways of a clip as the service goes them: from the card, and to the server."""

from collections.abc import Callable, Sequence

import attrs

from camvault.core.dashcam.clip_order import is_event
from camvault.core.dashcam.configuration import BoxConfig
from camvault.core.dashcam.offload_plan import WaitingClip
from camvault.core.dashcam.space_plan import reserve_bytes
from camvault.core.workflows.dashcam.copy_ports import CardClip, CopyPorts, CopyReport
from camvault.core.workflows.dashcam.copying import copy_clips
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.core.workflows.dashcam.records import ClipRecords
from camvault.core.workflows.dashcam.send_report import SendPorts, SendReport
from camvault.core.workflows.dashcam.sending import clips_to_send, send_clips
from camvault.core.workflows.dashcam.service_ports import Offload, OnPlan, Staged, Stop
from camvault.ports.camera_card import CameraCard, MountedCard
from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.events import Reporter
from camvault.ports.files import Storage
from camvault.ports.footage import ContentSampler, FootageCheck
from camvault.ports.transfer import Transfer


@attrs.frozen(kw_only=True)
class ClipOffload:
    """Copies and sends clips of a box."""

    config: BoxConfig
    folders: BoxFolders
    storage: Storage
    card: CameraCard
    footage: FootageCheck
    samples: ContentSampler
    transfer: Transfer
    clock: Clock
    chance: Callable[[], float]

    def staged(self) -> Staged:
        """See `Offload`."""
        clips = clips_to_send(ClipRecords(self.folders, self.storage))
        return Staged(len(clips), sum(clip.identity.size_bytes for clip in clips))

    def room_bytes(self) -> int:
        """See `Offload`."""
        staging = self.folders.staging
        reserve = reserve_bytes(self.storage.total_bytes(staging))
        return max(0, self.storage.free_bytes(staging) - reserve)

    def copy(
        self, mounted: MountedCard, *, stop: Stop, on_plan: OnPlan, reporter: Reporter, cancel: Cancellation
    ) -> CopyReport:
        """See `Offload`."""

        def planned(clips: Sequence[CardClip]) -> None:
            on_plan([WaitingClip(clip.path, clip.size_bytes, is_event(clip.path)) for clip in clips])

        ports = CopyPorts(
            storage=self.storage,
            card=self.card,
            footage=self.footage,
            samples=self.samples,
            clock=self.clock,
            reporter=reporter,
            cancel=cancel,
            target=self.transfer.wanted().number,
        )
        return copy_clips(mounted, ports=ports, folders=self.folders, config=self.config, stop=stop, on_plan=planned)

    def send(self, *, stop: Stop, reporter: Reporter, cancel: Cancellation) -> SendReport:
        """See `Offload`."""
        ports = SendPorts(
            storage=self.storage,
            transfer=self.transfer,
            clock=self.clock,
            reporter=reporter,
            cancel=cancel,
            chance=self.chance,
        )
        return send_clips(ports=ports, folders=self.folders, config=self.config, stop=stop)


_conforms: Callable[..., Offload] = ClipOffload
