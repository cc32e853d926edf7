"""Workflow, private part: the plan of cleanup. Only the days that a rule can reach are read.

A listing of everything is unavoidable: it gives the sizes, the empty folders, and the files that are not named like a
segment of their folder. Which file is proven is in the ledgers, and when a segment began is in its name: both cost more
than the listing, and memory for each file. So a day is read when a rule can reach it:

- by age: its date is old enough, and for what must be proven there is a ledger of it;
- by bytes: the oldest days first, until the rule is met by segments that are older than all in the days that are left;
- if something is in it that is not named like a segment of its folder, or if its date is in the future.

The plan is that of all days (INV-22).
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property
from operator import attrgetter
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.core.retention.removals import plan_victims
from camvault.core.retention.rules import (
    KeepDays,
    MaxDays,
    RetentionPlan,
    Rule,
    Safety,
    StoredFootage,
    plan_retention,
)
from camvault.core.segments.date_folders import are_ready_names, starts_not_before
from camvault.core.segments.names import is_footage
from camvault.core.workflows.recording.cleanup.footage import stored_footage
from camvault.core.workflows.recording.cleanup.ports import CleanupPorts
from camvault.core.workflows.steps.date_tree import Day, days_below, refuse_dead_link
from camvault.core.workflows.steps.ledger_files import SyncRecords
from camvault.ports.entries import ListedFile, Listing
from camvault.ports.errors import NotFoundError, StorageError
from camvault.ports.removal import Removal, RetentionReason

_DAY_S = 86_400
_NAME = attrgetter("name")
_SIZE = attrgetter("size_bytes")


@attrs.frozen
class CleanupPlan:
    """What will be removed.

    Attributes:
        removals: The files, in the order of their removal.
        shortfalls: Which rules cannot be met, and which folders and ledgers could not be read.
        empty_folders: Folders that are empty already.
    """

    removals: tuple[Removal, ...] = ()
    shortfalls: tuple[str, ...] = ()
    empty_folders: tuple[PurePath, ...] = ()


def plan_cleanup(
    ready: PurePath,
    *,
    records: SyncRecords,
    rules: Sequence[Rule],
    ports: CleanupPorts,
    number: str,
    safety: Safety | None = None,
) -> CleanupPlan:
    """Decide what `free_space` does; nothing is changed. Only what is proven at the target of this `number` is proven.

    Raises:
        StorageError: The footage cannot be read, or the ledgers not be listed.
        Cancelled: Asked to stop.
    """
    if ports.storage.entry(ports.storage.resolve(ready)) is None:
        refuse_dead_link(ready, ports.storage)
        return CleanupPlan()  # nothing was ever organized
    planner = _Planner(ready, records, rules or (KeepDays(),), ports, number, safety)
    unseen: list[str] = []
    for day in days_below(ready, ports.storage, on_problem=lambda error: unseen.append(f"not looked at: {error}")):
        ports.cancel.check()
        planner.survey(day)
    plan = planner.plan(ports.storage.free_bytes(ready))
    shortfalls = (*plan.shortfalls, *unseen, *planner.set_aside)
    return CleanupPlan(plan_victims(plan.victims).removals, shortfalls, tuple(planner.empty_folders))


@attrs.define
class _Planner:
    """What is known so far.

    Attributes:
        segments: Those of the days that were read which a rule may choose.
        other_bytes: By station the size of all others.
        set_aside: The days whose ledger cannot be read, each with the reason: none of their segments is chosen.
        unread: The days that no rule was seen to reach: their folders, with the bytes in each.
    """

    ready: PurePath
    records: SyncRecords
    rules: Sequence[Rule]
    ports: CleanupPorts
    number: str
    safety: Safety | None
    empty_folders: list[PurePath] = attrs.field(factory=list)
    segments: list[StoredFootage] = attrs.field(factory=list)
    other_bytes: Counter[str] = attrs.field(factory=Counter)
    set_aside: list[str] = attrs.field(factory=list)
    unread: defaultdict[str, dict[PurePosixPath, int]] = attrs.field(factory=lambda: defaultdict(dict))

    def survey(self, day: Day) -> None:
        """See what is there; read it if an age reaches it, or if not all of it is named like a segment."""
        self.empty_folders += [
            self.ready / folder for folder, listing in day.folders.items() if listing.is_empty and folder.parts
        ]
        folders = {folder: files for folder, listing in day.folders.items() if (files := _footage(listing))}
        if not folders:
            return
        is_plain = all(are_ready_names(folder, map(_NAME, files)) for folder, files in folders.items())
        begin = starts_not_before(day.name)
        is_in_future = begin is not None and begin.timestamp() > self.now_s  # its segments are judged by other times
        if begin is None or not is_plain or is_in_future or self.is_reached(day.name, begin.timestamp()):
            self.take(day)
            return
        for folder, files in folders.items():
            size_bytes = sum(map(_SIZE, files))
            self.unread[day.name][folder] = size_bytes
            self.other_bytes[folder.parts[0]] += size_bytes

    def is_reached(self, day: str, begin_s: float) -> bool:
        """Whether a rule of age may take a segment of this day."""
        return any(self.is_reached_by(rule, day, begin_s) for rule in self.rules)

    def is_reached_by(self, rule: Rule, day: str, begin_s: float) -> bool:
        if not isinstance(rule, KeepDays | MaxDays):
            return False
        is_old = not rule.days or begin_s < self.now_s - rule.days * _DAY_S
        may_lose = isinstance(rule, MaxDays) and rule.may_lose
        return is_old and (may_lose or day in self.ledger_files)

    @cached_property
    def now_s(self) -> float:
        return self.ports.clock.now().timestamp()

    @cached_property
    def ledger_files(self) -> Mapping[str, ListedFile]:
        return self.records.ledger_files()

    @cached_property
    def may_lose(self) -> bool:
        return any(not isinstance(rule, KeepDays) and rule.may_lose for rule in self.rules)

    def take(self, day: Day) -> None:
        """Judge each file. What no rule may choose only counts with its bytes; a day set aside counts with nothing."""
        try:
            ledger = self.records.ledger_of_day(day.name)
        except StorageError as error:
            self.set_aside.append(f"the segments of {day.name} are kept, what is known of them cannot be read: {error}")
            return
        for path, file in day.files(self.ready):
            segment = stored_footage(path, file, ledger, self.ports.clock, number=self.number)
            if segment is None:
                continue
            if segment.proof is None and not self.may_lose:
                self.other_bytes[segment.group] += segment.identity.size_bytes
            else:
                self.segments.append(segment)

    def read(self, day: str) -> None:
        """Take a day that was not read yet."""
        listed: dict[PurePosixPath, Listing] = {}
        for folder, size_bytes in self.unread.pop(day).items():
            self.other_bytes[folder.parts[0]] -= size_bytes
            try:
                listed[folder] = self.ports.storage.listing(self.ready / folder)
            except NotFoundError:
                continue  # vanished since it was surveyed
        self.take(Day(day, listed))

    def plan(self, free_bytes: int) -> RetentionPlan:
        """Read further days, the oldest first and twice as many each time, until no more of them could change it."""
        count = 1
        while True:
            plan = plan_retention(
                self.segments,
                rules=self.rules,
                now_s=self.now_s,
                free_bytes=free_bytes,
                safety=self.safety,
                other_bytes=self.other_bytes,
            )
            if self.is_final(plan):
                return plan
            for day in sorted(self.unread)[:count]:
                self.ports.cancel.check()
                self.read(day)
            count *= 2

    def is_final(self, plan: RetentionPlan) -> bool:
        """Whether what is in the unread days makes no difference.

        Their segments are younger than those that were taken for their bytes. But if not enough could be freed, or if
        what is nowhere else would go before all that is proven is gone, all must be known.
        """
        begin = starts_not_before(min(self.unread)) if self.unread else None
        if begin is None:
            return True
        begin_s = begin.timestamp()
        if plan.shortfalls or any(victim.is_lost for victim in plan.victims):
            return False
        taken = (victim.segment for victim in plan.victims if isinstance(victim.reason, RetentionReason))
        return all(segment.start_s < begin_s for segment in taken)


def _footage(listing: Listing) -> list[ListedFile]:
    return [file for file in listing.files if is_footage(file.name)]
