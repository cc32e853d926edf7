"""Adapter for RTSP cameras, pure part: ffmpeg's command line, and the stream's address that it reads from stdin.

The address holds the password, so it is in no argument: the concat demuxer reads it from a pipe, with the options of
the RTSP demuxer beside it. Works with ffmpeg 5.1, 7.0, 7.1 and 9.0; `-/i file` does not exist in any of them.
Source: libavformat/concatdec.c, https://ffmpeg.org/ffmpeg-formats.html#concat-1
"""

from pathlib import PurePath
from urllib.parse import quote

from camvault.adapters.rtsp.times import repaired_times
from camvault.ports.recorder import (
    PASSWORD_PLACEHOLDER,
    USER_PLACEHOLDER,
    RecorderSettings,
    SoundUse,
    StreamSource,
    Transport,
)

PROTOCOLS = "pipe,file,rtsp,rtp,tcp,udp,crypto,data"

ADDRESS_SIGNS = "/?&=%+:;,@!~*()$-._"
"""What may stand in a path as it is."""

_HOLD_US = 100_000
"""So long a picture waits for sound of its time; by default 10 s, for sound that is announced and never sent."""
_MATROSKA_OPTIONS = f"cluster_time_limit=1000:flush_packets=1:max_interleave_delta={_HOLD_US}"
"""At most one second in memory: by default a killed recorder loses 256 KiB, all of a segment of a dark scene."""

LOOK_S = 1.0
"""How long ffmpeg looks at a stream before it writes; by default 5 s, if a track of it is silent."""
_STUDY_BYTES = 64 * 1024 * 1024

_TRANSPORTS = {
    Transport.AUTO: ("option rtsp_transport tcp+udp", "option rtsp_flags prefer_tcp"),
    Transport.TCP: ("option rtsp_transport tcp",),
    Transport.UDP: ("option rtsp_transport udp",),
}
_LOUD_LEVELS = ("info", "verbose", "debug", "trace")

_LONGEST_SOCKET_TIMEOUT_S = 2000.0
"""ffmpeg's TCP takes microseconds in 32 bits; beyond 2147 s every start ends with "Numerical result out of range"."""


def stream_url(source: StreamSource) -> str:
    """The address with credentials; whatever is in them is percent-encoded."""
    credentials = ""
    if source.user:
        credentials = f"{quote(source.user, safe='')}:{quote(source.password, safe='')}@"
    host = f"[{source.host}]" if ":" in source.host else source.host
    path = source.secret_path or source.path
    path = path if path.startswith("/") else f"/{path}"
    for placeholder, value in ((USER_PLACEHOLDER, source.user), (PASSWORD_PLACEHOLDER, source.password)):
        path = path.replace(placeholder, quote(value, safe=""))
    return f"rtsp://{credentials}{host}:{source.port}{quote(path, safe=ADDRESS_SIGNS)}"


def ffconcat(source: StreamSource, settings: RecorderSettings) -> bytes:
    """What ffmpeg reads from stdin.

    The time-out sees a socket only, not a camera that sends RTCP, sound or single bytes instead of pictures.
    """
    way = settings.way
    socket_timeout_s = min(settings.socket_timeout_s, _LONGEST_SOCKET_TIMEOUT_S)
    lines = (
        "ffconcat version 1.0",
        f"file {_concat_quoted(stream_url(source))}",
        *_TRANSPORTS[source.transport],
        f"option timeout {round(socket_timeout_s * 1_000_000)}",
        *(() if way.is_reordered else ("option use_wallclock_as_timestamps 1",)),
        "option max_delay 100000",
        f"option allowed_media_types {'video' if way.sound is SoundUse.LEFT_OUT else 'video+audio'}",
        *(f"option {name} {value}" for name, value in _look(settings)),
    )
    return "".join(f"{line}\n" for line in lines).encode()


def _look(settings: RecorderSettings) -> tuple[tuple[str, int], ...]:
    if settings.way.is_studied:
        # where a track stays unknown all of it is taken, and the supervisor waits no longer than this for a picture
        return ("analyzeduration", round(settings.start_timeout_s * 500_000)), ("probesize", _STUDY_BYTES)
    return (("analyzeduration", round(LOOK_S * 1_000_000)),)


def _concat_quoted(text: str) -> str:
    # inside single quotes everything is literal but the quote itself (ffmpeg-utils, "Quoting and escaping")
    return "'" + text.replace("'", r"'\''") + "'"


def record_argv(ffmpeg: PurePath, settings: RecorderSettings, *, is_supervised: bool = True) -> tuple[str, ...]:
    """The command line of one session. Only a supervisor is told of progress, on stdout: 24 lines a second.

    A supervisor needs what ffmpeg says of the stream, at level "info", also where less of it is told.
    """
    level = settings.log_level if settings.log_level in _LOUD_LEVELS or not is_supervised else "info"
    return (
        str(ffmpeg),
        "-hide_banner",
        *("-loglevel", f"level+{level}"),
        "-nostats",
        *(word for name, value in _look(settings) for word in (f"-{name}", str(value))),
        *("-f", "concat", "-safe", "0", "-protocol_whitelist", PROTOCOLS, "-i", "pipe:0"),
        *("-map", "0:v:u", "-c:v", "copy"),  # usable ones: a second track that sends nothing stops no other
        *_sound_flags(settings.way.sound),
        *(repaired_times(settings.way.sound) if settings.way.is_reordered else ()),
        *("-f", "segment", "-segment_format", "matroska", "-segment_format_options", _MATROSKA_OPTIONS),
        *("-max_interleave_delta", str(_HOLD_US)),
        *("-segment_time", str(settings.segment_s), "-segment_atclocktime", "1", "-reset_timestamps", "1"),
        *("-segment_start_number", "1"),
        *(("-progress", "pipe:1") if is_supervised else ()),
        output_pattern(settings),
    )


def _sound_flags(use: SoundUse) -> tuple[str, ...]:
    """What becomes of the sound. A camera without a microphone is recorded too."""
    if use is SoundUse.COPIED:
        # ffmpeg 7.1 drops AAC whose packets carry no key flag, and holds the video back meanwhile
        return ("-map", "0:a?", "-c:a", "copy", "-copyinkf:a")
    return ("-map", "0:a?", "-c:a", "aac") if use is SoundUse.TRANSCODED else ()


def output_pattern(settings: RecorderSettings) -> str:
    """The pattern of the segments' paths: `%` in the folder is no conversion."""
    return f"file:{str(settings.folder).replace('%', '%%')}/{settings.name_pattern}"


def environment() -> dict[str, str | None]:
    """What ffmpeg's environment needs beyond ours, None for what it must not have.

    TZ is the zone in which it names segments and cuts them. FFREPORT, even an empty one, makes it write a report of its
    own, with everything that it ever says: the address of the camera too.
    """
    return {"TZ": "UTC", "FFREPORT": None}
