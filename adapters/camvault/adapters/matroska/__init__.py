"""Adapter for Matroska: the duration of a file, from its first bytes, and the pictures in it."""

from camvault.adapters.matroska.durations import MatroskaDurations
from camvault.adapters.matroska.parse import parse_duration
from camvault.adapters.matroska.pictures import MatroskaPictures

__all__ = ["MatroskaDurations", "MatroskaPictures", "parse_duration"]
