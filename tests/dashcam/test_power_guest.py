"""The whole box loses its power while it copies and sends: what it wrote down is true, and it finishes its work."""

import random
import time
from pathlib import Path

import pytest

from tests.dashcam.guest_box import Camera, GuestBox, Home, words
from tests.rig.fixtures import Rig, mount_project

pytestmark = pytest.mark.nightly

SEED = 20_260_529
CUTS = 20
CLIPS, SIZE_BYTES, PER_SECOND = 4, 400_000, 1_000_000
POINTS = ("copy", "copy", "unmount", "upload", "upload", "verify", "verify", "remove_staged")
LATEST_S = 4
"""The power is cut at a random moment after one of these: an idle machine takes so long for each, a busy one longer."""
_NEW_BOOT = "cat /proc/sys/kernel/random/uuid >/run/boot && mount --bind /run/boot /proc/sys/kernel/random/boot_id"
"""Each machine continues from the same state: as it was after it was booted, before anything of a box was in it."""


def test_each_clip_is_where_the_ledger_says_after_each_of_20_power_cuts(
    rig: Rig, project_disk: Path, home: Home, tmp_path: Path
) -> None:
    """The camera records meanwhile, and the server keeps what it has."""
    chance, camera = random.Random(SEED), Camera(tmp_path)
    cut_during: list[str] = []
    for number in range(CUTS + 1):
        camera.record(CLIPS, size_bytes=SIZE_BYTES)
        with rig.machine.running(saved=rig.saved) as guest:
            mount_project(guest, project_disk)
            guest.shell(_NEW_BOOT)
            box = GuestBox(guest, camera, home)
            box.set_up(is_new=not number)
            assert box.untrue() == [], cut_during
            box.read_at(PER_SECOND)
            box.start()
            if number == CUTS:
                finish(box)
            else:
                box.wait_until_more(0, chance.choice(POINTS))
                time.sleep(chance.uniform(0, LATEST_S))
                cut_during.append(words(box.logged())[-1])
    assert {"copy", "upload"} <= set(cut_during)


def finish(box: GuestBox) -> None:
    """Let it do all that is left."""
    box.wait_until(lambda: box.home.digests() == box.camera.clips)
    box.wait_until_recording()
    assert box.untrue() == []
    assert box.staged() == {}
