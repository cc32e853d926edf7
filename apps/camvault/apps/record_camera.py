"""Composition root: record_camera."""

from pathlib import Path, PurePath
from typing import Annotated

import attrs
import typer

from camvault.apps._cli.entry import console_script
from camvault.apps._cli.stage import Context, ExitCodes, Log, Stage
from camvault.ports.errors import UsageError
from camvault.ports.recorder import SoundUse, StreamWay, Transport

DEFAULT_OUTPUT_DIR = Path("/home/recordingpi/cameras")
_HIGHEST_PORT = 65535
_START_LIMIT_S = 15.0
"""The first picture of a camera may take so long, whatever `--stall-timeout` says."""


@attrs.frozen(kw_only=True)
class Options:
    """The flags of record_camera."""

    ip: Annotated[str, typer.Option("--ip", metavar="HOST", help="The camera's address or name.")]
    station: Annotated[str, typer.Option("--station", metavar="NAME", help="The camera's code name.")]
    user: Annotated[str, typer.Option("--user", metavar="NAME", help="Who logs in at the camera.")] = ""
    password: Annotated[
        str | None,
        typer.Option("--password", metavar="TEXT", help="Others can see it in the list of processes; see the next."),
    ] = None
    password_file: Annotated[
        Path | None, typer.Option("--password-file", metavar="FILE", help="The password, in the first line of a file.")
    ] = None
    segment_time: Annotated[
        int, typer.Option("--segment_time", metavar="SECONDS", min=1, max=86_400, help="The length of a segment.")
    ] = 600
    loglevel: Annotated[str, typer.Option("--loglevel", metavar="LEVEL", help="What ffmpeg says.")] = "info"
    output_dir: Annotated[Path, typer.Option("--output_dir", metavar="DIR", help="The folder of all stations.")] = (
        DEFAULT_OUTPUT_DIR
    )
    rtsp_port: Annotated[int, typer.Option("--rtsp_port", metavar="N", min=1, max=_HIGHEST_PORT)] = 554
    rtsp_path: Annotated[str, typer.Option("--rtsp_path", metavar="PATH", help="The stream's path at the camera.")] = (
        "/Streaming/Channels/101"
    )
    rtsp_path_file: Annotated[
        Path | None,
        typer.Option("--rtsp_path_file", metavar="FILE", help="The path, in the first line of a file: a secret."),
    ] = None
    stall_timeout: Annotated[
        float,
        typer.Option(
            "--stall-timeout", metavar="SECONDS", min=1, max=3600, help="No new picture for so long is a stall."
        ),
    ] = 10
    ffmpeg_path: Annotated[str, typer.Option("--ffmpeg_path", metavar="PATH", help="The recorder program.")] = "ffmpeg"
    core: Annotated[
        int | None,
        typer.Option(
            "--core", metavar="N", min=0, max=4095, help="Run on one core: the N-th, counted round the cores there are."
        ),
    ] = None
    logs_dir: Annotated[Path | None, typer.Option("--logs_dir", metavar="DIR", help="Keep a log there.")] = None
    no_audio: Annotated[bool, typer.Option("--no-audio", help="Record the picture alone.")] = False
    transport: Annotated[
        Transport, typer.Option("--transport", metavar="HOW", help="tcp, udp, or auto: TCP if the camera takes it.")
    ] = Transport.AUTO
    utc: Annotated[bool, typer.Option("--utc", help="Name segments by UTC (with a Z) instead of local time.")] = False
    replace: Annotated[bool, typer.Option("--exec", help="Become ffmpeg, without a supervisor.")] = False


def run(context: Context, options: Options) -> None:
    """Record one camera into segments, for ever, and start again whenever it stands still."""
    from camvault.adapters.rtsp import FfmpegRecorder  # noqa: PLC0415 - --help must stay fast
    from camvault.adapters.system.host import SystemHost  # noqa: PLC0415
    from camvault.adapters.system.zone import LocalZone  # noqa: PLC0415
    from camvault.apps._assembly import recorder  # noqa: PLC0415
    from camvault.core.health.stall import StallPolicy  # noqa: PLC0415
    from camvault.core.segments.names import STATION_RULE, is_station  # noqa: PLC0415
    from camvault.core.stations.configuration import LOG_LEVELS  # noqa: PLC0415
    from camvault.core.workflows.recording.record import RecordOptions, record_camera  # noqa: PLC0415

    if not is_station(options.station):
        raise UsageError(f"--station: found {options.station!a}, expected {STATION_RULE}")
    if options.loglevel not in LOG_LEVELS:
        raise UsageError(f"--loglevel: found {options.loglevel!a}, expected one of {', '.join(LOG_LEVELS)}")
    password = recorder.read_password(context, options.password, options.password_file)
    secret_path = recorder.read_path(context, options.rtsp_path_file)
    source = attrs.evolve(
        recorder.stream_source(options.ip, options.rtsp_port, options.rtsp_path, options.user, password),
        secret_path=secret_path,
        transport=options.transport,
    )
    stall_s = options.stall_timeout
    asked = RecordOptions(
        station=options.station,
        output_root=PurePath(options.output_dir.absolute()),
        segment_s=options.segment_time,
        is_utc=options.utc,
        zone=LocalZone(),
        log_level=options.loglevel,
        way=StreamWay(SoundUse.LEFT_OUT if options.no_audio else SoundUse.COPIED),
        boot=SystemHost().boot_id(),
        stall=StallPolicy(stall_timeout_s=stall_s, start_timeout_s=max(_START_LIMIT_S, stall_s)),
    )
    program = recorder.find_recorder_program(options.ffmpeg_path)
    if options.logs_dir is not None:
        recorder.open_log(context, options.logs_dir / f"record_camera_{options.station}.log")
    recorder.pin_to_core(context, options.core)
    if options.replace:
        recorder.become_ffmpeg(context, program, source, asked)
    record_camera(source, options=asked, ports=recorder.supervisor_ports(context, FfmpegRecorder(program)))


STAGE = Stage(
    name="record_camera",
    options=Options,
    run=run,
    log=Log.OWN,
    echo="stdout",
    is_resident=True,
    exit_codes=ExitCodes(
        {
            0: "--help or --version; a recording never ends with it",
            1: "wrong usage, no recorder program or folder, a mount point without its disk, or another recorder "
            "of this station runs",
            130: "stopped by Ctrl-C, SIGTERM or SIGHUP; what was recorded has its final name",
        }
    ),
)
entry = console_script(STAGE)

if __name__ == "__main__":
    entry()
