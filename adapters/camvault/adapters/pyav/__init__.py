"""Adapter for PyAV: durations and streams in-process, where there is no ffprobe."""

from camvault.adapters.pyav.facts import PyavClipReader
from camvault.adapters.pyav.probe import PyavProbe

__all__ = ["PyavClipReader", "PyavProbe"]
