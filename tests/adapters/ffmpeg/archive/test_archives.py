"""Archives by the real programs, 7.1 and 9.0: what is in them, what is doubted, and which clips are damaged."""

import json
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any

import attrs
import pytest

from camvault.adapters.ffmpeg import FfmpegArchiver
from camvault.adapters.memory import MemoryCancellation
from camvault.ports.archiving import ArchiveMade, ArchiveSettings, Sound
from camvault.ports.errors import MediaError, NotFoundError
from tests.adapters.ffmpeg.tools import (
    TRIXIE,
    VERSIONS,
    VIDEO,
    archiver,
    make_clip,
    punch_hole,
    run_ffmpeg,
    tree_program,
)

CANCEL = MemoryCancellation()
WHEN = "2025-07-18T10:15:00.000000Z"


@pytest.fixture(params=VERSIONS)
def kit(request: pytest.FixtureRequest) -> FfmpegArchiver:
    return archiver(request.param)


def archived(
    kit: FfmpegArchiver, source: Path, settings: ArchiveSettings | None = None
) -> tuple[ArchiveMade, dict[str, Any]]:
    target = source.with_name(f".{source.name}.part")
    made = kit.archive(
        PurePath(source),
        target=PurePath(target),
        settings=settings or ArchiveSettings(),
        on_seconds=lambda _: None,
        cancel=CANCEL,
    )
    argv = [tree_program(TRIXIE, "ffprobe"), "-v", "error", "-show_streams", "-show_format", "-of", "json", target]
    text = subprocess.run(list(map(str, argv)), check=True, capture_output=True, text=True).stdout
    found: dict[str, Any] = json.loads(text)
    return made, found


def test_h264_and_mono_with_the_time_of_recording(kit: FfmpegArchiver, tmp_path: Path) -> None:
    """Fitted into the box, its tables in front, creation time and frames as they were."""
    more = ("-metadata", f"creation_time={WHEN}", "-ac", "2")
    make_clip(tmp_path / "a.mp4", size="320x180", more=more)
    made, found = archived(kit, tmp_path / "a.mp4", ArchiveSettings(width_px=160, height_px=160))
    picture, sound = found["streams"]
    assert (picture["codec_name"], picture["width"], picture["height"]) == ("h264", 160, 90)
    assert (picture["pix_fmt"], picture["sample_aspect_ratio"], picture["nb_frames"]) == ("yuv420p", "1:1", "25")
    assert (sound["codec_name"], sound["channels"]) == ("aac", 1)
    assert datetime.fromisoformat(found["format"]["tags"]["creation_time"]) == datetime.fromisoformat(WHEN)
    assert (made.encoder, made.doubts) == ("libx264", ())
    content = (tmp_path / ".a.mp4.part").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_what_is_left_out_by_wish_is_no_doubt(kit: FfmpegArchiver, tmp_path: Path) -> None:
    """No sound, and the aspect of the box."""
    make_clip(tmp_path / "a.mp4", size="320x180")
    settings = ArchiveSettings(width_px=160, height_px=120, is_stretched=True, sound=Sound.DROP)
    made, found = archived(kit, tmp_path / "a.mp4", settings)
    (picture,) = found["streams"]
    assert (picture["width"], picture["height"]) == (160, 120)
    assert made.doubts == ()


def test_a_turned_clip_is_upright(kit: FfmpegArchiver, tmp_path: Path) -> None:
    """For good, so that every player shows it so; and it is still the picture of its source."""
    make_clip(tmp_path / "flat.mp4", size="160x120")
    run_ffmpeg("-display_rotation", "90", "-i", str(tmp_path / "flat.mp4"), "-c", "copy", str(tmp_path / "a.mp4"))
    made, found = archived(kit, tmp_path / "a.mp4")
    assert (found["streams"][0]["width"], found["streams"][0]["height"]) == (120, 160)
    assert "side_data_list" not in found["streams"][0]
    assert made.doubts == ()


def test_other_streams_are_kept_or_named(kit: FfmpegArchiver, tmp_path: Path) -> None:
    """Two pictures and a subtitle are kept, a font is named."""
    (tmp_path / "s.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nDoor 7\n")
    (tmp_path / "font.ttf").write_bytes(b"a font")
    inputs = ("-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration=1", "-i", str(tmp_path / "s.srt"))
    attached = ("-attach", str(tmp_path / "font.ttf"), "-metadata:s:t", "mimetype=font/ttf")
    maps = ("-map", "0", "-map", "0", "-map", "1")
    run_ffmpeg(*inputs, *maps, *VIDEO, "-c:s", "srt", *attached, str(tmp_path / "a.mkv"))
    made, found = archived(kit, tmp_path / "a.mkv")
    assert [stream["codec_name"] for stream in found["streams"]] == ["h264", "h264", "mov_text"]
    assert [doubt for doubt in made.doubts if not doubt.startswith("attachment stream 3")] == []
    assert len(made.doubts) == 1


def test_a_sound_that_mp4_cannot_hold(kit: FfmpegArchiver, tmp_path: Path) -> None:
    """A clip that is not worth an encode: its picture is copied, its telephone's sound becomes AAC."""
    noise = ("-vf", "noise=alls=40:allf=t:all_seed=1", "-crf", "51", "-c:a", "pcm_mulaw", "-ar", "8000", "-f", "mov")
    picture = ("-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration=1")
    sound = ("-f", "lavfi", "-i", "sine=frequency=440:duration=1")
    run_ffmpeg(*picture, *sound, *VIDEO, *noise, str(tmp_path / "a.mp4"))
    made, found = archived(kit, tmp_path / "a.mp4", ArchiveSettings(quality=1))
    assert made.is_remuxed
    assert made.doubts == ()
    assert [stream["codec_name"] for stream in found["streams"]] == ["h264", "aac"]


def test_a_sound_that_begins_first(kit: FfmpegArchiver, tmp_path: Path) -> None:
    """TRAP: an archive without it begins at another time than its source, and was compared with other frames."""
    make_clip(tmp_path / "whole.mp4", seconds=2, size="160x120")
    inputs = ("-i", str(tmp_path / "whole.mp4"), "-itsoffset", "0.4", "-i", str(tmp_path / "whole.mp4"))
    run_ffmpeg(*inputs, "-map", "1:v", "-map", "0:a", "-c", "copy", str(tmp_path / "a.mp4"))
    assert archived(kit, tmp_path / "a.mp4", ArchiveSettings(sound=Sound.DROP))[0].doubts == ()
    assert archived(kit, tmp_path / "a.mp4")[0].doubts == ()


def test_frames_at_irregular_times(kit: FfmpegArchiver, tmp_path: Path) -> None:
    """A camera that leaves out what does not move: each frame keeps its time."""
    picture = ("-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration=2")
    left_out = ("-vf", "select='not(mod(n,7))+lt(mod(n,11),2)'", "-fps_mode", "passthrough")
    run_ffmpeg(*picture, *left_out, *VIDEO, str(tmp_path / "a.mp4"))
    made, found = archived(kit, tmp_path / "a.mp4")
    argv = ("-v", "error", "-select_streams", "v", "-show_entries", "packet=pts_time", "-of", "csv=p=0", "-i")
    times = [
        sorted(
            round(float(line.strip(",")), 3)
            for line in subprocess.run(
                [str(tree_program(TRIXIE, "ffprobe")), *argv, str(tmp_path / name)],
                check=True,
                capture_output=True,
                text=True,
            ).stdout.split()
        )
        for name in ("a.mp4", ".a.mp4.part")
    ]
    assert times[0] == times[1]
    assert made.doubts == ()
    assert found["streams"][0]["nb_frames"] == str(len(times[0]))


IRREGULAR = {
    "two at one time": ("settb=1/90000,setpts=floor(N/2)*9000", ("-preset", "fast")),
    "the last one is held": ("settb=1/90000,setpts=N*1800", ()),
    "half a minute after the first": ("settb=1/90000,setpts=N*4500+gte(N\\,1)*2700000", ("-preset", "fast")),
    "a minute before the last": ("settb=1/90000,setpts=N*4500+gte(N\\,39)*5400000", ()),
    "refreshed bit by bit": ("null", ("-x264-params", "intra-refresh=1:keyint=10", "-preset", "medium")),
}


@pytest.mark.parametrize("case", IRREGULAR)
def test_a_whole_clip_is_not_refused(kit: FfmpegArchiver, tmp_path: Path, case: str) -> None:
    """TRAP: each of these was fine, and kept for ever: its times, or its lack of a place to begin at."""
    times, more = IRREGULAR[case]
    picture = ("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=10:duration=4", "-vf", times)
    as_it_is = ("-fps_mode", "passthrough", "-enc_time_base", "1:90000")
    run_ffmpeg(*picture, *as_it_is, *VIDEO, *more, str(tmp_path / "a.mp4"))
    assert archived(kit, tmp_path / "a.mp4")[0].doubts == ()


def test_messages_that_are_cut_are_no_damage(kit: FfmpegArchiver, tmp_path: Path) -> None:
    """TRAP: cameras of several makers write them before each picture; the decoder says so as an error."""
    picture = ("-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration=1")
    run_ffmpeg(*picture, *VIDEO, "-bf", "0", "-f", "h264", str(tmp_path / "a.h264"))
    begin = b"\0\0\0\1"
    message = begin + bytes([6, 240, 40]) + b"\x55" * 20 + b"\x80"
    pictures = ((tmp_path / "a.h264").read_bytes().replace(begin, begin[1:])).split(begin[1:])[1:]
    units = (message * (unit[0] & 31 in (1, 5)) + begin + unit for unit in pictures)
    (tmp_path / "b.h264").write_bytes(b"".join(units))
    run_ffmpeg("-framerate", "25", "-i", str(tmp_path / "b.h264"), "-c", "copy", str(tmp_path / "a.mp4"))
    assert archived(kit, tmp_path / "a.mp4")[0].doubts == ()


def test_a_second_picture_is_looked_at(kit: FfmpegArchiver, tmp_path: Path) -> None:
    """A camera with two lenses; each is compared with its own."""
    two = ("-f", "lavfi", "-i", "testsrc2=size=160x120:duration=1", "-f", "lavfi", "-i", "mandelbrot=size=160x120")
    run_ffmpeg(*two, "-t", "1", "-map", "0", "-map", "1", *VIDEO, str(tmp_path / "a.mp4"))
    made, found = archived(kit, tmp_path / "a.mp4")
    assert (made.doubts, len(found["streams"])) == ((), 2)


def _forget_a_track(path: Path) -> None:
    """The last track of a clip whose tables stand behind its footage."""
    content = bytearray(path.read_bytes())
    moov, track = content.rindex(b"moov") - 4, content.rindex(b"trak") - 4
    size = int.from_bytes(content[track : track + 4], "big")
    content[moov : moov + 4] = (int.from_bytes(content[moov : moov + 4], "big") - size).to_bytes(4, "big")
    del content[track : track + size]
    path.write_bytes(content)


@pytest.mark.parametrize("has_audio", [True, False])
def test_footage_that_no_table_names(kit: FfmpegArchiver, tmp_path: Path, *, has_audio: bool) -> None:
    """TRAP: where the sound was not wanted, nobody asked what of the file was read."""
    make_clip(tmp_path / "one.mp4", size="320x180", has_audio=has_audio)
    one = ("-i", str(tmp_path / "one.mp4"))
    maps = (*(("-map", "0:a") if has_audio else ()), "-map", "0:v", "-map", "1:v")
    run_ffmpeg(*one, *one, *maps, "-c", "copy", str(tmp_path / "a.mp4"))
    dropped = ArchiveSettings(sound=Sound.DROP)
    assert archived(kit, tmp_path / "a.mp4", dropped)[0].doubts == ()
    _forget_a_track(tmp_path / "a.mp4")
    (doubt,) = archived(kit, tmp_path / "a.mp4", dropped)[0].doubts
    assert "bytes of footage in it were read" in doubt


def _no_tables(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: content.rindex(b"moov") - 4])


def _cut_tail(path: Path) -> None:
    """As a camera that lost its power, after it wrote its tables in front."""
    run_ffmpeg("-i", str(path), "-c", "copy", "-movflags", "+faststart", "-f", "mp4", str(path.with_suffix(".front")))
    content = path.with_suffix(".front").read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])


def _wrong_tables(path: Path) -> None:
    """The sizes of the later samples are halved."""
    content = bytearray(path.read_bytes())
    begin = content.index(b"stsz") + 16
    for at in range(begin + 80, begin + 4 * 50, 4):
        size = int.from_bytes(content[at : at + 4], "big")
        content[at : at + 4] = (size // 2).to_bytes(4, "big")
    path.write_bytes(content)


def _missing_pictures(path: Path) -> None:
    """Without the picture on which the others stand."""
    without = ("-bsf:v", "noise=drop=eq(n\\,0)")
    run_ffmpeg("-i", str(path), "-c", "copy", *without, "-f", "mp4", str(path.with_suffix(".less")))
    path.with_suffix(".less").rename(path)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "cut tail": _cut_tail,
    "a hole": punch_hole,
    "no tables": _no_tables,
    "nothing": lambda path: path.write_bytes(b""),
    "rubbish": lambda path: path.write_bytes(b"\x07\x01rubbish" * 999),
    "wrong tables": _wrong_tables,
    "missing pictures": _missing_pictures,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_clip_has_no_archive(kit: FfmpegArchiver, tmp_path: Path, damage: str) -> None:
    """TRAP: ffmpeg makes something of most of them, and exits with 0. Here its words are handed on."""
    source, whole = tmp_path / "a.mp4", tmp_path / "whole.mp4"
    make_clip(whole, seconds=2, size="160x120")
    source.write_bytes(whole.read_bytes())
    DAMAGES[damage](source)
    with pytest.raises(MediaError) as caught:
        archived(kit, source)
    assert caught.value.path == PurePath(source)
    assert len(caught.value.problem) > len("it is damaged: ")
    with pytest.raises(MediaError):
        kit.doubts(PurePath(whole), source=PurePath(source), sound=Sound.KEEP, cancel=CANCEL)


def test_a_sound_that_is_damaged_is_damage(kit: FfmpegArchiver, tmp_path: Path) -> None:
    """Unless it is not wanted."""
    make_clip(tmp_path / "a.mp4", seconds=2, size="160x120")
    content = bytearray((tmp_path / "a.mp4").read_bytes())
    # the last chunk of the footage is one of sound
    end = content.rindex(b"moov") - 4
    content[end - 1500 : end - 100] = b"\xa5" * 1400
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(MediaError, match="it is damaged"):
        archived(kit, tmp_path / "a.mp4")
    assert archived(kit, tmp_path / "a.mp4", ArchiveSettings(sound=Sound.DROP))[0].doubts == ()


def test_an_archive_of_before(kit: FfmpegArchiver, tmp_path: Path) -> None:
    """The specification's own command, by x264: no sound, another aspect. It will do where no sound is wanted."""
    make_clip(tmp_path / "a.mp4", seconds=2, size="320x180")
    argv = ("-vf", "scale=w=160:h=120", "-c:v", "libx264", "-crf", "26", "-an")
    run_ffmpeg("-i", str(tmp_path / "a.mp4"), *argv, str(tmp_path / "old.mp4"))
    old = PurePath(tmp_path / "old.mp4")
    assert kit.doubts(old, source=PurePath(tmp_path / "a.mp4"), sound=Sound.DROP, cancel=CANCEL) == ()
    (doubt,) = kit.doubts(old, source=PurePath(tmp_path / "a.mp4"), sound=Sound.KEEP, cancel=CANCEL)
    assert doubt == "it has 0 stream(s) of sound, its clip 1"
    green = ("-vf", "scale=w=160:h=120,drawbox=w=iw:h=ih:t=fill:color=0x008700:enable='between(n,16,21)'")
    run_ffmpeg("-i", str(tmp_path / "a.mp4"), *green, *argv[2:], str(tmp_path / "green.mp4"))
    (doubt,) = kit.doubts(
        PurePath(tmp_path / "green.mp4"), source=PurePath(tmp_path / "a.mp4"), sound=Sound.DROP, cancel=CANCEL
    )
    assert doubt.startswith("at 0.7 s a part of its picture is another one")
    run_ffmpeg(
        "-i", str(tmp_path / "a.mp4"), "-vf", "select='lt(n,44)+gt(n,48)'", *argv[2:], str(tmp_path / "less.mp4")
    )
    less = PurePath(tmp_path / "less.mp4")
    (doubt,) = kit.doubts(less, source=PurePath(tmp_path / "a.mp4"), sound=Sound.DROP, cancel=CANCEL)
    assert "45 of 50 frames can be decoded" in doubt


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (("-map", "0:v:0", "-map", "0:a", "-c:a", "copy"), "it has 1 stream(s) of picture, its clip 2"),
        (("-map", "0", "-c:a", "aac", "-filter:a", "volume=0.001"), "s of audio stream 2 (aac) are much fainter"),
        (("-map", "0:v:0", "-map", "0:v:0", "-map", "0:a", "-c:a", "copy"), "its picture"),
    ],
)
def test_what_an_archive_of_before_lacks(
    kit: FfmpegArchiver, tmp_path: Path, made: tuple[str, ...], words: str
) -> None:
    """Of two pictures and a sound; also what was a doubt that its torn record does not tell any more."""
    make_clip(tmp_path / "one.mp4", seconds=2, size="320x180")
    two = ("-i", str(tmp_path / "one.mp4"), "-filter_complex", "[0:v]split[a][b];[b]negate[c]")
    run_ffmpeg(*two, "-map", "[a]", "-map", "[c]", "-map", "0:a", "-c:v", "libx264", str(tmp_path / "a.mp4"))
    clip, old = tmp_path / "a.mp4", tmp_path / "old.mp4"
    run_ffmpeg("-i", str(clip), "-c:v", "libx264", *made, str(old))
    doubts = kit.doubts(PurePath(old), source=PurePath(clip), sound=Sound.KEEP, cancel=CANCEL)
    assert any(words in doubt for doubt in doubts), doubts


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (("-vf", "scale=64:36", "-c:a", "aac"), "its picture is 64x36"),
        (("-c:a", "aac", "-af", "volume=enable='gt(t,0.9)':volume=0"), "much fainter"),
    ],
)
def test_an_archive_of_before_that_is_much_less(
    kit: FfmpegArchiver, tmp_path: Path, made: tuple[str, ...], words: str
) -> None:
    """A thumbnail looks like the picture, and a second of silence is two windows of its sound."""
    clip, old = tmp_path / "a.mp4", tmp_path / "old.mp4"
    make_clip(clip, seconds=2, size="640x360")
    run_ffmpeg("-i", str(clip), "-c:v", "libx264", "-crf", "23", "-c:a", "aac", str(old))
    assert kit.doubts(PurePath(old), source=PurePath(clip), sound=Sound.KEEP, cancel=CANCEL) == ()
    run_ffmpeg("-y", "-i", str(clip), "-c:v", "libx264", "-crf", "18", *made, str(old))
    doubts = kit.doubts(PurePath(old), source=PurePath(clip), sound=Sound.KEEP, cancel=CANCEL)
    assert any(words in doubt for doubt in doubts), doubts


def test_a_clip_of_which_not_all_was_read_takes_no_archive_of_before(kit: FfmpegArchiver, tmp_path: Path) -> None:
    """What its own archive would be doubted for, one of before may lack, too."""
    clip, old = tmp_path / "a.mp4", tmp_path / "old.mp4"
    make_clip(clip, seconds=2, size="320x180")
    run_ffmpeg("-i", str(clip), "-c:v", "libx264", "-c:a", "aac", str(old))
    with clip.open("ab") as file:
        file.write(bytes(range(1, 251)) * 100)
    doubts = kit.doubts(PurePath(old), source=PurePath(clip), sound=Sound.KEEP, cancel=CANCEL)
    assert any("not read" in doubt for doubt in doubts), doubts


def test_a_program_that_is_gone(kit: FfmpegArchiver, tmp_path: Path) -> None:
    """The clip is looked at before anything is started."""
    nowhere = attrs.evolve(kit, ffmpeg=PurePath(tmp_path / "ffmpeg"))
    with pytest.raises(NotFoundError):
        nowhere.archive(
            PurePath(tmp_path / "gone.mp4"),
            target=PurePath(tmp_path / "t"),
            settings=ArchiveSettings(),
            on_seconds=lambda _: None,
            cancel=CANCEL,
        )
