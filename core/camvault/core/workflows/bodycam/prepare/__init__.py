"""Workflow: copy or encode a batch of clips into a build directory."""

from camvault.core.workflows.bodycam.prepare.claiming import claimed
from camvault.core.workflows.bodycam.prepare.events import (
    BatchResumed,
    BitrateDecided,
    BitrateSought,
    BuildDirChosen,
    CapacityDecided,
    ClipCopied,
    ClipEncoded,
    ClipInDoubt,
    ClipLeftOut,
    ClipNotEncoded,
    ClipRedone,
    ClipStarted,
    FileSetAside,
    LeftoverRemoved,
    ModeDecided,
    NotReadFromMedium,
    OutputsVerified,
    TimeNotKept,
)
from camvault.core.workflows.bodycam.prepare.folders import files_given
from camvault.core.workflows.bodycam.prepare.new_plan import plan_new
from camvault.core.workflows.bodycam.prepare.resumed_plan import load_progress, plan_resumed
from camvault.core.workflows.bodycam.prepare.workflow import PrepareReport, prepare

__all__ = [
    "BatchResumed",
    "BitrateDecided",
    "BitrateSought",
    "BuildDirChosen",
    "CapacityDecided",
    "ClipCopied",
    "ClipEncoded",
    "ClipInDoubt",
    "ClipLeftOut",
    "ClipNotEncoded",
    "ClipRedone",
    "ClipStarted",
    "FileSetAside",
    "LeftoverRemoved",
    "ModeDecided",
    "NotReadFromMedium",
    "OutputsVerified",
    "PrepareReport",
    "TimeNotKept",
    "claimed",
    "files_given",
    "load_progress",
    "plan_new",
    "plan_resumed",
    "prepare",
]
