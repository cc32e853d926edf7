"""The pure parts of the adapter for ffmpeg: versions, command lines, output."""

from pathlib import Path, PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.adapters.ffmpeg.argv import encode_argv, sample_argv
from camvault.adapters.ffmpeg.parse import (
    Progress,
    damage,
    duration_of,
    duration_problem,
    failure,
    parse_probe,
    parse_rate,
    parse_seconds,
)
from camvault.adapters.ffmpeg.versions import (
    has_quarter_crf,
    parse_encoders,
    parse_version,
    parse_version_output,
    shortcomings,
)
from camvault.ports.errors import MediaError, NoSpaceError, ToolError
from camvault.ports.media import ConstantQuality, EncodeSettings, MediaInfo, TargetBitrate

SAMPLES = Path(__file__).parents[1] / "samples/ffmpeg"
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


def words(rate: TargetBitrate | ConstantQuality, *, threads: int = 0, step: int = 1) -> list[str]:
    settings = EncodeSettings(rate, preset=8, thread_count=threads)
    return list(map(str, encode_argv(PurePath("ffmpeg"), CLIP, target=PART, settings=settings, crf_step_quarters=step)))


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
        """The first real picture, the first sound if there is one, and the metadata."""
        assert has(words(TargetBitrate(1)), "-map", "0:V:0", "-map", "0:a:0?", "-map_metadata", "0")

    def test_sample(self) -> None:
        """A stretch is sought before it is opened, without sound, into nothing."""
        settings = EncodeSettings(ConstantQuality(160))
        argv = sample_argv(PurePath("ffmpeg"), CLIP, start_s=61.25, length_s=2, settings=settings, crf_step_quarters=1)
        found = list(map(str, argv))
        assert has(found, "-ss", "61.250", "-t", "2.000", "-i", "file:/clips/a.mp4")
        assert "-c:a" not in found
        assert found[-1] == "file:/dev/null"


class TestProgress:
    def test_real_output(self) -> None:
        """Position and size of a finished encode."""
        progress = Progress()
        news = [progress.take(line) for line in sample("progress-9.0.txt").splitlines()]
        assert any(news)
        assert progress.seconds == 2.0
        assert progress.size_bytes == 48140
        assert progress.is_ended

    def test_before_the_first_frame(self) -> None:
        """N/A and a negative start are no position; what is not known is passed over."""
        progress = Progress()
        assert not progress.take("out_time_us=N/A")
        assert not progress.take("total_size=N/A")
        assert not progress.take("progress=continue")
        assert (progress.seconds, progress.size_bytes, progress.is_ended) == (None, None, False)
        assert progress.take("out_time_us=-23000")
        assert progress.seconds == 0.0


class TestProbeOutput:
    def test_real_output(self) -> None:
        """Duration, streams, size and frame rate."""
        info = parse_probe(sample("probe-7.1.txt"), CLIP)
        assert info == MediaInfo(2.0, width_px=160, height_px=90, frame_rate=25.0, kept_s=2.0)

    def test_cover_picture_is_no_video(self) -> None:
        """A sound file with a cover has no picture to encode."""
        text = '{"streams": [{"codec_type": "video", "disposition": {"attached_pic": 1}}], "format": {"duration": "3"}}'
        assert not parse_probe(text, CLIP).has_video

    def test_data_streams_are_no_reason_to_wait(self) -> None:
        """A time-code track longer than the picture does not count for what is kept."""
        text = (
            '{"streams": [{"codec_type": "video", "duration": "3.0"}, {"codec_type": "data", "duration": "9.0"}],'
            ' "format": {"duration": "9.0"}}'
        )
        assert parse_probe(text, CLIP).kept_s == 3.0

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

    @pytest.mark.parametrize(("value", "rate"), [("30000/1001", 29.97), ("25/1", 25), ("0/0", 0), ("", 0), ("x", 0)])
    def test_frame_rates(self, value: str, rate: float) -> None:
        """0 where it is unknown."""
        assert parse_rate(value) == pytest.approx(rate, abs=0.01)


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
        """The child's exit code is told, never handed on; its last words stand beside it."""
        error = failure(255, ("one", "two"), source=CLIP, target=PART)
        assert isinstance(error, ToolError)
        assert error.last_lines == ("one", "two")


class TestDurationProblem:
    @pytest.mark.parametrize("seconds", [9.9, 10.0, 10.04, 10.1])
    def test_a_frame_more_or_less(self, seconds: float) -> None:
        """Codecs add and drop parts of frames."""
        assert duration_problem(MediaInfo(10.0, frame_rate=25), MediaInfo(seconds)) is None

    @pytest.mark.parametrize("seconds", [9.5, 0.04, 10.5])
    def test_a_cut_output(self, seconds: float) -> None:
        """An output that is shorter is not the clip, although ffmpeg exited with 0."""
        problem = duration_problem(MediaInfo(10.0, frame_rate=25), MediaInfo(seconds))
        assert problem is not None
        assert "10.00 s" in problem

    def test_lost_sound(self) -> None:
        """An output without the source's sound is not the clip."""
        assert duration_problem(MediaInfo(10.0), MediaInfo(10.0, has_audio=False)) is not None


class TestDamage:
    def test_all_is_there(self) -> None:
        """Nothing said, and as many frames as there are, give or take a few."""
        source = MediaInfo(6.0, frame_rate=25)
        assert damage(source, frame_count=149, error_lines=[]) == ""
        assert damage(source, frame_count=None, error_lines=[]) == ""
        assert damage(MediaInfo(6.0), frame_count=3, error_lines=[]) == ""
        assert damage(MediaInfo(1.0, frame_rate=600), frame_count=25, error_lines=[]) == ""

    def test_an_error_while_decoding(self) -> None:
        """The first words are told."""
        assert "header damaged" in damage(MediaInfo(6.0), frame_count=150, error_lines=["[mpeg4] header damaged"])

    def test_frames_that_are_missing_in_silence(self) -> None:
        """The count alone is enough."""
        found = damage(MediaInfo(6.0, frame_rate=25), frame_count=92, error_lines=[])
        assert found == "only 92 of some 150 frames were encoded"

    def test_the_count_is_read(self) -> None:
        """From what ffmpeg prints for programs."""
        progress = Progress()
        assert not progress.take("frame=  92")
        assert progress.frame_count == 92
