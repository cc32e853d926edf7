"""Workflow: segments to the target, each with its own proof."""

from camvault.core.workflows.recording.backup.events import SegmentKept, SegmentSynced
from camvault.core.workflows.recording.backup.ports import BackupFolders, BackupPorts
from camvault.core.workflows.recording.backup.workflow import BACKUP_LOCK_NAME, BackupReport, back_up

__all__ = [
    "BACKUP_LOCK_NAME",
    "BackupFolders",
    "BackupPorts",
    "BackupReport",
    "SegmentKept",
    "SegmentSynced",
    "back_up",
]
