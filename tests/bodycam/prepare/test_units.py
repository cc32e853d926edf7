"""The events of prepare_bodycam, and its waiting for encodes."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePath

from camvault.core.workflows.bodycam.originals import OriginalKept, OriginalRemoved
from camvault.core.workflows.bodycam.prepare import (
    BatchResumed,
    BitrateDecided,
    BitrateSought,
    BuildDirChosen,
    ClipCopied,
    ClipEncoded,
    ClipInDoubt,
    ClipLeftOut,
    ClipNotEncoded,
    ClipRedone,
    ClipStarted,
    LeftoverRemoved,
    ModeDecided,
    OutputsVerified,
    TimeNotKept,
)
from camvault.core.workflows.steps.ended_work import first_ended, wait_for_all
from camvault.ports.batch_record import Mode

SHA = "ab" * 32


def test_every_event_is_a_sentence() -> None:
    work = PurePath("/desk")
    sentences = {
        BuildDirChosen(work): "Working dir: /desk",
        ModeDecided(Mode.COPY, "it fits"): "Disc-fit decision: COPY (it fits)",
        BitrateDecided(300): "Re-encoding all clips at ~300 kbps",
        BitrateSought(250): "Trying ~250 kbps on stretches of the clips",
        BatchResumed(work, 1, 2): "Resuming /desk: 1 clips done, 2 pending",
        ClipStarted(1, 3, "a.mp4"): "[1/3] → a.mp4",
        ClipCopied("a.mp4", 1000, SHA): f"a.mp4: 1,000 bytes, SHA-256 {SHA}",
        ClipEncoded("a.mp4", "CRF 40", 10, 20, is_accepted=True): "a.mp4: 20 to 10 bytes at CRF 40",
        ClipEncoded("a.mp4", "CRF 40", 10, 20, is_accepted=False): (
            "a.mp4: 20 to 10 bytes at CRF 40, the one before stays"
        ),
        ClipInDoubt("a.mp4", "a hole"): "a.mp4: not all of it is in its output, the original will be kept: a hole",
        ClipNotEncoded("a.mp4", "too wide"): "a.mp4 is not encoded, and copied as it is if there is room: too wide",
        ClipLeftOut("a.mp4", "Input/output error"): "a.mp4 is left out: Input/output error",
        TimeNotKept("a.mp4"): "a.mp4: the file system of the build directory cannot hold the time of the original",
        ClipRedone("a.mp4", "it is missing"): "a.mp4 is made again: it is missing",
        LeftoverRemoved(work): "Removed /desk, left over from an earlier run",
        OutputsVerified(3, 50, 100): "Verified 3 outputs: 50 of 100 bytes (50.0%)",
        OriginalRemoved(work, "proven"): "Deleted original /desk: proven",
        OriginalKept(work, "changed"): "Kept original /desk: changed",
    }
    assert {str(event): text for event, text in sentences.items()} == {text: text for text in sentences.values()}


def test_work_that_takes_longer_than_a_slice_of_the_waiting() -> None:
    with ThreadPoolExecutor(2) as pool:
        short, long = [pool.submit(time.sleep, seconds) for seconds in (0.3, 0.8)]
        assert set(first_ended([short, long])) == {short}
        wait_for_all([short, long])
        assert long.done()
