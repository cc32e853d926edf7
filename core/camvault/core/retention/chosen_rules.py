"""Pure: from what was asked for to the rules of a cleanup."""

from camvault.core.retention.rules import KeepDays, MaxBytes, MaxDays, MinFree, Rule


def chosen_rules(
    *, keep_days: float, min_free_bytes: int, max_days: float | None, max_bytes: int | None, may_lose: bool
) -> tuple[Rule, ...]:
    """The rules in the order in which they are applied; None and `min_free_bytes` 0: that rule was not asked for.

    `may_lose`: all rules but the first may also take footage that is nowhere else.
    """
    rules: list[Rule] = [KeepDays(keep_days)]
    if max_days is not None:
        rules.append(MaxDays(max_days, may_lose))
    if max_bytes is not None:
        rules.append(MaxBytes(max_bytes, may_lose=may_lose))
    if min_free_bytes:
        rules.append(MinFree(min_free_bytes, may_lose))
    return tuple(rules)
