"""Composition root: from the flags of camera_archiver to a job."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import PurePath

import attrs

from camvault.adapters.clipcheck import Mp4Footage
from camvault.adapters.filesystem import LocalStorage, read_mount_table
from camvault.adapters.system.zone import LocalZone
from camvault.apps._archive.options import DEFAULT_AGE_DAYS, EncoderChoice, Options
from camvault.apps._assembly.farms import farm_at
from camvault.apps._assembly.no_archiver import NO_ARCHIVER
from camvault.apps._assembly.processors import cpu_count
from camvault.apps._cli.stage import Context
from camvault.core.archive.dated_names import NamePattern
from camvault.core.workflows.archive import ArchiveJob, ArchiveOptions, ArchivePorts, checked_roots
from camvault.ports.archiving import ArchiveCodec, ArchiveSettings
from camvault.ports.events import Warned


@contextmanager
def archive_job(context: Context, options: Options) -> Iterator[ArchiveJob]:
    """The job of these flags; the threads that wait for encoders end with the context.

    Raises:
        UsageError: The input is missing, or the folders cannot be used together.
    """
    _warn(context, options)
    storage = LocalStorage()
    roots = checked_roots(
        PurePath(options.input_root),
        output=PurePath(options.output_root),
        trash=None if options.delete else PurePath(options.trash),
        unused_trash=PurePath(options.trash) if options.delete else None,
        storage=storage,
        table=read_mount_table(),
    )
    asked = _asked(options)
    with ThreadPoolExecutor(max_workers=asked.job_count, thread_name_prefix="archive") as executor:
        ports = ArchivePorts(
            storage=storage,
            archiver=NO_ARCHIVER,
            footage=Mp4Footage(),
            clock=context.clock,
            zone=LocalZone(),
            executor=executor,
            reporter=context.reporter,
            cancel=context.cancel,
        )
        yield ArchiveJob(roots=roots, options=asked, ports=ports)


def _warn(context: Context, options: Options) -> None:
    """Say which flags do nothing."""
    idle = [
        flag
        for flag, is_given in (
            ("--clean-output", options.clean_output),
            ("--age", options.age is not None),
            ("--max-size", options.max_size is not None),
            ("--min-free", options.min_free is not None),
        )
        if is_given and not options.cleanup
    ]
    for flag in idle:
        context.reporter.emit(Warned(f"{flag} does nothing without --cleanup"))
    if options.delete and options.purge_trash is not None:
        context.reporter.emit(Warned("--purge-trash does nothing with --delete, which uses no trash"))


def _asked(options: Options) -> ArchiveOptions:
    return ArchiveOptions(
        pattern=options.pattern or NamePattern(),
        settings=ArchiveSettings(
            is_stretched=options.stretch,
            quality=options.quality,
            sound=options.audio,
            is_quality_measured=options.measure_quality,
        ),
        job_count=options.jobs or max(1, cpu_count() // 2),
        settle_s=options.settle,
        is_made_anew=options.no_skip,
        is_cleanup=options.cleanup,
        is_output_cleaned=options.clean_output,
        age_days=DEFAULT_AGE_DAYS if options.age is None else options.age,
        max_bytes=options.max_size,
        min_free_bytes=options.min_free,
        purge_days=options.purge_trash,
        is_cache_trusted=options.trust_cache,
        holder=f"process {os.getpid()} on {os.uname().nodename}",
    )


@contextmanager
def with_archiver(context: Context, options: Options, job: ArchiveJob) -> Iterator[ArchiveJob]:
    """The job with what makes archives, here or on a farm; a cleanup makes none and needs no tool.

    Raises:
        MissingToolError: There is no ffmpeg that can do what is needed.
        ToolError: The farm does not answer.
    """
    if options.cleanup:
        yield job
        return
    from camvault.adapters.farm import FarmArchiver  # noqa: PLC0415 - a dry run and a cleanup start without any of it
    from camvault.apps._assembly.archivers import found_archiver, workers_archiver  # noqa: PLC0415

    wanted = None if options.encoder is EncoderChoice.AUTO else ArchiveCodec(options.encoder.value)
    with ExitStack() as stack:
        found = stack.enter_context(farm_at(context, options.executor))
        archiver = found_archiver(context, ffmpeg=options.ffmpeg, ffprobe=options.ffprobe, wanted=wanted)
        if found is None:
            yield attrs.evolve(job, ports=attrs.evolve(job.ports, archiver=archiver))
            return
        make = partial(workers_archiver, options.ffmpeg, options.ffprobe, wanted)
        count = options.jobs or found.job_count
        executor = stack.enter_context(ThreadPoolExecutor(max_workers=count, thread_name_prefix="farm"))
        ports = attrs.evolve(job.ports, archiver=FarmArchiver(archiver, found.farm, make), executor=executor)
        yield attrs.evolve(job, ports=ports, options=attrs.evolve(job.options, job_count=count))
