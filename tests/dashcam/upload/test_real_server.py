"""send_clips against a real sshd and a real rsync, and one that lies; wires that are cut."""

import os
import random
import shutil
import sys
import time
from hashlib import sha256
from pathlib import Path, PurePath

import attrs
import pytest

from camvault.adapters.memory import MemoryCancellation
from camvault.core.dashcam.configuration import PollConfig, UploadConfig
from camvault.core.segments.ledger import ProofKind
from tests.dashcam.upload.conftest import Home
from tests.dashcam.upload.test_secure_shell import sendable
from tests.dashcam.upload.wire import wire_to

A, B = "Normal/Front/20260528_140000.MP4", "Event/it's -b\n.MP4"
SEED = 20_260_528
LYING = """#!{python}
import os, pathlib, subprocess, sys
there = pathlib.Path({there!r})
is_clip = "--dry-run" not in sys.argv and b"camvault-target" not in (names := sys.stdin.buffer.read())
if "--dry-run" in sys.argv:
    names = sys.stdin.buffer.read()
if is_clip and {lie!r} == "nothing":
    sys.exit(0)
done = subprocess.run([{rsync!r}, *sys.argv[1:]], input=names)
for name in names.split(b"\\0") if is_clip else ():
    path = there / os.fsdecode(name)
    if name and path.is_file():
        times, content = path.stat(), bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content[:-1] if {lie!r} == "short" else content)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
sys.exit(0)
"""


@pytest.fixture(params=["home", "restricted"])
def server(request: pytest.FixtureRequest) -> Home:
    """With a key that may do all, and with one that may only write."""
    home: Home = request.getfixturevalue(request.param)
    return home


def kind_of(server: Home) -> ProofKind:
    return ProofKind.COMPARED if server.config.upload.dest_path == "/" else ProofKind.REMOTE_HASH


def flip(path: Path, offset: int) -> None:
    """One bit, and neither size nor time."""
    times, content = path.stat(), bytearray(path.read_bytes())
    content[offset] ^= 1 << (offset % 8)
    path.write_bytes(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_clips_go_to_the_server_and_leave(server: Home) -> None:
    contents = {A: b"footage" * 1000, B: b"other"}
    for name, content in contents.items():
        server.stage_recorded(name, content)
    report = server.send()
    assert report.is_whole, report.problems
    assert server.footage() == contents
    assert server.staged() == []
    for name in contents:
        assert server.kinds(name) == [ProofKind.STAGED, kind_of(server), ProofKind.UNSTAGED]
    assert server.send().is_whole


def test_a_clip_that_is_called_like_standard_input_is_proven(server: Home) -> None:
    contents = {"-": b"footage", "-rf": b"other", "#1": b"third"}
    for name, content in contents.items():
        server.stage_recorded(name, content)
    report = server.send()
    assert report.is_whole, report.problems
    assert server.footage() == contents
    assert server.kinds("-")[1] is kind_of(server)


def test_a_link_to_a_folder_at_the_server_stays_one(server: Home, tmp_path: Path) -> None:
    """Of rsync 3.5.0 nothing goes through it; older ones follow it."""
    disk = tmp_path / "another disk"
    disk.mkdir()
    (server.there / "Event").symlink_to(disk)
    server.stage_recorded(A, b"footage")
    server.stage_recorded(B, b"other")
    report = server.send()
    assert (server.there / "Event").is_symlink()
    assert server.footage() == {A: b"footage"}
    assert server.staged() == ([] if report.is_whole else [B])
    assert [path.name for path in disk.iterdir()] == ([PurePath(B).name] if report.is_whole else [])


@pytest.mark.parametrize("lie", ["nothing", "flipped", "short"])
def test_an_rsync_that_lies_lets_nothing_go(
    server: Home, lie: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says 0, and sent nothing, another byte, or less."""
    server.stage_recorded(A, b"footage" * 1000)
    rsync = shutil.which("rsync")
    assert rsync
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "rsync").write_text(LYING.format(python=sys.executable, there=str(server.there), lie=lie, rsync=rsync))
    (tools / "rsync").chmod(0o755)
    with monkeypatch.context() as patched:
        patched.setenv("PATH", f"{tools}:{os.environ['PATH']}")
        report = server.send()
    assert server.staged() == [A]
    assert not report.is_whole
    assert report.proven_count == 0
    (problem,) = report.problems
    assert A in problem
    assert kind_of(server) not in server.kinds(A)


def decoys(server: Home, count: int) -> dict[str, bytes]:
    """Clips, and at the server each with another bit, at an offset drawn by chance; sizes and times are those here."""
    chance = random.Random(SEED)
    contents = {f"Normal/{number:03}.MP4": chance.randbytes(8192) for number in range(count)}
    for name, content in contents.items():
        path, there = server.stage_recorded(name, content), server.there / name
        there.parent.mkdir(exist_ok=True)
        shutil.copy2(path, there)
        flip(there, chance.randrange(len(content)))
    return contents


def test_each_of_200_bits_that_fell_over_at_the_server_is_found(server: Home) -> None:
    contents = decoys(server, 200)
    (server.there / "whole.MP4").write_bytes(b"footage")
    shutil.copystat(server.stage_recorded("whole.MP4", b"footage"), server.there / "whole.MP4")
    files = [sendable(server.staging / name, server) for name in (*contents, "whole.MP4")]
    found = server.transfer().prove(files, root=server.staging, cancel=MemoryCancellation())
    digests = {name: sha256(content).hexdigest() for name, content in {**contents, "whole.MP4": b"footage"}.items()}
    assert [str(path) for path, said in found.items() if said.sha256 in ("", digests[str(path)])] == ["whole.MP4"]


def test_another_file_of_the_same_size_and_time_is_replaced_and_kept_beside(server: Home) -> None:
    contents = decoys(server, 3)
    report = server.send()
    assert report.is_whole, report.problems
    found = server.footage()
    assert {name: found[name] for name in contents} == contents
    assert len([name for name in found if ".replaced-" in name]) == 3


def test_each_of_200_bits_that_fell_over_here_is_found(home: Home) -> None:
    """None of these clips is sent; each is named."""
    chance = random.Random(SEED)
    names = [f"Normal/{number:03}.MP4" for number in range(200)]
    for name in names:
        path = home.stage_recorded(name, chance.randbytes(8192))
        flip(path, chance.randrange(8192))
    report = home.send()
    assert home.footage() == {}
    assert home.staged() == names
    assert sorted(problem.partition(":")[0] for problem in report.problems) == names


def test_a_push_that_is_cut_off_goes_on_where_it_was(home: Home) -> None:
    """Over the wire goes what the clip has, and little more. The rrsync of rsync 3.5.0 keeps no part (measured)."""
    content = random.Random(SEED).randbytes(32 * 1024 * 1024)
    with wire_to(home.server.port) as wire:
        box = home.by_wire(wire)
        box.stage_recorded(A, b"first")
        assert box.send().is_whole
        box.stage_recorded(B, content)
        before = wire.up_bytes
        wire.cut_at_bytes = [before + len(content) // 2]
        report = box.send()
    assert report.is_whole, report.problems
    assert wire.cut_at_bytes == []
    assert box.footage()[B] == content
    in_buffers = 4 * 1024 * 1024  # what was under way when the wire was cut
    assert wire.up_bytes - before <= 1.05 * len(content) + in_buffers


def test_a_push_is_ended_for_the_battery_and_goes_on_later(home: Home) -> None:
    content = random.Random(SEED).randbytes(8 * 1024 * 1024)
    with wire_to(home.server.port) as wire:
        box = home.by_wire(wire)
        box.stage_recorded(A, b"first")
        assert box.send().is_whole
        box.stage_recorded(B, content)
        begin_bytes, wire.pause_s = wire.up_bytes, 0.1
        begin_s = time.monotonic()
        stopped = box.send(lambda: "battery" if wire.up_bytes > begin_bytes + len(content) // 4 else "")
        assert (stopped.stopped, stopped.problems, stopped.waiting_count) == ("battery", (), 1)
        assert time.monotonic() - begin_s < 60
        assert B not in box.footage()
        wire.pause_s = 0.0
        assert box.send().is_whole
    assert wire.up_bytes - begin_bytes <= 1.2 * len(content)  # what was on its way is lost


def test_a_server_with_another_key_is_asked_once_and_gets_nothing(home: Home) -> None:
    home.stage_recorded(A, b"first")
    assert home.send().is_whole
    home.stage_recorded(B, b"footage")
    with wire_to(home.server.port) as wire:
        box = home.by_wire(wire)
        words = (home.server.folder / "user.pub").read_text().split()
        box.known_hosts.write_text(f"[127.0.0.1]:{wire.port} {words[0]} {words[1]}\n")
        report = box.send()
    (problem,) = report.problems
    assert "it cannot be looked at" in problem
    assert box.staged() == [B]
    assert B not in box.footage()
    assert wire.connection_count <= 2  # the look, and the one whether it is off


def test_a_server_that_is_off_is_tried_as_often_as_configured(home: Home) -> None:
    home.stage_recorded(A, b"first")
    assert home.send().is_whole
    home.stage_recorded(B, b"footage")
    home.switch_off()
    box = attrs.evolve(home, config=attrs.evolve(home.config, poll=PollConfig(upload_retries=1)))
    report = box.send()
    assert box.staged() == [B]
    (problem,) = report.problems
    assert "it is offline" in problem


def test_a_folder_of_this_machine_is_a_target_too(home: Home) -> None:
    """A share that is mounted: nothing is sent by ssh, and its content is read back."""
    upload = UploadConfig(host="", dest_path=str(home.there))
    box = attrs.evolve(home, config=attrs.evolve(home.config, upload=upload))
    box.stage_recorded(A, b"footage")
    report = box.send()
    assert report.is_whole, report.problems
    assert box.kinds(A)[1] is ProofKind.READ_BACK
    assert not any("ssh" in word for command in box.commands for word in command)
