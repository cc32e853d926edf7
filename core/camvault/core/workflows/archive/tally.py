"""Workflow, private part: what a run did, counted."""

import attrs

from camvault.core.archive.plan import LeftFile
from camvault.core.archive.records import ArchiveRecord
from camvault.core.workflows.archive.events import LeftAlone, ProblemKept
from camvault.core.workflows.archive.job import ArchiveJob
from camvault.ports.entries import FileEntry


@attrs.define(kw_only=True)
class ArchiveCounts:
    """What is counted.

    Attributes:
        transcoded_count: Archives that were made; `remuxed_count` of them are the source's own streams.
        verified_count: Archives of before that were found to be of their clips, and recorded.
        let_go_count: Clips that left the input because they are archived.
        removed_count: Files that went, for whatever reason, with `removed_bytes` in all.
        failed_count: Clips of which no archive could be made.
        never_archived_count: Clips that a rule took although no archive of them is known.
        left_count: Files that were left alone, which is in order.
        problem_count: Files that were kept because of a problem, folders that could not be listed, rules that could not
            be met.
        source_bytes: Of the clips that were transcoded; `archive_bytes` of their archives.
    """

    transcoded_count: int = 0
    remuxed_count: int = 0
    verified_count: int = 0
    let_go_count: int = 0
    removed_count: int = 0
    removed_bytes: int = 0
    failed_count: int = 0
    never_archived_count: int = 0
    left_count: int = 0
    problem_count: int = 0
    source_bytes: int = 0
    archive_bytes: int = 0


@attrs.define(kw_only=True)
class ArchiveReport(ArchiveCounts):
    """What a run did; `oldest` is the oldest day in each root now."""

    duration_s: float = 0.0
    oldest: tuple[tuple[str, str], ...] = ()


@attrs.define(kw_only=True)
class ArchiveTally(ArchiveCounts):
    """Counts while a run goes on."""

    job: ArchiveJob

    def left(self, file: LeftFile, *, is_told: bool = False) -> None:
        """Count and report a file that stays; `is_told`: the log says it already."""
        self.left_count += not file.is_problem
        self.problem_count += file.is_problem
        if not is_told:
            kind = ProblemKept if file.is_problem else LeftAlone
            self.job.ports.reporter.emit(kind(file.path, file.reason))
        self.job.tell(file)

    def transcoded(self, source_bytes: int, record: ArchiveRecord) -> None:
        """Count an archive that was made."""
        self.transcoded_count += 1
        self.remuxed_count += record.facts.encoder == "remux"
        self.source_bytes += source_bytes
        self.archive_bytes += record.archive_identity.size_bytes

    def removed(self, entry: FileEntry) -> None:
        """Count a file that went."""
        self.removed_count += 1
        self.removed_bytes += entry.identity.size_bytes

    def report(self, *, duration_s: float, oldest: tuple[tuple[str, str], ...]) -> ArchiveReport:
        """The counts so far."""
        counts = {count.name: getattr(self, count.name) for count in attrs.fields(ArchiveCounts)}
        return ArchiveReport(**counts, duration_s=duration_s, oldest=oldest)
