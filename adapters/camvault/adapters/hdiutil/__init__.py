"""Adapter for macOS: burning with hdiutil, drives as drutil describes them."""

from camvault.adapters.hdiutil.burner import HdiutilBurner, find_hdiutil
from camvault.adapters.hdiutil.drives import DrutilDrives

__all__ = ["DrutilDrives", "HdiutilBurner", "find_hdiutil"]
