"""How much of what a recorder says is told."""

from hypothesis import given
from hypothesis import strategies as st

from camvault.core.health.line_limit import LineBudget, LineLimit, spend_line

POLICY = LineLimit(burst=3, per_hour=60)


def told(times_s: list[float], policy: LineLimit = POLICY) -> tuple[list[bool], LineBudget | None]:
    """Lines of which none is like another."""
    talk: LineBudget | None = None
    said = []
    for number, now_s in enumerate(times_s):
        line = "".join(chr(ord("a") + int(digit)) for digit in str(number))
        talk, is_told = spend_line(talk, line, now_s=now_s, policy=policy)
        said.append(is_told)
    return said, talk


def test_a_burst_is_told_and_then_a_line_a_minute() -> None:
    said, talk = told([0, 0, 0, 0, 0, 30, 61])
    assert said == [True, True, True, False, False, False, True]
    assert talk is not None
    assert talk.omitted == 0


def test_what_is_left_out_is_counted() -> None:
    _, talk = told([0] * 10)
    assert talk is not None
    assert talk.omitted == 7


def test_silence_gives_no_more_than_one_burst() -> None:
    assert told([0, 1e9, 1e9, 1e9, 1e9])[0] == [True, True, True, True, False]


def test_a_clock_that_stands_still_or_goes_back_gives_nothing() -> None:
    assert told([10, 10, 10, 5, 0])[0] == [True, True, True, False, False]


@given(st.lists(st.floats(0, 900), max_size=200), st.integers(1, 20), st.integers(1, 5000))
def test_never_more_than_the_policy_allows(pauses_s: list[float], burst: int, per_hour: int) -> None:
    times_s = [sum(pauses_s[:n]) for n in range(len(pauses_s))]
    said, _ = told(times_s, LineLimit(burst=burst, per_hour=per_hour))
    span_s = times_s[-1] - times_s[0] if times_s else 0
    assert sum(said) <= burst + span_s * per_hour / 3600 + 1e-6


def test_a_line_that_came_before_is_counted_and_costs_nothing() -> None:
    """But for its numbers: "Non-monotonous DTS" was 157 of the first 195 lines of a camera that worked."""
    talk, is_told = spend_line(None, "[x @ 0x5f] DTS 12 is not more than 13", now_s=0, policy=POLICY)
    assert is_told
    for n in range(157):
        talk, is_told = spend_line(talk, f"[x @ 0x5f] DTS {n} is not more than {n}", now_s=1, policy=POLICY)
        assert not is_told
    talk, is_told = spend_line(talk, "another", now_s=2, policy=POLICY)
    assert is_told
    assert talk.omitted == talk.repeated == 0
    talk, is_told = spend_line(talk, "[x @ 0x6f] DTS 12 is not more than 13", now_s=3600, policy=POLICY)
    assert is_told
    assert talk.repeated == 157


def test_of_lines_without_end_only_the_last_kinds_are_known() -> None:
    said, talk = told([0.0] * 900, LineLimit(burst=1000))
    assert all(said)
    assert talk is not None
    assert len(talk.kinds) < 250
