"""cleanup as a command."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from camvault.adapters.filesystem import LocalStorage
from tests.bodycam.cleanup.helpers import make_build_dir


def run(
    *args: str | Path, cwd: Path | None = None, environment: dict[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "camvault.apps.cleanup", *map(str, args)],
        env={**os.environ, **(environment or {})},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "run.log"


@pytest.fixture
def build_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    make_build_dir(folder, storage=LocalStorage())
    return folder


class TestCommand:
    def test_s01_directory_removed_and_logged(self, build_dir: Path, log: Path) -> None:
        """The helper's first scenario."""
        done = run("--build-dir", build_dir, "--logfile", log)
        assert (done.returncode, done.stderr) == (0, "")
        assert not build_dir.exists()
        said = [line.split(" ▶ ", 1)[1] for line in log.read_text().splitlines()]
        assert said == ["INFO ▶ Script started", f"INFO ▶ Removed {build_dir}", "INFO ▶ Script exited"]

    def test_s02_nothing_to_remove_is_a_warning(self, tmp_path: Path, log: Path) -> None:
        """And not an error."""
        done = run("--build-dir", tmp_path / "none", "--logfile", log)
        assert (done.returncode, done.stderr) == (0, "")
        assert f"WARNING ▶ Nothing to delete: {tmp_path / 'none'}" in log.read_text()

    @pytest.mark.parametrize("argv", [["--build-dir", "x"], ["--logfile", "x"], ["--build", "x", "--logfile", "y"]])
    def test_both_flags_are_required(self, argv: list[str], tmp_path: Path) -> None:
        """Usage errors are 1 and write nothing."""
        done = run(*argv, cwd=tmp_path)
        assert done.returncode == 1
        assert list(tmp_path.iterdir()) == []

    def test_a_log_that_cannot_be_written_removes_nothing(self, build_dir: Path, tmp_path: Path) -> None:
        """No action without its record."""
        done = run("--build-dir", build_dir, "--logfile", tmp_path / "no" / "x.log")
        assert done.returncode == 1
        assert "Cannot write logfile" in done.stderr
        assert (build_dir / "a.mp4").exists()


class TestTraps:
    """Upstream had no guard at all."""

    def refused(self, folder: Path, log: Path, **environment: str) -> str:
        done = run("--build-dir", folder, "--logfile", log, environment=environment)
        assert done.returncode == 1
        assert "Refusing to remove" in done.stderr
        assert "Traceback" not in done.stderr
        assert done.stderr.split(" ▶ ", 1)[1].strip() in log.read_text()
        return done.stderr

    def test_a_folder_without_marker(self, tmp_path: Path, log: Path) -> None:
        """Whatever is in it, even nothing."""
        (tmp_path / "work").mkdir()
        self.refused(tmp_path / "work", log)
        (tmp_path / "work" / "clip.mp4").write_text("x")
        self.refused(tmp_path / "work", log)
        assert (tmp_path / "work" / "clip.mp4").exists()

    def test_the_root_of_the_file_system(self, log: Path) -> None:
        """Named as such, marker or not."""
        assert "root of the file system" in self.refused(Path("/"), log)
        assert "root of the file system" in self.refused(Path("/tmp/.."), log)

    @pytest.mark.parametrize("variable", ["HOME", "CAMVAULT_ROOT"])
    def test_home_and_workspace(self, variable: str, build_dir: Path, log: Path) -> None:
        """Neither they themselves nor a folder around them, not even with our marker."""
        assert "never removed" in self.refused(build_dir, log, **{variable: str(build_dir)})
        (build_dir / "inner").mkdir()
        assert "lies in it" in self.refused(build_dir, log, **{variable: str(build_dir / "inner")})
        assert (build_dir / "a.mp4").exists()

    def test_the_folder_one_stands_in(self, build_dir: Path, log: Path) -> None:
        """`--build-dir .` is more often a slip than a wish."""
        done = run("--build-dir", ".", "--logfile", log, cwd=build_dir)
        assert done.returncode == 1
        assert (build_dir / "a.mp4").exists()

    def test_a_symbolic_link(self, build_dir: Path, tmp_path: Path, log: Path) -> None:
        """With and without a slash at its end."""
        (tmp_path / "link").symlink_to(build_dir)
        assert "symbolic link" in self.refused(tmp_path / "link", log)
        done = run("--build-dir", f"{tmp_path / 'link'}/", "--logfile", log)
        assert done.returncode == 1
        assert (build_dir / "a.mp4").exists()

    def test_the_log_in_the_folder(self, build_dir: Path) -> None:
        """It would go with it."""
        done = run("--build-dir", build_dir, "--logfile", build_dir / "run.log")
        assert done.returncode == 1
        assert "lies in it" in done.stderr
        assert (build_dir / "a.mp4").exists()

    def test_a_file(self, tmp_path: Path, log: Path) -> None:
        """Not a directory."""
        (tmp_path / "file").write_text("x")
        assert "not a directory" in self.refused(tmp_path / "file", log)

    def test_footage_that_was_put_into_a_build_directory(self, build_dir: Path, log: Path) -> None:
        """It may be the only copy."""
        (build_dir / "original.mp4").write_text("x")
        assert "original.mp4" in self.refused(build_dir, log)
        assert (build_dir / "a.mp4").exists()
