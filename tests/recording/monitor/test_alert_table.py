"""Each failure of `docs/design/alerts-recording.md` is caused, and told of in time, once and when it is over."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path, PurePath

import attrs
import pytest

from camvault.core.segments.coverage import Span
from camvault.core.segments.stored_record import STORED_FOLDER, StoredRun, stored_file, stored_line
from camvault.core.workflows.recording.monitor import unit_of
from camvault.ports.errors import UsageError
from tests.recording.monitor.desk import EVERY_S, HEADER, ROOT, World, make_world

PAGE = Path(__file__).parents[3] / "docs/design/alerts-recording.md"
ROWS = {
    cells[0]: (float(cells[1]), int(cells[2]))
    for line in PAGE.read_text("utf-8").splitlines()
    if line.startswith("| ") and (cells := [cell.strip() for cell in line.strip("|").split("|")])[1].isdecimal()
}
READY = PurePath("/ready")
HOURS = 7 * 3600
JOB, TIMER = "backup_video.service", "backup_video.timer"


@attrs.define
class Failure:
    """A world whose station ROST2 fails while `is_on`; `each` is what happens before each look then."""

    world: World
    is_on: bool = False
    each: Callable[[], None] = lambda: None
    begin: Callable[[], None] = lambda: None
    end: Callable[[], None] = lambda: None
    well: Callable[[], None] = lambda: None

    def live(self, seconds: float) -> None:
        for _ in range(int(seconds // EVERY_S)):
            self.world.clock.advance(EVERY_S)
            (self.each if self.is_on else self.well)()
            self.world.write(EVERY_S)
            try:
                self.world.look()
            except UsageError:
                assert self.is_on


def stored(
    world: World,
    *,
    pictures: int,
    last_s: float,
    seconds: float,
    session: str = "20250718T101500Z",
    boot: str | None = None,
) -> None:
    """The recorder writes down that pictures arrived, up to `last_s` ago."""
    now, boot_s = world.clock.now(), world.clock.boot_s()
    last_at = now - timedelta(seconds=last_s)
    number = int(boot_s)
    run = StoredRun(
        at=now,
        segment=(session, number),
        run=0,
        span=Span(last_at - timedelta(seconds=seconds), last_at),
        boot=world.options.boot if boot is None else boot,
        boot_s=boot_s - last_s,
        picture_count=pictures,
        size_bytes=1,
    )
    world.storage.put_folder(ROOT / "ROST2" / STORED_FOLDER)
    world.storage.append_line(ROOT / "ROST2" / STORED_FOLDER / stored_file(now), stored_line(run))


def supervised(each: Callable[[World], None]) -> Failure:
    world = make_world()
    world.add("ROST2", is_recording=False)
    return Failure(
        world,
        each=lambda: each(world),
        well=lambda: stored(world, pictures=7500, last_s=0, seconds=EVERY_S),
    )


def starts_fail() -> Failure:
    return supervised(lambda _: None)


def stores_a_second() -> Failure:
    return supervised(lambda world: stored(world, pictures=25, last_s=40, seconds=1))


def half_is_recorded() -> Failure:
    return supervised(lambda world: stored(world, pictures=3750, last_s=0, seconds=EVERY_S / 2))


def only_headers() -> Failure:
    """Of a recorder that writes nothing down: each start leaves a file, and they grow."""
    world = make_world("ROST2")
    live = ROOT / "ROST2/.live/20250718T101500Z.exec"

    def each() -> None:
        mtime_ns = int(world.clock.wall.timestamp() * 1e9)
        world.storage.put(live / f"ROST2_20250718T101500Z.{mtime_ns}.mkv", HEADER * 3, mtime_ns=mtime_ns)

    return Failure(
        world,
        each=each,
        begin=lambda: world.recording.discard("ROST2"),
        end=lambda: world.recording.add("ROST2"),
    )


def hangs() -> Failure:
    world = make_world("ROST2")
    return Failure(world, begin=lambda: world.recording.discard("ROST2"), end=lambda: world.recording.add("ROST2"))


def crash_loop() -> Failure:
    """The unit is always just starting: its age said that it was to be given time to begin, at each look."""
    failure = hangs()
    world = failure.world
    world.services.clock = world.clock
    world.options = attrs.evolve(world.options, segment_s=60)
    failure.each = lambda: world.services.restart(unit_of("ROST2"))
    return failure


def unreadable_station() -> Failure:
    world = make_world("ROST2")
    folder = ROOT / "ROST2"
    return Failure(
        world, begin=lambda: world.storage.unreadable.add(folder), end=lambda: world.storage.unreadable.discard(folder)
    )


def unreadable_disk() -> Failure:
    world = make_world("ROST2")
    return Failure(
        world, begin=lambda: world.storage.unreadable.add(ROOT), end=lambda: world.storage.unreadable.discard(ROOT)
    )


def silent_disk() -> Failure:
    world = make_world("ROST2")
    return Failure(world, begin=lambda: world.silent.add(ROOT), end=lambda: world.silent.discard(ROOT))


def silent_folder() -> Failure:
    world = make_world("ROST2")
    problem = f"ready_for_backup_dir ({READY}): it does not answer"

    def say(text: str) -> None:
        world.options = attrs.evolve(world.options, places={READY: text})

    return Failure(world, begin=lambda: say(problem), end=lambda: say(""))


def full(folder: PurePath) -> Failure:
    world = make_world("ROST2")
    world.storage.put_folder(READY)
    world.options = attrs.evolve(world.options, places={READY: ""})
    world.storage.mount(folder, name="disk")
    world.storage.put(folder / "other", b"x" * 100_000)

    def resize(capacity_bytes: int | None) -> None:
        volumes = world.storage.tree.volumes
        volumes[folder] = attrs.evolve(volumes[folder], capacity_bytes=capacity_bytes)

    return Failure(world, begin=lambda: resize(110_000), end=lambda: resize(None))


def job_fails() -> Failure:
    world = make_world("ROST2")
    world.services.known.add(JOB)
    world.options = attrs.evolve(world.options, jobs={JOB: 600})
    return Failure(world, begin=lambda: world.services.failed.add(JOB), end=lambda: world.services.failed.discard(JOB))


def job_world() -> World:
    world = make_world("ROST2")
    world.services.clock = world.clock
    world.services.known |= {JOB, TIMER}
    world.services.start((TIMER,))
    world.services.enable((TIMER,))
    world.options = attrs.evolve(world.options, jobs={JOB: 600})
    return world


def job_is_not_started() -> Failure:
    """Of a unit that was not mounted for once, systemd's timer never starts another run."""
    world = job_world()
    failure = Failure(world)
    failure.well = lambda: world.services.changed_s.update({JOB: world.clock.monotonic_s()})
    return failure


def job_hangs() -> Failure:
    failure = job_is_not_started()
    services = failure.world.services
    failure.begin = lambda: services.start((JOB,))
    failure.end = lambda: services.stop((JOB,))
    return failure


def job_is_stopped() -> Failure:
    failure = job_is_not_started()
    services = failure.world.services
    failure.begin = lambda: services.stop((TIMER,))
    failure.end = lambda: services.start((TIMER,))
    return failure


KINDS: dict[str, Callable[[], Failure]] = {
    "segments without pictures": only_headers,
    "the recorder stores a second, hangs, and starts again": stores_a_second,
    "failed starts": starts_fail,
    "recorder hangs, no supervisor": hangs,
    "crash loop of short segments": crash_loop,
    "folder of a station cannot be read": unreadable_station,
    "recording disk cannot be read": unreadable_disk,
    "recording disk hangs": silent_disk,
    "another folder hangs": silent_folder,
    "recording disk fills up": lambda: full(ROOT),
    "disk of another folder fills up": lambda: full(READY),
    "job fails in each run": job_fails,
    "job is not started any more": job_is_not_started,
    "timer of a job was stopped": job_is_stopped,
    "run of a job does not end": job_hangs,
    "too little of the last hour is recorded": half_is_recorded,
}


def test_the_table_names_every_kind() -> None:
    assert set(ROWS) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_each_failure_is_told_of_in_time_once_and_when_it_is_over(kind: str) -> None:
    minutes, messages = ROWS[kind]
    failure = KINDS[kind]()
    failure.live(2 * 3600)
    assert not failure.world.mail.sent, failure.world.subjects()
    began_at = failure.world.clock.wall
    failure.is_on = True
    failure.begin()
    failure.live(HOURS)
    assert len(failure.world.mail.sent) == messages - 1, failure.world.subjects()
    assert (failure.world.mail.sent[0].raised_at - began_at).total_seconds() <= minutes * 60
    failure.is_on = False
    failure.end()
    failure.live(HOURS)
    assert len(failure.world.mail.sent) == messages, failure.world.subjects()
