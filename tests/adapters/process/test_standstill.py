"""An ffmpeg that stands still is stopped, and its clip fails with words; one that works is not."""

import re
from pathlib import Path, PurePath

import attrs
import pytest

from camvault.adapters._shared.standstill import StandstillWatch
from camvault.adapters.ffmpeg import FfprobeProbe
from camvault.adapters.ffmpeg.program import FfmpegProgram
from camvault.adapters.memory import MemoryCancellation
from camvault.ports.errors import Cancelled, MediaError, ToolError
from camvault.ports.media import EncodedFile, EncodeSettings, TargetBitrate
from tests.adapters.ffmpeg.tools import TRIXIE, Tools, make_clip, tools, tree_program


def test_only_a_figure_that_changes_is_progress() -> None:
    now = [0.0]
    cancel = MemoryCancellation()
    watch = StandstillWatch(cancel, 10, lambda: now[0])
    for second in range(0, 40, 5):
        now[0] = second
        watch.see(f"frame={second}")
        watch.check()
    now[0] += 9
    watch.see("frame=35")
    assert not watch.is_requested
    assert not watch.wait(0)
    now[0] += 2
    assert watch.is_requested
    assert watch.is_still
    with pytest.raises(Cancelled):
        watch.check()
    with watch.warn_first(lambda: None):
        watch.see("frame=36")
    assert watch.is_requested, "once it is, it stays"


def test_who_asks_for_a_stop_gets_it() -> None:
    cancel = MemoryCancellation()
    watch = StandstillWatch(cancel, 10)
    cancel.request()
    assert watch.is_requested
    assert not watch.is_still


def test_a_limit_of_nothing_is_none() -> None:
    now = [0.0]
    watch = StandstillWatch(MemoryCancellation(), 10, lambda: now[0])
    watch.limit_s = 0
    now[0] = 1e9
    assert not watch.is_requested
    watch.limit_s = 1
    assert watch.is_requested


@pytest.mark.parametrize("says", ["", "echo frame=7; echo progress=continue"])
def test_an_ffmpeg_that_stands_still(says: str, tmp_path: Path) -> None:
    """It may go on saying that it is there."""
    program = tmp_path / "ffmpeg"
    program.write_text(f"#!/bin/sh\nwhile true; do {says or ':'}; sleep 0.2; done\n")
    program.chmod(0o755)
    source = tmp_path / "clip.mp4"
    source.write_bytes(b"x")
    ffmpeg = FfmpegProgram(PurePath(program), stall_s=1.5)
    argv = (program, "-progress", "pipe:1")
    with pytest.raises(MediaError, match="ffmpeg stood still: it came no further in 2 s, so that it was stopped"):
        ffmpeg.run(argv, PurePath(source), cancel=MemoryCancellation())


def stopped_where(pattern: str, real: PurePath, folder: Path, *, more: str = "-re", after_s: float = 0.3) -> PurePath:
    """A program that is the real one, but where its arguments match, it gets SIGSTOP in the middle of its work."""
    program = folder / real.name
    program.write_text(
        f"""#!/bin/sh
case "$*" in {pattern}) ;; *) exec {real} "$@" ;; esac
{real} {more} "$@" &
sleep {after_s}
kill -STOP $!
wait
"""
    )
    program.chmod(0o755)
    return PurePath(program)


def encoded_by(kit: Tools, ffmpeg: PurePath, folder: Path) -> EncodedFile:
    make_clip(folder / "clip.mp4", seconds=3, more=("-ac", "2"))
    encoder = attrs.evolve(kit.encoder, ffmpeg=ffmpeg, stall_s=2)
    return encoder.encode(
        PurePath(folder / "clip.mp4"),
        target=PurePath(folder / "out.part"),
        settings=EncodeSettings(TargetBitrate(50), preset=13),
        on_seconds=lambda _: None,
        cancel=MemoryCancellation(),
    )


@pytest.mark.parametrize(
    ("version", "pattern", "words"),
    [
        ("7.1", r"*-f\ mp4*", "^ffmpeg stood still: it came no further in 2 s"),
        ("9.0", r"*-map\ 0:V*", "^the encoder's output could not be decoded to its end: ffmpeg stood still"),
    ],
    ids=["encode", "proof"],
)
def test_a_real_ffmpeg_that_is_stopped(version: str, pattern: str, words: str, tmp_path: Path) -> None:
    """The clip fails, and is named; an output that was not decoded to its end is none."""
    kit = tools(version)
    with pytest.raises(MediaError) as caught:
        encoded_by(kit, stopped_where(pattern, kit.encoder.ffmpeg, tmp_path), tmp_path)
    assert re.search(words, caught.value.problem)
    assert caught.value.path == PurePath(tmp_path / "clip.mp4")


def test_a_measuring_of_loudness_that_is_stopped(tmp_path: Path) -> None:
    """Sound never decides about the picture: it is encoded, and the original stays."""
    kit = tools("9.0")
    made = encoded_by(kit, stopped_where("*-filter_complex*", kit.encoder.ffmpeg, tmp_path), tmp_path)
    (doubt,) = made.doubts
    assert doubt.startswith("how loud the channels of ")
    assert "could not be measured: ffmpeg stood still: it came no further in 2 s" in doubt
    assert made.size_bytes == (tmp_path / "out.part").stat().st_size


@pytest.mark.parametrize(
    ("pattern", "after_s", "words"),
    [
        ("*ffmetadata*", 0, "the tags of its streams could not be read"),
        ("*filter_units*", 0.3, "messages between the pictures of video stream 0 (h264) could not be looked at"),
    ],
    ids=["tags", "messages"],
)
def test_a_look_that_is_stopped(pattern: str, after_s: float, words: str, tmp_path: Path) -> None:
    """What is not known of a clip keeps its original, and no clip from being encoded."""
    kit = tools("9.0")
    made = encoded_by(kit, stopped_where(pattern, kit.encoder.ffmpeg, tmp_path, after_s=after_s), tmp_path)
    stood_still = "ffmpeg stood still: it came no further in 2 s, so that it was stopped"
    assert made.doubts == (f"{words}: {stood_still}",)
    assert made.size_bytes == (tmp_path / "out.part").stat().st_size


def test_a_description_that_never_comes(tmp_path: Path) -> None:
    """`ffmpeg -i` on a card that hangs: nothing is known of the clip, and nothing is made of it."""
    program, source = tmp_path / "ffmpeg", tmp_path / "clip.mp4"
    program.write_text("#!/bin/sh\nsleep 60\n")
    program.chmod(0o755)
    source.write_bytes(b"x")
    ffmpeg = FfmpegProgram(PurePath(program), stall_s=1)
    with pytest.raises(MediaError, match="ffmpeg stood still: it came no further in 1 s"):
        ffmpeg.described(PurePath(source), MemoryCancellation())


def test_an_ffprobe_that_is_stopped(tmp_path: Path) -> None:
    """As long as the limit that it was given, and no longer."""
    make_clip(tmp_path / "clip.mp4")
    program = stopped_where("*", tree_program(TRIXIE, "ffprobe"), tmp_path, more="", after_s=0)
    probe = FfprobeProbe(program, "7.1", MemoryCancellation(), 1)
    with pytest.raises(ToolError, match=r"ffprobe failed .*: stopped: it took longer than 1 s"):
        probe.probe(PurePath(tmp_path / "clip.mp4"))
