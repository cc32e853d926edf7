"""When the camera is due again, and when another try to send makes sense."""

import pytest

from camvault.core.dashcam.configuration import PollConfig
from camvault.core.dashcam.progress import OffloadProgress, recheck_s

RECHECK_S = 900


@pytest.mark.parametrize(
    ("is_whole", "is_interrupted", "is_due_at"),
    [
        (True, False, 1000 + RECHECK_S),  # all of it
        (True, True, 1000 + RECHECK_S),  # told to end when it was just done
        (False, True, 1000),  # staging is full, or the power or the server went
        (False, False, 1000 + RECHECK_S),  # it failed, or the camera did not come up
    ],
)
def test_when_the_camera_is_due(is_whole: bool, is_interrupted: bool, is_due_at: float) -> None:
    progress = OffloadProgress().copied(1000, is_whole=is_whole, is_interrupted=is_interrupted)
    assert progress.is_camera_due(is_due_at, recheck_s=RECHECK_S)
    assert is_due_at == 1000 or not progress.is_camera_due(is_due_at - 1, recheck_s=RECHECK_S)
    assert not progress.is_sending_stuck(1000, recheck_s=RECHECK_S)


@pytest.mark.parametrize(
    ("removed_count", "is_interrupted", "is_stuck"),
    [(0, False, True), (1, False, False), (0, True, False), (3, True, False)],
)
def test_when_sending_is_stuck(removed_count: int, is_interrupted: bool, is_stuck: bool) -> None:
    progress = OffloadProgress().sent(1000, removed_count=removed_count, is_interrupted=is_interrupted)
    assert progress.is_sending_stuck(1000 + RECHECK_S - 1, recheck_s=RECHECK_S) is is_stuck
    assert not progress.is_sending_stuck(1000 + RECHECK_S, recheck_s=RECHECK_S)
    assert progress.is_camera_due(1000, recheck_s=RECHECK_S)


def test_a_try_that_makes_something_go_ends_that() -> None:
    stuck = OffloadProgress().sent(0, removed_count=0, is_interrupted=False)
    assert not stuck.sent(10, removed_count=1, is_interrupted=False).is_sending_stuck(10, recheck_s=RECHECK_S)


@pytest.mark.parametrize("is_any_staged", [True, False])
def test_what_is_staged_anew_is_sent_at_once(is_any_staged: bool) -> None:
    """Beside a clip that never leaves the staging."""
    stuck = OffloadProgress().sent(0, removed_count=0, is_interrupted=False)
    after = stuck.copied(10, is_whole=True, is_interrupted=False, is_any_staged=is_any_staged)
    assert after.is_sending_stuck(10, recheck_s=RECHECK_S) is not is_any_staged


@pytest.mark.parametrize(("minutes", "seconds"), [(15, 900), (0, 30), (0.25, 30)])
def test_the_camera_is_left_alone_until_the_next_look_at_least(minutes: float, seconds: float) -> None:
    assert recheck_s(PollConfig(recheck_minutes=minutes)) == seconds
