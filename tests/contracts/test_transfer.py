"""The contract of `Transfer`: in memory, rsync to a folder, and rsync over a real sshd, with and without rrsync."""

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath, PurePosixPath

import attrs
import pytest

from camvault.adapters.contracts.transfer import TransferContract
from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.memory import MemoryStorage
from camvault.adapters.memory.transfer import MemoryTransfer
from camvault.adapters.rsync import TARGET_MARKER_NAME, RemoteGuard, RsyncTransfer, TargetGuard
from camvault.adapters.rsync.record import TargetRecord
from camvault.ports.entries import FileIdentity
from camvault.ports.transfer import EvidenceKind, Transfer

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
