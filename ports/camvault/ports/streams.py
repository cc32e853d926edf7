"""Port: what kinds of streams a recorded file has."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Protocol

import attrs


@attrs.frozen
class StreamFacts:
    """The facts of one stream, by the names that ffprobe gives them.

    Attributes:
        kind: "video" or "audio".
        facts: `codec_name`, `profile`, `pix_fmt`, `width`, `height` and `r_frame_rate` ("25/1") of a video;
            `codec_name`, `profile`, `sample_rate`, `channels` and `channel_layout` of sound. What is unknown is left
            out.
    """

    kind: str
    facts: Mapping[str, str]


class StreamProbe(Protocol):
    """Looks into a file."""

    @property
    def name(self) -> str:
        """Name and version, for the log."""
        ...

    def streams(self, path: PurePath, /) -> tuple[StreamFacts, ...]:
        """The video and sound streams in the file's order, pictures of a cover left out.

        Its duration may be unknown: a segment that was cut off has none.

        Raises:
            MediaError: Not a media file.
            NotFoundError: The file does not exist.
        """
        ...
