"""Pure: what a run of the pipeline will take of the disc and of the file systems, before it begins.

Every figure is a bound: the outputs do not exist yet. Clips that fit are copied; others are encoded to what fits.
"""

from collections.abc import Mapping, Sequence
from pathlib import PurePath

import attrs

from camvault.core.batch.uncoded import sources_bytes
from camvault.core.capacity.budget import Budget, image_overhead_bytes, kept_free_bytes
from camvault.ports.batch_record import BatchRecord
from camvault.ports.errors import UsageError

DEFAULT = Budget()
"""The capacity of a BD-R with one layer, and what stays free of it. Source: specification of `prepare_bodycam`."""


def budget_of(*, disc_bytes: int | None, safety_bytes: int | None) -> Budget:
    """The budget of a new job; None: not given, the default is meant.

    Raises:
        UsageError: Nothing of the disc is left.
    """
    disc = DEFAULT.disc_bytes if disc_bytes is None else disc_bytes
    safety = DEFAULT.safety_bytes if safety_bytes is None else safety_bytes
    if safety >= disc:
        raise UsageError(f"--safety-bytes {safety:,} leaves nothing of --disc-bytes {disc:,}")
    return Budget(disc_bytes=disc, safety_bytes=safety)


def bound_bytes(*, input_bytes: int | None, usable_bytes: int | None) -> int:
    """The most that the outputs can take: clips that fit are copied, others are encoded to what fits.

    None for what is not known (the drive has not been asked, a progress file does not say it).
    """
    return min((size for size in (input_bytes, usable_bytes) if size is not None), default=0)


def least_image_bytes(*, input_bytes: int | None, usable_bytes: int | None) -> int:
    """What the image takes in any case: clips that are copied, or encodes that are made to fill what is usable.

    0 where that is not known.
    """
    return 0 if input_bytes is None or usable_bytes is None else min(input_bytes, usable_bytes)


def image_bound_bytes(output_bytes: int, *, output_count: int) -> int:
    """The most that the image of such outputs can take."""
    return output_bytes + image_overhead_bytes(output_count)


@attrs.frozen
class SpaceNeed:
    """Room that one thing will take on one file system (`device` is its opaque name, `place` a path on it)."""

    what: str
    place: PurePath
    device: str
    size_bytes: int


def shortages(needs: Sequence[SpaceNeed], *, free_bytes: Mapping[str, int]) -> tuple[str, ...]:
    """One sentence for each file system that has too little room for everything together that goes to it."""
    found = []
    for device in dict.fromkeys(need.device for need in needs):
        here = [need for need in needs if need.device == device]
        total = sum(need.size_bytes for need in here)
        if total > free_bytes[device]:
            things = " and ".join(need.what for need in here)
            figures = f"{total:,} bytes needed, {free_bytes[device]:,} bytes free"
            found.append(f"Not enough free space at {here[0].place} for {things}: {figures}")
    return tuple(found)


@attrs.frozen(kw_only=True)
class Outlook:
    """What the flags and the clips, or the job to resume, say of a run.

    Attributes:
        wished_disc_bytes: The capacity of the disc; None until the drive was asked.
        wished_safety_bytes: As it was given; None if it was not.
        clip_sizes: The size of each clip of a new job in bytes; None for one that cannot be seen.
        is_resumed: Whether an earlier job is resumed.
        stored: That job; None also if its progress file cannot be read, which is for the first stage to say.
        evidence_bytes: What the evidence on the disc takes at most; 0 without it.
    """

    wished_disc_bytes: int | None
    wished_safety_bytes: int | None
    clip_sizes: tuple[int | None, ...] = ()
    is_resumed: bool = False
    stored: BatchRecord | None = None
    evidence_bytes: int = 0

    @property
    def clip_count(self) -> int:
        """How many outputs there will be."""
        return len(self.stored.clips) if self.stored else len(self.clip_sizes)

    @property
    def _input_bytes(self) -> int | None:
        """What the clips take, as far as it can be seen; None where a progress file does not say it."""
        if self.stored is not None:
            return sources_bytes(self.stored)
        return sum(size for size in self.clip_sizes if size is not None)

    @property
    def _asked_safety_bytes(self) -> int:
        return DEFAULT.safety_bytes if self.wished_safety_bytes is None else self.wished_safety_bytes

    @property
    def safety_bytes(self) -> int | None:
        """What stays free of the disc, as the first stage is told; None: the progress file decides."""
        if not self.is_resumed:
            return self._kept_free_bytes(self._asked_safety_bytes)
        if self.wished_safety_bytes is None or self.stored is None:
            return self.wished_safety_bytes
        meant = {self._kept_free_bytes(self.wished_safety_bytes, evidence) for evidence in (self.evidence_bytes, 0)}
        # what was stored is what the same wish became when the job began
        return self.stored.safety_bytes if self.stored.safety_bytes in meant else self.wished_safety_bytes

    def _kept_free_bytes(self, wished_bytes: int, evidence_bytes: int | None = None) -> int:
        beside_bytes = self.evidence_bytes if evidence_bytes is None else evidence_bytes
        return kept_free_bytes(wished_bytes, clip_count=self.clip_count, beside_bytes=beside_bytes)

    @property
    def _usable_bytes(self) -> int | None:
        """None until the drive was asked, or where the progress file that decides it cannot be read."""
        if self.is_resumed:
            return self.stored.usable_bytes if self.stored else None
        return None if self.wished_disc_bytes is None else self.wished_disc_bytes - (self.safety_bytes or 0)

    @property
    def outputs_bytes(self) -> int:
        """The most that the outputs can take."""
        return bound_bytes(input_bytes=self._input_bytes, usable_bytes=self._usable_bytes)

    @property
    def image_bytes(self) -> int:
        """The most that the image can take."""
        return image_bound_bytes(self.outputs_bytes, output_count=self.clip_count) + self.evidence_bytes

    @property
    def least_image_bytes(self) -> int:
        """What the image takes in any case; 0 where that is not known."""
        return least_image_bytes(input_bytes=self._input_bytes, usable_bytes=self._usable_bytes)

    def check_budget(self) -> None:
        """Refuse a budget that leaves nothing.

        Raises:
            UsageError: With the figures.
        """
        if self._usable_bytes is None or self._usable_bytes > 0:
            return
        overhead = image_overhead_bytes(self.clip_count) + self.evidence_bytes
        raise UsageError(
            f"--safety-bytes leaves nothing of --disc-bytes: of {self.wished_disc_bytes:,} bytes "
            f"{self.safety_bytes:,} stay free, the larger of {self._asked_safety_bytes:,} (--safety-bytes) and "
            f"{overhead:,} (what the image itself needs)"
        )
