"""Adapter for pytest: the contract of `Recorder`."""

import threading
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Protocol

import attrs
import pytest

from camvault.ports.recorder import MediaProgress, Recorder, RecorderEnd, RecorderSettings, StreamSource

PATTERN = "ROST2_20250528T152003Z.%d.mkv"
FOR_S = 2.0
PATIENCE_S = 60.0
PASSWORD = "n0t-to-be-t0ld"  # noqa: S105 - of no account


class RecorderHarness(Protocol):
    """A recorder, a camera that sends, and the folder of a session."""

    @property
    def recorder(self) -> Recorder:
        """The adapter under test."""
        ...

    @property
    def camera(self) -> StreamSource:
        """A camera that sends a picture for as long as the test runs; it asks for a password if it can."""
        ...

    @property
    def silent(self) -> StreamSource:
        """A source at which nothing answers, or that refuses."""
        ...

    @property
    def folder(self) -> PurePath:
        """An empty folder for the session."""
        ...

    def segments(self) -> Mapping[str, int]:
        """The files in `folder`, and the size in bytes of each."""
        ...

    def monotonic_s(self) -> float:
        """The time in which the recorder works."""
        ...


@attrs.define
class _Session:
    """What a supervisor sees of one session, which it ends `for_s` after the first media arrived."""

    harness: RecorderHarness
    for_s: float
    progress: list[MediaProgress] = attrs.field(factory=list)
    lines: list[str] = attrs.field(factory=list)
    ticks_s: list[float] = attrs.field(factory=list)
    threads: set[int] = attrs.field(factory=set)
    _until_s: float = attrs.field(init=False)

    def record(self, source: StreamSource) -> RecorderEnd:
        self._until_s = self.harness.monotonic_s() + (PATIENCE_S if self.for_s else 0)
        return self.harness.recorder.record(
            source,
            settings=RecorderSettings(self.harness.folder, PATTERN, segment_s=600),
            on_progress=self._progressed,
            on_log=self._said,
            on_tick=self._tick,
        )

    @property
    def overdue_s(self) -> float:
        """How long ago the recorder was asked to end."""
        return self.harness.monotonic_s() - self._until_s

    def _progressed(self, progress: MediaProgress) -> None:
        if not self.progress:
            self._until_s = self.harness.monotonic_s() + self.for_s
        self.progress.append(progress)
        self.threads.add(threading.get_ident())

    def _said(self, line: str) -> None:
        self.lines.append(line)
        self.threads.add(threading.get_ident())

    def _tick(self) -> bool:
        self.ticks_s.append(self.harness.monotonic_s())
        self.threads.add(threading.get_ident())
        return self.ticks_s[-1] < self._until_s


def _grown(values: list[int | None]) -> bool:
    told = [value for value in values if value is not None]
    return told == sorted(told) and len(set(told)) > 1


class RecorderContract:
    """What core relies on: media are told of while they arrive, the supervisor is asked, and an end is an end.

    Provide:
        harness (`RecorderHarness`): The adapter under test, and a camera.
    """

    @pytest.fixture
    def harness(self) -> RecorderHarness:
        """The adapter under test, and a camera."""
        raise NotImplementedError("provide the fixture `harness`")

    @pytest.fixture
    def session(self, harness: RecorderHarness) -> Callable[[float], _Session]:
        """A supervisor that lets a session run for so many seconds."""
        return lambda for_s: _Session(harness, for_s)

    def test_what_is_recorded_lies_in_the_folder_under_names_of_the_pattern(
        self, harness: RecorderHarness, session: Callable[[float], _Session]
    ) -> None:
        session(FOR_S).record(harness.camera)

        found = harness.segments()
        assert found
        assert sorted(found) == sorted(PATTERN.replace("%d", str(number + 1)) for number in range(len(found)))
        assert sum(found.values()) > 0

    def test_media_that_arrive_are_told_of(
        self, harness: RecorderHarness, session: Callable[[float], _Session]
    ) -> None:
        seen = session(FOR_S)
        seen.record(harness.camera)

        frames, positions = zip(*((told.frame_count, told.position_us) for told in seen.progress), strict=True)
        assert _grown(list(frames)) or _grown(list(positions))

    def test_the_supervisor_is_asked_five_times_a_second(
        self, harness: RecorderHarness, session: Callable[[float], _Session]
    ) -> None:
        seen = session(FOR_S)
        seen.record(harness.camera)

        during = [at_s for at_s in seen.ticks_s if at_s > seen.ticks_s[-1] - FOR_S]
        assert len(during) >= 4 * FOR_S  # a machine under load is late now and then

    def test_all_callbacks_come_from_the_calling_thread(
        self, harness: RecorderHarness, session: Callable[[float], _Session]
    ) -> None:
        seen = session(1.0)
        seen.record(harness.camera)

        assert seen.threads == {threading.get_ident()}

    def test_a_recorder_that_is_asked_to_end_ends(
        self, harness: RecorderHarness, session: Callable[[float], _Session]
    ) -> None:
        seen = session(1.0)
        seen.record(harness.camera)

        assert 0 <= seen.overdue_s < 10

    def test_a_recorder_that_is_not_wanted_ends(
        self, harness: RecorderHarness, session: Callable[[float], _Session]
    ) -> None:
        seen = session(0.0)
        seen.record(harness.camera)

        assert seen.overdue_s < 10
        assert seen.ticks_s

    def test_a_camera_that_does_not_answer_ends_the_session_with_its_reason(
        self, harness: RecorderHarness, session: Callable[[float], _Session]
    ) -> None:
        seen = session(FOR_S)
        ended = seen.record(harness.silent)

        assert ended.exit_code
        assert ended.reason
        assert seen.progress == []
        assert sum(harness.segments().values()) == 0

    def test_the_password_is_in_no_line(self, harness: RecorderHarness, session: Callable[[float], _Session]) -> None:
        source = attrs.evolve(harness.silent, user="viewer", password=PASSWORD)
        seen = session(FOR_S)
        ended = seen.record(source)

        assert [line for line in (*seen.lines, ended.reason) if source.password in line] == []
        assert source.password not in repr(source)
