"""Where the evidence stands: a name of the user's is never taken."""

from camvault.core.evidence.places import EvidencePlaces, evidence_places


def test_the_usual_names_are_those_that_a_stranger_looks_for() -> None:
    assert evidence_places(()) == EvidencePlaces()
    assert str(evidence_places(())) == "README.txt, SHA256SUMS, evidence/"


def test_a_file_of_the_user_keeps_its_name_whatever_its_case() -> None:
    found = evidence_places({"readme.txt", "evidence-1"})
    assert str(found) == "README-camvault-2.txt, SHA256SUMS-camvault-2, evidence-2/"
    assert str(found.custody) == "evidence-2/custody.jsonl"
    assert {found.extents.name, found.extents_again.name, found.disc_set.name} == {
        "extents.txt",
        "extents-copy.txt",
        "set.json",
    }
