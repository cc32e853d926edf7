"""cleanup as a command."""

import subprocess
import sys
from pathlib import Path
from typing import Protocol

import attrs
import pytest

from camvault.adapters.filesystem import LocalStorage
from camvault.apps._cli.entry import main
from camvault.apps.cleanup import STAGE
from tests.bodycam.cleanup.helpers import make_build_dir


@attrs.frozen
class Done:
    """How a run ended."""

    returncode: int
    stderr: str


class Command(Protocol):
    """Runs the command in this process."""

    def __call__(self, *args: str | Path, cwd: Path | None = None) -> Done: ...


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    def run_here(*args: str | Path, cwd: Path | None = None) -> Done:
        if cwd is not None:
            monkeypatch.chdir(cwd)
        code = main(STAGE, [str(arg) for arg in args])
        return Done(code, capsys.readouterr().err)

    return run_here


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "run.log"


@pytest.fixture
def build_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    make_build_dir(folder, storage=LocalStorage())
    return folder


class TestCommand:
    def test_s01_directory_removed_and_logged(self, run: Command, build_dir: Path, log: Path) -> None:
        """The helper's first scenario."""
        done = run("--build-dir", build_dir, "--logfile", log)
        assert (done.returncode, done.stderr) == (0, "")
        assert not build_dir.exists()
        said = [line.split(" ▶ ", 1)[1] for line in log.read_text().splitlines()]
        assert said == ["INFO ▶ Script started", f"INFO ▶ Removed {build_dir}", "INFO ▶ Script exited"]

    def test_s02_nothing_to_remove_is_a_warning(self, run: Command, tmp_path: Path, log: Path) -> None:
        """And not an error."""
        done = run("--build-dir", tmp_path / "none", "--logfile", log)
        assert (done.returncode, done.stderr) == (0, "")
        assert f"WARNING ▶ Nothing to delete: {tmp_path / 'none'}" in log.read_text()

    def test_as_a_program(self, build_dir: Path, log: Path) -> None:
        """`python -m camvault.apps.cleanup`."""
        argv = [sys.executable, "-m", "camvault.apps.cleanup", "--build-dir", str(build_dir), "--logfile", str(log)]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines() == log.read_text().splitlines()
        assert not build_dir.exists()

    @pytest.mark.parametrize("argv", [["--build-dir", "x"], ["--logfile", "x"], ["--build", "x", "--logfile", "y"]])
    def test_both_flags_are_required(self, run: Command, argv: list[str], tmp_path: Path) -> None:
        """Usage errors are 1 and write nothing."""
        done = run(*argv, cwd=tmp_path)
        assert done.returncode == 1
        assert list(tmp_path.iterdir()) == []

    def test_a_log_that_cannot_be_written_removes_nothing(self, run: Command, build_dir: Path, tmp_path: Path) -> None:
        """No action without its record."""
        done = run("--build-dir", build_dir, "--logfile", tmp_path / "no" / "x.log")
        assert done.returncode == 1
        assert "Cannot write logfile" in done.stderr
        assert (build_dir / "a.mp4").exists()


class TestTraps:
    """Upstream had no guard at all."""

    def refused(self, run: Command, folder: Path, log: Path) -> str:
        done = run("--build-dir", folder, "--logfile", log)
        assert done.returncode == 1
        assert "Refusing to remove" in done.stderr
        assert "Traceback" not in done.stderr
        assert done.stderr.split(" ▶ ", 1)[1].strip() in log.read_text()
        return done.stderr

    def test_a_folder_without_marker(self, run: Command, tmp_path: Path, log: Path) -> None:
        """Whatever is in it, even nothing."""
        (tmp_path / "work").mkdir()
        self.refused(run, tmp_path / "work", log)
        (tmp_path / "work" / "clip.mp4").write_text("x")
        self.refused(run, tmp_path / "work", log)
        assert (tmp_path / "work" / "clip.mp4").exists()

    def test_the_root_of_the_file_system(self, run: Command, log: Path) -> None:
        """Named as such, marker or not."""
        assert "root of the file system" in self.refused(run, Path("/"), log)
        assert "root of the file system" in self.refused(run, Path("/tmp/.."), log)

    @pytest.mark.parametrize("variable", ["HOME", "CAMVAULT_ROOT"])
    def test_home_and_workspace(
        self, run: Command, variable: str, build_dir: Path, log: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Neither they themselves nor a folder around them, not even with our marker."""
        monkeypatch.setenv(variable, str(build_dir))
        assert "never removed" in self.refused(run, build_dir, log)
        (build_dir / "inner").mkdir()
        monkeypatch.setenv(variable, str(build_dir / "inner"))
        assert "lies in it" in self.refused(run, build_dir, log)
        assert (build_dir / "a.mp4").exists()

    def test_the_folder_one_stands_in(self, run: Command, build_dir: Path, log: Path) -> None:
        """`--build-dir .` is more often a slip than a wish."""
        done = run("--build-dir", ".", "--logfile", log, cwd=build_dir)
        assert done.returncode == 1
        assert (build_dir / "a.mp4").exists()

    def test_a_symbolic_link(self, run: Command, build_dir: Path, tmp_path: Path, log: Path) -> None:
        """With and without a slash at its end."""
        (tmp_path / "link").symlink_to(build_dir)
        assert "symbolic link" in self.refused(run, tmp_path / "link", log)
        done = run("--build-dir", f"{tmp_path / 'link'}/", "--logfile", log)
        assert done.returncode == 1
        assert (build_dir / "a.mp4").exists()

    def test_the_log_in_the_folder(self, run: Command, build_dir: Path) -> None:
        """It would go with it."""
        done = run("--build-dir", build_dir, "--logfile", build_dir / "run.log")
        assert done.returncode == 1
        assert "lies in it" in done.stderr
        assert (build_dir / "a.mp4").exists()

    def test_a_file(self, run: Command, tmp_path: Path, log: Path) -> None:
        """Not a directory."""
        (tmp_path / "file").write_text("x")
        assert "not a directory" in self.refused(run, tmp_path / "file", log)

    def test_footage_that_was_put_into_a_build_directory(self, run: Command, build_dir: Path, log: Path) -> None:
        """It may be the only copy."""
        (build_dir / "original.mp4").write_text("x")
        assert "original.mp4" in self.refused(run, build_dir, log)
        assert (build_dir / "a.mp4").exists()
