"""Adapter for tests and library users: an archiver of clips that say of themselves what they are (`memory.media`).

An archive says of which picture it is: that of the source's content, of which the digest stands for it. Faults:
`storage.calls.fail(...)` with `archiver.archive` or `archiver.doubts`, a full volume, rubbish in a file, what a clip
says of its `damage` (which cannot be decoded) and of what is `unkept`, and `MemoryArchiver.share`.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import PurePath

import attrs

from camvault.adapters.memory.media import MemoryClip
from camvault.adapters.memory.storage import MemoryStorage
from camvault.ports.archiving import ArchiveMade, Archiver, ArchiveSettings, Sound
from camvault.ports.cancellation import Cancellation
from camvault.ports.entries import FileKind
from camvault.ports.errors import MediaError, NotFoundError

_MAGIC = b"camvault memory archive "
_TOLERANCE_S = 0.05


@attrs.define
class MemoryArchiver:
    """Writes descriptions of what would be the archive.

    Attributes:
        storage: Where sources are read and archives written.
        share: The size of an encode as a share of its source's; from 1 on, the source is remuxed.
        encoder: What the archives say they were made with.
        more_doubts: What each archive may lack, beside what its clip says.
    """

    storage: MemoryStorage
    share: float = 0.3
    encoder: str = "memory"
    more_doubts: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """For the log."""
        return f"memory archiver, {self.encoder}"

    def archive(
        self,
        source: PurePath,
        /,
        *,
        target: PurePath,
        settings: ArchiveSettings,
        on_seconds: Callable[[float], None],
        cancel: Cancellation,
    ) -> ArchiveMade:
        """In two pieces, with one half-done state: half of the target."""
        with self.storage.calls.call("archiver.archive", source, f"target={target}", settings) as announce_half:
            cancel.check()
            content, clip, duration_s = self._clip(source)
            if clip.damage:
                raise MediaError(source, clip.damage)
            has_sound = clip.has_audio and settings.sound is Sound.KEEP
            archive = archive_content(content, duration_s=duration_s, encoder=self.encoder, has_sound=has_sound)
            archive = archive.ljust(int(len(content) * self.share), b".")
            is_remuxed = len(archive) >= len(content)
            archive = content if is_remuxed else archive
            mtime_ns = self.storage.tree.get(source).mtime_ns
            self.storage.tree.get(target.parent)
            for done in (0.5, 1.0):
                self.storage.put(target, archive[: int(len(archive) * done)], mtime_ns=mtime_ns)
                on_seconds(duration_s * done)
                announce_half()
                cancel.check()
            quality = "XPSNR 40.0 dB" if settings.is_quality_measured else ""
            return ArchiveMade(
                len(archive),
                duration_s,
                "remux" if is_remuxed else self.encoder,
                hashlib.sha256(archive).hexdigest(),
                (*clip.unkept, *self.more_doubts),
                quality,
            )

    def doubts(self, archive: PurePath, /, *, source: PurePath, sound: Sound, cancel: Cancellation) -> tuple[str, ...]:
        """What differs between the description and the source."""
        with self.storage.calls.call("archiver.doubts", archive, source):
            cancel.check()
            content, clip, duration_s = self._clip(source)
            if clip.damage:
                raise MediaError(source, clip.damage)
            found = self._content(archive)
            if found == content:
                return ()
            head, newline, _ = found.partition(b"\n")
            if not newline or not head.startswith(_MAGIC):
                return ("it cannot be played to its end",)
            said = json.loads(head.removeprefix(_MAGIC))
            doubts = []
            if abs(said["duration_s"] - duration_s) > _TOLERANCE_S:
                doubts.append(f"it is {said['duration_s']:.1f} s long, its source {duration_s:.1f} s")
            if said["picture"] != _picture(content):
                doubts.append("its picture is another one")
            if sound is Sound.KEEP and clip.has_audio and not said["has_sound"]:
                doubts.append("it has no sound")
            return tuple(doubts)

    def _clip(self, path: PurePath) -> tuple[bytes, MemoryClip, float]:
        content = self._content(path)
        clip = MemoryClip.read(content)
        if clip is None or not clip.has_video or not clip.duration_s:
            raise MediaError(path, "Invalid data found when processing input")
        return content, clip, clip.duration_s

    def _content(self, path: PurePath) -> bytes:
        if self.storage.tree.find(path) is None:
            raise NotFoundError(path, "No such file or directory")
        node = self.storage.tree.get(path)
        if node.kind is not FileKind.FILE:
            raise MediaError(path, "it is not a regular file")
        return node.content


def _picture(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def archive_content(content: bytes, *, duration_s: float, encoder: str, has_sound: bool = True) -> bytes:
    """An archive of a clip with this content."""
    said = {"picture": _picture(content), "duration_s": duration_s, "encoder": encoder, "has_sound": has_sound}
    return _MAGIC + json.dumps(said).encode() + b"\n"


_conforms: type[Archiver] = MemoryArchiver
