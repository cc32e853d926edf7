"""set.json: read back as written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core import strategies as its
from camvault.core.evidence.disc_set import DiscSet, MemberClip, MemberDisc, parse_set, set_text
from camvault.core.evidence.errors import EvidenceError
from tests.policies.evidence.examples import NAMES, TEXTS

CLIPS = st.builds(MemberClip, name=NAMES, size_bytes=st.integers(0, 10**12), sha256=its.digests())
MEMBERS = st.builds(MemberDisc, disc=st.integers(1, 9), label=TEXTS, clips=st.lists(CLIPS, max_size=3).map(tuple))
SETS = st.builds(DiscSet, set_id=TEXTS, disc=st.integers(1, 9), members=st.lists(MEMBERS, max_size=3).map(tuple))


@given(SETS)
def test_every_set_comes_back(disc_set: DiscSet) -> None:
    assert parse_set(set_text(disc_set)) == disc_set


def test_the_keys_are_those_that_were_agreed() -> None:
    clip = MemberClip(name="a.mp4", size_bytes=5, sha256="1" * 64)
    found = DiscSet(set_id="s", disc=1, members=(MemberDisc(disc=1, label="A", clips=(clip,)),))
    assert json.loads(set_text(found)) == {
        "set": "s",
        "disc": 1,
        "discs": 1,
        "members": [{"disc": 1, "label": "A", "clips": [{"name": "a.mp4", "bytes": 5, "sha256": "1" * 64}]}],
    }


def test_a_set_that_lacks_a_disc_is_refused() -> None:
    with pytest.raises(EvidenceError, match="2 discs, of which 0 are named"):
        parse_set('{"set": "s", "disc": 1, "discs": 2, "members": []}')
