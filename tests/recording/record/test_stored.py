"""What the supervisor says it recorded is what is in its files: pictures, not bytes, and when they arrived."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest

from camvault.adapters.memory import Calls, MemoryStorage, PowerCut
from camvault.adapters.memory.calls import Call, Phase
from camvault.adapters.memory.recorder import MemoryCamera
from camvault.core.segments.coverage import Cause
from camvault.core.segments.stored_record import STORED_FOLDER, StoredRecord, parse_stored
from camvault.core.segments.timeline import TimelineKind
from camvault.core.workflows.recording.record import MediaArrived, RecorderEnded, RecordingTroubled, stored_keeping
from camvault.ports.errors import DeniedError
from tests.recording.fake_camera import FakeCamera, make_footage
from tests.recording.record.desk import FOLDER, World, make_world
from tests.recording.record.helpers import FFMPEGS, VERSIONS, frames_of, recording, wait_for

NOON = datetime(2025, 5, 28, 12, tzinfo=UTC)


def record_of(world: World) -> StoredRecord:
    files = sorted(path for path in world.storage.files(FOLDER) if path.parent.name == STORED_FOLDER)
    return parse_stored(world.storage.content(path).decode() for path in files)


def spans(world: World) -> list[tuple[float, float]]:
    """When pictures were stored, in seconds since the beginning."""
    found = sorted((run.span for run in record_of(world).runs.values()), key=lambda span: span.start_at)
    return [((each.start_at - NOON).total_seconds(), (each.end_at - NOON).total_seconds()) for each in found]


def test_the_record_says_which_pictures_are_in_which_segment() -> None:
    world = make_world()

    world.run_for(25)

    assert [(round(begin), round(end)) for begin, end in spans(world)] == [(0, 10), (10, 20), (20, 25)]
    record = record_of(world)
    assert set(record.names) == set(world.segments())
    (run, *_) = (run for run in record.runs.values() if run.segment in record.names["ROST2_20250528T120010.mkv"])
    assert run.picture_count == 50
    assert run.size_bytes == len(world.segments()["ROST2_20250528T120010.mkv"])


def test_pictures_that_arrive_and_are_not_stored_are_no_recording() -> None:
    world = make_world()
    world.recorder.camera = MemoryCamera.UNSTORABLE

    world.run_for(120)

    assert not world.reporter.of(MediaArrived)
    assert TimelineKind.RECORDING not in world.kinds()
    assert {event.cause for event in world.reporter.of(RecorderEnded)} == {Cause.NOT_STORED}
    assert len(world.recorder.sessions) > 2
    assert record_of(world).last is None


def test_storing_that_stops_while_pictures_arrive_ends_the_session() -> None:
    world = make_world()
    world.clock.after(20, lambda: setattr(world.recorder, "camera", MemoryCamera.UNSTORABLE))
    world.clock.after(50, lambda: setattr(world.recorder, "camera", MemoryCamera.NORMAL))

    world.run_for(90)

    assert world.reporter.of(RecorderEnded)[0].cause is Cause.NOT_STORED
    assert [entry.cause for entry in world.timeline() if entry.cause] == [Cause.NOT_STORED]
    (ended,) = [entry for entry in world.timeline() if entry.kind is TimelineKind.ENDED]
    assert ended.since
    assert abs(ended.since - NOON - timedelta(seconds=20)) < timedelta(seconds=1)


def test_a_machine_that_was_suspended_did_not_record_meanwhile() -> None:
    """A suspended machine's clock goes on: 8 h without a picture were 'never shown by the clock', and 100 %."""
    world = make_world()
    world.clock.after(13, lambda: world.clock.suspend(8 * 3600))

    world.run_for(30)

    assert world.reporter.of(RecorderEnded)[0].cause is Cause.SUSPENDED
    assert TimelineKind.CLOCK not in world.kinds()
    slept = 8 * 3600
    ends = [end for _, end in spans(world)]
    assert not any(13.5 < end < slept + 13 for end in ends)
    assert sum(end - begin for begin, end in spans(world)) == pytest.approx(30, abs=4)


def kill_after(world: World, seconds: float) -> None:
    """Let the supervisor die so long after its start, with whatever it had not written down."""

    def kill() -> None:
        world.storage.calls.is_on = False
        raise PowerCut

    world.clock.after(seconds, kill)
    with pytest.raises(PowerCut):
        world.run_for(2 * seconds)
    world.storage.calls.restart()


def test_a_clock_that_is_set_forward_within_a_session_stores_nothing_more() -> None:
    world = make_world()
    world.clock.after(13, lambda: setattr(world.clock, "wall", world.clock.wall + timedelta(hours=8)))

    world.run_for(30)

    assert sum(end - begin for begin, end in spans(world)) == pytest.approx(30, abs=4)
    assert not any(13.5 < end < 8 * 3600 + 13 for _, end in spans(world))


def test_what_a_killed_supervisor_did_not_write_down_is_read_from_the_file() -> None:
    world = make_world()
    world.options = attrs.evolve(world.options, segment_s=600)

    kill_after(world, 50)
    assert max(end for _, end in spans(world)) < 3, "it was killed before it wrote more"
    world.run_for(20)

    ends = [end for span in spans(world) for end in span]
    assert ends == [pytest.approx(each, abs=3) for each in (0, 50, 50, 70)]
    assert set(record_of(world).names) == set(world.segments())


def test_a_segment_of_a_killed_supervisor_of_which_nothing_is_known_began_when_its_name_says() -> None:
    world = make_world()
    world.storage.put(FOLDER / ".live/20250528T110000Z/ROST2_20250528T110500Z.3.mkv", b"00000000;" * 50)

    world.run_for(5)

    (begin, end), _ = spans(world)
    assert begin == -3300
    assert end == pytest.approx(-3290, abs=0.5)


def test_a_segment_of_a_killed_supervisor_has_the_time_of_the_record_and_not_of_a_file_that_was_touched() -> None:
    world = make_world()
    world.options = attrs.evolve(world.options, segment_s=600)

    kill_after(world, 50)
    (left,) = (path for path in world.storage.files(FOLDER / ".live") if path.suffix == ".mkv")
    world.storage.rename(left, target=left.with_name("ROST2_20250531T070000Z.1.mkv"))
    world.run_for(20)

    assert sorted(world.segments()) == ["ROST2_20250528T120000.mkv", "ROST2_20250528T120050.mkv"]


def test_a_record_that_cannot_be_written_or_read_keeps_nothing_from_being_recorded() -> None:
    world = make_world()
    world.storage.put(FOLDER / ".live/20250528T110000Z/ROST2_20250528T110500Z.3.mkv", b"00000000;" * 50)
    world.storage.put(FOLDER / STORED_FOLDER, b"a file")

    world.run_for(25)

    assert len(world.segments()) == 4
    assert world.reporter.of(RecordingTroubled)


def test_a_segment_that_cannot_be_read_is_adopted_all_the_same() -> None:
    world = make_world()
    left = FOLDER / ".live/20250528T110000Z/ROST2_20250528T110500Z.3.mkv"
    world.storage.put(left, b"00000000;" * 50)
    world.storage.calls.fail("pictures.count", DeniedError(left, "Input/output error"))

    world.run_for(5)

    assert "ROST2_20250528T110500.mkv" in world.segments()
    assert "Input/output error" in str(world.reporter.of(RecordingTroubled)[0])


def test_a_segment_that_somebody_took_away_before_it_was_counted_is_no_trouble() -> None:
    world = make_world()
    left = FOLDER / ".live/20250528T110000Z/ROST2_20250528T110500Z.3.mkv"
    world.storage.put(left, b"00000000;" * 50)
    world.storage.calls.hook("pictures.count", lambda: world.storage.tree.nodes.pop(left))

    world.run_for(5)

    assert list(world.segments()) == ["ROST2_20250528T120000.mkv"]
    assert not world.reporter.of(RecordingTroubled)


def _record_files(world: World) -> dict[str, str]:
    files = world.storage.files(FOLDER).items()
    return {path.name: content.decode() for path, content in files if path.parent.name == STORED_FOLDER}


def test_the_record_of_a_closed_day_has_one_line_for_each_run_and_one_for_each_name() -> None:
    world = make_world()
    world.options = attrs.evolve(world.options, segment_s=60)
    world.run_for(300)
    (before,) = _record_files(world).values()
    said = record_of(world)
    world.clock.wall += timedelta(days=2)

    world.run_for(5)

    after = _record_files(world)["2025-05-28"]
    assert len(after.splitlines()) == len(said.runs) + len(said.names) < len(before.splitlines())
    assert parse_stored([after]) == said


def test_a_recorder_that_runs_for_days_makes_the_record_of_each_smaller() -> None:
    world = make_world()
    world.options = attrs.evolve(world.options, segment_s=3600)
    world.recorder.tick_s = 20

    world.run_for(4 * 86_400)

    files = _record_files(world)
    assert len(files) == 5
    # a line for each segment that begins or ends on that day, and for each that gets its name
    assert [len(files[day].splitlines()) for day in sorted(files)[:2]] == [12 + 11, 25 + 24]


def test_the_oldest_files_of_the_record_go_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_keeping, "KEPT_FILES", 3)
    world = make_world()
    for name in ("1970-01-01", "2025-05-01", "2025-05-02", "2025-05-03", "2025-05-27", "2031-01-01", "notes"):
        world.storage.put(FOLDER / STORED_FOLDER / name, b"x\n")

    world.run_for(5)

    kept = ["2025-05-01", "2025-05-02", "2025-05-03", "2025-05-27", "2025-05-28", "2031-01-01", "notes"]
    assert sorted(_record_files(world)) == kept


def test_a_file_of_the_record_that_somebody_else_removed_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_keeping, "KEPT_FILES", 0)
    world = make_world()
    day = FOLDER / STORED_FOLDER / "1970-01-01"
    world.storage.put(day, b"x\n")
    world.storage.calls.hook("storage.entry", lambda: world.storage.tree.discard(day))

    stored_keeping.keep_small(day.parent, now=world.clock.wall, storage=world.storage)

    assert _record_files(world) == {}


def test_a_closed_day_is_made_smaller_once() -> None:
    world = make_world()
    world.run_for(100)
    folder, later = FOLDER / STORED_FOLDER, world.clock.wall + timedelta(days=2)
    before = _record_files(world)
    stored_keeping.keep_small(folder, now=later, storage=world.storage)
    assert _record_files(world) != before

    count = len(world.storage.calls.log)
    stored_keeping.keep_small(folder, now=later, storage=world.storage)
    done = {call.operation for call in world.storage.calls.log[count:]}
    assert done == {"storage.listing", "storage.read_text"}


def test_a_power_cut_while_the_record_is_made_smaller_costs_no_line_that_says_something() -> None:
    world = make_world()
    world.run_for(100)
    said = record_of(world)
    later = world.clock.wall + timedelta(days=2)
    points = 0
    while True:
        calls = Calls()
        copy = MemoryStorage(calls=calls)
        for path, content in world.storage.files(FOLDER).items():
            copy.put(path, content)
        calls.watchers.append(cut_at(points))
        try:
            stored_keeping.keep_small(FOLDER / STORED_FOLDER, now=later, storage=copy)
        except PowerCut:
            copy.restart()
        else:
            break
        assert parse_stored([copy.content(FOLDER / STORED_FOLDER / "2025-05-28").decode()]) == said
        points += 1
    assert points > 5


def cut_at(point: int) -> Callable[[Call, Phase], None]:
    """Cut the power at the call, or the half-done call, of this number."""
    reached = itertools.count()

    def look(_call: Call, _phase: Phase) -> None:
        if next(reached) == point:
            raise PowerCut

    return look


def test_a_record_that_cannot_be_made_smaller_is_told_and_written_on() -> None:
    world = make_world()
    world.storage.put(FOLDER / STORED_FOLDER / "2025-05-01", b"x\n")
    world.storage.calls.fail("storage.write_text", DeniedError(FOLDER, "Read-only file system"))

    world.run_for(5)

    assert "Read-only" in str(world.reporter.of(RecordingTroubled)[0])
    assert record_of(world).names


@pytest.mark.parametrize("version", VERSIONS)
def test_a_real_recorder_writes_down_what_can_be_played(version: str, tmp_path: Path) -> None:
    footage = make_footage(FFMPEGS["9.0"], tmp_path, kbps=150)
    with FakeCamera(footage) as camera, recording(tmp_path / "out", camera, version) as run:
        wait_for("two segments", lambda: len(run.segments()) >= 2)
        run.process.terminate()
        run.process.wait(timeout=60)
    files = sorted((run.folder / "ROST2" / STORED_FOLDER).iterdir())
    record = parse_stored(file.read_text() for file in files)
    assert set(record.names) == {path.name for path in run.segments()}
    for segment in run.segments():
        counts = {run.picture_count for run in record.runs.values() if run.segment in record.names[segment.name]}
        assert counts == {frames_of(segment)}
        stored = record.segment_named(segment.name, written_at=datetime.now(UTC))
        assert stored is not None
        (span,) = stored.spans
        assert span.seconds == pytest.approx(frames_of(segment) / footage.frame_rate, abs=1)
