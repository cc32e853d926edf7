"""The ledger: nothing is believed that is torn, merged or about another file."""

from pathlib import Path, PurePosixPath
from zlib import crc32

import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from camvault.core.segments.ledger import Ledger, LedgerEntry, ProofKind, ledger_line, ledger_names, parse_ledger
from camvault.core.segments.synced_log import escaped
from camvault.core.strategies import digests, identities, names
from camvault.ports.entries import FileIdentity
from camvault.ports.removal import Proof

relative = st.lists(names(), min_size=1, max_size=3).map(lambda parts: PurePosixPath(*parts))
ledger_entries = st.builds(
    LedgerEntry,
    path=relative,
    identity=identities(),
    sha256=st.one_of(digests(), st.just("")),
    kind=st.sampled_from(ProofKind),
    when=st.just("2025-05-28T15:20:00+00:00"),
    where=st.one_of(st.just(""), st.just("5f8dd4a2-4c5c-4dd0-9a5c-3f1f0c1b2a37"), names()),
    note=st.one_of(st.just("nas:/video"), names()),
)
SAMPLE = Path(__file__).parents[2] / "samples/ledger/before_numbers.ledger"
PATH = PurePosixPath("A/2025-05-28/A_20250528T152000.mkv")
IDENTITY = FileIdentity(5, 7)
ENTRY = LedgerEntry(PATH, IDENTITY, "0" * 64, ProofKind.READ_BACK, "2025-05-28T15:20:00+00:00", "nas:/video")


def old_line(entry: LedgerEntry) -> str:
    """As the first version wrote it: `where` is the target's address, and there is nothing behind it but the CRC."""
    size, mtime = str(entry.identity.size_bytes), str(entry.identity.mtime_ns)
    fields = (str(entry.path), size, mtime, entry.sha256 or "-", entry.kind.value, entry.when, entry.note)
    return with_crc("\t".join(map(escaped, fields)))


def with_crc(body: str) -> str:
    return f"{body}\t{crc32(body.encode('utf-8', 'surrogateescape')):08x}"


def of_old(entry: LedgerEntry) -> LedgerEntry:
    """What an old line says of it."""
    bare = FileIdentity(entry.identity.size_bytes, entry.identity.mtime_ns)
    return attrs.evolve(entry, identity=bare, where="")


def everything(ledger: Ledger) -> dict[PurePosixPath, tuple[object, ...]]:
    """All facts, also those that `==` of an identity leaves out."""
    return {path: attrs.astuple(entry) for path, entry in ledger.entries.items()}


class TestLedger:
    @settings(deadline=None)
    @given(st.lists(ledger_entries, max_size=6))
    def test_the_last_word_counts(self, entries: list[LedgerEntry]) -> None:
        """Whatever names and digests."""
        ledger = parse_ledger("".join(f"{ledger_line(entry)}\n" for entry in entries))
        assert ledger.entries == {entry.path: entry for entry in entries}
        assert everything(ledger) == {entry.path: attrs.astuple(entry) for entry in entries}
        assert ledger.damaged == ()

    def test_a_line_as_it_is_written(self) -> None:
        """The format, literally."""
        entry = attrs.evolve(ENTRY, identity=FileIdentity(5, 7, "8:1", 11, 13), where="a-number", note="nas:/video")
        fields = (str(PATH), "5", "7", "0" * 64, "read-back", "2025-05-28T15:20:00+00:00", "a-number")
        assert ledger_line(entry) == with_crc("\t".join((*fields, "8:1", "11", "13", "nas:/video")))

    @settings(deadline=None)
    @given(st.lists(st.tuples(ledger_entries, st.booleans()), max_size=6))
    def test_old_and_new_lines_stand_in_one_ledger(self, entries: list[tuple[LedgerEntry, bool]]) -> None:
        """A ledger of an earlier version goes on growing; each line says what it could say."""
        text = "".join(f"{old_line(entry) if is_old else ledger_line(entry)}\n" for entry, is_old in entries)
        wanted = {entry.path: attrs.astuple(of_old(entry) if is_old else entry) for entry, is_old in entries}
        ledger = parse_ledger(text)
        assert (everything(ledger), ledger.damaged) == (wanted, ())
        names = [(e.path.name, e.identity.size_bytes, e.identity.mtime_ns) for e in ledger.entries.values()]
        assert ledger_names(text) == (frozenset(names), 0)

    @settings(deadline=None)
    @given(ledger_entries, ledger_entries, st.booleans(), st.data())
    def test_inv_18_a_torn_old_line(
        self, first: LedgerEntry, second: LedgerEntry, is_old: bool, data: st.DataObject
    ) -> None:
        """Torn, and merged with a line of either format: nothing is made of it."""
        line, following = old_line(first), old_line(second) if is_old else ledger_line(second)
        torn = line[: data.draw(st.integers(1, len(line) - 1))]
        wanted = attrs.astuple(of_old(second) if is_old else second)
        assert everything(parse_ledger(f"{torn}\n{following}\n")) == {second.path: wanted}
        assert everything(parse_ledger(f"{torn}{following}\n")) in ({}, {second.path: wanted})

    def test_a_ledger_of_the_first_version(self) -> None:
        """Made by that version: two files proven, one lost by a rule, and a line that was torn."""
        ledger = parse_ledger(SAMPLE.read_text("utf-8"))
        proven, lost, remote = ledger.entries.values()
        assert (proven.where, proven.note, proven.proof) == ("", "/mnt/nas/video", Proof("/mnt/nas/video", "ab" * 32))
        assert (lost.kind, lost.where, lost.note) == (ProofKind.LOST, "", "older than allowed: 31.0 days, at most 30")
        assert (remote.path.name, remote.proof) == ("a\tb.mkv", Proof("pi@nas:/video", "cd" * 32))
        assert ledger.damaged == (4,)

    def test_a_proof_names_the_place_and_the_number(self) -> None:
        """People read the address; where there is none, the number has to do."""
        known = attrs.evolve(ENTRY, where="a-number", note="nas:/video")
        assert known.proof == Proof("nas:/video", "0" * 64, "a-number")
        assert str(known.proof) == "proven at nas:/video"
        assert str(attrs.evolve(known, note="").proof) == "proven at a-number"

    def test_a_file_is_known_again_after_a_restart(self) -> None:
        """Another number of the device is no other file. What is found with doubt may be another one."""
        known = attrs.evolve(ENTRY, identity=FileIdentity(5, 7, "8:1", 11, 13))
        ledger = Ledger({PATH: known})
        for found in (FileIdentity(5, 7, "8:17", 11, 13), FileIdentity(5, 7)):
            assert ledger.known(PATH, found) is known
        for found in (
            FileIdentity(5, 8, "8:1", 11, 13),
            FileIdentity(5, 7, "8:1", 12, 13),
            FileIdentity(5, 7, "8:1", 11, 14),
        ):
            assert ledger.known(PATH, found) is None

    @pytest.mark.parametrize(("where", "number"), [("", ""), ("", "a"), ("a", ""), ("a", "b")])
    def test_a_proof_counts_at_its_own_target_only(self, where: str, number: str) -> None:
        """A line of 8 fields has no number, and a target that could not be marked has none either."""
        known = attrs.evolve(ENTRY, where=where)
        assert known.proof_at(number) is None
        assert attrs.evolve(known, where="a").proof_at("a") is not None

    @settings(deadline=None)
    @given(ledger_entries, ledger_entries, st.data())
    def test_inv_18_torn_at_every_byte(self, first: LedgerEntry, second: LedgerEntry, data: st.DataObject) -> None:
        """A torn line is dropped, and the next one stands for itself; merged with it, neither is invented."""
        line = ledger_line(first)
        torn = line[: data.draw(st.integers(1, len(line) - 1))]
        assert parse_ledger(torn).entries == {}
        assert parse_ledger(f"{torn}\n{ledger_line(second)}\n").entries == {second.path: second}
        merged = parse_ledger(f"{torn}{ledger_line(second)}\n")
        assert merged.entries in ({}, {second.path: second})

    @pytest.mark.parametrize(
        "change", [("A_2025", "A_2026"), ("\t5\t", "\t6\t"), ("read-back", "lost"), ("\t7\t", "\tx\t")]
    )
    def test_a_flipped_byte(self, change: tuple[str, str]) -> None:
        """Is noticed, and the number of the line is told."""
        ledger = parse_ledger(f"{ledger_line(ENTRY).replace(*change)}\n{ledger_line(ENTRY)}\n")
        assert ledger.damaged == (1,)
        assert ledger.entries == {PATH: ENTRY}

    @pytest.mark.parametrize(
        "fields",
        [
            ("p", "x", "7", "-", "size", "t", "w"),
            ("p", "5", "7", "-", "hope", "t", "w"),
            ("p",),
            ("p", "5", "7", "-", "size", "t", "w", "8:1", "x", "13", "n"),
            ("p", "5", "7", "-", "size", "t", "w", "8:1", "11", "y", "n"),
            ("p", "5", "7", "-", "size", "t", "w", "8:1", "11", "13"),
        ],
    )
    def test_whole_but_foreign_lines(self, fields: tuple[str, ...]) -> None:
        """A right CRC does not make a line ours."""
        from zlib import crc32  # noqa: PLC0415

        line = "\t".join(fields)
        assert parse_ledger(f"{line}\t{crc32(line.encode()):08x}\n").damaged == (1,)

    @given(st.sampled_from(ProofKind), identities())
    def test_inv_13_a_proof_is_for_a_file(self, kind: ProofKind, identity: FileIdentity) -> None:
        """Not for its name, not without a digest, and size alone is none."""
        ledger = Ledger({PATH: attrs.evolve(ENTRY, kind=kind)})
        proof = ledger.proof_of(PATH, identity, number=ENTRY.where)
        assert (proof is not None) == (identity == IDENTITY and kind in list(ProofKind)[:3])
        assert Ledger({PATH: attrs.evolve(ENTRY, sha256="")}).proof_of(PATH, IDENTITY, number=ENTRY.where) is None
        assert ledger.proof_of(PurePosixPath("other"), IDENTITY, number=ENTRY.where) is None
        assert ledger.proof_of(PATH, identity, number="another") is None
        assert proof is None or str(proof) == "proven at nas:/video"


class TestLedgerNames:
    """What a report needs of a ledger, without the price of the rest."""

    @settings(deadline=None)
    @given(
        st.lists(st.tuples(ledger_entries, st.sampled_from(["", "a//", "./", "x/./", "\t", "\n"]))),
        st.text("ab\t\n\\0", max_size=9),
    )
    @example([(attrs.evolve(ENTRY, path=PurePosixPath()), "./")], "")
    def test_as_the_ledger_says(self, entries: list[tuple[LedgerEntry, str]], torn: str) -> None:
        """Other spellings of a path, and lines that are damaged, included."""
        lines = [ledger_line(entry) if mark.isspace() else respelled(entry, mark) for entry, mark in entries]
        text = "".join(f"{line}\n" for line in lines) + torn
        ledger = parse_ledger(text)
        found, damaged_count = ledger_names(text)
        said = [(e.path.name, e.identity.size_bytes, e.identity.mtime_ns) for e in ledger.entries.values()]
        assert (found, damaged_count) == (frozenset(said), len(ledger.damaged))


def respelled(entry: LedgerEntry, prefix: str) -> str:
    """The line with something before its path, and the CRC of that."""
    body = (prefix + ledger_line(entry)).rpartition("\t")[0]
    return f"{body}\t{crc32(body.encode('utf-8', 'surrogateescape')):08x}"


def test_a_line_with_an_escape_that_nobody_writes_is_not_believed() -> None:
    """Its checksum is right, so that a later version may have written it: the file is proven again."""
    entry = LedgerEntry(PurePosixPath("A/a.mkv"), FileIdentity(1, 2), "0" * 64, ProofKind.READ_BACK, "2025", "7", "nas")
    body = ledger_line(entry).rpartition("\t")[0].replace("A/a.mkv", "\\A\\x")
    text = f"{body}\t{crc32(body.encode()):08x}\n"
    assert parse_ledger(text) == Ledger(damaged=(1,))
