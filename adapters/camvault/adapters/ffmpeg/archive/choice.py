"""Adapter for ffmpeg: which encoder of H.264 is used, by a trial of each that this ffmpeg and this machine have."""

import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path, PurePath

import attrs

from camvault.adapters._shared import process
from camvault.adapters.ffmpeg.archive.archiver import FfmpegArchiver
from camvault.adapters.ffmpeg.archive.argv import PictureEncoder, trial_argv
from camvault.adapters.ffmpeg.argv import encoders_argv
from camvault.adapters.ffmpeg.program import nobody_asks
from camvault.adapters.ffmpeg.versions import parse_encoders
from camvault.ports.archiving import ArchiveCodec, ArchiveSettings
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import CamvaultError, Cancelled, MissingToolError, ToolError

_DEVICES = {
    ArchiveCodec.QSV: "dri/renderD*",
    ArchiveCodec.VAAPI: "dri/renderD*",
    ArchiveCodec.NVENC: "nvidia[0-9]*",
    ArchiveCodec.V4L2M2M: "video*",
}
"""Where the device of each is; the order is that in which they are tried."""

DEVICES = Path("/dev")
"""Where a system has its devices."""

_TRIAL_STALL_S = 30.0
_LONGEST_S = 30.0


@attrs.frozen
class Trial:
    """Whether an encoder works here: why not, "" if it does."""

    encoder: PictureEncoder
    problem: str


def candidates(listed: Collection[str], *, wish: ArchiveCodec | None, devices: Path = DEVICES) -> Iterator[Trial]:
    """What may be tried, and what need not be: not in this ffmpeg, no device. `wish` leaves the others of hardware out.

    `listed` are the names that `ffmpeg -encoders` prints.
    """
    for codec, pattern in _DEVICES.items():
        if wish not in (None, codec):
            continue
        found = sorted(devices.glob(pattern))
        encoder = PictureEncoder(codec, str(found[0]) if found else "")
        if encoder.name not in listed:
            yield Trial(encoder, "not in this ffmpeg")
        else:
            yield Trial(encoder, "" if found else f"no device {devices}/{pattern}")
    software = PictureEncoder(ArchiveCodec.X264)
    yield Trial(software, "" if software.name in listed else "not in this ffmpeg")


def choose_encoders(
    archiver: FfmpegArchiver, *, wish: ArchiveCodec | None, cancel: Cancellation, devices: Path = DEVICES
) -> FfmpegArchiver:
    """The archiver with the encoders that work here, the best first, and why.

    A wished one that does not work is an error; x264 comes after each, for the clip that hardware cannot do.

    Raises:
        MissingToolError: No encoder works, or the wished one does not.
    """
    done = process.run(encoders_argv(archiver.ffmpeg), cancel=cancel, timeout_s=_LONGEST_S)
    if done.exit_code:
        raise ToolError(archiver.ffmpeg.name, done.exit_code, done.last_lines)
    trials = [*candidates(parse_encoders(done.text), wish=wish, devices=devices)]
    tried = [trial if trial.problem else _tried(archiver, trial.encoder, cancel) for trial in trials]
    return decided(archiver, tried, wish=wish)


def decided(archiver: FfmpegArchiver, trials: Collection[Trial], *, wish: ArchiveCodec | None) -> FfmpegArchiver:
    """What the trials mean.

    Raises:
        MissingToolError: No encoder works, or the wished one does not.
    """
    works = [trial.encoder for trial in trials if not trial.problem]
    failed = [f"{trial.encoder.name}: {trial.problem}" for trial in trials if trial.problem]
    if not works or (wish is not None and works[0].codec is not wish):
        required = (
            "an encoder of H.264 that works here" if wish is None else f"{PictureEncoder(wish).name} to work here"
        )
        found = f"{archiver.ffmpeg} {archiver.version}: {'; '.join(failed)}"
        raise MissingToolError("ffmpeg", required, found, is_there=True)
    chosen = "wished for" if wish else "a trial encode was good" if works[0].is_hardware else ""
    return attrs.evolve(archiver, encoders=tuple(works), why="; ".join(word for word in (chosen, *failed) if word))


def _tried(archiver: FfmpegArchiver, encoder: PictureEncoder, cancel: Cancellation) -> Trial:
    """Encode a second, and look at it; x264 needs no trial."""
    if not encoder.is_hardware:
        return Trial(encoder, "")
    trying = attrs.evolve(archiver, encoders=(encoder,), stall_s=_TRIAL_STALL_S)
    with tempfile.TemporaryDirectory(prefix="camvault-trial-") as folder:
        source, target = PurePath(folder, "trial.mp4"), PurePath(folder, "archive.mp4")
        try:
            made = process.run(trial_argv(archiver.ffmpeg, source), cancel=cancel, timeout_s=_LONGEST_S)
            if made.exit_code:
                raise ToolError(archiver.ffmpeg.name, made.exit_code, made.last_lines)
            trying.archive(source, target=target, settings=ArchiveSettings(), on_seconds=nobody_asks, cancel=cancel)
        except Cancelled:
            raise
        except CamvaultError as error:
            return Trial(encoder, str(error).removeprefix(f"{source}: "))
    return Trial(encoder, "")
