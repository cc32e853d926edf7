"""Workflow: segments that are proven at the target leave the card."""

from camvault.core.workflows.recording.cleanup.events import ProvenSegmentKept, SegmentLost, SegmentRemoved
from camvault.core.workflows.recording.cleanup.planning import CleanupPlan, plan_cleanup
from camvault.core.workflows.recording.cleanup.ports import CleanupPorts
from camvault.core.workflows.recording.cleanup.workflow import CleanupReport, free_space, look_at, recorded_number

__all__ = [
    "CleanupPlan",
    "CleanupPorts",
    "CleanupReport",
    "ProvenSegmentKept",
    "SegmentLost",
    "SegmentRemoved",
    "free_space",
    "look_at",
    "plan_cleanup",
    "recorded_number",
]
