"""prepare_bodycam as a process, on real clips: the specification's scenarios, exit codes, signals, hostile names."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from camvault.adapters.filesystem import LocalStorage
from tests.adapters.ffmpeg.tools import TRIXIE, make_clip, punch_hole, run_ffmpeg, tree_program
from tests.bodycam.prepare.bad_sector import BAD, failing_reads
from tests.bodycam.prepare.desk import Desk, digest, seconds_of

ENCODE = ("--disc-bytes", "90_000", "--safety-bytes", "0", "--min-kbps", "20", "--preset", "12")
"""Three clips of some 40 kB do not fit; at some 160 kbit/s they do."""


def wait_for(condition: Callable[[], bool], process: "subprocess.Popen[bytes]", *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition never came true"
        assert process.poll() is None, f"ended with {process.returncode} too early"
        time.sleep(0.005)


def mark_pending(desk: Desk, *names: str) -> None:
    """As if the run had been killed before these clips."""
    document = desk.document()
    desk.completed.rename(desk.progress)
    for name in names:
        document["files"][name] = "pending"
        for key in ("made", "encodes"):
            document["clips"][name].pop(key, None)
        (desk.build / document["clips"][name]["output"]).unlink()
    desk.progress.write_text(json.dumps(document))


# --- the specification's acceptance criteria -------------------------------------------------------------------------


def test_s01_custom_disc_size(desk: Desk) -> None:
    ended = desk.run("--disc-bytes", "50_000_000_000")
    assert ended.code == 0, ended
    assert "Disc-fit decision: COPY" in desk.log_text()
    assert "Disc capacity: 50,000,000,000 bytes (50 GB)" in desk.log_text()
    assert "Disc capacity: 50,000,000,000 bytes (50 GB)" in ended.out


def test_s02_custom_safety_margin(desk: Desk) -> None:
    """Not a byte is left over; the same with 24.9 GB stands in test_integrations."""
    total = sum(clip.stat().st_size for clip in desk.clips)
    ended = desk.run("--safety-bytes", "0", "--disc-bytes", str(total))
    assert ended.code == 0, ended
    assert "Disc-fit decision: COPY" in ended.out
    assert sum((desk.build / clip.name).stat().st_size for clip in desk.clips) <= total


def test_s03_delete_originals(desk: Desk) -> None:
    before = desk.originals()
    ended = desk.run("--delete-originals", "yes")
    assert ended.code == 0, ended
    assert desk.originals() == {}
    assert desk.outputs() == before


def test_s04_resume_mid_copy(desk: Desk) -> None:
    assert desk.run().code == 0
    mark_pending(desk, "cam1_002.mp4", "cam1_003.mp4")
    first = (desk.build / "cam1_001.mp4").stat()
    ended = desk.resume()
    assert ended.code == 0, ended
    assert "→ cam1_001.mp4" not in ended.out
    assert "[2/3] → cam1_002.mp4" in ended.out
    assert "[3/3] → cam1_003.mp4" in ended.out
    assert (desk.build / "cam1_001.mp4").stat() == first
    assert desk.outputs() == desk.originals()
    assert desk.completed.exists()
    assert not desk.progress.exists()


def test_s05_resume_mid_encode(desk: Desk) -> None:
    """TRAP: what is pending would fit as it is; the job stays an ENCODE job at its bitrate."""
    assert desk.run(*ENCODE).code == 0
    uninterrupted = desk.outputs()
    kbps = desk.document()["kbps"]
    mark_pending(desk, "cam1_002.mp4", "cam1_003.mp4")
    ended = desk.resume()
    assert ended.code == 0, ended
    assert "→ cam1_001.mp4" not in ended.out
    assert f"Re-encoding all clips at ~{kbps} kbps" in ended.out
    assert desk.document()["kbps"] == kbps
    assert (desk.document()["mode"], desk.outputs()) == ("ENCODE", uninterrupted)


def test_s06_corrupt_progress_file(desk: Desk) -> None:
    assert desk.run().code == 0
    mark_pending(desk, "cam1_002.mp4")
    torn = desk.progress.read_text()[:100]
    desk.progress.write_text(torn)
    before = desk.originals()
    ended = desk.resume("--delete-originals", "yes")
    assert ended.code == 3, ended
    assert "progress.json" in ended.err
    assert desk.originals() == before
    assert desk.progress.read_text() == torn


def test_s07_resume_omitted(desk: Desk) -> None:
    assert desk.run().code == 0
    mark_pending(desk, "cam1_002.mp4", "cam1_003.mp4")
    ended = desk.run("--disc-bytes", "50_000_000_000")
    assert ended.code == 0, ended
    assert "WARNING ▶ A progress file exists and --resume was not given: it is overwritten" in desk.log_text()
    assert "[1/3] → cam1_001.mp4" in ended.out
    assert desk.document()["disc_bytes"] == 50_000_000_000
    assert desk.outputs() == desk.originals()


def test_s07_a_plain_progress_file_is_overwritten_too(desk: Desk) -> None:
    desk.build.mkdir()
    files = {clip.name: "done" for clip in desk.clips}
    plain = {"disc_bytes": 5, "safety_bytes": 1, "mode": "COPY", "kbps": None, "files": files}
    desk.progress.write_text(json.dumps(plain))
    shutil.copy(desk.clips[0], desk.build)
    assert desk.run().code == 0
    assert desk.outputs() == desk.originals()


def test_outputs_of_a_plain_progress_file_stay_unless_they_are_copies(desk: Desk) -> None:
    desk.build.mkdir()
    plain = {"disc_bytes": 5, "safety_bytes": 1, "mode": "COPY", "kbps": None, "files": {"cam1_001.mp4": "done"}}
    desk.progress.write_text(json.dumps(plain))
    (desk.build / "cam1_001.mp4").write_bytes(b"the only copy of something")
    ended = desk.run()
    assert ended.code == 1, ended
    assert "nothing proves that its original is there" in ended.err
    assert (desk.build / "cam1_001.mp4").read_bytes() == b"the only copy of something"


def test_a_damaged_original_is_never_deleted(desk: Desk) -> None:
    """Ffmpeg leaves out what it cannot decode, keeps the length, and ends with 0."""
    make_clip(desk.clips[0], seconds=6.0)
    punch_hole(desk.clips[0])
    before = desk.originals()[desk.clips[0].name]
    precious = desk.root / "precious"
    precious.write_bytes(b"precious")
    desk.build.mkdir()
    (desk.build / f".{desk.clips[0].name}.camvault-part").symlink_to(precious)
    too_small = str(sum(clip.stat().st_size for clip in desk.clips) - 10_000)
    budget = ("--disc-bytes", too_small, "--safety-bytes", "0", "--min-kbps", "20", "--preset", "12")
    ended = desk.run(*budget, "--delete-originals", "yes")
    assert ended.code == 0, ended
    assert desk.originals() == {desk.clips[0].name: before}
    assert f"WARNING ▶ {desk.clips[0].name}: not all of it is in its output" in desk.log_text()
    assert precious.read_bytes() == b"precious"
    assert len(desk.outputs()) == 3


def test_s08_overflow_after_encode(desk: Desk) -> None:
    """Noise at the coarsest that the encoder can do still takes more than the plan's 1 kbit/s."""
    for clip in desk.clips:
        make_clip(clip, size="320x240", more=("-vf", "noise=alls=100:allf=t"))
    ended = desk.run("--disc-bytes", "40_000", "--safety-bytes", "0", "--min-kbps", "1", "--delete-originals", "yes")
    assert ended.code == 2, ended
    assert "The outputs take" in ended.err
    assert "such disc" in ended.err
    assert set(desk.outputs()) == {clip.name for clip in desk.clips}
    assert len(desk.originals()) == 3
    assert desk.progress.exists()
    assert set(desk.states().values()) == {"done"}
    assert desk.resume().code == 2


def test_s09_originals_stay_until_a_run_ends_well(desk: Desk) -> None:
    before = desk.originals()
    process = desk.start(desk.argv("--delete-originals", "yes", *ENCODE))
    wait_for(lambda: desk.progress.exists() and "done" in desk.states().values(), process)
    desk.kill(process)
    assert desk.originals() == before
    assert desk.resume().code == 0
    assert desk.originals() == before, "this run was not asked to delete"
    assert desk.resume("--delete-originals", "yes").code == 0
    assert desk.originals() == {}
    assert set(desk.outputs()) == set(before)


def test_s10_basic_copy_fit(desk: Desk) -> None:
    before = {clip.name: clip.stat().st_mtime_ns for clip in desk.clips}
    ended = desk.run()
    assert ended.code == 0, ended
    assert "Disc-fit decision: COPY" in ended.out
    assert desk.outputs() == desk.originals()
    assert {name: (desk.build / name).stat().st_mtime_ns for name in before} == before
    assert set(desk.document()["files"].values()) == {"done"}
    lines = desk.log_text().splitlines()
    assert lines[0].endswith("▶ INFO ▶ Script started")
    assert lines[-1].endswith("▶ INFO ▶ Script exited")


@pytest.mark.parametrize("version", ["9.0", "7.1"])
@pytest.mark.parametrize("allocation", ["constant", "complexity"])
def test_s11_basic_encode_fit(desk: Desk, allocation: str, version: str) -> None:
    """TRAP: the formula's rate, given to the video alone, would overflow."""
    environment: dict[str, str] = {}
    if version == "7.1":
        environment["CAMVAULT_FFMPEG"] = str(tree_program(TRIXIE, "ffmpeg"))
        environment["CAMVAULT_FFPROBE"] = str(tree_program(TRIXIE, "ffprobe"))
    ended = desk.run(*ENCODE, "--allocation", allocation, **environment)  # type: ignore[arg-type]
    assert ended.code == 0, ended
    assert "Disc-fit decision: ENCODE" in ended.out
    outputs = [desk.build / clip.name for clip in desk.clips]
    total = sum(path.stat().st_size for path in outputs)
    assert total <= 90_000
    assert all(abs(seconds_of(path) - 1.0) < 0.2 for path in outputs)
    assert len(desk.originals()) == 3


# --- more of the command line ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--disc-bytes", "0"), "neither a number of bytes from 1 to"),
        (("--disc-bytes", "25GB"), "neither a number of bytes from 1 to"),
        (("--safety-bytes", "-1"), "--safety-bytes"),
        (("--safety-bytes", "25_000_000_000"), "leaves nothing of --disc-bytes"),
        (("--delete-originals", "maybe"), "--delete-originals"),
        (("--disc-byte", "5"), "unknown option '--disc-byte'"),
        (("--jobs", "0"), "--jobs"),
        (("--device", "/dev/sr0"), "--device goes with --disc-bytes auto"),
        (("--disc-bytes", "auto", "--device", "/nowhere"), "/nowhere"),
        (("--ffmpeg", "/nowhere/ffmpeg"), "Required tool not found: ffmpeg"),
    ],
)
def test_usage_errors_end_with_1_before_any_work(desk: Desk, flags: tuple[str, ...], words: str) -> None:
    ended = desk.run(*flags)
    assert ended.code == 1, ended
    assert words in ended.err
    assert not desk.build.exists()


def test_the_capacity_may_be_asked_of_the_drive(desk: Desk) -> None:
    device = f"stdio:{desk.root / 'disc.img'},blocks=5000"
    ended = desk.run("--disc-bytes", "auto", "--device", device, "--safety-bytes", "0")
    assert ended.code == 0, ended
    assert "Disc capacity: 10,240,000 bytes" in ended.out
    assert desk.document()["disc_bytes"] == 5000 * 2048


def test_a_place_and_clips_are_needed_without_resume(desk: Desk) -> None:
    assert "FILE" in desk.run(files=()).err
    ended = desk._ended(desk.argv(build=False), {})
    assert (ended.code, "--build-dir" in ended.err) == (1, True)


def test_bad_clips_are_all_named_before_any_work(desk: Desk, tmp_path: Path) -> None:
    """TRAP: a missing source must not leave half a job behind."""
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "pipe.mp4")
    ended = desk.run(files=(*desk.clips, tmp_path / "gone.mp4", tmp_path / "empty", tmp_path / "pipe.mp4"))
    assert ended.code == 1
    for words in ("gone.mp4: No such file", "empty: is a directory, and there", "pipe.mp4: is not a regular file"):
        assert words in ended.err
    assert not desk.build.exists()


def test_what_is_no_clip_is_copied_but_never_encoded(desk: Desk) -> None:
    """TRAP: no duration (N/A): a sentence, not a traceback; and the others are encoded."""
    broken = desk.clips[1]
    broken.write_bytes(broken.read_bytes()[:1000])
    ended = desk.run("--disc-bytes", "60_000", "--safety-bytes", "0", "--min-kbps", "1")
    assert ended.code == 0, ended
    assert re.search(r"WARNING ▶ .*cam1_002\.mp4: .+; it is copied as it is", desk.log_text())
    assert desk.outputs()["cam1_002.mp4"] == desk.originals()["cam1_002.mp4"]
    assert len(set(desk.outputs().values()) & set(desk.originals().values())) == 1
    assert "Traceback" not in desk.log_text()
    assert desk.run().code == 0
    assert desk.outputs() == desk.originals()


def test_below_the_lowest_bitrate_nothing_is_done(desk: Desk) -> None:
    ended = desk.run("--disc-bytes", "70_000", "--safety-bytes", "0")
    assert ended.code == 1, ended
    assert "less than the minimum of 150 kbit/s; at that rate it would fit on" in ended.err
    assert not desk.build.exists()


def test_a_clip_in_the_build_directory_is_refused(desk: Desk) -> None:
    """TRAP: with --delete-originals yes the only copy would go."""
    assert desk.run().code == 0
    inside = desk.build / "cam1_001.mp4"
    link = desk.root / "link.mp4"
    link.symlink_to(inside)
    for given in (inside, link, desk.root / "shift1" / ".." / "work" / "cam1_001.mp4"):
        ended = desk.run("--delete-originals", "yes", files=(given,))
        assert ended.code == 1
        assert "lies in the build directory" in ended.err
        assert inside.exists()


def test_links_lead_to_clips_and_are_kept(desk: Desk) -> None:
    target = desk.clips[0]
    link = desk.root / "link.mp4"
    link.symlink_to(target)
    hard = desk.root / "hard.mp4"
    os.link(desk.clips[1], hard)
    ended = desk.run("--delete-originals", "yes", files=(link, hard))
    assert ended.code == 0, ended
    assert "Kept original" in ended.out
    assert target.exists()
    assert link.is_symlink()
    assert not hard.exists()
    assert desk.clips[1].exists()
    assert (desk.build / "link.mp4").read_bytes() == target.read_bytes()


def test_clips_of_one_name_are_both_prepared(desk: Desk) -> None:
    """TRAP name clash."""
    other = desk.root / "shift2"
    other.mkdir()
    twin = other / desk.clips[0].name
    shutil.copy2(desk.clips[1], twin)
    ended = desk.run("--delete-originals", "yes", files=(desk.clips[0], twin, desk.clips[0]))
    assert ended.code == 0, ended
    assert set(desk.outputs()) == {"cam1_001.mp4", "cam1_001~2.mp4"}
    assert "becomes cam1_001~2.mp4" in ended.out
    assert "taken once" in ended.out


def test_a_second_job_never_replaces_the_only_copies(desk: Desk) -> None:
    """TRAP: the first job deleted its originals; the build directory is all there is."""
    assert desk.run("--delete-originals", "yes", files=desk.clips[:2]).code == 0
    before = desk.outputs()
    ended = desk.run(files=desk.clips[2:])
    assert ended.code == 1
    assert "its original is gone" in ended.err
    assert desk.outputs() == before


def test_a_folder_of_somebody_else_is_left_alone(desk: Desk) -> None:
    desk.build.mkdir()
    (desk.build / "thesis.doc").write_text("years of work")
    ended = desk.run()
    assert ended.code == 1
    assert "no build directory of camvault" in ended.err
    assert [path.name for path in desk.build.iterdir()] == ["thesis.doc"]


@pytest.mark.parametrize("is_made", [False, True])
def test_the_log_may_not_lie_in_the_build_directory(desk: Desk, is_made: bool) -> None:
    """It would be on the disc, and go with the outputs. With --resume as well."""
    if is_made:
        assert desk.run().code == 0
    log = desk.build / "prep.log"
    desk.root.joinpath("link").symlink_to(desk.build)
    for argv in (
        ["--build-dir", str(desk.build), "--logfile", str(log), *map(str, desk.clips)],
        ["--build-dir", str(desk.build), "--logfile", str(desk.root / "link" / "prep.log"), *map(str, desk.clips)],
        ["--resume", str(desk.completed), "--logfile", str(log)],
    ):
        ended = desk._ended(argv, {})
        assert ended.code == 1, ended
        assert "lies in the build directory" in ended.err
        assert not log.exists()


@pytest.mark.parametrize("link", [None, Path.symlink_to, Path.hardlink_to])
def test_the_log_is_never_a_clip(desk: Desk, link: Callable[[Path, Path], None] | None) -> None:
    """Footage is not appended to, by no name."""
    before = desk.originals()
    log = desk.clips[0]
    if link is not None:
        log = desk.root / "run.log"
        link(log, desk.clips[0])
    for clips in (desk.clips, desk.clips[1:]):  # also a clip that is not of this job
        ended = desk._ended(["--build-dir", str(desk.build), "--logfile", str(log), *map(str, clips)], {})
        assert ended.code == 1, ended
        assert "Cannot write logfile" in ended.err
        assert desk.originals() == before
        assert not desk.build.exists()


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--disc-bytes", "1_000_000"), "--disc-bytes is 1000000 on the command line and 25000000000 in the file"),
        (("--safety-bytes", "0"), "--safety-bytes is 0 on the command line"),
        (("--allocation", "complexity"), "--allocation is complexity"),
        (("--preset", "5"), "--preset is 5"),
        (("--min-kbps", "99"), "--min-kbps is 99 on the command line and 150 in the file"),
    ],
)
def test_a_progress_file_that_contradicts_the_flags_is_3(desk: Desk, flags: tuple[str, ...], words: str) -> None:
    assert desk.run().code == 0
    mark_pending(desk, "cam1_003.mp4")
    ended = desk.resume(*flags)
    assert ended.code == 3, ended
    assert words in ended.err
    assert "pending" in desk.states().values()


def test_a_missing_progress_file_is_3(desk: Desk) -> None:
    ended = desk.resume()
    assert ended.code == 3
    assert f"{desk.progress}: No such file; --resume takes the progress.json of a build directory" in ended.err
    assert not desk.build.exists()
    folder = desk.build / "folder"
    folder.mkdir(parents=True)
    assert desk.resume(path=folder).code == 3


def test_a_run_in_a_build_directory_in_use_plans_nothing(desk: Desk) -> None:
    """Neither a new one, nor one that resumes; nobody looks at the clips in vain."""
    assert desk.run().code == 0
    with LocalStorage().lock(desk.build):
        for ended in (desk.run(files=(desk.root / "nowhere.mp4",)), desk.resume(path=desk.build / "no.json")):
            assert ended.code == 1
            assert f"Another process is using {desk.build}" in ended.err


def test_a_build_directory_that_is_refused_is_not_made(desk: Desk) -> None:
    ended = desk.run(files=(desk.root / "nowhere.mp4",))
    assert ended.code == 1
    assert not desk.build.exists()


def test_a_finished_job_may_be_resumed(desk: Desk) -> None:
    """By either name; it verifies the outputs again, and says 3 if they are not what it made."""
    assert desk.run().code == 0
    assert desk.resume().code == 0
    assert desk.resume(path=desk.completed).code == 0
    (desk.build / "cam1_002.mp4").unlink()
    ended = desk.resume(path=desk.completed)
    assert ended.code == 3
    assert "cam1_002.mp4: its output is missing" in ended.err


def test_a_plain_progress_file_is_resumed(desk: Desk) -> None:
    """The specification's example: names, relative to where the command is started."""
    desk.build.mkdir()
    shutil.copy2(desk.clips[0], desk.build)
    (desk.build / "cam1_002.mp4").write_bytes(b"half a copy")
    files = {f"shift1/{clip.name}": "pending" for clip in desk.clips}
    files["shift1/cam1_001.mp4"] = files["shift1/cam1_002.mp4"] = "done"
    desk.progress.write_text(
        json.dumps({"disc_bytes": 25 * 10**9, "safety_bytes": 0, "mode": "COPY", "kbps": None, "files": files})
    )
    ended = desk.resume("--delete-originals", "yes")
    assert ended.code == 0, ended
    assert "shift1/cam1_002.mp4 is made again" in ended.out
    assert "→ shift1/cam1_001.mp4" not in ended.out
    assert desk.outputs().keys() == {"cam1_001.mp4", "cam1_002.mp4", "cam1_003.mp4"}
    assert desk.originals() == {}


def test_a_changed_done_output_is_made_again(desk: Desk) -> None:
    """TRAP: "done" outputs that vanished or changed size."""
    assert desk.run().code == 0
    mark_pending(desk, "cam1_003.mp4")
    (desk.build / "cam1_001.mp4").write_bytes(b"cut off")
    (desk.build / "cam1_002.mp4").unlink()
    ended = desk.resume()
    assert ended.code == 0, ended
    assert "cam1_001.mp4 is made again: its output was changed" in ended.out
    assert "cam1_002.mp4 is made again: its output is missing" in ended.out
    assert desk.outputs() == desk.originals()


def test_a_silently_damaged_copy_is_found_before_originals_go(desk: Desk) -> None:
    """Same size, same time, one bit: only reading it back tells."""
    assert desk.run().code == 0
    mark_pending(desk, "cam1_003.mp4")
    victim = desk.build / "cam1_001.mp4"
    status = victim.stat()
    content = bytearray(victim.read_bytes())
    content[1000] ^= 1
    victim.write_bytes(content)
    os.utime(victim, ns=(status.st_atime_ns, status.st_mtime_ns))
    ended = desk.resume("--delete-originals", "yes")
    assert ended.code == 4, ended
    assert "cam1_001.mp4 has not the content that was written" in ended.err
    assert len(desk.originals()) == 3
    assert desk.resume("--delete-originals", "yes").code == 0
    assert desk.originals() == {}


@pytest.mark.parametrize("allocation", ["constant", "complexity"])
def test_results_do_not_depend_on_the_number_of_jobs(desk: Desk, allocation: str) -> None:
    more = (*ENCODE, "--allocation", allocation)
    assert desk.run(*more, "--jobs", "1").code == 0
    alone = desk.outputs()
    shutil.rmtree(desk.build)
    assert desk.run(*more, "--jobs", "3").code == 0
    assert desk.outputs() == alone


# --- hostile names ---------------------------------------------------------------------------------------------------

HOSTILE = (
    b"-i.mp4",
    b"new\nline.mp4",
    b'it\'s "quoted" $(id) `x`;.mp4',
    b"100%03d.mp4",
    b"\xff\xfe not utf-8.mp4",
    "Überwachung 監視.mp4".encode(),
    b"x" * 251 + b".mp4",
    b" leading and trailing .mp4 ",
    b"http:\\\\host.mp4",
    b"pipe:1.mp4",
)


@pytest.mark.parametrize("mode", ["copy", "encode"])
def test_hostile_names_come_through(desk: Desk, mode: str) -> None:
    folder = desk.root / "hostile"
    folder.mkdir()
    files = tuple(folder / os.fsdecode(name) for name in HOSTILE)
    for i, path in enumerate(files):
        shutil.copyfile(desk.clips[i % 3], path)
    more = ("--disc-bytes", "300_000", "--safety-bytes", "0", "--min-kbps", "20", "--preset", "12")
    ended = desk.run(*(more if mode == "encode" else ()), "--delete-originals", "yes", files=files)
    assert ended.code == 0, ended
    assert list(folder.iterdir()) == []
    expected = set(HOSTILE)
    if mode == "encode":
        expected = {name if name.endswith(b".mp4") else name + b".mp4" for name in expected}
        expected = {b" leading and trailing .mp4" if name.startswith(b" lead") else name for name in expected}
    assert {os.fsencode(name) for name in desk.outputs()} == expected
    assert all(line.count("▶") >= 2 for line in desk.log_text().splitlines()), "a name broke a line of the log"


# --- signals ---------------------------------------------------------------------------------------------------------


def children_of(pid: int) -> set[int]:
    found = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found |= {int(child), *children_of(int(child))}
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_at_once_and_leaves_no_program(desk: Desk, number: signal.Signals) -> None:
    long = desk.root / "long.mp4"
    make_clip(long, seconds=20, size="320x240")
    argv = desk.argv(
        "--disc-bytes", "400_000", "--safety-bytes", "0", "--min-kbps", "1", "--preset", "4", files=(long,)
    )
    process = desk.start(argv)
    wait_for((desk.build / ".long.mp4.camvault-part").exists, process)
    children = children_of(process.pid)
    assert children
    os.kill(process.pid, number)
    assert process.wait(timeout=10) == 130
    assert not any(Path(f"/proc/{child}").exists() for child in children)
    assert desk.states() == {"long.mp4": "pending"}
    assert list(desk.outputs()) == [], "nothing half-made is left"
    assert desk.log_text().splitlines()[-1].endswith("Script exited")


def test_a_signal_stops_at_once_while_bitrates_are_tried(desk: Desk) -> None:
    long = desk.root / "long.mp4"
    make_clip(long, seconds=20, size="320x240")
    argv = desk.argv(
        "--disc-bytes", "400_000", "--safety-bytes", "0", "--min-kbps", "1", "--preset", "2", files=(long,)
    )
    process = desk.start(argv)
    wait_for(desk.log.exists, process)
    wait_for(lambda: "Trying ~" in desk.log_text() and bool(children_of(process.pid)), process)
    children = children_of(process.pid)
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(timeout=10) == 130
    assert not any(Path(f"/proc/{child}").exists() for child in children)
    assert desk.states() == {"long.mp4": "pending"}
    assert list(desk.outputs()) == []


def test_two_runs_do_not_work_in_one_build_directory(desk: Desk) -> None:
    long = desk.root / "long.mp4"
    make_clip(long, seconds=20, size="320x240")
    argv = desk.argv(
        "--disc-bytes", "400_000", "--safety-bytes", "0", "--min-kbps", "1", "--preset", "4", files=(long,)
    )
    process = desk.start(argv)
    try:
        wait_for((desk.build / ".long.mp4.camvault-part").exists, process)
        ended = desk.resume()
        assert ended.code == 1, ended
        assert "Another process is using" in ended.err
    finally:
        desk.kill(process)


# --- one clip stops no other -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("disc_bytes", ["25_000_000_000", "100_000"], ids=["copy", "encode"])
def test_an_unreadable_sector_in_one_of_three_clips(desk: Desk, disc_bytes: str, tmp_path: Path) -> None:
    """The others are prepared, the clip is named with the system's words, and a resume does what is left."""
    bad = desk.clips[1].rename(desk.clips[1].with_name(f"{BAD}.mp4"))
    files = (desk.clips[0], bad, desk.clips[2])
    flags = ("--disc-bytes", disc_bytes, "--safety-bytes", "0", "--min-kbps", "1", "--preset", "12")
    ended = desk.run(*flags, "--delete-originals", "yes", files=files, **failing_reads(tmp_path))
    assert ended.code == 4, ended
    assert f"1 of 3 clips are left out, the others are done: {bad}: Input/output error" in ended.err
    assert "Traceback" not in ended.out + ended.err + desk.log_text()
    assert sorted(desk.outputs()) == [desk.clips[0].name, desk.clips[2].name]
    assert all(clip.exists() for clip in files), "originals stay until a run ends with 0"
    made = desk.outputs()
    ended = desk.resume("--delete-originals", "yes")
    assert ended.code == 0, ended
    assert desk.outputs().items() > made.items(), "what is done is not done again"
    assert not any(clip.exists() for clip in files)


def test_what_lies_beside_the_clips_is_copied(desk: Desk) -> None:
    """A photo, a log and a folder around them: copied beside the clips, and never encoded."""
    folder = desk.clips[0].parent
    (folder / "prep.txt").write_text("2024-01-08 recording started\n" * 50)
    make_photo(folder / "photo.jpg")
    before = {path.name: digest(path) for path in folder.iterdir()}
    ended = desk.run("--disc-bytes", "110_000", "--safety-bytes", "0", "--min-kbps", "1", files=(folder,))
    assert ended.code == 0, ended
    found = desk.outputs()
    assert found.keys() == before.keys()
    assert {name for name in found if found[name] == before[name]} == {"prep.txt", "photo.jpg"}
    assert "it is no clip, but a photo or text" in desk.log_text()


def make_photo(path: Path) -> None:
    picture = ("-f", "lavfi", "-i", "testsrc2=s=64x64:d=0.04", "-frames:v", "1", "-c:v", "mjpeg")
    run_ffmpeg(*picture, "-f", "image2", "-update", "1", str(path))
