"""The texts of a disc: each agrees with the others, and none changes its size with sectors or digests."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import PurePosixPath

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.evidence import disc_evidence as module
from camvault.core.evidence.custody import ClipCustody, parse_custody
from camvault.core.evidence.disc_evidence import DiscEvidence, encoded, without_digest
from camvault.core.evidence.disc_set import DiscSet, MemberDisc
from camvault.core.evidence.errors import EvidenceError
from camvault.core.evidence.extents import EARLY_SECTOR, parse_extents
from camvault.core.evidence.places import EvidencePlaces
from camvault.core.evidence.signature import DiscSignature
from camvault.core.evidence.sums import parse_sums
from tests.policies.evidence.examples import CLIPS

PLACES = EvidencePlaces()


def evidence(clips: list[ClipCustody], disc_set: DiscSet | None = None) -> DiscEvidence:
    return DiscEvidence(
        label="SHIFT",
        stamp="2025-07-18T10:15:00Z",
        tools={"camvault": "1", "python": "3"},
        places=PLACES,
        clips={PurePosixPath(clip.name): clip for clip in clips},
        disc_set=disc_set,
    )


def by_name(clips: list[ClipCustody]) -> list[ClipCustody]:
    return list({str(PurePosixPath(c.name)): attrs.evolve(c, name=str(PurePosixPath(c.name))) for c in clips}.values())


LISTS = st.lists(CLIPS, max_size=3).map(by_name)


@given(LISTS)
def test_every_file_is_in_the_sums_but_the_sums(clips: list[ClipCustody]) -> None:
    texts = evidence(clips).texts()
    sums = parse_sums(texts[PLACES.sums])
    assert sums.keys() == {clip.name for clip in clips} | {str(path) for path in texts.keys() - {PLACES.sums}}
    for path in texts.keys() - {PLACES.sums}:
        assert sums[str(path)] == hashlib.sha256(encoded(texts[path])).hexdigest()


@given(LISTS, st.integers(0, 2**32 - 1))
def test_sizes_are_known_before_sectors_and_digests_are(clips: list[ClipCustody], sector: int) -> None:
    def sizes(texts: Mapping[PurePosixPath, str]) -> dict[PurePosixPath, int]:
        return {path: len(encoded(text)) for path, text in texts.items()}

    whole = evidence(clips)
    blank = attrs.evolve(whole, clips={path: without_digest(clip) for path, clip in whole.clips.items()})
    wanted = sizes(whole.texts(dict.fromkeys(whole.clips, sector)))
    assert sizes(whole.texts()) == sizes(blank.texts()) == wanted


@given(LISTS)
def test_both_copies_of_the_extents_name_every_clip(clips: list[ClipCustody]) -> None:
    texts = evidence(clips).texts({PurePosixPath(clip.name): 700 for clip in clips})
    assert texts[PLACES.extents] == texts[PLACES.extents_again]
    found = parse_extents(texts[PLACES.extents])
    assert {(each.name, each.sha256) for each in found if each.first_sector == 700} == {
        (clip.name, clip.sha256) for clip in clips
    }
    assert {str(PLACES.readme), str(PLACES.custody)} <= {each.name for each in found}


def test_a_disc_of_a_set_says_which_one_it_is() -> None:
    members = (MemberDisc(disc=1, label="A", clips=()), MemberDisc(disc=2, label="SHIFT", clips=()))
    texts = evidence([], DiscSet(set_id="s", disc=2, members=members)).texts()
    assert "Disc 2 of 2" in texts[PLACES.readme]
    assert json.loads(texts[PLACES.disc_set])["disc"] == 2
    disc = parse_custody(texts[PLACES.custody]).disc
    assert (disc.disc, disc.discs) == (2, 2)


def test_a_signed_disc_has_the_signature_beside_the_sums_and_whose_it_is_in_them() -> None:
    signature = DiscSignature(operator="me", public_key="ssh-ed25519 AAAA", fingerprint="SHA256:xyz", text="sig\n")
    plain, signed = evidence([]).texts(), attrs.evolve(evidence([]), signature=signature).texts()
    assert signed.keys() - plain.keys() == {PLACES.signature, PLACES.allowed_signers}
    assert signed[PLACES.signature] == "sig\n"
    sums = parse_sums(signed[PLACES.sums])
    assert str(PLACES.allowed_signers) in sums
    assert str(PLACES.signature) not in sums
    assert "SHA256:xyz" in signed[PLACES.readme]
    assert len(signed[PLACES.readme]) <= 2048


def test_another_label_stamp_or_content_is_another_disc() -> None:
    plain = evidence([])
    others = (attrs.evolve(plain, label="X"), attrs.evolve(plain, stamp="x"))
    assert len({each.disc_id for each in (plain, *others)}) == 3


def test_the_extents_come_first_and_last() -> None:
    placement = evidence([]).placement
    assert (placement.early, placement.early_sector) == (PLACES.extents, EARLY_SECTOR)
    assert EARLY_SECTOR * 2048 > 1 << 20
    assert EARLY_SECTOR < 1000
    assert placement.last[-1] == PLACES.extents_again


def test_a_text_that_says_something_else_never_reaches_a_disc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "sums_text", lambda _: "")
    with pytest.raises(EvidenceError, match="SHA256SUMS would not say what was meant"):
        evidence([]).texts()
