"""Adapter for Matroska: how long a file plays, from its first bytes."""

from camvault.adapters.matroska.durations import MatroskaDurations
from camvault.adapters.matroska.parse import parse_duration

__all__ = ["MatroskaDurations", "parse_duration"]
