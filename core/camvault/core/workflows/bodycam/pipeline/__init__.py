"""Workflow: raw clips in, a verified disc out.

The stages themselves are handed in as functions. Crash order: names are reserved, then the build directory appears with
its marker, then the stages run; every later run takes names of its own, so an interrupted run is never written over.
"""

from camvault.core.batch.next_step import StageFailed
from camvault.core.workflows.bodycam.pipeline.events import (
    BuildDirKept,
    PipelineFinished,
    ResultStored,
    StageFinished,
    StageStarted,
)
from camvault.core.workflows.bodycam.pipeline.handover import (
    check_mastered,
    clips_left_out,
    disc_bytes,
    is_disc_verified,
    release_originals,
    verified_sha256,
)
from camvault.core.workflows.bodycam.pipeline.look_ahead import check_disc_file, look_ahead
from camvault.core.workflows.bodycam.pipeline.plan import PipelinePlan
from camvault.core.workflows.bodycam.pipeline.stages import Advise, PipelineStep, Reports, run_stages
from camvault.core.workflows.bodycam.pipeline.workspace import (
    check_room,
    check_workspace,
    expected_names,
    make_build_dir,
    reserve_names,
    space_needs,
)

__all__ = [
    "Advise",
    "BuildDirKept",
    "PipelineFinished",
    "PipelinePlan",
    "PipelineStep",
    "Reports",
    "ResultStored",
    "StageFailed",
    "StageFinished",
    "StageStarted",
    "check_disc_file",
    "check_mastered",
    "check_room",
    "check_workspace",
    "clips_left_out",
    "disc_bytes",
    "expected_names",
    "is_disc_verified",
    "look_ahead",
    "make_build_dir",
    "release_originals",
    "reserve_names",
    "run_stages",
    "space_needs",
    "verified_sha256",
]
