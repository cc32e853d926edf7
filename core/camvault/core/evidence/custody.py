"""Pure: `evidence/custody.jsonl`: the disc, then where each clip came from and what was done to it, a line each.

The words are those of digital forensics and of PREMIS (original, fixity, migration), but no standard is claimed to be
met. What is not known is null or empty, never left out.
"""

import enum
from collections.abc import Mapping

import attrs

from camvault.core.evidence.camera_start import ClockSource
from camvault.core.evidence.errors import EvidenceError
from camvault.core.evidence.json_lines import Json, json_line, parse_json
from camvault.core.evidence.json_tables import JsonTable

FORMAT = 1


class How(enum.StrEnum):
    """How a clip on the disc was made of its original."""

    COPY = "copy"
    ENCODE = "encode"


@attrs.frozen(kw_only=True)
class DiscRecord:
    """The first line.

    Attributes:
        label: The volume label.
        disc_id: Differs for every other content, label or stamp.
        stamp: The moment in the image.
        disc: The number of this disc in its set.
        discs: How many the set has.
        files: How many clips are on this disc.
        size_bytes: What they take together.
        tools: What the disc was made with, and on which machine by whom: names and values.
    """

    label: str
    disc_id: str
    stamp: str
    disc: int = 1
    discs: int = 1
    files: int
    size_bytes: int
    tools: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Original:
    """The file that the clip was made of, as it was then. `sha256` is "" where nobody read it."""

    path: str
    size_bytes: int
    mtime: str
    sha256: str


@attrs.frozen(kw_only=True)
class Made:
    """What was done to the original: the program's command line, its version, and what may be missing."""

    how: How
    argv: tuple[str, ...] = ()
    tool: str = ""
    doubts: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class ClipCustody:
    """One clip. `name` is its path on the disc; `duration_s` is None where it is not known."""

    name: str
    camera: str
    start: str
    clock: ClockSource
    duration_s: float | None
    original: Original
    made: Made
    size_bytes: int
    sha256: str


@attrs.frozen
class Custody:
    """The whole record."""

    disc: DiscRecord
    clips: tuple[ClipCustody, ...]


def custody_text(custody: Custody) -> str:
    """The record as it goes onto the disc."""
    return "".join(f"{json_line(line)}\n" for line in (_disc(custody.disc), *map(_clip, custody.clips)))


def clip_line_bytes(clip: ClipCustody) -> int:
    """What one clip takes in the record."""
    return len(json_line(_clip(clip)).encode("utf-8")) + 1


def _disc(disc: DiscRecord) -> Mapping[str, Json]:
    return {
        "type": "disc",
        "format": FORMAT,
        "label": disc.label,
        "id": disc.disc_id,
        "stamp": disc.stamp,
        "disc": disc.disc,
        "discs": disc.discs,
        "files": disc.files,
        "bytes": disc.size_bytes,
        "tools": disc.tools,
    }


def _clip(clip: ClipCustody) -> Mapping[str, Json]:
    original, made = clip.original, clip.made
    return {
        "type": "clip",
        "name": clip.name,
        "camera": clip.camera,
        "start": clip.start,
        "clock": clip.clock.value,
        "duration_s": clip.duration_s,
        "original": {
            "path": original.path,
            "bytes": original.size_bytes,
            "mtime": original.mtime,
            "sha256": original.sha256,
        },
        "made": {"how": made.how.value, "argv": made.argv, "tool": made.tool, "doubts": made.doubts},
        "on_disc": {"bytes": clip.size_bytes, "sha256": clip.sha256},
    }


def parse_custody(text: str) -> Custody:
    """The record of a disc. Keys that are not known here are of a later version, and are passed over.

    Raises:
        EvidenceError: It is none, torn, or of a format that is not known.
    """
    if not text.endswith("\n"):
        raise EvidenceError("the last line is torn")
    disc, *clips = (JsonTable(parse_json(line), f"line {n}") for n, line in enumerate(text.split("\n")[:-1], start=1))
    if disc.text("type") != "disc" or disc.number("format") != FORMAT:
        raise EvidenceError("the first line is not that of a disc in a format that is known")
    return Custody(_disc_of(disc), tuple(_clip_of(clip) for clip in clips if clip.text("type") == "clip"))


def _disc_of(line: "JsonTable") -> DiscRecord:
    tools = line.table("tools")
    return DiscRecord(
        label=line.text("label"),
        disc_id=line.text("id"),
        stamp=line.text("stamp"),
        disc=line.number("disc"),
        discs=line.number("discs"),
        files=line.number("files"),
        size_bytes=line.number("bytes"),
        tools={key: tools.text(key) for key in tools.keys},
    )


def _clip_of(line: "JsonTable") -> ClipCustody:
    original, made, on_disc = line.table("original"), line.table("made"), line.table("on_disc")
    return ClipCustody(
        name=line.text("name"),
        camera=line.text("camera"),
        start=line.text("start"),
        clock=line.member("clock", ClockSource),
        duration_s=line.seconds_or_none("duration_s"),
        original=Original(
            path=original.text("path"),
            size_bytes=original.number("bytes"),
            mtime=original.text("mtime"),
            sha256=original.text("sha256"),
        ),
        made=Made(
            how=made.member("how", How), argv=made.texts("argv"), tool=made.text("tool"), doubts=made.texts("doubts")
        ),
        size_bytes=on_disc.number("bytes"),
        sha256=on_disc.text("sha256"),
    )
