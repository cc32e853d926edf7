"""Pure: `extents.txt`: where each file lies, for a disc whose file system is gone.

Numbers have fixed columns, so that the size of the file is known before the sectors are. The names are those on the
disc, each on one line.
"""

import re
from collections.abc import Iterable, Sequence

import attrs

from camvault.core.evidence.errors import EvidenceError
from camvault.core.evidence.escapes import escaped, unescaped
from camvault.ports.image import SECTOR_BYTES

_FIRST_WIDTH, _COUNT_WIDTH, _BYTES_WIDTH = 10, 10, 15
_HEADING = (
    f"# camvault extents 1: first sector of {SECTOR_BYTES} bytes, sectors, bytes, SHA-256, name."
    f" One file: dd if=IMAGE bs={SECTOR_BYTES} skip=FIRST count=SECTORS | head -c BYTES > FILE\n"
)
_LINE = re.compile(
    rf"([ 0-9]{{{_FIRST_WIDTH}}}) ([ 0-9]{{{_COUNT_WIDTH}}}) ([ 0-9]{{{_BYTES_WIDTH}}}) ([0-9a-f]{{64}}) (.+)"
)

EARLY_SECTOR = 544
"""Where the first copy begins: behind the first megabyte, which is what is lost most often, and far from the end."""


@attrs.frozen
class Extent:
    """Where one file lies on the disc, in one piece. An empty file lies nowhere: sector 0, no sectors."""

    first_sector: int = attrs.field(validator=attrs.validators.in_(range(10**_FIRST_WIDTH)))
    size_bytes: int = attrs.field(validator=attrs.validators.in_(range(10**_BYTES_WIDTH)))
    sha256: str
    name: str

    @property
    def sector_count(self) -> int:
        """How many sectors it takes."""
        return -(-self.size_bytes // SECTOR_BYTES)


def extents_text(extents: Iterable[Extent]) -> str:
    """A heading, and one line for each file."""
    return _HEADING + "".join(f"{_line(extent)}\n" for extent in extents)


def _line(extent: Extent) -> str:
    first, count = f"{extent.first_sector:{_FIRST_WIDTH}}", f"{extent.sector_count:{_COUNT_WIDTH}}"
    return f"{first} {count} {extent.size_bytes:{_BYTES_WIDTH}} {extent.sha256} {escaped(extent.name)}"


def parse_extents(text: str) -> Sequence[Extent]:
    """The files, in the order of the text.

    Raises:
        EvidenceError: It is no whole `extents.txt`.
    """
    if not text.startswith(_HEADING) or not text.endswith("\n"):
        raise EvidenceError("its first or its last line is not whole")
    return tuple(map(_parsed, text.removeprefix(_HEADING).split("\n")[:-1]))


def _parsed(line: str) -> Extent:
    found = _LINE.fullmatch(line)
    if found is None:
        raise EvidenceError(f"no line of it: {line!r}")
    first, count, size_bytes = (int(found[place]) for place in (1, 2, 3))
    extent = Extent(first, size_bytes, found[4], unescaped(found[5]))
    if extent.sector_count != count:
        raise EvidenceError(f"{size_bytes:,} bytes do not take {count:,} sectors: {line!r}")
    return extent
