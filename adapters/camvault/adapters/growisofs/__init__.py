"""Adapter for growisofs: writes an image to a blank disc; leaves a BD-R appendable."""

from camvault.adapters.growisofs.burner import GrowisofsBurner, find_growisofs

__all__ = ["GrowisofsBurner", "find_growisofs"]
