"""Adapter for Matroska segments, read in-process: is there footage in it?

A segment of a recorder that was killed has no duration and no index, and plays; what counts is a header and a cluster.
"""

import os
from pathlib import PurePath

from camvault.adapters._shared.durable import translated
from camvault.ports.footage import FootageCheck

# Source: RFC 8794 (EBML), RFC 9559 (Matroska): element ids with their marker bits
_EBML = b"\x1a\x45\xdf\xa3"
_CLUSTER = b"\x1f\x43\xb6\x75"
_PIECE_BYTES = 64 * 1024
_LIMIT_BYTES = 8 * 1024 * 1024


class MatroskaFootage:
    """Reads the first kilobytes."""

    def defect(self, path: PurePath, /) -> str:
        """No header, or no cluster behind it."""
        with translated(path):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
            try:
                return _defect(descriptor)
            finally:
                os.close(descriptor)


def _defect(descriptor: int) -> str:
    if os.fstat(descriptor).st_size == 0:
        return "it is empty"
    position = 0
    while position < _LIMIT_BYTES:
        piece = os.pread(descriptor, _PIECE_BYTES, position)
        if position == 0 and not piece.startswith(_EBML):
            return "it has no Matroska header"
        if _CLUSTER in piece:
            return ""
        if len(piece) < _PIECE_BYTES:
            break
        position += _PIECE_BYTES - len(_CLUSTER) + 1
    return "it has a header and no footage behind it"


_conforms: type[FootageCheck] = MatroskaFootage
