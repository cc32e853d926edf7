"""Adapter for xorriso: writes an image to a blank disc and finalises it."""

from camvault.adapters.xorriso.burner import XorrisoBurner, find_xorriso

__all__ = ["XorrisoBurner", "find_xorriso"]
