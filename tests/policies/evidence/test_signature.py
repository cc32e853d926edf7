"""The signature of a disc: nothing that an operator is called does anything to the command."""

import re

from hypothesis import given
from hypothesis import strategies as st

from camvault.core.evidence.places import EvidencePlaces
from camvault.core.evidence.signature import NAMESPACE, DiscSignature, allowed_signers_text, verify_command


def signature(operator: str) -> DiscSignature:
    return DiscSignature(operator=operator, public_key="ssh-ed25519 AAAA", fingerprint="SHA256:x", text="sig\n")


@given(st.text(max_size=30))
def test_a_principal_is_one_plain_word(operator: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9._@-]+", signature(operator).principal)


def test_one_purpose_is_allowed_and_verified() -> None:
    made = signature("Zoë $(id)")
    assert made.principal == "operator.Zo____id_"
    assert allowed_signers_text(made) == f'{made.principal} namespaces="{NAMESPACE}" ssh-ed25519 AAAA\n'
    assert verify_command(made, EvidencePlaces()) == (
        f"ssh-keygen -Y verify -f evidence/allowed_signers -I {made.principal} -n camvault-evidence"
        " -s evidence/SHA256SUMS.sig < SHA256SUMS"
    )
