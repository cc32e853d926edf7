"""Pure: which files may go, and why. The one door out is `removals` (INV-1)."""

from camvault.core.retention.removals import (
    Kept,
    Proven,
    RemovalPlan,
    plan_by_rule,
    plan_leftovers,
    plan_only_copies,
    plan_proven,
    plan_victims,
    plan_witnessed,
)
from camvault.core.retention.survivors import Survivor

__all__ = [
    "Kept",
    "Proven",
    "RemovalPlan",
    "Survivor",
    "plan_by_rule",
    "plan_leftovers",
    "plan_only_copies",
    "plan_proven",
    "plan_victims",
    "plan_witnessed",
]
