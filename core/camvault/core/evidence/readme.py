"""Pure: `README.txt`: what the disc is, and the commands by which a stranger proves, reads and salvages it.

Each command stands on one line, and no name of a clip stands in any of them: names may hold anything.
"""

from collections.abc import Iterator

import attrs

from camvault.core.evidence.places import EvidencePlaces
from camvault.core.evidence.signature import DiscSignature, verify_command
from camvault.ports.image import SECTOR_BYTES

DUMP = "rescued.iso"
"""What the commands call the dump of a damaged disc."""

_TEXT = """\
{label}: camera footage, {count:,} files, {size:,} bytes. Disc {disc} of {discs}.
Made {stamp} by {tool}. Disc id {disc_id}.

The clips lie in the root of the disc. Nothing of camvault is needed to read, prove or salvage them.
  {sums}  SHA-256 of every clip and of this evidence
  {custody}  for each clip: camera, start and whose clock says so, its original, what was done to it
  {extents}  where each file lies on the disc; again in {again}

PROVE IT, in the folder of the disc. Linux:
  sha256sum -c {sums}
macOS:
  shasum -a 256 -c {sums}
Windows, for one file, to be compared with {sums}:
  certutil -hashfile FILE SHA256
"""
_SIGNED = """\
Who signed it: the key {fingerprint}; ask its owner, or look where it is published:
  {command}
"""
_DAMAGED = """
DAMAGED? Dump the disc first (Linux, package gddrescue), then work with the dump:
  ddrescue -b {sector} -d -r3 /dev/sr0 {dump} rescued.map
NO FILE SYSTEM LEFT? This salvages every file that is whole as clip-SECTOR, and says its name:
  {salvage}
"""
_SALVAGE = (
    "export LC_ALL=C; tr '\\0' '\\n' < {dump}"
    " | grep -aE '^ *[0-9]+ +[0-9]+ +[0-9]+ [0-9a-f]{{64}} ' | sort -u"
    " | while read -r FIRST COUNT BYTES SUM NAME; do"
    " dd if={dump} bs={sector} skip=$FIRST count=$COUNT status=none | head -c $BYTES > clip-$FIRST;"
    ' printf \'%s \' "$NAME"; echo "$SUM  clip-$FIRST" | sha256sum -c; done'
)
_HOW_TO_READ = """
In {custody}, "clock" says who told the start: the camera's metadata, the name of the file, or its time.
What "doubts" says may be missing in a clip that was encoded; see its original.
The SHA-256 prove that nothing changed since the disc was made; who made it, only a signature can.
"""


@attrs.frozen(kw_only=True)
class ReadmeFacts:
    """What the text says of this disc. `stamp` is UTC; `tool` is camvault with its version."""

    label: str
    disc_id: str
    stamp: str
    tool: str
    clip_count: int
    size_bytes: int
    disc: int = 1
    discs: int = 1


def salvage_command() -> str:
    """How every whole file is taken out of a dump without a file system, on one line."""
    return _SALVAGE.format(dump=DUMP, sector=SECTOR_BYTES)


def readme_text(facts: ReadmeFacts, places: EvidencePlaces, signature: DiscSignature | None = None) -> str:
    """The whole text, in ASCII."""
    return "".join(_parts(facts, places, signature))


def _parts(facts: ReadmeFacts, places: EvidencePlaces, signature: DiscSignature | None) -> Iterator[str]:
    yield _TEXT.format(
        label=facts.label,
        count=facts.clip_count,
        size=facts.size_bytes,
        disc=facts.disc,
        discs=facts.discs,
        stamp=facts.stamp,
        tool=facts.tool,
        disc_id=facts.disc_id,
        sums=places.sums,
        custody=places.custody,
        extents=places.extents,
        again=places.extents_again,
    )
    if signature is not None:
        yield _SIGNED.format(fingerprint=signature.fingerprint, command=verify_command(signature, places))
    yield _DAMAGED.format(sector=SECTOR_BYTES, dump=DUMP, salvage=salvage_command())
    yield _HOW_TO_READ.format(custody=places.custody)
