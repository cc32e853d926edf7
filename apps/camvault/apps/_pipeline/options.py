"""Composition root, shared part: the flags of the pipeline: its own, and those of its four stages."""

from pathlib import Path
from typing import Annotated

import attrs
import typer

from camvault.apps import burn_iso, cleanup, create_iso, prepare_bodycam
from camvault.apps._assembly.workspace import DEFAULT_WORDS, ROOT_VARIABLE, default_root
from camvault.apps._cli.flags import UNDECIDED, Part
from camvault.apps._cli.stage import YesNo
from camvault.ports.errors import UsageError

COMMAND = "run_bodycam_pipeline"
PREPARE = Part(
    stage=prepare_bodycam.STAGE,
    prefix="prep",
    owned=("build_dir",),
    has_arguments=True,
    meanings={
        "delete_originals": "Delete the clips after the disc was burned, read back and compared.",
        "device": "The drive that --prep-disc-bytes auto asks; by default that of --burn-device.",
        "resume": "Continue the job of this progress file, in its own build directory.",
    },
)
IMAGE = Part(
    stage=create_iso.STAGE,
    prefix="iso",
    owned=("build_dir", "iso_path", "even_unfinished"),
    defaults={"evidence": YesNo.YES},
)
BURN = Part(stage=burn_iso.STAGE, prefix="burn", owned=("iso_path",))
CLEAN = Part(
    stage=cleanup.STAGE,
    prefix="clean",
    optional=("build_dir",),
    meanings={"build_dir": "The build directory of an earlier run, to be removed as well when this one is done."},
)


@attrs.frozen(kw_only=True)
class Options:
    """The flags of the pipeline. What the pipeline decides for a stage is put into the stage's options by `Steps`."""

    root: Annotated[
        Path | None,
        typer.Option(
            "--root",
            metavar="DIR",
            envvar=ROOT_VARIABLE,
            help="The workspace drive: logs/ and images/ go there.",
            show_default=DEFAULT_WORDS,
        ),
    ] = None
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the whole plan and touch nothing.")] = False
    prepare: Annotated[prepare_bodycam.Options, PREPARE]
    image: Annotated[create_iso.Options, IMAGE]
    burn: Annotated[burn_iso.Options, BURN]
    clean: Annotated[cleanup.Options, CLEAN]

    @property
    def workspace(self) -> Path:
        """Where logs and images go, absolute."""
        return (default_root() if self.root is None else self.root).absolute()

    @property
    def clips(self) -> tuple[Path, ...]:
        """The clips, absolute."""
        return tuple(path.absolute() for path in self.prepare.files or ())

    @property
    def resumed(self) -> Path | None:
        """The progress file of the job to resume, absolute."""
        return self.prepare.resume and self.prepare.resume.absolute()

    @property
    def earlier_folder(self) -> Path | None:
        """The build directory of an earlier run that goes too, absolute."""
        folder = self.clean.build_dir
        return None if folder == UNDECIDED else folder.absolute()

    @property
    def is_deleting_originals(self) -> bool:
        """Whether the originals shall go once their footage is on a verified disc."""
        return bool(self.prepare.delete_originals)

    def for_prepare(self, build_dir: Path, *, safety_bytes: int | None) -> prepare_bodycam.Options:
        """The first stage's options. Originals go after the burn, not in this stage."""
        is_drive_that_burns = self.prepare.is_drive_asked and self.prepare.device is None
        return attrs.evolve(
            self.prepare,
            build_dir=build_dir,
            safety_bytes=safety_bytes,
            delete_originals=YesNo.NO,
            device=self.burn.device if is_drive_that_burns else self.prepare.device,
        )

    def check(self) -> None:
        """Refuse combinations that cannot be meant, before anything is looked at.

        Raises:
            UsageError: With the flags spelled as the pipeline has them.
        """
        if not self.prepare.files and self.prepare.resume is None:
            raise UsageError("Missing argument 'FILE...' (or --prep-resume)")
        try:
            self.for_prepare(self.workspace, safety_bytes=None).check()
        except UsageError as error:
            raise UsageError(PREPARE.in_larger_terms(str(error))) from error
        try:
            self.image.check()
        except UsageError as error:
            raise UsageError(IMAGE.in_larger_terms(str(error))) from error
