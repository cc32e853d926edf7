"""Which segments make room: proven first, oldest first, never more than needed, the last hour never."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camvault.core.retention.removals import plan_victims
from camvault.core.retention.rules import (
    KeepDays,
    MaxBytes,
    MaxDays,
    MinFree,
    RetentionPlan,
    Rule,
    Safety,
    StoredFootage,
    Victim,
    plan_retention,
)
from camvault.ports.entries import FileIdentity
from camvault.ports.removal import Proof, RetentionReason

NOW_S = 100 * 86_400.0
PROOF = Proof("nas:/video", "0" * 64)
BOLD = Safety(floor_s=3600, lost_percent=100)


def stored(
    name: str, *, days: float, size: int = 10, proof: Proof | None = None, is_sent: bool = False
) -> StoredFootage:
    station = name.partition("_")[0]
    start_s = NOW_S - days * 86_400
    return StoredFootage(PurePosixPath(name), FileIdentity(size, int(start_s)), station, start_s, proof, is_sent)


def standing(segment: StoredFootage) -> int:
    """How much would be lost with it; the lower goes first."""
    if segment.proof is not None:
        return 0
    return 1 if segment.is_sent else 2


def chosen(plan: RetentionPlan) -> list[str]:
    return [victim.segment.path.name for victim in plan.victims]


segment_lists = st.lists(
    st.tuples(
        st.sampled_from("AB"),
        st.floats(-1, 40),
        st.integers(0, 50),
        st.sampled_from([None, PROOF]),
        st.booleans(),
    ),
    max_size=20,
).map(
    lambda rows: [
        stored(f"{station}_{number}", days=days, size=size, proof=proof, is_sent=is_sent)
        for number, (station, days, size, proof, is_sent) in enumerate(rows)
    ]
)
byte_rules = st.one_of(
    st.builds(MaxBytes, st.integers(0, 400), st.sampled_from(["", "A", "B"]), st.booleans()),
    st.builds(MinFree, st.integers(0, 400), st.booleans()),
)
rules = st.lists(
    st.one_of(
        st.builds(KeepDays, st.sampled_from([0, 1, 7])),
        st.builds(MaxDays, st.sampled_from([1, 30]), st.booleans()),
        byte_rules,
    ),
    max_size=4,
)


class TestProven:
    SEGMENTS = (
        stored("A_old", days=9, proof=PROOF),
        stored("A_new", days=1, proof=PROOF),
        stored("A_sent", days=9, is_sent=True),
        stored("A_none", days=9),
    )

    def test_only_what_is_proven(self) -> None:
        """Sent is not proven."""
        plan = plan_retention(self.SEGMENTS, rules=[KeepDays()], now_s=NOW_S, free_bytes=0)
        assert chosen(plan) == ["A_old", "A_new"]
        assert {victim.reason for victim in plan.victims} == {PROOF}

    def test_keep_days(self) -> None:
        """Proven or not, the last days stay."""
        plan = plan_retention(self.SEGMENTS, rules=[KeepDays(7), KeepDays(8)], now_s=NOW_S, free_bytes=0)
        assert chosen(plan) == ["A_old"]

    def test_no_rule_no_removal(self) -> None:
        """Nothing goes by itself."""
        assert plan_retention(self.SEGMENTS, rules=[], now_s=NOW_S, free_bytes=0) == RetentionPlan()


class TestRules:
    def test_order_of_going(self) -> None:
        """Proven, then sent, then the rest; the oldest first among equals."""
        segments = [
            stored("A_none", days=30),
            stored("A_proven_new", days=1, proof=PROOF),
            stored("A_sent", days=20, is_sent=True),
            stored("A_proven_old", days=2, proof=PROOF),
        ]
        plan = plan_retention(segments, rules=[MaxBytes(0, may_lose=True)], now_s=NOW_S, free_bytes=0, safety=BOLD)
        assert chosen(plan) == ["A_proven_old", "A_proven_new", "A_sent", "A_none"]

    def test_age_with_its_figure(self) -> None:
        """How old, and how old it may be."""
        segments = [stored("A_old", days=40.04, proof=PROOF), stored("A_none", days=40), stored("A_new", days=29)]
        plan = plan_retention(segments, rules=[MaxDays(30)], now_s=NOW_S, free_bytes=0)
        assert [str(victim.reason) for victim in plan.victims] == ["older than allowed: 40.0 days, at most 30"]

    def test_bytes_of_one_station(self) -> None:
        """The other's are not touched."""
        segments = [stored(f"{station}_{n}", days=n, proof=PROOF) for station in "AB" for n in range(1, 5)]
        plan = plan_retention(segments, rules=[MaxBytes(25, "A")], now_s=NOW_S, free_bytes=0)
        assert chosen(plan) == ["A_4", "A_3"]
        assert str(plan.victims[0].reason) == "total size of A: 15 bytes too many, at most 25 bytes"

    def test_free_space_counts_what_goes_anyway(self) -> None:
        """An earlier rule's bytes are free too; the figure is what the rule found when its turn came."""
        segments = [stored(f"A_{n}", days=n, proof=PROOF) for n in range(1, 9)]
        plan = plan_retention(segments, rules=[MaxDays(5.5), MinFree(55)], now_s=NOW_S, free_bytes=10)
        assert chosen(plan) == ["A_8", "A_7", "A_6", "A_5", "A_4"]
        reasons = [str(victim.reason) for victim in plan.victims[-2:]]
        assert reasons == ["free space: 15 bytes too many, at least 55 bytes free"] * 2

    def test_season_log_a_full_disk_and_no_nas(self) -> None:
        """Nothing is proven: without permission to lose all stays and that is said; with it the oldest goes first."""
        segments = [stored(f"A_{n}", days=n) for n in range(1, 9)]
        plan = plan_retention(segments, rules=[MinFree(20)], now_s=NOW_S, free_bytes=0)
        assert plan == RetentionPlan((), ("free space: 20 bytes could not be freed, at least 20 bytes free",))
        plan = plan_retention(segments, rules=[MinFree(20, may_lose=True)], now_s=NOW_S, free_bytes=0)
        assert chosen(plan) == ["A_8", "A_7"]
        assert all(victim.is_lost for victim in plan.victims)

    def test_a_clock_that_jumped_by_years(self) -> None:
        """Everything is suddenly old: nothing is lost, what is proven goes, and it is said."""
        segments = [*[stored(f"A_{n}", days=n / 100) for n in range(8)], stored("A_p", days=1, proof=PROOF)]
        plan = plan_retention(segments, rules=[MaxDays(30, may_lose=True)], now_s=NOW_S + 1e9, free_bytes=0)
        assert chosen(plan) == ["A_p"]
        assert plan.shortfalls == ("8 of 8 segments that are nowhere else would be lost: all of them are kept",)


class TestInvariants:
    @settings(deadline=None)
    @given(segment_lists, rules, st.integers(0, 100))
    def test_inv_14_what_may_never_go(self, segments: list[StoredFootage], rules: list[Rule], free_bytes: int) -> None:
        """Nobody goes twice; nothing unproven goes without a rule that may lose, nor within the last hour."""
        plan = plan_retention(segments, rules=rules, now_s=NOW_S, free_bytes=free_bytes, safety=BOLD)
        assert len(set(chosen(plan))) == len(plan.victims)
        may_lose = any(getattr(rule, "may_lose", False) for rule in rules)
        for victim in plan.victims:
            assert not victim.is_lost or (may_lose and victim.segment.start_s < NOW_S - 3600)

    @settings(deadline=None)
    @given(segment_lists, byte_rules, st.integers(0, 100))
    def test_inv_14_never_more_than_needed(
        self, segments: list[StoredFootage], rule: MaxBytes | MinFree, free_bytes: int
    ) -> None:
        """Without the last victim the rule would not be met; with all it is, or it is said that it is not."""
        plan = plan_retention(segments, rules=[rule], now_s=NOW_S, free_bytes=free_bytes, safety=BOLD)

        def excess(victims: tuple[Victim, ...]) -> int:
            gone = {victim.segment.path for victim in victims}
            if isinstance(rule, MinFree):
                freed = sum(victim.segment.identity.size_bytes for victim in victims)
                return rule.floor_bytes - free_bytes - freed
            left = [s for s in segments if s.path not in gone and (not rule.group or s.group == rule.group)]
            return sum(s.identity.size_bytes for s in left) - rule.limit_bytes

        assert (excess(plan.victims) > 0) == bool(plan.shortfalls)
        assert not plan.victims or excess(plan.victims[:-1]) > 0

    @settings(deadline=None)
    @given(segment_lists, byte_rules)
    def test_inv_14_oldest_first(self, segments: list[StoredFootage], rule: MaxBytes | MinFree) -> None:
        """Among those of one standing, none that stays is older than one that goes."""
        plan = plan_retention(segments, rules=[rule], now_s=NOW_S, free_bytes=0, safety=BOLD)
        keys = [(standing(victim.segment), victim.segment.start_s) for victim in plan.victims]
        assert keys == sorted(keys)
        gone = {victim.segment.path for victim in plan.victims}
        for segment in segments:
            is_concerned = isinstance(rule, MinFree) or rule.group in ("", segment.group)
            if segment.path not in gone and segment.identity.size_bytes and is_concerned and keys and segment.proof:
                assert (standing(segment), segment.start_s) >= keys[-1]


class TestRemovals:
    def test_victims_become_removals(self) -> None:
        """Same order, same file, same reason."""
        victims = [
            Victim(stored("A_1", days=1, proof=PROOF), PROOF),
            Victim(stored("A_2", days=2), RetentionReason("total size", "5 bytes too many")),
        ]
        plan = plan_victims(victims)
        assert [(r.path, r.identity, r.reason) for r in plan.removals] == [
            (v.segment.path, v.segment.identity, v.reason) for v in victims
        ]

    def test_a_rule_that_takes_what_is_proven(self) -> None:
        """Loses nothing: the removal has the rule and the proof."""
        reason = RetentionReason("free space", "5 bytes too many")
        bad = Proof("nas", "")
        victims = [Victim(stored(name, days=1, proof=proof), reason) for name, proof in (("A_1", PROOF), ("A_2", bad))]
        first, second = plan_victims(victims).removals
        assert (first.proof, str(first.reason)) == (PROOF, "free space: 5 bytes too many (proven at nas:/video)")
        assert (second.proof, str(second.reason)) == (None, "free space: 5 bytes too many")

    def test_a_proof_without_a_digest(self) -> None:
        """Keeps the file."""
        victim = Victim(stored("A_1", days=1), Proof("nas", ""))
        plan = plan_victims([victim])
        assert plan.removals == ()
        assert [str(kept) for kept in plan.kept] == ["A_1 is kept: its proof has no SHA-256"]

    @pytest.mark.parametrize("days", [0, -1])
    def test_impossible_rules(self, days: int) -> None:
        """Zero days would be everything."""
        with pytest.raises(ValueError, match="days"):
            MaxDays(days)
