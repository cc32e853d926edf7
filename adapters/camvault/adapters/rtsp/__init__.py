"""Adapter for RTSP cameras, recorded with ffmpeg."""

from camvault.adapters.rtsp.argv import ffconcat, record_argv
from camvault.adapters.rtsp.recorder import FfmpegRecorder

__all__ = ["FfmpegRecorder", "ffconcat", "record_argv"]
