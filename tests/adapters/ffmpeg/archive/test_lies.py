"""Programs that lie: each says and exits as if all were well. No archive comes of it, or the next encoder makes it."""

import shlex
import threading
import time
from pathlib import Path, PurePath

import attrs
import pytest

from camvault.adapters.ffmpeg import FfmpegArchiver, choose_encoders
from camvault.adapters.ffmpeg.archive.argv import PictureEncoder
from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.system import EventCancellation
from camvault.ports.archiving import ArchiveCodec, ArchiveMade, ArchiveSettings
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import CamvaultError, Cancelled, MediaError, MissingToolError, ToolError
from tests.adapters.ffmpeg.tools import archiver, make_clip

CANCEL = MemoryCancellation()
QSV = PictureEncoder(ArchiveCodec.QSV, "/dev/dri/renderD128")
VAAPI = PictureEncoder(ArchiveCodec.VAAPI, "/dev/dri/renderD128")
X264 = PictureEncoder(ArchiveCodec.X264)

AGAIN = '"$real" -v error -nostdin -y -i "$made" {words} -f mp4 "$target"'
PICTURE = "-c:a copy -c:v libx264 -pix_fmt yuv420p -vf {filters}"


def again(words: str) -> str:
    """Make the target of what was really made."""
    return f'mv "$target" "$made"; {AGAIN.format(words=words)}; rm "$made"'


def other_picture(filters: str) -> str:
    return again(PICTURE.format(filters=shlex.quote(filters)))


LIES = {
    "short": again("-t 0.5 -c copy"),
    "empty": ': > "$target"',
    "nothing": 'rm "$target"',
    "garbage": 'head -c 30000 /dev/zero | tr "\\0" x > "$target"',
    "truncated": 'mv "$target" "$made"; head -c 9000 "$made" > "$target"; rm "$made"',
    "sound only": again("-vn -c copy"),
    "picture only": again("-an -c copy"),
    "half of the sound": again("-map 0:v -c:v copy -map 0:a -af atrim=end=0.5 -c:a aac"),
    "a frame less": again("-frames:v 24 -c copy"),
    "frozen": other_picture("select=eq(n\\,0),loop=loop=-1:size=1,setpts=N/25/TB,trim=end_frame=25"),
    "green": other_picture("lutyuv=y=0:u=0:v=0"),
    "a green bar": other_picture("drawbox=y=ih-8:h=8:w=iw:color=0x008700:t=fill"),
    "torn": other_picture("split[a][b];[b]crop=iw:ih/2:0:ih/2,scroll=hpos=0.2[c];[a][c]overlay=0:H/2"),
    "shifted": other_picture("scroll=vpos=0.1"),
    "late": other_picture("tpad=start=6:start_mode=clone,setpts=N/25/TB,trim=end_frame=25"),
    "grey": other_picture("lutyuv=u=128:v=128"),
    "squeezed": other_picture("scale=160:240,setsar=1"),
    "small": other_picture("scale=160:120"),
    "wide pixels": other_picture("setsar=2"),
}
FOR_A_MOMENT = other_picture("drawbox=w=iw:h=ih:t=fill:color=0x008700:enable=between(n\\,8\\,10)")
"""Green between the places of the close looks."""

LOSSES = {
    "silent": (again("-map_metadata 0 -c:v copy -af volume=0 -c:a aac"), "much fainter or louder"),
    "late": (again("-map_metadata 0 -c:v copy -af adelay=2000,atrim=end=3 -c:a aac"), "much fainter or louder"),
    "without its date": (again("-map_metadata -1 -c copy"), "tags of it are not in the output: creation_time"),
}

STAND_IN = """#!/bin/sh
real={real}
echo "$*" >> {log}
source= ; before=
for last; do [ "$before" = -i ] && source=$last; before=$last; done
target=${{last#file:}}
made=$target.made
talk="-hide_banner -nostdin -loglevel level+verbose -nostats -progress pipe:1 -y"
case "$*" in
*-encoders)
    echo " ------"
    for name in aac libx264 h264_qsv h264_vaapi h264_nvenc h264_v4l2m2m; do echo " V $name x"; done
    exit 0 ;;
*h264_qsv*) {qsv} ;;
*h264_vaapi*) {vaapi} ;;
*" -f null -") exec "$real" "$@" ;;
*-progress*) {x264} ;;
*) exec "$real" "$@" ;;
esac
exit 0
"""
"""Every run but an encode is a real one, so that nobody but the file can tell."""

HONEST = '"$real" "$@" || exit $?'
BY_X264 = '"$real" $talk -i "$source" -map 0 -c:v libx264 -crf 26 -c:a aac -ac 1 -ar 24000 -f mp4 "$target"'
DIES = 'echo "[error] No device" >&2; exit 1'


@attrs.frozen
class Liar:
    """A stand-in for ffmpeg, and what it was asked."""

    folder: Path

    def archiver(
        self, *encoders: PictureEncoder, qsv: str = DIES, vaapi: str = DIES, x264: str = HONEST
    ) -> FfmpegArchiver:
        honest = archiver("9.0")
        program, real = self.folder / "ffmpeg", shlex.quote(str(honest.ffmpeg))
        log = shlex.quote(str(self.folder / "log"))
        program.write_text(STAND_IN.format(real=real, log=log, qsv=qsv, vaapi=vaapi, x264=x264))
        program.chmod(0o755)
        return attrs.evolve(honest, ffmpeg=PurePath(program), encoders=encoders, why="")

    def calls(self, word: str) -> int:
        return sum(word in line for line in (self.folder / "log").read_text().splitlines())


@pytest.fixture
def liar(tmp_path: Path) -> Liar:
    return Liar(tmp_path)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> PurePath:
    path = tmp_path_factory.mktemp("clips") / "a.mp4"
    make_clip(path, size="320x240")
    return PurePath(path)


def archived(kit: FfmpegArchiver, clip: PurePath, folder: Path, cancel: Cancellation = CANCEL) -> ArchiveMade:
    target = PurePath(folder / "a.part")
    return kit.archive(clip, target=target, settings=ArchiveSettings(), on_seconds=lambda _: None, cancel=cancel)


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_no_archive(liar: Liar, clip: PurePath, tmp_path: Path, lie: str) -> None:
    """Whatever the last encoder says: the file is looked at."""
    kit = liar.archiver(X264, x264=f"{HONEST}; {LIES[lie]}")
    with pytest.raises(CamvaultError) as caught:
        archived(kit, clip, tmp_path)
    assert isinstance(caught.value, MediaError)
    assert "no encoder made an archive that holds all of it: libx264: " in str(caught.value)


@pytest.mark.parametrize("loss", LOSSES)
def test_what_no_encoder_can_do_better_is_a_doubt(liar: Liar, tmp_path: Path, loss: str) -> None:
    """The archive is there, and the clip stays."""
    dated = PurePath(tmp_path / "dated.mp4")
    make_clip(dated, seconds=3, more=("-metadata", "creation_time=2025-07-18T10:15:00Z"))
    lie, words = LOSSES[loss]
    (doubt,) = archived(liar.archiver(X264, x264=f"{HONEST}; {lie}"), dated, tmp_path).doubts
    assert words in doubt


def test_hardware_is_looked_at_all_the_time(liar: Liar, clip: PurePath, tmp_path: Path) -> None:
    """TRAP: three green frames, and none of them at a place that was looked at."""
    kit = liar.archiver(QSV, X264, qsv=f"{BY_X264}; {FOR_A_MOMENT}")
    assert archived(kit, clip, tmp_path).encoder == "libx264"
    assert "h264_qsv: at 0.3 s a part of its picture is another one" in kit.name


def test_the_stand_in_itself_is_no_lie(liar: Liar, clip: PurePath, tmp_path: Path) -> None:
    """What is refused above is refused for its file."""
    assert archived(liar.archiver(X264), clip, tmp_path).doubts == ()
    assert archived(liar.archiver(X264, x264=f"{HONEST}; {again('-c copy')}"), clip, tmp_path).doubts == ()


def test_one_that_is_killed(liar: Liar, clip: PurePath, tmp_path: Path) -> None:
    """And whose parent says that all is well: it has not said what became of the streams."""
    killed = '"$real" "$@" & sleep 0.05; kill -9 $!; wait'
    with pytest.raises(MediaError, match="the encoder did not say what became of video stream 0"):
        archived(liar.archiver(X264, x264=killed), clip, tmp_path)


def test_one_that_is_killed_openly(liar: Liar, clip: PurePath, tmp_path: Path) -> None:
    """By the kernel, for its memory: the clip is not to blame."""
    with pytest.raises(ToolError):
        archived(liar.archiver(X264, x264="kill -9 $$"), clip, tmp_path)


@pytest.mark.parametrize("lie", ["green", "frozen", "torn", "truncated"])
def test_the_next_encoder_is_tried_and_the_first_never_again(
    liar: Liar, clip: PurePath, tmp_path: Path, lie: str
) -> None:
    """A wrong picture of hardware, which ends well; the second hardware only fails, and may do the next clip."""
    kit = liar.archiver(QSV, VAAPI, X264, qsv=f"{BY_X264}; {LIES[lie]}")
    assert archived(kit, clip, tmp_path).encoder == "libx264"
    assert kit.name.startswith("ffmpeg ")
    assert ", h264_vaapi (" in kit.name
    assert "h264_qsv: " in kit.name
    assert archived(kit, clip, tmp_path).encoder == "libx264"
    assert (liar.calls("h264_qsv"), liar.calls("h264_vaapi")) == (1, 2)


def test_hardware_that_hangs_is_given_up(liar: Liar, clip: PurePath, tmp_path: Path) -> None:
    """A driver that waits for ever."""
    kit = attrs.evolve(liar.archiver(QSV, X264, qsv="sleep 60"), stall_s=5)  # longer than x264 needs to begin
    assert archived(kit, clip, tmp_path).encoder == "libx264"
    assert "h264_qsv: ffmpeg stood still" in kit.name


def test_nothing_is_left_to_try(liar: Liar, clip: PurePath, tmp_path: Path) -> None:
    """An ffmpeg without x264, whose hardware was given up."""
    kit = liar.archiver(QSV, qsv=f"{BY_X264}; {LIES['green']}")
    with pytest.raises(MediaError, match="h264_qsv: at 0"):
        archived(kit, clip, tmp_path)
    with pytest.raises(MediaError, match="each has given a wrong picture before"):
        archived(kit, clip, tmp_path)
    assert ", no encoder (h264_qsv: at 0" in kit.name


@pytest.fixture
def devices(tmp_path: Path) -> Path:
    """With the device of QSV and VAAPI."""
    (tmp_path / "dev/dri").mkdir(parents=True)
    (tmp_path / "dev/dri/renderD128").touch()
    return tmp_path / "dev"


def test_a_trial_chooses(liar: Liar, devices: Path) -> None:
    """Green in the trial: never used. The next one is good: it is taken, and the choice is said."""
    plain = liar.archiver(qsv=f"{BY_X264}; {LIES['green']}", vaapi=BY_X264)
    kit = choose_encoders(plain, wish=None, cancel=CANCEL, devices=devices)
    assert [encoder.name for encoder in kit.encoders] == ["h264_vaapi", "libx264"]
    assert ", h264_vaapi (a trial encode was good; h264_qsv: no encoder made an archive" in kit.name
    assert "h264_nvenc: no device" in kit.name


def test_a_wished_one_that_fails_its_trial(liar: Liar, devices: Path) -> None:
    """It is an error, with what it said."""
    with pytest.raises(MissingToolError, match=r"h264_qsv: .*No device.*required h264_qsv to work here"):
        choose_encoders(liar.archiver(), wish=ArchiveCodec.QSV, cancel=CANCEL, devices=devices)


def test_a_deaf_program_ends_in_time(liar: Liar, clip: PurePath, tmp_path: Path) -> None:
    """One that ignores SIGTERM, with a child that holds its pipes: all are gone within five seconds."""
    deaf = 'trap "" TERM; sleep 600 & sleep 600'
    kit = liar.archiver(X264, x264=deaf)
    cancel = EventCancellation()
    threading.Timer(1.0, cancel.request).start()
    begun = time.monotonic()
    with pytest.raises(Cancelled):
        archived(kit, clip, tmp_path, cancel)
    assert time.monotonic() - begun < 6.0
