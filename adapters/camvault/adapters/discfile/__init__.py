"""Adapter for disc files: a file that behaves like a disc, for machines without a burner."""

from camvault.adapters.discfile.disc import DiscFileBurner, DiscFileDrives
from camvault.adapters.discfile.parse import DiscFile, parse_device

__all__ = ["DiscFile", "DiscFileBurner", "DiscFileDrives", "parse_device"]
