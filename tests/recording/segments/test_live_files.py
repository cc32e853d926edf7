"""What a recorder without a supervisor numbered, when `organize` finds it; the clock may have been set."""

from contextlib import ExitStack
from pathlib import PurePath

import pytest

from camvault.core.workflows.steps.live_files import date_files
from camvault.ports.errors import DeniedError, StorageError
from tests.recording.segments.helpers import OUT, READY, Machine

SESSION = OUT / "ROST1/.live/20250528T140000Z.exec"
LOCK = OUT / "ROST1/.live/lock"


def put(machine: Machine, number: int, minutes_ago: float, session: PurePath = SESSION) -> PurePath:
    """A file that was written last so long before 15:40."""
    path = session / f"ROST1_20250528T140000Z.{number}.mkv"
    machine.storage.put(path, f"footage {number}", mtime_ns=machine.ns(minutes_ago))
    return path


def ready(machine: Machine) -> dict[str, bytes]:
    return {path.name: content for path, content in machine.storage.files(READY).items()}


def live(machine: Machine) -> list[str]:
    return [path.name for path in machine.storage.files(SESSION) if path.suffix == ".mkv"]


def test_all_but_the_last_are_adopted_under_the_times_at_which_they_began() -> None:
    machine = Machine()
    for number, minutes_ago in ((1, 90), (2, 80), (3, 0)):
        put(machine, number, minutes_ago)
    with machine.storage.lock(LOCK):
        machine.organize()
        assert live(machine) == ["ROST1_20250528T142000Z.3.mkv"], "it keeps what says when it began"
        put_next = SESSION / "ROST1_20250528T140000Z.4.mkv"
        machine.storage.put(put_next, b"footage 4", mtime_ns=machine.ns(0))
        machine.organize()
        machine.clock.advance(3600)
        machine.organize()
    assert ready(machine) == {
        "ROST1_20250528T140000.mkv": b"footage 1",
        "ROST1_20250528T141000.mkv": b"footage 2",
        "ROST1_20250528T142000.mkv": b"footage 3",
    }
    assert live(machine) == ["ROST1_20250528T154000Z.4.mkv"]


def test_a_file_from_the_future_is_not_taken_for_the_open_one() -> None:
    """Its clock was ahead when it was written; the open one stands still for hours, because the camera is away."""
    machine = Machine()
    put(machine, 1, -600)
    opened = put(machine, 2, 300)
    foreign = SESSION.with_name("20250528T130000Z.exec")
    old = foreign / "ROST1_20250528T130000Z.mkv"
    machine.storage.put(old, b"of an earlier version", mtime_ns=machine.ns(-600))
    with machine.storage.lock(LOCK):
        machine.organize()
    contents = {path: content for path, content in machine.storage.files(OUT).items() if path.suffix == ".mkv"}
    assert contents[SESSION / "ROST1_20250529T014000Z.2.mkv"] == b"footage 2"
    assert opened not in contents
    assert b"footage 1" in machine.storage.files(OUT / "ROST1").values() or b"footage 1" in ready(machine).values()


LEFT = SESSION.with_name("20250527T140000Z.exec")


@pytest.mark.parametrize("is_last_numbered", [True, False])
@pytest.mark.parametrize("lock", ["held", "of an earlier version", "cannot be taken"])
def test_trap_a_session_that_was_left_has_the_newest_file(lock: str, is_last_numbered: bool) -> None:
    """The open file of a recorder whose camera is away for hours was taken for a finished one, and removed later."""
    machine = Machine()
    closed, opened = put(machine, 1, 400), put(machine, 2, 300)
    if not is_last_numbered:
        for path in (closed, opened):
            machine.storage.tree.discard(path)
        opened = SESSION / "ROST1_20250528T140000Z.mkv"
        machine.storage.put(opened, b"footage 2", mtime_ns=machine.ns(300))
    for number, minutes_ago in ((1, 200), (2, 100), (3, 90)):
        put(machine, number, minutes_ago, LEFT)
    with ExitStack() as stack:
        stack.enter_context(machine.storage.lock(LOCK))
        if lock == "held":
            stack.enter_context(machine.storage.lock(SESSION))
        if lock == "cannot be taken":
            error = DeniedError(SESSION)
            machine.calls.hook("storage.lock", lambda: _refuse(machine, LEFT, error), times=None)
        for _ in range(2):
            machine.organize()
        assert b"footage 2" in machine.storage.files(SESSION).values()
        assert len(ready(machine)) == 2 + is_last_numbered
        # once the recorder goes on, what was left is seen to be finished, if it is known where it writes
        machine.storage.put(next(iter(machine.storage.files(SESSION))), b"footage 2 goes on", mtime_ns=machine.ns(1))
        machine.organize()
        assert len(ready(machine)) == 2 + is_last_numbered + (lock == "held")
        assert b"footage 2 goes on" in machine.storage.files(SESSION).values()
    machine.clock.advance(3600)
    machine.organize()
    assert machine.storage.files(OUT / "ROST1/.live").keys() == {LOCK}
    assert len(ready(machine)) == 4 + is_last_numbered


def _refuse(machine: Machine, folder: PurePath, error: StorageError) -> None:
    if machine.calls.log[-1].arguments[0] == folder:
        raise error


def test_a_recorder_that_is_gone() -> None:
    machine = Machine()
    for number, minutes_ago in ((1, 90), (2, 80)):
        put(machine, number, minutes_ago)
    machine.organize()
    assert sorted(ready(machine)) == ["ROST1_20250528T140000.mkv", "ROST1_20250528T141000.mkv"]


def test_what_cannot_be_renamed_is_adopted_all_the_same() -> None:
    """Under the time of its session."""
    machine = Machine()
    for number, minutes_ago in ((1, 90), (2, 80)):
        put(machine, number, minutes_ago)
    machine.calls.fail("storage.rename", DeniedError(SESSION))
    assert machine.organize().problem_count == 1
    assert set(ready(machine).values()) == {b"footage 1", b"footage 2"}


def test_a_session_that_is_gone_has_no_files() -> None:
    machine = Machine()
    assert date_files(SESSION, machine.storage) == {}
    put(machine, 1, 5)
    machine.calls.fail("storage.listing", StorageError(SESSION, "input/output error"))
    with pytest.raises(StorageError):
        date_files(SESSION, machine.storage)
