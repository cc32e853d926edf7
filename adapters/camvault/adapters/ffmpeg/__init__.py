"""Adapter for ffmpeg and ffprobe: finding a fit one, probing, encoding, archiving."""

from camvault.adapters.ffmpeg.archive.archiver import FfmpegArchiver
from camvault.adapters.ffmpeg.archive.choice import choose_encoders
from camvault.adapters.ffmpeg.encoder import FfmpegEncoder
from camvault.adapters.ffmpeg.find import FoundProgram, FoundTools, find_ffmpeg
from camvault.adapters.ffmpeg.probe import FfprobeProbe
from camvault.adapters.ffmpeg.quality import FfmpegQualityMeter
from camvault.adapters.ffmpeg.versions import ARCHIVE_ENCODERS

__all__ = [
    "ARCHIVE_ENCODERS",
    "FfmpegArchiver",
    "FfmpegEncoder",
    "FfmpegQualityMeter",
    "FfprobeProbe",
    "FoundProgram",
    "FoundTools",
    "choose_encoders",
    "find_ffmpeg",
]
