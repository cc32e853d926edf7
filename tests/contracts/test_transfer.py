"""The contract of `Transfer`: in memory, rsync to a folder, and rsync over a real sshd, with and without rrsync."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path, PurePath, PurePosixPath

import attrs
import pytest

from camvault.adapters._shared.target_record import TargetRecord
from camvault.adapters.contracts.transfer import TransferContract
from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.memory import MemoryCancellation, MemoryStorage
from camvault.adapters.memory.transfer import MemoryTransfer
from camvault.adapters.rclone import RcloneTransfer
from camvault.adapters.rsync import TARGET_MARKER_NAME, RemoteGuard, RsyncTransfer, TargetGuard
from camvault.ports.entries import FileIdentity
from camvault.ports.transfer import Evidence, EvidenceKind, Sendable, Transfer

MEMORY_ROOT = PurePath("/ready")


@attrs.define
class Place:
    """A transfer, and both ends of it."""

    transfer: Transfer
    root: PurePath
    put: Callable[[str, bytes], None]
    there: Callable[[], dict[str, bytes]]
    corrupt: Callable[..., None]
    kind: EvidenceKind
    identity_of: Callable[[str], FileIdentity]


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
    wait_for_port(port, server)
    return Server(port, folder / "user", folder), server


def wait_for_port(port: int, server: "subprocess.Popen[bytes]") -> None:
    """Until the server takes a connection."""
    deadline_s = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert server.poll() is None, "the server did not start"
            assert time.monotonic() < deadline_s
            time.sleep(0.05)
        else:
            return


def memory_place(make: type[MemoryTransfer] = MemoryTransfer, kind: EvidenceKind = EvidenceKind.READ_BACK) -> Place:
    storage = MemoryStorage()
    storage.put_folder(MEMORY_ROOT)
    transfer = make(storage, kind=kind)

    def corrupt(name: str, at: int = -1) -> None:
        content, mtime_ns = transfer.remote[PurePosixPath(name)]
        changed = bytearray(content)
        changed[at] = 0
        transfer.remote[PurePosixPath(name)] = (bytes(changed), mtime_ns)

    def identity_of(name: str) -> FileIdentity:
        entry = storage.tree.entry(MEMORY_ROOT / name)
        return entry.identity if entry else FileIdentity(0, 0)

    return Place(
        transfer,
        MEMORY_ROOT,
        lambda name, content: void(storage.put(MEMORY_ROOT / name, content)),
        lambda: (
            {str(path): content for path, (content, _) in transfer.remote.items()}
            | {f"{path}.replaced-{n}": content for n, (path, content) in enumerate(transfer.replaced)}
        ),
        corrupt,
        kind,
        identity_of,
    )


def void(_: object) -> None:
    return None


def local_place(root: Path, target: Path, spec: str, kind: EvidenceKind, *options: str) -> Place:
    def put(name: str, content: bytes) -> None:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)

    def corrupt(name: str, at: int = -1) -> None:
        path = target / name
        times = path.stat()
        changed = bytearray(path.read_bytes())
        changed[at] = 0
        path.write_bytes(changed)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    def there() -> dict[str, bytes]:
        return {str(path.relative_to(target)): path.read_bytes() for path in target.rglob("*") if path.is_file()}

    configured = ("-avh", "--partial", "--progress", "--chmod=ug+rwX", "--inplace", *options)

    def identity_of(name: str) -> FileIdentity:
        if not (root / name).exists():
            return FileIdentity(0, 0)
        found = (root / name).stat()
        return FileIdentity(found.st_size, found.st_mtime_ns)

    return Place(RsyncTransfer(spec, configured), root, put, there, corrupt, kind, identity_of)


class TestMemoryTransfer(TransferContract):
    @pytest.fixture(params=[EvidenceKind.READ_BACK, EvidenceKind.READ_CACHED], ids=str)
    def harness(self, request: pytest.FixtureRequest) -> Place:
        return memory_place(kind=request.param)

    @pytest.fixture
    def fresh(self) -> MemoryTransfer:
        return MemoryTransfer(MemoryStorage(), marker="", record="")

    @pytest.fixture
    def away(self) -> MemoryTransfer:
        return MemoryTransfer(MemoryStorage(), evidence="it is not mounted")

    @pytest.fixture
    def lost(self) -> MemoryTransfer:
        return MemoryTransfer(MemoryStorage(), marker="")


@pytest.fixture
def ends(tmp_path: Path) -> tuple[Path, Path]:
    """A folder here, and the target."""
    root, target = tmp_path / "ready", tmp_path / "target"
    root.mkdir()
    target.mkdir()
    return root, target


class TestRsyncToAFolder(TransferContract):
    @pytest.fixture
    def harness(self, ends: tuple[Path, Path]) -> Place:
        root, target = ends
        return local_place(root, target, str(target), EvidenceKind.READ_BACK)

    @pytest.fixture
    def fresh(self, ends: tuple[Path, Path], tmp_path: Path) -> RsyncTransfer:
        guard = TargetGuard(PurePath(ends[1]), tmp_path / "record", LocalStorage())
        return RsyncTransfer(str(ends[1]), ("-a",), guard)

    @pytest.fixture
    def away(self, tmp_path: Path) -> RsyncTransfer:
        target = PurePath(tmp_path / "no/such/mount/video")
        known = TargetRecord("5f8dd4a2", str(target), target.parent)
        (tmp_path / "record").write_text(known.text)
        return RsyncTransfer(str(target), ("-a",), TargetGuard(target, tmp_path / "record", LocalStorage()))

    @pytest.fixture
    def lost(self, fresh: RsyncTransfer) -> RsyncTransfer:
        fresh.mark()
        Path(fresh.target, TARGET_MARKER_NAME).unlink()
        return fresh


class TestRsyncOverSsh(TransferContract):
    @pytest.fixture(params=["ssh", "rrsync -wo"])
    def remote(
        self, request: pytest.FixtureRequest, ends: tuple[Path, Path], tmp_path: Path
    ) -> Iterator[tuple[str, str]]:
        """The target, and how it is reached."""
        target = ends[1]
        forced = f"/usr/bin/rrsync -wo {target}" if "rrsync" in request.param else ""
        server, process = start_sshd(tmp_path / "sshd", forced)
        try:
            user = os.environ.get("USER", "root")
            spec = f"{user}@127.0.0.1:{'/' if forced else target}"
            yield spec, server.rsh
        finally:
            process.terminate()
            process.wait(10)

    @pytest.fixture
    def harness(self, ends: tuple[Path, Path], remote: tuple[str, str]) -> Place:
        spec, rsh = remote
        return local_place(*ends, spec, EvidenceKind.COMPARED, rsh)

    @pytest.fixture
    def fresh(self, remote: tuple[str, str], tmp_path: Path) -> RsyncTransfer:
        spec, rsh = remote
        return RsyncTransfer(spec, ("-a", rsh), RemoteGuard(tmp_path / "record", LocalStorage()))

    @pytest.fixture
    def away(self, tmp_path: Path) -> RsyncTransfer:
        spec = "nobody@127.0.0.1:/target"
        (tmp_path / "record").mkdir()
        (tmp_path / "record" / TARGET_MARKER_NAME).write_text(TargetRecord("5f8dd4a2", spec).text)
        guard = RemoteGuard(tmp_path / "record", LocalStorage())
        return RsyncTransfer(spec, ("-a", f"--rsh=ssh -p {_free_port()}"), guard)

    @pytest.fixture
    def lost(self, fresh: RsyncTransfer, ends: tuple[Path, Path]) -> RsyncTransfer:
        fresh.mark()
        (marker,) = ends[1].glob(f"{TARGET_MARKER_NAME}*")
        marker.unlink()
        return fresh


# --- rclone ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A server that speaks S3, and its bucket, a plain folder; rclone's configuration has it as `cloud`."""
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)  # rclone 1.60 fails with it, whatever it holds
    folder = tmp_path / "data" / "bucket"
    folder.mkdir(parents=True)
    port = _free_port()
    argv = [sys.executable, "-m", "localbucket", "--port", str(port), str(folder.parent)]
    server = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    (tmp_path / "rclone.conf").write_text(
        f"[cloud]\ntype = s3\nprovider = Other\naccess_key_id = K\nsecret_access_key = S\n"
        f"endpoint = http://127.0.0.1:{port}\n[off]\ntype = s3\nprovider = Other\naccess_key_id = K\n"
        f"secret_access_key = S\nendpoint = http://127.0.0.1:{_free_port()}\n[disk]\ntype = alias\n"
        f"remote = {tmp_path / 'target'}\n[secret]\ntype = crypt\nremote = cloud:bucket/secret\n"
        "password = 8DxKpq1vbz9BlmpH3tWSM7Xf2GHnDK4\n[hidden]\ntype = crypt\nremote = disk:hidden\n"
        "password = 8DxKpq1vbz9BlmpH3tWSM7Xf2GHnDK4\n[joined]\ntype = union\nupstreams = disk:a disk:b\n"
    )
    try:
        wait_for_port(port, server)
        yield folder
    finally:
        server.terminate()
        server.wait(10)


class RcloneContract(TransferContract):
    TARGET = ""
    names = ("A/2025-05-28/A_20250528T140000.mkv", "A/# a;b\\#012 'ü.mkv", "-x.mkv", " y .mkv")

    @pytest.fixture
    def kind(self) -> EvidenceKind:
        return EvidenceKind.READ_BACK

    @pytest.fixture
    def config(self, bucket: Path, tmp_path: Path) -> str:
        return str(tmp_path / "rclone.conf")

    @pytest.fixture
    def place(self, bucket: Path, ends: tuple[Path, Path]) -> Path:
        """Where the files of the target are."""
        raise NotImplementedError

    @pytest.fixture
    def harness(self, ends: tuple[Path, Path], place: Path, config: str) -> Place:
        made = local_place(ends[0], place, "", EvidenceKind.READ_BACK)
        return attrs.evolve(made, transfer=RcloneTransfer(self.TARGET, config=config))

    @pytest.fixture
    def fresh(self, config: str, tmp_path: Path) -> RcloneTransfer:
        return RcloneTransfer(self.TARGET, RemoteGuard(tmp_path / "record", LocalStorage()), config)

    @pytest.fixture
    def away(self, config: str, tmp_path: Path) -> RcloneTransfer:
        (tmp_path / "record").mkdir()
        (tmp_path / "record" / TARGET_MARKER_NAME).write_text(TargetRecord("5f8dd4a2", "off:bucket/dash").text)
        return RcloneTransfer("off:bucket/dash", RemoteGuard(tmp_path / "record", LocalStorage()), config)

    @pytest.fixture
    def lost(self, fresh: RcloneTransfer, place: Path) -> RcloneTransfer:
        fresh.mark()
        (marker,) = place.rglob(f"{TARGET_MARKER_NAME}*")
        marker.unlink()
        return fresh

    def test_a_name_that_rclone_would_change_is_a_problem_of_its_file(self, harness: Place) -> None:
        """It would stand there under another name, and never be proven."""
        names = ("a\n.mkv", "\udcff.mkv", "b.mkv")
        for name in names:
            harness.put(name, b"footage")
        files = [Sendable(PurePosixPath(name), harness.identity_of(name)) for name in names]
        pushed = harness.transfer.push(files, root=harness.root, cancel=MemoryCancellation())
        assert pushed.is_partial
        assert set(pushed.problems) == {file.path for file in files[:2]}
        assert harness.there() == {"b.mkv": b"footage"}
        found = harness.transfer.prove(files, root=harness.root, cancel=MemoryCancellation())
        assert set(found) == {PurePosixPath("b.mkv")}


class TestRcloneToS3(RcloneContract):
    TARGET = "cloud:bucket/dash"

    @pytest.fixture
    def place(self, bucket: Path, ends: tuple[Path, Path]) -> Path:
        (bucket / "dash").mkdir()
        return bucket / "dash"


class TestRcloneToAFolder(RcloneContract):
    """By an alias, as a configuration has it."""

    TARGET = "disk:"

    @pytest.fixture
    def place(self, bucket: Path, ends: tuple[Path, Path]) -> Path:
        return ends[1]


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("cloud:bucket/dash", EvidenceKind.READ_BACK),
        ("secret:", EvidenceKind.READ_BACK),
        ("disk:", EvidenceKind.READ_BACK),
        ("hidden:", EvidenceKind.READ_CACHED),
        ("joined:", EvidenceKind.READ_CACHED),
    ],
)
def test_what_rclone_reads_counts_by_where_it_is_read_from(
    target: str, kind: EvidenceKind, bucket: Path, ends: tuple[Path, Path], tmp_path: Path
) -> None:
    """A server; one behind a cipher; a folder of this machine, and what is in front of one: its cache is not known."""
    transfer = RcloneTransfer(target, config=str(tmp_path / "rclone.conf"))
    for name in ("a", "b"):
        (ends[1] / name).mkdir()
    (ends[0] / "a.mkv").write_bytes(b"footage")
    files = [Sendable(PurePosixPath("a.mkv"), FileIdentity(7, 0))]
    assert transfer.push(files, root=ends[0], cancel=MemoryCancellation()).problem == ""
    (evidence,) = transfer.prove(files, root=ends[0], cancel=MemoryCancellation()).values()
    assert evidence == Evidence(kind, sha256(b"footage").hexdigest())
