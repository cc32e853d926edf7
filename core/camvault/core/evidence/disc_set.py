"""Pure: `evidence/set.json`: the discs of a set, and what is on each of them."""

from collections.abc import Mapping

import attrs

from camvault.core.evidence.errors import EvidenceError
from camvault.core.evidence.json_lines import Json, json_line, parse_json
from camvault.core.evidence.json_tables import JsonTable


@attrs.frozen(kw_only=True)
class MemberClip:
    """A clip on one disc of the set."""

    name: str
    size_bytes: int
    sha256: str


@attrs.frozen(kw_only=True)
class MemberDisc:
    """One disc of the set."""

    disc: int
    label: str
    clips: tuple[MemberClip, ...]


@attrs.frozen(kw_only=True)
class DiscSet:
    """A set of discs as one of them, number `disc`, tells of it."""

    set_id: str
    disc: int
    members: tuple[MemberDisc, ...]


def set_text(found: DiscSet) -> str:
    """The set as it goes onto one of its discs."""
    document: Mapping[str, Json] = {
        "set": found.set_id,
        "disc": found.disc,
        "discs": len(found.members),
        "members": [_member(member) for member in found.members],
    }
    return json_line(document) + "\n"


def _member(member: MemberDisc) -> Mapping[str, Json]:
    clips: list[Json] = [{"name": c.name, "bytes": c.size_bytes, "sha256": c.sha256} for c in member.clips]
    return {"disc": member.disc, "label": member.label, "clips": clips}


def parse_set(text: str) -> DiscSet:
    """The set that a disc tells of.

    Raises:
        EvidenceError: It is none.
    """
    document = JsonTable(parse_json(text), "the set")
    members = tuple(map(_member_of, document.tables("members")))
    if document.number("discs") != len(members):
        raise EvidenceError(f"{document.number('discs')} discs, of which {len(members)} are named")
    return DiscSet(set_id=document.text("set"), disc=document.number("disc"), members=members)


def _member_of(member: JsonTable) -> MemberDisc:
    clips = tuple(
        MemberClip(name=clip.text("name"), size_bytes=clip.number("bytes"), sha256=clip.text("sha256"))
        for clip in member.tables("clips")
    )
    return MemberDisc(disc=member.number("disc"), label=member.text("label"), clips=clips)
