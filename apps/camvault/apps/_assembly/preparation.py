"""Composition root, shared part: the plan of `prepare_bodycam`, from its flags."""

from collections.abc import Iterable
from pathlib import Path

import attrs

from camvault.apps._assembly.burners import blank_disc_bytes
from camvault.apps._assembly.media_tools import MediaTools
from camvault.apps._assembly.processors import cpu_count
from camvault.apps._cli.stage import Context
from camvault.core.batch.plan import LEAST_KBPS, PreparePlan, PrepareRequest
from camvault.core.batch.resuming import ResumeWishes
from camvault.core.batch.space_outlook import budget_of
from camvault.core.capacity.parallelism import thread_count
from camvault.core.workflows.bodycam.prepare import plan_new, plan_resumed
from camvault.ports.encoding import Allocation, EncodeOptions
from camvault.ports.quality import QualityMeasure


def plan_preparation(
    context: Context,
    tools: MediaTools,
    *,
    files: Iterable[Path],
    build_dir: Path | None,
    resume: Path | None,
    disc_bytes: int | None,
    drive: str | None,
    is_drive_asked: bool,
    safety_bytes: int | None,
    allocation: Allocation | None,
    preset: int | None,
    min_kbps: int | None,
    wished_jobs: int | None,
) -> PreparePlan:
    """The plan of a new job for `build_dir`, or of the job of the progress file `resume`; None: not given.

    Raises:
        UsageError: The clips, the build directory or the flags are wrong.
        RecordError: The progress file is missing, damaged, or contradicts the flags.
        DriveError: The drive is asked for the capacity and has no blank disc.
    """
    disc_bytes = blank_disc_bytes(drive, cancel=context.cancel) if is_drive_asked else disc_bytes
    if resume is not None:
        return plan_resumed(
            resume.absolute(),
            expected=ResumeWishes(
                disc_bytes=disc_bytes,
                safety_bytes=safety_bytes,
                allocation=allocation,
                preset=preset,
                min_kbps=min_kbps,
            ),
            build_dir=build_dir.absolute() if build_dir else None,
            current_folder=Path.cwd(),
            storage=tools.storage,
            probe=tools.probe,
            progress_files=tools.progress_files,
            executor=tools.executor,
            cancel=context.cancel,
        )
    assert build_dir is not None  # noqa: S101 - `Options.check`
    request = PrepareRequest(
        build_dir=build_dir.absolute(),
        sources=tuple(path.absolute() for path in files),
        budget=budget_of(disc_bytes=disc_bytes, safety_bytes=safety_bytes),
        options=_encode_options(tools, allocation, preset, wished_jobs),
        min_kbps=LEAST_KBPS if min_kbps is None else min_kbps,
        log_file=context.logfile,
    )
    return plan_new(
        request,
        storage=tools.storage,
        probe=tools.probe,
        progress_files=tools.progress_files,
        executor=tools.executor,
        cancel=context.cancel,
    )


def _encode_options(
    tools: MediaTools, allocation: Allocation | None, preset: int | None, wished_jobs: int | None
) -> EncodeOptions:
    options = EncodeOptions(preset=EncodeOptions().preset if preset is None else preset)
    if allocation is not Allocation.COMPLEXITY:
        return options
    return attrs.evolve(
        options,
        allocation=allocation,
        thread_count=thread_count(allocation, wished_jobs=wished_jobs, cpu_count=cpu_count()),
        crf_step_quarters=tools.encoder.crf_step_quarters,
        measure=next(iter(tools.meter.measures), QualityMeasure.NONE),
    )
