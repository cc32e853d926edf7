"""Composition root, shared part: the processors of this machine."""

import os


def cpu_count() -> int:
    """How many there are, at least 1."""
    return os.cpu_count() or 1
