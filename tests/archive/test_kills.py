"""camera_archiver is killed, again and again, by a signal that nobody can catch, on one tree that grows meanwhile."""

import logging
from pathlib import Path

import attrs
import pytest

from tests.archive.desk import ArchiveDesk, small_clip
from tests.archive.kills import KillDesk, Pace, Upload, plays
from tests.archive.replayed_ffmpeg import TAG_BYTES
from tests.archive.stand_in import learned_archive, learning_ffmpeg

LOG = logging.getLogger(__name__)
MODES = ("trash", "trash elsewhere", "deleted")
FRAMES = 10


@attrs.frozen
class Stage:
    """What all modes share: a clip, programs that answer at once, and how long a run of these takes."""

    clip: bytes
    ffmpeg: Path
    archive: bytes
    pace: Pace

    def is_archive(self, content: bytes, upload: Upload) -> bool:
        """Whether it is the whole archive of just this clip."""
        return content == self.archive + upload.content[-TAG_BYTES:]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    folder = tmp_path_factory.mktemp("replayed")
    clip = small_clip(folder / "clip.mp4", seconds=FRAMES / 25).read_bytes()
    ffmpeg = learning_ffmpeg(folder)

    def measured(name: str) -> Pace:
        root = tmp_path_factory.mktemp(name)
        flags = ("-y", "--ffmpeg", str(ffmpeg))
        return KillDesk(ArchiveDesk(root), clip, lambda *_: True, flags, root / ".deleted").measured()

    measured("learning")
    archive = learned_archive(ffmpeg)
    return Stage(clip, ffmpeg, archive, measured("learned"))


@pytest.fixture(params=MODES)
def cameras(request: pytest.FixtureRequest, desk: ArchiveDesk, stage: Stage, other_disk: Path) -> KillDesk:
    """In each of the three ways in which clips leave the input, with programs that answer at once."""
    trash, flags = {
        "trash": (desk.trash, ()),
        "trash elsewhere": (other_disk, ("--trash-root", str(other_disk))),
        "deleted": (None, ("--delete",)),
    }[request.param]
    return KillDesk(desk, stage.clip, stage.is_archive, ("-y", "--ffmpeg", str(stage.ffmpeg), *flags), trash)


def kill_and_check(cameras: KillDesk, pace: Pace, *, count: int, seed: int) -> None:
    """Kill so many runs, look at everything after each, and let the last run end."""
    ways, killed = pace.ways(seed), 0
    while killed < count:
        way = next(ways)
        killed += cameras.killed(way)
        try:
            cameras.check()
        except AssertionError as error:
            error.add_note(f"after kill {killed} of seed {seed}: {way}")
            raise
    cameras.check_finished()
    LOG.info("%d kills, %d clips; what they left: %s", killed, len(cameras.uploads), dict(cameras.left.most_common()))


@pytest.mark.nightly
def test_a_hundred_kills_lose_nothing(cameras: KillDesk, stage: Stage) -> None:
    kill_and_check(cameras, stage.pace, count=100, seed=100)


@pytest.mark.parametrize("count", [2, pytest.param(20, marks=pytest.mark.nightly)])
def test_kills_beside_the_real_ffmpeg_lose_nothing(desk: ArchiveDesk, small: Path, count: int) -> None:
    frames = 25

    def is_archive(content: bytes, _: Upload) -> bool:
        return plays(content, frames)

    cameras = KillDesk(desk, small.read_bytes(), is_archive, ("-y",), desk.trash)
    kill_and_check(cameras, Pace(start_s=1.0, clip_s=1.0), count=count, seed=10)
