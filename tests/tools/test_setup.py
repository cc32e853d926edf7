"""The set-up names what is missing and what to type: without a network, without root, in a few lines."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

PROJECT = Path(__file__).resolve().parents[2]
TOOLS = ("awk", "bash", "cat", "cut", "date", "dirname", "env", "grep", "head", "make", "mktemp", "rm", "sh", "tail")


@attrs.frozen
class Clone:
    """An empty clone, and a PATH that holds nothing but what a test put there."""

    top: Path
    bin: Path

    def program(self, name: str, text: str) -> None:
        """Put a shell script on the PATH in place of a program."""
        (self.bin / name).unlink(missing_ok=True)
        (self.bin / name).write_text(f"#!/bin/sh\n{text}\n")
        (self.bin / name).chmod(0o755)

    def run(self, *argv: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        own = {"PATH": str(self.bin), "HOME": str(self.top), "PYTHON": sys.executable, **environment}
        return subprocess.run(
            argv, cwd=self.top, env=own, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )

    def setup(self, mode: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        return self.run("bash", "tools/setup.sh", mode, **environment)


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """As root, on a Debian where nothing of what is asked for is installed."""
    top, folder = tmp_path / "clone", tmp_path / "bin"
    shutil.copytree(PROJECT / "tools", top / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "Makefile"):
        shutil.copy(PROJECT / name, top)
    folder.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found is not None, name
        (folder / name).symlink_to(found)
    made = Clone(top, folder)
    made.program("id", '[ "$1" = -un ] && echo alice || echo 0')
    made.program("dpkg-query", "exit 1")
    made.program("apt-get", "exit 0")
    return made


@pytest.fixture
def clone_without_venv_module(clone: Clone) -> Clone:
    """Its Python is Debian's bare `python3`, which makes no virtual environment."""
    clone.program("python", f'case "$2" in *ensurepip*) exit 1 ;; esac\nexec {sys.executable} "$@"')
    return clone


@pytest.mark.parametrize("mode", ["demo", "docs", "check"])
def test_pip_without_a_network_says_so_in_a_few_lines(clone: Clone, mode: str) -> None:
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "1"}
    done = clone.setup(mode, **nowhere)
    assert done.returncode == 1
    assert "MB to download" in done.stdout
    first, *more = done.stderr.splitlines()
    assert first == "setup: network: Python packages could not be downloaded: Connection refused"
    assert len(more) == 2
    assert more[-1] == "setup: then please run the same command again: what is there is kept"


def test_apt_without_a_network_says_so_in_a_few_lines(clone_without_venv_module: Clone) -> None:
    """apt-get update ends with 0 then, and it is the installation that fails."""
    clone = clone_without_venv_module
    clone.program(
        "apt-get",
        'case "$*" in\n'
        "*update*) echo \"W: Failed to fetch http://mirror.invalid/x  Temporary failure resolving 'x'\" >&2 ;;\n"
        '*) echo "E: Unable to locate package python3-venv" >&2; exit 100 ;;\nesac',
    )
    done = clone.setup("demo", PYTHON=str(clone.bin / "python"))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 3
    assert done.stderr.startswith("setup: network: Debian packages could not be downloaded: ")


def test_another_failure_of_apt_is_shown_with_its_own_words(clone_without_venv_module: Clone) -> None:
    clone = clone_without_venv_module
    clone.program("apt-get", '[ "$2" = update ] || { echo "E: dpkg was interrupted" >&2; exit 100; }')
    done = clone.setup("demo", PYTHON=str(clone.bin / "python"))
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "E: dpkg was interrupted",
        "setup: Debian packages: this did not work; the lines above say why",
    ]


def test_what_apt_would_download_is_said_before(clone_without_venv_module: Clone) -> None:
    clone = clone_without_venv_module
    clone.program(
        "apt-get",
        'case "$*" in\n'
        "*print-uris*) echo \"'http://x/a.deb' a.deb 2000001 SHA256:0\"; echo \"'http://x/b.deb' b.deb 1000000 \" ;;\n"
        'update) ;;\n*install*) echo "E: enough" >&2; exit 100 ;;\nesac',
    )
    done = clone.setup("demo", PYTHON=str(clone.bin / "python"))
    assert "setup: apt: 2 packages, 4 MB to download" in done.stdout


@pytest.mark.parametrize(
    ("sudo", "reason"),
    [
        (None, "alice is not root, and there is no sudo"),
        ("exit 1", "sudo asks for a password, and there is no terminal to ask at"),
    ],
)
def test_without_root_the_packages_are_named_and_what_to_type(
    clone_without_venv_module: Clone, sudo: str | None, reason: str
) -> None:
    clone = clone_without_venv_module
    clone.program("id", '[ "$1" = -un ] && echo alice || echo 1000')
    if sudo is not None:
        clone.program("sudo", sudo)
    done = clone.setup("demo", PYTHON=str(clone.bin / "python"))
    venv = f"python3.{sys.version_info.minor}-venv"
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"setup: these Debian packages are missing, and {reason}:",
        f"setup:     {venv}",
        f"setup: please run as root: apt-get install {venv}",
    ]


def test_a_system_without_apt_is_told_what_it_needs(clone_without_venv_module: Clone) -> None:
    clone = clone_without_venv_module
    (clone.bin / "apt-get").unlink()
    done = clone.setup("demo", PYTHON=str(clone.bin / "python"))
    assert done.returncode == 1
    assert f"install what corresponds to: python3.{sys.version_info.minor}-venv" in done.stderr


def test_all_tests_without_root_are_refused_at_once(clone: Clone) -> None:
    clone.program("id", "echo 1000")
    done = clone.run("make", "test")
    assert done.returncode == 2
    assert "please run: sudo make test" in done.stderr


@pytest.mark.parametrize(("sudo", "reason"), [(None, "there is no sudo"), ("exit 1", "sudo does not make alice root")])
def test_bare_roots_without_root_are_refused(clone: Clone, sudo: str | None, reason: str) -> None:
    clone.program("id", '[ "$1" = -un ] && echo alice || echo 1000')
    for name in ("mmdebstrap", "unshare"):
        clone.program(name, "exit 99")
    if sudo is not None:
        clone.program("sudo", sudo)
    done = clone.run("bash", "tools/bare_roots.sh")
    assert done.returncode == 1
    assert reason in done.stderr
    assert "please run as root: tools/bare_roots.sh" in done.stderr


def test_bare_roots_name_a_program_that_is_missing(clone: Clone) -> None:
    done = clone.run("bash", "tools/bare_roots.sh")
    assert done.returncode == 1
    assert done.stderr == "bare_roots: mmdebstrap is missing; please run: tools/setup.sh test\n"
