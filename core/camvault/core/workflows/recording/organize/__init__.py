"""Workflow: finished segments into date folders, broken ones into quarantine."""

from camvault.core.workflows.recording.organize.events import SegmentMoved, SegmentQuarantined
from camvault.core.workflows.recording.organize.organizer import REASON_SUFFIX, organize
from camvault.core.workflows.recording.organize.ports import OrganizePorts
from camvault.core.workflows.recording.organize.tally import OrganizeReport

__all__ = [
    "REASON_SUFFIX",
    "OrganizePorts",
    "OrganizeReport",
    "SegmentMoved",
    "SegmentQuarantined",
    "organize",
]
