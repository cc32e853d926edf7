"""Adapter for Matroska: the pictures in a file that a recorder may still write to.

Only the heads of elements are read, and each only once: of a camera with 25 pictures a second some hundred bytes a
second, all of which are in memory.
"""

import os
import struct
from collections.abc import Callable
from pathlib import PurePath

import attrs

from camvault.adapters._shared.durable import translated
from camvault.ports.pictures import PictureCounter, StoredPictures

# Source: RFC 8794 (EBML), RFC 9559 (Matroska): element ids with their marker bits
_SEGMENT, _INFO, _TRACKS, _CLUSTER, _BLOCK_GROUP = 0x18538067, 0x1549A966, 0x1654AE6B, 0x1F43B675, 0xA0
_SCALE, _TRACK_ENTRY, _NUMBER, _TYPE, _TIME, _BLOCK, _SIMPLE_BLOCK = 0x2AD7B1, 0xAE, 0xD7, 0x83, 0xE7, 0xA1, 0xA3
_ENTERED = frozenset({_SEGMENT, _INFO, _TRACKS, _TRACK_ENTRY, _CLUSTER, _BLOCK_GROUP})
_VALUES = frozenset({_SCALE, _NUMBER, _TYPE, _TIME})
_BLOCKS = frozenset({_BLOCK, _SIMPLE_BLOCK})
_PICTURES = 1
_KEY = 0x80
"""The flag of a key frame; a block in a group has none."""
_HEAD_BYTES = 32
_LONGEST_ID, _LONGEST_SIZE, _LONGEST_VALUE = 4, 8, 8


@attrs.define
class _Walk:
    """A walk from head to head. The element that is entered next begins at `at`; `tracks` are those with pictures."""

    found: StoredPictures
    at: int = 0
    scale_ns: int = 1_000_000
    cluster_time: int = 0
    number: int = 0
    tracks: tuple[int, ...] = ()

    @classmethod
    def after(cls, known: StoredPictures) -> "_Walk":
        if not known.place:
            return cls(known)
        at, scale_ns, cluster_time, number, *tracks = known.place
        return cls(known, at, scale_ns, cluster_time, number, tuple(tracks))

    def result(self) -> StoredPictures:
        return attrs.evolve(self.found, place=(self.at, self.scale_ns, self.cluster_time, self.number, *self.tracks))

    def step(self, head: bytes, size_bytes: int) -> bool:
        """Take the element that begins with `head`; whether it is in the file as a whole, and can be understood."""
        id_length = _length(head[0], _LONGEST_ID) if head else 0
        size_length = _length(head[id_length], _LONGEST_SIZE) if id_length and len(head) > id_length else 0
        begin = id_length + size_length
        if not size_length or len(head) < begin:
            return False
        name = int.from_bytes(head[:id_length], "big")
        length = int.from_bytes(head[id_length:begin], "big") & ((1 << 7 * size_length) - 1)
        if name in _ENTERED:
            self.at += begin
            return True
        if self.at + begin + length > size_bytes:
            return False
        self._take(name, head[begin : begin + length])
        self.at += begin + length
        return True

    def _take(self, name: int, content: bytes) -> None:
        value = int.from_bytes(content[:_LONGEST_VALUE], "big") if name in _VALUES else 0
        if name == _SCALE:
            self.scale_ns = value
        elif name == _NUMBER:
            self.number = value
        elif name == _TYPE and value == _PICTURES:
            self.tracks = (*self.tracks, self.number)
        elif name == _TIME:
            self.cluster_time = value
        elif name in _BLOCKS:
            self._take_block(content, is_simple=name == _SIMPLE_BLOCK)

    def _take_block(self, content: bytes, *, is_simple: bool) -> None:
        number_length = _length(content[0], _LONGEST_SIZE) if content else 0
        if not number_length or len(content) < number_length + 3:
            return
        number = int.from_bytes(content[:number_length], "big") & ((1 << 7 * number_length) - 1)
        if number not in self.tracks:
            return
        (offset,) = struct.unpack(">h", content[number_length : number_length + 2])
        is_key = is_simple and bool(content[number_length + 2] & _KEY)
        self.found = self.found.with_picture((self.cluster_time + offset) * self.scale_ns / 1e9, is_key=is_key)


def _length(first: int, longest: int) -> int:
    """The length of a number in bytes, from the leading zeros of its first byte; 0 if it is none."""
    length = 9 - first.bit_length()
    return length if length <= longest else 0


class MatroskaPictures:
    """Counts the blocks of the tracks with pictures."""

    def count(self, path: PurePath, /, *, known: StoredPictures) -> StoredPictures:
        """See `PictureCounter`."""
        walk = _Walk.after(known)
        with translated(path):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
            try:
                size_bytes = os.fstat(descriptor).st_size
                while walk.at < size_bytes and walk.step(os.pread(descriptor, _HEAD_BYTES, walk.at), size_bytes):
                    pass
            finally:
                os.close(descriptor)
        return walk.result()


_: Callable[[], PictureCounter] = MatroskaPictures
