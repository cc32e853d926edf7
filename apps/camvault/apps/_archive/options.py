"""Composition root: the flags of camera_archiver."""

import enum
from pathlib import Path
from typing import Annotated

import attrs
import typer

from camvault.apps._archive.values import pattern_of, size_above_0, size_of
from camvault.apps._assembly.farms import EXECUTOR_HELP, LOCAL, executor_of
from camvault.apps._assembly.program_path import FfmpegFlag, FfprobeFlag
from camvault.core.archive.dated_names import DEFAULT_PATTERN, NamePattern
from camvault.core.retention.trash import TRASH_NAME
from camvault.ports.archiving import Sound

_DEFAULT_INPUT = Path("/camera")
DEFAULT_AGE_DAYS = 30


class EncoderChoice(enum.StrEnum):
    """The values of `--encoder`."""

    AUTO = "auto"
    QSV = "qsv"
    VAAPI = "vaapi"
    NVENC = "nvenc"
    V4L2M2M = "v4l2m2m"
    X264 = "x264"


@attrs.frozen(kw_only=True)
class Options:
    """The flags of camera_archiver."""

    directory: Annotated[
        Path, typer.Argument(metavar="DIRECTORY", help="The input: the folder that cameras upload into.")
    ] = _DEFAULT_INPUT
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", help="The archive, DIRECTORY/archived by default."),
    ] = None
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be done, and change nothing.")] = False
    no_confirm: Annotated[bool, typer.Option("--no-confirm", "-y", help="Do not ask before anything is done.")] = False
    no_skip: Annotated[
        bool, typer.Option("--no-skip", help="Make an archive of every clip, also where there is one already.")
    ] = False
    delete: Annotated[
        bool, typer.Option("--delete", help="Delete for good what goes; --trash-root does not count then.")
    ] = False
    trash_root: Annotated[
        Path | None,
        typer.Option("--trash-root", metavar="DIR", help="Where goes what is let go, DIRECTORY/.deleted by default."),
    ] = None
    cleanup: Annotated[
        bool, typer.Option("--cleanup", help="Transcode nothing; let old footage go, archived or not.")
    ] = False
    clean_output: Annotated[
        bool, typer.Option("--clean-output", help="With --cleanup: let old archives go as well.")
    ] = False
    age: Annotated[
        int | None,
        typer.Option(
            "--age",
            metavar="DAYS",
            min=0,
            max=1_000_000,
            help=f"With --cleanup: what is older goes, {DEFAULT_AGE_DAYS} by default; 0: off.",
        ),
    ] = None
    max_size: Annotated[
        int | None,
        typer.Option(
            "--max-size",
            metavar="SIZE",
            parser=size_above_0,
            help="With --cleanup: the oldest go until a root holds at most so much (500GB, 2TiB).",
        ),
    ] = None
    min_free: Annotated[
        int | None,
        typer.Option(
            "--min-free",
            metavar="SIZE",
            parser=size_of,
            help="With --cleanup: the oldest go until so much is free on their file system.",
        ),
    ] = None
    purge_trash: Annotated[
        int | None,
        typer.Option(
            "--purge-trash",
            metavar="DAYS",
            min=0,
            max=1_000_000,
            help="Delete what has been in the trash for so many days; 0: all that is there.",
        ),
    ] = None
    settle: Annotated[
        float,
        typer.Option("--settle", metavar="SECONDS", min=0, max=86_400, help="Leave alone what was changed so lately."),
    ] = 60
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", metavar="N", min=1, max=1024, help="Clips transcoded at once; half the processors."),
    ] = None
    nice: Annotated[
        int,
        typer.Option("--nice", metavar="N", min=0, max=19, help="How far other programs go first, encoders included."),
    ] = 10
    pattern: Annotated[
        NamePattern | None,
        typer.Option(
            "--pattern",
            metavar="PATTERN",
            parser=pattern_of,
            help=f"How files are named, without their extension: {DEFAULT_PATTERN} by default.",
        ),
    ] = None
    executor: Annotated[str, typer.Option("--executor", metavar="WHERE", parser=executor_of, help=EXECUTOR_HELP)] = (
        LOCAL
    )
    audio: Annotated[Sound, typer.Option("--audio", help="Keep the sound, mono and small, or drop it.")] = Sound.KEEP
    encoder: Annotated[
        EncoderChoice, typer.Option("--encoder", help="What encodes; auto tries the hardware first.")
    ] = EncoderChoice.AUTO
    quality: Annotated[
        int, typer.Option("--quality", metavar="N", min=1, max=51, help="Of the picture: lower is better, and larger.")
    ] = 26
    stretch: Annotated[bool, typer.Option("--stretch", help="Fill 1024x768, whatever the aspect.")] = False
    measure_quality: Annotated[
        bool, typer.Option("--measure-quality", help="Measure how near each archive is to its clip.")
    ] = False
    trust_cache: Annotated[
        bool,
        typer.Option(
            "--trust-cache",
            help="Let clips go although their archives were read through a cache that the file system offers no way "
            "around.",
        ),
    ] = False
    json_output: Annotated[bool, typer.Option("--json", help="Print what is done as one JSON object.")] = False
    metrics: Annotated[
        Path | None, typer.Option("--metrics", metavar="FILE", help="Write figures for Prometheus' node exporter.")
    ] = None
    log_file: Annotated[
        Path | None, typer.Option("--log-file", metavar="FILE", help="DIRECTORY/archiver.log by default.")
    ] = None
    ffmpeg: FfmpegFlag = None
    ffprobe: FfprobeFlag = None

    @property
    def input_root(self) -> Path:
        """The input, absolute."""
        return self.directory.absolute()

    @property
    def output_root(self) -> Path:
        """The archive, absolute."""
        return (self.output or self.input_root / "archived").absolute()

    @property
    def trash(self) -> Path:
        """The trash, absolute; with `delete` it is not used, and nothing in it is work."""
        return (self.trash_root or self.input_root / TRASH_NAME).absolute()

    @property
    def log_path(self) -> Path:
        """The log, absolute."""
        return (self.log_file or self.input_root / "archiver.log").absolute()
