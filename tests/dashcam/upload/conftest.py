"""The server of a dashcam: a real sshd with a pinned key, and staged files."""

import os
import subprocess
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path, PurePosixPath

import attrs
import pytest

from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.memory import MemoryCancellation, MemoryReporter
from camvault.adapters.rsync import RsyncTransfer
from camvault.adapters.system import SystemClock
from camvault.apps._assembly.upload import upload_transfer
from camvault.core.dashcam.configuration import BoxConfig, PathsConfig, UploadConfig
from camvault.core.segments.ledger import LedgerEntry, ProofKind
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.core.workflows.dashcam.records import ClipRecords
from camvault.core.workflows.dashcam.send_report import SendPorts, SendReport
from camvault.core.workflows.dashcam.sending import send_clips
from tests.contracts.test_transfer import Server, start_sshd
from tests.dashcam.upload.box import WHEN
from tests.dashcam.upload.wire import Wire

RRSYNC = "/usr/bin/rrsync -wo"


@attrs.frozen
class Home:
    """Both ends: the folder at the server, and a configuration that leads there."""

    server: Server
    there: Path
    config: BoxConfig
    process: "subprocess.Popen[bytes]"
    commands: list[tuple[str, ...]] = attrs.field(factory=list)

    @property
    def folders(self) -> BoxFolders:
        return BoxFolders(Path(self.config.paths.local_staging))

    @property
    def staging(self) -> Path:
        return Path(self.config.paths.local_staging)

    @property
    def known_hosts(self) -> Path:
        return Path(self.config.upload.known_hosts)

    def switch_off(self) -> None:
        self.process.terminate()
        self.process.wait(10)

    def stage(self, name: str, content: bytes) -> Path:
        path = self.staging / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def stage_recorded(self, name: str, content: bytes) -> Path:
        """As it is copied from a card, with its line in the ledger."""
        path = self.stage(name, content)
        storage = LocalStorage()
        entry = storage.entry(path)
        assert entry is not None
        line = LedgerEntry(PurePosixPath(name), entry.identity, sha256(content).hexdigest(), ProofKind.STAGED, WHEN, "")
        storage.make_folder(self.folders.records)
        ClipRecords(self.folders, storage).add(line)
        return path

    def staged(self) -> list[str]:
        return sorted(
            str(path.relative_to(self.staging))
            for path in self.staging.rglob("*")
            if path.is_file() and not path.is_relative_to(self.folders.records)
        )

    def kinds(self, name: str) -> list[ProofKind]:
        return [entry.kind for entry in ClipRecords(self.folders, LocalStorage()).life(PurePosixPath(name))]

    def send(self, stop: Callable[[], str] = lambda: "") -> SendReport:
        """With the real adapters; a wait takes no time."""
        cancel = MemoryCancellation()
        transfer = upload_transfer(self.config, self.folders, LocalStorage(), cancel, on_command=self.commands.append)
        ports = SendPorts(
            storage=LocalStorage(),
            transfer=transfer,
            clock=SystemClock(),
            reporter=MemoryReporter(),
            cancel=cancel,
            chance=lambda: 0.0,
        )
        return send_clips(ports=ports, folders=self.folders, config=self.config, stop=stop)

    def by_wire(self, wire: Wire) -> "Home":
        """The same, through a wire."""
        text = self.known_hosts.read_text()
        self.known_hosts.write_text(text.replace(f":{self.server.port} ", f":{wire.port} "))
        upload = attrs.evolve(self.config.upload, port=wire.port)
        return attrs.evolve(self, config=attrs.evolve(self.config, upload=upload))

    def transfer(self) -> RsyncTransfer:
        made = upload_transfer(
            self.config, self.folders, LocalStorage(), MemoryCancellation(), on_command=self.commands.append
        )
        assert isinstance(made, RsyncTransfer)
        return made

    def footage(self) -> dict[str, bytes]:
        """What stands at the server, without its marker."""
        return {
            str(path.relative_to(self.there)): path.read_bytes()
            for path in self.there.rglob("*")
            if path.is_file() and not path.name.startswith(".camvault")
        }


def home_of(tmp_path: Path, forced: str) -> Iterator[Home]:
    """The key, the file with the server's key, and the folder there have names that need quotes."""
    there = tmp_path / ("dashcam" if forced else "dash cam's %h")
    there.mkdir()
    command = f"{forced} {there}" if forced else ""
    server, process = start_sshd(tmp_path / "sshd", command)
    try:
        keys = tmp_path / 'the box\'s "keys" 100%'
        keys.mkdir(mode=0o700)
        key, known = keys / "id rsa", keys / "known hosts"
        key.write_bytes(server.key.read_bytes())
        key.chmod(0o600)
        words = (server.folder / "host.pub").read_text().split()
        known.write_text(f"[127.0.0.1]:{server.port} {words[0]} {words[1]}\n")
        upload = UploadConfig(
            host="127.0.0.1",
            user=os.environ.get("USER", "root"),
            port=server.port,
            dest_path="/" if forced else str(there),  # rrsync takes it for a path below its folder
            ssh_key=str(key),
            known_hosts=str(known),
        )
        staging = tmp_path / "staging"
        staging.mkdir()
        yield Home(server, there, BoxConfig(upload=upload, paths=PathsConfig(local_staging=str(staging))), process)
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """With a key that may do all."""
    yield from home_of(tmp_path, "")


@pytest.fixture
def restricted(tmp_path: Path) -> Iterator[Home]:
    """With a key that may only write, by rsync."""
    yield from home_of(tmp_path, RRSYNC)
