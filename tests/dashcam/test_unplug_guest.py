"""A camera that is unplugged in the guest while it is copied: nothing wrong is written down, nothing is lost."""

import random
import time

import pytest

from camvault.core.segments.ledger import ProofKind
from tests.dashcam.guest_box import GuestBox

pytestmark = pytest.mark.nightly

SEED = 20_260_528
UNPLUGS = 5
SIZE_BYTES, PER_SECOND = 500_000, 1_000_000
LATEST_S = 8
"""So long a copy of the clips that are recorded between two of them takes."""


def test_the_service_outlives_a_camera_that_is_unplugged_again_and_again(box: GuestBox) -> None:
    chance, copies = random.Random(SEED), 0
    box.camera.record(12, size_bytes=SIZE_BYTES)
    box.set_up(poll={"mount_timeout_seconds": 3, "recheck_minutes": 0.1})
    box.read_at(PER_SECOND)
    box.start()
    process = box.property("MainPID")
    for _ in range(UNPLUGS):
        box.wait_until_more(copies, "copy")
        time.sleep(chance.uniform(0, LATEST_S))
        box.unplug()
        told = box.wait_until_more(copies, "unmount")
        copies = told.count("copy")
        box.camera.record(6, size_bytes=SIZE_BYTES)
        box.plug()
    box.wait_until(lambda: box.home.digests() == box.camera.clips)
    box.wait_until_recording()
    assert box.untrue() == []
    assert box.staged() == {}
    assert ProofKind.OVERWRITTEN not in {entry.kind for entry in box.ledger()}
    assert (box.property("MainPID"), box.property("NRestarts")) == (process, "0")
