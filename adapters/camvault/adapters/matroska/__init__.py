"""Adapter for Matroska: the duration of a file, from its first bytes."""

from camvault.adapters.matroska.durations import MatroskaDurations
from camvault.adapters.matroska.parse import parse_duration

__all__ = ["MatroskaDurations", "parse_duration"]
