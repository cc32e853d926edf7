"""Adapter for tests and library users: the crash explorer, which stops a workflow everywhere and looks what is left.

    def make_world(calls: Calls) -> World:                      # small: every point is a run of its own
        storage = MemoryStorage(calls=calls)
        storage.put("/camera/clip.mp4", b"footage")
        return World(storage, cancel=MemoryCancellation())

    explore(
        make_world,
        lambda world: archive(CAMERA, storage=world.storage, cancel=world.cancel),
        snapshot=lambda world: world.storage.files(),
        invariants={"no footage is lost": lambda world: b"footage" in world.storage.files().values()},
        restart=lambda world: world.reset(),
        stop=lambda world: world.cancel.request(),
    )

It runs the workflow undisturbed once. Then, each time in a new world, it

* cuts the power before each call of a port, in each half-done state within it, and after it;
* lets each call fail once with each of `errors`;
* asks to stop before each call, if it was told how (`stop`);

and after each of these lets the workflow run again, undisturbed. Then it does the same with two faults: one of the
above, and a power cut during the run after it. Where that is more than `pairs`, a sample that is the same every time
is taken.

The invariants are asked after every run. The last run of each world must succeed and end in the same snapshot as the
undisturbed one (INV-8), unless it fails with an error that `may_refuse` accepts. A run that is disturbed may raise what
camvault raises on purpose, and nothing else.

A power cut is a `PowerCut`, no `Exception`, and after it every call is cut off too: neither `except` nor `finally` of a
workflow has an effect that a machine without power would not have. Only what goes through `Calls` exists for the
explorer: ports in memory announce their calls, others do with `watched`.
"""

import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import PurePath
from typing import Generic, TypeVar

import attrs

from camvault.adapters.memory.calls import Call, Calls, Phase, PowerCut
from camvault.ports.errors import CamvaultError, NoSpaceError, StorageError

W = TypeVar("W")

Check = Callable[[W], object]
"""Holds if it returns None or True; False, a text that says what is wrong, or an AssertionError is a violation."""

MakeError = Callable[[Call], CamvaultError | None]
"""The error that a call shall raise; None if it cannot."""

_WRITING = frozenset({"storage.copy", "storage.write_text", "storage.append_line", "storage.make_folder"})
_CALLS_SHOWN = 12


def io_error(call: Call) -> CamvaultError | None:
    """What a dying disk says to every operation on files."""
    return StorageError(_path_of(call), "Input/output error") if call.operation.startswith("storage.") else None


def no_space(call: Call) -> CamvaultError | None:
    """What a full disk says to operations that write."""
    return NoSpaceError(_path_of(call), "No space left on device") if call.operation in _WRITING else None


def _path_of(call: Call) -> PurePath:
    return next((argument for argument in call.arguments if isinstance(argument, PurePath)), PurePath("/"))


class Violation(AssertionError):  # noqa: N818 - what was found in the workflow
    """A workflow broke a promise; the text names the fault, the promise and the calls that led there."""


@attrs.frozen
class Exploration:
    """How much was explored."""

    call_count: int
    cut_count: int
    error_count: int
    stop_count: int
    pair_count: int
    possible_pair_count: int

    def __str__(self) -> str:
        return (
            f"explored {self.cut_count} power cuts, {self.error_count} errors, {self.stop_count} stops and "
            f"{self.pair_count} of {self.possible_pair_count} pairs of faults, around {self.call_count} calls"
        )


def explore(
    make_world: Callable[[Calls], W],
    run: Callable[[W], object],
    *,
    snapshot: Callable[[W], object],
    invariants: Mapping[str, Check[W]] | None = None,
    rerun: Callable[[W], object] | None = None,
    restart: Callable[[W], object] = lambda _: None,
    stop: Callable[[W], object] | None = None,
    errors: Sequence[MakeError] = (io_error, no_space),
    may_refuse: Callable[[W, CamvaultError], bool] = lambda _, __: False,
    pairs: int = 200,
    every: int = 1,
    say: Callable[[str], None] = print,
) -> Exploration:
    """Explore a workflow, and say how much was explored.

    Args:
        make_world: Makes the same new world each time, with every port on the given `Calls`.
        run: Runs the workflow.
        snapshot: What must be the same in the end: file contents, say, but not the times of records.
        invariants: What must hold after every run, by the sentence that says it. May call ports.
        rerun: How the workflow is run after a fault, if differently (a `--resume`).
        restart: What a new process means for the world: a cancellation that was not requested, locks let go.
        stop: How the workflow is asked to stop.
        errors: Which errors calls may raise.
        may_refuse: Whether a run after a fault may end with this error: one that says exactly what it needs.
        pairs: How many pairs of faults are tried.
        every: Of the power cuts and stops each so-manieth is tried, and of the pairs so small a part; errors all are.
            Not a multiple of 2 or 3, which are the points of a call.
        say: Gets one line with the numbers.

    Raises:
        Violation: A promise was broken.
    """
    setup = _Setup(
        make_world, run, rerun or run, snapshot, dict(invariants or {}), restart, stop, tuple(errors), may_refuse
    )  # fmt: skip
    found = _explore(setup, pairs // every, every)
    say(str(found))
    return found


@attrs.frozen
class _Setup(Generic[W]):
    make_world: Callable[[Calls], W]
    run: Callable[[W], object]
    rerun: Callable[[W], object]
    snapshot: Callable[[W], object]
    invariants: dict[str, Check[W]]
    restart: Callable[[W], object]
    stop: Callable[[W], object] | None
    errors: tuple[MakeError, ...]
    may_refuse: Callable[[W, CamvaultError], bool]


def _explore(setup: _Setup[W], pairs: int, every: int) -> Exploration:
    undisturbed = _Life(setup)
    undisturbed.live(setup.run)
    call_count = len(undisturbed.calls.log)
    if not call_count:
        raise ValueError("the workflow made no call that could be explored")
    expected = undisturbed.look()

    cuts = _singles(setup, expected, lambda _, number: _Cut(number), every)
    errors = [found for make in setup.errors for found in _singles(setup, expected, _error_maker(make))]
    stops: list[_Single[W]] = []
    if setup.stop:
        stops = _singles(setup, expected, lambda life, number: _Stop(number, life.ask_to_stop), every)

    possible = [(single, number) for single in (*cuts, *errors, *stops) for number in range(1, single.points_after + 1)]
    chosen = possible if len(possible) <= pairs else random.Random(0).sample(possible, pairs)  # noqa: S311
    for single, number in chosen:
        _pair(setup, expected, single, number)
    return Exploration(call_count, len(cuts), len(errors), len(stops), len(chosen), len(possible))


# --- faults ----------------------------------------------------------------------------------------------------------


@attrs.define
class _Fault:
    """Something that happens once: at the point with this number (from 1). `what` tells it once it happened."""

    number: int
    point: int = attrs.field(default=0, init=False)
    what: str = attrs.field(default="", init=False)

    def __call__(self, call: Call, phase: Phase) -> None:
        if self.is_counted(phase):
            self.point += 1
            if self.point == self.number:
                self.happen(call, phase)

    def is_counted(self, phase: Phase) -> bool:
        """Whether it could happen there."""
        return phase is Phase.BEFORE

    def happen(self, call: Call, phase: Phase) -> None:
        """Do it. The base only counts."""


@attrs.define
class _Count(_Fault):
    """Every point at which the power can be cut. Nothing happens."""

    number: int = 0

    def is_counted(self, phase: Phase) -> bool:
        return phase in Phase


@attrs.define
class _Cut(_Count):
    def happen(self, call: Call, phase: Phase) -> None:
        self.what = f"a power cut {phase.value} {call}"
        raise PowerCut


@attrs.define
class _Error(_Fault):
    make: MakeError

    def happen(self, call: Call, phase: Phase) -> None:
        error = self.make(call)
        if error is not None:
            self.what = f"{type(error).__name__} {phase.value} {call}"
            raise error


@attrs.define
class _Stop(_Fault):
    ask: Callable[[], object]

    def happen(self, call: Call, phase: Phase) -> None:
        self.what = f"a stop that was asked for {phase.value} {call}"
        self.ask()


def _error_maker(make: MakeError) -> Callable[[object, int], _Fault]:
    return lambda _, number: _Error(number, make)


@attrs.frozen
class _Single(Generic[W]):
    """A fault that happened, and how many points the run after it had."""

    make: Callable[["_Life[W]", int], _Fault]
    number: int
    points_after: int


def _singles(
    setup: _Setup[W], expected: object, make: Callable[["_Life[W]", int], _Fault], every: int = 1
) -> list[_Single[W]]:
    """Every fault of a kind, each in a world of its own, until the workflow ends before it."""
    found: list[_Single[W]] = []
    for number in itertools.count(1, every):
        life = _Life(setup)
        fault = make(life, number)
        life.live(setup.run, fault)
        if fault.point < number:
            return found
        if fault.what:
            points = _Count()
            life.finish(expected, points)
            found.append(_Single(make, number, points.point))
    raise AssertionError  # itertools.count does not end


def _pair(setup: _Setup[W], expected: object, first: _Single[W], number: int) -> None:
    """The fault again, and a power cut in the run after it."""
    life = _Life(setup)
    life.live(setup.run, first.make(life, first.number))
    life.live(setup.rerun, _Cut(number))
    life.finish(expected)


# --- one world -------------------------------------------------------------------------------------------------------


class _Life(Generic[W]):
    """A world from its beginning to its end, and what happened in it."""

    def __init__(self, setup: _Setup[W]) -> None:
        self.calls = Calls()
        self._setup = setup
        self._world = setup.make_world(self.calls)
        self._story: list[str] = []
        del self.calls.log[:]

    def ask_to_stop(self) -> None:
        """As the user would."""
        if self._setup.stop:
            self._setup.stop(self._world)

    def live(self, run: Callable[[W], object], fault: _Fault | None = None) -> None:
        """One run. Undisturbed it must succeed; disturbed it may fail, but on purpose."""
        watchers = list(self.calls.watchers)
        self.calls.watchers += [fault] if fault else []
        error: Exception | None = None
        try:
            run(self._world)
        except PowerCut:
            error = None
        except Exception as raised:  # noqa: BLE001 - judged below
            error = raised if self.calls.is_on else None
        self.calls.watchers[:] = watchers
        self.calls.restart()
        self._setup.restart(self._world)
        self._story.append(fault.what if fault and fault.what else "an undisturbed run")
        self._judge(error, is_disturbed=bool(fault and fault.what))
        self._check_invariants()

    def finish(self, expected: object, points: _Fault | None = None) -> None:
        """The run after the faults; it must end where an undisturbed one ends."""
        try:
            self.live(self._setup.rerun, points)
        except _Refused:
            return
        found = self.look()
        if found != expected:
            raise self._violation(f"it ended otherwise than an undisturbed run: {_difference(expected, found)}")

    def look(self) -> object:
        """The snapshot."""
        with self._unwatched():
            return self._setup.snapshot(self._world)

    def _judge(self, error: Exception | None, *, is_disturbed: bool) -> None:
        if error is None or (is_disturbed and isinstance(error, CamvaultError)):
            return
        if len(self._story) > 1 and isinstance(error, CamvaultError) and self._setup.may_refuse(self._world, error):
            self._check_invariants()
            raise _Refused
        raise self._violation(f"the run failed with {type(error).__name__}: {error}") from error

    def _check_invariants(self) -> None:
        for sentence, check in self._setup.invariants.items():
            with self._unwatched():
                try:
                    found = check(self._world)
                except AssertionError as error:
                    found = str(error) or False
            if found is not None and found is not True:
                raise self._violation(f'not true: "{sentence}"' + (f": {found}" if found else ""))

    @contextmanager
    def _unwatched(self) -> Iterator[None]:
        """Inside, calls are not part of the story."""
        watchers, count = list(self.calls.watchers), len(self.calls.log)
        self.calls.watchers.clear()
        try:
            yield
        finally:
            self.calls.watchers[:] = watchers
            del self.calls.log[count:]

    def _violation(self, problem: str) -> Violation:
        calls = [f"  {call}" for call in self.calls.log[-_CALLS_SHOWN:]]
        return Violation("\n".join([f"after {', then '.join(self._story)}:", problem, "the last calls were", *calls]))


class _Refused(Exception):  # noqa: N818 - a run that said what it needs
    pass


def _difference(expected: object, found: object) -> str:
    """Where two snapshots differ, key by key if they are mappings."""
    if not (isinstance(expected, Mapping) and isinstance(found, Mapping)):
        return f"expected {expected!r}, found {found!r}"
    keys = sorted({*expected, *found}, key=str)
    return "; ".join(
        f"{key}: expected {expected.get(key, 'nothing')!r}, found {found.get(key, 'nothing')!r}"
        for key in keys
        if expected.get(key) != found.get(key)
    )
