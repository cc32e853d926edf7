"""Composition root, shared part: one run of the body-cam pipeline, whatever its stages are."""

import os
import secrets
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import attrs

from camvault.adapters.filesystem import LocalStorage, read_mount_table
from camvault.adapters.progressfile import JsonProgressFiles
from camvault.apps._advice import Advice
from camvault.apps._cli import Context, Known, YesNo
from camvault.apps._outlook import Outlook
from camvault.apps._parts import Part
from camvault.apps._stages import StageRunner
from camvault.apps._workspace import guarded_folders
from camvault.apps.prepare_bodycam import Wishes
from camvault.core.disc.labels import check_label
from camvault.core.batch.pipeline import PipelineStage, RunNames
from camvault.core.workflows.bodycam.burn import BurnReport
from camvault.core.workflows.bodycam.cleanup import check_removable
from camvault.core.workflows.bodycam.create_iso import ImageReport
from camvault.core.workflows.bodycam.originals import Released, check_image, let_go_after_burn
from camvault.core.workflows.bodycam.pipeline import (
    BuildDirKept,
    PipelineFinished,
    Reports,
    ResultStored,
    Step,
    check_room,
    check_workspace,
    make_build_dir,
    reserve_names,
    run_stages,
)
from camvault.core.workflows.bodycam.prepare import PrepareReport
from camvault.ports.errors import UsageError
from camvault.ports.files import Storage

_MORE_PROGRAMS = ("/opt/homebrew/bin", "/usr/local/bin")
"""Where tools are that a desktop launcher's or cron's PATH does not name."""


@attrs.frozen(kw_only=True)
class Parts:
    """The four stages of the pipeline."""

    prepare: Part
    image: Part
    burn: Part
    clean: Part

    def __iter__(self) -> Iterator[Part]:
        return iter((self.prepare, self.image, self.burn, self.clean))


@attrs.frozen(kw_only=True)
class PipelineRun:
    """One run. `values` are the parsed flags by parameter name, the stages' ones under their prefixes."""

    context: Context
    parts: Parts
    values: Mapping[str, Any]
    root: Path
    files: tuple[Path, ...]
    storage: Storage = attrs.field(factory=LocalStorage)

    def check(self) -> None:
        """Everything that can be wrong before anything is touched.

        Raises:
            UsageError: And nothing was written.
        """
        check_workspace(self.root, storage=self.storage, mounts=read_mount_table())
        if not self.files and self.outlook.resumed is None:
            raise UsageError("Missing argument 'FILE...' (or --prep-resume)")
        self._check_wishes()
        if self.values["iso_volume_label"] is not None:
            check_label(self.values["iso_volume_label"])
        self.outlook.check_budget()
        self.outlook.check_disc_file(self.parts.burn.in_larger_terms)
        if self.extra_folder is not None:
            check_removable(
                self.extra_folder,
                guarded=guarded_folders(self.root),
                storage=self.storage,
                progress_files=JsonProgressFiles(self.storage),
                cancel=self.context.cancel,
                is_losing_allowed=self.values["clean_even_only_copies"],
            )

    def _check_wishes(self) -> None:
        try:
            self.wishes(self.root).check()
        except UsageError as error:
            raise UsageError(self.parts.prepare.in_larger_terms(str(error))) from error

    @cached_property
    def outlook(self) -> Outlook:
        """What the run will take."""
        return Outlook(
            values=self.values, root=self.root, files=self.files, storage=self.storage, cancel=self.context.cancel
        )

    @property
    def extra_folder(self) -> Path | None:
        """A further build directory, of an earlier run, that goes too."""
        return self.outlook.extra_folder

    def prepare_for_work(self) -> None:
        """Check everything, the room for it included, and let the tools be found.

        Raises:
            UsageError: And nothing was written.
        """
        self.check()
        check_room(self.outlook.needs(), storage=self.storage)
        extend_program_path()

    def build_dir(self, names: RunNames) -> Path:
        """Where the outputs go: a folder of this run, or that of the job to resume."""
        return self.outlook.resumed.parent if self.outlook.resumed else Path(names.build_dir)

    def carry_out(self) -> None:
        """Check, reserve names, open the log, run the stages.

        Raises:
            StageFailed: With the stage's own exit code.
        """
        self.prepare_for_work()
        names = reserve_names(self.root, at=self.context.clock.now(), unique=secrets.token_hex(4), storage=self.storage)
        self.context.log_to(Path(names.log))
        self._run(names)

    def _announce(self) -> None:
        from camvault.apps._announce import announce_tools  # noqa: PLC0415 - it knows this class

        announce_tools(self)

    def wishes(self, build_dir: Path) -> Wishes:
        """The first stage's flags as it sees them."""
        values = {**self.parts.prepare.values(self.values), **self.prepare_values(), "build_dir": build_dir}
        known = {field.name: values[field.name] for field in attrs.fields(Wishes)}
        return Wishes(**{**known, "files": self.files})

    def prepare_values(self) -> dict[str, object]:
        """What the pipeline decides for the first stage beside the build directory: originals go after the burn."""
        decided: dict[str, object] = {"files": list(self.files), "delete_originals": YesNo.NO}
        decided["safety_bytes"] = self.outlook.safety_bytes
        if self.values["prep_disc_bytes"] == "auto" and self.values["prep_device"] is None:
            decided["device"] = self.values["burn_device"]  # the disc that will be burned is the one to ask
        return decided

    def _run(self, names: RunNames) -> None:
        context = attrs.evolve(self.context, logfile=Path(names.log))
        runner = StageRunner(context, self.values)
        build_dir = self.build_dir(names)
        self._announce()
        is_new = self.outlook.resumed is None
        if is_new:
            make_build_dir(build_dir, storage=self.storage)
        reports = run_stages(
            self._steps(runner, names, build_dir),
            build_dir=build_dir,
            is_new=is_new,
            advise=Advice(run=self, names=names, build_dir=build_dir).sentence,
            discard=lambda: runner.run(PipelineStage.CLEAN, self.parts.clean, build_dir=build_dir),
            reporter=context.reporter,
            cancel=context.cancel,
        )
        if self.values["burn_dry_run"]:
            context.reporter.emit(BuildDirKept(build_dir, "nothing was burned"))
        is_verified = getattr(reports[PipelineStage.BURN], "is_verified", False)
        context.reporter.emit(PipelineFinished(self._outcome(is_verified=is_verified)))
        context.reporter.emit(ResultStored("ISO", names.image))
        context.reporter.emit(ResultStored("log", names.log))

    def _outcome(self, *, is_verified: bool) -> str:
        if self.values["burn_dry_run"]:
            return "image written and verified, nothing burned (--burn-dry-run)"
        return "verified" if is_verified else "burned, not verified (--burn-skip-verify)"

    def _steps(self, runner: StageRunner, names: RunNames, build_dir: Path) -> list[Step]:
        parts, image = self.parts, Path(names.image)
        label = self.values["iso_volume_label"]
        steps = [
            runner.step(PipelineStage.PREPARE, parts.prepare, {**self.prepare_values(), "build_dir": build_dir}),
            runner.step(
                PipelineStage.IMAGE,
                parts.image,
                {
                    "build_dir": build_dir,
                    "iso_path": image,
                    "volume_label": names.label if label is None else label,
                    "stamp": names.stamp if self.values["iso_stamp"] is None else self.values["iso_stamp"],
                },
                check=_check_image,
            ),
            runner.step(PipelineStage.BURN, parts.burn, {"iso_path": image}, known=_verified_image),
        ]
        if self.is_deleting_originals:
            steps.append(runner.step_after(PipelineStage.RELEASE, parts.prepare, self._release))
        if not self.values["burn_dry_run"]:
            steps.append(runner.step(PipelineStage.CLEAN, parts.clean, {"build_dir": build_dir}))
            if self.extra_folder is not None:
                extra = runner.step(PipelineStage.CLEAN, parts.clean, {"build_dir": self.extra_folder})
                steps.append(attrs.evolve(extra, folder=self.extra_folder))
        return steps

    @property
    def is_deleting_originals(self) -> bool:
        """Whether the originals shall go once their footage is on a verified disc."""
        return bool(self.values["prep_delete_originals"])

    def _release(self, context: Context, reports: Reports) -> Released:
        prepared, image, burned = (
            reports[stage] for stage in (PipelineStage.PREPARE, PipelineStage.IMAGE, PipelineStage.BURN)
        )
        assert isinstance(prepared, PrepareReport)  # noqa: S101 - what the stage returns
        assert isinstance(image, ImageReport)  # noqa: S101 - what the stage returns
        return let_go_after_burn(
            prepared.clips,
            build_dir=prepared.build_dir,
            image=image,
            burned=burned if isinstance(burned, BurnReport) else None,
            storage=self.storage,
            reporter=context.reporter,
            cancel=context.cancel,
        )


def _check_image(reports: Reports, image: object) -> None:
    """What was prepared is what was mastered."""
    prepared = reports[PipelineStage.PREPARE]
    if isinstance(prepared, PrepareReport) and isinstance(image, ImageReport):
        check_image(prepared.clips, image=image)


def _verified_image(reports: Reports) -> Known:
    """What was mastered is what will be burned."""
    image = reports[PipelineStage.IMAGE]
    return Known(image_sha256=image.sha256) if isinstance(image, ImageReport) else Known()


def extend_program_path() -> None:
    """Let tools be found where Homebrew and hand-made installations put them, after everything that PATH names."""
    known = os.environ.get("PATH", os.defpath).split(os.pathsep)
    more = [folder for folder in _MORE_PROGRAMS if folder not in known]
    os.environ["PATH"] = os.pathsep.join([*known, *more])
