"""Workflow, private part: what is known of one day: its archives, its clips, its trash, its records."""

from datetime import date, datetime
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.core.archive.clip_pairs import DatedClip, paired
from camvault.core.archive.dated_names import DatedName, NamePattern, parse_archive_name
from camvault.core.archive.lifecycle import is_archive_there
from camvault.core.archive.records import INPUT, OUTPUT, ArchiveRecord, facts_of, record_of
from camvault.core.archive.report import TRASH, ClipFact, ClipStanding, Holdings
from camvault.core.segments.ledger import LedgerEntry, ProofKind
from camvault.core.workflows.archive.job import ArchiveRoots
from camvault.core.workflows.archive.ledgers import day_of_stamp
from camvault.core.workflows.archive.observing import DateFolders
from camvault.core.workflows.archive.report_looks import ReportLooks, day_of
from camvault.ports.entries import FileIdentity, Recognition


@attrs.define(kw_only=True)
class ReportDays:
    """Turns what is seen of a day into facts.

    Attributes:
        roots: The trees.
        pattern: How clips are named.
        since: Earlier days are left out.
        looks: What is known of single files.
        holdings: Takes the facts.
    """

    roots: ArchiveRoots
    pattern: NamePattern
    since: date | None
    looks: ReportLooks
    holdings: Holdings

    def archive(self, folders: DateFolders) -> None:
        """A day of the archive."""
        seen = self.looks.archives_of(folders.day)
        self._occupy(OUTPUT, folders)
        for folder, listing in folders.folders.items():
            below = folder.relative_to(self.roots.output).as_posix()
            for file in listing.files:
                name = parse_archive_name(file.name)
                if name is not None:
                    path, identity = f"{below}/{file.name}", listing.identity_of(file)
                    seen[path] = identity
                    self._add(self._archive_fact(path, name.stamp, identity))

    def _archive_fact(self, path: str, stamp: datetime, identity: FileIdentity) -> ClipFact:
        ledger_day = day_of_stamp(stamp)
        made = self.looks.ledger(ledger_day).entries.get(PurePosixPath(OUTPUT, path))
        source = self.looks.sources(ledger_day).get(path)
        is_this = made is not None and made.identity.recognized_in(identity) is not Recognition.OTHER
        if made is None or made.kind is not ProofKind.ENCODED or not is_this:
            return ClipFact(stamp.date(), None, ClipStanding.UNRECORDED, identity.size_bytes)
        if source is None or source.line.sha256 != made.where:
            return ClipFact(stamp.date(), None, ClipStanding.UNRECORDED, identity.size_bytes)
        facts = facts_of(made.note)
        return ClipFact(
            stamp.date(),
            source.name.camera,
            ClipStanding.KEPT,
            identity.size_bytes,
            source_bytes=source.line.identity.size_bytes,
            encoder=facts.encoder,
            quality=facts.quality,
            archive=path,
        )

    def input(self, folders: DateFolders) -> None:
        """A day of the input."""
        self._occupy(INPUT, folders)
        for clip in paired(folders.footage(self.pattern)).clips:
            ledger = self.looks.ledger(day_of_stamp(clip.name.stamp))
            below = PurePosixPath(clip.entry.path.relative_to(self.roots.input))
            self._add(self._clip_fact(clip, record_of(ledger, below, clip.entry.identity)))

    def _clip_fact(self, clip: DatedClip, known: ArchiveRecord | None) -> ClipFact:
        standing = ClipStanding.WAITING
        if known is not None and is_archive_there(known, self.looks.archive(str(known.archive))):
            standing = ClipStanding.DOUBTFUL if known.facts.doubts else ClipStanding.DONE
        return ClipFact(clip.name.stamp.date(), clip.name.camera, standing, clip.size_bytes)

    def trashed_clips(self, folders: DateFolders, *, root: PurePath) -> None:
        """A day of the trash, below `root`, which is where clips of the input are."""
        self._occupy(TRASH, folders)
        for clip in paired(folders.footage(self.pattern)).clips:
            below = PurePosixPath(clip.entry.path.relative_to(root))
            ledger = self.looks.ledger(day_of_stamp(clip.name.stamp))
            if record_of(ledger, below, clip.entry.identity) is None:
                day = clip.name.stamp.date()
                self._add(ClipFact(day, clip.name.camera, ClipStanding.TRASHED, clip.size_bytes))

    def trashed_archives(self, folders: DateFolders) -> None:
        """A day of the archives in the trash."""
        self._occupy(TRASH, folders)

    def came_into_trash(self, day_text: str) -> None:
        """Footage of this day came into the trash at some time."""
        day = day_of(day_text)
        if day is not None:
            self.holdings.went(TRASH, day)

    def ledger(self, ledger_day: str) -> None:
        """The records of a day, of which everything else was seen: what they tell of files that are not there."""
        for path, line in self.looks.ledger(ledger_day).entries.items():
            area, _, below = str(path).partition("/")
            if area == INPUT:
                name = self.pattern.parse(path.name)
                day = day_of(ledger_day) if name is None else name.stamp.date()
                fact = None if name is None else self._deleted_fact(name, line)
            else:
                archive = parse_archive_name(path.name)
                day = None if archive is None else archive.stamp.date()
                fact = None if day is None else self._gone_fact(day, ledger_day, below, line)
            if day is not None:
                self.holdings.went(area, day)
            if fact is not None:
                self._add(fact)

    def _deleted_fact(self, name: DatedName, line: LedgerEntry) -> ClipFact | None:
        if line.kind is not ProofKind.LOST or line.where or not name.is_clip:
            return None
        return ClipFact(name.stamp.date(), name.camera, ClipStanding.DELETED, line.identity.size_bytes)

    def _gone_fact(self, day: date, ledger_day: str, below: str, line: LedgerEntry) -> ClipFact | None:
        source = self.looks.sources(ledger_day).get(below)
        if source is None or self.looks.archive(below) is not None:
            return None
        fact = ClipFact(day, source.name.camera, ClipStanding.GONE, line.identity.size_bytes)
        if line.kind is ProofKind.LOST or below in self.looks.trashed_archives(ledger_day):
            return fact
        there = self.looks.identity(self.roots.input / source.below)
        if there is not None and source.line.identity.recognized_in(there) is not Recognition.OTHER:
            return None  # it was never let go, and waits for another archive
        return fact._replace(standing=ClipStanding.MISSING)

    def _add(self, fact: ClipFact) -> None:
        if self.since is None or fact.day >= self.since:
            self.holdings.add(fact)

    def _occupy(self, area: str, folders: DateFolders) -> None:
        day = day_of(folders.day)
        if day is not None and self.since is not None and day < self.since:
            return
        sizes = [file.size_bytes for listing in folders.folders.values() for file in listing.files]
        self.holdings.occupy(area, day, file_count=len(sizes), size_bytes=sum(sizes))
