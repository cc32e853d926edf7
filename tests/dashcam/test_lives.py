"""What became of a clip: `ClipRecords.clips`, `lives_of`, and `dashcam why`."""

import json
import subprocess
import sys
from pathlib import Path, PurePath, PurePosixPath

import attrs
import pytest

from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.memory import MemoryStorage
from camvault.core.dashcam.clip_life import CardClipState
from camvault.core.segments.ledger import LedgerEntry, ProofKind
from camvault.core.workflows.dashcam.clip_lives import lives_of
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.core.workflows.dashcam.records import ClipRecords
from camvault.ports.entries import FileIdentity
from camvault.ports.files import Storage

MAY_NS, JUNE_NS = 1_748_445_600_000_000_000, 1_750_000_000_000_000_000
FRONT, REAR = PurePosixPath("Normal/Front/a.MP4"), PurePosixPath("Normal/Rear/a.MP4")
SHA256 = "b" * 64


def line(path: PurePosixPath, kind: ProofKind, *, mtime_ns: int = MAY_NS, second: int = 0) -> LedgerEntry:
    sha256 = "" if kind is ProofKind.SEEN else SHA256
    when = f"2025-05-28T15:20:{second:02}+00:00"
    return LedgerEntry(path, FileIdentity(1000, mtime_ns), sha256, kind, when, "1")


def recorded(storage: Storage, folders: BoxFolders) -> None:
    """A clip at the server, one of another camera of that name, and one of another month."""
    records = ClipRecords(folders, storage)
    for second, kind in enumerate((ProofKind.SEEN, ProofKind.STAGED, ProofKind.COMPARED, ProofKind.UNSTAGED)):
        records.add(line(FRONT, kind, second=second))
    records.add(line(REAR, ProofKind.SEEN))
    records.add(line(FRONT.with_name("b.MP4"), ProofKind.SEEN, mtime_ns=JUNE_NS))


@pytest.fixture
def folders() -> BoxFolders:
    return BoxFolders(PurePath("/staging"))


@pytest.fixture
def storage(folders: BoxFolders) -> Storage:
    storage = MemoryStorage()
    recorded(storage, folders)
    return storage


def states(name: str, storage: Storage, folders: BoxFolders) -> dict[str, CardClipState]:
    return {str(life.story.clip.card_path): life.state for life in lives_of(name, storage=storage, folders=folders)}


def test_the_clips_of_all_months_are_known(storage: Storage, folders: BoxFolders) -> None:
    clips = ClipRecords(folders, storage).clips()
    assert {str(clip.card_path) for clip in clips} == {str(FRONT), str(REAR), "Normal/Front/b.MP4"}
    assert ClipRecords(BoxFolders(PurePath("/nowhere")), storage).clips() == ()


@pytest.mark.parametrize(
    "name",
    [
        "Normal/Front/a.MP4",
        "/staging/Normal/Front/a.MP4",
        "/mnt/cam-67EF9CED/Normal/Front/a.MP4",
        "Front/a.MP4",
        "front/A.mp4",
        "./Normal/Front/a.MP4",
    ],
)
def test_a_clip_is_found_by_its_path_however_it_is_written(name: str, storage: Storage, folders: BoxFolders) -> None:
    assert states(name, storage, folders) == {str(FRONT): CardClipState.UNSTAGED}


def test_a_name_alone_finds_all_clips_of_that_name(storage: Storage, folders: BoxFolders) -> None:
    assert states("a.MP4", storage, folders) == {str(FRONT): CardClipState.UNSTAGED, str(REAR): CardClipState.ON_CARD}


@pytest.mark.parametrize("name", ["c.MP4", "a", "", ".", "/", "nt/a.MP4"])
def test_other_names_find_nothing(name: str, storage: Storage, folders: BoxFolders) -> None:
    assert states(name, storage, folders) == {}


def test_a_clock_that_began_anew_changes_no_order(storage: Storage, folders: BoxFolders) -> None:
    """The box has no clock of its own: by the times of the lines it was still at the server."""
    withdrawn = attrs.evolve(line(FRONT, ProofKind.WITHDRAWN), when="1970-01-01T00:00:10+00:00")
    ClipRecords(folders, storage).add(withdrawn)
    (life,) = lives_of(str(FRONT), storage=storage, folders=folders)
    assert (life.state, life.story.clip.last.kind) == (CardClipState.ON_CARD, ProofKind.WITHDRAWN)


@attrs.frozen
class Records:
    config: Path
    folders: BoxFolders

    def why(self, *words: str) -> "subprocess.CompletedProcess[str]":
        argv = [sys.executable, "-m", "camvault.apps.dashcam", "why", "--config", str(self.config), *words]
        return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=600)


@pytest.fixture
def records(tmp_path: Path) -> Records:
    config = tmp_path / "config.yaml"
    config.write_text(f"paths:\n  local_staging: {tmp_path}/staging\n")
    folders = BoxFolders(tmp_path / "staging")
    recorded(LocalStorage(), folders)
    return Records(config, folders)


def test_why_tells_a_life(records: Records) -> None:
    done = records.why("front/a.mp4")
    assert (done.returncode, done.stderr) == (0, "")
    first, *lines, last = done.stdout.splitlines()
    assert first.startswith("Normal/Front/a.MP4, 1,000 bytes, ")
    assert [line.partition(" at ")[0] for line in lines] == ["seen", "copied", "proven", "removed"]
    assert last == "now: it is at the server"


def test_why_tells_machines_the_same(records: Records) -> None:
    front, rear = json.loads(records.why("a.MP4", "--json").stdout)
    assert (front["clip"], front["state"], len(front["life"])) == (str(FRONT), "unstaged", 5)
    assert (rear["sha256"], rear["staged_as"], rear["state"]) == (None, None, "on_card")


def test_why_of_a_clip_that_nobody_saw_is_exit_code_2(records: Records) -> None:
    done = records.why("--json", "--", "-x\n.MP4")
    assert (done.returncode, json.loads(done.stdout)) == (2, [])
    assert "no clip of this name was ever seen on the card" in done.stderr
