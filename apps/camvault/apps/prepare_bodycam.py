"""Composition root: prepare_bodycam."""

import enum
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import attrs
import typer

from camvault.apps._cli import Context, ExitCodes, Log, Stage, YesNo
from camvault.core.batch.plan import OutputsTooBigError
from camvault.ports.errors import BusyError, DriveError, MissingToolError, RecordError, ToolError, UsageError

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from camvault.adapters.ffmpeg import FfmpegEncoder
    from camvault.core.batch.plan import PreparePlan, PrepareRequest
    from camvault.core.batch.resuming import Expected
    from camvault.ports.files import Storage
    from camvault.ports.media import MediaProbe
    from camvault.ports.progress import EncodeOptions, ProgressFiles

DISC_BYTES = 25_000_000_000
SAFETY_BYTES = 500_000_000
_PROBES_PER_CPU = 2


class AllocationChoice(enum.StrEnum):
    """The values of `--allocation`."""

    CONSTANT = "constant"
    COMPLEXITY = "complexity"


def disc_bytes_of(text: str) -> int | Literal["auto"]:
    """The value of `--disc-bytes`."""
    if text == "auto":
        return "auto"
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise typer.BadParameter(f"{text!a} is neither a positive number of bytes nor auto")
    return value


@attrs.frozen(kw_only=True)
class Wishes:
    """The flags as they were given; None: not given."""

    files: tuple[Path, ...]
    build_dir: Path | None
    disc_bytes: int | Literal["auto"] | None
    safety_bytes: int | None
    resume: Path | None
    device: str | None
    allocation: AllocationChoice | None
    preset: int | None
    min_kbps: int
    jobs: int | None
    ffmpeg: Path | None
    ffprobe: Path | None

    def check(self) -> None:
        """Refuse combinations that cannot be meant, before anything is looked at."""
        if self.resume is None and self.build_dir is None:
            raise UsageError("Missing option '--build-dir' (only with --resume it may be left out)")
        if self.resume is None and not self.files:
            raise UsageError("Missing argument 'FILE...' (only with --resume it may be left out)")
        if self.device is not None and self.disc_bytes != "auto":
            raise UsageError("--device goes with --disc-bytes auto")

    @property
    def job_count(self) -> int:
        """How many clips are encoded at once."""
        return self.jobs or os.cpu_count() or 1


@attrs.frozen(kw_only=True)
class _Tools:
    storage: "Storage"
    probe: "MediaProbe"
    encoder: "FfmpegEncoder"
    progress_files: "ProgressFiles"
    executor: "Executor"


def run(
    context: Context,
    /,
    *,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE...", help="The clips; ignored with --resume.", show_default=False),
    ] = None,
    build_dir: Annotated[
        Path | None,
        typer.Option(
            "--build-dir",
            metavar="DIR",
            help="Where the outputs and the progress file go; made if it is missing. "
            "With --resume: by default the folder of the progress file.",
        ),
    ] = None,
    disc_bytes: Annotated[
        int | None,
        typer.Option(
            "--disc-bytes",
            metavar="N|auto",
            parser=disc_bytes_of,
            help=f"Capacity of the disc, {DISC_BYTES:_} by default; auto asks the blank disc in the drive.",
        ),
    ] = None,
    safety_bytes: Annotated[
        int | None,
        typer.Option(
            "--safety-bytes", metavar="N", min=0, help=f"What stays free of that, {SAFETY_BYTES:_} by default."
        ),
    ] = None,
    delete_originals: Annotated[
        YesNo,
        typer.Option("--delete-originals", help="Delete the clips after every output was read back and compared."),
    ] = YesNo.NO,
    resume: Annotated[
        Path | None, typer.Option("--resume", metavar="FILE", help="Continue the job of this progress file.")
    ] = None,
    device: Annotated[
        str | None, typer.Option("--device", metavar="DEV", help="The drive that --disc-bytes auto asks.")
    ] = None,
    allocation: Annotated[
        AllocationChoice | None,
        typer.Option(
            "--allocation",
            help="One bitrate for all clips (the default), or more bits where the picture needs them.",
            show_default=False,
        ),
    ] = None,
    preset: Annotated[
        int | None,
        typer.Option(
            "--preset", metavar="N", min=0, max=13, help="SVT-AV1's preset: lower is slower and better, 8 by default."
        ),
    ] = None,
    min_kbps: Annotated[
        int, typer.Option("--min-kbps", metavar="N", min=1, help="Refuse to encode the picture below this bitrate.")
    ] = 150,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", metavar="N", min=1, help="Clips encoded at once, the number of processors by default."),
    ] = None,
    ffmpeg: Annotated[
        Path | None, typer.Option("--ffmpeg", metavar="PROGRAM", help="Or CAMVAULT_FFMPEG in the environment.")
    ] = None,
    ffprobe: Annotated[
        Path | None, typer.Option("--ffprobe", metavar="PROGRAM", help="Or CAMVAULT_FFPROBE in the environment.")
    ] = None,
) -> object:
    """Copy clips, or encode them to AV1 and Opus, so that together they fit on one disc.

    Clips that fit as they are are copied. Otherwise all are encoded at the one bitrate that fills the disc. Nothing is
    overwritten, and originals are deleted only if that was asked for and every output was read back and compared.
    """
    from camvault.core.workflows.bodycam.prepare import prepare  # noqa: PLC0415 - heavy imports: --help must stay fast

    wishes = Wishes(
        files=tuple(files or ()),
        build_dir=build_dir,
        disc_bytes=disc_bytes,
        safety_bytes=safety_bytes,
        resume=resume,
        device=device,
        allocation=allocation,
        preset=preset,
        min_kbps=min_kbps,
        jobs=jobs,
        ffmpeg=ffmpeg,
        ffprobe=ffprobe,
    )
    with _tools(context, wishes) as tools:
        plan = _plan(context, wishes, tools)
        try:
            return prepare(
                plan,
                is_deleting_originals=bool(delete_originals),
                job_count=_job_count(wishes, plan),
                storage=tools.storage,
                probe=tools.probe,
                encoder=tools.encoder,
                progress_files=tools.progress_files,
                executor=tools.executor,
                reporter=context.reporter,
                cancel=context.cancel,
            )
        except MissingToolError as error:
            # a tool that vanishes in mid-work is no refusal: what is done stays, and the job can be resumed
            raise ToolError(error.tool, 127, (str(error),)) from error


def plan_only(context: Context, wishes: Wishes) -> "PreparePlan":
    """What `run` would do with the same flags; touches nothing."""
    with _tools(context, wishes) as tools:
        return _plan(context, wishes, tools)


@contextmanager
def _tools(context: Context, wishes: Wishes) -> Iterator[_Tools]:
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    from camvault.adapters.ffmpeg import FfmpegEncoder, FfprobeProbe, find_ffmpeg  # noqa: PLC0415
    from camvault.adapters.filesystem import LocalStorage  # noqa: PLC0415
    from camvault.adapters.progressfile import JsonProgressFiles  # noqa: PLC0415
    from camvault.adapters.pyav import PyavProbe  # noqa: PLC0415
    from camvault.ports.events import Note  # noqa: PLC0415

    wishes.check()
    cancel = context.cancel
    found = find_ffmpeg(environ=os.environ, cancel=cancel, ffmpeg=wishes.ffmpeg, ffprobe=wishes.ffprobe)
    for note in found.notes:
        context.reporter.emit(Note(note))
    # In-process, less than a millisecond a clip; ffprobe, a program each, takes minutes for some thousand clips.
    probe = PyavProbe()
    context.reporter.emit(Note(f"clips are looked at with {probe.name}"))
    encoder_probe: MediaProbe = probe
    if found.ffprobe is not None:
        encoder_probe = FfprobeProbe(found.ffprobe.path, str(found.ffprobe.version), cancel)
    storage = LocalStorage()
    worker_count = max(wishes.job_count, _PROBES_PER_CPU * (os.cpu_count() or 1))
    with ThreadPoolExecutor(max_workers=worker_count, thread_name_prefix="prepare") as executor:
        yield _Tools(
            storage=storage,
            probe=probe,
            encoder=FfmpegEncoder(found.ffmpeg.path, str(found.ffmpeg.version), encoder_probe, cancel),
            progress_files=JsonProgressFiles(storage),
            executor=executor,
        )


def _plan(context: Context, wishes: Wishes, tools: _Tools) -> "PreparePlan":
    from camvault.core.workflows.bodycam.plan import plan_new, plan_resumed  # noqa: PLC0415

    disc_bytes = _disc_bytes(context, wishes)
    if wishes.resume is not None:
        return plan_resumed(
            wishes.resume.absolute(),
            expected=_expected(wishes, disc_bytes),
            build_dir=wishes.build_dir.absolute() if wishes.build_dir else None,
            current_folder=Path.cwd(),
            storage=tools.storage,
            probe=tools.probe,
            progress_files=tools.progress_files,
            executor=tools.executor,
            cancel=context.cancel,
        )
    return plan_new(
        _request(context, wishes, tools, disc_bytes),
        storage=tools.storage,
        probe=tools.probe,
        progress_files=tools.progress_files,
        executor=tools.executor,
        cancel=context.cancel,
    )


def _disc_bytes(context: Context, wishes: Wishes) -> int | None:
    if wishes.disc_bytes != "auto":
        return wishes.disc_bytes
    from camvault.apps._burners import blank_disc_bytes  # noqa: PLC0415

    return blank_disc_bytes(wishes.device, cancel=context.cancel)


def _expected(wishes: Wishes, disc_bytes: int | None) -> "Expected":
    from camvault.core.batch.resuming import Expected  # noqa: PLC0415
    from camvault.ports.progress import Allocation  # noqa: PLC0415

    return Expected(
        disc_bytes=disc_bytes,
        safety_bytes=wishes.safety_bytes,
        allocation=Allocation(wishes.allocation.value) if wishes.allocation else None,
        preset=wishes.preset,
    )


def _request(context: Context, wishes: Wishes, tools: _Tools, disc_bytes: int | None) -> "PrepareRequest":
    from camvault.core.capacity.budget import Budget  # noqa: PLC0415
    from camvault.core.batch.plan import PrepareRequest  # noqa: PLC0415

    disc = DISC_BYTES if disc_bytes is None else disc_bytes
    safety = SAFETY_BYTES if wishes.safety_bytes is None else wishes.safety_bytes
    if safety >= disc:
        raise UsageError(f"--safety-bytes {safety:,} leaves nothing of --disc-bytes {disc:,}")
    assert wishes.build_dir is not None  # noqa: S101 - `Wishes.check`
    return PrepareRequest(
        build_dir=wishes.build_dir.absolute(),
        sources=tuple(path.absolute() for path in wishes.files),
        budget=Budget(disc_bytes=disc, safety_bytes=safety),
        options=_options(wishes, tools),
        min_kbps=wishes.min_kbps,
        log_file=context.logfile,
    )


def _options(wishes: Wishes, tools: _Tools) -> "EncodeOptions":
    """One thread for each encode at a bitrate: only then are its bytes the same every time (measured).

    At a constant quality they are the same for any number of threads, and no more than four clips are encoded at once:
    the threads are shared out.
    """
    from camvault.core.capacity.allocation import LAG  # noqa: PLC0415
    from camvault.ports.progress import Allocation, EncodeOptions  # noqa: PLC0415

    options = EncodeOptions(preset=EncodeOptions().preset if wishes.preset is None else wishes.preset)
    if wishes.allocation is not AllocationChoice.COMPLEXITY:
        return options
    return attrs.evolve(
        options,
        allocation=Allocation.COMPLEXITY,
        thread_count=max(1, (os.cpu_count() or 1) // min(LAG, wishes.job_count)),
        crf_step_quarters=tools.encoder.crf_step_quarters,
    )


def _job_count(wishes: Wishes, plan: "PreparePlan") -> int:
    """As many as were asked for; without a wish as many as there are processors for their threads."""
    cpu_count = os.cpu_count() or 1
    return wishes.jobs or max(1, cpu_count // plan.progress.options.thread_count)


STAGE = Stage(
    name="prepare_bodycam",
    run=run,
    log=Log.REQUIRED,
    echo="stdout",
    exit_codes=ExitCodes(
        {
            0: "all clips are prepared and fit",
            1: "wrong flags or clips, a missing tool or too little room; nothing was touched",
            2: "all clips are prepared and do not fit; everything is kept",
            3: "the progress file is missing, damaged, or contradicts the flags; nothing was touched",
            4: "stopped by an error; run again with --resume",
            130: "stopped by Ctrl-C, SIGTERM or SIGHUP; run again with --resume",
        },
        {MissingToolError: 1, DriveError: 1, BusyError: 1, OutputsTooBigError: 2, RecordError: 3},
        otherwise=4,
    ),
)
entry = STAGE.entry

if __name__ == "__main__":
    entry()
