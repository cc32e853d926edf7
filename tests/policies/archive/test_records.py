"""Which archive belongs to which source."""

from pathlib import PurePosixPath

import attrs
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.archive.records import (
    INPUT,
    OUTPUT,
    ArchiveFacts,
    ArchiveRecord,
    facts_of,
    is_doubted_alone,
    is_recorded,
    lost_entry,
    note_of,
    record_of,
)
from camvault.core.segments.ledger import Ledger, LedgerEntry, ProofKind, ledger_line, parse_ledger
from camvault.ports.entries import FileIdentity

SOURCE = PurePosixPath("2023/01/09/REO_a_20230109120000.mp4")
ARCHIVE = PurePosixPath("2023/01/09/archived-20230109120000.mp4")
RECORD = ArchiveRecord(
    source=SOURCE,
    source_identity=FileIdentity(1000, 5, "8:1", 11, 12),
    source_sha256="a" * 64,
    archive=ARCHIVE,
    archive_identity=FileIdentity(300, 5, "8:1", 21),
    archive_sha256="b" * 64,
    when="2023-01-10T01:00:00+00:00",
    facts=ArchiveFacts("libx264", "1024x768, quality 26, sound keep", 12.5, "XPSNR 38.2 dB", ("no sound; or 5%", "x")),
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
FACTS = st.builds(
    ArchiveFacts,
    encoder=TEXT,
    settings=TEXT,
    duration_s=st.floats(0, 1e6).map(lambda value: round(value, 3)),
    quality=TEXT,
    doubts=st.lists(TEXT.filter(bool)).map(tuple),
)


def ledger(*entries: LedgerEntry) -> Ledger:
    return parse_ledger("".join(ledger_line(entry) + "\n" for entry in entries))


def test_a_record_is_read_back_from_its_two_lines() -> None:
    assert record_of(ledger(*RECORD.entries()), SOURCE, RECORD.source_identity) == RECORD
    assert is_recorded(ledger(*RECORD.entries()), ARCHIVE, RECORD.archive_identity)


@given(FACTS)
def test_facts_survive_whatever_they_hold(facts: ArchiveFacts) -> None:
    assert facts_of(note_of(facts)) == facts
    record = attrs.evolve(RECORD, facts=facts)
    assert record_of(ledger(*record.entries()), SOURCE, RECORD.source_identity) == record


def test_one_line_alone_counts_for_nothing() -> None:
    source, made = RECORD.entries()
    assert record_of(ledger(source), SOURCE, RECORD.source_identity) is None
    assert record_of(ledger(made), SOURCE, RECORD.source_identity) is None
    assert not is_recorded(ledger(source), ARCHIVE, RECORD.archive_identity)


def test_a_doubt_is_known_from_the_line_of_the_source_alone() -> None:
    source, made = RECORD.entries()
    identity = RECORD.source_identity
    assert is_doubted_alone(ledger(source), SOURCE, identity)
    assert not is_doubted_alone(ledger(made), SOURCE, identity)
    assert not is_doubted_alone(ledger(source), SOURCE, FileIdentity(1001, 5))
    assert not is_doubted_alone(ledger(attrs.evolve(RECORD, facts=ArchiveFacts()).entries()[0]), SOURCE, identity)
    lost = lost_entry(INPUT / SOURCE, identity, "2023-02-10T01:00:00+00:00", "--age")
    assert not is_doubted_alone(ledger(lost), SOURCE, identity)


def test_a_file_of_another_size_or_time_is_not_the_recorded_one() -> None:
    found = ledger(*RECORD.entries())
    assert record_of(found, SOURCE, FileIdentity(1001, 5)) is None
    assert record_of(found, SOURCE, FileIdentity(1000, 6)) is None
    assert record_of(found, PurePosixPath("other.mp4"), RECORD.source_identity) is None
    assert not is_recorded(found, ARCHIVE, FileIdentity(301, 5))


def test_a_file_that_was_restored_is_known_until_it_is_read() -> None:
    restored = attrs.evolve(RECORD.source_identity, inode=99, ctime_ns=99)
    assert record_of(ledger(*RECORD.entries()), SOURCE, restored) == RECORD


def test_an_archive_that_was_made_of_another_file_since_is_not_of_this_one() -> None:
    _, other = attrs.evolve(RECORD, source=PurePosixPath("x.mp4"), source_sha256="c" * 64).entries()
    assert record_of(ledger(*RECORD.entries(), other), SOURCE, RECORD.source_identity) is None


def test_a_later_line_of_another_kind_ends_what_was_known() -> None:
    source, made = RECORD.entries()
    lost = LedgerEntry(OUTPUT / ARCHIVE, made.identity, "", ProofKind.LOST, made.when, "")
    found = ledger(source, made, lost)
    assert record_of(found, SOURCE, RECORD.source_identity) is None
    assert not is_recorded(found, ARCHIVE, RECORD.archive_identity)
    evicted = LedgerEntry(INPUT / SOURCE, source.identity, "", ProofKind.LOST, made.when, "")
    assert record_of(ledger(source, made, evicted), SOURCE, RECORD.source_identity) is None


def test_facts_of_a_later_version_are_left_out() -> None:
    assert facts_of("encoder=x;colour=red;duration_s=long") == ArchiveFacts(encoder="x")
    assert facts_of("") == ArchiveFacts()


def test_the_loss_of_a_source_still_says_which_archive_it_has() -> None:
    source, made = RECORD.entries()
    path, identity = source.path, source.identity
    lost = lost_entry(path, identity, "2024", "--age", known=source)
    assert (lost.kind, lost.sha256, lost.where, lost.note) == (ProofKind.LOST, source.sha256, source.where, "--age")
    another = FileIdentity(identity.size_bytes + 1, identity.mtime_ns)
    for unknown in (
        lost_entry(path, identity, "2024", "--age"),
        lost_entry(path, another, "2024", "--age", known=source),
        lost_entry(made.path, made.identity, "2024", "--age", known=made),
    ):
        assert (unknown.sha256, unknown.where) == ("", "")
