"""Private to adapters: is what stands at the other end of a connection the target that was always meant?

The target carries a file named after a number of this machine's own, and the records here hold the number and a copy of
the file. Whether the file is there is asked by a push that only pretends, so that a key for writing only allows it.
Several machines may use one target: each has its own file there.

A remote target that was never used is believed, and marked then: nothing can be said of its mounts from here.

It is offline only if the way to it was tried and leads nowhere (`Ends.route`).
"""

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.adapters._shared.target_record import (
    SENDER,
    TARGET_MARKER_NAME,
    TargetRecord,
    if_meant,
    never_used,
    parse_record,
    wanted_by,
)
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import NoSpaceError, StorageError
from camvault.ports.files import Storage
from camvault.ports.transfer import Here, Offline, Sendable, Sight, TargetAnswer, Unsure, WantedTarget

_NUMBER = re.compile(r"[0-9A-Za-z-]{1,64}")


@attrs.frozen
class Route:
    """What a look at the way to it said.

    Attributes:
        evidence: What shows that the machine is off, or that no way leads to it; "" if nothing does.
        words: What was found otherwise, for the message.
    """

    evidence: str = ""
    words: str = ""


@attrs.frozen
class NotSeen:
    """A file could not be looked at.

    Attributes:
        problem: What the tool said.
        is_cut_off: Whether there was no connection, or none any more, by the exit code of the tool: the machine may be
            off.
    """

    problem: str
    is_cut_off: bool = False


@attrs.frozen
class Ends:
    """How to ask and to send.

    Attributes:
        sight: How a file below a folder here stands at the target.
        send: Sends it; what went wrong, "" for nothing.
        route: Whether the machine answers at all.
    """

    sight: Callable[[Sendable, PurePath], Sight | NotSeen]
    send: Callable[[Sendable, PurePath], str]
    route: Callable[[], Route]


@attrs.frozen
class RemoteGuard:
    """Looks at a target that is reached by a tool.

    Attributes:
        folder: Where the number, and the copy of the marker, are held here.
        storage: Holds them.
        apart_from: The footage that is sent: it may not be the target itself, reached by a detour.
        sender: The command that sends, and takes another target with `--init-target`.
    """

    folder: PurePath
    storage: Storage
    apart_from: PurePath | None = None
    sender: str = SENDER
    _unmarked: list[str] = attrs.field(factory=list, init=False, eq=False, repr=False)

    def wanted(self) -> WantedTarget:
        """What the record says."""
        return wanted_by(self._known)

    def ask(self, target: str, *, ends: Ends) -> TargetAnswer:
        """What stands there now."""
        try:
            known = self._known()
            if known is None:
                return Here("", target) if target in self._unmarked else Unsure(never_used(self.sender))
            return self._answer(target, known, ends)
        except StorageError as error:
            return Unsure(f"it cannot be told whether it is the target: {error}")

    def mark(self, target: str, *, ends: Ends, anew: bool) -> TargetAnswer:
        """As `ask`; a target that was never used is marked, and with `anew` any one that answers."""
        try:
            known = self._known()
            if known is None or anew:
                return self._begin(target, ends, anew=anew)
            answer = self._answer(target, known, ends)
            if isinstance(answer, Here) and known.address != target:
                self._remember(TargetRecord(known.number, target))
        except StorageError as error:
            return Unsure(f"it cannot be told whether it is the target: {error}")
        return answer

    def _answer(self, target: str, known: TargetRecord, ends: Ends) -> TargetAnswer:
        marker = self._copy_of_marker(known.number)
        match ends.sight(marker, self.folder):
            case Sight.SAME | Sight.CACHED | Sight.HELD:  # which target it is, not what lasts there
                refusal = self._itself(known.number)
                return Unsure(refusal) if refusal else Here(known.number, target)
            case Sight.GONE:
                return Unsure(
                    f"its {marker.path} is missing: its disk is not mounted there, its folder is gone, or it is "
                    f"another target; {if_meant(self.sender)}"
                )
            case Sight.OTHER:
                return Unsure(
                    f"its {marker.path} differs from the one that was made: is it damaged? {if_meant(self.sender)}"
                )
            case NotSeen() as failed:
                return self._unseen(target, known, failed, ends)

    def _unseen(self, target: str, known: TargetRecord, failed: NotSeen, ends: Ends) -> TargetAnswer:
        route = ends.route() if failed.is_cut_off else Route()
        problem = f"it cannot be looked at: {failed.problem}"
        if route.evidence and known.address == target:
            return Offline(known.number, route.evidence)
        return Unsure("; ".join(filter(None, (problem, route.evidence or route.words))))

    def _itself(self, number: str) -> str:
        """What arrives at the target must not appear here: there every file would be equal to itself."""
        if self.apart_from in (None, self.folder) or not number:
            return ""
        is_here = self.storage.entry(self.storage.resolve(self.apart_from) / f"{TARGET_MARKER_NAME}-{number}")
        return "it is the folder of the footage itself" if is_here is not None else ""

    def _begin(self, target: str, ends: Ends, *, anew: bool) -> TargetAnswer:
        """Power fails in between: at the first time the next run finds the marker there, and takes its number."""
        sent = None if anew else self._sent(ends)
        if isinstance(sent, NotSeen):
            return Unsure(f"it cannot be marked: {sent.problem}")
        number = sent or self._unused() or str(uuid.uuid4())
        try:
            marker = self._copy_of_marker(number)
        except NoSpaceError:
            if anew:
                raise
            # nothing can be held here: it is believed in this run, and marked when there is room
            self._unmarked.append(target)
            return Here("", target)
        problem = ends.send(marker, self.folder)
        sight = ends.sight(marker, self.folder) if not problem else None
        if sight is not Sight.SAME:
            words = sight.problem if isinstance(sight, NotSeen) else "the marker does not arrive"
            if ends.sight(marker, self.folder) is Sight.GONE:  # else each visit would leave one more, and look at all
                self.storage.write_text(self.folder / marker.path, "")
            return Unsure(f"it cannot be marked: {problem or words}")
        if anew:
            self.storage.write_text(self.folder / TARGET_MARKER_NAME, TargetRecord(number, target).text)
        else:
            self._remember(TargetRecord(number, target))
        refusal = self._itself(number)
        return Unsure(refusal) if refusal else Here(number, target)

    def _remember(self, record: TargetRecord) -> None:
        with suppress(NoSpaceError):
            self.storage.write_text(self.folder / TARGET_MARKER_NAME, record.text)

    def _known(self) -> TargetRecord | None:
        known = parse_record(self.storage.read_text(self.folder / TARGET_MARKER_NAME) or "")
        return known if known is not None and _NUMBER.fullmatch(known.number) else None

    def _sent(self, ends: Ends) -> str | NotSeen | None:
        """The number of a marker that was sent without being remembered: it is found at the target."""
        for number in self._numbers(is_used=True):
            sight = ends.sight(self._copy_of_marker(number), self.folder)
            if sight is Sight.SAME:
                return number
            if isinstance(sight, NotSeen):
                return sight
        return None

    def _unused(self) -> str:
        """The number of a marker that was made, and of which it was seen that it did not arrive."""
        return next(self._numbers(is_used=False), "")

    def _numbers(self, *, is_used: bool) -> Iterator[str]:
        begin = f"{TARGET_MARKER_NAME}-"
        entries = self.storage.children(self.folder) if self.storage.entry(self.folder) is not None else ()
        for name in (entry.path.name for entry in entries if entry.path.name.startswith(begin)):
            number = name.removeprefix(begin)
            if _NUMBER.fullmatch(number) and bool(self.storage.read_text(self.folder / name)) is is_used:
                yield number

    def _copy_of_marker(self, number: str) -> Sendable:
        path, text = self.folder / f"{TARGET_MARKER_NAME}-{number}", f"{number}\n"
        if self.storage.read_text(path) != text:
            self.storage.make_folder(self.folder)
            self.storage.write_text(path, text)
        return Sendable(PurePosixPath(path.name), FileIdentity(len(text), 0))
