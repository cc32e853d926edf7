"""Composition root: prepare_bodycam."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import attrs
import typer

from camvault.apps._assembly.disc_bytes import DiscBytes, disc_bytes_of
from camvault.apps._assembly.farms import EXECUTOR_HELP, LOCAL, executor_of
from camvault.apps._assembly.program_path import FfmpegFlag, FfprobeFlag
from camvault.apps._assembly.stall_limit import stall_limit_of
from camvault.apps._cli.entry import console_script
from camvault.apps._cli.stage import Context, ExitCodes, Log, Stage, YesNo
from camvault.core.batch.left_out import ClipsLeftOutError
from camvault.core.batch.plan import LEAST_KBPS, OutputsTooBigError
from camvault.core.capacity.budget import Budget
from camvault.ports.encoding import Allocation
from camvault.ports.errors import BusyError, DriveError, MissingToolError, RecordError, ToolError, UsageError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from camvault.apps._assembly.media_tools import MediaTools
    from camvault.core.batch.plan import PreparePlan
    from camvault.core.workflows.bodycam.prepare import PrepareReport

_DEFAULT = Budget()


@attrs.frozen(kw_only=True)
class Options:
    """The flags of prepare_bodycam."""

    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE...", help="Clips, or folders with clips; ignored with --resume.", show_default=False
        ),
    ] = None
    build_dir: Annotated[
        Path | None,
        typer.Option(
            "--build-dir",
            metavar="DIR",
            help="Where the outputs and the progress file go; made if it is missing. "
            "With --resume: by default the folder of the progress file.",
        ),
    ] = None
    disc_bytes: Annotated[
        DiscBytes | None,
        typer.Option(
            "--disc-bytes",
            metavar="N|auto",
            parser=disc_bytes_of,
            help=f"Capacity of the disc, {_DEFAULT.disc_bytes:_} by default; auto asks the blank disc in the drive.",
        ),
    ] = None
    safety_bytes: Annotated[
        int | None,
        typer.Option(
            "--safety-bytes",
            metavar="N",
            min=0,
            max=2**63 - 1,
            help=f"What stays free of that, {_DEFAULT.safety_bytes:_} by default.",
        ),
    ] = None
    delete_originals: Annotated[
        YesNo,
        typer.Option("--delete-originals", help="Delete the clips after every output was read back and compared."),
    ] = YesNo.NO
    trust_cache: Annotated[
        bool,
        typer.Option(
            "--trust-cache",
            help="Let originals go although their copies were read through a cache that the file system offers no way "
            "around.",
        ),
    ] = False
    keep_going: Annotated[
        YesNo,
        typer.Option(
            "--keep-going",
            help="Finish the job without clips that cannot be prepared; each is named, and the exit code is still 4.",
        ),
    ] = YesNo.NO
    resume: Annotated[
        Path | None, typer.Option("--resume", metavar="FILE", help="Continue the job of this progress file.")
    ] = None
    device: Annotated[
        str | None, typer.Option("--device", metavar="DEV", help="The drive that --disc-bytes auto asks.")
    ] = None
    allocation: Annotated[
        Allocation | None,
        typer.Option(
            "--allocation",
            help="One bitrate for all clips (the default), or more bits where the picture needs them.",
            show_default=False,
        ),
    ] = None
    preset: Annotated[
        int | None,
        typer.Option(
            "--preset", metavar="N", min=0, max=13, help="SVT-AV1's preset: lower is slower and better, 8 by default."
        ),
    ] = None
    min_kbps: Annotated[
        int | None,
        typer.Option(
            "--min-kbps",
            metavar="N",
            min=1,
            max=1_000_000_000,
            help=f"Refuse to encode the picture below this bitrate, {LEAST_KBPS} by default.",
        ),
    ] = None
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs", metavar="N", min=1, max=1024, help="Clips encoded at once, the number of processors by default."
        ),
    ] = None
    executor: Annotated[str, typer.Option("--executor", metavar="WHERE", parser=executor_of, help=EXECUTOR_HELP)] = (
        LOCAL
    )
    stall_timeout: Annotated[
        float,
        typer.Option(
            "--stall-timeout",
            metavar="SECONDS",
            parser=stall_limit_of(10),
            help="Stop an ffmpeg or ffprobe that comes no further for so long; 0: no limit.",
        ),
    ] = 1800
    ffmpeg: FfmpegFlag = None
    ffprobe: FfprobeFlag = None

    @property
    def folder(self) -> Path:
        """The build directory, absolute; `check` has been called."""
        folder = self.build_dir or (self.resume and self.resume.parent)
        assert folder is not None  # noqa: S101 - `check`
        return folder.absolute()

    @property
    def is_drive_asked(self) -> bool:
        """Whether the blank disc in the drive says how much it takes."""
        return self.disc_bytes is not None and self.disc_bytes.size_bytes is None

    def check(self) -> None:
        """Refuse combinations that cannot be meant, before anything is looked at."""
        if self.resume is None and self.build_dir is None:
            raise UsageError("Missing option '--build-dir' (only with --resume it may be left out)")
        if self.resume is None and not self.files:
            raise UsageError("Missing argument 'FILE...' (only with --resume it may be left out)")
        if self.device is not None and not self.is_drive_asked:
            raise UsageError("--device goes with --disc-bytes auto")


def run(context: Context, options: Options) -> object:
    """Copy clips, or encode them to AV1 and Opus, so that together they fit on one disc.

    Clips that fit as they are are copied. Otherwise all are encoded at the one bitrate that fills the disc. Nothing is
    overwritten, and originals are deleted only if that was asked for and every output was read back and compared.
    """
    report = prepared(context, options)
    if report.left_out:
        raise ClipsLeftOutError(report.left_out, len(report.clips))
    return report


def prepared(context: Context, options: Options) -> "PrepareReport":
    """What `run` does, except that clips which are left out are no error if the job is to be finished without them."""
    from camvault.apps._assembly.processors import cpu_count  # noqa: PLC0415 - heavy imports: --help must stay fast
    from camvault.core.capacity.parallelism import job_count  # noqa: PLC0415
    from camvault.core.workflows.bodycam.prepare import claimed, prepare  # noqa: PLC0415

    options.check()
    with (
        _tools(context, options) as tools,
        claimed(options.folder, storage=tools.storage, is_made=options.resume is None) as is_claimed,
    ):
        plan = _plan(context, options, tools)
        threads = plan.progress.options.thread_count
        try:
            return prepare(
                plan,
                is_deleting_originals=bool(options.delete_originals),
                is_keeping_going=bool(options.keep_going),
                job_count=tools.farm_job_count
                or job_count(wished_jobs=options.jobs, thread_count=threads, cpu_count=cpu_count()),
                storage=tools.storage,
                probe=tools.probe,
                encoder=tools.encoder,
                quality_meter=tools.meter,
                progress_files=tools.progress_files,
                executor=tools.executor,
                reporter=context.reporter,
                cancel=context.cancel,
                is_cache_trusted=options.trust_cache,
                is_claimed=is_claimed,
            )
        except MissingToolError as error:
            # a tool that vanishes in mid-work is no refusal: what is done stays, and the job can be resumed
            raise ToolError(error.tool, 127, (str(error),)) from error


def planned(context: Context, options: Options) -> "PreparePlan":
    """What `run` would do with these options. Touches nothing.

    Raises:
        CamvaultError: As `run`, for what is wrong before it begins.
    """
    options.check()
    with _tools(context, options) as tools:
        return _plan(context, options, tools)


def _tools(context: Context, options: Options) -> "AbstractContextManager[MediaTools]":
    from camvault.apps._assembly.media_tools import media_tools  # noqa: PLC0415 - heavy imports

    return media_tools(
        context,
        ffmpeg=options.ffmpeg,
        ffprobe=options.ffprobe,
        wished_jobs=options.jobs,
        stall_s=options.stall_timeout,
        executor=options.executor,
    )


def _plan(context: Context, options: Options, tools: "MediaTools") -> "PreparePlan":
    from camvault.apps._assembly.preparation import plan_preparation  # noqa: PLC0415 - heavy imports

    return plan_preparation(
        context,
        tools,
        files=options.files or (),
        build_dir=options.build_dir,
        resume=options.resume,
        disc_bytes=options.disc_bytes.size_bytes if options.disc_bytes else None,
        drive=options.device,
        is_drive_asked=options.is_drive_asked,
        safety_bytes=options.safety_bytes,
        allocation=options.allocation,
        preset=options.preset,
        min_kbps=options.min_kbps,
        wished_jobs=options.jobs,
    )


STAGE = Stage(
    name="prepare_bodycam",
    options=Options,
    run=run,
    log=Log.REQUIRED,
    echo="stdout",
    exit_codes=ExitCodes(
        {
            0: "all clips are prepared and fit",
            1: "wrong flags or clips, a missing tool or too little room; nothing was touched",
            2: "all clips are prepared and do not fit; everything is kept",
            3: "the progress file is missing, damaged, or contradicts the flags; nothing was touched",
            4: "clips are left out and named, all others are done; or stopped by an error: run again with --resume, or "
            "as before if there is no progress file",
            130: "stopped by Ctrl-C, SIGTERM or SIGHUP; run again with --resume, or as before if there is no progress "
            "file",
        },
        {MissingToolError: 1, DriveError: 1, BusyError: 1, OutputsTooBigError: 2, RecordError: 3},
        otherwise=4,
    ),
)
entry = console_script(STAGE)

if __name__ == "__main__":
    entry()
