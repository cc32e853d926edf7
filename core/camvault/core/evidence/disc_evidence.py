"""Pure: everything that a disc carries beside its clips, as texts by their places.

Sizes do not depend on sectors and digests, so that the image can be laid out before either is known. What was written
is read back before it is handed on: a text that says something else than was meant never reaches a disc.
"""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final

import attrs

from camvault.core.evidence.custody import ClipCustody, Custody, DiscRecord, custody_text, parse_custody
from camvault.core.evidence.disc_set import DiscSet, parse_set, set_text
from camvault.core.evidence.errors import EvidenceError
from camvault.core.evidence.extents import EARLY_SECTOR, Extent, extents_text, parse_extents
from camvault.core.evidence.places import EvidencePlaces
from camvault.core.evidence.readme import ReadmeFacts, readme_text
from camvault.core.evidence.signature import DiscSignature, allowed_signers_text
from camvault.core.evidence.sums import parse_sums, sums_text
from camvault.ports.image import Placement

CAMVAULT: Final = "camvault"
_ID_DIGITS = 32
_NO_DIGEST = "0" * 64


@attrs.frozen(kw_only=True)
class DiscEvidence:
    """A disc and its clips.

    Attributes:
        label: The volume label.
        stamp: The moment in the image, as ISO 8601.
        tools: What the disc is made with, and on which machine by whom; `camvault` is one of the names.
        places: Where everything stands.
        clips: Where each clip came from, by its path relative to the root.
        disc_set: The set that the disc belongs to; None for a disc of its own.
        signature: Who signs, and how large the signature is; None for nobody.
    """

    label: str
    stamp: str
    tools: Mapping[str, str]
    places: EvidencePlaces
    clips: Mapping[PurePosixPath, ClipCustody]
    disc_set: DiscSet | None = None
    signature: DiscSignature | None = None

    @property
    def placement(self) -> Placement:
        """Where the evidence goes in the image: one copy of the extents early, the other one behind everything."""
        places = self.places
        last = (
            places.readme,
            places.custody,
            places.disc_set,
            places.allowed_signers,
            places.sums,
            places.signature,
            places.extents_again,
        )
        return Placement(early=places.extents, early_sector=EARLY_SECTOR, last=last)

    @property
    def disc_id(self) -> str:
        """Differs for every other content, label or stamp."""
        said = repr((self.label, self.stamp, [(clip.name, clip.sha256) for clip in self.clips.values()]))
        return hashlib.sha256(said.encode("utf-8", "surrogateescape")).hexdigest()[:_ID_DIGITS]

    @property
    def _number(self) -> tuple[int, int]:
        return (1, 1) if self.disc_set is None else (self.disc_set.disc, len(self.disc_set.members))

    def texts(self, sectors: Mapping[PurePosixPath, int] | None = None) -> Mapping[PurePosixPath, str]:
        """Each text by its place. `sectors` is where the content of each file lies; None while that is not known.

        Raises:
            EvidenceError: A text would not say what was meant.
        """
        fixed = dict(self._fixed())
        digests = {name: _digest(text) for name, text in fixed.items()}
        extents = _checked_extents(tuple(self._extents(sectors or {}, fixed, digests)))
        digests |= dict.fromkeys((self.places.extents, self.places.extents_again), _digest(extents))
        sums = {clip.name: clip.sha256 for clip in self.clips.values()}
        sums |= {str(path): sha256 for path, sha256 in digests.items()}
        last = {self.places.extents: extents, self.places.extents_again: extents, self.places.sums: _checked_sums(sums)}
        return fixed | last | dict(self._signed())

    def _signed(self) -> Iterator[tuple[PurePosixPath, str]]:
        """What is in no sums: the signature of them."""
        if self.signature is not None:
            yield self.places.signature, self.signature.text

    def _fixed(self) -> Iterator[tuple[PurePosixPath, str]]:
        """What does not depend on where anything lies."""
        total_bytes = sum(clip.size_bytes for clip in self.clips.values())
        disc, discs = self._number
        yield (
            self.places.readme,
            readme_text(
                ReadmeFacts(
                    label=self.label,
                    disc_id=self.disc_id,
                    stamp=self.stamp,
                    tool=f"{CAMVAULT} {self.tools[CAMVAULT]}",
                    clip_count=len(self.clips),
                    size_bytes=total_bytes,
                    disc=disc,
                    discs=discs,
                ),
                self.places,
                self.signature,
            ),
        )
        record = DiscRecord(
            label=self.label,
            disc_id=self.disc_id,
            stamp=self.stamp,
            disc=disc,
            discs=discs,
            files=len(self.clips),
            size_bytes=total_bytes,
            tools=self.tools,
        )
        yield self.places.custody, _checked_custody(Custody(record, tuple(self.clips.values())))
        if self.disc_set is not None:
            yield self.places.disc_set, _checked_set(self.disc_set)
        if self.signature is not None:
            yield self.places.allowed_signers, allowed_signers_text(self.signature)

    def _extents(
        self,
        sectors: Mapping[PurePosixPath, int],
        fixed: Mapping[PurePosixPath, str],
        digests: Mapping[PurePosixPath, str],
    ) -> Iterator[Extent]:
        for path, clip in self.clips.items():
            yield Extent(sectors.get(path, 0), clip.size_bytes, clip.sha256, clip.name)
        for path, text in fixed.items():
            yield Extent(sectors.get(path, 0), len(encoded(text)), digests[path], str(path))


def encoded(text: str) -> bytes:
    """The bytes of a text on the disc."""
    return text.encode("utf-8", "surrogateescape")


def without_digest(clip: ClipCustody) -> ClipCustody:
    """The same as far as sizes are concerned, for a clip that nobody has read yet."""
    return attrs.evolve(clip, original=attrs.evolve(clip.original, sha256=_NO_DIGEST), sha256=_NO_DIGEST)


def _digest(text: str) -> str:
    return hashlib.sha256(encoded(text)).hexdigest()


def _checked_custody(custody: Custody) -> str:
    text = custody_text(custody)
    _check("custody.jsonl", is_equal=parse_custody(text) == custody)
    return text


def _checked_set(disc_set: DiscSet) -> str:
    text = set_text(disc_set)
    _check("set.json", is_equal=parse_set(text) == disc_set)
    return text


def _checked_extents(extents: tuple[Extent, ...]) -> str:
    text = extents_text(extents)
    _check("extents.txt", is_equal=parse_extents(text) == extents)
    return text


def _checked_sums(sums: Mapping[str, str]) -> str:
    text = sums_text(sums)
    _check("SHA256SUMS", is_equal=parse_sums(text) == sums)
    return text


def _check(name: str, *, is_equal: bool) -> None:
    if not is_equal:
        raise EvidenceError(f"{name} would not say what was meant")
