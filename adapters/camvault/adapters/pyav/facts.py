"""Adapter for PyAV: length and tags of clips, in-process."""

from pathlib import PurePath

from camvault.adapters.pyav.probe import MICROSECONDS, opened
from camvault.ports.clip_facts import ClipReader, ContainerFacts


class PyavClipReader:
    """Asks the libraries of ffmpeg inside the `av` wheel."""

    def facts(self, path: PurePath, /) -> ContainerFacts:
        """See `ClipReader`."""
        with opened(path) as container:
            picture = next(iter(container.streams.video), None)
            tags = {**(picture.metadata if picture is not None else {}), **container.metadata}
            return ContainerFacts(container.duration / MICROSECONDS if container.duration else None, tags)


_: type[ClipReader] = PyavClipReader
