"""Pure: which footage makes room, by which rule, and in what order.

What is proven elsewhere goes first, then what was sent, then what exists nowhere else; the oldest first among equals
(INV-14). What is not proven goes only by a rule that says so, never if it is younger than the floor, and then it is
lost: the caller writes that down. No rule takes more than it needs. A victim is no removal yet: only
`camvault.core.retention.removals` makes one of it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from pathlib import PurePath
from types import MappingProxyType

import attrs

from camvault.ports.entries import FileIdentity
from camvault.ports.removal import Proof, RetentionReason

_DAY_S = 86_400
_START = attrgetter("start_s")
_SIZE = attrgetter("identity.size_bytes")
_IS_SENT = attrgetter("is_sent")


@attrs.frozen
class StoredFootage:
    """A file of footage that is stored here.

    Attributes:
        path: Where it is.
        identity: Which file it is.
        group: What a rule may be limited to: the station of a segment.
        start_s: When its footage began, in seconds since 1970.
        proof: That it exists elsewhere; for just this `identity`.
        is_sent: Whether it was sent elsewhere, without a proof.
        latest_s: The latest of all times that are known of it, in seconds since 1970: the time in a name, and that of
            a last change, are what a clock said that may have been wrong. None: no other than `start_s` is known.
    """

    path: PurePath
    identity: FileIdentity
    group: str
    start_s: float
    proof: Proof | None = None
    is_sent: bool = False
    latest_s: float | None = None


@attrs.frozen
class KeepDays:
    """What is proven goes, except what is younger than so many days; 0 for all of it."""

    days: float = attrs.field(default=0, validator=attrs.validators.ge(0))


@attrs.frozen
class MaxDays:
    """Nothing older than so many days stays."""

    days: float = attrs.field(validator=attrs.validators.gt(0))
    may_lose: bool = False


@attrs.frozen
class MaxBytes:
    """All footage together takes no more than so many bytes; that of one group if it is given."""

    limit_bytes: int = attrs.field(validator=attrs.validators.ge(0))
    group: str = ""
    may_lose: bool = False


@attrs.frozen
class MinFree:
    """So many bytes stay free on the file system."""

    floor_bytes: int = attrs.field(validator=attrs.validators.ge(0))
    may_lose: bool = False


Rule = KeepDays | MaxDays | MaxBytes | MinFree


@attrs.frozen
class Safety:
    """What no rule may do to footage that exists nowhere else.

    Attributes:
        floor_s: What began, or was changed, within so many seconds before now stays, by any time that is known of it.
        lost_percent: A plan that would lose a greater share of the unproven segments loses none of them: a clock that
            jumped by years must not empty the disk.
    """

    floor_s: float = 3600
    lost_percent: float = 50


@attrs.frozen
class Victim:
    """Footage that goes, and why."""

    segment: StoredFootage
    reason: Proof | RetentionReason

    @property
    def is_lost(self) -> bool:
        """Whether it is not proven to exist elsewhere."""
        return self.segment.proof is None


@attrs.frozen
class RetentionPlan:
    """What goes, in the order of going; `shortfalls` says which rules could not be met, and by how much."""

    victims: tuple[Victim, ...] = ()
    shortfalls: tuple[str, ...] = ()


def plan_retention(
    segments: Iterable[StoredFootage],
    *,
    rules: Sequence[Rule],
    now_s: float,
    free_bytes: int,
    safety: Safety | None = None,
    other_bytes: Mapping[str, int] = MappingProxyType({}),
) -> RetentionPlan:
    """Apply the rules in their order; what an earlier one takes counts for the later ones.

    Args:
        segments: All that is here, in any order.
        rules: What the user asked for.
        now_s: The wall time.
        free_bytes: What is free on their file system now.
        safety: Limits for what is not proven elsewhere.
        other_bytes: By group the size of footage that is here and not among `segments`, and only counts.
    """
    safety = safety or Safety()
    oldest_first = sorted(segments, key=_START)
    proven = [segment for segment in oldest_first if segment.proof is not None]
    unproven = [segment for segment in oldest_first if segment.proof is None]
    unproven.sort(key=_IS_SENT, reverse=True)  # which keeps the order among equals
    order, unproven_count = [*proven, *unproven], len(unproven)
    limits = _Limits(now_s=now_s, free_bytes=free_bytes, floor_at_s=now_s - safety.floor_s, other_bytes=other_bytes)
    plan = _apply(order, rules, limits)
    lost_count = sum(victim.is_lost for victim in plan.victims)
    if lost_count * 100 <= safety.lost_percent * unproven_count:
        return plan
    held = f"{lost_count} of {unproven_count} segments that are nowhere else would be lost: all of them are kept"
    return RetentionPlan(tuple(v for v in plan.victims if not v.is_lost), (*plan.shortfalls, held))


@attrs.frozen(kw_only=True)
class _Limits:
    now_s: float
    free_bytes: int
    floor_at_s: float
    other_bytes: Mapping[str, int]


def _apply(order: Sequence[StoredFootage], rules: Sequence[Rule], limits: _Limits) -> RetentionPlan:
    going: list[Victim] = []
    shortfalls = []
    by_group: defaultdict[str, list[StoredFootage]] = defaultdict(list)
    if any(_group(rule) for rule in rules):
        for segment in order:
            by_group[segment.group].append(segment)
    for number, rule in enumerate(rules):
        concerned = by_group[_group(rule)] if _group(rule) else order
        if not all(_is_of_another(earlier, rule) for earlier in rules[:number]):
            concerned = _without(concerned, going)
        if isinstance(rule, KeepDays):
            _take_proven(concerned, rule, now_s=limits.now_s, going=going)
        elif isinstance(rule, MaxDays):
            _take_old(concerned, rule, limits, going=going)
        else:
            shortfalls += _take_bytes(concerned, rule, limits, going=going)
    return RetentionPlan(tuple(going), tuple(shortfalls))


def _group(rule: Rule) -> str:
    return rule.group if isinstance(rule, MaxBytes) else ""


def _is_of_another(earlier: Rule, rule: Rule) -> bool:
    """Whether each is about one group, and not the same: then neither takes what concerns the other."""
    return bool(_group(earlier) and _group(rule)) and _group(earlier) != _group(rule)


def _without(segments: Sequence[StoredFootage], going: Sequence[Victim]) -> Sequence[StoredFootage]:
    """The segments that stay so far, told apart as objects: hashing a million paths takes seconds."""
    taken = {id(victim.segment) for victim in going}
    return [segment for segment in segments if id(segment) not in taken] if taken else segments


def _take_proven(order: Sequence[StoredFootage], rule: KeepDays, *, now_s: float, going: list[Victim]) -> None:
    limit_s = now_s - rule.days * _DAY_S
    for segment in order:
        if segment.proof is None:
            return
        if not rule.days or segment.start_s < limit_s:
            going.append(Victim(segment, segment.proof))


def _take_old(order: Sequence[StoredFootage], rule: MaxDays, limits: _Limits, *, going: list[Victim]) -> None:
    limit_s = limits.now_s - rule.days * _DAY_S
    reasons: dict[float, RetentionReason] = {}
    for segment in order:
        if segment.start_s < limit_s and _may_go(segment, rule.may_lose, limits):
            age_days = round((limits.now_s - segment.start_s) / _DAY_S, 1)
            if age_days not in reasons:
                figure = f"{age_days:.1f} days, at most {rule.days:g}"
                reasons[age_days] = RetentionReason("older than allowed", figure)
            going.append(Victim(segment, reasons[age_days]))


def _take_bytes(
    order: Sequence[StoredFootage], rule: MaxBytes | MinFree, limits: _Limits, *, going: list[Victim]
) -> list[str]:
    """Take of `order` until enough bytes are freed; say what is missing if that is impossible."""
    if isinstance(rule, MinFree):
        freed_bytes = sum(victim.segment.identity.size_bytes for victim in going)
        excess = rule.floor_bytes - limits.free_bytes - freed_bytes
        name, figure = "free space", f"at least {rule.floor_bytes:,} bytes free"
    else:
        total = sum(map(_SIZE, order)) + bytes_of(limits.other_bytes, rule)
        excess, figure = total - rule.limit_bytes, f"at most {rule.limit_bytes:,} bytes"
        name = f"total size of {rule.group}" if rule.group else "total size"
    reason = RetentionReason(name, f"{excess:,} bytes too many, {figure}")
    for segment in order:
        if excess <= 0:
            return []
        size_bytes = segment.identity.size_bytes
        if size_bytes > 0 and _may_go(segment, rule.may_lose, limits):
            going.append(Victim(segment, reason))
            excess -= size_bytes
    return [f"{name}: {excess:,} bytes could not be freed, {figure}"] if excess > 0 else []


def bytes_of(by_group: Mapping[str, int], rule: MaxBytes) -> int:
    """The part of these sizes that the rule is about."""
    return by_group.get(rule.group, 0) if rule.group else sum(by_group.values())


def _may_go(segment: StoredFootage, may_lose: bool, limits: _Limits) -> bool:
    latest_s = segment.start_s if segment.latest_s is None else max(segment.start_s, segment.latest_s)
    return segment.proof is not None or (may_lose and latest_s < limits.floor_at_s)
