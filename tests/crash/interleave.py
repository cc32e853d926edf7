"""Two jobs on one world in memory, interleaved at their calls, with the power cut at any point of the two.

A job is a function of the world; each runs in a thread of its own, but only one of them at a time. Turns change at the
points that `Calls` announces: before a call, in each half-done state, and after it.
"""

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

import attrs

from camvault.adapters.memory.calls import Call, Calls, Phase, PowerCut

W = TypeVar("W")
Job = Callable[[W], object]

_PATIENCE_S = 60


@attrs.frozen
class Schedule:
    """Who runs how long.

    Attributes:
        turns: After so many points the other job goes on; after the last turn each runs to its end, the first first.
        cut_at: The point, counted over both, at which the power fails; 0 for never.
    """

    turns: tuple[int, ...] = ()
    cut_at: int = 0

    def __str__(self) -> str:
        cut = f", the power fails at point {self.cut_at}" if self.cut_at else ""
        return f"turns of {', '.join(map(str, self.turns)) or 'everything'}{cut}"


@attrs.define
class _Baton(Generic[W]):
    """Whose turn it is, and for how many more points."""

    schedule: Schedule
    calls: Calls
    holder: int = 0
    point: int = 0
    _turn: int = 0
    _left: int = 0
    _ended: set[int] = attrs.field(factory=set)
    _changed: threading.Condition = attrs.field(factory=threading.Condition)
    _numbers: dict[int, int] = attrs.field(factory=dict)
    errors: dict[int, BaseException] = attrs.field(factory=dict)
    check: Callable[[str], None] = lambda _: None

    def __attrs_post_init__(self) -> None:
        self._left = self._length()

    def _length(self) -> int:
        turns = self.schedule.turns
        return turns[self._turn] if self._turn < len(turns) else -1

    def at(self, call: Call, phase: Phase) -> None:
        """A point of the job whose turn it is."""
        number = self._numbers.get(threading.get_ident())
        if number is None:
            return  # the test itself
        if phase is not Phase.BEFORE:  # nothing changed since the point before
            self.check(f"{phase.value} {call}")
        self.point += 1
        if self.point == self.schedule.cut_at:
            raise PowerCut
        self._left -= 1
        if self._left == 0:
            self._pass_on(number)
            self._await(number)

    def _pass_on(self, number: int) -> None:
        with self._changed:
            other = 1 - number
            self._turn += 1
            self._left = self._length()
            if other not in self._ended:
                self.holder = other
                self._changed.notify_all()

    def _await(self, number: int) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: self.holder == number, _PATIENCE_S):
                raise TimeoutError("the other job does not go on")
        if not self.calls.is_on:
            raise PowerCut

    def run(self, number: int, job: Job[W], world: W) -> None:
        """One job from its first turn to its end, in a thread of its own."""
        self._numbers[threading.get_ident()] = number
        try:
            self._await(number)
            job(world)
        except BaseException as error:  # noqa: BLE001 - handed to the test
            self.errors[number] = error
        finally:
            with self._changed:
                self._ended.add(number)
                self._left = -1
                self.holder = 1 - number
                self._changed.notify_all()


def run_both(
    world: W,
    calls: Calls,
    jobs: tuple[Job[W], Job[W]],
    schedule: Schedule,
    *,
    may_raise: tuple[type[BaseException], ...],
    check: Callable[[str], None] = lambda _: None,
) -> int:
    """Run both jobs; return how many points they had.

    Args:
        world: What both work on.
        calls: Of that world.
        jobs: The first one begins.
        schedule: Who runs when, and when the power fails.
        may_raise: What a job may end with.
        check: Called at every point at which something may have changed, with its name.
    """
    baton: _Baton[W] = _Baton(schedule, calls, check=check)
    calls.watchers.append(baton.at)
    threads = [threading.Thread(target=baton.run, args=(number, job, world)) for number, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(_PATIENCE_S)
        assert not thread.is_alive()
    calls.watchers.remove(baton.at)
    for error in baton.errors.values():
        if not isinstance(error, (*may_raise, *((PowerCut,) if schedule.cut_at else ()))):
            raise error
    return baton.point


def schedules(counts: tuple[int, int], *, chance: random.Random, number: int) -> Iterator[Schedule]:
    """Interleavings without a cut: each job in the middle of the other at every point, and a sample of finer ones."""
    first, _ = counts
    yield from (Schedule((turn,)) for turn in range(1, first + 1))
    for _ in range(number):
        yield Schedule(tuple(chance.randint(1, max(counts) // 2) for _ in range(chance.randint(2, 6))))


def cut_schedules(counts: tuple[int, int], *, chance: random.Random) -> Iterator[Schedule]:
    """A power cut at every point of the two, each in an interleaving of its own in which both have begun."""
    total = sum(counts)
    for cut_at in range(1, total + 1):
        yield Schedule(_some_turns(cut_at, counts, chance), cut_at)


def _some_turns(cut_at: int, counts: Sequence[int], chance: random.Random) -> tuple[int, ...]:
    first = chance.randint(1, max(1, min(cut_at - 1, counts[0] - 1)))
    return (first, *(chance.randint(1, max(1, counts[1] // 2)) for _ in range(chance.randint(0, 4))))
