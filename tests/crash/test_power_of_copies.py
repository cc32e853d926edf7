"""A visit to the card with the box's power cut around every flush of the disk that the staging is on."""

import hashlib
import random
import subprocess
import sys
from pathlib import Path, PurePath

import pytest

from camvault.adapters.filesystem import LocalStorage
from camvault.core.segments.ledger import ProofKind
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.core.workflows.dashcam.records import ClipRecords
from tests.crash.powerdisk import Disks
from tests.dashcam.copy_once import record

pytestmark = pytest.mark.xdist_group("loop")

CLIPS = {f"Event/{number}.ts": random.Random(number).randbytes(200_000 + number) for number in range(4)}


def problems(staging: Path) -> list[str]:
    """What is recorded and not so, and what stands under the name of a clip and is none."""
    found = []
    records = ClipRecords(BoxFolders(PurePath(staging)), LocalStorage())
    staged = {str(clip.path): clip for clip in records.staged()}
    for path in staged:
        if (staging / path).read_bytes() != CLIPS.get(path):
            found.append(f"{path} is not whole")
    for clip in records.book(["2025-07"]).clips():
        sha256 = hashlib.sha256(CLIPS[str(clip.card_path)]).hexdigest()
        if clip.last.kind is ProofKind.STAGED and (str(clip.staged_path) not in staged or clip.sha256 != sha256):
            found.append(f"{clip.card_path} is recorded as staged, and is not")
    return found


VISIT = "from tests.dashcam.copy_once import main; main()"
LAZY = f"""
from camvault.adapters.filesystem import copier, steps
copier.fsync = lambda _: None
steps.fsync_file = lambda _: None
{VISIT}
"""
"""Clips are recorded, durably, while they are in the page cache only."""


@pytest.mark.parametrize("code", [VISIT, LAZY], ids=["as it is", "clips are not flushed"])
def test_no_power_cut_makes_a_record_untrue(code: str, tmp_path: Path) -> None:
    """Where clips are not flushed this must find untrue ones: it says that they would be seen."""
    card = tmp_path / "card"
    for at_s, (path, content) in enumerate(CLIPS.items()):
        record(card, path, content, at_s=at_s * 300)
    disks = Disks(tmp_path, ("staging",))
    disks.make()
    with disks.logged():
        argv = [sys.executable, "-c", code, str(card), str(disks["staging"])]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done
    broken, count = {}, 0
    for name, file in disks.cuts(chance=random.Random(0)):
        count += 1
        with disks.mounted(file):
            found = problems(disks["staging"])
        if found:
            broken[name] = found
    sys.stdout.write(f"{count} power cuts, {len(broken)} with untrue records\n")
    if code == LAZY:
        assert any("is not whole" in each for found in broken.values() for each in found)
    else:
        assert count > 20
        assert broken == {}
