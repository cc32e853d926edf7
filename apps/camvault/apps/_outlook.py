"""Composition root, shared part: what a run of the pipeline will take, and what speaks against it, before it begins."""

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import attrs

from camvault.adapters.progressfile import JsonProgressFiles
from camvault.apps._burners import select_drives
from camvault.apps.prepare_bodycam import DISC_BYTES, SAFETY_BYTES
from camvault.core.disc.burning import DISC_FILE_PREFIX
from camvault.core.capacity.budget import image_overhead_bytes
from camvault.core.batch.pipeline import Need, bound_bytes, image_bound_bytes, kept_free_bytes, least_image_bytes
from camvault.core.batch.resuming import sources_bytes
from camvault.core.workflows.bodycam.plan import load_progress
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import CamvaultError, Cancelled, StorageError, UsageError
from camvault.ports.files import Storage
from camvault.ports.progress import Progress


@attrs.frozen(kw_only=True)
class Outlook:
    """What the flags and the clips, or the job to resume, say of a run. `values` are the flags by parameter name."""

    values: Mapping[str, Any]
    root: Path
    files: tuple[Path, ...]
    storage: Storage
    cancel: Cancellation

    @property
    def resumed(self) -> Path | None:
        """The progress file of the job to resume."""
        resumed: Path | None = self.values["prep_resume"]
        return resumed and resumed.absolute()

    @property
    def extra_folder(self) -> Path | None:
        """A further build directory, of an earlier run, that goes too."""
        folder: Path | None = self.values["clean_build_dir"]
        return folder and folder.absolute()

    @cached_property
    def stored(self) -> Progress | None:
        """The job to resume; None also for one that cannot be read, which is for its stage to say."""
        if self.resumed is None:
            return None
        try:
            return load_progress(self.resumed, JsonProgressFiles(self.storage))[1]
        except CamvaultError:
            return None

    @cached_property
    def _sizes(self) -> Mapping[Path, int | None]:
        """The clips, each once, and their sizes as far as they can be seen."""
        return dict(map(self._look_at, self.files))

    def _look_at(self, path: Path) -> tuple[Path, int | None]:
        try:
            resolved = Path(self.storage.resolve(path.absolute()))
            entry = self.storage.entry(resolved)
        except StorageError:
            return path, None
        return resolved, entry.identity.size_bytes if entry else None

    @property
    def clip_count(self) -> int:
        """How many outputs there will be."""
        return len(self.stored.clips) if self.stored else len(self._sizes)

    @property
    def _input_bytes(self) -> int | None:
        """What the clips take, as far as it can be seen; None where a progress file does not say it."""
        if self.stored is not None:
            return sources_bytes(self.stored)
        return sum(size for size in self._sizes.values() if size is not None)

    @property
    def _wished_safety_bytes(self) -> int | None:
        wished: int | None = self.values["prep_safety_bytes"]
        return wished

    @property
    def safety_bytes(self) -> int | None:
        """What stays free of the disc, as the first stage is told; None: the progress file decides."""
        if self.resumed is None:
            wished = SAFETY_BYTES if self._wished_safety_bytes is None else self._wished_safety_bytes
            return kept_free_bytes(wished, clip_count=self.clip_count)
        if self._wished_safety_bytes is None or self.stored is None:
            return self._wished_safety_bytes
        meant = kept_free_bytes(self._wished_safety_bytes, clip_count=self.clip_count)
        # what was stored is what the same wish became when the job began
        return meant if meant == self.stored.safety_bytes else self._wished_safety_bytes

    @property
    def _disc_bytes(self) -> int | None:
        """None until the drive was asked."""
        disc = self.values["prep_disc_bytes"]
        return None if disc == "auto" else DISC_BYTES if disc is None else int(disc)

    @property
    def _usable_bytes(self) -> int | None:
        """None until the drive was asked, or where the progress file that decides it cannot be read."""
        if self.resumed is not None:
            return self.stored.usable_bytes if self.stored else None
        return None if self._disc_bytes is None else self._disc_bytes - (self.safety_bytes or 0)

    def check_budget(self) -> None:
        """Refuse a budget that leaves nothing.

        Raises:
            UsageError: With the figures.
        """
        if self._usable_bytes is None or self._usable_bytes > 0:
            return
        asked = SAFETY_BYTES if self._wished_safety_bytes is None else self._wished_safety_bytes
        overhead = image_overhead_bytes(self.clip_count)
        raise UsageError(
            f"--prep-safety-bytes leaves nothing of --prep-disc-bytes: of {self._disc_bytes:,} bytes "
            f"{self.safety_bytes:,} stay free, the larger of {asked:,} (--prep-safety-bytes) and {overhead:,} (what "
            "the image itself needs)"
        )

    def needs(self) -> list[Need]:
        """The room that build directory, image and disc file may take. What cannot be seen is left to prepare."""
        outputs = bound_bytes(input_bytes=self._input_bytes, usable_bytes=self._usable_bytes)
        image = image_bound_bytes(outputs, output_count=self.clip_count)
        images = self.root / "images"
        found = [("image", images, image)]
        if self.resumed is None:
            found.insert(0, ("build directory", images, outputs))
        disc = disc_file_of(self.values["burn_device"])
        if disc is not None and not disc.exists():
            found.append(("disc file", disc, image))
        return [Need(what, place, self.storage.device_of(place), size) for what, place, size in found]

    def check_disc_file(self, in_larger_terms: Callable[[str], str]) -> None:
        """Refuse a disc file that cannot take the image, hours before its turn. A drive may still get its disc.

        Raises:
            UsageError: It is spelled wrong, its folder is not there, it is used, or it is too small.
        """
        device: str | None = self.values["burn_device"]
        if disc_file_of(device) is None or device is None:
            return
        try:
            medium = select_drives(device, cancel=self.cancel).medium(device)
        except Cancelled:
            raise
        except CamvaultError as error:
            raise UsageError(_hopeless(in_larger_terms(str(error)))) from error
        least = least_image_bytes(input_bytes=self._input_bytes, usable_bytes=self._usable_bytes)
        refusal = medium.refusal(least)
        if refusal is not None and not self.values["burn_dry_run"]:
            raise UsageError(_hopeless(f"{refusal}: {device}"))


def _hopeless(reason: str) -> str:
    return f"Stage burn could not work: {reason}"


def disc_file_of(device: str | None) -> Path | None:
    """The file of a device `stdio:PATH[,blocks=N]`; None for a drive."""
    if device is None or not device.startswith(DISC_FILE_PREFIX):
        return None
    return Path(device.removeprefix(DISC_FILE_PREFIX).rsplit(",blocks=", 1)[0]).absolute()
