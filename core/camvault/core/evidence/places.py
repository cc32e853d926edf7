"""Pure: where the evidence of a disc stands on it.

A file of the user that has one of these names keeps it: the evidence then stands under other names, which its README
says.
"""

import itertools
import re
from collections.abc import Container
from pathlib import PurePosixPath

import attrs

from camvault.core.free_names import free_names

_NAME = re.compile(
    r"README(-camvault-[0-9]+)?\.txt|SHA256SUMS(-camvault-[0-9]+)?|custody\.jsonl|extents(-copy)?\.txt|set\.json"
    r"|allowed_signers|SHA256SUMS\.sig"
)
_README, _SUMS, _FOLDER = map(PurePosixPath, ("README.txt", "SHA256SUMS", "evidence"))


@attrs.frozen
class EvidencePlaces:
    """Where everything stands, relative to the root of the disc."""

    readme: PurePosixPath = _README
    sums: PurePosixPath = _SUMS
    folder: PurePosixPath = _FOLDER

    @property
    def custody(self) -> PurePosixPath:
        """The record of where each clip came from."""
        return self.folder / "custody.jsonl"

    @property
    def extents(self) -> PurePosixPath:
        """Where each file lies; at the beginning of the disc."""
        return self.folder / "extents.txt"

    @property
    def extents_again(self) -> PurePosixPath:
        """The same, at the end of the disc."""
        return self.folder / "extents-copy.txt"

    @property
    def allowed_signers(self) -> PurePosixPath:
        """Whose key signs."""
        return self.folder / "allowed_signers"

    @property
    def signature(self) -> PurePosixPath:
        """The signature of the sums."""
        return self.folder / "SHA256SUMS.sig"

    @property
    def disc_set(self) -> PurePosixPath:
        """The discs of the set, and what is on each."""
        return self.folder / "set.json"

    def __str__(self) -> str:
        return f"{self.readme}, {self.sums}, {self.folder}/"


def is_evidence_name(name: str) -> bool:
    """Whether a file of the evidence may have this name."""
    return _NAME.fullmatch(name) is not None


def evidence_places(taken: Container[str]) -> EvidencePlaces:
    """Names that are free; `taken` are those in the root of the disc, each `folded`."""
    others = map(_numbered, itertools.count(1))
    return next(free_names(itertools.chain((EvidencePlaces(),), others), taken=taken, names_of=_names_of))


def _numbered(number: int) -> EvidencePlaces:
    readme, sums, folder = (f"README-camvault-{number}.txt", f"SHA256SUMS-camvault-{number}", f"evidence-{number}")
    return EvidencePlaces(PurePosixPath(readme), PurePosixPath(sums), PurePosixPath(folder))


def _names_of(places: EvidencePlaces) -> tuple[str, ...]:
    return str(places.readme), str(places.sums), str(places.folder)
