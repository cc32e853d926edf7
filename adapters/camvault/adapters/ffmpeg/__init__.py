"""Adapter for ffmpeg and ffprobe: finding a fit one, probing, encoding."""

from camvault.adapters.ffmpeg.encoder import FfmpegEncoder
from camvault.adapters.ffmpeg.find import FoundProgram, FoundTools, find_ffmpeg
from camvault.adapters.ffmpeg.probe import FfprobeProbe

__all__ = ["FfmpegEncoder", "FfprobeProbe", "FoundProgram", "FoundTools", "find_ffmpeg"]
