"""What `organize` adopts has the time that its recorder wrote down; what that did not is written down then."""

from datetime import UTC, datetime, timedelta
from pathlib import PurePath

import pytest

from camvault.adapters.memory.cancellation import MemoryCancellation
from camvault.core.segments.coverage import Span
from camvault.core.segments.stored_record import STORED_FOLDER, StoredRecord, StoredRun, parse_stored, stored_line
from camvault.ports.errors import Cancelled, DeniedError, NoSpaceError
from tests.recording.segments.helpers import OUT, READY, Machine

ROST1 = OUT / "ROST1"
AT = datetime(2025, 5, 28, 14, tzinfo=UTC)
SESSION = "20250528T140000Z"
EXEC = f"{SESSION}.exec"
MINUTE = b"0;" * 300
"""Five pictures a second."""


def put(machine: Machine, session: str, name: str, minutes_ago: float, content: bytes = MINUTE) -> PurePath:
    path = ROST1 / ".live" / session / name
    machine.storage.put(path, content, mtime_ns=machine.ns(minutes_ago))
    return path


def wrote(machine: Machine, number: int, begin_at: datetime, *, size_bytes: int, seconds: float = 59.8) -> None:
    """What the recorder wrote down of a segment."""
    end_at = begin_at + timedelta(seconds=seconds)
    run = StoredRun(
        at=end_at,
        segment=(SESSION, number),
        run=0,
        span=Span(begin_at, end_at),
        boot="boot 1",
        boot_s=1000,
        picture_count=round(seconds * 5) + 1,
        size_bytes=size_bytes,
    )
    machine.storage.put_folder(ROST1 / STORED_FOLDER)
    machine.storage.append_line(ROST1 / STORED_FOLDER / f"{end_at:%Y-%m-%d}", stored_line(run))


def record_of(machine: Machine, *days: str) -> StoredRecord:
    folder = ROST1 / STORED_FOLDER
    return parse_stored(machine.storage.content(folder / day).decode() for day in days)


def names(machine: Machine) -> list[str]:
    return sorted(path.name for path in machine.storage.files(READY))


def seconds(span: Span) -> tuple[float, float]:
    return (span.start_at - AT).total_seconds(), (span.end_at - AT).total_seconds()


def test_the_time_in_a_name_is_that_of_the_record_whatever_the_file_says() -> None:
    """It was touched, or copied to another card: it had the time of that."""
    machine = Machine()
    begin_at = AT + timedelta(minutes=10)
    put(machine, SESSION, "ROST1_20250528T150000Z.2.mkv", 30)
    wrote(machine, 2, begin_at, size_bytes=len(MINUTE))

    machine.organize()

    assert names(machine) == ["ROST1_20250528T141000.mkv"]
    segment = record_of(machine, "2025-05-28").segment_named("ROST1_20250528T141000.mkv", written_at=AT)
    assert segment is not None
    assert [seconds(span) for span in segment.spans] == [(600, 660)]
    assert not [call for call in machine.calls.log if call.operation == "pictures.count"], "the record says as much"


def test_what_a_killed_recorder_did_not_write_down_is_read_from_the_file() -> None:
    machine = Machine()
    put(machine, SESSION, "ROST1_20250528T141003Z.2.mkv", 40)
    wrote(machine, 2, AT + timedelta(minutes=10, seconds=4), size_bytes=40, seconds=19.8)

    machine.organize()

    assert names(machine) == ["ROST1_20250528T141003.mkv"], "a cut is a little before its first picture"
    segment = record_of(machine, "2025-05-28").segment_named("ROST1_20250528T141003.mkv", written_at=AT)
    assert segment is not None
    assert [seconds(span) for span in segment.spans] == [(604, 664)]


def test_the_segments_of_a_recorder_without_a_supervisor_are_written_down() -> None:
    machine = Machine()
    for number, minutes_ago in ((1, 90), (2, 80), (3, 0)):
        put(machine, EXEC, f"ROST1_{SESSION}.{number}.mkv", minutes_ago)
    with machine.storage.lock(ROST1 / ".live/lock"):
        machine.organize()

    found = record_of(machine, "2025-05-28")
    assert set(found.names) == set(names(machine)) == {"ROST1_20250528T140000.mkv", "ROST1_20250528T141000.mkv"}
    assert seconds(found.spans_of((EXEC, 2))[0]) == (600, 660)
    assert not found.spans_of((EXEC, 3)), "it is being written"


def test_lines_about_a_segment_go_into_the_file_of_its_day() -> None:
    """Where a report about that day looks for them; it was adopted a week later, when somebody found the card."""
    machine = Machine()
    put(machine, "20250520T235800Z.exec", "ROST1_20250520T235800Z.1.mkv", 8 * 24 * 60)
    put(machine, "20250520T235800Z.exec", "ROST1_20250521T000100Z.2.mkv", 8 * 24 * 60)

    machine.organize()

    first, second = (record_of(machine, day).names for day in ("2025-05-20", "2025-05-21"))
    assert (list(first), list(second)) == (["ROST1_20250520T235800.mkv"], ["ROST1_20250521T000100.mkv"])


def test_a_file_without_pictures_has_a_name_and_nothing_more() -> None:
    machine = Machine()
    put(machine, EXEC, f"ROST1_{SESSION}.1.mkv", 60, b"a sound;")

    machine.organize()

    found = record_of(machine, "2025-05-28")
    assert list(found.names) == names(machine)
    assert not found.runs


def test_of_what_is_no_segment_of_the_station_nothing_is_written_down() -> None:
    machine = Machine()
    put(machine, EXEC, "ROST2_20250528T140000Z.1.mkv", 60)
    put(machine, EXEC, "clip.mkv", 60)

    machine.organize()

    assert machine.storage.entry(ROST1 / STORED_FOLDER) is None


@pytest.mark.parametrize("operation", ["pictures.count", "storage.read_text", "storage.append_line"])
def test_a_record_that_cannot_be_kept_is_told_and_keeps_no_segment(operation: str) -> None:
    machine = Machine()
    for number in (1, 2):
        put(machine, EXEC, f"ROST1_20250528T14{number}000Z.{number}.mkv", 60)
    error = NoSpaceError(ROST1) if operation == "storage.append_line" else DeniedError(ROST1, "Input/output error")
    machine.calls.fail(operation, error)

    report = machine.organize()

    assert (report.moved_count, report.problem_count) == (2, 0)
    assert sum(str(each).startswith("[organize][WARN]") for each in machine.reporter.events) == 1


def test_a_segment_that_its_supervisor_adopts_meanwhile_is_no_trouble() -> None:
    machine = Machine()
    path = put(machine, SESSION, f"ROST1_{SESSION}.1.mkv", 60)
    machine.calls.hook("pictures.count", lambda: machine.storage.tree.discard(path))

    assert machine.organize().moved_count == 0
    assert not [each for each in machine.reporter.events if "WARN" in str(each)]


def test_a_stop_while_files_are_read_is_a_stop() -> None:
    machine = Machine()
    put(machine, EXEC, f"ROST1_{SESSION}.1.mkv", 60)
    put(machine, EXEC, "ROST1_20250528T141000Z.2.mkv", 60)
    machine.cancel = MemoryCancellation()
    machine.calls.hook("pictures.count", machine.cancel.request)

    with pytest.raises(Cancelled):
        machine.organize()
    assert len(machine.storage.files(ROST1 / ".live")) >= 2
