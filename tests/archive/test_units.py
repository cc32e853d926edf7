"""Parts of the command that need no process: plan text, JSON, figures, flags, and the rotation of the log."""

import json
import os
import re
from pathlib import Path, PurePath
from typing import Any

import attrs
import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from camvault.adapters.memory import MemoryStorage
from camvault.adapters.memory.archiving import MemoryArchiver
from camvault.adapters.reporting import rotated
from camvault.adapters.reporting.place import refusal
from camvault.apps._archive.figures import summary
from camvault.apps._archive.json_text import JsonText
from camvault.apps._archive.plan_text import PlanText
from camvault.apps._archive.values import pattern_of, size_of
from camvault.apps._assembly.no_archiver import NO_ARCHIVER
from camvault.core.archive.plan import Eviction, LeftFile, RemoveAction
from camvault.core.archive.records import INPUT
from camvault.core.workflows.archive import ActionOutcome, ArchiveOptions, ArchiveReport, ArchiveRun
from camvault.ports.archiving import ArchiveSettings, Sound
from camvault.ports.entries import FileEntry, FileIdentity
from camvault.ports.errors import NotFoundError
from camvault.ports.removal import RetentionReason
from tests.archive.helpers import Cameras, name_of


def eviction(name: str = "/camera/a.mp4") -> Eviction:
    removal = RemoveAction(FileEntry(PurePath(name), FileIdentity(10, 0)), None, "--age: 31 days")
    return Eviction((removal,), RetentionReason("--age", "31 days"), INPUT, "2023-01-01")


class TestPlanText:
    def lines(self, items: Any, **changes: Any) -> list[str]:
        found: list[str] = []
        with PlanText(attrs.evolve(ArchiveOptions(), **changes)) as text:
            for item in items:
                text.add(item)
            text.print(lambda lines: found.extend(lines.split("\n")), is_dry_run=True)
        return found

    def test_transcodes_with_their_pictures_then_removals_then_the_flat_list(self, cameras: Cameras) -> None:
        cameras.clip(has_picture=True)
        cameras.clip("20240310005959", minutes_ago=0)
        found = self.lines(ArchiveRun(cameras.job(), is_preview=True).work())
        clip, archive = f"/camera/2024/03/09/{name_of()}", "/camera/archived/2024/03/09/archived-20240309120000.mp4"
        young = f"/camera/2024/03/10/{name_of('20240310005959')}"
        picture = clip.replace(".mp4", ".jpg")
        assert found == [
            "=== ACTION PLAN ===",
            "Transcoding 1 files:",
            f"  1. {clip} -> {archive}",
            f"      + Removing paired JPG: {picture}",
            "Removing 1 files:",
            f"  1. {clip} - archived as {archive}",
            f"Left: {young} - it was changed 0 s ago, and may still be written (--settle 60)",
            "=== END PLAN ===",
            f"[DRY RUN] Would transcode {clip} -> {archive}",
            f"[DRY RUN] Would remove {picture}",
            f"[DRY RUN] Would remove {clip}",
        ]

    @pytest.mark.parametrize(
        ("changes", "lines"),
        [
            ({"age_days": 30.0}, ["Age limit: 30 days", "Cleanup scope: input"]),
            ({"age_days": 0, "is_output_cleaned": True}, ["Age limit: off", "Cleanup scope: input and archive"]),
        ],
    )
    def test_a_cleanup_says_its_age_and_scope(self, changes: dict[str, Any], lines: list[str]) -> None:
        assert self.lines([eviction()], is_cleanup=True, **changes)[1:3] == lines

    def test_a_name_with_a_newline_stays_one_line(self) -> None:
        found = self.lines([eviction("/camera/a\nb\udcff.mp4")])
        assert found.count("  1. /camera/a\\nb\udcff.mp4 - --age: 31 days") == 1


class TestJsonText:
    def document(self, items: list[Any], report: ArchiveReport | None = None, *, at_once: int = 1) -> dict[str, Any]:
        lines: list[str] = []
        text = JsonText(lines.append, lines_at_once=at_once)
        for item in items:
            text.add(item)
        text.end(report)
        found: dict[str, Any] = json.loads("\n".join(lines))
        return found

    def test_nothing_is_an_object_too(self) -> None:
        totals = {"transcode": 0, "remove": 0, "remove_bytes": 0, "left": 0, "problems": 0}
        assert self.document([]) == {"actions": [], "left": [], "totals": totals}

    @given(
        names=st.lists(st.text(min_size=1).filter(lambda name: "\0" not in name and "/" not in name), max_size=5),
        at_once=st.integers(1, 3),
    )
    def test_any_names_are_read_back(self, names: list[str], at_once: int) -> None:
        found = self.document([eviction(f"/camera/{name}") for name in names], at_once=at_once)
        assert [action["path"] for action in found["actions"]] == [str(PurePath(f"/camera/{name}")) for name in names]
        assert found["totals"]["remove_bytes"] == 10 * len(names)

    def test_what_was_done_and_what_is_left(self) -> None:
        lines: list[str] = []
        text = JsonText(lines.append)
        text.tell(ActionOutcome(eviction().removals[0], is_done=True))
        text.tell(LeftFile(PurePath("/camera/b.mp4"), "it is empty", is_problem=True))
        text.end(ArchiveReport(removed_count=1, oldest=(("/camera", "2024-01-01"),)))
        found = json.loads("".join(lines))
        assert found["actions"] == [
            {"action": "remove", "path": "/camera/a.mp4", "to": None, "reason": "--age: 31 days", "done": True}
        ]
        assert found["left"] == [{"path": "/camera/b.mp4", "reason": "it is empty"}]
        assert found["totals"]["problems"] == 1
        assert found["totals"]["run"]["oldest"] == {"/camera": "2024-01-01"}


def test_the_summary_says_ratio_time_and_the_oldest_days() -> None:
    report = ArchiveReport(
        transcoded_count=2,
        source_bytes=1000,
        archive_bytes=250,
        never_archived_count=1,
        duration_s=3725.4,
        oldest=(("/camera", "2024-01-01"),),
    )
    lines = list(summary(report))
    assert "2 transcoded (1,000 -> 250 bytes, 25%; 0 remuxed)" in lines[0]
    assert lines[0].endswith("01:02:05")
    assert lines[1:] == ["1 of the removed clips were never archived", "The oldest day in /camera is now 2024-01-01"]
    assert next(iter(summary(ArchiveReport(duration_s=65)))).endswith("01:05")


def test_flags_are_refused_with_what_was_found_and_what_is_expected() -> None:
    assert size_of("2GiB") == 2**31
    with pytest.raises(typer.BadParameter, match="'2 GB' is not a whole number of bytes"):
        size_of("2 GB")
    assert pattern_of("x%Y%m%d%H%M%S").text == "x%Y%m%d%H%M%S"
    with pytest.raises(typer.BadParameter, match="'x' is no pattern of names"):
        pattern_of("x")


def test_what_archives_nothing_says_so() -> None:
    assert NO_ARCHIVER.name == "nothing"
    cancel = Cameras().cancel
    with pytest.raises(NotImplementedError):
        NO_ARCHIVER.doubts(PurePath("/a"), source=PurePath("/b"), sound=Sound.KEEP, cancel=cancel)
    with pytest.raises(NotImplementedError):
        NO_ARCHIVER.archive(
            PurePath("/a"), target=PurePath("/b"), settings=ArchiveSettings(), on_seconds=print, cancel=cancel
        )


def test_the_archiver_in_memory_says_what_differs() -> None:
    storage = MemoryStorage()
    archiver, cancel = MemoryArchiver(storage), Cameras().cancel
    with pytest.raises(NotFoundError):
        archiver.doubts(PurePath("/a"), source=PurePath("/b"), sound=Sound.KEEP, cancel=cancel)


class TestRotation:
    @pytest.mark.parametrize(("size", "is_rotated"), [(10, False), (11, True)])
    def test_only_a_log_above_the_limit_is_rotated(self, tmp_path: Path, size: int, is_rotated: bool) -> None:
        log = tmp_path / "a.log"
        log.write_bytes(b"x" * size)
        rotated(log, limit_bytes=10)
        assert (tmp_path / "a.log.1").exists() == is_rotated
        assert log.exists() != is_rotated

    def test_none_is_ever_removed(self, tmp_path: Path) -> None:
        log = tmp_path / "a.log"
        for turn in range(12):
            log.write_bytes(bytes([turn]) * 11)
            rotated(log, limit_bytes=10)
        kept = [(tmp_path / f"a.log.{number}").read_bytes()[0] for number in range(1, 13)]
        assert kept == list(reversed(range(12)))

    def test_what_is_no_file_stays(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        rotated(tmp_path / "pipe", limit_bytes=0)
        rotated(tmp_path / "nothing", limit_bytes=0)
        assert [path.name for path in tmp_path.iterdir()] == ["pipe"]

    def test_its_own_lines_are_known_as_a_log(self, tmp_path: Path) -> None:
        log = tmp_path / "a.log"
        log.write_text("2024-03-09 01:00:00,123 - INFO - Script started\n")
        assert refusal(log) is None
        log.write_text("clips to keep\n")
        assert re.search("is not a log of camvault", refusal(log) or "")
