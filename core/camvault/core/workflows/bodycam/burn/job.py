"""Workflow, private part: one burn: its request, the image as it was found, and the ports that every step needs."""

import attrs

from camvault.core.workflows.bodycam.burn.request import BurnRequest
from camvault.core.workflows.steps.meter import Meter
from camvault.ports.burner import Burner, Drives, ImageMap
from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.entries import FileEntry
from camvault.ports.errors import ChangedError, DriveError
from camvault.ports.events import Reporter
from camvault.ports.files import Storage
from camvault.ports.medium import Medium

POLL_S = 3.0
"""How long the workflow waits before it asks a drive again that had no disc ready."""


@attrs.frozen(kw_only=True)
class BurnJob:
    """What the steps of one burn share; `image` is the entry of the image as the run found it."""

    request: BurnRequest
    image: FileEntry
    storage: Storage
    drives: Drives
    burner: Burner
    image_map: ImageMap
    clock: Clock
    reporter: Reporter
    cancel: Cancellation

    @property
    def device(self) -> str:
        """The drive."""
        return self.request.device

    @property
    def size_bytes(self) -> int:
        """The size of the image."""
        return self.image.identity.size_bytes

    def meter(self, task: str) -> Meter:
        """The progress of one task over the whole image."""
        return Meter(task, self.size_bytes, self.request.image.name, self.clock, self.reporter)

    def check_unchanged(self, when: str) -> None:
        """Raise `ChangedError` if another file stands under the image's name now."""
        now = self.storage.entry(self.image.path)
        if now is None or now.identity != self.image.identity:
            raise ChangedError(self.request.image, f"the image changed {when}")

    def medium_if_known(self) -> Medium | None:
        """What is in the drive; None if the drive does not answer."""
        try:
            return self.drives.medium(self.device)
        except DriveError:
            return None

    def wait(self) -> None:
        """Wait before the drive is asked again."""
        self.clock.sleep(POLL_S, cancel=self.cancel)
