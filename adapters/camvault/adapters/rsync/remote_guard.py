"""Adapter for rsync: is what stands at the other end of ssh the target that was always meant?

The target carries a file named after a number of this machine's own, and the records here hold the number and a copy of
the file. Whether the file is there is asked by a push that only pretends, so that a key for writing only allows it.
Several machines may use one target: each has its own file there.

A remote target that was never used is believed, and marked then: nothing can be said of its mounts from here.
"""

import re
import uuid
from collections.abc import Callable
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.adapters.rsync.guard import IF_MEANT, MARKER_NAME
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import NoSpaceError, StorageError
from camvault.ports.files import Storage
from camvault.ports.transfer import Sendable, Sight, TargetError

_NUMBER = re.compile(r"[0-9A-Za-z-]{1,64}")


@attrs.frozen
class Ends:
    """How to ask and to send.

    Attributes:
        sight: How a file below a folder here stands at the target; raises `TargetError` if nobody can tell.
        send: Sends it; what went wrong, "" for nothing.
    """

    sight: Callable[[Sendable, PurePath], Sight]
    send: Callable[[Sendable, PurePath], str]


@attrs.frozen
class RemoteGuard:
    """Looks at `[user@]host:path`.

    Attributes:
        folder: Where the number, and the copy of the marker, are held here.
        storage: Holds them.
        apart_from: The footage that is sent: it may not be the target itself, reached by a detour.
    """

    folder: PurePath
    storage: Storage
    apart_from: PurePath | None = None

    def check(self, target: str, *, ends: Ends, may_begin: bool, must_be_known: bool = False) -> str:
        """The number of the target, or "" where none can be held here yet.

        Raises:
            TargetError: It is not the target, or does not answer.
        """
        try:
            number = self._check(target, ends, may_begin=may_begin, must_be_known=must_be_known)
            self._refuse_itself(target, number)
        except StorageError as error:
            raise TargetError(target, f"it cannot be told whether it is the target: {error}") from error
        return number

    def _check(self, target: str, ends: Ends, *, may_begin: bool, must_be_known: bool) -> str:
        known = self._known()
        if must_be_known and not known:
            raise TargetError(target, "it was not used before")
        if not known:
            return self._begin(target, ends)
        marker = self._copy_of_marker(known)
        if ends.sight(marker, self.folder) is Sight.SAME:
            return known
        if not may_begin:
            problem = (
                f"its {marker.path} is missing or differs: its disk is not mounted there, or it is another target; "
                f"{IF_MEANT}"
            )
            raise TargetError(target, problem, is_other=True)
        self._mark(target, marker, ends)
        return known

    def _refuse_itself(self, target: str, number: str) -> None:
        """What arrives at the target must not appear here: there every file would be equal to itself."""
        if self.apart_from in (None, self.folder) or not number:
            return
        if self.storage.entry(self.storage.resolve(self.apart_from) / f"{MARKER_NAME}-{number}") is not None:
            raise TargetError(target, "it is the folder of the footage itself", is_other=True)

    def _begin(self, target: str, ends: Ends) -> str:
        """The first time. Power fails in between: the same number is used by the next run, which begins again."""
        number = self._planned() or str(uuid.uuid4())
        try:
            marker = self._copy_of_marker(number)
        except NoSpaceError:
            return ""  # nothing can be held here: marked as soon as there is room
        self._mark(target, marker, ends)
        try:
            self.storage.write_text(self.folder / MARKER_NAME, f"{number}\n")
        except NoSpaceError:
            return number
        return number

    def _mark(self, target: str, marker: Sendable, ends: Ends) -> None:
        problem = ends.send(marker, self.folder)
        if problem or ends.sight(marker, self.folder) is not Sight.SAME:
            raise TargetError(target, f"it cannot be marked: {problem or 'the marker does not arrive'}")

    def _known(self) -> str:
        text = (self.storage.read_text(self.folder / MARKER_NAME) or "").strip()
        return text if _NUMBER.fullmatch(text) else ""

    def _planned(self) -> str:
        """The number of a marker that may have been sent without being remembered."""
        if self.storage.entry(self.folder) is None:
            return ""
        names = (entry.path.name for entry in self.storage.children(self.folder))
        numbers = (name.removeprefix(f"{MARKER_NAME}-") for name in names if name.startswith(f"{MARKER_NAME}-"))
        return next((number for number in numbers if _NUMBER.fullmatch(number)), "")

    def _copy_of_marker(self, number: str) -> Sendable:
        path, text = self.folder / f"{MARKER_NAME}-{number}", f"{number}\n"
        if self.storage.read_text(path) != text:
            self.storage.make_folder(self.folder)
            self.storage.write_text(path, text)
        return Sendable(PurePosixPath(path.name), FileIdentity(len(text), 0))
