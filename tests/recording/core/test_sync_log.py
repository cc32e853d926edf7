"""The logs of the backup: nothing is believed that is torn, merged or about another file."""

from pathlib import PurePosixPath
from zlib import crc32

import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from camvault.core.strategies import digests, identities, names
from camvault.core.segments.ledger import (
    BackupPlan,
    Ledger,
    LedgerEntry,
    ProofKind,
    escaped,
    ledger_line,
    ledger_names,
    parse_ledger,
    parse_synced,
    plan_backup,
    synced_line,
    unescaped,
)
from camvault.ports.entries import FileEntry, FileIdentity, FileKind

relative = st.lists(names(), min_size=1, max_size=3).map(lambda parts: PurePosixPath(*parts))
ledger_entries = st.builds(
    LedgerEntry,
    path=relative,
    identity=identities(),
    sha256=st.one_of(digests(), st.just("")),
    kind=st.sampled_from(ProofKind),
    when=st.just("2025-05-28T15:20:00+00:00"),
    where=st.one_of(st.just("nas:/video"), names()),
)
ROOT = PurePosixPath("/ready")
PATH = PurePosixPath("A/2025-05-28/A_20250528T152000.mkv")
IDENTITY = FileIdentity(5, 7)
ENTRY = LedgerEntry(PATH, IDENTITY, "0" * 64, ProofKind.READ_BACK, "2025-05-28T15:20:00+00:00", "nas:/video")


class TestEscapes:
    @given(st.text())
    @example("\\n")
    @example("a\n\\")
    def test_round_trip(self, text: str) -> None:
        """On one line, and back."""
        assert not set(escaped(text)) & set("\n\r\t")
        assert unescaped(escaped(text)) == text

    @pytest.mark.parametrize("field", ["\\a\\", "\\\\x41", "\\a\tb"])
    def test_what_we_never_write(self, field: str) -> None:
        """Is not guessed at."""
        assert unescaped(field) is None or escaped(unescaped(field) or "") != field

    def test_a_plain_name_with_a_backslash(self) -> None:
        """Of an old log, is what it says."""
        assert unescaped("a\\nb.mkv") == "a\\nb.mkv"


class TestSynced:
    @settings(deadline=None)
    @given(st.sets(relative))
    def test_round_trip(self, names: set[PurePosixPath]) -> None:
        """Whatever names a file system allows, as names of segments: a line of blanks only is no name."""
        paths = {name.with_name(f"{name.name}.mkv") for name in names}
        text = "".join(f"{synced_line(path)}\n" for path in sorted(paths))
        assert parse_synced(text) == paths

    def test_as_specified(self) -> None:
        """One relative path a line; blank lines and Windows' line ends do no harm."""
        assert synced_line(PATH) == "A/2025-05-28/A_20250528T152000.mkv"
        assert parse_synced(f"\n{PATH}\r\n  \n") == {PATH}
        assert parse_synced("") == frozenset()

    @given(st.integers(0, 70))
    def test_torn_at_every_byte(self, length: int) -> None:
        """Only whole lines count."""
        text = f"{PATH}\nB/2025-05-28/B_20250528T152000.mkv\n"
        assert parse_synced(text[:length]) <= parse_synced(text)

    def test_an_escape_nobody_wrote(self) -> None:
        """Names nothing."""
        assert parse_synced("\\a\\x\n") == frozenset()


class TestLedger:
    @settings(deadline=None)
    @given(st.lists(ledger_entries, max_size=6))
    def test_the_last_word_counts(self, entries: list[LedgerEntry]) -> None:
        """Whatever names and digests."""
        ledger = parse_ledger("".join(f"{ledger_line(entry)}\n" for entry in entries))
        assert ledger.entries == {entry.path: entry for entry in entries}
        assert ledger.damaged == ()

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
        "fields", [("p", "x", "7", "-", "size", "t", "w"), ("p", "5", "7", "-", "hope", "t", "w"), ("p",)]
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
        proof = ledger.proof_of(PATH, identity)
        assert (proof is not None) == (identity == IDENTITY and kind in list(ProofKind)[:3])
        assert Ledger({PATH: attrs.evolve(ENTRY, sha256="")}).proof_of(PATH, IDENTITY) is None
        assert ledger.proof_of(PurePosixPath("other"), IDENTITY) is None
        assert ledger.proof_of(PATH, IDENTITY) is None or str(ledger.proof_of(PATH, IDENTITY)) == "proven at nas:/video"


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


class TestPlanBackup:
    def plan(self, *, is_in_log: bool, known: LedgerEntry | None, kind: FileKind = FileKind.FILE) -> BackupPlan:
        entry = FileEntry(ROOT / PATH, IDENTITY, kind)
        today = frozenset([PATH] if is_in_log else [])
        return plan_backup([entry], root=ROOT, today=today, ledger=Ledger({PATH: known} if known else {}))

    @pytest.mark.parametrize(
        ("is_in_log", "known", "is_sent"),
        [
            (False, None, True),
            (True, None, False),
            (False, ENTRY, False),
            (True, ENTRY, False),
            (True, attrs.evolve(ENTRY, identity=FileIdentity(5, 8)), True),
            (False, attrs.evolve(ENTRY, identity=FileIdentity(5, 8)), True),
            (True, attrs.evolve(ENTRY, kind=ProofKind.WITHDRAWN), True),
            (True, attrs.evolve(ENTRY, kind=ProofKind.SENT), False),
            (False, attrs.evolve(ENTRY, kind=ProofKind.SENT), True),
        ],
    )
    def test_what_is_sent(self, is_in_log: bool, known: LedgerEntry | None, is_sent: bool) -> None:
        """What is not in today's log as specified, and a name in it that stands for another file or was lost since."""
        assert len(self.plan(is_in_log=is_in_log, known=known).to_send) == is_sent

    def test_season_log_a_reused_name_is_sent_again(self) -> None:
        """A file name of last year that comes back is a new file: neither skipped nor taken for proven."""
        plan = self.plan(is_in_log=True, known=attrs.evolve(ENTRY, identity=FileIdentity(9, 9)))
        assert plan.proven == ()
        assert [entry.path for entry in plan.to_send] == [ROOT / PATH]

    @pytest.mark.parametrize("kind", [FileKind.SYMLINK, FileKind.FOLDER, FileKind.OTHER])
    def test_files_only(self, kind: FileKind) -> None:
        """No link is followed."""
        assert self.plan(is_in_log=False, known=None, kind=kind) == BackupPlan((), ())

    def test_oldest_first_and_videos_only(self) -> None:
        """Unfinished files of ours and strangers stay."""
        entries = [
            FileEntry(ROOT / name, FileIdentity(1, age)) for name, age in [("b.mkv", 9), ("a.mkv", 3), ("x.part", 1)]
        ]
        plan = plan_backup(entries, root=ROOT, today=frozenset(), ledger=Ledger())
        assert [entry.path.name for entry in plan.to_send] == ["a.mkv", "b.mkv"]
