"""Composition root, shared part: one run of the body-cam pipeline."""

import os
import secrets
from functools import cached_property
from pathlib import Path

import attrs

from camvault.adapters.filesystem import LocalStorage, read_mount_table
from camvault.adapters.progressfile import JsonProgressFiles
from camvault.apps._assembly.burners import check_device, disc_file_of, select_drives
from camvault.apps._assembly.evidence import evidence_wish
from camvault.apps._assembly.workspace import ROOT_VARIABLE, guarded_folders, is_made_if_missing
from camvault.apps._cli.stage import Context
from camvault.apps._pipeline.next_commands import NextCommands
from camvault.apps._pipeline.options import BURN, PREPARE, Options
from camvault.apps._pipeline.steps import Steps
from camvault.apps._pipeline.tools_log import announce_tools
from camvault.core.batch.next_step import PipelineStage, StageFailed, failure_kind
from camvault.core.batch.run_names import RunNames
from camvault.core.batch.space_outlook import DEFAULT, Outlook
from camvault.core.disc.labels import check_label
from camvault.core.workflows.bodycam.cleanup import check_removable
from camvault.core.workflows.bodycam.create_iso import signed
from camvault.core.workflows.bodycam.pipeline import (
    BuildDirKept,
    PipelineFinished,
    PipelinePlan,
    ResultStored,
    check_disc_file,
    check_room,
    check_workspace,
    clips_left_out,
    is_disc_verified,
    look_ahead,
    make_build_dir,
    reserve_names,
    run_stages,
    space_needs,
)
from camvault.core.workflows.bodycam.prepare import load_progress
from camvault.ports.errors import RecordError, UsageError
from camvault.ports.events import Note
from camvault.ports.files import Storage

_MORE_PROGRAMS = ("/opt/homebrew/bin", "/usr/local/bin")
"""Where tools are that a desktop launcher's or cron's PATH does not name."""


@attrs.frozen(kw_only=True)
class PipelineJob:
    """One run as it was asked for: checked, planned, then carried out or printed."""

    context: Context
    options: Options
    storage: Storage = attrs.field(factory=LocalStorage)

    @property
    def root(self) -> Path:
        """The workspace, absolute."""
        return self.options.workspace

    @cached_property
    def outlook(self) -> Outlook:
        """What the run will take."""
        given = self.options.prepare.disc_bytes
        return look_ahead(
            self.options.clips,
            resumed=self.options.resumed,
            wished_disc_bytes=DEFAULT.disc_bytes if given is None else given.size_bytes,
            wished_safety_bytes=self.options.prepare.safety_bytes,
            has_evidence=bool(self.options.image.evidence),
            storage=self.storage,
            progress_files=JsonProgressFiles(self.storage),
        )

    def check(self) -> None:
        """Check the flags, the workspace, the devices and the room, and extend PATH. Changes no file.

        Raises:
            UsageError: Something is wrong with them.
            RecordError: There is no progress file to resume, or it cannot be read.
        """
        is_default = self.options.root is None
        if is_default:
            self.context.reporter.emit(Note(f"workspace {self.root} (--root or {ROOT_VARIABLE} names another one)"))
        check_workspace(
            self.root,
            storage=self.storage,
            mounts=read_mount_table(),
            is_made_if_missing=is_default and is_made_if_missing(),
        )
        self.options.check()
        self._check_resumed()
        if self.options.image.volume_label is not None:
            check_label(self.options.image.volume_label)
        if self.options.image.evidence:  # a key that cannot sign is told now, and not when the clips are encoded
            signed(evidence_wish(self.options.image.sign), b"", cancel=self.context.cancel)
        self._check_disc()
        self._check_earlier_folder()
        disc_file = disc_file_of(self.options.burn.device)
        needs = space_needs(self.outlook, images=self.root / "images", disc_file=disc_file, storage=self.storage)
        check_room(needs, storage=self.storage)
        extend_program_path()

    def _check_resumed(self) -> None:
        if self.options.resumed is None:
            return
        try:
            load_progress(self.options.resumed, JsonProgressFiles(self.storage))
        except RecordError as error:
            raise RecordError(error.path, PREPARE.in_larger_terms(error.problem)) from error

    def _check_disc(self) -> None:
        try:
            self.outlook.check_budget()
        except UsageError as error:
            raise UsageError(PREPARE.in_larger_terms(str(error))) from error
        device = self.options.burn.device
        try:
            check_device(device, is_dry_run=self.options.dry_run or self.options.burn.dry_run)
            if device is not None and disc_file_of(device) is not None:
                drives = select_drives(device, cancel=self.context.cancel)
                check_disc_file(device, self.outlook, drives=drives, is_burned=not self.options.burn.dry_run)
        except UsageError as error:
            raise UsageError(BURN.in_larger_terms(str(error))) from error

    def _check_earlier_folder(self) -> None:
        if self.options.earlier_folder is not None:
            check_removable(
                self.options.earlier_folder,
                guarded=guarded_folders(self.root),
                storage=self.storage,
                progress_files=JsonProgressFiles(self.storage),
                is_losing_allowed=self.options.clean.even_only_copies,
            )

    def plan(self, names: RunNames) -> PipelinePlan:
        """What the run will do under these names."""
        given, resumed = self.options.image, self.options.resumed
        return PipelinePlan(
            names=names,
            build_dir=names.build_dir if resumed is None else resumed.parent,
            is_new=resumed is None,
            label=names.label if given.volume_label is None else given.volume_label,
            stamp=names.stamp if given.stamp is None else given.stamp,
            is_burning=not self.options.burn.dry_run,
            is_deleting_originals=self.options.is_deleting_originals,
            earlier_folder=self.options.earlier_folder,
        )

    def carry_out(self) -> None:
        """Reserve names, open the log, run the stages. `check` has been called.

        Raises:
            StageFailed: With the stage's own exit code.
        """
        at, unique = self.context.clock.now(), secrets.token_hex(4)
        names = reserve_names(self.root, at=at, unique=unique, storage=self.storage)
        self.context.log_to(Path(names.log))
        self._run(self.plan(names))

    def _run(self, plan: PipelinePlan) -> None:
        context = attrs.evolve(self.context, logfile=Path(plan.names.log))
        announce_tools(context, self.options)
        if plan.is_new:
            make_build_dir(plan.build_dir, storage=self.storage)
        steps = Steps(context, self.options, plan, self.outlook.safety_bytes)
        reports = run_stages(
            steps,
            build_dir=plan.build_dir,
            is_new=plan.is_new,
            advise=NextCommands(options=self.options, plan=plan, is_json=context.is_json).sentence,
            discard=steps.discard,
            reporter=context.reporter,
            cancel=context.cancel,
        )
        if not plan.is_burning:
            context.reporter.emit(BuildDirKept(plan.build_dir, "nothing was burned"))
        context.reporter.emit(PipelineFinished(plan.outcome(is_verified=is_disc_verified(reports))))
        context.reporter.emit(ResultStored("ISO", plan.names.image))
        context.reporter.emit(ResultStored("log", plan.names.log))
        missing = clips_left_out(reports)
        if missing is not None:
            raise StageFailed(
                PipelineStage.PREPARE,
                PREPARE.stage.name,
                PREPARE.stage.exit_codes.code_of(missing),
                str(missing),
                failure_kind(missing),
            )


def extend_program_path() -> None:
    """Let tools be found where Homebrew and hand-made installations put them, after everything that PATH names."""
    known = os.environ.get("PATH", os.defpath).split(os.pathsep)
    more = [folder for folder in _MORE_PROGRAMS if folder not in known]
    os.environ["PATH"] = os.pathsep.join([*known, *more])
