"""What the tests of create_iso share."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

MTIME_NS = 1_752_833_700_123_456_000


@pytest.fixture
def in_memory(tmp_path: Path) -> Iterator[Path]:
    """A folder for what is large and sparse: on /dev/shm, where holes cost no cache, if there is one."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:
        yield Path(folder)


@pytest.fixture
def build_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "build"
    (folder / "cam 1").mkdir(parents=True)
    (folder / "a.mp4").write_bytes(b"first" * 5000)
    (folder / "cam 1" / "zwölf.mp4").write_bytes(b"second")
    for path in (folder / "a.mp4", folder / "cam 1" / "zwölf.mp4"):
        os.utime(path, ns=(MTIME_NS, MTIME_NS))
    return folder


@pytest.fixture
def create(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Run the command; its exit code and what it said on stderr."""
    from camvault.apps._cli.entry import main  # noqa: PLC0415
    from camvault.apps.create_iso import STAGE  # noqa: PLC0415

    def run(build: Path, *more: str, iso: Path | None = None, log: Path | None = None) -> tuple[int, str]:
        own = ["--build-dir", str(build), "--iso-path", str(iso or tmp_path / "out" / "shift.iso")]
        code = main(STAGE, [*own, "--logfile", str(log or tmp_path / "create.log"), *more])
        return code, capsys.readouterr().err

    return run
