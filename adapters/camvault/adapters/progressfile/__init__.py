"""Adapter for progress files: JSON with the specification's keys, in any record store."""

from camvault.adapters.progressfile.files import JsonProgressFiles

__all__ = ["JsonProgressFiles"]
