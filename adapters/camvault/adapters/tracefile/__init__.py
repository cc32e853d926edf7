"""Adapter for files of traces: the rows of CSV with a heading, or of JSON lines."""

from camvault.adapters.tracefile.drives import DRIVES, drive_path
from camvault.adapters.tracefile.read import read_rows

__all__ = ["DRIVES", "drive_path", "read_rows"]
