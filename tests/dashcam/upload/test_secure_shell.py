"""The way to the server: one key is offered, one is believed, and nothing of the user's own ssh decides."""

import shlex
import subprocess
from pathlib import Path, PurePosixPath

import pytest

from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.rsync.secure_shell import remote_target, secure_shell
from camvault.ports.entries import FileIdentity
from camvault.ports.transfer import EvidenceKind, Here, PushCause, Sendable
from tests.dashcam.upload.conftest import Home

CLIP = "Normal/Front/-a\n'b\".MP4"


def sendable(path: Path, home: Home) -> Sendable:
    found = path.stat()
    return Sendable(PurePosixPath(path.relative_to(home.staging)), FileIdentity(found.st_size, found.st_mtime_ns))


class TestCommand:
    """Pure."""

    def test_nothing_of_the_users_own_ssh_decides(self) -> None:
        words = shlex.split(secure_shell(port=2222, key="/etc/box/id_rsa", known_hosts="/etc/box/known"))
        assert words[:5] == ["ssh", "-F", "none", "-p", "2222"]
        assert words[5::2] == ["-o"] * 5
        assert words[6::2] == [
            "StrictHostKeyChecking=yes",
            'UserKnownHostsFile="/etc/box/known"',
            "GlobalKnownHostsFile=/dev/null",
            'IdentityFile="/etc/box/id_rsa"',
            "IdentitiesOnly=yes",
        ]

    def test_without_files_those_of_the_user_count(self) -> None:
        """The key of the server must be known all the same."""
        assert secure_shell(port=22) == "ssh -F none -p 22 -o StrictHostKeyChecking=yes"

    @pytest.mark.parametrize("name", ["a b", "it's", 'say "x"', "back\\slash", "100%h", "-F", "''", "'\"'"])
    def test_ssh_reads_the_path_that_was_meant(self, name: str) -> None:
        """By what ssh itself says of its settings; `%h` would be the host."""
        shell = secure_shell(port=22, key=f"/k/{name}", known_hosts=f"/h/{name}")
        shown = subprocess.run(
            [*shlex.split(shell), "-G", "nas"], capture_output=True, text=True, check=True, timeout=60
        ).stdout.splitlines()
        found = dict(line.split(" ", 1) for line in shown)
        assert found["identityfile"].replace("%%", "%") == f"/k/{name}"
        assert found["userknownhostsfile"].replace("%%", "%") == f"/h/{name}"

    @pytest.mark.parametrize(("host", "target"), [("nas", "pi@nas:/v"), ("fe80::1", "pi@[fe80::1]:/v")])
    def test_the_target(self, host: str, target: str) -> None:
        assert remote_target(user="pi", host=host, path="/v") == target


def test_files_arrive_and_the_server_hashes_them(home: Home) -> None:
    """With a key, known hosts and a folder there whose names need quotes; and nothing but that is said to rsync."""
    transfer, path = home.transfer(), home.stage(CLIP, b"footage")
    assert isinstance(transfer.mark(), Here)
    pushed = transfer.push([sendable(path, home)], root=home.staging, cancel=MemoryCancellation())
    assert pushed.problem == ""
    assert home.footage() == {CLIP: b"footage"}
    (evidence,) = transfer.prove([sendable(path, home)], root=home.staging, cancel=MemoryCancellation()).values()
    assert evidence.kind is EvidenceKind.REMOTE_HASH
    given = {word for command in home.commands for word in command}
    assert not {"--remove-source-files", "--inplace", "-z", "--compress", "--delete", "--append"} & given
    assert "--no-inplace" in given


def test_a_key_that_may_only_write_lets_both_ends_compare(restricted: Home) -> None:
    transfer, path = restricted.transfer(), restricted.stage(CLIP, b"footage")
    assert isinstance(transfer.mark(), Here)
    transfer.push([sendable(path, restricted)], root=restricted.staging, cancel=MemoryCancellation())
    files = [sendable(path, restricted)]
    (evidence,) = transfer.prove(files, root=restricted.staging, cancel=MemoryCancellation()).values()
    assert (evidence.kind, evidence.sha256) == (EvidenceKind.COMPARED, "")
    assert restricted.footage() == {CLIP: b"footage"}


def test_a_server_with_another_key_gets_nothing(home: Home) -> None:
    """And that is no reason to try again; nor is a server whose key is not known."""
    transfer, path = home.transfer(), home.stage(CLIP, b"footage")
    transfer.mark()
    other = (home.server.folder / "user.pub").read_text().split()
    for text in (f"[127.0.0.1]:{home.server.port} {other[0]} {other[1]}\n", ""):
        home.known_hosts.write_text(text)
        files = [sendable(path, home)]
        pushed = transfer.push(files, root=home.staging, cancel=MemoryCancellation())
        assert pushed.cause is PushCause.REFUSED, pushed
        assert transfer.prove(files, root=home.staging, cancel=MemoryCancellation()) == {}
    assert home.footage() == {}
    assert home.known_hosts.read_text() == ""


def test_a_refused_key_is_no_reason_to_try_again(home: Home) -> None:
    (home.server.folder / "authorized_keys").write_text("")
    files = [sendable(home.stage(CLIP, b"footage"), home)]
    pushed = home.transfer().push(files, root=home.staging, cancel=MemoryCancellation())
    assert pushed.cause is PushCause.REFUSED, pushed


def test_a_server_that_does_not_listen_is_no_network(home: Home) -> None:
    files = [sendable(home.stage(CLIP, b"footage"), home)]
    home.switch_off()
    pushed = home.transfer().push(files, root=home.staging, cancel=MemoryCancellation())
    assert pushed.cause is PushCause.NO_NETWORK, pushed


def test_a_server_without_rsync_is_no_reason_to_try_again(home: Home) -> None:
    keys = home.server.folder / "authorized_keys"
    keys.write_text(f'command="exec no-such-rsync" {keys.read_text()}')
    files = [sendable(home.stage(CLIP, b"footage"), home)]
    pushed = home.transfer().push(files, root=home.staging, cancel=MemoryCancellation())
    assert pushed.cause is PushCause.REFUSED, pushed
