"""Adapter for MP4 clips, read in-process: is there footage in it, and is it finished?

Cameras send their clips by FTP, and write the tables last: an MP4 without them was never finished, or is still being
sent. One whose tables stand at its beginning says how long it will be. What is made of fragments has tables for each,
and can be played as far as it goes.
"""

import os
from pathlib import PurePath
from typing import IO

from camvault.adapters._shared.durable import check_regular, translated
from camvault.ports.footage import FootageCheck

_HEADER_BYTES = 16


class Mp4Footage:
    """Reads the headers of the outermost parts: a few bytes for each."""

    def defect(self, path: PurePath, /) -> str:
        """Nothing, no MP4, no tables, no footage, or not all of it."""
        with translated(path):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
            with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor
                check_regular(descriptor)
                return _defect(file, os.fstat(descriptor).st_size)


def _defect(file: IO[bytes], size_bytes: int) -> str:
    # A twentieth of the start of a run that looks into no clip: only those are looked into that were changed lately
    from camvault.adapters._shared.containers import cut_words, mp4_boxes  # noqa: PLC0415
    from camvault.adapters._shared.user_boxes import MP4_FIRST  # noqa: PLC0415

    if size_bytes == 0:
        return "it is empty"
    boxes = list(mp4_boxes(file, size_bytes))
    if not boxes or boxes[0].kind not in MP4_FIRST:
        return "it is no MP4"
    whole = {box.kind for box in boxes if box.end <= size_bytes}
    if b"moov" not in whole:
        return "it has no tables (box moov): it was never finished"
    if not any(box.kind == b"mdat" and box.end - box.at > _HEADER_BYTES for box in boxes):
        return "it has tables and no footage"
    is_fragmented = any(box.kind == b"moof" for box in boxes)
    end = boxes[-1].end
    return cut_words(end - size_bytes) if end > size_bytes and not is_fragmented else ""


_conforms: type[FootageCheck] = Mp4Footage
