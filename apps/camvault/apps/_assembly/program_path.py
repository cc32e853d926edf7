"""Composition root, shared part: the value of a flag that names a program."""

import os
from pathlib import Path


def program_of(text: str) -> Path:
    """A bare name, which is searched on PATH, stays one; what has a slash (`./ffmpeg`) is the path of a file."""
    return Path(text).absolute() if os.sep in text else Path(text)
