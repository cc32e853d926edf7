"""What the backup sends: what is not proven, the oldest first."""

from pathlib import PurePosixPath

import attrs
import pytest

from camvault.core.segments.backup_plan import BackupPlan, plan_backup
from camvault.core.segments.ledger import Ledger, LedgerEntry, ProofKind
from camvault.ports.entries import FileEntry, FileIdentity, FileKind

ROOT = PurePosixPath("/ready")
PATH = PurePosixPath("A/2025-05-28/A_20250528T152000.mkv")
IDENTITY = FileIdentity(5, 7, "8:1", 11, 13)
NUMBER = "5f8dd4a2"
ENTRY = LedgerEntry(PATH, IDENTITY, "0" * 64, ProofKind.READ_BACK, "2025-05-28T15:20:00+00:00", NUMBER, "nas:/video")


class TestPlanBackup:
    def plan(self, *, is_in_log: bool, known: LedgerEntry | None, kind: FileKind = FileKind.FILE) -> BackupPlan:
        entry = FileEntry(ROOT / PATH, IDENTITY, kind)
        today = frozenset([PATH] if is_in_log else [])
        ledger = Ledger({PATH: known} if known else {})
        return plan_backup([entry], root=ROOT, today=today, ledger=ledger, number=NUMBER)

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
            (False, attrs.evolve(ENTRY, where="a1b2"), True),  # proven at another target
            (False, attrs.evolve(ENTRY, where=""), True),  # by an earlier version, which knew no numbers
            (True, attrs.evolve(ENTRY, where=""), False),
            (False, attrs.evolve(ENTRY, identity=FileIdentity(5, 7, "8:1", 12, 13)), True),  # maybe another file
            (False, attrs.evolve(ENTRY, identity=FileIdentity(5, 7, "8:1", 11, 14)), True),
            (False, attrs.evolve(ENTRY, identity=FileIdentity(5, 7, "8:2", 11, 13)), False),
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
        plan = plan_backup(entries, root=ROOT, today=frozenset(), ledger=Ledger(), number=NUMBER)
        assert [entry.path.name for entry in plan.to_send] == ["a.mkv", "b.mkv"]
