"""Adapter for ffmpeg, pure part: the command lines.

The specification's command, with every part of it, is
`ffmpeg -y -i input -c:v libsvtav1 -b:v {kbps}k -c:a libopus -b:a 64k -ac 1 -ar 24000 output`. What is added and why:

* `file:` before each path, so that no name is taken for an option, a protocol or a pattern.
* `-map 0:V:0 -map 0:a:0?`: the first real video stream (`V` leaves cover pictures out) and the first sound, if any.
  Body-cams add data, time-code and second sound tracks; MP4 with AV1 cannot hold the data, and ffmpeg's own choice
  ("best" stream) depends on the clip. A time code in the metadata is written again by the muxer.
* `-map_metadata 0`: creation time and place of recording stay. A rotation is applied to the picture (ffmpeg's default).
* `-preset`: ffmpeg's default is SVT-AV1's, which is 8 in SVT-AV1 4 and 10 in 2.3.
* `-f mp4`: the target has a temporary name without a telling suffix.
* `-nostdin -nostats -progress pipe:1`: nobody types, and the position is printed for programs.
"""

from pathlib import PurePath

from camvault.ports.media import ConstantQuality, EncodeSettings, TargetBitrate

QUIET = {"SVT_LOG": "1"}
"""Environment: SVT-AV1 prints its whole configuration to stderr otherwise, and pushes an error's words out."""

_TALK = ("-hide_banner", "-nostdin", "-loglevel", "error", "-nostats", "-stats_period", "0.5", "-progress", "pipe:1")


def file_url(path: PurePath) -> str:
    """An absolute path, as ffmpeg takes it literally."""
    return f"file:{path}"


def version_argv(program: PurePath) -> tuple[str | PurePath, ...]:
    """Print the version; works for ffprobe too."""
    return (program, "-version")


def encoders_argv(ffmpeg: PurePath) -> tuple[str | PurePath, ...]:
    """Print the list of encoders."""
    return (ffmpeg, "-hide_banner", "-encoders")


def quarter_crf_argv(ffmpeg: PurePath) -> tuple[str | PurePath, ...]:
    """Encode one small frame at CRF 40.25; SVT-AV1's log says what it made of that."""
    picture = ("-f", "lavfi", "-i", "color=size=64x64:duration=0.04")
    rate = ("-c:v", "libsvtav1", "-preset", "12", "-svtav1-params", "crf=40.25")
    return (ffmpeg, "-hide_banner", "-nostdin", "-loglevel", "error", *picture, *rate, "-f", "null", "-")


def probe_argv(ffprobe: PurePath, path: PurePath) -> tuple[str | PurePath, ...]:
    """Print duration and streams as JSON."""
    entries = "format=duration:stream=codec_type,width,height,avg_frame_rate,duration:stream_disposition=attached_pic"
    return (ffprobe, "-v", "error", "-show_entries", entries, "-of", "json", file_url(path))


def streams_argv(ffprobe: PurePath, path: PurePath) -> tuple[str | PurePath, ...]:
    """Print the facts of the streams as JSON."""
    video = "codec_name,profile,pix_fmt,width,height,r_frame_rate"
    entries = f"stream=codec_type,{video},sample_rate,channels,channel_layout:stream_disposition=attached_pic"
    return (ffprobe, "-v", "error", "-show_entries", entries, "-of", "json", file_url(path))


def encode_argv(
    ffmpeg: PurePath, source: PurePath, *, target: PurePath, settings: EncodeSettings, crf_step_quarters: int
) -> tuple[str | PurePath, ...]:
    """Encode a whole clip."""
    return (
        *(ffmpeg, *_TALK, "-y"),
        *(*_decoder(settings), "-i", file_url(source)),
        *("-map", "0:V:0", "-map", "0:a:0?", "-map_metadata", "0"),
        *_video(settings, crf_step_quarters),
        *("-c:a", "libopus", "-b:a", f"{settings.audio_kbps}k", "-ac", "1", "-ar", "24000"),
        *("-f", "mp4", file_url(target)),
    )


def sample_argv(
    ffmpeg: PurePath,
    source: PurePath,
    *,
    start_s: float,
    length_s: float,
    settings: EncodeSettings,
    crf_step_quarters: int,
) -> tuple[str | PurePath, ...]:
    """Encode a stretch of the picture to nowhere; the progress says how many bytes it took."""
    return (
        *(ffmpeg, *_TALK, "-y"),
        *("-ss", f"{start_s:.3f}", "-t", f"{length_s:.3f}", *_decoder(settings), "-i", file_url(source)),
        *("-map", "0:V:0", *_video(settings, crf_step_quarters)),
        *("-f", "obu", "file:/dev/null"),
    )


def _decoder(settings: EncodeSettings) -> tuple[str, ...]:
    return ("-threads", str(settings.thread_count)) if settings.thread_count else ()


def _video(settings: EncodeSettings, crf_step_quarters: int) -> tuple[str, ...]:
    params = [f"lp={settings.thread_count}"] if settings.thread_count else []
    if isinstance(settings.rate, TargetBitrate):
        rate = ("-b:v", f"{settings.rate.video_kbps}k")
    else:
        quarters = _on_grid(settings.rate, crf_step_quarters)
        rate = ("-crf", str(quarters // 4))
        if quarters % 4:
            # ffmpeg's own option is an integer; SVT-AV1's parameter comes after it and wins
            params.append(f"crf={quarters / 4:.2f}")
    more = ("-svtav1-params", ":".join(params)) if params else ()
    return ("-c:v", "libsvtav1", *rate, "-preset", str(settings.preset), *more)


def _on_grid(rate: ConstantQuality, step: int) -> int:
    return (rate.crf_quarters + step // 2) // step * step
