"""camera_archiver as a process, on real clips: flags, exit codes, signals, the log, and tools that lie."""

import json
import os
import pty
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.adapters.ffmpeg.tools import make_clip, punch_hole, tools
from tests.archive.desk import STAMP, ArchiveDesk, document_of, small_clip, wait_until
from tests.archive.stand_in import LIES, deaf_ffmpeg, lying_ffmpeg

DAY = "2024/03/09"
ARCHIVE = f"archived/{DAY}/archived-{STAMP}.mp4"
OLD = "20230101120000"


def test_clips_become_archives_and_go_to_the_trash(desk: ArchiveDesk, small: Path) -> None:
    source = desk.clip(small, has_picture=True)
    mtime_ns = source.stat().st_mtime_ns
    planned = document_of(desk.run("--dry-run", "--json"))
    assert not desk.out.exists()
    assert not desk.log.exists()
    figures = desk.root.parent / "figures.prom"
    ended = desk.run("-y", "--json", "--metrics", str(figures), "--measure-quality")
    assert ended.code == 0, ended
    done = document_of(ended)
    assert done["actions"] == [{**action, "done": True} for action in planned["actions"]]
    assert [action["action"] for action in done["actions"]] == ["transcode", "remove", "remove"]
    assert done["totals"]["run"]["transcoded_count"] == 1
    assert desk.inputs() == []
    trashed = desk.trash / "input" / DAY / source.name
    assert trashed.read_bytes() == small.read_bytes()
    assert trashed.stat().st_mtime_ns == mtime_ns
    archive = desk.root / ARCHIVE
    assert archive.stat().st_mtime_ns == mtime_ns
    assert archive.stat().st_size < small.stat().st_size
    info = tools("9.0").probe.probe(archive)
    assert (info.has_video, info.has_audio) == (True, True)
    record = (desk.out / ".camvault-archive/2024-03-09.ledger").read_text()
    assert "encoder=libx264;settings=1024x768, quality 26, sound keep;duration_s=1.0" in record
    assert "quality=" in record
    samples = {
        sample.name: sample.value
        for family in text_string_to_metric_families(figures.read_text())
        for sample in family.samples
    }
    assert samples["camvault_archive_transcoded_clips"] == 1
    assert samples["camvault_archive_removed_files"] == 2
    lines = desk.log.read_text().splitlines()
    assert all(
        re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - (INFO|WARNING|ERROR) - .+", line) for line in lines
    )
    assert lines[0].endswith("Script started")
    assert any("Archiving completed successfully" in line for line in lines)
    again = desk.run("-y")
    assert (again.code, again.out) == (0, "")
    assert "No files to process" in again.err


def test_the_trash_on_another_file_system(desk: ArchiveDesk, small: Path, other_disk: Path) -> None:
    source = desk.clip(small, has_picture=True)
    mtime_ns = source.stat().st_mtime_ns
    ended = desk.run("-y", "--trash-root", str(other_disk))
    assert ended.code == 0, ended
    there = other_disk / "input" / DAY / source.name
    assert there.read_bytes() == small.read_bytes()
    assert there.stat().st_mtime_ns == mtime_ns
    assert desk.inputs() == []


def test_damaged_clips_are_kept_named_and_stop_no_other(desk: ArchiveDesk, small: Path, tmp_path: Path) -> None:
    """Seven kinds: nothing, rubbish, no tables, cut, a hole, sound only, zeroed pictures."""
    content = small.read_bytes()
    hole, sound = tmp_path / "hole.mp4", tmp_path / "sound.mp4"
    make_clip(hole, seconds=2)
    punch_hole(hole)
    ffmpeg = str(tools("9.0").found.ffmpeg.path)
    argv = (ffmpeg, "-v", "error", "-f", "lavfi", "-i", "sine=duration=1", "-c:a", "aac", str(sound))
    subprocess.run(argv, check=True)
    pictures = content.index(b"mdat") + 4
    damaged = {
        "20240309120001": b"",
        "20240309120002": b"not a clip\n" * 500,
        "20240309120003": content.replace(b"moov", b"free"),
        "20240309120004": content[: len(content) * 2 // 3],
        "20240309120005": hole.read_bytes(),
        "20240309120006": sound.read_bytes(),
        "20240309120007": content[:pictures] + bytes(len(content) // 2) + content[pictures + len(content) // 2 :],
    }
    for stamp, each in damaged.items():
        desk.put(desk.path(stamp), each)
    desk.clip(small)
    ended = desk.run("-y", "--json")
    assert ended.code == 2, ended
    assert len(desk.inputs()) == len(damaged)
    left = {Path(item["path"]).name for item in document_of(ended)["left"]}
    assert left == {desk.path(stamp).name for stamp in damaged}
    assert [name for name in desk.files() if name.startswith("archived/")] == [ARCHIVE]


@pytest.mark.parametrize("lie", LIES)
def test_an_ffmpeg_that_lies_costs_no_clip(desk: ArchiveDesk, small: Path, tmp_path: Path, lie: str) -> None:
    source = desk.clip(small, has_picture=True)
    program = lying_ffmpeg(tmp_path, LIES[lie])
    ended = desk.run("-y", "--ffmpeg", str(program))
    assert ended.code == 2, ended
    assert len(desk.inputs()) == 2
    assert source.read_bytes() == small.read_bytes()
    assert desk.files(desk.out) == {}
    assert f"Failed to transcode {source}" in ended.err


def test_two_cameras_of_one_second_and_what_is_there_already(desk: ArchiveDesk, small: Path, tmp_path: Path) -> None:
    other = small_clip(tmp_path / "other.mp4", seconds=1.0, size="176x144")
    desk.clip(small, camera="front")
    desk.clip(other, camera="back")
    assert desk.run("-y", "--jobs", "2").code == 0
    assert sorted(desk.files(desk.out)) == [f"{DAY}/archived-{STAMP}.mp4", f"{DAY}/archived-{STAMP}~2.mp4"]
    for ledger in (desk.out / ".camvault-archive").iterdir():
        ledger.unlink()
    desk.clip(small, camera="front")
    ended = desk.run("-y")
    assert ended.code == 0, ended
    assert "Verified: " in ended.err
    assert len(desk.files(desk.out)) == 2


@pytest.mark.parametrize("flags", [("--age", "30"), ("--max-size", "1TB"), ("--min-free", "1k"), ("--clean-output",)])
def test_rules_of_a_cleanup_say_that_they_do_nothing_in_a_plain_run(desk: ArchiveDesk, flags: tuple[str, ...]) -> None:
    """Also with the value that is the default: who writes it expects something of it."""
    desk.root.mkdir(exist_ok=True)
    ended = desk.run("-y", *flags)
    assert ended.code == 0, ended
    assert f"WARNING - {flags[0]} does nothing without --cleanup" in ended.err
    assert "does nothing" not in desk.run("-y", "--cleanup", *flags).err


@pytest.mark.parametrize("size", ["0", "0GB"])
def test_no_size_keeps_no_footage(desk: ArchiveDesk, small: Path, size: str) -> None:
    """0 switches other rules off; here it would let everything go."""
    desk.clip(small)
    before = desk.inputs()
    ended = desk.run("-y", "--cleanup", "--max-size", size)
    assert ended.code == 1
    assert f"'--max-size': found '{size}', expected more: no footage at all would be kept" in ended.err
    assert desk.inputs() == before


@pytest.mark.parametrize(("flags", "niceness"), [((), 10), (("--nice", "0"), 0), (("--nice", "19"), 19)])
def test_other_programs_go_first(
    desk: ArchiveDesk, small: Path, tmp_path: Path, flags: tuple[str, ...], niceness: int
) -> None:
    """As far as the run is not so already: nobody but root may lower it."""
    desk.clip(small)
    started = tmp_path / "started"
    with desk.start("-y", *flags, "--ffmpeg", str(deaf_ffmpeg(tmp_path, started=started))) as process:
        wait_until(started.exists, process)
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == max(niceness, os.getpriority(os.PRIO_PROCESS, 0))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=300)


def test_a_tool_that_is_there_is_unfit_and_one_that_is_not_there_is_not_found(desk: ArchiveDesk, small: Path) -> None:
    """In one sentence, not one within another."""
    desk.clip(small)
    gone = desk.run("-y", "--ffmpeg", "/nonexistent/ffmpeg").err
    assert "Required tool not found: ffmpeg: found /nonexistent/ffmpeg (--ffmpeg): nothing, expected an exec" in gone
    assert gone.count("Required tool") == 1
    unfit = desk.run("-y", "--encoder", "v4l2m2m").err
    assert "Required tool is unfit: ffmpeg: found " in unfit


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_a_run_within_5_seconds_also_with_a_deaf_ffmpeg(
    desk: ArchiveDesk, small: Path, tmp_path: Path, number: signal.Signals
) -> None:
    source = desk.clip(small)
    started = tmp_path / "started"
    with desk.start("-y", "--ffmpeg", str(deaf_ffmpeg(tmp_path, started=started))) as process:
        wait_until(started.exists, process)
        asked_s = time.monotonic()
        process.send_signal(number)
        process.communicate(timeout=300)
        assert time.monotonic() - asked_s < 5
    assert process.returncode == 130
    assert source.exists()
    assert desk.files(desk.out) == {}
    assert desk.run("-y").code == 0
    assert desk.inputs() == []


def test_a_second_run_names_the_first_and_touches_nothing(desk: ArchiveDesk, small: Path, tmp_path: Path) -> None:
    desk.clip(small)
    started = tmp_path / "started"
    with desk.start("-y", "--ffmpeg", str(deaf_ffmpeg(tmp_path, started=started))) as process:
        wait_until(started.exists, process)
        before = sorted(desk.root.rglob("*"))
        log = desk.log.read_bytes()
        ended = desk.run("-y")
        assert ended.code == 3, ended
        assert f"(process {process.pid} on " in ended.err
        assert (sorted(desk.root.rglob("*")), desk.log.read_bytes()) == (before, log)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=300)


class TestTheQuestion:
    """Asked once, at a terminal only."""

    def ask(self, desk: ArchiveDesk, answer: bytes, *flags: str) -> tuple[int, str, str]:
        parent, child = pty.openpty()
        try:
            process = subprocess.Popen(
                desk.argv(*flags), stdin=child, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            os.write(parent, answer)
            out, err = process.communicate(timeout=300)
        finally:
            os.close(parent)
            os.close(child)
        return process.returncode, out, err

    @pytest.mark.parametrize("answer", [b"n\n", b"\n", b"maybe\n", b"\x04"])
    def test_everything_but_yes_is_no(self, desk: ArchiveDesk, small: Path, answer: bytes) -> None:
        desk.clip(small)
        code, out, err = self.ask(desk, answer)
        assert code == 0
        assert "Operation cancelled by user" in err
        assert err.count("Proceed with transcoding and file removals? [y/N]: ") == 1
        assert "=== ACTION PLAN ===" in out
        assert sorted(path.name for path in desk.root.iterdir()) == ["2024"]

    def test_yes_does_what_was_shown(self, desk: ArchiveDesk, small: Path) -> None:
        desk.clip(small)
        code, out, err = self.ask(desk, b"YES\n", "--json")
        assert code == 0
        assert json.loads(out)["totals"]["transcode"] == 1
        assert "=== ACTION PLAN ===" in err
        assert desk.inputs() == []

    def test_a_signal_instead_of_an_answer_ends_with_130(self, desk: ArchiveDesk, small: Path) -> None:
        desk.clip(small)
        parent, child = pty.openpty()
        with subprocess.Popen(desk.argv(), stdin=child, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
            assert process.stderr is not None
            os.set_blocking(process.stderr.fileno(), False)
            seen = b""
            deadline = time.monotonic() + 60
            while b"[y/N]" not in seen:
                assert time.monotonic() < deadline
                seen += process.stderr.read() or b""
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            process.wait(timeout=5)
        os.close(parent)
        os.close(child)
        assert process.returncode == 130
        assert sorted(path.name for path in desk.root.iterdir()) == ["2024"]

    def test_without_a_terminal_what_is_left_is_told_and_nothing_touched(self, desk: ArchiveDesk) -> None:
        desk.put(desk.path(), b"")
        ended = desk.run("--json")
        assert ended.code == 2, ended
        assert "it is empty" in ended.err
        assert len(document_of(ended)["left"]) == 1
        assert sorted(path.name for path in desk.root.iterdir()) == ["2024"]

    def test_without_a_terminal_y_is_named_and_nothing_touched(self, desk: ArchiveDesk, small: Path) -> None:
        desk.clip(small)
        ended = desk.run()
        assert ended.code == 1
        assert "-y" in ended.err
        assert sorted(path.name for path in desk.root.iterdir()) == ["2024"]

    def test_with_nothing_to_do_nobody_is_asked(self, desk: ArchiveDesk) -> None:
        ended = desk.run()
        assert (ended.code, ended.out) == (0, "")
        assert "No files to process" in ended.err
        assert list(desk.root.iterdir()) == []


class TestCleanupAsAProcess:
    def test_age_size_and_trash(self, desk: ArchiveDesk) -> None:
        for stamp in (OLD, "20230102120000"):
            desk.put(desk.path(stamp), b"x" * 1000)
            desk.put(desk.path(stamp, extension="jpg"), b"p")
        desk.put(desk.root / f"archived/2023/01/01/archived-{OLD}.mp4", b"y" * 1000)
        ended = desk.run("-y", "--cleanup", "--age", "0", "--max-size", "1kB", "--json")
        assert ended.code == 0, ended
        assert desk.inputs() == []
        ended = desk.run("-y", "--cleanup", "--clean-output", "--delete")
        assert ended.code == 0, ended
        assert len(desk.files()) == len(desk.files(desk.trash)) == 4  # which is never work
        assert "2 of the removed clips" not in ended.err
        ended = desk.run("-y", "--purge-trash", "1")
        assert len(desk.files(desk.trash)) == 4
        ended = desk.run("-y", "--purge-trash", "0")
        assert (ended.code, desk.files()) == (0, {})

    def test_a_cleanup_needs_no_ffmpeg(self, desk: ArchiveDesk) -> None:
        desk.put(desk.path(OLD), b"x")
        assert desk.run("-y", "--cleanup", "--ffmpeg", "/nonexistent").code == 0
        assert desk.inputs() == []


class TestWrongUsage:
    @pytest.mark.parametrize(
        ("flags", "words"),
        [
            (("--dry-ru",), "--dry-ru"),
            (("--max-size", "1PB"), "1PB"),
            (("--pattern", "x"), "no pattern of names"),
            (("--age", "-1"), "--age"),
            (("--encoder", "av1"), "--encoder"),
            (("-y", "--ffmpeg", "/nonexistent"), "/nonexistent"),
            (("-y", "--encoder", "nvenc"), "nvenc"),
            (("--output", "."), "lies in the archive"),
        ],
    )
    def test_wrong_flags_and_unfit_tools_end_with_1(
        self, desk: ArchiveDesk, small: Path, flags: tuple[str, ...], words: str
    ) -> None:
        desk.clip(small)
        ended = desk.run(*flags, cwd=desk.root)
        assert ended.code == 1, ended
        assert words in ended.err
        assert sorted(path.name for path in desk.root.iterdir()) == ["2024"]

    def test_a_missing_input_ends_with_1(self, tmp_path: Path) -> None:
        ended = ArchiveDesk(tmp_path / "nothing").run("-y")
        assert ended.code == 1
        assert "does not exist" in ended.err


class TestTheLog:
    def test_a_log_above_4_mib_is_rotated_at_the_start(self, desk: ArchiveDesk) -> None:
        line = b"2024-01-01 00:00:00,000 - INFO - x\n"
        desk.log.write_bytes(line * (4_194_304 // len(line) + 1))
        (desk.root / "archiver.log.1").write_bytes(b"first\n")
        (desk.root / "archiver.log.2").write_bytes(b"second\n")
        assert desk.run("-y", "--cleanup").code == 0
        assert (desk.root / "archiver.log.3").read_bytes() == b"second\n"
        assert (desk.root / "archiver.log.2").read_bytes() == b"first\n"
        assert (desk.root / "archiver.log.1").stat().st_size > 4_194_304
        assert desk.log.read_text().splitlines()[0].endswith("Script started")

    def test_a_smaller_one_is_gone_on_with(self, desk: ArchiveDesk) -> None:
        desk.log.write_bytes(b"2024-01-01 00:00:00,000 - INFO - x\n")
        desk.run("-y", "--cleanup")
        assert desk.log.read_text().startswith("2024-01-01 00:00:00,000 - INFO - x\n")
        assert not (desk.root / "archiver.log.1").exists()

    @pytest.mark.parametrize("place", ["/proc/nothing/a.log", "2024/03/09/notes.txt"])
    def test_a_log_that_cannot_be_written_is_a_warning(self, desk: ArchiveDesk, place: str) -> None:
        desk.put(desk.root / "2024/03/09/notes.txt", b"not a log")
        ended = desk.run("-y", "--cleanup", "--log-file", str(desk.root / place))
        assert ended.code == 0
        assert "There is no log file" in ended.err
        assert (desk.root / "2024/03/09/notes.txt").read_bytes() == b"not a log"
