"""Adapter for ffmpeg, pure part: the command lines of archives.

The specification's command is `ffmpeg -hide_banner -hwaccel qsv -hwaccel_output_format qsv -y -i IN
-vf scale_qsv=w=1024:h=768:mode=hq -global_quality 26 -c:v h264_qsv -an OUT`. What is added and why, beside what module
`argv` of this adapter says of encodes:

* Width and height are reckoned beforehand (module `picture`): a filter of hardware reckons in ways of its own.
* What is turned when it is shown is decoded and scaled by the processor: ffmpeg turns it there only.
* `setsar=1`: the picture has been scaled to square pixels.
* x264: `-crf` is its constant quality, `medium` its default preset; hardware has a constant quality of its own each.
* v4l2m2m has none: the limits of its quantiser are set, and a bitrate for drivers that ignore them; ffmpeg's own
  default is 200 kbit/s.
* `+faststart`: the tables stand at the beginning, so that a cut archive says so and a player starts at once.
* `-threads` of a look is 1: it decodes some frames only, and a large picture takes 200 MB a thread.
"""

from collections.abc import Sequence
from pathlib import PurePath

import attrs

from camvault.adapters.ffmpeg.archive.picture import archive_size, frame_rate_of
from camvault.adapters.ffmpeg.archive.shape import Shape
from camvault.adapters.ffmpeg.archive.watch import WATCH_HEIGHT_PX, WATCH_WIDTH_PX
from camvault.adapters.ffmpeg.argv import BY_ORDER, QUIETLY, TALK, WINDOWS_PER_S, file_url, one_channel, other_codecs
from camvault.adapters.ffmpeg.streams import Mapping, SourceStream
from camvault.ports.archiving import ArchiveCodec, ArchiveSettings

LOOK_WIDTH_PX, LOOK_HEIGHT_PX = 64, 48
"""To which both pictures are scaled to be compared."""

LOOK_FRAMES = 3
"""How many frames are taken at each place."""

SOUND_RATE_HZ = 24_000
_SOUND_KBPS = 32
_SPEECH_HZ = 3000
"""What is above an encoder may leave out."""
_HARDWARE_STEP_PX = 16
_MP4_SOUNDS = frozenset({"aac", "ac3", "alac", "eac3", "flac", "mp2", "mp3", "opus"})
_V4L2_BITS_PER_PIXEL = 0.07
"""At quality 26, about what x264 needs for footage of a street; 6 steps are a factor of 2."""
_MEASURED_S = 1.0
_KEPT_TIMES = ("-seek_timestamp", "1")
"""The times of an archive count from the beginning of its source, also if its own first stream begins later."""


@attrs.frozen
class PictureEncoder:
    """An encoder of H.264, and the device that it needs ("" for none).

    `has_b_frames`: the order in which frames are stored may be another one than that in which they are shown.
    """

    codec: ArchiveCodec
    device: str = ""
    has_b_frames: bool = True

    @property
    def name(self) -> str:
        """As ffmpeg calls it."""
        return "libx264" if self.codec is ArchiveCodec.X264 else f"h264_{self.codec.value}"

    @property
    def is_hardware(self) -> bool:
        """Whether it may be absent, or give a picture that is none."""
        return self.codec is not ArchiveCodec.X264


def wanted_shape(stream: SourceStream, settings: ArchiveSettings, encoder: PictureEncoder) -> Shape:
    """How the picture of an archive is to be: upright, with square pixels."""
    step_px = _HARDWARE_STEP_PX if encoder.is_hardware else 2
    return Shape(*archive_size(stream, settings, width_step_px=step_px))


def archive_argv(
    ffmpeg: PurePath,
    source: PurePath,
    *,
    target: PurePath,
    settings: ArchiveSettings,
    encoder: PictureEncoder,
    mapping: Mapping,
    channels: Sequence[tuple[int, int]] = (),
    has_camera_tags: bool = False,
) -> tuple[str | PurePath, ...]:
    """Make an archive. `channels` are sounds of which one channel is taken: stream and channel."""
    is_turned = any(stream.turned_degrees for stream in mapping.pictures)
    filters: list[str] = [
        word
        for place, stream in enumerate(mapping.pictures)
        for word in (f"-filter:v:{place}", _filter(stream, settings, encoder))
    ]
    return (
        *(ffmpeg, *TALK),
        *(*_decoder(encoder, is_turned=is_turned), "-y", "-i", file_url(source)),
        *_maps(mapping),
        *filters,
        *_quality(settings, encoder, mapping.pictures),
        *("-c:v", encoder.name, "-fps_mode:v", "passthrough", "-enc_time_base:v", "1:90000"),
        *_sound(mapping, channels),
        *other_codecs(mapping),
        *_form(target, has_camera_tags=has_camera_tags),
    )


def remux_argv(
    ffmpeg: PurePath,
    source: PurePath,
    *,
    target: PurePath,
    mapping: Mapping,
    channels: Sequence[tuple[int, int]] = (),
    has_camera_tags: bool = False,
) -> tuple[str | PurePath, ...]:
    """Take the streams as they are; a sound that MP4 cannot hold becomes AAC."""
    copied = (f"-c:a:{place}" for place, sound in enumerate(mapping.sounds) if is_held(sound))
    hevc = [place for place, picture in enumerate(mapping.pictures) if picture.codec == "hevc"]
    lost = [found for found in channels if not is_held(_sound_of(mapping, found[0]))]
    return (
        *(ffmpeg, *TALK, "-y", "-i", file_url(source)),
        *_maps(mapping),
        *("-c:v", "copy"),
        *(word for place in hevc for word in (f"-tag:v:{place}", "hvc1")),
        *_sound(mapping, lost),
        *(word for name in copied for word in (name, "copy")),
        *other_codecs(mapping),
        *_form(target, has_camera_tags=has_camera_tags),
    )


def is_held(sound: SourceStream) -> bool:
    """Whether MP4 holds the sound as it is."""
    return sound.codec in _MP4_SOUNDS


def look_argv(
    ffmpeg: PurePath,
    source: PurePath,
    archive: PurePath,
    *,
    stream: tuple[int, int],
    at_s: float,
    is_sought: bool = True,
) -> tuple[str | PurePath, ...]:
    """Print some frames of both, scaled and one above the other, as red, green and blue.

    `stream` is the number of its stream in the source, and that of it among the pictures of the archive. What is not
    sought is decoded from the beginning: a camera that refreshes its picture bit by bit has no place to begin at.
    """
    begin = "" if is_sought else f"trim=start={at_s:.6f},"
    small = (
        f"{begin}scale={LOOK_WIDTH_PX}:{LOOK_HEIGHT_PX}:flags=area,setsar=1,format=gbrp,settb=1,setpts=N,"
        f"trim=end_frame={LOOK_FRAMES}"
    )
    graph = f"[0:{stream[0]}]{small}[s];[1:V:{stream[1]}]{small}[a];[s][a]vstack=shortest=1"
    return (
        *(ffmpeg, *QUIETLY),
        *(*_seek(source, at_s if is_sought else 0.0), *_KEPT_TIMES, *_seek(archive, at_s if is_sought else 0.0)),
        *("-filter_complex", graph, "-an", "-frames:v", str(LOOK_FRAMES), "-fps_mode", "passthrough"),
        *("-f", "rawvideo", "pipe:1"),
    )


def watch_argv(
    ffmpeg: PurePath, path: PurePath, stream: str, *, are_all: bool, has_kept_times: bool
) -> tuple[str | PurePath, ...]:
    """Print every picture of a stream very small, or the key pictures, and on stderr when each is shown.

    `has_kept_times`: times are those in the file; otherwise they begin with the file, as those of an encode do.
    """
    small = f"scale={WATCH_WIDTH_PX}:{WATCH_HEIGHT_PX}:flags=area,setsar=1,format=gbrp,showinfo=checksum=0"
    return (
        *(ffmpeg, *QUIETLY),
        *(("-copyts",) if has_kept_times else ()),
        *(() if are_all else ("-skip_frame", "nokey")),
        *("-i", file_url(path), "-map", stream, "-vf", small, "-fps_mode", "passthrough"),
        *("-enc_time_base", "1:90000", "-f", "rawvideo", "pipe:1"),
    )


def measure_argv(
    ffmpeg: PurePath, source: PurePath, archive: PurePath, *, measure: str, at_s: float, size: tuple[int, int]
) -> tuple[str | PurePath, ...]:
    """Print how near a second of the archive is to that of its source; frames are paired by their order.

    `size` is the archive's: the source is scaled to it.
    """
    graph = (
        f"[0:V:0]scale={size[0]}:{size[1]}:flags=bicubic,setsar=1,format=yuv420p,{BY_ORDER}[s];"
        f"[1:V:0]setsar=1,format=yuv420p,{BY_ORDER}[a];[a][s]{measure}=shortest=1"
    )
    length = ("-t", f"{_MEASURED_S:.3f}")
    return (
        *(ffmpeg, "-hide_banner", "-nostdin", "-loglevel", "info", "-nostats"),
        *(*length, *_seek(source, at_s)),
        *(*length, *_KEPT_TIMES, *_seek(archive, at_s)),
        *("-filter_complex", graph, "-an", "-fps_mode", "passthrough", "-f", "null", "-"),
    )


def trial_argv(ffmpeg: PurePath, target: PurePath) -> tuple[str | PurePath, ...]:
    """Make a second of a test picture, with which an encoder is tried."""
    picture = ("-f", "lavfi", "-i", "testsrc2=size=640x480:rate=25:duration=1")
    codec = ("-c:v", "mpeg4", "-q:v", "2", "-pix_fmt", "yuv420p")
    return (ffmpeg, *QUIETLY, "-y", *picture, *codec, "-f", "mp4", file_url(target))


def levels_argv(ffmpeg: PurePath, path: PurePath, streams: Sequence[tuple[str, str]]) -> tuple[str | PurePath, ...]:
    """Print how loud the speech of each sound is in every half second. `streams` are its name and a filter before."""
    graphs = [
        f"[{name}]{filters}aformat=channel_layouts=mono,aresample={SOUND_RATE_HZ},lowpass=f={_SPEECH_HZ},"
        f"asetnsamples=n={SOUND_RATE_HZ // WINDOWS_PER_S}:p=0,"
        "astats=metadata=1:reset=1:measure_perchannel=RMS_level:measure_overall=none,"
        f"ametadata@mix{place}=print[o{place}]"
        for place, (name, filters) in enumerate(streams)
    ]
    maps = [word for place in range(len(streams)) for word in ("-map", f"[o{place}]")]
    return (ffmpeg, *TALK, "-vn", "-i", file_url(path), "-filter_complex", ";".join(graphs), *maps, "-f", "null", "-")


def sounds_argv(ffmpeg: PurePath, source: PurePath) -> tuple[str | PurePath, ...]:
    """Read all sounds, and say how many bytes they are; nothing is decoded."""
    return (ffmpeg, *TALK, "-i", file_url(source), "-map", "0:a", "-c", "copy", "-f", "null", "-")


def filters_argv(ffmpeg: PurePath) -> tuple[str | PurePath, ...]:
    """Print the list of filters."""
    return (ffmpeg, "-hide_banner", "-filters")


def _seek(path: PurePath, at_s: float) -> tuple[str, ...]:
    return ("-ss", f"{at_s:.6f}", "-threads", "1", "-i", file_url(path))


def _maps(mapping: Mapping) -> tuple[str, ...]:
    streams = (*mapping.pictures, *mapping.sounds, *mapping.subtitles, *mapping.copied)
    maps = (word for stream in streams for word in ("-map", f"0:{stream.index}"))
    return (*maps, "-map_metadata", "0", "-copy_unknown")


def _form(target: PurePath, *, has_camera_tags: bool) -> tuple[str, ...]:
    flags = "+faststart+use_metadata_tags" if has_camera_tags else "+faststart"
    return ("-movflags", flags, "-f", "mp4", file_url(target))


def _decoder(encoder: PictureEncoder, *, is_turned: bool) -> tuple[str, ...]:
    """What decodes: the hardware too, where its filters can do all that has to be done."""
    if encoder.codec is ArchiveCodec.QSV and not is_turned:
        return ("-hwaccel", "qsv", "-hwaccel_output_format", "qsv")
    if encoder.codec is ArchiveCodec.VAAPI:
        device = ("-vaapi_device", encoder.device)
        return device if is_turned else (*device, "-hwaccel", "vaapi", "-hwaccel_output_format", "vaapi")
    return ()


def _filter(stream: SourceStream, settings: ArchiveSettings, encoder: PictureEncoder) -> str:
    shape = wanted_shape(stream, settings, encoder)
    width, height = shape.width_px, shape.height_px
    by_processor = f"scale=w={width}:h={height}:flags=bicubic,setsar=1,"
    match encoder.codec:
        case ArchiveCodec.QSV if not stream.turned_degrees:
            return f"scale_qsv=w={width}:h={height}:mode=hq,setsar=1"
        case ArchiveCodec.QSV:
            return f"{by_processor}format=nv12"
        case ArchiveCodec.VAAPI if not stream.turned_degrees:
            # what the hardware cannot decode comes as frames of the processor: it is uploaded then
            return f"format=nv12|vaapi,hwupload,scale_vaapi=w={width}:h={height}:mode=hq:format=nv12,setsar=1"
        case ArchiveCodec.VAAPI:
            return f"{by_processor}format=nv12,hwupload"
        case ArchiveCodec.NVENC | ArchiveCodec.V4L2M2M | ArchiveCodec.X264:
            return f"{by_processor}format=yuv420p"


def _quality(settings: ArchiveSettings, encoder: PictureEncoder, pictures: Sequence[SourceStream]) -> tuple[str, ...]:
    quality = str(settings.quality)
    match encoder.codec:
        case ArchiveCodec.QSV:
            return ("-global_quality", quality)
        case ArchiveCodec.VAAPI:
            return ("-rc_mode", "CQP", "-qp", quality)
        case ArchiveCodec.NVENC:
            return ("-rc", "vbr", "-cq", quality, "-b:v", "0")
        case ArchiveCodec.V4L2M2M:
            width, height = archive_size(pictures[0], settings, width_step_px=_HARDWARE_STEP_PX)
            bits = _V4L2_BITS_PER_PIXEL * 2 ** ((26 - settings.quality) / 6)
            kbps = max(100, round(width * height * frame_rate_of(pictures) * bits / 1000))
            return ("-qmin", quality, "-qmax", quality, "-b:v", f"{kbps}k")
        case ArchiveCodec.X264:
            order = () if encoder.has_b_frames else ("-bf", "0")
            return ("-preset", "medium", "-crf", quality, *order)


def _sound(mapping: Mapping, channels: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    if not mapping.sounds:
        return ()
    mono = ("-c:a", "aac", "-b:a", f"{_SOUND_KBPS}k", "-ac", "1", "-ar", str(SOUND_RATE_HZ))
    return (*mono, *(word for index, channel in channels for word in one_channel(mapping, index, channel)))


def _sound_of(mapping: Mapping, index: int) -> SourceStream:
    return next(sound for sound in mapping.sounds if sound.index == index)
