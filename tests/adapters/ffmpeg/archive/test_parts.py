"""The pure parts of archives: sizes, command lines, comparison of pictures, choice of an encoder."""

import math
from pathlib import Path, PurePath

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.adapters.ffmpeg import FfmpegArchiver
from camvault.adapters.ffmpeg.archive.argv import (
    PictureEncoder,
    archive_argv,
    filters_argv,
    levels_argv,
    look_argv,
    measure_argv,
    remux_argv,
    sounds_argv,
    trial_argv,
    watch_argv,
)
from camvault.adapters.ffmpeg.archive.choice import Trial, candidates, decided
from camvault.adapters.ffmpeg.archive.compare import (
    ComparedPlace,
    Picture,
    at_places,
    looks_of,
    nearest,
    picture_doubt,
    psnr_db,
    square_sums,
)
from camvault.adapters.ffmpeg.archive.picture import archive_size, shown_size
from camvault.adapters.ffmpeg.archive.proof import length_doubt, picture_seconds
from camvault.adapters.ffmpeg.archive.quality import MEASURES
from camvault.adapters.ffmpeg.archive.shape import Shape, shape_doubt
from camvault.adapters.ffmpeg.archive.watch import WATCH_HEIGHT_PX, WATCH_WIDTH_PX, Track, track_of, watch_doubt
from camvault.adapters.ffmpeg.argv import decode_argv, inspect_argv, loudness_argv, probe_argv, streams_argv
from camvault.adapters.ffmpeg.streams import Mapping, Source, SourceStream, parse_source
from camvault.adapters.pyav import PyavProbe
from camvault.ports.archiving import ArchiveCodec, ArchiveSettings
from camvault.ports.errors import MissingToolError
from camvault.ports.media import MediaInfo, MediaStream

FFMPEG, CLIP, PART = PurePath("ffmpeg"), PurePath("/clips/a.mp4"), PurePath("/out/.a.camvault-part")
PICTURE = SourceStream(0, "video", "h264", tag="avc1", width_px=2560, height_px=1920, frame_rate=15.0)
SOUND = SourceStream(1, "audio", "aac", tag="mp4a", rate_hz=16_000, layout="mono")
ALL = Mapping((PICTURE,), (SOUND,))
RENDER = "/dev/dri/renderD128"


class TestSizes:
    @pytest.mark.parametrize(
        ("width", "height", "wanted"),
        [
            (2560, 1920, (1024, 768)),
            (2560, 1440, (1024, 576)),
            (1920, 1080, (1024, 576)),
            (3840, 2160, (1024, 576)),
            (1080, 1920, (432, 768)),
            (640, 480, (640, 480)),
            (161, 121, (160, 120)),
            (16, 16, (16, 16)),
            (1024, 768, (1024, 768)),
            (4096, 100, (1024, 24)),
        ],
    )
    def test_fits_and_keeps_its_aspect(self, width: int, height: int, wanted: tuple[int, int]) -> None:
        """Never larger, sides even."""
        stream = attrs.evolve(PICTURE, width_px=width, height_px=height)
        assert archive_size(stream, ArchiveSettings()) == wanted

    @pytest.mark.parametrize(("turned", "wanted"), [(90.0, (432, 768)), (-90.0, (432, 768)), (180.0, (1024, 576))])
    def test_turned(self, turned: float, wanted: tuple[int, int]) -> None:
        """What counts is how it is shown."""
        stream = attrs.evolve(PICTURE, width_px=1920, height_px=1080, turned_degrees=turned)
        assert archive_size(stream, ArchiveSettings()) == wanted

    def test_pixels_that_are_not_square(self) -> None:
        """A DVD recorder's picture of 4:3."""
        stream = attrs.evolve(PICTURE, width_px=720, height_px=576, pixel_aspect=16 / 15)
        assert shown_size(stream) == (768, 576)
        assert archive_size(stream, ArchiveSettings()) == (768, 576)

    def test_stretched(self) -> None:
        """As the specification's command does, but never larger."""
        settings = ArchiveSettings(is_stretched=True)
        wide = attrs.evolve(PICTURE, width_px=1920, height_px=1080)
        assert archive_size(wide, settings) == (1024, 768)
        assert archive_size(attrs.evolve(PICTURE, width_px=640, height_px=1080), settings) == (640, 768)

    @given(st.integers(16, 8000), st.integers(16, 8000), st.sampled_from([2, 16]), st.booleans())
    def test_any_size(self, width: int, height: int, step: int, is_stretched: bool) -> None:
        """Within the box and the source, a multiple of what the encoder needs, and of the same aspect."""
        settings = ArchiveSettings(is_stretched=is_stretched)
        stream = attrs.evolve(PICTURE, width_px=width, height_px=height)
        made_width, made_height = archive_size(stream, settings, width_step_px=step)
        assert made_width <= min(width, settings.width_px)
        assert made_height <= min(height, settings.height_px)
        assert (made_width % step, made_height % 2) == (0, 0)
        if not is_stretched and made_width > 64 and made_height > 64:
            assert made_width / made_height == pytest.approx(width / height, rel=0.05)


def words(codec: ArchiveCodec, *, mapping: Mapping = ALL, settings: ArchiveSettings | None = None) -> list[str]:
    device = RENDER if codec in {ArchiveCodec.QSV, ArchiveCodec.VAAPI} else ""
    encoder = PictureEncoder(codec, device)
    argv = archive_argv(
        FFMPEG, CLIP, target=PART, settings=settings or ArchiveSettings(), encoder=encoder, mapping=mapping
    )
    return list(map(str, argv))


def value(argv: list[str], flag: str) -> str:
    return argv[argv.index(flag) + 1]


TURNED = Mapping((attrs.evolve(PICTURE, turned_degrees=-90.0),))


class TestArgv:
    @pytest.mark.parametrize("codec", ArchiveCodec)
    def test_source_is_read_and_output_comes_last(self, codec: ArchiveCodec) -> None:
        """One run with one input and one output; all that is said of both."""
        argv = words(codec)
        assert argv.count("-i") == 1
        assert value(argv, "-i") == f"file:{CLIP}"
        assert argv[-1] == f"file:{PART}"
        assert "-y" in argv
        assert value(argv, "-movflags") == "+faststart"
        assert value(argv, "-map_metadata") == "0"
        assert (value(argv, "-fps_mode:v"), value(argv, "-enc_time_base:v")) == ("passthrough", "1:90000")
        assert (value(argv, "-c:a"), value(argv, "-ac")) == ("aac", "1")

    def test_qsv_is_the_specifications_command(self) -> None:
        """With width and height reckoned beforehand."""
        argv = words(ArchiveCodec.QSV)
        before = argv[: argv.index("-i")]
        assert (value(before, "-hwaccel"), value(before, "-hwaccel_output_format")) == ("qsv", "qsv")
        assert value(argv, "-filter:v:0") == "scale_qsv=w=1024:h=768:mode=hq,setsar=1"
        assert (value(argv, "-c:v"), value(argv, "-global_quality")) == ("h264_qsv", "26")

    def test_vaapi(self) -> None:
        """What it cannot decode is uploaded."""
        argv = words(ArchiveCodec.VAAPI)
        before = argv[: argv.index("-i")]
        assert (value(before, "-vaapi_device"), value(before, "-hwaccel_output_format")) == (RENDER, "vaapi")
        wanted = "format=nv12|vaapi,hwupload,scale_vaapi=w=1024:h=768:mode=hq:format=nv12,setsar=1"
        assert value(argv, "-filter:v:0") == wanted
        assert (value(argv, "-c:v"), value(argv, "-rc_mode"), value(argv, "-qp")) == ("h264_vaapi", "CQP", "26")

    def test_nvenc(self) -> None:
        """Scaled by the processor: many builds have no filter for it."""
        argv = words(ArchiveCodec.NVENC)
        assert value(argv, "-filter:v:0") == "scale=w=1024:h=768:flags=bicubic,setsar=1,format=yuv420p"
        assert (value(argv, "-c:v"), value(argv, "-cq"), value(argv, "-b:v")) == ("h264_nvenc", "26", "0")

    def test_v4l2m2m(self) -> None:
        """The quantiser is fixed; a driver that does not know that gets a bitrate, finer for a finer quality."""
        argv = words(ArchiveCodec.V4L2M2M)
        assert (value(argv, "-c:v"), value(argv, "-qmin"), value(argv, "-qmax")) == ("h264_v4l2m2m", "26", "26")
        assert value(argv, "-b:v") == "826k"
        assert value(words(ArchiveCodec.V4L2M2M, settings=ArchiveSettings(quality=20)), "-b:v") == "1652k"

    def test_x264(self) -> None:
        """Constant quality."""
        argv = words(ArchiveCodec.X264, settings=ArchiveSettings(quality=30))
        assert (value(argv, "-c:v"), value(argv, "-crf")) == ("libx264", "30")

    @pytest.mark.parametrize("codec", ArchiveCodec)
    def test_what_is_turned_is_turned_by_the_processor(self, codec: ArchiveCodec) -> None:
        """TRAP: frames of hardware are not turned by ffmpeg."""
        argv = words(codec, mapping=TURNED)
        assert "-hwaccel" not in argv
        assert value(argv, "-filter:v:0").startswith("scale=w=576:h=768:")

    def test_hardware_gets_widths_of_sixteen(self) -> None:
        """TRAP: green bars."""
        odd = Mapping((attrs.evolve(PICTURE, width_px=1000, height_px=500),))
        assert value(words(ArchiveCodec.QSV, mapping=odd), "-filter:v:0").startswith("scale_qsv=w=992:h=496:")
        assert value(words(ArchiveCodec.X264, mapping=odd), "-filter:v:0").startswith("scale=w=1000:h=500:")

    def test_without_sound(self) -> None:
        """No flag of a sound where there is none."""
        assert "-c:a" not in words(ArchiveCodec.X264, mapping=Mapping((PICTURE,)))

    def test_each_picture_has_its_own_size(self) -> None:
        """A camera of two lenses."""
        both = Mapping((PICTURE, attrs.evolve(PICTURE, index=1, width_px=640, height_px=360)))
        argv = words(ArchiveCodec.X264, mapping=both)
        assert "w=1024:h=768" in value(argv, "-filter:v:0")
        assert "w=640:h=360" in value(argv, "-filter:v:1")

    def test_remux_copies_what_mp4_holds(self) -> None:
        """A sound of a telephone becomes AAC; HEVC has the name that players know."""
        law = attrs.evolve(SOUND, index=2, codec="pcm_mulaw")
        mapping = Mapping((attrs.evolve(PICTURE, codec="hevc"),), (SOUND, law))
        argv = list(map(str, remux_argv(FFMPEG, CLIP, target=PART, mapping=mapping, channels=[(1, 0), (2, 1)])))
        assert (value(argv, "-c:v"), value(argv, "-tag:v:0")) == ("copy", "hvc1")
        assert (value(argv, "-c:a"), value(argv, "-c:a:0")) == ("aac", "copy")
        assert "-c:a:1" not in argv
        assert "-filter:a:0" not in argv
        assert value(argv, "-filter:a:1") == "pan=mono|c0=c1"
        assert argv[-1] == f"file:{PART}"

    def test_only_an_output_is_ever_the_last_argument(self) -> None:
        """TRAP: a program that stands in for ffmpeg writes there, and destroyed a source."""
        runs = (
            inspect_argv(FFMPEG, CLIP),
            probe_argv(FFMPEG, CLIP),
            streams_argv(FFMPEG, CLIP),
            decode_argv(FFMPEG, CLIP),
            loudness_argv(FFMPEG, CLIP, [SOUND]),
            look_argv(FFMPEG, CLIP, PART, stream=(0, 0), at_s=1.0),
            watch_argv(FFMPEG, CLIP, "0:0", are_all=True, has_kept_times=False),
            levels_argv(FFMPEG, CLIP, [("0:1", "")]),
            measure_argv(FFMPEG, CLIP, PART, measure="xpsnr", at_s=1.0, size=(16, 16)),
            sounds_argv(FFMPEG, CLIP),
            filters_argv(FFMPEG),
        )
        assert [argv for argv in runs if str(argv[-1]).startswith(("file:", "/"))] == []
        assert trial_argv(FFMPEG, PART)[-1] == f"file:{PART}"


def test_a_picture_is_described() -> None:
    """Size, shape of its pixels, rate and turn, as 7.1 and 9.0 print them; nothing of what follows the input."""
    said = """Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:r.mp4':
  Stream #0:0[0x1](und): Video: h264 (High) (avc1 / 0x31637661), yuv420p, 720x576 [SAR 16:15 DAR 4:3], 295 kb/s, 25 fps
      Side data:
        displaymatrix: rotation of -90.00 degrees
  Stream #0:1[0x2](und): Audio: aac (LC) (mp4a / 0x6134706D), 44100 Hz, mono, fltp, 70 kb/s (default)
  Stream #0:2[0x3](und): Video: hevc (hvc1 / 0x31637668), yuv420p, 64x48 [SAR 0:1 DAR 0:1], 1k fps, 25 tbr (default)
    Side data:
      Display Matrix: rotation of 180.00 degrees
Stream mapping:
  Stream #0:0 -> #0:0 (copy)
Output #0, null, to 'pipe:':
  Stream #0:0(und): Video: mpeg4 (avc1 / 0x31637661), yuv420p(progressive), 1x1
"""
    source = parse_source(said.replace("25 fps\n", "25 fps, 25 tbr (default)\n").splitlines())
    assert source is not None
    first, sound, second = source.streams
    assert (first.width_px, first.height_px, first.frame_rate, first.turned_degrees) == (720, 576, 25.0, -90.0)
    assert first.pixel_aspect == pytest.approx(16 / 15)
    assert (second.pixel_aspect, second.frame_rate, second.turned_degrees) == (1.0, 1000.0, 180.0)
    assert (sound.width_px, sound.frame_rate) == (0, 0.0)


HD = 1024 * 576


def flat(value: int, *, width: int = 8, height: int = 8) -> Picture:
    return Picture(width, (bytes([value]) * (width * height),) * 3)


def place(at_s: float, source: Picture, archive: Picture) -> ComparedPlace:
    return ComparedPlace(at_s, (source,), (archive,))


class TestPictures:
    def test_both_stand_one_above_the_other(self) -> None:
        """Plane by plane."""
        raw = bytes([1] * 4 + [2] * 4 + [3] * 4 + [4] * 4 + [5] * 4 + [6] * 4) * 2
        look = looks_of(raw + b"half a frame", at_s=1.0, width_px=2, height_px=2)
        assert look.source == (Picture(2, (bytes([1] * 4), bytes([3] * 4), bytes([5] * 4))),) * 2
        assert look.archive == (Picture(2, (bytes([2] * 4), bytes([4] * 4), bytes([6] * 4))),) * 2

    def test_what_is_nearly_the_same(self) -> None:
        """A shade more or less."""
        assert picture_doubt([place(1.0, flat(100), flat(103))], quality=26, pixel_count=HD) == ""

    def test_a_coarse_quality_may_differ_by_more(self) -> None:
        """What is another picture at 26 may be the same one at 51."""
        places = [place(1.0, flat(100), flat(120))]
        assert (
            picture_doubt(places, quality=26, pixel_count=HD)
            == "at 1.0 s a part of its picture is another one (by 20 of 255)"
        )
        assert picture_doubt(places, quality=51, pixel_count=HD) == ""

    def test_a_small_archive_may_differ_by_more(self) -> None:
        """Few of its points are one point of what is compared."""
        places = [place(1.0, flat(100), flat(112))]
        assert picture_doubt(places, quality=26, pixel_count=HD)
        assert picture_doubt(places, quality=26, pixel_count=160 * 90) == ""

    def test_a_colour_alone(self) -> None:
        """Green, where nothing else differs."""
        green = Picture(8, (bytes([140]) * 64, *flat(100).planes[1:]))
        assert "a part of its picture" in picture_doubt([place(2.0, flat(100), green)], quality=26, pixel_count=HD)

    def test_a_pattern_with_the_same_mean(self) -> None:
        """Torn within a square: its mean is the same, its points are not."""
        stripes = Picture(8, (bytes([40, 160] * 32),) * 3)
        other = Picture(8, (bytes([160, 40] * 32),) * 3)
        assert picture_doubt([place(2.0, stripes, other)], quality=26, pixel_count=HD) == (
            "at 2.0 s its picture is another one (PSNR 6.5 dB)"
        )

    def test_the_picture_of_another_place(self) -> None:
        """Frozen: a scene that changes slowly is not told by its difference."""
        frozen = [place(0.0, flat(100), flat(100)), place(9.0, flat(106), flat(100))]
        assert picture_doubt(frozen, quality=26, pixel_count=HD) == "at 9.0 s its picture is that of 0.0 s"

    def test_one_frame_apart_is_the_same(self) -> None:
        """A seek may land so."""
        look = ComparedPlace(1.0, (flat(10), flat(60), flat(110)), (flat(60), flat(110), flat(160)))
        assert nearest(look) == (flat(60), flat(60))
        assert picture_doubt([look], quality=26, pixel_count=HD) == ""

    def test_equal_pictures_have_no_error(self) -> None:
        """The figure for it is infinite."""
        assert psnr_db(0) == math.inf

    @given(st.data(), st.integers(1, 10), st.integers(1, 20), st.sampled_from([2, 4, 8, 16]))
    def test_squares_are_added_up(self, data: st.DataObject, half: int, height: int, side: int) -> None:
        """As a loop over their points does; what is no whole square is left out."""
        width = 2 * half
        plane = data.draw(
            st.one_of(st.binary(min_size=width * height, max_size=width * height), st.just(b"\xff" * width * height))
        )
        rows = [plane[at : at + width] for at in range(0, len(plane), width)]
        corners = [
            (top, left) for top in range(0, height - side + 1, side) for left in range(0, width - side + 1, side)
        ]
        sums = [sum(sum(row[left : left + side]) for row in rows[top : top + side]) for top, left in corners]
        assert square_sums(plane, width, side) == sums

    @given(st.lists(st.floats(0, 4000), min_size=1, max_size=200).map(sorted))
    def test_places_are_just_before_their_frames(self, times_s: list[float]) -> None:
        """Rising; what is looked for from there on is the frame, however irregular they are."""
        chosen = sorted({round(place * (len(times_s) - 1)) for place in (0.0, 0.5, 1.0)})
        found = at_places(times_s, (0.0, 0.5, 1.0))
        assert found == sorted(found)
        assert found[0] == 0.0
        for at_s, number in zip(found, chosen, strict=True):
            first = next(time for time in times_s if time >= at_s)
            assert times_s[number] - first < 0.0006 or at_s == 0.0

    def test_a_last_frame_that_is_held(self) -> None:
        """TRAP: an average frame before the end of the clip, there was none that begins."""
        assert at_places([0.0, 0.05, 0.1], (1.0,))[0] < 0.1
        assert at_places([0.0, 30.05, 30.1, 30.1], (0.0, 1.0)) == [0.0, pytest.approx(30.075)]

    def test_without_frames_there_are_no_places(self) -> None:
        """Nothing was decoded."""
        assert at_places([], (0.0, 1.0)) == []


def watched(*pictures: list[int], step_s: float = 0.1) -> Track:
    """Pictures of points: grey levels that are repeated over the whole picture, row by row."""
    size = WATCH_WIDTH_PX * WATCH_HEIGHT_PX
    planes = [bytes((levels * (size // len(levels) + 1))[:size]) for levels in pictures]
    raw = b"".join(plane * 3 for plane in planes)
    return track_of(raw, [number * step_s for number in range(len(pictures))])


def walker(number: int, *, level: int = 90) -> list[int]:
    """A still scene in which four points are another place each time."""
    points = [100 + 3 * (at % 7) for at in range(WATCH_WIDTH_PX * WATCH_HEIGHT_PX)]
    return [level if at // 4 == number else point for at, point in enumerate(points)]


class TestAllTimes:
    """What is looked for in all pictures."""

    def test_the_same(self) -> None:
        """No doubt, nor one frame apart."""
        pictures = [walker(number, level=200) for number in range(30)]
        track = watched(*pictures)
        assert watch_doubt(track, track, quality=26, pixel_count=HD) == ""
        late = watched(pictures[0], *pictures)
        assert watch_doubt(track, late, quality=26, pixel_count=HD) == ""

    def test_one_frame_apart_hardly_seen(self) -> None:
        """What moves is so little that the picture before it is nearly the same."""
        pictures = [walker(number) for number in range(30)]
        assert watch_doubt(watched(*pictures), watched(pictures[0], *pictures), quality=26, pixel_count=HD) == ""

    def test_green_for_a_moment(self) -> None:
        """Between the places of the close looks."""
        good = [walker(number) for number in range(30)]
        green = [*good[:7], [0], [0], [0], *good[10:]]
        doubt = watch_doubt(watched(*good), watched(*green), quality=26, pixel_count=HD)
        assert doubt == "at 0.8 s a part of its picture is another one (by 110 of 255)"

    def test_somebody_who_stands_still(self) -> None:
        """Less than a hundredth of a still picture moves: no part of it is another one, by its mean."""
        source = watched(*(walker(number) for number in range(30)))
        frozen = watched(*(walker(min(number, 12)) for number in range(30)))
        doubt = watch_doubt(source, frozen, quality=26, pixel_count=HD)
        assert doubt == "at 1.3 s its picture stands still, and that of its source does not"

    def test_noise_that_is_left_out(self) -> None:
        """An encoder smooths it, and every point of the source changes."""
        noise = [[100 + (at * 7919 + number * 104729) % 31 for at in range(769)] for number in range(30)]
        smooth = watched(*([115] for _ in range(30)))
        assert watch_doubt(watched(*noise), smooth, quality=26, pixel_count=HD) == ""

    def test_another_pace(self) -> None:
        """As many frames, at other times."""
        still = [walker(0) for _ in range(30)]
        doubt = watch_doubt(watched(*still), watched(*still, step_s=0.09), quality=26, pixel_count=HD)
        assert doubt == "at 2.8 s there is no picture in it"


class TestShape:
    MADE = Source("mov", (SourceStream(0, "video", "h264", width_px=640, height_px=360), SOUND))
    MAPPING = Mapping((SourceStream(0, "video", "hevc"),), (SOUND,))

    @pytest.mark.parametrize(
        ("shape", "doubt"),
        [
            (Shape(640, 360), ""),
            (Shape(640, 360, turned_degrees=359.9), ""),
            (Shape(320, 360), "its picture is 640x360, expected 320x360"),
            (Shape(640, 360, 2.0), "its picture is 640x360, expected 640x360, pixels 2.00 wide"),
            (Shape(640, 360, 1.0, 90), "its picture is 640x360, expected 640x360, turned by 90 degrees"),
        ],
    )
    def test_as_asked_for(self, shape: Shape, doubt: str) -> None:
        """Scaled to be compared, all of these are the same picture."""
        assert shape_doubt(self.MADE, self.MAPPING, [shape]) == doubt

    def test_streams(self) -> None:
        """As many as were asked for."""
        made = attrs.evolve(self.MADE, streams=self.MADE.streams[:1])
        assert shape_doubt(made, self.MAPPING, []) == "it has 1 pictures and 0 sounds, expected 1 and 1"


class TestLength:
    def test_tables_of_the_picture_count(self) -> None:
        """A sound may be longer; where they do not say, the file's own duration counts."""
        info = MediaInfo(3.0, streams=(MediaStream(0, 50, 2.0), MediaStream(1, 90, 3.0), MediaStream(2)))
        assert [picture_seconds(info, index) for index in range(4)] == [2.0, 3.0, 3.0, 3.0]

    def test_within_a_frame(self) -> None:
        """Half of a frame more is rounding and a last frame."""
        assert length_doubt(2.0, 2.04, frame_count=50) == ""
        assert length_doubt(2.0, 1.9, frame_count=50) == "its picture takes 1.900 s, that of its source 2.000 s"


class TestMeasures:
    def test_figures(self) -> None:
        """As 7.1 and 9.0 print them."""
        xpsnr, vmaf = MEASURES
        lines = ["[Parsed_xpsnr_9 @ 0x7f19] XPSNR  y: 32.6478  u: 29.8262  v: 29.4132  (minimum: 29.4132)"]
        assert xpsnr.value_of(lines) == 32.6478
        assert xpsnr.value_of(["[Parsed_xpsnr_9 @ 0x7f19] XPSNR  y: inf  u: inf  v: inf  (minimum: inf)"]) == 100.0
        assert vmaf.value_of(["[Parsed_libvmaf_9 @ 0x7f2314012e80] VMAF score: 94.020821"]) == 94.020821
        assert vmaf.value_of(lines) is None


ARCHIVER = FfmpegArchiver(FFMPEG, "9.0", PyavProbe(), encoders=())
LISTED = {"libx264", "h264_qsv", "h264_vaapi", "h264_nvenc", "h264_v4l2m2m", "aac"}


class TestChoice:
    def test_only_what_this_ffmpeg_and_this_machine_have_is_tried(self, tmp_path: Path) -> None:
        """And it is said of each why not."""
        (tmp_path / "dri").mkdir()
        (tmp_path / "dri/renderD128").touch()
        (tmp_path / "nvidiactl").touch()
        (tmp_path / "video0").touch()
        found = {t.encoder.name: t.problem for t in candidates(LISTED - {"h264_v4l2m2m"}, wish=None, devices=tmp_path)}
        assert found == {
            "h264_qsv": "",
            "h264_vaapi": "",
            "h264_nvenc": f"no device {tmp_path}/nvidia[0-9]*",
            "h264_v4l2m2m": "not in this ffmpeg",
            "libx264": "",
        }

    def test_a_wish_leaves_other_hardware_out(self, tmp_path: Path) -> None:
        """Software stays, for what the wished one cannot do."""
        trials = candidates(LISTED, wish=ArchiveCodec.NVENC, devices=tmp_path)
        assert [trial.encoder.codec for trial in trials] == [ArchiveCodec.NVENC, ArchiveCodec.X264]
        trials = candidates(LISTED, wish=ArchiveCodec.X264, devices=tmp_path)
        assert [trial.encoder.codec for trial in trials] == [ArchiveCodec.X264]

    def test_the_first_that_works_is_taken_and_said(self) -> None:
        """With what failed, and why."""
        qsv, vaapi, x264 = (
            PictureEncoder(codec) for codec in (ArchiveCodec.QSV, ArchiveCodec.VAAPI, ArchiveCodec.X264)
        )
        made = decided(ARCHIVER, [Trial(qsv, "its picture is green"), Trial(vaapi, ""), Trial(x264, "")], wish=None)
        assert made.encoders == (vaapi, x264)
        assert made.name == "ffmpeg 9.0, h264_vaapi (a trial encode was good; h264_qsv: its picture is green)"

    def test_software_needs_no_trial(self) -> None:
        """Nor a reason."""
        made = decided(ARCHIVER, [Trial(PictureEncoder(ArchiveCodec.X264), "")], wish=None)
        assert made.name == "ffmpeg 9.0, libx264"

    def test_a_wish_that_fails_is_an_error(self) -> None:
        """Nobody who asks for a card wants the processor to do it for a night."""
        trials = [Trial(PictureEncoder(ArchiveCodec.QSV), "no device"), Trial(PictureEncoder(ArchiveCodec.X264), "")]
        with pytest.raises(
            MissingToolError, match=r"found ffmpeg 9\.0: h264_qsv: no device, required h264_qsv to work"
        ):
            decided(ARCHIVER, trials, wish=ArchiveCodec.QSV)

    def test_nothing_that_works(self) -> None:
        """Each is named."""
        with pytest.raises(MissingToolError, match=r"libx264: not in this ffmpeg, required an encoder of H\.264"):
            decided(ARCHIVER, [Trial(PictureEncoder(ArchiveCodec.X264), "not in this ffmpeg")], wish=None)
