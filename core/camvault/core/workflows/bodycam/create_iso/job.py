"""Workflow, private part: one image to make: its request, and the ports that every step needs."""

from collections.abc import Callable
from pathlib import PurePath

import attrs

from camvault.core.batch.marker import BUILD_MARKER_NAME, is_marker
from camvault.core.workflows.bodycam.create_iso.request import ImageRequest
from camvault.core.workflows.steps.meter import Meter
from camvault.core.workflows.steps.target_claim import temporary_path
from camvault.ports.batch_record import BatchRecords
from camvault.ports.cancellation import Cancellation
from camvault.ports.clip_facts import ClipReader
from camvault.ports.clock import Clock
from camvault.ports.events import Reporter
from camvault.ports.files import Storage
from camvault.ports.image import ImageBuilder, ImagePlan, ImageVerifier


@attrs.frozen(kw_only=True)
class ImageJob:
    """What the steps of making one image share. `is_image`: see `create_iso`."""

    request: ImageRequest
    storage: Storage
    builder: ImageBuilder
    verifier: ImageVerifier
    clock: Clock
    reporter: Reporter
    cancel: Cancellation
    is_image: Callable[[PurePath], bool]
    progress_files: BatchRecords
    clip_reader: ClipReader

    @property
    def target(self) -> PurePath:
        """Where the proven image will stand."""
        return self.request.target

    @property
    def temporary(self) -> PurePath:
        """Where the image stands until it is proven."""
        return temporary_path(self.target)

    def is_build_dir(self, root: PurePath) -> bool:
        """Whether the folder carries the marker of a build directory of camvault."""
        return is_marker(self.storage.read_text(root / BUILD_MARKER_NAME))

    def meter(self, task: str, plan: ImagePlan) -> Meter:
        """The progress of one task over the whole image."""
        return Meter(task, plan.size_bytes, self.target.name, self.clock, self.reporter)
