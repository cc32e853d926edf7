"""Composition root: record_camera."""

from functools import partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from camvault.apps._cli import Context, ExitCodes, Log, Stage
from camvault.ports.errors import UsageError

if TYPE_CHECKING:
    from camvault.core.workflows.recording.record import RecordOptions
    from camvault.ports.recorder import StreamSource

DEFAULT_ROOT = Path("/home/recordingpi/cameras")
_HIGHEST_PORT = 65535
_LOG_LIMIT_BYTES = 4 * 1024 * 1024


def run(
    context: Context,
    /,
    *,
    ip: Annotated[str, typer.Option("--ip", metavar="HOST", help="The camera's address or name.")],
    station: Annotated[str, typer.Option("--station", metavar="NAME", help="The camera's code name.")],
    user: Annotated[str, typer.Option("--user", metavar="NAME", help="Who logs in at the camera.")] = "",
    password: Annotated[
        str | None,
        typer.Option("--password", metavar="TEXT", help="Others can see it in the list of processes; see the next."),
    ] = None,
    password_file: Annotated[
        Path | None, typer.Option("--password-file", metavar="FILE", help="The password, in the first line of a file.")
    ] = None,
    segment_time: Annotated[
        int, typer.Option("--segment_time", metavar="SECONDS", min=1, help="The length of a segment.")
    ] = 600,
    loglevel: Annotated[str, typer.Option("--loglevel", metavar="LEVEL", help="What ffmpeg says.")] = "info",
    output_dir: Annotated[
        Path, typer.Option("--output_dir", metavar="DIR", help="The folder of all stations.")
    ] = DEFAULT_ROOT,
    rtsp_port: Annotated[int, typer.Option("--rtsp_port", metavar="N", min=1, max=_HIGHEST_PORT)] = 554,
    rtsp_path: Annotated[
        str, typer.Option("--rtsp_path", metavar="PATH", help="The stream's path at the camera.")
    ] = "/Streaming/Channels/101",
    stall_timeout: Annotated[
        float, typer.Option("--stall-timeout", metavar="SECONDS", min=1, help="No new picture for so long is a stall.")
    ] = 10,
    ffmpeg_path: Annotated[str, typer.Option("--ffmpeg_path", metavar="PATH", help="The recorder program.")] = "ffmpeg",
    core: Annotated[
        int | None,
        typer.Option(
            "--core", metavar="N", min=0, help="Run on one core: the N-th, counted round the cores there are."
        ),
    ] = None,
    logs_dir: Annotated[Path | None, typer.Option("--logs_dir", metavar="DIR", help="Keep a log there.")] = None,
    utc: Annotated[bool, typer.Option("--utc", help="Name segments by UTC (with a Z) instead of local time.")] = False,
    replace: Annotated[bool, typer.Option("--exec", help="Become ffmpeg, without a supervisor.")] = False,
) -> None:
    """Record one camera into segments, for ever, and start again whenever it stands still."""
    from camvault.adapters.rtsp import FfmpegRecorder  # noqa: PLC0415 - --help must stay fast
    from camvault.adapters.system.zone import LocalZone  # noqa: PLC0415
    from camvault.apps._recording import (  # noqa: PLC0415
        find_recorder_program,
        pin_to_core,
        read_password,
        supervisor_ports,
    )
    from camvault.core.segments.names import STATION_RULE, is_station  # noqa: PLC0415
    from camvault.core.health.stall import StallPolicy  # noqa: PLC0415
    from camvault.core.workflows.recording.record import RecordOptions, record_camera  # noqa: PLC0415

    if not is_station(station):
        raise UsageError(f"--station: found {station!a}, expected {STATION_RULE}")
    secret = read_password(context, password, password_file)
    if secret and not user:
        raise UsageError("--user: found nothing, expected whom the password is for")
    source = _source(ip, rtsp_port, rtsp_path, user, secret)
    options = RecordOptions(
        station=station,
        output_root=PurePath(output_dir.absolute()),
        segment_s=segment_time,
        is_utc=utc,
        zone=LocalZone(),
        log_level=loglevel,
        stall=StallPolicy(stall_timeout_s=stall_timeout, start_timeout_s=max(15.0, stall_timeout)),
    )
    program = find_recorder_program(ffmpeg_path)
    if logs_dir is not None:
        _open_log(context, logs_dir / f"record_camera_{station}.log")
    pin_to_core(context, core)
    if replace:
        _become(context, program, source, options)
    record_camera(source, options=options, ports=supervisor_ports(context, FfmpegRecorder(program)))


def _source(ip: str, port: int, path: str, user: str, password: str) -> "StreamSource":
    from camvault.ports.recorder import StreamSource  # noqa: PLC0415

    if not ip or any(character.isspace() or character in "/@?#" for character in ip):
        raise UsageError(f"--ip: found {ip!a}, expected an address or a host name")
    return StreamSource(ip, port, path, user, password)


def _open_log(context: Context, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--logs_dir {path.parent}: {error.strerror}") from error
    context.log_to(path, limit_bytes=_LOG_LIMIT_BYTES)


def _become(context: Context, program: PurePath, source: "StreamSource", options: "RecordOptions") -> NoReturn:
    """Turn into ffmpeg, which holds the station's lock from then on; `organize_video` adopts what it writes."""
    from camvault.adapters.filesystem import LocalStorage, lock_across_exec  # noqa: PLC0415
    from camvault.adapters.rtsp import become_recorder  # noqa: PLC0415
    from camvault.core.workflows.recording.record import claim_station, prepare_unsupervised  # noqa: PLC0415

    storage = LocalStorage()
    storage.make_folder(options.lock_path.parent)
    take = partial(lock_across_exec, options.lock_path)
    claim_station(take, options, clock=context.clock, cancel=context.cancel)
    become_recorder(program, source, settings=prepare_unsupervised(options, storage=storage, clock=context.clock))


STAGE = Stage(
    name="record_camera",
    run=run,
    log=Log.OWN,
    echo="stdout",
    is_resident=True,
    exit_codes=ExitCodes(
        {
            0: "--help or --version; a recording never ends with it",
            1: "wrong usage, no recorder program or folder, or another recorder of this station runs",
            130: "stopped by Ctrl-C, SIGTERM or SIGHUP; what was recorded has its final name",
        }
    ),
)
entry = STAGE.entry

if __name__ == "__main__":
    entry()
