"""Composition root, shared part: what stands where nothing is archived, without any tool."""

from collections.abc import Callable
from pathlib import PurePath

from camvault.ports.archiving import ArchiveMade, Archiver, ArchiveSettings, Sound
from camvault.ports.cancellation import Cancellation


class _NoArchiver:
    """Stands where nothing is archived: in a dry run, and in a cleanup."""

    @property
    def name(self) -> str:
        return "nothing"

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
        raise NotImplementedError

    def doubts(self, archive: PurePath, /, *, source: PurePath, sound: Sound, cancel: Cancellation) -> tuple[str, ...]:
        raise NotImplementedError


NO_ARCHIVER: Archiver = _NoArchiver()
