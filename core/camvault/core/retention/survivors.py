"""Pure: whether a copy that would survive a removal is a witness for it. A doubt keeps the file that was to go.

Presence, equal size and time, another path, a line in a log: none of them is a witness. It is one if it was read in
this run, from its medium, holds what was recorded of it, stands for the very content of the file that goes, and is
another file than that one.
"""

import re
from collections.abc import Iterator
from pathlib import PurePath

import attrs

from camvault.ports.entries import FileEntry, FileIdentity, FileKind
from camvault.ports.witness import FileRead, ReadFrom, Sameness

_FROM_ELSEWHERE = {
    ReadFrom.CACHE: (
        "its file system offers no way around its cache: what its medium holds was not seen "
        "(--trust-cache takes the cache for it)"
    ),
    ReadFrom.HELD: "another program holds it in the page cache: what its medium holds was not seen",
    ReadFrom.MEMORY: "it is in memory (tmpfs, a RAM disk), which is no other place: it is gone with the power",
}

_SHA256 = re.compile(r"[0-9a-f]{64}")


@attrs.frozen(kw_only=True)
class Survivor:
    """What was seen in this run of a copy, beside the file that is to go.

    Attributes:
        path: Where it is.
        read: What came of reading it.
        recorded_sha256: What it must hold.
        stands_for: The digest of the file whose footage is in it, as recorded when it was made; for a copy its own.
        sameness: Whether it and the file that is to go are one.
        is_cache_trusted: Whether the user accepts what may have come from a cache that cannot be passed by.
    """

    path: PurePath
    read: FileRead
    recorded_sha256: str
    stands_for: str
    sameness: Sameness
    is_cache_trusted: bool = False


def medium_doubt(source: ReadFrom, *, is_cache_trusted: bool = False) -> str:
    """Why what was read may not be on a medium that lasts, as what is said of it after its name; "" if it is."""
    if source is ReadFrom.MEDIUM or (source is ReadFrom.CACHE and is_cache_trusted):
        return ""
    return _FROM_ELSEWHERE[source]


def doubt_of(going: FileEntry, content: FileRead, survivor: Survivor) -> str | None:
    """Why the file must stay although there is this copy; None if the copy is a witness."""
    return next(_doubts(going, content, survivor), None)


def _doubts(going: FileEntry, content: FileRead, survivor: Survivor) -> Iterator[str]:
    path, read = survivor.path, survivor.read
    if going.kind is not FileKind.FILE:
        yield f"it is not a regular file but a {going.kind.value}"
    if not content.identity.is_same_file(going.identity):
        yield "it is not the file any more that was looked at"
    if survivor.sameness is Sameness.ONE or _is_one(content.identity, read.identity):
        yield f"{path} is the same file by another name, no copy"
    if survivor.sameness is Sameness.UNSURE:
        yield f"it is not seen whether {path} is another file, or the same by another name"
    if not _SHA256.fullmatch(survivor.recorded_sha256) or not _SHA256.fullmatch(survivor.stands_for):
        yield f"the record of {path} has no SHA-256"
    if read.sha256 != survivor.recorded_sha256:
        yield f"{path} does not hold what was recorded of it"
    if content.sha256 != survivor.stands_for:
        yield f"its content is not what {path} was made of"
    unseen = medium_doubt(read.source, is_cache_trusted=survivor.is_cache_trusted)
    if unseen:
        yield f"{path} was read, but {unseen}"


def _is_one(one: FileIdentity, other: FileIdentity) -> bool:
    return one.inode is not None and (one.device, one.inode) == (other.device, other.inode)
