"""Adapter for pytest: where clips are made, and the two adapters that read and encode them."""

from pathlib import PurePath
from typing import Protocol

from camvault.ports.cancellation import Cancellation
from camvault.ports.media import Encoder, MediaProbe

HOSTILE = ("-i.mp4", "a\nb.mp4", "%03d.mp4", "http:x.mp4", "quote'\"`$(x).mp4", "\udcff\udcfe.mp4", "ä" * 120 + ".mp4")
TOLERANCE_S = 0.15


class MediaHarness(Protocol):
    """The two adapters, and where clips for them are made."""

    @property
    def probe(self) -> MediaProbe:
        """The probe under test, or one that is trusted to look at the encoder's outputs."""
        ...

    @property
    def encoder(self) -> Encoder:
        """The encoder under test."""
        ...

    @property
    def folder(self) -> PurePath:
        """An empty folder for clips and outputs."""
        ...

    def clip(self, name: str, *, seconds: float = 1.0, has_audio: bool = True) -> PurePath:
        """A whole clip in `folder`, of a picture that is not easy to encode: 20 kB for a second at CRF 40, say."""
        ...

    def damaged(self, name: str) -> PurePath:
        """A clip in `folder` of two seconds, some of which cannot be decoded."""
        ...

    def rubbish(self, name: str, content: bytes) -> PurePath:
        """A file in `folder` with this content."""
        ...

    def size_of(self, path: PurePath) -> int:
        """The size of a file, in bytes."""
        ...

    def names(self) -> set[str]:
        """The names in `folder`."""
        ...

    def full_folder(self) -> PurePath:
        """A folder on a file system of at most 8 KiB."""
        ...

    def stop_in_the_middle(self) -> Cancellation:
        """A cancellation that is requested while the next encode, of a clip of 60 seconds, runs."""
        ...
