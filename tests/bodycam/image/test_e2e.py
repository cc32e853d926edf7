"""create_iso's scenarios, as a user sees them."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.sevenzip import SEVEN_ZIP

OLD_IMAGE = bytes(16 * 2048) + b"\0BEA01\1" + bytes(2041)
"""What an image is known by: its volume recognition sequence."""
Create = Callable[..., tuple[int, str]]


def label_of(image: Path) -> str:
    said = subprocess.run(["udfinfo", str(image)], check=True, capture_output=True, text=True).stdout
    return dict(line.split("=", 1) for line in said.splitlines() if "=" in line)["label"]


def leftovers(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if "part" in name]  # noqa: PTH208 - names only


def test_s01_the_default_label_is_the_time_of_the_start(create: Create, build_dir: Path, tmp_path: Path) -> None:
    before = datetime.now(UTC)
    code, said = create(build_dir)
    assert code == 0
    assert "ISO created successfully" in said
    label = label_of(tmp_path / "out" / "shift.iso")
    at = datetime.strptime(label, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert abs((at - before).total_seconds()) <= 5
    log = (tmp_path / "create.log").read_text()
    assert log.splitlines()[0].endswith("Script started")
    assert log.splitlines()[-1].endswith("Script exited")
    assert "Creating ISO image…" in log
    assert "bridge writer" in log


def test_s02_a_label_of_the_users(create: Create, build_dir: Path, tmp_path: Path) -> None:
    code, _ = create(build_dir, "--volume-label", "TESTDISC")
    assert code == 0
    assert label_of(tmp_path / "out" / "shift.iso") == "TESTDISC"


def test_s03_a_label_that_is_too_long(create: Create, build_dir: Path, tmp_path: Path) -> None:
    code, said = create(build_dir, "--volume-label", "X" * 33)
    assert (code, "Label too long" in said) == (1, True)
    assert os.listdir(tmp_path / "out") == []  # noqa: PTH208


@pytest.mark.parametrize("label", ["TEST DISC", "Übung", "a/b", "a.b", "x\n"])
def test_s04_a_label_with_illegal_characters(create: Create, build_dir: Path, label: str) -> None:
    code, said = create(build_dir, "--volume-label", label)
    assert (code, "Label contains illegal characters" in said) == (1, True)


def test_s05_no_such_directory(create: Create, tmp_path: Path) -> None:
    code, said = create(tmp_path / "none")
    assert (code, "Directory not found" in said) == (1, True)
    assert not (tmp_path / "out").exists()


def test_s06_nothing_to_master(create: Create, tmp_path: Path) -> None:
    """A tree of empty folders holds nothing either."""
    (tmp_path / "empty" / "in" / "here").mkdir(parents=True)
    code, said = create(tmp_path / "empty")
    assert (code, "No input files" in said) == (1, True)


def test_s07_a_path_that_cannot_be_written(create: Create, build_dir: Path) -> None:
    """/proc refuses root as well."""
    code, said = create(build_dir, iso=Path("/proc/camvault.iso"))
    assert (code, "Cannot write ISO" in said) == (1, True)


def test_s08_an_image_is_not_overwritten(create: Create, build_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "shift.iso").write_bytes(b"old image")
    code, said = create(build_dir, iso=tmp_path / "shift.iso")
    assert (code, "File exists" in said) == (1, True)
    assert (tmp_path / "shift.iso").read_bytes() == b"old image"
    assert leftovers(tmp_path) == []


def test_force_replaces_an_image_and_nothing_else(create: Create, build_dir: Path, tmp_path: Path) -> None:
    diary = tmp_path / "diary.txt"
    diary.write_bytes(b"dear diary")
    code, said = create(build_dir, "--force", iso=diary)
    assert (code, "no disc image" in said) == (1, True)
    assert diary.read_bytes() == b"dear diary"
    assert leftovers(tmp_path) == []


def test_s09_an_image_is_replaced_when_asked(create: Create, build_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "shift.iso").write_bytes(OLD_IMAGE)
    code, _ = create(build_dir, "--force", iso=tmp_path / "shift.iso")
    assert code == 0
    assert (tmp_path / "shift.iso").stat().st_size % (32 * 2048) == 0
    assert leftovers(tmp_path) == []


def test_times_that_a_format_cannot_hold(create: Create, tmp_path: Path) -> None:
    """UDF keeps them all; ISO 9660 ends with 2155 and has its last second for what is later."""
    folder = tmp_path / "shift"
    folder.mkdir()
    for year in (1901, 1969, 2100, 2156, 2300, 2446):
        (folder / f"{year}.txt").write_text("x")
        at_s = max(-(2**31), datetime(year, 5, 10, tzinfo=UTC).timestamp())  # what ext4 begins with
        os.utime(folder / f"{year}.txt", (at_s, at_s))
    assert create(folder)[0] == 0
    image = tmp_path / "out" / "shift.iso"
    assert years_in(image, "UDF") == ["1901", "1969", "2100", "2156", "2300", "2446"]
    assert years_in(image, "ISO") == ["1901", "1969", "2100", "2155", "2155", "2155"]


def years_in(image: Path, tree: str) -> list[str]:
    """The years of the files' times, as 7-Zip reads them."""
    said = subprocess.run([SEVEN_ZIP, "l", "-slt", f"-t{tree}", image], check=True, capture_output=True, text=True)
    return re.findall(r"^Modified = (\d{4})", said.stdout.partition("----------")[2], re.MULTILINE)


def test_s10_a_log_that_cannot_be_written(create: Create, build_dir: Path, tmp_path: Path) -> None:
    code, said = create(build_dir, log=Path("/proc/none/create.log"))
    assert (code, "Cannot write logfile" in said) == (1, True)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_trap_the_log_is_never_the_image(create: Create, build_dir: Path, tmp_path: Path, force: tuple[str]) -> None:
    """Neither a new one, nor one that is there, nor a log that --force would replace."""
    path = tmp_path / "x.iso"
    assert create(build_dir, *force, iso=path, log=path)[0] == 1
    assert not path.exists()
    for content in (b"image", "2025-07-18 12:15:00 UTC ▶ INFO ▶ Script started\n".encode()):
        path.write_bytes(content)
        code, said = create(build_dir, *force, iso=path, log=path)
        assert (code, "Cannot write logfile" in said) == (1, True)
        assert path.read_bytes() == content


def test_trap_the_log_is_not_made_in_the_build_directory(create: Create, build_dir: Path) -> None:
    code, said = create(build_dir, log=build_dir / "create.log")
    assert (code, "lies in the build directory" in said) == (1, True)
    assert not (build_dir / "create.log").exists()


def test_s11_fifty_thousand_files(in_memory: Path) -> None:
    """How long it takes beside a plain copy is measured by benchmarks/image.py.

    As a program of its own: with coverage measured it would take half a minute.
    """
    for number in range(51_000):
        folder = in_memory / "many" / str(number // 25_500)
        if number % 25_500 == 0:
            folder.mkdir(parents=True)
        (folder / f"clip {number}.mp4").write_bytes(b"%d" % number if number % 10 == 0 else b"")
    own = ("--build-dir", in_memory / "many", "--iso-path", in_memory / "many.iso", "--volume-label", "MANY")
    argv = (sys.executable, "-m", "camvault.apps.create_iso", *own, "--logfile", in_memory / "many.log")
    done = subprocess.run(argv, check=True, capture_output=True, text=True)
    assert "51,000 files equal in both trees" in done.stderr
    assert label_of(in_memory / "many.iso") == "MANY"


def test_trap_an_empty_label_is_no_stamp(create: Create, build_dir: Path) -> None:
    code, said = create(build_dir, "--volume-label", "")
    assert (code, "Label is empty" in said) == (1, True)


def test_trap_neither_image_nor_log_lies_in_the_build_directory(create: Create, build_dir: Path) -> None:
    code, said = create(build_dir, iso=build_dir / "deep" / "shift.iso")
    assert (code, "lies in the build directory" in said) == (1, True)
    code, said = create(build_dir, log=build_dir / "create.log")
    assert (code, "lies in the build directory" in said) == (1, True)


def test_trap_an_unreadable_entry_fails_the_build(create: Create, build_dir: Path, tmp_path: Path) -> None:
    (build_dir / "link.mp4").symlink_to("a.mp4")
    code, said = create(build_dir)
    assert (code, "link.mp4: it is a symbolic link" in said) == (1, True)
    (build_dir / "link.mp4").unlink()
    os.mkfifo(build_dir / "pipe")
    code, said = create(build_dir)
    assert (code, "it is a special file" in said) == (1, True)
    assert os.listdir(tmp_path / "out") == []  # noqa: PTH208


def test_trap_misspelled_and_shortened_flags_are_refused(create: Create, build_dir: Path) -> None:
    assert create(build_dir, "--volume-lab", "ABC")[0] == 1
    assert create(build_dir, "--volumelabel", "ABC")[0] == 1


def test_a_failed_replacement_keeps_the_old_image(
    create: Create, build_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new image is spoiled after it was written: the verifier must notice."""
    from camvault.adapters.bridge import BridgeBuilder  # noqa: PLC0415

    write = BridgeBuilder.write

    def spoiled(self, plan, /, *, target, on_bytes, cancel):  # type: ignore[no-untyped-def]
        manifest = write(self, plan, target=target, on_bytes=on_bytes, cancel=cancel)
        with open(target, "r+b") as image:  # noqa: PTH123
            image.seek(plan.files[0].first_sector * 2048)
            image.write(b"?")
        return manifest

    monkeypatch.setattr(BridgeBuilder, "write", spoiled)
    (tmp_path / "shift.iso").write_bytes(OLD_IMAGE)
    code, said = create(build_dir, "--force", iso=tmp_path / "shift.iso")
    assert code == 1
    assert "ISO not created" in said
    assert "the content differs" in said
    assert (tmp_path / "shift.iso").read_bytes() == OLD_IMAGE
    assert leftovers(tmp_path) == []


def test_the_same_stamp_gives_the_same_image(create: Create, build_dir: Path, tmp_path: Path) -> None:
    flags = ("--volume-label", "TESTDISC", "--stamp", "20250718T101500Z")
    create(build_dir, *flags, iso=tmp_path / "1.iso")
    time.sleep(1.1)  # a clock that got into the image would show
    create(build_dir, *flags, iso=tmp_path / "2.iso")
    assert (tmp_path / "1.iso").read_bytes() == (tmp_path / "2.iso").read_bytes()


def test_our_own_files_stay_off_the_disc(create: Create, build_dir: Path, tmp_path: Path) -> None:
    (build_dir / ".camvault-build").write_text("camvault build directory 1\n")
    (build_dir / "progress.completed.json").write_text("{}")
    (build_dir / ".b.mp4.camvault-part").write_bytes(b"half")
    code, said = create(build_dir)
    assert code == 0
    assert "2 files equal in both trees" in said
    assert len(re.findall("Not on the disc", said)) == 3


def test_a_long_label_is_explained(create: Create, build_dir: Path) -> None:
    code, said = create(build_dir, "--volume-label", "EVIDENCE_20250718T101500Z_ABCDEF")
    assert code == 0
    assert "Windows, where it reads Joliet, will show the label as EVIDENCE_2025071" in said
    assert "EVIDENCE_20250718T101500Z_ABCD\n" in said
