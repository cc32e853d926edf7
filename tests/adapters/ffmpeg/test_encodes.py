"""Encodes with the real programs, 7.1 and 9.0: what cameras write, what must survive, what is no success."""

import contextlib
import json
import subprocess
from datetime import datetime
from pathlib import Path, PurePath

import pytest

from camvault.adapters.ffmpeg import FfprobeProbe
from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.pyav import PyavProbe
from camvault.core.capacity.allocation import (
    ComplexityRate,
    ConstantRate,
    EncodeBatch,
    EncodeClip,
    Encoded,
    EncodeResult,
    EncodeSample,
    Sampled,
    judged,
    next_encodes,
    standing,
)
from camvault.core.capacity.allocation_values import total_of
from camvault.ports.errors import MediaError
from camvault.ports.media import ConstantQuality, EncodedFile, EncodeSettings, TargetBitrate
from tests.adapters.ffmpeg.tools import TRIXIE, VERSIONS, VIDEO, Tools, make_clip, run_ffmpeg, tools, tree_program

CANCEL = MemoryCancellation()
QUICK = EncodeSettings(TargetBitrate(150), preset=12)


@pytest.fixture(params=VERSIONS)
def kit(request: pytest.FixtureRequest) -> Tools:
    return tools(request.param)


def encode(kit: Tools, source: Path, target: Path, settings: EncodeSettings = QUICK) -> int:
    made = encoded(kit, source, target, settings)
    assert not made.doubts, "a whole clip is taken for a damaged one"
    return made.size_bytes


def encoded(kit: Tools, source: Path, target: Path, settings: EncodeSettings = QUICK) -> EncodedFile:
    return kit.encoder.encode(
        PurePath(source), target=PurePath(target), settings=settings, on_seconds=lambda _: None, cancel=CANCEL
    )


def described(path: Path) -> dict[str, list[dict[str, object]] | dict[str, object]]:
    """Everything that Debian's ffprobe says, independently of the adapters."""
    argv = [tree_program(TRIXIE, "ffprobe"), "-v", "error", "-show_streams", "-show_format", "-of", "json", path]
    text = subprocess.run(list(map(str, argv)), check=True, capture_output=True, text=True).stdout
    found: dict[str, list[dict[str, object]] | dict[str, object]] = json.loads(text)
    return found


def streams(path: Path) -> list[dict[str, object]]:
    found = described(path)["streams"]
    assert isinstance(found, list)
    return found


def test_result_is_av1_and_opus(kit: Tools, tmp_path: Path) -> None:
    """AV1, Opus, mono, in MP4, and nothing else."""
    make_clip(tmp_path / "a.mp4")
    encode(kit, tmp_path / "a.mp4", tmp_path / "t.part")
    video, audio = streams(tmp_path / "t.part")
    assert (video["codec_name"], audio["codec_name"], audio["channels"]) == ("av1", "opus", 1)


def test_further_streams_of_a_camera(kit: Tools, tmp_path: Path) -> None:
    """Two pictures, two sounds, a time code and a subtitle: all are kept, each picture AV1, each sound mono Opus."""
    (tmp_path / "s.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nOfficer 7\n")
    pictures = [("-f", "lavfi", "-i", f"testsrc2=size={size}:rate=25:duration=1") for size in ("160x90", "320x180")]
    sounds = [("-f", "lavfi", "-i", f"sine=frequency={f}:duration=1") for f in (300, 600)]
    inputs = [word for group in (*pictures, *sounds, ("-i", f"{tmp_path}/s.srt")) for word in group]
    maps = [word for stream in range(5) for word in ("-map", str(stream))]
    codecs = (*VIDEO, "-c:a", "aac", "-c:s", "mov_text", "-timecode", "01:02:03:04")
    run_ffmpeg(*inputs, *maps, *codecs, str(tmp_path / "a.mp4"))
    kinds = [stream["codec_type"] for stream in streams(tmp_path / "a.mp4")]
    assert kinds.count("video") == kinds.count("audio") == 2
    assert {"data", "subtitle"} <= set(kinds)
    encode(kit, tmp_path / "a.mp4", tmp_path / "t.part")
    kept = streams(tmp_path / "t.part")
    assert [stream["codec_name"] for stream in kept[:5]] == ["av1", "av1", "opus", "opus", "mov_text"]
    assert [stream.get("channels") for stream in kept[2:4]] == [1, 1]
    assert (kept[0]["width"], kept[1]["width"]) == (160, 320)
    assert kept[-1]["codec_tag_string"] == "tmcd"


def test_time_of_recording_stays(kit: Tools, tmp_path: Path) -> None:
    """The creation time is evidence."""
    when = "2025-07-18T10:15:00.000000Z"
    make_clip(tmp_path / "a.mp4", more=("-metadata", f"creation_time={when}"))
    encode(kit, tmp_path / "a.mp4", tmp_path / "t.part")
    found = described(tmp_path / "t.part")["format"]
    assert isinstance(found, dict)
    tags = found["tags"]
    assert isinstance(tags, dict)
    assert datetime.fromisoformat(tags["creation_time"]) == datetime.fromisoformat(when)


def test_rotated_clip_is_shown_upright(kit: Tools, tmp_path: Path) -> None:
    """A camera worn on its side: the picture is turned for good, so that every player shows it right."""
    make_clip(tmp_path / "flat.mp4", has_audio=False)
    run_ffmpeg("-display_rotation", "90", "-i", str(tmp_path / "flat.mp4"), "-c", "copy", str(tmp_path / "a.mp4"))
    encode(kit, tmp_path / "a.mp4", tmp_path / "t.part")
    (video,) = streams(tmp_path / "t.part")
    assert (video["width"], video["height"]) == (90, 160)
    assert "side_data_list" not in video


def test_sound_without_a_picture_is_refused(kit: Tools, tmp_path: Path) -> None:
    """There is nothing to encode, and the clip is named."""
    run_ffmpeg("-f", "lavfi", "-i", "sine=duration=1", "-c:a", "aac", str(tmp_path / "a.mp4"))
    with pytest.raises(MediaError, match=r"a\.mp4"):
        encode(kit, tmp_path / "a.mp4", tmp_path / "t.part")


def test_cut_clip_never_passes_as_whole(kit: Tools, tmp_path: Path) -> None:
    """TRAP: of a clip whose end is missing ffmpeg encodes what is there and exits with 0. That is used, and doubted."""
    make_clip(tmp_path / "whole.mp4", seconds=4, more=("-movflags", "+faststart", "-g", "10"))
    content = (tmp_path / "whole.mp4").read_bytes()
    (tmp_path / "a.mp4").write_bytes(content[: len(content) // 2])
    made = encoded(kit, tmp_path / "a.mp4", tmp_path / "t.part")
    assert any("it is cut" in doubt for doubt in made.doubts)
    assert any("packets of video stream 0" in doubt for doubt in made.doubts)


def test_longer_data_track_is_no_problem(kit: Tools, tmp_path: Path) -> None:
    """What is compared is the duration of what is kept: a second, longer sound does not make a clip look cut."""
    picture = ("-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=1")
    sounds = [word for s in (1, 3) for word in ("-f", "lavfi", "-i", f"sine=duration={s}")]
    maps = ("-map", "0", "-map", "1", "-map", "2")
    run_ffmpeg(*picture, *sounds, *maps, *VIDEO, "-c:a", "aac", str(tmp_path / "a.mp4"))
    assert encode(kit, tmp_path / "a.mp4", tmp_path / "t.part") > 0


def test_other_containers(kit: Tools, tmp_path: Path) -> None:
    """Cameras write MOV, AVI and Matroska too; the latter names no duration for its streams."""
    make_clip(tmp_path / "a.mp4")
    for suffix in ("mkv", "mov", "avi", "ts"):
        run_ffmpeg("-i", str(tmp_path / "a.mp4"), "-c", "copy", str(tmp_path / f"b.{suffix}"))
        assert encode(kit, tmp_path / f"b.{suffix}", tmp_path / "t.part") > 0


def test_crf_steps_are_what_the_encoder_does(kit: Tools) -> None:
    """Quarters with SVT-AV1 4, whole CRFs with 2.3."""
    assert kit.encoder.crf_step_quarters == (1 if "9.0" in kit.encoder.version else 4)


def test_a_fraction_is_rounded_where_it_would_be_ignored(tmp_path: Path) -> None:
    """TRAP: 7.1 silently encodes 55.25 at 35; rounded, it gives what 55 gives."""
    kit = tools("7.1")
    make_clip(tmp_path / "a.mp4", has_audio=False)
    sizes = [
        encode(kit, tmp_path / "a.mp4", tmp_path / "t.part", EncodeSettings(ConstantQuality(quarters), preset=12))
        for quarters in (220, 221, 140)
    ]
    assert sizes[0] == sizes[1] < sizes[2]


def test_one_thread_gives_the_same_bytes(kit: Tools, tmp_path: Path) -> None:
    """With one thread a bitrate is reproducible too."""
    make_clip(tmp_path / "a.mp4")
    once = EncodeSettings(TargetBitrate(150), preset=12, thread_count=1)
    for name in ("one", "two"):
        encode(kit, tmp_path / "a.mp4", tmp_path / name, once)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_both_probes_agree(tmp_path: Path) -> None:
    """A job that is resumed on another machine plans with the same durations."""
    make_clip(tmp_path / "a.mp4", seconds=1.4)
    found = tools("7.1").found.ffprobe
    assert found is not None
    one = FfprobeProbe(found.path, str(found.version), CANCEL).probe(PurePath(tmp_path / "a.mp4"))
    two = PyavProbe().probe(PurePath(tmp_path / "a.mp4"))
    assert one == two


def scene(path: Path, picture: str, seconds: float) -> None:
    sound = ("-f", "lavfi", "-i", f"anoisesrc=color=pink:amplitude=0.05:duration={seconds}:seed=1")
    run_ffmpeg("-f", "lavfi", "-i", f"{picture}:duration={seconds}", *sound, *VIDEO, "-c:a", "aac", str(path))


@pytest.mark.parametrize("name", VERSIONS)
@pytest.mark.parametrize("way", ["constant", "complexity"])
def test_mixed_footage_fits_its_budget(name: str, way: str, tmp_path: Path) -> None:
    """The whole loop with the real encoder: never over the limit, and hardly anything wasted."""
    kit = tools(name)
    pictures = {
        "calm": "gradients=size=160x90:rate=25:seed=1:speed=0.01",
        "busy": "mandelbrot=size=160x90:rate=25:end_pts=200,trim",
        "test": "testsrc2=size=160x90:rate=25",
        "grain": "color=gray:size=160x90:rate=25,noise=alls=20:allf=t:all_seed=1,trim",
        "dark": "cellauto=size=160x90:rate=25:seed=3,trim",
    }
    clips = []
    for key, picture in pictures.items():
        # `trim` takes the duration where the source has none
        scene(tmp_path / f"{key}.mp4", picture.replace(",trim", ",trim=start=0"), 3.0)
        info = kit.probe.probe(PurePath(tmp_path / f"{key}.mp4"))
        clips.append(EncodeClip(key, info.duration_s, (tmp_path / f"{key}.mp4").stat().st_size))
    limit = 15 * 260 * 125
    step_quarters = kit.encoder.crf_step_quarters
    at_one_rate = ConstantRate(188, is_open=True, is_filling=True)
    policy = at_one_rate if way == "constant" else ComplexityRate(crf_step_quarters=step_quarters)
    batch = EncodeBatch(tuple(clips), limit, policy, preset=12, thread_count=1)
    results: list[EncodeResult] = []
    while actions := next_encodes(batch, results):
        action = actions[0]
        if isinstance(action, EncodeSample):
            size = kit.encoder.sample(
                PurePath(tmp_path / f"{action.key}.mp4"),
                start_s=action.start_s,
                length_s=action.length_s,
                settings=batch.settings(action.rate),
                cancel=CANCEL,
            )
            results.append(Sampled(action, size))
        else:
            size = encode(kit, tmp_path / f"{action.key}.mp4", tmp_path / "t.part", action.settings)
            results.append(judged(batch, results, action, size_bytes=size))
    total_bytes = total_of(standing(results))
    assert total_bytes <= limit
    assert len(standing(results)) == len(clips)
    assert total_bytes / limit >= (0.98 if way == "constant" else 0.97)  # whole CRFs on five short clips are coarse
    assert sum(isinstance(result, Encoded) for result in results) <= len(clips) + 5


def test_plain_overflow_is_caught(tmp_path: Path) -> None:
    """TRAP: a short clip takes up to four times its bitrate; it is encoded again until the total fits."""
    kit = tools("9.0")
    make_clip(tmp_path / "a.mp4", seconds=1, size="320x180")
    batch = EncodeBatch((EncodeClip("a", 1.0, 10**6),), 32_000, ConstantRate(180), preset=12)
    results: list[EncodeResult] = []
    while actions := next_encodes(batch, results):
        (action,) = actions
        assert not isinstance(action, EncodeSample)
        size = encode(kit, tmp_path / "a.mp4", tmp_path / "t.part", action.settings)
        results.append(judged(batch, results, action, size_bytes=size))
    sizes = [result.size_bytes for result in results if isinstance(result, Encoded)]
    assert sizes[0] > 32_000, "without an overshoot this test shows nothing"
    assert total_of(standing(results)) <= batch.limit_bytes
    with contextlib.suppress(FileNotFoundError):
        (tmp_path / "t.part").unlink()
