"""Adapter for RTSP cameras, recorded with ffmpeg."""

from camvault.adapters.rtsp.argv import ffconcat, record_argv
from camvault.adapters.rtsp.recorder import FfmpegRecorder
from camvault.adapters.rtsp.replace import become_recorder

__all__ = ["FfmpegRecorder", "become_recorder", "ffconcat", "record_argv"]
