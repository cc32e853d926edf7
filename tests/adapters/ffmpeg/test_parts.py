"""The pure parts of the adapter for ffmpeg: versions, command lines, output."""

import math
from pathlib import Path, PurePath

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.adapters.ffmpeg.accounting import doubts_of
from camvault.adapters.ffmpeg.argv import encode_argv, sample_argv
from camvault.adapters.ffmpeg.loudness import choice, other_windows
from camvault.adapters.ffmpeg.parse import (
    EncodeProgress,
    duration_of,
    failure,
    parse_probe,
    parse_seconds,
)
from camvault.adapters.ffmpeg.streams import Mapping, SourceStream, mapping_of, parse_source
from camvault.adapters.ffmpeg.talk import StreamCount, Talk
from camvault.adapters.ffmpeg.versions import (
    has_quarter_crf,
    parse_encoders,
    parse_version,
    parse_version_output,
    shortcomings,
)
from camvault.ports.errors import MediaError, NoSpaceError, ToolError
from camvault.ports.media import ConstantQuality, EncodeSettings, MediaInfo, MediaStream, TargetBitrate

SAMPLES = Path(__file__).parents[2] / "samples/ffmpeg"
CLIP = PurePath("/clips/a.mp4")
PART = PurePath("/build/.a.mp4.camvault-part")


def sample(name: str) -> str:
    """A real output, without the header line that says where it is from."""
    header, _, text = (SAMPLES / name).read_text(encoding="utf-8").partition("\n")
    assert header.startswith("# ")
    return text


class TestVersions:
    @pytest.mark.parametrize(
        ("spelling", "numbers"),
        [
            ("7.1.5-0+deb13u1", (7, 1, 5)),
            ("5.1.9-0+deb12u1", (5, 1, 9)),
            ("7:5.1.6-0+deb12u1", (5, 1, 6)),
            ("7.0.2-static", (7, 0, 2)),
            ("n9.0.2-17-g2a571b6068-20260930", (9, 0, 2)),
            ("n6.0", (6, 0)),
            ("6.0", (6, 0)),
            ("4.4.2-0ubuntu0.22.04.1", (4, 4, 2)),
            ("8.0.1-tessus", (8, 0, 1)),
            ("10.0", (10, 0)),
            ("N-118301-g52c18e7dfe", ()),
            ("N-66595-gc2b38619c0-tessus", ()),
            ("git-2025-01-02-abcdef0", ()),
        ],
    )
    def test_all_spellings(self, spelling: str, numbers: tuple[int, ...]) -> None:
        """Each spelling seen in the field; a build from the main branch has no number."""
        version = parse_version(spelling)
        assert version.numbers == numbers
        assert str(version) == spelling

    @pytest.mark.parametrize("spelling", ["", "latest", "unknown", "-1", "7"])
    def test_unknown_spellings_raise(self, spelling: str) -> None:
        """What is not understood is not taken for a version."""
        with pytest.raises(ValueError, match="not a version"):
            parse_version(spelling)

    @pytest.mark.parametrize(
        ("spelling", "is_enough"),
        [("6.0", True), ("5.1.9", False), ("10.0", True), ("6.0.1", True), ("N-1-gabc", True), ("5.99", False)],
    )
    def test_minimum(self, spelling: str, is_enough: bool) -> None:
        """6.0 is the least, compared as numbers: 10 is more than 6."""
        assert parse_version(spelling).is_enough is is_enough

    @pytest.mark.parametrize(
        ("name", "spelling"),
        [
            ("version-7.1.txt", "7.1.5-0+deb13u1"),
            ("version-9.0.txt", "n9.0.2-17-g2a571b6068-20260930"),
            ("version-5.1.txt", "5.1.9-0+deb12u1"),
            ("ffprobe-version-7.1.txt", "7.1.5-0+deb13u1"),
        ],
    )
    def test_real_outputs(self, name: str, spelling: str) -> None:
        """The first line of ffmpeg and ffprobe."""
        assert str(parse_version_output(sample(name))) == spelling

    def test_output_of_another_program(self) -> None:
        """A program called ffmpeg that is none."""
        with pytest.raises(ValueError, match="not the output"):
            parse_version_output("avconv version 12\n")

    def test_encoders(self) -> None:
        """The list of Debian 13, whole."""
        encoders = parse_encoders(sample("encoders-7.1.txt"))
        assert {"libsvtav1", "libopus", "libx264", "opus"} <= encoders
        assert "=" not in encoders

    def test_encoders_of_another_program(self) -> None:
        """Silence is not "no encoders"."""
        with pytest.raises(ValueError, match="not the output"):
            parse_encoders("")

    def test_shortcomings(self) -> None:
        """Each thing that is missing is named; there are version 7s without SVT-AV1."""
        assert shortcomings(parse_version("7.0.2-static"), {"libopus"}) == ("without libsvtav1",)
        assert shortcomings(parse_version("5.1.9"), {"libsvtav1"}) == ("older than 6.0", "without libopus")
        assert shortcomings(parse_version("5.1.9"), None) == ("older than 6.0",)
        assert shortcomings(parse_version("N-1-gabc"), {"libsvtav1", "libopus"}) == ()

    def test_quarter_crf(self) -> None:
        """TRAP: SVT-AV1 2.3 exits with 0 and encodes at 35 when it is asked for 40.25."""
        assert has_quarter_crf(sample("quarter-crf-9.0.txt"))
        assert not has_quarter_crf(sample("quarter-crf-7.1.txt"))
        with pytest.raises(ValueError, match="did not log"):
            has_quarter_crf("")


PICTURE = SourceStream(0, "video", "h264", tag="avc1")
SOUND = SourceStream(1, "audio", "aac", tag="mp4a", rate_hz=44_100, layout="stereo")


def words(
    rate: TargetBitrate | ConstantQuality,
    *,
    threads: int = 0,
    step: int = 1,
    mapping: Mapping | None = None,
    channels: tuple[tuple[int, int], ...] = (),
) -> list[str]:
    settings = EncodeSettings(rate, preset=8, thread_count=threads)
    return list(
        map(
            str,
            encode_argv(
                PurePath("ffmpeg"),
                CLIP,
                target=PART,
                settings=settings,
                crf_step_quarters=step,
                mapping=mapping or Mapping((PICTURE,), (SOUND,)),
                channels=channels,
            ),
        )
    )


def has(words: list[str], *part: str) -> bool:
    return any(words[i : i + len(part)] == list(part) for i in range(len(words)))


class TestArgv:
    @pytest.mark.parametrize(
        "part",
        [
            ("-y",),
            ("-i", "file:/clips/a.mp4"),
            ("-c:v", "libsvtav1"),
            ("-b:v", "812k"),
            ("-c:a", "libopus"),
            ("-b:a", "64k"),
            ("-ac", "1"),
            ("-ar", "24000"),
        ],
    )
    def test_every_part_of_the_specifications_command(self, part: tuple[str, ...]) -> None:
        """`ffmpeg -y -i input -c:v libsvtav1 -b:v {kbps}k -c:a libopus -b:a 64k -ac 1 -ar 24000 output`."""
        assert has(words(TargetBitrate(812)), *part)

    def test_the_output_comes_last_with_its_format(self) -> None:
        """A temporary name tells ffmpeg nothing about the format."""
        assert words(TargetBitrate(1))[-3:] == ["-f", "mp4", f"file:{PART}"]

    def test_quarter_steps(self) -> None:
        """Whole CRFs by ffmpeg's option, quarters by SVT-AV1's."""
        assert has(words(ConstantQuality(160)), "-crf", "40")
        assert "-svtav1-params" not in words(ConstantQuality(160))
        assert has(words(ConstantQuality(161)), "-svtav1-params", "crf=40.25")
        assert "-b:v" not in words(ConstantQuality(160))

    @given(st.integers(4, 252))
    def test_whole_crfs_where_there_are_no_quarters(self, quarters: int) -> None:
        """TRAP: a fraction is silently replaced by the default of 35, so it is never passed; it is rounded."""
        given_words = words(ConstantQuality(quarters), step=4)
        assert not any("crf=" in word for word in given_words)
        assert abs(int(given_words[given_words.index("-crf") + 1]) - quarters / 4) <= 0.5

    def test_thread_bound(self) -> None:
        """Decoder and encoder are bounded; by default the encoder chooses."""
        bound = words(ConstantQuality(161), threads=2)
        assert has(bound, "-svtav1-params", "lp=2:crf=40.25")
        assert bound.index("-threads") < bound.index("-i")
        assert "-threads" not in words(TargetBitrate(1))

    def test_streams_that_are_kept(self) -> None:
        """Each by its number, in the order of the output, and the metadata."""
        assert has(words(TargetBitrate(1)), "-map", "0:0", "-map", "0:1", "-map_metadata", "0", "-copy_unknown")

    def test_several_pictures_share_the_bitrate(self) -> None:
        """The budget knows one bitrate for a clip."""
        both = Mapping((PICTURE, SourceStream(2, "video", "h264")))
        assert has(words(TargetBitrate(801), mapping=both), "-b:v", "400k")

    def test_covers_and_subtitles_are_copied(self) -> None:
        """The last option that matches a stream counts."""
        cover = SourceStream(3, "video", "mjpeg", is_cover=True)
        text = SourceStream(4, "subtitle", "mov_text")
        found = words(TargetBitrate(1), mapping=Mapping((PICTURE,), (SOUND,), (text,), (cover,)))
        assert has(found, "-c:2", "copy", "-c:3", "copy", "-disposition:3", "attached_pic")

    def test_one_channel_is_taken_where_the_mix_is_none(self) -> None:
        """By the place of the sound in the output."""
        assert has(words(TargetBitrate(1), channels=((1, 0),)), "-filter:a:0", "pan=mono|c0=c0")

    def test_sample(self) -> None:
        """A stretch is sought before it is opened, without sound, into nothing."""
        settings = EncodeSettings(ConstantQuality(160))
        argv = sample_argv(PurePath("ffmpeg"), CLIP, start_s=61.25, length_s=2, settings=settings, crf_step_quarters=1)
        found = list(map(str, argv))
        assert has(found, "-ss", "61.250", "-t", "2.000", "-i", "file:/clips/a.mp4")
        assert "-c:a" not in found
        assert found[-1] == "file:/dev/null"


class TestLooks:
    @pytest.mark.parametrize("pixels", ["yuva420p", "argb", "rgba", "gbrap12le", "yuva444p12le", "rgba64le", "ya8"])
    def test_what_one_can_see_through_is_named(self, pixels: str) -> None:
        """An encode to AV1 has no alpha channel."""
        line = f"  Stream #0:0[0x1]: Video: qtrle (rle  / 0x20656C72), {pixels}(progressive), 320x240, 25 fps"
        source = parse_source(["Input #0, mov,mp4, from 'a.mov':", line])
        assert source is not None
        assert source.streams[0].has_alpha
        found = list(doubts_of(GOOD, Mapping(source.streams), formats="mov", packets_in_file={}, dropped=0, added=0))
        assert "what one can see through in video stream 0 (qtrle) (its alpha channel) is not in the output" in found

    @pytest.mark.parametrize("pixels", ["yuv420p", "yuvj420p", "rgb24", "0rgb", "gray", "gbrp", "bgr0", "yuv420p10le"])
    def test_ordinary_pixels_have_no_alpha(self, pixels: str) -> None:
        line = f"  Stream #0:0[0x1]: Video: h264 (avc1 / 0x31637661), {pixels}(top first), 320x240, 25 fps"
        source = parse_source(["Input #0, mov,mp4, from 'a.mov':", line])
        assert source is not None
        assert not source.streams[0].has_alpha
        found = list(doubts_of(GOOD, Mapping(source.streams), formats="mov", packets_in_file={}, dropped=0, added=0))
        assert found == []
        assert source.streams[0].field_order == "top first"


class TestProgress:
    def test_real_output(self) -> None:
        """Position and size of a finished encode."""
        progress = EncodeProgress()
        news = [progress.take(line) for line in sample("progress-9.0.txt").splitlines()]
        assert any(news)
        assert progress.seconds == 2.0
        assert progress.size_bytes == 48140

    def test_before_the_first_frame(self) -> None:
        """N/A and a negative start are no position; what is not known is passed over."""
        progress = EncodeProgress()
        assert not progress.take("out_time_us=N/A")
        assert not progress.take("total_size=N/A")
        assert not progress.take("progress=continue")
        assert (progress.seconds, progress.size_bytes) == (None, None)
        assert progress.take("out_time_us=-23000")
        assert progress.seconds == 0.0


class TestProbeOutput:
    def test_real_output(self) -> None:
        """Duration, streams, size and frame rate."""
        info = parse_probe(sample("probe-7.1.txt"), CLIP)
        assert info == MediaInfo(
            2.0,
            width_px=320,
            height_px=240,
            copied_bytes=49,
            streams=tuple(map(MediaStream, range(5), (50, 88, 1, 2, 1), (2.0, 2.0, 1.0, 2.0, 2.0))),
        )

    def test_streams_that_an_encode_cannot_keep_are_named(self) -> None:
        """Before anything is encoded."""
        text = sample("probe-7.1.txt").replace("gpmd", "camm").replace('"aac"', '"none"')
        assert parse_probe(text, CLIP).unkept == (
            "audio stream 1 (mp4a) is left out: there is no decoder for it",
            "data stream 2 (camm) is left out: MP4 cannot hold it",
        )

    @pytest.mark.parametrize("name", ["image2", "png_pipe", "tty", "gif"])
    def test_photos_and_texts_are_no_clips(self, name: str) -> None:
        """TRAP: a JPEG is a video of one frame, and a log is one as well."""
        text = sample("probe-7.1.txt").replace("mov,mp4,m4a,3gp,3g2,mj2", name)
        with pytest.raises(MediaError, match="it is no clip, but a photo or text"):
            parse_probe(text, CLIP)

    def test_cover_picture_is_no_video(self) -> None:
        """A sound file with a cover has no picture to encode."""
        text = '{"streams": [{"codec_type": "video", "disposition": {"attached_pic": 1}}], "format": {"duration": "3"}}'
        assert not parse_probe(text, CLIP).has_video

    @pytest.mark.parametrize("value", [None, "", "N/A", "0", "0.000000", "-1", "nan", "inf", "rubbish"])
    def test_unknown_durations(self, value: str | None) -> None:
        """TRAP: ffprobe prints N/A or nothing for a corrupt clip and exits with 0."""
        assert parse_seconds(value) is None
        with pytest.raises(MediaError, match="duration is unknown"):
            duration_of(value, CLIP)

    @pytest.mark.parametrize("text", ["", "{", "Segmentation fault"])
    def test_no_json(self, text: str) -> None:
        """Anything else than JSON is an error with the clip's name."""
        with pytest.raises(MediaError, match="no JSON"):
            parse_probe(text, CLIP)


class TestFailure:
    def test_success(self) -> None:
        """Exit code 0 is no failure."""
        assert failure(0, ("some warning",), source=CLIP, target=PART) is None

    def test_full_disk(self) -> None:
        """By ffmpeg's exit code, or by its words."""
        by_code = failure(228, (), source=CLIP, target=PART)
        by_words = failure(1, ("Error writing trailer: No space left on device",), source=CLIP, target=PART)
        for error in (by_code, by_words):
            assert isinstance(error, NoSpaceError)
            assert error.path == PART

    @pytest.mark.parametrize(
        "line",
        [
            "Error opening input: Invalid data found when processing input",
            "Stream map '0:V:0' matches no streams.",
        ],
    )
    def test_broken_source(self, line: str) -> None:
        """The clip is blamed, with ffmpeg's words."""
        error = failure(183, ("moov atom not found", line), source=CLIP, target=PART)
        assert isinstance(error, MediaError)
        assert error.path == CLIP
        assert line in str(error)

    def test_anything_else(self) -> None:
        """The child's exit code is told, never handed on; its first words stand beside it."""
        error = failure(255, ("one", "two", "three", "four"), source=CLIP, target=PART)
        assert isinstance(error, ToolError)
        assert error.last_lines == ("one", "two", "three")


GOOD = Talk(
    inputs={0: StreamCount(50, 50), 1: StreamCount(88, 87, samples=88_200)},
    outputs={0: StreamCount(50, 50), 1: StreamCount(101, 100, samples=48_000)},
)


def doubts(talk: Talk, *, dropped: int = 0, added: int = 0, formats: str = "mov,mp4", promised: int = 50) -> list[str]:
    mapping = Mapping((PICTURE,), (SOUND,))
    packets = {0: promised, 1: 88}
    return list(doubts_of(talk, mapping, formats=formats, packets_in_file=packets, dropped=dropped, added=added))


def with_input(index: int, count: StreamCount) -> Talk:
    return Talk(inputs={**GOOD.inputs, index: count}, outputs=GOOD.outputs)


class TestAccounting:
    def test_all_is_there(self) -> None:
        """Nothing said, and every frame that was decoded is encoded."""
        assert doubts(GOOD) == []

    @pytest.mark.parametrize("version", ["7.1", "9.0", "5.1"])
    def test_real_statistics(self, version: str) -> None:
        """TRAP: the lines are those of both ends; what counts as decoded is the input's."""
        talk = Talk()
        for line in sample(f"statistics-{version}.txt").splitlines():
            talk.take(line)
        assert doubts(talk) == []
        assert talk.inputs[0].packets == talk.inputs[0].frames == talk.outputs[0].frames == 50
        assert talk.outputs[1].samples in (48_000, 48_483)

    @pytest.mark.parametrize(
        ("found", "words"),
        [
            (doubts(Talk(["Invalid NAL"], GOOD.inputs, GOOD.outputs)), "could not read all of it: Invalid NAL"),
            (doubts(GOOD, dropped=12), "12 frames were dropped"),
            (doubts(GOOD, added=1), "1 frames were added"),
            (doubts(GOOD, promised=60), "only 50 of 60 packets of video stream 0"),
            (doubts(with_input(0, StreamCount(50, 51))), "50 of 51 decoded frames"),
            (doubts(with_input(0, StreamCount(50, 50, errors=2))), "2 packets of video stream 0 (h264) could not"),
            (doubts(with_input(1, StreamCount(88, 87, samples=132_300))), "2.0 of 3.0 s of audio stream 1")
        ],
    )  # fmt: skip
    def test_each_shortfall_is_a_doubt(self, found: list[str], words: str) -> None:
        """Footage that is not accounted for may not be in the output."""
        assert any(words in doubt for doubt in found), found

    def test_samples_are_counted_where_tables_count_them(self) -> None:
        """PCM in MOV: 88,200 samples are read as 88 packets."""
        mapping = Mapping((PICTURE,), (attrs.evolve(SOUND, codec="pcm_s16le"),))

        def found(promised: int) -> list[str]:
            packets = {0: 50, 1: promised}
            return list(doubts_of(GOOD, mapping, formats="mov,", packets_in_file=packets, dropped=0, added=0))

        assert found(88_200) == []
        words = (
            "only 88,200 of 176,400 samples of audio stream 1 (pcm_s16le) were read (cut, or hidden by an edit list)"
        )
        assert found(176_400) == [words]

    def test_shapes_in_the_words_of_each_version(self) -> None:
        """5.1 does not say "Reconfiguring"; all say how the filters begin. The same shape twice is no change."""
        talk = Talk()
        for line in (
            "[graph 0 input from stream 0:0 @ 0x55558ca31f80] [verbose] w:160 h:120 pixfmt:yuv420p tb:1/90000 fr:25/1",
            "[graph -1 input from stream 0:0 @ 0x7f2a6c001dc0] [verbose] w:160 h:120 pixfmt:yuv420p csp:bt709",
            "[graph -1 input from stream 0:0 @ 0x7f2a6c002b00] [verbose] video frame properties congruent with link",
            "[graph -1 input from stream 0:0 @ 0x7f2a6c002b00] [verbose] w:640 h:480 pixfmt:yuv420p tb:1/90000",
            "[graph_1_in_0_1 @ 0x555594061440] [verbose] tb:1/44100 samplefmt:s16p samplerate:44100 chlayout:mono",
            "[graph_-1_in_0:1 @ 0x7f84c0001e40] [verbose] tb:1/44100 samplefmt:s16p samplerate:44100 chlayout:stereo",
        ):
            talk.take(line)
        assert talk.shapes == {0: ["160x120", "640x480"], 1: ["mono", "stereo"]}

    def test_packets_without_frame(self) -> None:
        """Where every packet is a frame; not in AVI, where an empty packet repeats the frame before it."""
        talk = Talk(inputs={**GOOD.inputs, 0: StreamCount(60, 50)}, outputs=GOOD.outputs)
        assert "10 of 60 packets of video stream 0 (h264) gave no frame" in doubts(talk)[0]
        assert doubts(talk, formats="avi") == []

    def test_silence_is_a_doubt(self) -> None:
        """Statistics that are not there prove nothing."""
        assert len(doubts(Talk())) == 2

    def test_first_words(self) -> None:
        """The first error names the cause; SVT-AV1 has a way of its own of saying it."""
        talk = Talk()
        talk.take("Svt[error]: Instance 1: Source Width must be at least 64")
        talk.take("[vf#0:0 @ 0x5555] [error] Terminating thread with return code -22 (Invalid argument)")
        assert talk.errors[0] == "Instance 1: Source Width must be at least 64"
        talk.take("[aist#0:1/none @ 0x55557d694900] [error] Decoding requested, but no decoder found for: none")
        assert talk.undecodable == 1


class TestLoudness:
    @pytest.mark.parametrize(
        ("channels", "mix", "expected"),
        [
            ([[-20, -20]], [-91], (0, 0)),
            ([[-91, -20]], [-91], (1, 0)),
            ([[-20, -20]], [-23], (None, 0)),
            ([[-91, -91]], [-91], (None, 0)),
            ([[-math.inf, -math.inf, -9, -9]], [-math.inf], (2, 0)),
            ([[-math.inf] * 3 + [-9, -math.inf, -math.inf]], [-math.inf], (3, 0)),
            ([[-20, -20]] * 9 + [[-20, -20]], [*[-20] * 9, -91], (0, 0)),
            ([[-20, -50], [-50, -20], [-20, -20]], [-26, -26, -91], (None, 1)),
            ([[-20, -50], [-50, -20], [-20, -20], [-20, -20]], [-26, -26, -91, -91], (0, 1)),
            ([[-20, -91, -91, -91, -91, -91]], [-37], (None, 0)),
            ([], [], (None, 0)),
            ([[-20], [-20, -20]], [-20, -91], (None, 0)),
        ],
    )
    def test_what_is_taken(
        self, channels: list[list[float]], mix: list[float], expected: tuple[int | None, int]
    ) -> None:
        """The mix, unless it loses a window that one channel has; what the better of both loses is counted."""
        assert choice(channels, [[level] for level in mix]) == expected

    @given(st.lists(st.tuples(*[st.floats(-100, 0)] * 4), max_size=9), st.integers(0, 3))
    def test_nothing_loud_is_lost_in_silence(self, windows: list[tuple[float, ...]], quiet: int) -> None:
        """Whatever the channels are: if the mix is silent, each loud window is in the taken channel, or counted."""
        mix = [[-100.0] if number % 4 >= quiet else [max(window)] for number, window in enumerate(windows)]
        channel, lost = choice(windows, mix)
        loud = [n for n, window in enumerate(windows) if max(window) > -65]
        if channel is None:
            assert sum(max(windows[n]) - mix[n][0] > 18.1 for n in loud) <= lost
        else:
            assert sum(max(windows[n]) - windows[n][channel] > 6 for n in loud) == lost


class TestStreams:
    def test_what_ffmpeg_prints(self) -> None:
        """Kinds, codecs, the container's names for them, chapters and tags."""
        for version in ("7.1", "9.0", "5.1"):
            source = parse_source(sample(f"inspect-{version}.txt").splitlines())
            assert source is not None
            assert [(s.index, s.kind, s.codec, s.tag) for s in source.streams] == [
                (0, "video", "h264", "avc1"),
                (1, "audio", "aac", "mp4a"),
                (2, "data", "bin_data", "gpmd"),
                (3, "data", "bin_data", "text"),
                (4, "data", "none", "tmcd"),
            ]
            assert (source.streams[1].rate_hz, source.streams[1].layout) == (44_100, "mono")
            assert source.chapter_count == 2
            assert source.has_camera_tags
            assert "make" in source.tags

    def test_what_is_kept(self) -> None:
        """Everything that MP4 holds; what the muxer makes again is not left out."""
        source = parse_source(sample("inspect-7.1.txt").splitlines())
        assert source is not None
        mapping = mapping_of(source)
        assert mapping is not None
        assert ([s.index for s in mapping.encoded], [s.index for s in mapping.copied]) == ([0, 1], [2])
        assert mapping.left_out == ()
        deaf = mapping_of(source, undecodable={1})
        assert deaf is not None
        assert deaf.left_out == ("audio stream 1 (aac) is left out: there is no decoder for it",)
        assert mapping_of(source, undecodable={0}) is None

    def test_what_cannot_be_opened(self) -> None:
        """No line that names the input."""
        assert parse_source(["file:a.mp4: Invalid data found when processing input"]) is None


class TestOtherSound:
    """Half seconds of a source, and of its archive."""

    def test_the_same(self) -> None:
        """A sound begins in the one window or in the next; silence is rounded to another silence."""
        source = [[-91.0], [-math.inf], [-20.0], [-21.0], [-80.0]]
        archive = [[-80.0], [-70.0], [-60.0], [-20.0], [-22.0]]
        assert other_windows(source, archive) == 0

    def test_silence_and_another_sound(self) -> None:
        """Or one that breaks off, or what was not there."""
        loud = [[-20.0]] * 6
        assert other_windows(loud, [[-math.inf]] * 6) == 6
        assert other_windows(loud, []) == 6
        assert other_windows([[-90.0]] * 6, loud) == 6
        assert other_windows(loud, loud[:3]) == 2
