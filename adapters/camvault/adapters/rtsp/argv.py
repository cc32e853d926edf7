"""Adapter for RTSP cameras, pure part: ffmpeg's command line, and the stream's address that it reads from stdin.

The address holds the password, so it is in no argument: the concat demuxer reads it from a pipe, with the options of
the RTSP demuxer beside it. Works with ffmpeg 5.1, 7.0, 7.1 and 9.0; `-/i file` does not exist in any of them.
Source: libavformat/concatdec.c, https://ffmpeg.org/ffmpeg-formats.html#concat-1
"""

from pathlib import PurePath
from urllib.parse import quote

from camvault.ports.recorder import PASSWORD_PLACEHOLDER, USER_PLACEHOLDER, RecorderSettings, StreamSource

PROTOCOLS = "pipe,file,rtsp,rtp,tcp,udp,crypto,data"

_MATROSKA_OPTIONS = "cluster_time_limit=1000:flush_packets=1"
"""At most one second in memory: by default a killed recorder loses 256 KiB, all of a segment of a dark scene."""

_LONGEST_SOCKET_TIMEOUT_S = 2000.0
"""ffmpeg's TCP takes microseconds in 32 bits; beyond 2147 s every start ends with "Numerical result out of range"."""


def stream_url(source: StreamSource) -> str:
    """The address with credentials; whatever is in them is percent-encoded."""
    credentials = ""
    if source.user:
        credentials = f"{quote(source.user, safe='')}:{quote(source.password, safe='')}@"
    host = f"[{source.host}]" if ":" in source.host else source.host
    path = source.path if source.path.startswith("/") else f"/{source.path}"
    for placeholder, value in ((USER_PLACEHOLDER, source.user), (PASSWORD_PLACEHOLDER, source.password)):
        path = path.replace(placeholder, quote(value, safe=""))
    return f"rtsp://{credentials}{host}:{source.port}{quote(path, safe='/?&=%+:;,@!~*()$-._')}"


def ffconcat(source: StreamSource, *, socket_timeout_s: float) -> bytes:
    """What ffmpeg reads from stdin.

    The time-out sees a socket only, not a camera that sends RTCP, sound or single bytes instead of pictures.
    """
    lines = (
        "ffconcat version 1.0",
        f"file {_concat_quoted(stream_url(source))}",
        "option rtsp_transport tcp",
        f"option timeout {round(min(socket_timeout_s, _LONGEST_SOCKET_TIMEOUT_S) * 1_000_000)}",
        "option use_wallclock_as_timestamps 1",
        "option max_delay 100000",
        "option allowed_media_types video+audio",
    )
    return "".join(f"{line}\n" for line in lines).encode()


def _concat_quoted(text: str) -> str:
    # inside single quotes everything is literal but the quote itself (ffmpeg-utils, "Quoting and escaping")
    return "'" + text.replace("'", r"'\''") + "'"


def record_argv(ffmpeg: PurePath, settings: RecorderSettings, *, is_supervised: bool = True) -> tuple[str, ...]:
    """The command line of one session. Only a supervisor is told of progress, on stdout: 24 lines a second."""
    return (
        str(ffmpeg),
        "-hide_banner",
        *("-loglevel", f"level+{settings.log_level}"),
        "-nostats",
        *("-f", "concat", "-safe", "0", "-protocol_whitelist", PROTOCOLS, "-i", "pipe:0"),
        *("-map", "0:v", "-map", "0:a?"),  # a camera without a microphone is recorded too
        *("-c", "copy"),
        # ffmpeg 7.1 drops AAC whose packets carry no key flag, and holds the video back meanwhile
        "-copyinkf:a",
        *("-f", "segment", "-segment_format", "matroska", "-segment_format_options", _MATROSKA_OPTIONS),
        *("-segment_time", str(settings.segment_s), "-segment_atclocktime", "1", "-reset_timestamps", "1"),
        *("-segment_start_number", "1"),
        *(("-progress", "pipe:1") if is_supervised else ()),
        output_pattern(settings),
    )


def output_pattern(settings: RecorderSettings) -> str:
    """The pattern of the segments' paths: `%` in the folder is no conversion."""
    return f"file:{str(settings.folder).replace('%', '%%')}/{settings.name_pattern}"


def environment() -> dict[str, str | None]:
    """What ffmpeg's environment needs beyond ours, None for what it must not have.

    TZ is the zone in which it names segments and cuts them. FFREPORT, even an empty one, makes it write a report of its
    own, with everything that it ever says: the address of the camera too.
    """
    return {"TZ": "UTC", "FFREPORT": None}
