"""Workflow: what `organize` did, counted; an error of one file stops no other."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePath

import attrs

from camvault.core.segments.lifecycle import SegmentState
from camvault.core.workflows.steps.crossing import ToldBeforeError
from camvault.core.workflows.steps.segment_step import StepRefused, StepRefusedError
from camvault.ports.entries import FileEntry
from camvault.ports.errors import BusyError, StorageError
from camvault.ports.events import Failed, Reporter


@attrs.frozen
class OrganizeReport:
    """How many files went where; `problem_count` files or folders stay where they are because of an error.

    `newest` is, of each station, the file with the latest time of change that was moved, at its new place.
    """

    moved_count: int = 0
    quarantined_count: int = 0
    problem_count: int = 0
    newest: Mapping[str, PurePath] = attrs.field(factory=dict)


@attrs.define
class Tally:
    """Counts while `organize` runs."""

    reporter: Reporter
    moved_count: int = 0
    quarantined_count: int = 0
    problem_count: int = 0
    _newest: dict[str, tuple[int, PurePath]] = attrs.field(factory=dict, init=False)

    @contextmanager
    def guarded(self, path: PurePath) -> Iterator[None]:
        """Inside, an error of storage, or another process that uses a file, is reported and counted, instead of raised.

        A reason that holds for many files is reported once. What the lifecycle refuses is reported, too.
        A file that is still written is no problem: a later run moves it.
        """
        try:
            yield
        except StepRefusedError as error:
            self.problem_count += error.state is not SegmentState.RECORDING
            self.reporter.emit(StepRefused("organize", error.path, error.refusal))
        except ToldBeforeError:
            self.problem_count += 1
        except (BusyError, StorageError) as error:
            self.problem(f"[organize] {path} stays where it is: {error}")

    def problem(self, words: str) -> None:
        """Report and count something because of which files stay where they are."""
        self.problem_count += 1
        self.reporter.emit(Failed(words))

    def moved(self, station: str, file: FileEntry, target: PurePath) -> None:
        """Count a file that was moved to its date folder."""
        self.moved_count += 1
        moved = file.identity.mtime_ns, target
        self._newest[station] = max(moved, self._newest.get(station, moved))

    def report(self) -> OrganizeReport:
        """The counts so far."""
        newest = {station: path for station, (_, path) in self._newest.items()}
        return OrganizeReport(self.moved_count, self.quarantined_count, self.problem_count, newest)
