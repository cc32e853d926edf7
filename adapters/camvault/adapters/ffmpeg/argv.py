"""Adapter for ffmpeg, pure part: the command lines.

The specification's command, with every part of it, is
`ffmpeg -y -i input -c:v libsvtav1 -b:v {kbps}k -c:a libopus -b:a 64k -ac 1 -ar 24000 output`. What is added and why:

* `file:` before each path, so that no name is taken for an option, a protocol or a pattern.
* `-map` for each stream that MP4 can hold (module `streams`): ffmpeg's own choice is one of each kind. `-copy_unknown`
  lets a data track through. A time code and chapters are written again by the muxer.
* `-map_metadata 0`: creation time and place of recording stay; `use_metadata_tags` also keeps what a camera wrote as
  QuickTime keys (make, model, time with zone), and holds tags of single streams. A rotation is applied to the picture
  (ffmpeg's default).
* `-fps_mode passthrough -enc_time_base 1:90000`: every frame that was decoded is encoded, at its own time. ffmpeg's
  default drops and doubles frames to make the rate constant where it takes it to be.
* `-preset`: ffmpeg's default is SVT-AV1's, which is 8 in SVT-AV1 4 and 10 in 2.3.
* `-f mp4`: the target has a temporary name without a telling suffix.
* `-nostdin -nostats -progress pipe:1`: nobody types, and the position is printed for programs.
* Only an output is ever the last argument: a program that stands in for ffmpeg, a wrapper or a mock, may write there.
* `-loglevel level+verbose`: at the end ffmpeg says how many packets and frames of each stream went in and out.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import PurePath

import attrs

from camvault.adapters.ffmpeg.streams import Mapping as StreamMapping
from camvault.adapters.ffmpeg.streams import SourceStream
from camvault.ports.media import ConstantQuality, EncodeSettings, TargetBitrate

QUIET = {"SVT_LOG": "1"}
"""Environment: SVT-AV1 prints its whole configuration to stderr otherwise, and pushes an error's words out."""

WINDOWS_PER_S = 2
"""How often the loudness of a sound is measured."""

QUIETLY = ("-hide_banner", "-nostdin", "-loglevel", "level+verbose", "-nostats")
"""Says what went in and out, and asks nobody."""

TALK = (*QUIETLY, "-stats_period", "0.5", "-progress", "pipe:1")
"""Says how far it is, too."""

BY_ORDER = "settb=1/25,setpts=N,fps=25"
"""Filters after which the pictures of two inputs are paired by their order.

The time base is set first: `setpts=N/25/TB` cuts fractions off, and a picture whose time is early by one part of 90000
is paired with the one before it. `fps` says the rate again, which `setpts` takes away: without one, XPSNR of 7.1
divides by zero (SIGFPE).
"""


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
    """Print duration, streams and chapters as JSON."""
    stream = "index,codec_type,codec_name,codec_tag_string,width,height,nb_frames,bit_rate,duration"
    entries = f"format=duration,format_name:chapter=id:stream={stream}:stream_disposition=attached_pic"
    return (ffprobe, "-i", file_url(path), "-v", "error", "-show_entries", entries, "-of", "json")


def streams_argv(ffprobe: PurePath, path: PurePath) -> tuple[str | PurePath, ...]:
    """Print the facts of the streams as JSON."""
    video = "codec_name,profile,pix_fmt,width,height,r_frame_rate"
    entries = f"stream=codec_type,{video},sample_rate,channels,channel_layout:stream_disposition=attached_pic"
    return (ffprobe, "-i", file_url(path), "-v", "error", "-show_entries", entries, "-of", "json")


def inspect_argv(ffmpeg: PurePath, source: PurePath) -> tuple[str | PurePath, ...]:
    """Print what the file is, and read hardly more of it."""
    quietly = ("-hide_banner", "-nostdin", "-loglevel", "info")
    return (ffmpeg, *quietly, "-i", file_url(source), "-c", "copy", "-t", "0", "-f", "null", "-")


def tags_argv(ffmpeg: PurePath, source: PurePath) -> tuple[str | PurePath, ...]:
    """Print the tags of the file and of each stream as `ffmetadata`; no packet is needed for it."""
    streams = ("-map", "0", "-map_metadata", "0", "-c", "copy", "-copy_unknown")
    return (
        *(ffmpeg, "-hide_banner", "-nostdin", "-loglevel", "level+error", "-i", file_url(source)),
        *(*streams, "-t", "0", "-f", "ffmetadata", "pipe:1"),
    )


def chapters_argv(ffmpeg: PurePath, source: PurePath) -> tuple[str | PurePath, ...]:
    """Print the chapters with their tags as `ffmetadata`; no packet is read."""
    return (
        *(ffmpeg, "-hide_banner", "-nostdin", "-loglevel", "level+error", "-i", file_url(source)),
        *("-f", "ffmetadata", "pipe:1"),
    )


def messages_argv(
    ffmpeg: PurePath, source: PurePath, index: int, *, codec: str, units: str
) -> tuple[str | PurePath, ...]:
    """Print the units of a picture's stream, each behind a start code; nothing is decoded. `units`: only those types.

    The stream goes to nowhere as well: in a clip without messages nothing else would tell the position.
    """
    stream = ("-map", f"0:{index}", "-c", "copy")
    units_only = f"{codec}_mp4toannexb" + (f",filter_units=pass_types={units}" if units else "")
    return (
        *(ffmpeg, "-hide_banner", "-nostdin", "-loglevel", "level+error", "-nostats"),
        *("-stats_period", "0.5", "-progress", "pipe:2", "-i", file_url(source)),
        *(*stream, "-bsf:v", units_only, "-f", "data", "pipe:1"),
        *(*stream, "-f", "null", "-"),
    )


def time_codes_argv(ffmpeg: PurePath, source: PurePath, index: int) -> tuple[str | PurePath, ...]:
    """Print what stands in the messages of an H.264 stream's first two seconds, field by field."""
    fields = "h264_mp4toannexb,filter_units=pass_types=6|7|8,trace_headers"  # with the sets that say how to read them
    return (
        *(ffmpeg, "-hide_banner", "-nostdin", "-loglevel", "level+info", "-nostats", "-t", "2", "-i", file_url(source)),
        *("-map", f"0:{index}", "-c", "copy", "-bsf:v", fields, "-f", "null", "-"),
    )


def loudness_argv(ffmpeg: PurePath, source: PurePath, sounds: Sequence[SourceStream]) -> tuple[str | PurePath, ...]:
    """Print how loud each channel of each sound is in every half second, and how loud their mono mix is."""
    graphs, maps = [], []
    for sound in sounds:
        index, window = sound.index, max(1, (sound.rate_hz or 48_000) // WINDOWS_PER_S)
        levels = (
            f"asetnsamples=n={window}:p=0,astats=metadata=1:reset=1:measure_perchannel=RMS_level:measure_overall=none"
        )
        graphs.append(f"[0:{index}]asplit=2[c{index}][m{index}]")
        graphs.append(f"[c{index}]{levels},ametadata@all{index}=print[oc{index}]")
        graphs.append(f"[m{index}]aformat=channel_layouts=mono,{levels},ametadata@mix{index}=print[om{index}]")
        maps += [word for name in "cm" for word in ("-map", f"[o{name}{index}]")]
    graph = ";".join(graphs)
    return (ffmpeg, *TALK, "-vn", "-i", file_url(source), "-filter_complex", graph, *maps, "-f", "null", "-")


def decode_argv(ffmpeg: PurePath, path: PurePath) -> tuple[str | PurePath, ...]:
    """Decode all pictures and sounds of an output to nowhere.

    Each picture gets a time of its own: where two have the same one, as cameras give it, "nowhere" complains of that.
    """
    maps = ("-map", "0:V", "-map", "0:a?", "-fps_mode", "passthrough", "-enc_time_base:v", "1:90000")
    times = ("-filter:v", "settb=1/90000,setpts=N*1000")
    return (ffmpeg, *TALK, "-i", file_url(path), *maps, *times, "-f", "null", "-")


def encode_argv(
    ffmpeg: PurePath,
    source: PurePath,
    *,
    target: PurePath,
    settings: EncodeSettings,
    crf_step_quarters: int,
    mapping: StreamMapping,
    channels: Collection[tuple[int, int]] = (),
    has_camera_tags: bool = False,
    keys: Mapping[str, str] | None = None,
    has_chapters: bool = True,
) -> tuple[str | PurePath, ...]:
    """Encode a whole clip.

    `channels` are sounds of which one channel is taken: stream and channel. `keys` are written as QuickTime keys.
    `has_chapters`: chapters are written again.
    """
    streams = (*mapping.pictures, *mapping.sounds, *mapping.subtitles, *mapping.copied)
    return (
        *(ffmpeg, *TALK, "-y"),
        *(*_decoder(settings), "-i", file_url(source)),
        *(word for stream in streams for word in ("-map", f"0:{stream.index}")),
        *("-map_metadata", "0", "-copy_unknown"),
        *(() if has_chapters else ("-map_chapters", "-1")),
        *(("-movflags", "use_metadata_tags") if has_camera_tags or keys else ()),
        *(word for name, value in (keys or {}).items() for word in ("-metadata", f"{name}={value}")),
        *("-c:v", "libsvtav1", "-c:a", "libopus"),
        *other_codecs(mapping),
        *_video(_shared_out(settings, len(mapping.pictures)), crf_step_quarters),
        *("-fps_mode:v", "passthrough", "-enc_time_base:v", "1:90000"),
        *("-b:a", f"{settings.audio_kbps}k", "-ac", "1", "-ar", "24000"),
        *(word for index, channel in channels for word in one_channel(mapping, index, channel)),
        *("-f", "mp4", file_url(target)),
    )


def other_codecs(mapping: StreamMapping) -> Iterator[str]:
    """Codecs for what is neither picture nor sound, by its place where it is copied: the last that matches counts."""
    yield from ("-c:s", "mov_text", "-c:d", "copy")
    others = enumerate((*mapping.subtitles, *mapping.copied), start=len(mapping.encoded))
    for place, stream in others:
        if stream.is_cover:
            yield from (f"-c:{place}", "copy", f"-disposition:{place}", "attached_pic")
        elif stream.codec == "mov_text":
            yield from (f"-c:{place}", "copy")


def one_channel(mapping: StreamMapping, index: int, channel: int) -> tuple[str, ...]:
    """Take one channel of a sound instead of the mix."""
    place = next(place for place, stream in enumerate(mapping.sounds) if stream.index == index)
    return (f"-filter:a:{place}", f"pan=mono|c0=c{channel}")


def _shared_out(settings: EncodeSettings, picture_count: int) -> EncodeSettings:
    """The bitrate is that of the clip: several pictures share it."""
    if not isinstance(settings.rate, TargetBitrate) or picture_count == 1:
        return settings
    return attrs.evolve(settings, rate=TargetBitrate(max(1, settings.rate.video_kbps // picture_count)))


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
        *(ffmpeg, *TALK, "-y"),
        *("-ss", f"{start_s:.3f}", "-t", f"{length_s:.3f}", *_decoder(settings), "-i", file_url(source)),
        *("-map", "0:V:0", "-c:v", "libsvtav1", *_video(settings, crf_step_quarters)),
        *("-f", "obu", "file:/dev/null"),
    )


def measured_sample_argv(
    ffmpeg: PurePath,
    source: PurePath,
    *,
    start_s: float,
    length_s: float,
    settings: EncodeSettings,
    crf_step_quarters: int,
    measure: str,
) -> tuple[str | PurePath, ...]:
    """As `sample_argv`, and print how near the picture is to that of the source.

    What was encoded is decoded again in the same run (`-dec`, from ffmpeg 7.0 on). Frames are encoded as `encode_argv`
    does it, and paired by their order.
    """
    return (
        *(ffmpeg, *TALK, "-y"),
        *("-ss", f"{start_s:.3f}", "-t", f"{length_s:.3f}", *_decoder(settings), "-i", file_url(source)),
        *("-map", "0:V:0", "-c:v", "libsvtav1", *_video(settings, crf_step_quarters)),
        *("-fps_mode:v", "passthrough", "-enc_time_base:v", "1:90000"),
        *("-f", "obu", "file:/dev/null"),
        *_compared(measure),
    )


def measure_trial_argv(ffmpeg: PurePath, measure: str) -> tuple[str | PurePath, ...]:
    """Encode some small frames, and measure them."""
    picture = ("-f", "lavfi", "-i", "testsrc2=size=128x128:rate=25:duration=0.2")
    codec = ("-map", "0:V:0", "-c:v", "libsvtav1", "-preset", "12", "-crf", "40")
    return (ffmpeg, *QUIETLY, "-y", *picture, *codec, "-f", "obu", "file:/dev/null", *_compared(measure))


def _compared(measure: str) -> tuple[str, ...]:
    """Decode the first output again, and measure it against the first picture."""
    alike = f"setsar=1,format=yuv420p,{BY_ORDER}"
    graph = f"[0:V:0]{alike}[s];[dec:0]{alike}[d];[d][s]{measure}[o]"
    return ("-dec", "0:0", "-filter_complex", graph, "-map", "[o]", "-f", "null", "-")


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
    return (*rate, "-preset", str(settings.preset), *more)


def _on_grid(rate: ConstantQuality, step: int) -> int:
    return (rate.crf_quarters + step // 2) // step * step
