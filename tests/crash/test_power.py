"""organize, backup and cleanup as commands on real file systems, with the power cut around every flush of the disks."""

import hashlib
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from camvault.core.segments.ledger import parse_ledger
from tests.crash.powerdisk import Disks

pytestmark = pytest.mark.xdist_group("loop")

NO_FSYNC = ("strace", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", "inject=fsync,fdatasync:retval=0")
"""What a file system does that ignores its users."""
HEADER = b"\x1a\x45\xdf\xa3 header \x1f\x43\xb6\x75 footage "
RECORDED = [f"ROST1_20250528T14{minute}000.mkv" for minute in range(3)]
WAITING = [f"ROST1_20250528T15{minute}000.mkv" for minute in range(2)]
COMMANDS = ("organize_video", "backup_video", "cleanup_video")


def content_of(name: str) -> bytes:
    return HEADER + name.encode() * 4000


FOOTAGE = {hashlib.sha256(content_of(name)).hexdigest(): name for name in (*RECORDED, *WAITING)}


def furnish(disks: Disks) -> None:
    """The recorder's card, the disk for what waits, and the NAS."""
    with disks.mounted(disks.image):
        for folder, names in (
            (disks["card"] / "cameras/ROST1", RECORDED),
            (disks["home"] / "ready/ROST1/2025-05-28", WAITING),
        ):
            folder.mkdir(parents=True)
            for name in names:
                (folder / name).write_bytes(content_of(name))
                os.utime(folder / name, (1_748_440_000, 1_748_440_000))


def run_commands(disks: Disks, prefix: tuple[str, ...]) -> None:
    backup = {
        "ready_for_backup_dir": str(disks["home"] / "ready"),
        "nas_target_dir": str(disks["nas"] / "video"),
        "success_log_dir": str(disks["home"] / "logs"),
        "lock_dir": str(disks["home"] / "locks"),
    }
    cameras = {
        "defaults": {"output_dir": str(disks["card"] / "cameras")},
        "cameras": [{"station": "ROST1", "ip": "192.0.2.1"}],
    }
    (disks.folder / "backup.json").write_text(json.dumps(backup))
    (disks.folder / "cameras.json").write_text(json.dumps(cameras))
    for command in COMMANDS:
        argv = [sys.executable, "-m", f"camvault.apps.{command}", "--backup_config", "backup.json"]
        argv += ["--cameras_config", "cameras.json"]
        done = subprocess.run([*prefix, *argv], cwd=disks.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file by its path below the folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def problems(disks: Disks) -> list[str]:
    """What a power cut broke."""
    there = digests(disks["nas"] / "video")
    here = {*digests(disks["card"]).values(), *digests(disks["home"]).values()}
    kept = {sha256 for path, sha256 in there.items() if path.endswith(".mkv")} | here
    found = [f"{name} is nowhere" for sha256, name in FOOTAGE.items() if sha256 not in kept]
    for file in (disks["home"] / "logs").glob("*.ledger"):
        for path, entry in parse_ledger(file.read_text(errors="replace")).entries.items():
            if there.get(str(path)) != entry.sha256:
                found.append(f"the ledger holds {path}, and it is not at the target")
    return found


@pytest.fixture(params=[(), pytest.param(NO_FSYNC, marks=pytest.mark.nightly)], ids=["as it is", "fsync does nothing"])
def outcome(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[int, dict[str, list[str]]]:
    """How many power cuts there were, and what they broke."""
    disks = Disks(tmp_path, ("card", "home", "nas"))
    disks.make()
    furnish(disks)
    with disks.logged():
        run_commands(disks, request.param)
        assert {*digests(disks["nas"]).values()} >= FOOTAGE.keys()
        assert not [*disks["home"].rglob("*.mkv"), *disks["card"].rglob("*.mkv")]
    broken, count = {}, 0
    for name, file in disks.cuts(chance=random.Random(0)):
        count += 1
        with disks.mounted(file):
            found = problems(disks)
        if found:
            broken[name] = found
    return count, broken


def test_no_power_cut_loses_footage(outcome: tuple[int, dict[str, list[str]]], request: pytest.FixtureRequest) -> None:
    """Wherever it happens: what was recorded is whole, here or at the target, and what the ledger says is true.

    Where fsync does nothing this must find losses: it says that they would be seen.
    """
    count, broken = outcome

    sys.stdout.write(f"{count} power cuts, {len(broken)} with losses\n")
    if "fsync does nothing" in request.node.name:
        assert any("is nowhere" in each for found in broken.values() for each in found)
    else:
        assert count > 50
        assert broken == {}
