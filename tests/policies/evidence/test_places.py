"""Where the evidence stands: a name of the user's is never taken."""

from camvault.core.evidence.places import EvidencePlaces, evidence_places, is_evidence_name


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


def test_every_file_of_the_evidence_is_known_by_its_name_and_no_other() -> None:
    for places in (EvidencePlaces(), evidence_places({"evidence"})):
        files = (places.readme, places.sums, places.custody, places.extents, places.extents_again, places.disc_set)
        assert is_evidence_name(places.allowed_signers.name)
        assert is_evidence_name(places.signature.name)
        assert all(is_evidence_name(path.name) for path in files)
    assert not any(map(is_evidence_name, ["cam1.mp4", "README.txt.mp4", "xSHA256SUMS", "evidence"]))
