"""Workflow: the camera archive: transcode, prove, let go, make room; `report` says what it holds."""

from camvault.core.workflows.archive.holding import RootHeldError
from camvault.core.workflows.archive.job import ActionOutcome, ArchiveJob, ArchiveOptions, ArchivePorts, ArchiveRoots
from camvault.core.workflows.archive.roots import checked_roots
from camvault.core.workflows.archive.tally import ArchiveReport
from camvault.core.workflows.archive.workflow import ArchiveRun, hold_roots

__all__ = [
    "ActionOutcome",
    "ArchiveJob",
    "ArchiveOptions",
    "ArchivePorts",
    "ArchiveReport",
    "ArchiveRoots",
    "ArchiveRun",
    "RootHeldError",
    "checked_roots",
    "hold_roots",
]
