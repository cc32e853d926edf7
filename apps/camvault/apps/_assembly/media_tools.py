"""Composition root, shared part: ffmpeg, ffprobe, and what clips and segments are looked at with."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import attrs

from camvault.adapters.farm import FarmEncoder, FarmQualityMeter
from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.progressfile import JsonProgressFiles
from camvault.adapters.pyav import PyavProbe
from camvault.apps._assembly.farms import farm_at
from camvault.apps._assembly.processors import cpu_count
from camvault.apps._cli.stage import Context
from camvault.core.capacity.parallelism import worker_count
from camvault.core.stations.configuration import Camera
from camvault.ports.batch_record import BatchRecords
from camvault.ports.cancellation import Cancellation
from camvault.ports.events import Note
from camvault.ports.files import Storage
from camvault.ports.media import Encoder, MediaProbe
from camvault.ports.quality import QualityMeter

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from camvault.adapters.ffmpeg import FfmpegEncoder, FoundTools
    from camvault.core.workflows.recording.stream_check import CheckedStation
    from camvault.ports.streams import StreamProbe


@attrs.frozen(kw_only=True)
class MediaTools:
    """What clips are prepared with."""

    storage: Storage
    probe: MediaProbe
    encoder: Encoder
    meter: QualityMeter
    progress_files: BatchRecords
    executor: "Executor"
    farm_job_count: int = 0
    """How many clips a farm encodes at once; 0: they are encoded here."""


@contextmanager
def media_tools(
    context: Context,
    *,
    ffmpeg: Path | None,
    ffprobe: Path | None,
    wished_jobs: int | None,
    stall_s: float,
    executor: str,
) -> Iterator[MediaTools]:
    """Find the tools, report their versions, and start the threads that wait for the tools.

    Raises:
        MissingToolError: There is no ffmpeg that can do what is needed.
        ToolError: The farm of `executor` does not answer.
    """
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - not every command encodes

    from camvault.adapters.ffmpeg import FfmpegEncoder, FfmpegQualityMeter, find_ffmpeg  # noqa: PLC0415

    cancel = context.cancel
    found = find_ffmpeg(environ=os.environ, cancel=cancel, ffmpeg=ffmpeg, ffprobe=ffprobe)
    for note in found.notes:
        context.reporter.emit(Note(note))
    # In-process, less than a millisecond a clip; ffprobe, a program each, takes minutes for some thousand clips.
    probe = PyavProbe()
    context.reporter.emit(Note(f"clips are looked at with {probe.name}"))
    encoder_probe = probe_of(found, cancel, stall_s)
    storage = LocalStorage()
    here = FfmpegEncoder(found.ffmpeg.path, str(found.ffmpeg.version), encoder_probe, cancel, stall_s)
    encoder: Encoder = here
    meter: QualityMeter = FfmpegQualityMeter(here)
    with farm_at(context, executor) as farm:
        jobs = (wished_jobs or farm.job_count) if farm else 0
        if farm:
            encoder = FarmEncoder(encoder, farm.farm, partial(workers_encoder, ffmpeg, ffprobe, stall_s))
            meter = FarmQualityMeter(meter, farm.farm, partial(workers_meter, ffmpeg, ffprobe, stall_s))
        workers = worker_count(wished_jobs=jobs or wished_jobs, cpu_count=cpu_count())
        with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="prepare") as threads:
            yield MediaTools(
                storage=storage,
                probe=probe,
                encoder=encoder,
                meter=meter,
                progress_files=JsonProgressFiles(storage),
                executor=threads,
                farm_job_count=jobs,
            )


@cache
def workers_encoder(ffmpeg: Path | None, ffprobe: Path | None, stall_s: float) -> "FfmpegEncoder":
    """In the process of a worker, once: its own programs.

    Raises:
        MissingToolError: As `media_tools`.
    """
    from camvault.adapters.ffmpeg import FfmpegEncoder, find_ffmpeg  # noqa: PLC0415
    from camvault.adapters.system import EventCancellation  # noqa: PLC0415

    never = EventCancellation()
    found = find_ffmpeg(environ=os.environ, cancel=never, ffmpeg=ffmpeg, ffprobe=ffprobe)
    return FfmpegEncoder(found.ffmpeg.path, str(found.ffmpeg.version), probe_of(found, never, stall_s), never, stall_s)


@cache
def workers_meter(ffmpeg: Path | None, ffprobe: Path | None, stall_s: float) -> QualityMeter:
    """The same for samples that are measured."""
    from camvault.adapters.ffmpeg import FfmpegQualityMeter  # noqa: PLC0415

    return FfmpegQualityMeter(workers_encoder(ffmpeg, ffprobe, stall_s))


def probe_of(found: "FoundTools", cancel: Cancellation, stall_s: float) -> MediaProbe:
    """The ffprobe that was found; where there is none that is fit, the libraries of ffmpeg in this process."""
    from camvault.adapters.ffmpeg import FfprobeProbe  # noqa: PLC0415 - only where it is needed

    if found.ffprobe is None:
        return PyavProbe()
    return FfprobeProbe(found.ffprobe.path, str(found.ffprobe.version), cancel, stall_s)


def checked_stations(cameras: tuple[Camera, ...], cancel: Cancellation) -> "tuple[CheckedStation, ...]":
    """Every configured camera with what is expected of its streams."""
    from camvault.core.stations.expected_streams import ExpectedStreams  # noqa: PLC0415 - only where it is needed
    from camvault.core.workflows.recording.stream_check import CheckedStation  # noqa: PLC0415

    return tuple(
        CheckedStation(
            camera.station,
            PurePath(camera.output_dir, camera.station),
            ExpectedStreams(camera.expected_video, camera.expected_audio),
            stream_probe(camera, cancel),
        )
        for camera in cameras
    )


def stream_probe(camera: Camera, cancel: Cancellation) -> "StreamProbe":
    """The camera's ffprobe; without it, the libraries of ffmpeg in this process."""
    program = shutil.which(camera.ffprobe_path) if camera.expected_video or camera.expected_audio else None
    if program is None:
        return PyavProbe()
    from camvault.adapters.ffmpeg import FfprobeProbe  # noqa: PLC0415 - 90 ms, only where it is needed

    return FfprobeProbe(PurePath(program), "", cancel)
