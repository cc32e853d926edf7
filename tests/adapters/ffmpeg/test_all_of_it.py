"""Encodes with the real programs, 7.1 and 9.0: all of a clip is in its output, or the clip is in doubt and says why.

Each test is a clip as some camera or some accident makes it; the recipes are those that once passed as "verified".
"""

import os
import shutil
import stat
import subprocess
from pathlib import Path, PurePath

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.adapters._shared.containers import structure_doubts
from camvault.adapters._shared.payload import payload_of
from camvault.adapters.ffmpeg import FfmpegEncoder
from camvault.ports.errors import MediaError, ToolError
from camvault.ports.media import EncodedFile
from tests.adapters.ffmpeg.test_encodes import CANCEL, QUICK, described, streams
from tests.adapters.ffmpeg.tools import TRIXIE, VERSIONS, Tools, make_clip, run_ffmpeg, tools, tree_program

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-qp", "8", "-pix_fmt", "yuv420p")


def picture(seconds: float, rate: int = 25, size: str = "160x90") -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"testsrc2=s={size}:r={rate}:d={seconds},noise=alls=8:allf=t")


def sound(seconds: float, pitch_hz: int = 440) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"sine={pitch_hz}:d={seconds}")


@pytest.fixture(params=VERSIONS)
def kit(request: pytest.FixtureRequest) -> Tools:
    return tools(request.param)


def encoded(kit: Tools, source: Path) -> EncodedFile:
    target = PurePath(f"{source}.part")
    return kit.encoder.encode(PurePath(source), target=target, settings=QUICK, on_seconds=lambda _: None, cancel=CANCEL)


def made(path: Path, *words: str) -> Path:
    run_ffmpeg(*words, str(path))
    return path


def patched(path: Path, old: bytes, new: bytes) -> Path:
    """Another codec in the tables, as a camera has it that no ffmpeg knows."""
    content = bytearray(path.read_bytes())
    at = content.rindex(old)
    content[at : at + len(old)] = new
    path.write_bytes(content)
    return path


def loudness_db(path: Path, index: int = 0) -> float:
    ffmpeg = tree_program(TRIXIE, "ffmpeg")
    argv = (ffmpeg, "-hide_banner", "-i", path, "-map", f"0:a:{index}", "-af", "volumedetect", "-f", "null", "-")
    said = subprocess.run(list(map(str, argv)), capture_output=True, text=True, check=True).stderr
    return float(said.split("mean_volume: ")[1].split()[0])


# --- right outputs are not doubted -----------------------------------------------------------------------------------


def test_sound_that_begins_late_and_runs_on(kit: Tools, tmp_path: Path) -> None:
    """Body-cams with a pre-event buffer: the picture begins before the sound does."""
    clip = made(tmp_path / "a.mp4", *picture(2), "-itsoffset", "1", *sound(2), *X264)
    assert encoded(kit, clip).doubts == ()
    video, audio = streams(tmp_path / "a.mp4.part")
    assert float(str(video["start_time"])) == pytest.approx(0, abs=0.05)
    assert float(str(audio["start_time"])) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("seconds", [8, 9, 11])
def test_blocks_of_sound_are_rounded_up(kit: Tools, tmp_path: Path, seconds: int) -> None:
    """A cheap AVI camera: ADPCM comes in blocks longer than a frame."""
    codecs = ("-c:v", "mjpeg", "-q:v", "5", "-pix_fmt", "yuvj420p", "-c:a", "adpcm_ima_wav")
    clip = made(tmp_path / "a.avi", *picture(seconds, 10), *sound(seconds), "-ar", "8000", "-ac", "1", *codecs)
    assert encoded(kit, clip).doubts == ()


def test_a_picture_that_ends_before_its_sound(kit: Tools, tmp_path: Path) -> None:
    """All frames that there are, are there."""
    assert encoded(kit, made(tmp_path / "a.mp4", *picture(1), *sound(3), *X264)).doubts == ()


def test_a_frame_that_is_held(kit: Tools, tmp_path: Path) -> None:
    """A still scene: one frame may last for seconds."""
    slow = ("-vf", "settb=1/90000,setpts='N*3000+if(gt(N,20),(N-20)*90000,0)'", "-fps_mode", "passthrough")
    clip = made(tmp_path / "a.mp4", *picture(1), *slow, "-enc_time_base", "1:90000", *X264, "-bf", "0")
    assert encoded(kit, clip).doubts == ()


@pytest.mark.parametrize("suffix", ["mkv", "mov", "avi", "ts"])
def test_containers(kit: Tools, tmp_path: Path, suffix: str) -> None:
    """The counts of each are read as that container means them."""
    assert encoded(kit, made(tmp_path / f"a.{suffix}", *picture(1), *sound(1), *X264, "-c:a", "aac")).doubts == ()


def test_zeros_behind_the_last_part_say_nothing(kit: Tools, tmp_path: Path) -> None:
    """Cards that reserve their room leave them."""
    clip = made(tmp_path / "a.mp4", *picture(1), *X264)
    with clip.open("ab") as file:
        file.write(bytes(100_000))
    assert encoded(kit, clip).doubts == ()


# --- frames ----------------------------------------------------------------------------------------------------------


def test_no_frame_is_dropped(kit: Tools, tmp_path: Path) -> None:
    """TRAP: bursts of frames that stand close together; ffmpeg's default rate control drops some, and exits with 0."""
    times = "settb=1/90000,setpts='N*3000+if(gt(N,60)*between(mod(N,190),180,185),(185-mod(N,190))*2900,0)'"
    timing = ("-vf", times, "-fps_mode", "passthrough", "-enc_time_base", "1:90000", "-video_track_timescale", "90000")
    clip = made(tmp_path / "a.mp4", *picture(20, 30), *timing, *X264, "-bf", "0")
    assert encoded(kit, clip).doubts == ()
    assert streams(tmp_path / "a.mp4.part")[0]["nb_frames"] == "600"


def test_an_edit_list_that_hides_footage_is_noticed(kit: Tools, tmp_path: Path) -> None:
    """What a player does not show is in the file all the same."""
    whole = made(tmp_path / "whole.mp4", *picture(4), *X264, "-g", "50", "-bf", "0")
    clip = made(tmp_path / "a.mp4", "-ss", "1", "-i", str(whole), "-c", "copy")
    assert any("edit list" in doubt for doubt in encoded(kit, clip).doubts)


def test_an_appended_file_is_noticed(kit: Tools, tmp_path: Path) -> None:
    """Of two files in one only the first is read."""
    for suffix in ("mp4", "avi", "mkv"):
        clip = made(tmp_path / f"a.{suffix}", *picture(1), *X264)
        clip.write_bytes(clip.read_bytes() * 2)
        assert any("another file is appended" in doubt for doubt in encoded(kit, clip).doubts), suffix


@pytest.mark.parametrize("gop", ["12", "250"])
def test_a_fragmented_clip_that_was_cut_by_a_power_loss(kit: Tools, tmp_path: Path, gop: str) -> None:
    """What is there is kept, and the clip is in doubt, whatever the distance of its key frames."""
    fragments = ("-g", gop, "-movflags", "frag_keyframe+empty_moov+default_base_moof", "-frag_duration", "500000")
    clip = made(tmp_path / "a.mp4", *picture(5), *sound(5), *X264, *fragments)
    content = clip.read_bytes()
    clip.write_bytes(content[: len(content) * 7 // 10])
    assert any("it is cut" in doubt for doubt in encoded(kit, clip).doubts)


@pytest.mark.parametrize("suffix", ["avi", "mkv"])
def test_other_containers_that_were_cut(kit: Tools, tmp_path: Path, suffix: str) -> None:
    """The same for each container that says how long it is."""
    clip = made(tmp_path / f"a.{suffix}", *picture(4), *X264, "-g", "12")
    content = clip.read_bytes()
    clip.write_bytes(content[: len(content) * 7 // 10])
    assert encoded(kit, clip).doubts


def test_an_output_that_cannot_be_decoded_is_no_output(tmp_path: Path) -> None:
    """TRAP: an encoder that ends well, and a disk that loses what it wrote: the length is right all the same."""
    kit = tools("9.0")
    wrapper = tmp_path / "ffmpeg"
    wrapper.write_text(
        f"""#!/bin/sh
{kit.encoder.ffmpeg} "$@" || exit $?
for last; do :; done
case "$last" in file:*.part) {shutil.which("python3")} - "${{last#file:}}" <<'END'
import sys
content = bytearray(open(sys.argv[1], "rb").read())
begin = content.index(b"mdat") + 4
size = int.from_bytes(content[begin - 8 : begin - 4], "big") - 8
content[begin + size * 4 // 10 : begin + size] = bytes(size - size * 4 // 10)
open(sys.argv[1], "wb").write(content)
END
esac
"""
    )
    wrapper.chmod(0o755)
    make_clip(tmp_path / "a.mp4", seconds=2)
    encoder = FfmpegEncoder(PurePath(wrapper), "9.0", kit.probe, CANCEL)
    with pytest.raises(MediaError, match=r"output is unusable: \d+ of 50 frames can be decoded"):
        encoded(attrs.evolve(kit, encoder=encoder), tmp_path / "a.mp4")


# --- streams ---------------------------------------------------------------------------------------------------------


def test_every_sound_is_kept(kit: Tools, tmp_path: Path) -> None:
    """The second microphone, too."""
    maps = ("-map", "0", "-map", "1", "-map", "2")
    clip = made(tmp_path / "a.mp4", *picture(1), *sound(1), *sound(1, 880), *maps, *X264, "-c:a", "aac")
    assert encoded(kit, clip).doubts == ()
    kinds = [(s["codec_name"], s.get("channels"), s.get("sample_rate")) for s in streams(tmp_path / "a.mp4.part")]
    assert kinds[1:] == [("opus", 1, "48000")] * 2 or kinds[1:] == [("opus", 1, "24000")] * 2
    assert loudness_db(tmp_path / "a.mp4.part", 1) == pytest.approx(loudness_db(clip, 1), abs=2)


def test_a_mix_that_cancels_itself_out(kit: Tools, tmp_path: Path) -> None:
    """TRAP: two microphones of opposite phase; their mono mix is silence, and nothing says so."""
    clip = made(tmp_path / "a.mp4", *picture(1), *sound(1), "-af", "pan=stereo|c0=c0|c1=-1*c0", *X264, "-c:a", "aac")
    assert encoded(kit, clip).doubts == ()
    assert loudness_db(tmp_path / "a.mp4.part") == pytest.approx(loudness_db(clip), abs=3)


QUAD = "0|0|0.5*sin(440*2*PI*t)|-0.5*sin(440*2*PI*t)"
LFE = "0|0|0|0.5*sin(440*2*PI*t)|0|0"
TURNED = "0.5*sin(440*2*PI*t)|if(lt(t,2),0.5,-0.5)*sin(440*2*PI*t)"


@pytest.mark.parametrize(
    ("wave", "layout"),
    [(QUAD, "quad"), (LFE, "5.1"), (TURNED, "stereo")],
    ids=["quad", "lfe", "turned"],
)
@pytest.mark.parametrize("suffix", ["mkv", "mov"])
def test_channels_that_a_mix_loses(kit: Tools, tmp_path: Path, wave: str, layout: str, suffix: str) -> None:
    """TRAP: microphones on channels 3 and 4, low frequencies alone, a phase that turns: "proven", and silent."""
    source = ("-f", "lavfi", "-i", f"aevalsrc='{wave}':d=4:c={layout}")
    clip = made(
        tmp_path / f"a.{suffix}", *picture(4, 10), *source, *X264, "-c:a", "flac" if suffix == "mkv" else "pcm_s16le"
    )
    assert encoded(kit, clip).doubts == ()
    for start in ("0.2", "2.2"):
        end = made(tmp_path / "end.wav", "-ss", start, "-i", str(tmp_path / f"a.{suffix}.part"), "-t", "1.5", "-vn")
        assert loudness_db(end) > -15


def test_sounds_of_which_no_mix_has_everything(kit: Tools, tmp_path: Path) -> None:
    """Two microphones that are heard by turns, and then cancel one another out: the original stays."""
    left = "if(lt(t,2)+gt(t,4),0.5,0.001)*sin(440*2*PI*t)"
    right = "if(lt(t,2),0.001,0.5)*sin(440*2*PI*t)*if(gt(t,4),-1,1)"
    source = ("-f", "lavfi", "-i", f"aevalsrc='{left}|{right}':d=6:c=stereo")
    clip = made(tmp_path / "a.mkv", *picture(6, 10), *source, *X264, "-c:a", "flac")
    (doubt,) = encoded(kit, clip).doubts
    assert doubt == "2.0 s of audio stream 1 (flac) have sound in channels that are not in its mix"


def test_a_good_mix_stays_a_mix(kit: Tools, tmp_path: Path) -> None:
    """Two microphones of which one is silent: both are heard."""
    clip = made(tmp_path / "a.mp4", *picture(1), *sound(1), "-af", "pan=stereo|c0=c0|c1=0*c0", *X264, "-c:a", "aac")
    assert encoded(kit, clip).doubts == ()
    assert loudness_db(tmp_path / "a.mp4.part") > -40


def test_a_first_sound_without_decoder(kit: Tools, tmp_path: Path) -> None:
    """Optional parts never decide about the picture: it is kept, with the other sound, and the clip is in doubt."""
    maps = ("-map", "0", "-map", "1", "-map", "2", "-c:a:0", "pcm_s16le", "-c:a:1", "aac")
    clip = patched(made(tmp_path / "a.mov", *picture(1), *sound(1), *sound(1, 880), *maps, *X264), b"sowt", b"apac")
    (doubt,) = encoded(kit, clip).doubts
    assert doubt.startswith("audio stream 1 (apac) is left out: there is no decoder") or "apple_apac" in doubt
    assert [stream["codec_name"] for stream in streams(tmp_path / "a.mov.part")] == ["av1", "opus"]


def subtitled(path: Path) -> Path:
    text = path.with_suffix(".srt")
    text.write_text("".join(f"{i}\n00:00:0{i},000 --> 00:00:0{i},400\nlat 48.{i}\n\n" for i in range(3)))
    return made(path, *picture(3), "-i", str(text), "-map", "0", "-map", "1", *X264, "-c:s", "mov_text")


def test_subtitles_are_kept(kit: Tools, tmp_path: Path) -> None:
    """Drones write their telemetry as subtitles."""
    clip = subtitled(tmp_path / "a.mp4")
    assert encoded(kit, clip).doubts == ()
    found = streams(tmp_path / "a.mp4.part")[1]
    assert found["codec_name"] == "mov_text"
    assert (tmp_path / "a.mp4.part").read_bytes().count(b"lat 48.") == 3


def test_telemetry_is_kept(kit: Tools, tmp_path: Path) -> None:
    """GoPro's track, byte for byte."""
    clip = patched(subtitled(tmp_path / "a.mp4"), b"tx3g", b"gpmd")
    assert encoded(kit, clip).doubts == ()
    assert streams(tmp_path / "a.mp4.part")[1]["codec_tag_string"] == "gpmd"
    assert (tmp_path / "a.mp4.part").read_bytes().count(b"lat 48.") == 3


def test_a_data_track_that_mp4_cannot_hold_is_a_doubt(kit: Tools, tmp_path: Path) -> None:
    """It is named, beforehand by the probe and afterwards by the encoder, and the original stays."""
    clip = patched(subtitled(tmp_path / "a.mp4"), b"tx3g", b"camm")
    (doubt,) = encoded(kit, clip).doubts
    assert "stream 1" in doubt
    assert "is left out: MP4 cannot hold it" in doubt
    assert len(kit.probe.probe(PurePath(clip)).unkept) == 1


def test_chapters_and_time_code_are_kept(kit: Tools, tmp_path: Path) -> None:
    """The muxer writes both again."""
    chapters = tmp_path / "c.txt"
    parts = "".join(f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={i}000\nEND={i + 1}000\ntitle=part {i}\n" for i in range(2))
    chapters.write_text(";FFMETADATA1\n" + parts)
    inputs = (*picture(2), "-i", str(chapters), "-map", "0", "-map_chapters", "1", "-timecode", "01:02:03:04")
    clip = made(tmp_path / "a.mp4", *inputs, *X264)
    assert encoded(kit, clip).doubts == ()
    assert kit.probe.probe(PurePath(clip)).unkept == ()
    out = tmp_path / "a.mp4.part"
    assert {stream["codec_tag_string"] for stream in streams(out)} == {"av01", "text", "tmcd"}
    assert out.read_bytes().count(b"part 1") >= 1


def test_what_a_camera_wrote_of_itself_is_kept(kit: Tools, tmp_path: Path) -> None:
    """QuickTime keys: make, model and the time with its zone; and the place."""
    keys = {
        "com.apple.quicktime.make": "Axon",
        "com.apple.quicktime.model": "Body 3",
        "com.apple.quicktime.creationdate": "2024-01-08T11:12:13+0100",
        "com.apple.quicktime.location.ISO6709": "+48.1-011.5/",
    }
    tags = [word for key, value in keys.items() for word in ("-metadata", f"{key}={value}")]
    clip = made(tmp_path / "a.mov", *picture(1), *X264, "-movflags", "use_metadata_tags", *tags)
    assert encoded(kit, clip).doubts == ()
    found = described(tmp_path / "a.mov.part")["format"]
    assert isinstance(found, dict)
    kept = found["tags"]
    assert isinstance(kept, dict)
    assert {key: kept[key] for key in keys} == keys


# --- the file itself -------------------------------------------------------------------------------------------------


def test_time_and_mode_of_the_file(kit: Tools, tmp_path: Path) -> None:
    """For TS and AVI the file's time is the only date; evidence that only its owner could read stays so."""
    clip = made(tmp_path / "a.avi", *picture(1), *X264)
    os.utime(clip, ns=(1_704_700_000_123_456_789, 1_704_700_000_123_456_789))
    clip.chmod(0o600)
    encoded(kit, clip)
    found = (tmp_path / "a.avi.part").stat()
    assert found.st_mtime_ns == 1_704_700_000_123_456_789
    assert stat.S_IMODE(found.st_mode) == 0o600


# --- bytes that nobody read -----------------------------------------------------------------------------------------


def boxes(path: Path) -> dict[bytes, bytes]:
    content, found, at = path.read_bytes(), {}, 0
    while at < len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        found[content[at + 4 : at + 8]] = content[at : at + length]
        at += length
    return found


def test_frames_that_no_table_names_are_noticed(kit: Tools, tmp_path: Path) -> None:
    """A recorder that lost power after it wrote its tables for the last time: 4 of 6 s were gone, and "proven"."""
    early = boxes(made(tmp_path / "1.mp4", *picture(2), *X264, "-movflags", "+faststart"))
    late = boxes(made(tmp_path / "2.mp4", *picture(4), *X264))
    footage = early[b"mdat"][8:] + late[b"mdat"][8:]
    size = (8 + len(footage)).to_bytes(4, "big")
    clip = tmp_path / "a.mp4"
    clip.write_bytes(early[b"ftyp"] + early[b"moov"] + early[b"free"] + size + b"mdat" + footage)
    (doubt,) = encoded(kit, clip).doubts
    assert doubt == f"only {len(early[b'mdat']) - 8:,} of the {len(footage):,} bytes of footage in it were read"


def test_an_index_that_ends_early_is_noticed(kit: Tools, tmp_path: Path) -> None:
    """An AVI is read by its index, whatever else is in it."""
    clip = made(tmp_path / "a.avi", *picture(4), "-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj420p")
    content = clip.read_bytes()
    at = content.rindex(b"idx1")
    half = int.from_bytes(content[at + 4 : at + 8], "little") // 32 * 16
    short = bytearray(content[:at] + b"idx1" + half.to_bytes(4, "little") + content[at + 8 : at + 8 + half])
    short[4:8] = (len(short) - 8).to_bytes(4, "little")
    clip.write_bytes(short)
    result = encoded(kit, clip)
    (stream,) = streams(tmp_path / "a.avi.part")
    assert stream["nb_frames"] == "100" or any("bytes of footage in it were read" in doubt for doubt in result.doubts)


def test_a_second_flv_is_noticed(kit: Tools, tmp_path: Path) -> None:
    """Players stop at its header."""
    first, second = (made(tmp_path / f"{n}.flv", *picture(n), *X264).read_bytes() for n in (1, 2))
    clip = tmp_path / "a.flv"
    clip.write_bytes(first)
    assert encoded(kit, clip).doubts == ()
    clip.write_bytes(first + second)
    words = f"another file is appended to it at byte {len(first):,}, of which nothing is read"
    assert words in encoded(kit, clip).doubts
    assert words in kit.probe.probe(PurePath(clip)).unkept


def test_a_second_wmv_is_noticed(kit: Tools, tmp_path: Path) -> None:
    """Of a container that is not looked into, most of the bytes must have been read."""
    first, second = (made(tmp_path / f"{n}.wmv", *picture(n), "-c:v", "wmv2", "-q:v", "2").read_bytes() for n in (1, 3))
    clip = tmp_path / "a.wmv"
    clip.write_bytes(first)
    assert encoded(kit, clip).doubts == ()
    clip.write_bytes(first + second)
    assert any("bytes of footage in it were read" in doubt for doubt in encoded(kit, clip).doubts)


@pytest.mark.parametrize("kind", ["free", "skip", "gps0", "uuid"])
def test_what_a_recorder_wrote_beside_the_footage_is_noticed(kit: Tools, tmp_path: Path, kind: str) -> None:
    """Dashcams keep their positions in boxes that no demuxer reads; fillings, and who wrote them, say nothing."""
    clip = made(tmp_path / "a.mp4", *picture(1), *X264)
    content = clip.read_bytes()

    def with_box(kind: str, body: bytes) -> EncodedFile:
        clip.write_bytes(content + (8 + len(body)).to_bytes(4, "big") + kind.encode() + body)
        return encoded(kit, clip)

    (doubt,) = with_box(kind, b"freeGPS " + b"52.5,13.4,2026-01-01 " * 50).doubts
    where = f"1,066 bytes of it at byte {len(content):,}"
    assert doubt == f"{where} are neither footage nor tables, and are not read (box {kind})"
    assert doubt in kit.probe.probe(PurePath(clip)).unkept
    assert structure_doubts(PurePath(clip)) == (doubt,)
    clip.write_bytes(content)
    for name, body in (("free", b"IsoMedia File Produced with GPAC"), (kind, bytes(3_000_000)), (kind, b"")):
        clip.write_bytes(content + (8 + len(body)).to_bytes(4, "big") + name.encode() + body)
        assert structure_doubts(PurePath(clip)) == ()


@pytest.mark.parametrize("suffix", ["ts", "m2ts"])
def test_a_sound_that_is_there_only_in_the_middle_is_noticed(kit: Tools, tmp_path: Path, suffix: str) -> None:
    """Streams are looked at the beginning; one that comes later is not in the output."""
    form = ("-f", "mpegts", "-mpegts_m2ts_mode", str(int(suffix == "m2ts")))
    size = "320x240"
    parts = (
        (*picture(6, size=size), *X264),
        (*picture(2, size=size), *sound(2), *X264, "-c:a", "aac", "-output_ts_offset", "6"),
        (*picture(1, size=size), *X264, "-output_ts_offset", "8"),
    )
    clip = tmp_path / f"a.{suffix}"
    clip.write_bytes(b"".join(made(tmp_path / f"{n}", *part, *form).read_bytes() for n, part in enumerate(parts)))
    kinds = {stream["codec_type"] for stream in streams(clip)}
    (doubt,) = encoded(kit, clip).doubts
    assert kinds == {"video"}
    assert doubt.startswith("a stream in it was not noticed, and is not in the output (PID 0x")


@pytest.mark.parametrize("suffix", ["mkv", "mov", "avi", "ts", "m2ts", "flv", "mpg", "wmv", "3gp"])
def test_of_whole_files_everything_is_read(kit: Tools, tmp_path: Path, suffix: str) -> None:
    """With many small packets, as an hour of a still night has them."""
    codecs = {"mpg": ("-c:v", "mpeg2video", "-c:a", "mp2"), "wmv": ("-c:v", "wmv2", "-c:a", "wmav2")}
    still = ("-f", "lavfi", "-i", "color=size=160x90:rate=25:duration=20")
    words = codecs.get(suffix, (*X264[:4], "-pix_fmt", "yuv420p", "-c:a", "aac"))
    assert encoded(kit, made(tmp_path / f"a.{suffix}", *still, *sound(20), *words)).doubts == ()


# --- changes within a clip -------------------------------------------------------------------------------------------


def changing(path: Path, *parts: tuple[str, ...]) -> Path:
    pieces = [made(path.with_name(f"{n}.ts"), *part, "-f", "mpegts").read_bytes() for n, part in enumerate(parts)]
    path.write_bytes(b"".join(pieces))
    return path


def test_a_change_of_the_pictures_size_is_noticed(kit: Tools, tmp_path: Path) -> None:
    """Everything gets the size of the first frame: a clip that began at a quarter of the size lost the rest."""
    second = (*picture(1, size="640x480"), *X264, "-output_ts_offset", "1")
    clip = changing(tmp_path / "a.ts", (*picture(1, size="160x120"), *X264), second)
    (doubt,) = encoded(kit, clip).doubts
    assert doubt == "video stream 0 (h264) changes from 160x120 to 640x480; all of it is encoded as 160x120"


def test_a_change_of_the_channels_is_noticed(kit: Tools, tmp_path: Path) -> None:
    """A microphone that is plugged in."""

    def part(channels: int, at: int) -> tuple[str, ...]:
        codecs = (*X264, "-c:a", "mp2", "-ac", str(channels))
        return (*picture(1), *sound(1), *codecs, "-output_ts_offset", str(at))

    clip = changing(tmp_path / "a.ts", part(1, 0), part(2, 1))
    assert "audio stream 1 (mp2) changes from mono to stereo; all of it is encoded as mono" in encoded(kit, clip).doubts


@pytest.mark.parametrize("codec", ["pcm_s16le", "pcm_mulaw", "adpcm_ima_qt", "alac"])
def test_sounds_whose_samples_are_counted(kit: Tools, tmp_path: Path, codec: str) -> None:
    """TRAP: "only 173 of 176,400 packets" were samples, and each such MOV kept its original for ever."""
    clip = made(tmp_path / "a.mov", *picture(4), *sound(4), *X264, "-c:a", codec, "-ac", "2")
    assert encoded(kit, clip).doubts == ()


def test_samples_that_an_edit_list_hides_are_noticed(kit: Tools, tmp_path: Path) -> None:
    """The tables promise more than is read."""
    whole = made(tmp_path / "whole.mov", *picture(4), *sound(4), *X264, "-bf", "0", "-g", "25", "-c:a", "pcm_s16le")
    clip = made(tmp_path / "a.mov", "-ss", "1.5", "-i", str(whole), "-c", "copy")
    assert any("edit list" in doubt or "bytes of footage" in doubt for doubt in encoded(kit, clip).doubts)


# --- what cannot be encoded ------------------------------------------------------------------------------------------


def test_the_first_words_name_the_cause(kit: Tools, tmp_path: Path) -> None:
    """TRAP: ffmpeg's last words are "Terminating thread"; its first say that the matrix is tagged wrong."""
    clip = made(tmp_path / "a.mp4", *picture(1), *X264, "-bsf:v", "h264_metadata=matrix_coefficients=0")
    with pytest.raises(ToolError, match=r"\): (Instance 1: )?Identity matrix \(matrix_coefficient = 0\) may be used"):
        encoded(kit, clip)


def test_a_picture_that_is_too_small(kit: Tools, tmp_path: Path) -> None:
    """SVT-AV1 refuses by size."""
    clip = made(tmp_path / "a.mkv", *picture(1, size="16x16"), "-c:v", "ffv1")
    with pytest.raises(ToolError):
        encoded(kit, clip)


def test_tags_in_any_encoding_stop_no_footage(kit: Tools, tmp_path: Path) -> None:
    """A title in Latin-1, as cameras write it."""
    for suffix in ("avi", "mkv"):
        clip = made(tmp_path / f"a.{suffix}", *picture(1), *X264, "-metadata", "title=Gaerten XX")
        content = clip.read_bytes()
        assert b"Gaerten XX" in content
        clip.write_bytes(content.replace(b"Gaerten XX", "Gärten ÜÖß".encode("latin-1")))
        assert kit.probe.probe(PurePath(clip)).has_video
        assert encoded(kit, clip).size_bytes > 0


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.thm", "log.txt", "a.gif"])
def test_photos_and_texts_are_no_clips(kit: Tools, tmp_path: Path, name: str) -> None:
    """TRAP: for ffmpeg each of them is a video of some frames."""
    path = tmp_path / name
    if name.endswith("txt"):
        path.write_text("2024-01-08 11:12:13 recording started\n" * 30)
    else:
        codec = {"a.png": "png", "a.gif": "gif"}.get(name, "mjpeg")
        form = ("-f", "gif") if codec == "gif" else ("-f", "image2", "-update", "1")
        made(path, *picture(1), "-frames:v", "1", "-c:v", codec, *form)
    with pytest.raises(MediaError):
        kit.probe.probe(PurePath(path))


@given(
    st.sampled_from([b"", b"\0\0\0\x08free", b"RIFF\xff\xff\0\0AVI LIST\x20\0\0\0movi", b"FLV\1\5\0\0\0\x09\0\0\0\0"]),
    st.binary(max_size=100),
    st.integers(1, 20),
)
def test_structure_of_any_bytes(tmp_path_factory: pytest.TempPathFactory, head: bytes, body: bytes, times: int) -> None:
    """No file is so damaged that looking at it fails."""
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(head + body * times)
    said = structure_doubts(PurePath(path))
    assert len(set(said)) == len(said)
    assert payload_of(PurePath(path)).size_bytes <= path.stat().st_size


def test_a_transport_stream_of_tables_has_no_streams(tmp_path: Path) -> None:
    """Tables begin otherwise than streams; a packet that is only an adaptation field begins nothing."""
    table = b"\x47\x40\x00\x10\0\0" + bytes(182)
    begun = b"\x47\x41\x23\x30\x01\0\0\0\1\xe0" + bytes(178)
    empty = b"\x47\x41\x24\x20" + bytes(184)
    (tmp_path / "a").write_bytes(table * 5 + empty * 3 + begun + table)
    assert payload_of(PurePath(tmp_path / "a")).stream_ids == {0x123}


FLV_TAG = b"\x09\0\0\5" + bytes(7) + b"abcde" + (16).to_bytes(4, "big")


def test_structure_of_odd_files(tmp_path: Path) -> None:
    """Whatever the bytes, a sentence or nothing."""
    contents = {
        b"": (),
        b"\x47" + bytes(187): (),
        b"FLV\1\5\0\0\0\x09\0\0\0\0" + FLV_TAG: (),
        b"FLV\1\5\0\0\0\x09\0\0\0\0" + FLV_TAG + bytes(50): (),
        b"FLV\1\5\0\0\0\x09\0\0\0\0" + FLV_TAG + b"rubbish": (
            "7 bytes at its end are no part of it, and are not read",
        ),
        b"FLV\1\5\0\0\0\x09\0\0\0\0" + FLV_TAG[:13]: ("it is cut: 7 bytes are missing at its end",),
        b"\0\0\0\x08free" + b"\0\0\0\x01mdat" + (24).to_bytes(8, "big") + bytes(8): (),
        b"\0\0\0\x08free\0\0\0\0mdat" + bytes(50): (),
        b"\0\0\0\x08freerubbish": ("7 bytes at its end are no part of it, and are not read",),
        b"\0\0\0\x08free\0\0\0\x50mdat" + bytes(8): ("it is cut: 64 bytes are missing at its end",),
        b"RIFF\0\0\0\0AVI ": ("it was never finished: its header does not say how long it is",),
        b"RIFF\x04\0\0\0AVI rubbish too": ("11 bytes at its end are no part of it, and are not read",),
        b"\x1a\x45\xdf\xa3": (),
        b"\x1a\x45\xdf\xa3\x81\0nothing": (),
        b"\x1a\x45\xdf\xa3\x81\0\x18\x53\x80\x67\xff": (),
        b"\x1a\x45\xdf\xa3\x81\0\x18\x53\x80\x67\x82ab": (),
        b"\x1a\x45\xdf\xa3\x81\0\x18\x53\x80\x67\x82abrubbish": (
            "7 bytes at its end are no part of it, and are not read",
        ),
    }
    for content, doubts in contents.items():
        (tmp_path / "a").write_bytes(content)
        assert structure_doubts(PurePath(tmp_path / "a")) == doubts, content
