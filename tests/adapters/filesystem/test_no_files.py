"""A pipe or a device where a record should be: refused at once, not waited for."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path, PurePath

import pytest

from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.jsonc import read_jsonc
from camvault.ports.errors import RecordError, StorageError


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    return path


class TestRecords:
    """What reads and extends records."""

    def test_a_pipe(self, fifo: Path) -> None:
        for use in (LocalStorage().read_text, lambda path: LocalStorage().append_line(path, "x")):
            with pytest.raises(StorageError, match="expected a regular file"):
                use(PurePath(fifo))
        with pytest.raises(RecordError, match="expected a regular file"):
            read_jsonc(fifo)

    def test_neither_is_replaced(self, fifo: Path) -> None:
        """A file under the name of /dev/full was once what `--metrics /dev/full` made of it."""
        device, link = fifo.with_name("device"), fifo.with_name("link")
        os.mknod(device, 0o600 | stat.S_IFCHR, os.makedev(1, 7))
        link.symlink_to(device)
        for path in (fifo, device, link):
            before = path.stat()
            with pytest.raises(StorageError, match="expected a regular file"):
                LocalStorage().write_text(PurePath(path), "x")
            assert os.path.samestat(path.stat(), before)
        assert sorted(path.name for path in fifo.parent.iterdir()) == ["device", "fifo", "link"]

    @pytest.mark.parametrize("device", ["/dev/zero", "/dev/full", "/dev/random"])
    def test_a_device(self, device: str) -> None:
        with pytest.raises(StorageError):
            LocalStorage().read_text(PurePath(device))

    def test_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(StorageError, match="directory"):
            LocalStorage().read_text(PurePath(tmp_path))


@pytest.mark.parametrize(
    "argv",
    [
        ("cleanup", "--build-dir", ".", "--logfile", "/dev/null"),
        ("prepare_bodycam", "--build-dir", "build", "--logfile", "log", "--resume", "fifo"),
        ("backup_video", "--backup_config", "fifo"),
        ("organize_video", "--backup_config", "backup.json", "--cameras_config", "fifo"),
    ],
)
def test_every_command_ends_at_once(argv: tuple[str, ...], fifo: Path) -> None:
    folder = fifo.parent
    os.mkfifo(folder / ".camvault-build")
    keys = ("ready_for_backup_dir", "nas_target_dir", "success_log_dir", "lock_dir")
    (folder / "backup.json").write_text(json.dumps({key: str(folder / key) for key in keys}))
    command = [sys.executable, "-m", f"camvault.apps.{argv[0]}", *argv[1:]]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode not in (0, 130)
    assert "expected a regular file" in done.stderr + done.stdout
