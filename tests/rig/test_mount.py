"""Images of ours, mounted by a real kernel: both trees of the bridge hold every file, byte for byte."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rig.guest import Guest

GIB = 1 << 30
HUGE_BYTES = 4 * GIB + 12_345
TAIL_BYTES = 8 << 20


def create_iso(build: Path, image: Path) -> None:
    """Master a folder with the real command."""
    own = ("--build-dir", str(build), "--iso-path", str(image), "--logfile", str(image.with_suffix(".log")))
    subprocess.run([sys.executable, "-m", "camvault.apps.create_iso", *own], check=True, stdin=subprocess.DEVNULL)


def mount(guest: Guest, device: str, file_system: str) -> str:
    folder = f"/mnt/{file_system}"
    guest.check("mkdir", "-p", folder)
    guest.check("mount", "-t", file_system, "-o", "ro", device, folder)
    return folder


@pytest.fixture(scope="module")
def shift(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Names a camera and a person choose, in several folders."""
    names = ["cam1_0001.mp4", "Ünïcödé Kamera 二.mp4", "2025-07-18/part 1/" + 60 * "long" + ".mp4", "-dash.txt"]
    return {name: hashlib.sha256(name.encode()).digest() * 5_000 for name in names}


@pytest.mark.parametrize("file_system", ["udf", "iso9660"])
def test_the_kernel_reads_every_file_of_either_tree(
    guest: Guest, shift: dict[str, bytes], file_system: str, tmp_path: Path
) -> None:
    for name, content in shift.items():
        (tmp_path / "build" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "build" / name).write_bytes(content)
    create_iso(tmp_path / "build", tmp_path / "shift.iso")
    folder = mount(guest, guest.attach_disk(tmp_path / "shift.iso", name="SHIFT"), file_system)

    found = guest.shell(f"cd {folder} && find . -type f -print0 | xargs -0 sha256sum --zero").split("\0")
    digests = {line[66:].removeprefix("./"): line[:64] for line in found if line}
    assert digests == {name: hashlib.sha256(content).hexdigest() for name, content in shift.items()}


def test_the_kernel_reads_a_file_over_4_gib_in_both_trees(guest: Guest, tmp_path: Path) -> None:
    build = tmp_path / "build"
    build.mkdir()
    with (build / "cam1_0001.mp4").open("wb") as clip:
        clip.write(b"begin")
        clip.seek(HUGE_BYTES - 3)
        clip.write(b"end")
    create_iso(build, tmp_path / "huge.iso")
    device = guest.attach_disk(tmp_path / "huge.iso", name="HUGE")

    zeros = bytes(TAIL_BYTES - 3) + b"end"
    for file_system in ("udf", "iso9660"):
        folder = mount(guest, device, file_system)
        clip_path = f"{folder}/cam1_0001.mp4"
        assert guest.check("stat", "-c", "%s", clip_path).strip() == str(HUGE_BYTES)
        assert guest.check("head", "-c", "5", clip_path) == "begin"
        # Where 32 bits end, and the last megabytes
        assert guest.shell(f"tail -c +{4 * GIB - 4} {clip_path} | head -c 8 | od -An -tx1").split() == ["00"] * 8
        assert guest.shell(f"tail -c {TAIL_BYTES} {clip_path} | sha256sum")[:64] == hashlib.sha256(zeros).hexdigest()
        guest.check("umount", folder)  # a device can be mounted as one of them at a time
