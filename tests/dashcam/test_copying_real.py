"""Visits to a card on real file systems: what is read, what is kept, what a flipped byte is found by."""

import hashlib
import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePath, PurePosixPath

import pytest

from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.system import EventCancellation
from camvault.core.dashcam.configuration import BoxConfig, CardConfig
from camvault.core.segments.ledger import ProofKind
from camvault.core.workflows.dashcam.copy_ports import CopyReport
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.core.workflows.dashcam.records import ClipRecords
from camvault.ports.camera_card import CardLostError
from camvault.ports.errors import StorageError
from tests.dashcam.copy_once import copy_from, folder_card, record
from tests.dashcam.loop_card import LoopCardHarness, make_card

MB = 1024 * 1024
ODD_NAMES = ("-rf.MP4", "new\nline.ts", 'quote"s.ts', "tab\t.ts", os.fsdecode(b"not utf-8 \xff.ts"), "\\back.ts")


@pytest.fixture
def card(tmp_path: Path) -> Path:
    made = tmp_path / "card"
    made.mkdir()
    return made


@pytest.fixture
def staging(tmp_path: Path) -> Path:
    return tmp_path / "staging"


def visit(card: Path, staging: Path) -> CopyReport:
    cards = folder_card(card)
    return copy_from(cards.mount(None, cancel=EventCancellation()), cards, staging)


def read_bytes() -> int:
    """What this process has read so far, from whatever cache or disk."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("rchar"))


def test_a_damaged_inode_costs_its_clip_alone(tmp_path: Path, staging: Path) -> None:
    """A camera that loses its power leaves such things; all else on the card can be saved still."""
    tree, image, card = tmp_path / "tree", tmp_path / "card.img", tmp_path / "mnt"
    card.mkdir()
    for number in range(3):
        record(tree, f"Movie/{number}.ts", bytes([number]) * MB, at_s=number * 60)
    subprocess.run(["mkfs.ext4", "-q", "-d", tree, image, "16M"], check=True)
    subprocess.run(["debugfs", "-w", "-R", "clri /Movie/1.ts", image], check=True, capture_output=True)
    subprocess.run(["mount", "-o", "loop,ro", image, card], check=True)
    try:
        with pytest.raises(StorageError, match="Structure needs cleaning"):
            LocalStorage().listing(card / "Movie")
        report = visit(card, staging)
    finally:
        subprocess.run(["umount", card], check=True)
    assert report.problems == ("Movie/1.ts cannot be looked at: Structure needs cleaning",)
    assert (report.copied_count, report.is_whole) == (2, False)
    assert sorted(path.name for path in (staging / "Movie").iterdir()) == ["0.ts", "2.ts"]


def test_the_card_is_read_once(card: Path, staging: Path) -> None:
    for number in range(3):
        record(card, f"Movie/{number}.ts", random.Random(number).randbytes(24 * MB), at_s=number * 60)
    before = read_bytes()
    report = visit(card, staging)
    read = read_bytes() - before
    print(f"{read:,} bytes were read of {report.copied_bytes:,} ({read / report.copied_bytes:.4f})")  # noqa: T201
    assert report.copied_bytes == 72 * MB
    assert read <= 1.01 * report.copied_bytes


def test_a_visit_that_has_nothing_to_copy_reads_a_few_blocks_of_each_clip(card: Path, staging: Path) -> None:
    for number in range(3):
        record(card, f"Movie/{number}.ts", bytes([number]) * 8 * MB, at_s=number * 60)
    visit(card, staging)
    before = read_bytes()
    assert visit(card, staging).is_whole
    assert read_bytes() - before < MB


def test_contents_names_and_times_are_kept(card: Path, staging: Path) -> None:
    for at_s, name in enumerate(ODD_NAMES):
        record(card, f"Event/{name}", os.fsencode(name) * 1000, at_s=at_s)
    # none of them is the newest of its folder
    record(card, "Event/last.ts", b"last", at_s=10_000)
    report = visit(card, staging)
    assert (report.copied_count, report.problems) == (len(ODD_NAMES) + 1, ())
    for name in ODD_NAMES:
        assert (staging / "Event" / name).read_bytes() == os.fsencode(name) * 1000
        assert (staging / "Event" / name).stat().st_mtime == (card / "Event" / name).stat().st_mtime
    records = ClipRecords(BoxFolders(PurePath(staging)), LocalStorage())
    kinds = [[line.kind for line in records.life(PurePosixPath("Event") / name)] for name in ODD_NAMES]
    assert kinds == [[ProofKind.SEEN, ProofKind.STAGED]] * len(ODD_NAMES)
    assert visit(card, staging).copied_count == 0


def test_each_of_200_flipped_bytes_of_a_staged_clip_is_found(card: Path, staging: Path) -> None:
    record(card, "1.ts", random.Random(1).randbytes(300_000), at_s=0)
    visit(card, staging)
    storage, path = LocalStorage(), staging / "1.ts"
    (clip,) = ClipRecords(BoxFolders(PurePath(staging)), storage).staged()
    assert clip.sha256 == hashlib.sha256((card / "1.ts").read_bytes()).hexdigest()
    chance, before = random.Random(2), path.stat()
    whole = path.read_bytes()
    missed = []
    for _ in range(200):
        at = chance.randrange(len(whole))
        with path.open("r+b") as file:
            file.seek(at)
            file.write(bytes([whole[at] ^ 1 << chance.randrange(8)]))
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        found = storage.digest(PurePath(path), on_bytes=lambda _: None, cancel=EventCancellation())
        missed += [at] if found == clip.sha256 else []
        with path.open("r+b") as file:
            file.seek(at)
            file.write(whole[at : at + 1])
    assert missed == []


class TestOnALoop:
    """A card that is a file system of its own, and a staging that is full."""

    pytestmark = pytest.mark.xdist_group("loop")

    @pytest.fixture
    def harness(self, tmp_path: Path) -> Iterator[LoopCardHarness]:
        made = LoopCardHarness(tmp_path, make_card(tmp_path / "made.img"))
        yield made
        made.close()

    def test_its_clips_are_copied_and_it_is_left_as_it_was(self, harness: LoopCardHarness, staging: Path) -> None:
        harness.plug_in()
        before = hashlib.sha256(harness.image.read_bytes()).hexdigest()
        mounted = harness.cards.mount(harness.cards.find(within_s=30, cancel=harness.cancel), cancel=harness.cancel)
        report = copy_from(mounted, harness.cards, staging)
        harness.cards.unmount(mounted)
        assert (report.copied_count + report.recording_count, report.problems) == (2, ())
        assert hashlib.sha256(harness.image.read_bytes()).hexdigest() == before

    def test_one_that_is_pulled_is_lost(self, harness: LoopCardHarness, staging: Path) -> None:
        harness.plug_in()
        mounted = harness.cards.mount(harness.cards.find(within_s=30, cancel=harness.cancel), cancel=harness.cancel)
        harness.pull()
        with pytest.raises(CardLostError):
            copy_from(mounted, harness.cards, staging)
        assert not staging.exists() or not list(staging.rglob("*.MP4"))

    def test_100_mb_do_not_fit_64_and_the_most_valuable_are_chosen(self, card: Path, tmp_path: Path) -> None:
        image, staging = tmp_path / "staging.img", tmp_path / "staging"
        subprocess.run(["mkfs.ext4", "-q", "-m", "0", image, "64M"], check=True)
        staging.mkdir()
        subprocess.run(["mount", "-o", "loop", image, staging], check=True)
        try:
            for number in range(8):
                record(card, f"Normal/{number}.ts", bytes([number]) * 10 * MB, at_s=number * 60)
            for number in range(2):
                record(card, f"Event/{number}.ts", bytes([90 + number]) * 10 * MB, at_s=1000 + number * 60)
            old = staging / "Normal/unproven.ts"
            old.parent.mkdir()
            old.write_bytes(b"staged before")
            report = visit(card, staging)
            assert report.waiting_count * 10 * MB == report.waiting_bytes
            assert "has no room for" in report.problems[0]
            assert report.stopped == "the staging is full"
            assert old.read_bytes() == b"staged before"
            staged = sorted(str(path.relative_to(staging)) for path in staging.rglob("*.ts"))
            chosen = [f"Normal/{number}.ts" for number in range(report.copied_count - 2)]
            assert staged == ["Event/0.ts", "Event/1.ts", *chosen, "Normal/unproven.ts"]
            assert report.copied_count >= 4
        finally:
            subprocess.run(["umount", staging], check=True)


def test_a_small_config_copies_a_folder_only(card: Path, staging: Path) -> None:
    record(card, "Normal/1.ts", b"1", at_s=0)
    record(card, "Other/2.ts", b"2", at_s=0)
    cards = folder_card(card)
    config = BoxConfig(camera=CardConfig(copy_subdirs=["Normal"]))
    copy_from(cards.mount(None, cancel=EventCancellation()), cards, staging, config)
    assert [path.name for path in staging.rglob("*.ts")] == ["1.ts"]
