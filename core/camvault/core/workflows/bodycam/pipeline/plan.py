"""Workflow, shared part: what a run of the pipeline will do. A run carries the plan out, a dry run prints it."""

from collections.abc import Iterator, Sequence
from pathlib import PurePath

import attrs

from camvault.core.batch.next_step import PipelineStage
from camvault.core.batch.plan import PreparePlan
from camvault.core.batch.run_names import RunNames
from camvault.core.batch.space_outlook import image_bound_bytes
from camvault.ports.image import SECTOR_BYTES


@attrs.frozen(kw_only=True)
class PipelinePlan:
    """The names of a run and the stages it will go through.

    Attributes:
        names: What the run makes in the workspace.
        build_dir: Where the outputs go; that of the earlier run if one is resumed.
        is_new: Whether this run makes the build directory.
        label: The volume label.
        stamp: The moment in the image.
        is_burning: Whether the image is burned; if not, nothing is removed either.
        is_deleting_originals: Whether the originals go once their footage is on a verified disc.
        earlier_folder: The build directory of an earlier run that goes too.
    """

    names: RunNames
    build_dir: PurePath
    is_new: bool
    label: str
    stamp: str
    is_burning: bool
    is_deleting_originals: bool
    earlier_folder: PurePath | None = None

    @property
    def stages(self) -> tuple[PipelineStage, ...]:
        """The stages in their order."""
        is_included = {PipelineStage.RELEASE: self.is_deleting_originals, PipelineStage.CLEAN: self.is_burning}
        return tuple(stage for stage in PipelineStage if is_included.get(stage, True))

    @property
    def folders_to_clean(self) -> tuple[PurePath, ...]:
        """What the last stage removes, in order."""
        folders = (self.build_dir, self.earlier_folder) if self.is_burning else ()
        return tuple(folder for folder in folders if folder is not None)

    def lines(
        self,
        prepared: PreparePlan,
        *,
        image_bytes: int | None,
        evidence_bytes: int = 0,
        burn_commands: Sequence[str] = (),
        burn_problem: str | None = None,
    ) -> Iterator[str]:
        """The plan as a dry run prints it.

        `image_bytes` is the exact size of the image, None where the outputs are not known yet; then `evidence_bytes` is
        the most that its evidence takes. `burn_problem` says why
        the burn stage could not work as things are.
        """
        image = _image_row(prepared, image_bytes, evidence_bytes)
        for word, text in self._rows(prepared, image, burn_commands, burn_problem):
            yield f"{word:<8} {text}"

    def _rows(
        self, prepared: PreparePlan, image: str, burn_commands: Sequence[str], burn_problem: str | None
    ) -> Iterator[tuple[str, str]]:
        clips = prepared.progress.clips
        yield "plan", prepared.summary()
        for warning in prepared.warnings:
            yield "warning", warning
        for clip in clips:
            yield "prepare", f"{clip.source} → {clip.output_name or clip.key}"
        yield "image", image
        yield "", f"label {self.label}"
        if burn_problem is not None:
            yield "warning", f"stage burn cannot work as things are: {burn_problem}"
        for command in burn_commands:
            yield "burn", command
        if self.is_deleting_originals:
            yield "release", f"{len(clips):,} originals will be deleted, if the disc is read back equal"
        for folder in self.folders_to_clean:
            yield "clean", f"{folder} will be removed"
        yield "ISO", str(self.names.image)
        yield "log", str(self.names.log)

    def outcome(self, *, is_verified: bool) -> str:
        """What is known of the disc after the run."""
        if not self.is_burning:
            return "image written and verified, nothing burned (--burn-dry-run)"
        return "verified" if is_verified else "burned, not verified (--burn-skip-verify)"


def _image_row(prepared: PreparePlan, image_bytes: int | None, evidence_bytes: int) -> str:
    """The size of the image: to the sector where the outputs are known, else the most it can be."""
    disc_bytes = prepared.progress.disc_bytes
    if image_bytes is not None:
        sectors = image_bytes // SECTOR_BYTES
        return f"{image_bytes:,} bytes ({sectors:,} sectors), {100 * image_bytes / disc_bytes:.1f} % of the disc"
    progress = prepared.progress
    most_bytes = image_bound_bytes(progress.usable_bytes, output_count=len(progress.clips)) + evidence_bytes
    return f"at most {most_bytes:,} bytes, {100 * most_bytes / disc_bytes:.1f} % of the disc"
