"""A target that is a subvolume of btrfs: a device of its own, and no mount. What is missing there is not "offline"."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from camvault.adapters.rsync import TARGET_MARKER_NAME
from tests.recording.segments.conftest import Pi


def run(*argv: str | Path) -> None:
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)


def delete(target: Path) -> None:
    run("btrfs", "subvolume", "delete", target)


def empty(target: Path) -> None:
    for path in target.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def begin_anew(target: Path) -> None:
    delete(target)
    run("btrfs", "subvolume", "create", target)


@pytest.fixture
def nas(tmp_path: Path) -> Iterator[Path]:
    """Where a btrfs is mounted, with a subvolume in it."""
    image, point = tmp_path / "nas.img", tmp_path / "nas"
    with image.open("wb") as file:
        file.truncate(128 * 1024 * 1024)
    run("mkfs.btrfs", "-q", image)
    run("mount", "-o", "loop", image, point)
    run("btrfs", "subvolume", "create", point / "archive")
    yield point
    subprocess.run(["umount", point], check=False, stderr=subprocess.DEVNULL)


def backed_up(pi: Pi, nas: Path) -> Path:
    pi.nas = str(nas / "archive")
    waiting = pi.wait("ROST1_20250528T140000.mkv")
    assert pi.run("backup_video").code == 0
    return waiting


@pytest.mark.xdist_group("loop")
@pytest.mark.parametrize("fault", [delete, empty, begin_anew], ids=lambda fault: fault.__name__)
def test_a_subvolume_that_lost_its_files_lets_nothing_go(pi: Pi, nas: Path, fault: Callable[[Path], None]) -> None:
    waiting = backed_up(pi, nas)
    assert f'"mounted": "{nas}"' in (pi.logs / TARGET_MARKER_NAME).read_text()
    fault(nas / "archive")
    done = pi.run("cleanup_video")
    assert (done.code, done.out) == (2, "[remove] deleted 0 files\n")
    assert waiting.exists()


@pytest.mark.xdist_group("loop")
def test_the_disk_of_a_subvolume_that_is_not_mounted_is_offline(pi: Pi, nas: Path) -> None:
    backed_up(pi, nas)
    run("umount", nas)
    done = pi.run("cleanup_video")
    assert (done.code, done.out) == (0, "[remove] deleted 1 files\n")
    assert f"nothing is mounted at {nas}, where it was mounted" in done.err


@pytest.mark.xdist_group("loop")
def test_a_record_of_before_that_names_a_subvolume_as_a_mount_is_no_evidence(pi: Pi, nas: Path) -> None:
    waiting = backed_up(pi, nas)
    record = pi.logs / TARGET_MARKER_NAME
    number = record.read_text().splitlines()[0]
    record.write_text(f'{number}\n{{"at": "{nas}/archive", "mount": "{nas}/archive"}}\n')
    empty(nas / "archive")
    assert pi.run("cleanup_video").code == 2
    assert waiting.exists()


@pytest.mark.xdist_group("loop")
def test_another_subvolume_of_the_disk_of_the_footage_is_no_second_disk(pi: Pi, nas: Path) -> None:
    pi.home = nas / "home"
    (pi.home / "cameras").mkdir(parents=True)
    backed_up(pi, nas)
    assert '"mounted": ""' in (pi.logs / TARGET_MARKER_NAME).read_text()
    assert "a second copy, but not on a second disk" in pi.run("cleanup_video").err
