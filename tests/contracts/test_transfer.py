"""The contract of `Transfer`: in memory, rsync to a folder, and rsync over a real sshd, with and without rrsync."""

import hashlib
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath, PurePosixPath

import attrs
import pytest

from camvault.adapters.memory import MemoryCancellation, MemoryStorage
from camvault.adapters.memory.transfer import MemoryTransfer
from camvault.adapters.rsync import RsyncTransfer
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import Cancelled
from camvault.ports.transfer import EvidenceKind, Sendable, Sight, Transfer

NAMES = ("A/2025-05-28/A_20250528T140000.mkv", "A/# a\n;b\\#012ü.mkv", " -x.mkv")
MEMORY_ROOT = PurePath("/ready")


@attrs.define
class Place:
    """A transfer, and both ends of it."""

    transfer: Transfer
    root: PurePath
    put: Callable[[str, bytes], None]
    there: Callable[[], dict[str, bytes]]
    corrupt: Callable[[str], None]
    kind: EvidenceKind
    size_of: Callable[[str], int]
    cancel: MemoryCancellation = attrs.field(factory=MemoryCancellation)

    def send(self, *names: str) -> Sendable:
        self.transfer.push([sendable(name) for name in names], root=self.root, cancel=self.cancel)
        return sendable(names[0])

    def proven(self, *names: str) -> set[str]:
        files = [sendable(name) for name in names]
        return {str(path) for path in self.transfer.prove(files, root=self.root, cancel=self.cancel)}

    def sights(self, *names: str, by_content: bool = False) -> dict[str, Sight]:
        files = [Sendable(PurePosixPath(name), FileIdentity(self.size_of(name), 0)) for name in names]
        found = self.transfer.look(files, root=self.root, by_content=by_content, cancel=self.cancel)
        return {str(path): sight for path, sight in found.items()}


def sendable(name: str) -> Sendable:
    return Sendable(PurePosixPath(name), FileIdentity(0, 0))


@attrs.frozen
class Server:
    """A real sshd of our own, for one key."""

    port: int
    key: Path
    folder: Path

    @property
    def rsh(self) -> str:
        files = f"-o UserKnownHostsFile={self.folder / 'known_hosts'} -o StrictHostKeyChecking=no"
        return f"--rsh=ssh -p {self.port} -i {self.key} -o IdentitiesOnly=yes {files}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start_sshd(folder: Path, forced: str = "") -> tuple[Server, "subprocess.Popen[bytes]"]:
    """Start it in `folder`; the key may run `forced` only, if that is given."""
    folder.mkdir(mode=0o700)
    Path("/run/sshd").mkdir(exist_ok=True)
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    prefix = f'restrict,command="{forced}" ' if forced else ""
    (folder / "authorized_keys").write_text(prefix + (folder / "user.pub").read_text())
    (folder / "authorized_keys").chmod(0o600)
    port = _free_port()
    settings = {
        "Port": port,
        "ListenAddress": "127.0.0.1",
        "HostKey": folder / "host",
        "AuthorizedKeysFile": folder / "authorized_keys",
        "PidFile": "none",
        "StrictModes": "no",
        "UsePAM": "no",
        "PasswordAuthentication": "no",
        "PermitRootLogin": "prohibit-password",
    }
    (folder / "sshd_config").write_text("".join(f"{key} {value}\n" for key, value in settings.items()))
    argv = ["/usr/sbin/sshd", "-D", "-e", "-f", str(folder / "sshd_config")]
    server = subprocess.Popen(argv, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    deadline_s = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert server.poll() is None, "sshd did not start"
            assert time.monotonic() < deadline_s
            time.sleep(0.05)
        else:
            return Server(port, folder / "user", folder), server


@pytest.fixture(params=["memory", "folder", "ssh", "rrsync -wo"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "memory":
        yield memory_place()
        return
    root, target = tmp_path / "ready", tmp_path / "target"
    root.mkdir()
    target.mkdir()
    if request.param == "folder":
        yield local_place(root, target, str(target), EvidenceKind.READ_BACK)
        return
    forced = f"/usr/bin/rrsync -wo {target}" if "rrsync" in request.param else ""
    server, process = start_sshd(tmp_path / "sshd", forced)
    try:
        user = os.environ.get("USER", "root")
        spec = f"{user}@127.0.0.1:{'/' if forced else target}"
        yield local_place(root, target, spec, EvidenceKind.COMPARED, server.rsh)
    finally:
        process.terminate()
        process.wait(10)


def memory_place() -> Place:
    storage = MemoryStorage()
    storage.put_folder(MEMORY_ROOT)
    transfer = MemoryTransfer(storage)

    def corrupt(name: str) -> None:
        content, mtime_ns = transfer.remote[PurePosixPath(name)]
        transfer.remote[PurePosixPath(name)] = (content[:-1] + b"\x00", mtime_ns)

    return Place(
        transfer,
        MEMORY_ROOT,
        lambda name, content: void(storage.put(MEMORY_ROOT / name, content)),
        lambda: (
            {str(path): content for path, (content, _) in transfer.remote.items()}
            | {f"{path}.replaced-{n}": content for n, (path, content) in enumerate(transfer.replaced)}
        ),
        corrupt,
        EvidenceKind.READ_BACK,
        lambda name: len(storage.content(MEMORY_ROOT / name)),
    )


def void(_: object) -> None:
    return None


def local_place(root: Path, target: Path, spec: str, kind: EvidenceKind, *options: str) -> Place:
    def put(name: str, content: bytes) -> None:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)

    def corrupt(name: str) -> None:
        path = target / name
        times = path.stat()
        path.write_bytes(path.read_bytes()[:-1] + b"\x00")
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    def there() -> dict[str, bytes]:
        return {str(path.relative_to(target)): path.read_bytes() for path in target.rglob("*") if path.is_file()}

    configured = ("-avh", "--partial", "--progress", "--chmod=ug+rwX", "--inplace", *options)

    def size_of(name: str) -> int:
        return (root / name).stat().st_size

    return Place(RsyncTransfer(spec, configured), root, put, there, corrupt, kind, size_of)


class TestTransfer:
    def test_hostile_names_arrive_and_are_proven(self, place: Place) -> None:
        """Newlines, comment signs, options, escapes."""
        for name in NAMES:
            place.put(name, name.encode())
        assert place.proven(*NAMES) == set()
        place.send(*NAMES)
        assert place.there() == {name: name.encode() for name in NAMES}
        assert place.proven(*NAMES) == set(NAMES)

    def test_the_kind_of_proof_is_told(self, place: Place) -> None:
        place.put("a.mkv", b"footage")
        file = place.send("a.mkv")
        (evidence,) = place.transfer.prove([file], root=place.root, cancel=place.cancel).values()
        assert evidence.kind is place.kind
        expected = "" if place.kind is EvidenceKind.COMPARED else hashlib.sha256(b"footage").hexdigest()
        assert evidence.sha256 == expected

    def test_one_bad_file_stops_no_other(self, place: Place) -> None:
        """A file that vanished, say."""
        place.put("b.mkv", b"footage")
        files = [sendable(name) for name in ("a.mkv", "b.mkv")]
        pushed = place.transfer.push(files, root=place.root, cancel=place.cancel)
        assert pushed.exit_code
        assert pushed.is_partial
        assert pushed.problem
        assert list(pushed.problems) == [PurePosixPath("a.mkv")]
        assert place.proven("a.mkv", "b.mkv") == {"b.mkv"}

    def test_a_file_that_was_damaged_there_is_not_proven(self, place: Place) -> None:
        """Although its size and time are right: the content is what counts."""
        place.put("a.mkv", b"footage")
        file = place.send("a.mkv")
        place.corrupt("a.mkv")
        found = place.transfer.prove([file], root=place.root, cancel=place.cancel).get(file.path)
        assert found is None or found.sha256 == hashlib.sha256(b"footag\x00").hexdigest()

    def test_nothing_there_is_lost_by_another_file_of_the_name(self, place: Place) -> None:
        place.put("a.mkv", b"old")
        place.send("a.mkv")
        place.put("a.mkv", b"newer")
        place.send("a.mkv")
        assert sorted(place.there().values()) == [b"newer", b"old"]
        assert place.there()["a.mkv"] == b"newer"

    def test_nothing_there_is_lost_by_several_files_of_the_name_within_a_second(self, place: Place) -> None:
        contents = [b"footage " * number for number in range(1, 5)]
        for content in contents:
            place.put("a.mkv", content)
            place.send("a.mkv")
        assert sorted(place.there().values()) == contents

    def test_sending_again_changes_nothing(self, place: Place) -> None:
        place.put("a.mkv", b"footage")
        place.send("a.mkv")
        place.send("a.mkv")
        assert place.there() == {"a.mkv": b"footage"}

    def test_what_stands_there_still_and_what_does_not(self, place: Place) -> None:
        """By size only; a name that was reused there, and one that is gone."""
        for name in (*NAMES, "short.mkv", "gone.mkv"):
            place.put(name, b"footage")
        place.send(*NAMES, "short.mkv")
        place.put("short.mkv", b"longer footage")
        assert place.sights(*NAMES, "short.mkv", "gone.mkv") == {
            **dict.fromkeys(NAMES, Sight.SAME),
            "short.mkv": Sight.OTHER,
            "gone.mkv": Sight.GONE,
        }

    def test_content_is_looked_at_if_that_is_asked_for(self, place: Place) -> None:
        place.put("a.mkv", b"footage")
        place.put("b.mkv", b"footage")
        place.send("a.mkv", "b.mkv")
        place.corrupt("a.mkv")
        assert place.sights("a.mkv", "b.mkv") == dict.fromkeys(("a.mkv", "b.mkv"), Sight.SAME)
        expected = {"a.mkv": Sight.OTHER, "b.mkv": Sight.SAME}
        assert place.sights("a.mkv", "b.mkv", by_content=True) == expected

    def test_looking_changes_nothing(self, place: Place) -> None:
        place.put("a.mkv", b"footage")
        assert place.sights("a.mkv", by_content=True) == {"a.mkv": Sight.GONE}
        assert place.there() == {}

    def test_a_damaged_copy_is_replaced_by_content_only(self, place: Place) -> None:
        """Size and time are right: else it would be left alone for ever. What stood there stays beside it."""
        place.put("a.mkv", b"footage")
        file = place.send("a.mkv")
        place.corrupt("a.mkv")
        place.send("a.mkv")
        assert place.there()["a.mkv"] == b"footag\x00"
        place.transfer.push([file], root=place.root, by_content=True, cancel=place.cancel)
        assert sorted(place.there().values()) == [b"footag\x00", b"footage"]
        assert place.there()["a.mkv"] == b"footage"

    def test_a_stop_is_a_stop(self, place: Place) -> None:
        place.put("a.mkv", b"footage")
        place.cancel.request()
        with pytest.raises(Cancelled):
            place.send("a.mkv")
        with pytest.raises(Cancelled):
            place.proven("a.mkv")
        with pytest.raises(Cancelled):
            place.sights("a.mkv")

    def test_it_has_a_name_and_is_there(self, place: Place) -> None:
        assert place.transfer.where
        assert place.transfer.check() == place.transfer.check()
