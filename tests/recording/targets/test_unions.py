"""Unions of folders that have the target's folder as a branch: a file is in both, or goes from both. On real ones."""

import os
import platform
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path, PurePosixPath

import pytest

from camvault.adapters._shared import medium, unions
from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.rsync import RsyncTransfer
from camvault.ports.entries import FileIdentity
from camvault.ports.transfer import Sendable
from camvault.ports.witness import Sameness
from tests.recording.segments.conftest import FOOTAGE, Pi

FIRST = "ROST1_20250528T140000.mkv"
PATH = PurePosixPath("ROST1/2025-05-28", FIRST)

pytestmark = [
    pytest.mark.skipif(not Path("/dev/fuse").exists(), reason="this kernel, or this container, has no FUSE"),
    pytest.mark.xdist_group("fuse"),
]


@contextmanager
def mounted(point: Path, *argv: str | Path) -> Iterator[Path]:
    point.mkdir(parents=True, exist_ok=True)
    subprocess.run([*argv, point], check=True)
    try:
        yield point
    finally:
        subprocess.run(["umount", "--lazy", point], check=True)


def mergerfs(point: Path, *branches: Path, options: str = "") -> AbstractContextManager[Path]:
    """What is new goes to the first branch. Nothing is held back for a full disk."""
    for branch in branches:
        branch.mkdir(parents=True, exist_ok=True)
    more = f"category.create=ff,minfreespace=0{options}"
    return mounted(point, "mergerfs", "-o", more, ":".join(map(str, branches)))


def unionfs(point: Path, *branches: Path) -> AbstractContextManager[Path]:
    """What is new goes to the first branch."""
    for branch in branches:
        branch.mkdir(parents=True, exist_ok=True)
    return mounted(point, "unionfs-fuse", ":".join(f"{branch}=RW" for branch in branches))


Union = Callable[..., AbstractContextManager[Path]]

IS_UNIONFS_PACKAGED = platform.freedesktop_os_release().get("VERSION_CODENAME") == "bookworm"
"""Debian 13 has no unionfs-fuse."""
UNIONS = [mergerfs, unionfs] if IS_UNIONFS_PACKAGED else [mergerfs]


class TestCommands:
    """A station's folder in READY is a union, and its folder at the target is one of the branches."""

    @pytest.mark.parametrize("union", UNIONS)
    def test_the_only_copy_is_in_the_branch_that_is_the_target(self, pi: Pi, tmp_path: Path, union: Union) -> None:
        """It is "already there", and equal to itself; a nonce is in the other branch."""
        pi.nas = str(tmp_path / "nas")
        copy = pi.wait(FIRST)
        there = tmp_path / "nas" / PATH
        shutil.move(copy.parent.parent, tmp_path / "nas/ROST1")
        with union(pi.ready / "ROST1", tmp_path / "ssd", tmp_path / "nas/ROST1"):
            assert copy.read_bytes() == FOOTAGE
            done = pi.run("backup_video")
            assert done.code == 3, done
            assert "what is written to it appears in ROST1/2025-05-28 here" in done.err
        assert there.read_bytes() == FOOTAGE
        assert [path.name for path in there.parent.iterdir()] == [FIRST]

    def test_a_copy_that_a_removal_through_the_union_would_take_with_it(self, pi: Pi, tmp_path: Path) -> None:
        """Mergerfs removes a file from every branch. It was proven before the union was mounted."""
        pi.nas = str(tmp_path / "nas")
        pi.wait(FIRST)
        assert pi.run("backup_video").code == 0
        shutil.move(pi.ready / "ROST1", tmp_path / "ssd")
        with mergerfs(pi.ready / "ROST1", tmp_path / "ssd", tmp_path / "nas/ROST1"):
            done = pi.run("cleanup_video")
            assert done.out == "[remove] deleted 0 files\n"
        assert (tmp_path / "nas" / PATH).read_bytes() == FOOTAGE

    def test_a_target_that_is_in_no_union(self, pi: Pi, tmp_path: Path) -> None:
        pi.nas = str(tmp_path / "nas")
        with mergerfs(pi.ready / "ROST1", tmp_path / "ssd", tmp_path / "other"):
            pi.wait(FIRST)
            done = pi.run("backup_video")
            assert done.code == 0, done
            assert pi.run("cleanup_video").out == "[remove] deleted 1 files\n"
        assert [path.name for path in (tmp_path / "nas/ROST1/2025-05-28").iterdir()] == [FIRST]
        assert (tmp_path / "nas" / PATH).read_bytes() == FOOTAGE


@pytest.fixture
def ends(tmp_path: Path) -> tuple[Path, Path]:
    """READY and the target; there is nothing in them."""
    return tmp_path / "ready", tmp_path / "nas"


def put(folder: Path, content: bytes = FOOTAGE) -> None:
    (folder / PATH).parent.mkdir(parents=True, exist_ok=True)
    (folder / PATH).write_bytes(content)


def apart(ready: Path, target: Path) -> Sameness:
    """What the transfer says of the file; nothing is left behind."""
    before = {path for end in (ready, target) for path in end.rglob("*")}
    file = Sendable(PATH, FileIdentity(0, 0))
    (found,) = RsyncTransfer(str(target), ()).apart([file], root=ready, cancel=MemoryCancellation()).values()
    assert {path for end in (ready, target) for path in end.rglob("*")} == before
    return found


class TestApart:
    def test_folders_of_a_disk(self, ends: tuple[Path, Path]) -> None:
        """Nothing is asked."""
        for end in ends:
            put(end)
        assert apart(*ends) is Sameness.TWO

    def test_a_target_without_the_folder(self, ends: tuple[Path, Path], tmp_path: Path) -> None:
        with mergerfs(ends[0], tmp_path / "a"):
            put(ends[0])
            assert apart(*ends) is Sameness.TWO
        assert not ends[1].exists()

    @pytest.mark.parametrize("union", UNIONS)
    def test_two_unions_with_a_branch_of_both(self, ends: tuple[Path, Path], tmp_path: Path, union: Union) -> None:
        """Neither puts a new file there. mergerfs says where a file lies; of others nothing is believed."""
        for branch in ("a", "b"):  # unionfs prefers a branch that has the folder
            (tmp_path / branch / PATH).parent.mkdir(parents=True)
        put(tmp_path / "both")
        with union(ends[0], tmp_path / "a", tmp_path / "both"), union(ends[1], tmp_path / "b", tmp_path / "both"):
            assert apart(*ends) is (Sameness.ONE if union is mergerfs else Sameness.UNSURE)
            seen = LocalStorage().is_one_file(ends[0] / PATH, ends[1] / PATH)
            assert seen is (Sameness.ONE if union is mergerfs else Sameness.UNSURE)

    def test_two_unions_with_branches_of_their_own(self, ends: tuple[Path, Path], tmp_path: Path) -> None:
        with mergerfs(ends[0], tmp_path / "a", tmp_path / "b"), mergerfs(ends[1], tmp_path / "c", tmp_path / "d"):
            for end in ends:
                put(end)
            assert apart(*ends) is Sameness.TWO
            assert LocalStorage().is_one_file(ends[0] / PATH, ends[1] / PATH) is Sameness.TWO

    @pytest.mark.parametrize("options", [",xattr=nosys", ",xattr=noattr"])
    def test_a_union_that_says_nothing_of_its_files(
        self, ends: tuple[Path, Path], tmp_path: Path, options: str
    ) -> None:
        with ExitStack() as stack:
            for end, branch in zip(ends, "ab", strict=True):
                stack.enter_context(mergerfs(end, tmp_path / branch, options=options))
                put(end)
            assert apart(*ends) is Sameness.UNSURE

    def test_a_branch_that_is_a_union_itself(self, ends: tuple[Path, Path], tmp_path: Path) -> None:
        """Its numbers are of its own making."""
        with ExitStack() as stack:
            stack.enter_context(mergerfs(tmp_path / "inner", tmp_path / "a"))
            stack.enter_context(mergerfs(ends[0], tmp_path / "inner"))
            stack.enter_context(mergerfs(ends[1], tmp_path / "b"))
            for end in ends:
                put(end)
            assert apart(*ends) is Sameness.UNSURE

    @pytest.mark.parametrize("union", UNIONS)
    def test_two_folders_of_one_union(self, tmp_path: Path, union: Union) -> None:
        with union(tmp_path / "pool", tmp_path / "a", tmp_path / "b") as pool:
            for name in ("ready", "nas"):
                put(pool / name)
            assert apart(pool / "ready", pool / "nas") is Sameness.TWO

    def test_a_target_that_takes_no_folder(self, ends: tuple[Path, Path], tmp_path: Path) -> None:
        """What the union says of its files is believed all the same."""
        with ExitStack() as stack:
            stack.enter_context(mounted(ends[1], "mount", "-t", "tmpfs", "none"))
            put(ends[1])
            subprocess.run(["mount", "-o", "remount,ro", ends[1]], check=True)
            with mergerfs(ends[0], tmp_path / "a"):
                put(ends[0])
                assert apart(*ends) is Sameness.TWO

    @pytest.mark.skipif(not IS_UNIONFS_PACKAGED, reason="Debian 13 has no unionfs-fuse")
    def test_a_target_that_takes_no_folder_and_a_union_that_does_not_tell(
        self, ends: tuple[Path, Path], tmp_path: Path
    ) -> None:
        with mounted(ends[1], "mount", "-t", "tmpfs", "none"):
            put(ends[1])
            subprocess.run(["mount", "-o", "remount,ro", ends[1]], check=True)
            with unionfs(ends[0], tmp_path / "a"):
                put(ends[0])
                assert apart(*ends) is Sameness.UNSURE

    def test_a_layer_of_an_overlay(self, ends: tuple[Path, Path], tmp_path: Path) -> None:
        """The overlay removes nothing from its lower layer; but a file there is no second copy."""
        with mounted(tmp_path / "ram", "mount", "-t", "tmpfs", "none") as ram:
            for name in ("upper", "work", "other"):
                (ram / name).mkdir()
            put(ends[1])
            put(ram / "other")
            layers = f"lowerdir={ends[1]},upperdir={ram / 'upper'},workdir={ram / 'work'}"
            with mounted(ends[0], "mount", "-t", "overlay", "overlay", "-o", layers):
                assert apart(*ends) is Sameness.ONE
                assert apart(ends[0], ram / "other") is Sameness.TWO

    @pytest.mark.parametrize("metacopy", ["on", "off"])
    def test_a_file_whose_content_an_overlay_left_below(self, tmp_path: Path, metacopy: str) -> None:
        """TRAP: renamed through the overlay, it has two names and one content, and no link between them."""
        with mounted(tmp_path / "ram", "mount", "-t", "tmpfs", "none") as ram:
            for name in ("lower", "upper", "work"):
                (ram / name).mkdir()
            for name in ("made.mp4", "other.mp4"):
                (ram / "lower" / name).write_bytes(FOOTAGE)
            layers = f"lowerdir={ram / 'lower'},upperdir={ram / 'upper'},workdir={ram / 'work'}"
            options = f"{layers},metacopy={metacopy}"
            with mounted(tmp_path / "over", "mount", "-t", "overlay", "overlay", "-o", options) as over:
                (over / "card").mkdir()
                (over / "made.mp4").rename(over / "card" / "renamed.mp4")
                seen = LocalStorage().is_one_file(over / "card" / "renamed.mp4", ram / "lower" / "made.mp4")
                assert seen is (Sameness.UNSURE if metacopy == "on" else Sameness.TWO)
                one_mount = LocalStorage().is_one_file(over / "card" / "renamed.mp4", over / "other.mp4")
                assert one_mount is Sameness.TWO


def test_a_file_system_that_does_not_say_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a chroot, say, all that is known of a union is that it is FUSE."""
    monkeypatch.setattr(medium, "file_system_of", lambda _: "fuse")
    monkeypatch.setattr(unions, "_is_same_mount", lambda *_: False)
    here, there = tmp_path / "here", tmp_path / "there"
    for end in (here, there):
        put(end)
    assert unions.folders_apart(os.fspath((here / PATH).parent), os.fspath((there / PATH).parent)) == unions.UNSURE
    assert unions.files_apart(os.fspath(here / PATH), os.fspath(there / PATH)) == unions.UNSURE
    assert unions.files_apart(os.fspath(here / "gone"), os.fspath(there / PATH)) == unions.UNSURE
