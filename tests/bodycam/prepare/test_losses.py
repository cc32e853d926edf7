"""The commands on real files, in the ways in which footage was lost once: afterwards each clip has a readable copy."""

import mmap
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from camvault.adapters.filesystem import LocalStorage
from tests.adapters.ffmpeg.test_makers_data import box, with_boxes
from tests.adapters.ffmpeg.tools import make_clip, run_ffmpeg
from tests.adapters.filesystem.test_medium import disk, flip, mounted
from tests.bodycam.prepare.desk import Desk, Ended, digest, seconds_of
from tests.bodycam.prepare.test_crashes import ENCODE

HOOK = Path(__file__).parents[2] / "eio.c"
DELETE = ("--delete-originals", "yes")


@pytest.fixture(scope="session")
def eio(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A library that makes a medium list its files and not give their content."""
    library = tmp_path_factory.mktemp("eio") / "eio.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O", "-o", library, HOOK, "-ldl"], check=True)
    return os.fspath(library)


@pytest.fixture
def contents(desk: Desk) -> Iterator[set[str]]:
    """What was on the card; in the end each of it can be read somewhere, whatever happened."""
    before = set(desk.originals().values())
    yield before
    assert before <= copies_below(desk.root)


def copies_below(root: Path) -> set[str]:
    """The digests of all files that can be read below a folder."""
    return {digest(path) for path in root.rglob("*") if path.is_file() and not path.is_symlink()}


def cleanup(desk: Desk, *more: str | Path, **environment: str) -> Ended:
    argv = [sys.executable, "-m", "camvault.apps.cleanup", "--build-dir", desk.build, "--logfile", desk.log, *more]
    env = {**os.environ, **environment}
    done = subprocess.run(argv, env=env, cwd=desk.root, capture_output=True, text=True, check=False)
    return Ended(done.returncode, done.stdout, done.stderr)


def test_two_names_that_agree_in_their_first_240_bytes(desk: Desk) -> None:
    """Both encodes were written under one temporary name once, and both outputs held one clip's picture."""
    clips = tuple(clip.with_name("車" * 80 + f"{number}.mp4") for number, clip in enumerate(desk.clips[:2]))
    for clip, seconds in zip(clips, (1.0, 2.0), strict=True):
        make_clip(clip, seconds=seconds, more=("-crf", "20"))
    before = {clip: digest(clip) for clip in clips}
    ended = desk.run(*ENCODE, *DELETE, files=clips)
    assert ended.code == 0, ended
    lengths = [clip["made"] for clip in desk.document()["clips"].values()]
    assert {made["source_sha256"] for made in lengths} == set(before.values())
    assert len({made["sha256"] for made in lengths}) == 2
    assert [seconds_of(desk.build / clip.name) for clip in clips] == pytest.approx([1.0, 2.0], abs=0.2)
    assert not any(clip.exists() for clip in clips)


class TestOriginals:
    """`--delete-originals yes`."""

    def test_an_output_is_not_its_own_original(self, desk: Desk, contents: set[str]) -> None:
        """The card is removed, and the build directory takes its name."""
        assert desk.run().code == 0
        card = desk.clips[0].parent
        shutil.rmtree(card)
        desk.build.rename(card)
        ended = desk.resume(*DELETE, path=card / "progress.completed.json")
        assert ended.code == 0, ended
        assert len(desk.originals()) == 3
        assert "is the same file by another name" in desk.log_text()
        assert set(desk.originals().values()) == contents

    @pytest.mark.parametrize("alias", ["hard link", "link", "bind"])
    def test_nor_is_it_by_another_name(self, desk: Desk, contents: set[str], alias: str) -> None:
        """What stands on the card now are the outputs: the same files by other names."""
        assert desk.run().code == 0
        card, names = desk.clips[0].parent, [clip.name for clip in desk.clips]
        if alias == "bind":
            with mounted(card, "--bind", os.fspath(desk.build)):
                ended = desk.resume(*DELETE, path=desk.completed)
                assert set(desk.outputs().values()) == contents
        else:
            for name in names:
                (card / name).unlink()
                make = (card / name).hardlink_to if alias == "hard link" else (card / name).symlink_to
                make(desk.build / name)
            ended = desk.resume(*DELETE, path=desk.completed)
            assert all(os.path.lexists(clip) for clip in desk.clips)
        assert ended.code == 0, ended
        assert ended.out.count("Kept original") == 3

    def test_a_build_drive_that_dies_after_the_first_deletion(self, desk: Desk, contents: set[str], eio: str) -> None:
        assert desk.run().code == 0
        dying = {"LD_PRELOAD": eio, "EIO_BELOW": f"{desk.build}/cam", "EIO_AFTER_UNLINK": f"{desk.clips[0].parent}/"}
        ended = desk.resume(*DELETE, path=desk.completed, **dying)
        assert ended.code == 4, ended
        assert "Input/output error" in ended.err
        assert len(desk.originals()) == 2
        assert len(contents) == 3

    def test_memory_is_no_other_place(self, desk: Desk, contents: set[str]) -> None:
        with mounted(desk.build, "-t", "tmpfs", "tmpfs"):
            ended = desk.run(*DELETE)
            assert ended.code == 0, ended
            assert "is in memory" in desk.log_text()
            assert desk.run(*DELETE, "--trust-cache").code == 0
        assert set(desk.originals().values()) == contents

    @pytest.mark.xdist_group("loop")
    def test_what_rotted_below_a_cache_that_another_program_holds(self, desk: Desk, contents: set[str]) -> None:
        with disk(desk.root, 1_300_000_000) as place:
            build = place / "work"
            there = Desk(desk.root, desk.clips)
            argv = [
                "--logfile",
                os.fspath(desk.log),
                "--build-dir",
                os.fspath(build),
                "--",
                *map(os.fspath, desk.clips),
            ]
            assert there._ended(argv, {}).code == 0
            output = build / desk.clips[0].name
            with output.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapped:
                content = mapped[:]
                flip(desk.root / "disk.img", content)
                ended = desk.resume(*DELETE, path=build / "progress.completed.json")
                assert mapped[:] == content
            assert ended.code == 4, ended
            assert "has not the content that was written" in ended.err
            assert set(desk.originals().values()) == contents

    def test_what_the_camera_wrote_beside_the_pictures(self, desk: Desk, contents: set[str]) -> None:
        """Positions between the pictures of one clip are in no encode; the user data of another are in its own."""
        first, second, _ = desk.clips
        mark = ("-bsf:v", "h264_metadata=sei_user_data=a3f0c1d24b5e46778899aabbccddeeff+lat=48.1")
        run_ffmpeg("-i", first, "-c", "copy", *mark, "-f", "mp4", desk.root / "marked")
        shutil.copy2(desk.root / "marked", first)
        with_boxes(second, moov=box(b"udta", box(b"CAME", b"unit 7")))
        contents.clear()
        contents.add(digest(first))
        ended = desk.run(*ENCODE, *DELETE)
        assert ended.code == 0, ended
        assert set(desk.originals()) == {first.name}
        assert f"{first.name}: not all of it is in its output, the original will be kept: messages" in desk.log_text()
        assert b"\0\0\0\x0eCAMEunit 7" in (desk.build / second.name).read_bytes()


class TestStartingAgain:
    """Without --resume."""

    def test_a_card_that_is_a_bind_mount_of_the_build_directory(self, desk: Desk, contents: set[str]) -> None:
        assert desk.run().code == 0
        for clip in desk.clips:
            clip.unlink()
        with mounted(desk.clips[0].parent, "--bind", os.fspath(desk.build)):
            ended = desk.run()
            assert ended.code == 1, ended
            assert "by another name" in ended.err
        assert set(desk.outputs().values()) == contents

    def test_a_clip_of_which_half_became_unreadable(self, desk: Desk, contents: set[str], eio: str) -> None:
        """The good output was removed first, once."""
        assert desk.run().code == 0
        ended = desk.run(LD_PRELOAD=eio, EIO_BELOW=os.fspath(desk.clips[0]), EIO_FROM="20000")
        assert ended.code == 4, ended
        shutil.rmtree(desk.clips[0].parent)
        assert contents <= copies_below(desk.build)

    def test_another_card_with_clips_of_the_same_name_size_and_time(self, desk: Desk, contents: set[str]) -> None:
        """The first card's clips are nowhere else: they stay, and do not go onto the second card's disc."""
        assert desk.run().code == 0
        for clip in desk.clips:
            status = clip.stat()
            clip.write_bytes(clip.read_bytes()[:-1] + b"\0")
            os.utime(clip, ns=(status.st_atime_ns, status.st_mtime_ns))
        second = set(desk.originals().values())
        assert not second & contents
        ended = desk.run()
        assert ended.code == 0, ended
        assert set(desk.outputs().values()) == second
        assert ended.out.count("which this job does not replace") == 3
        assert cleanup(desk).code == 1, "the first card's clips are in it alone"

    def test_the_same_card_again(self, desk: Desk, contents: set[str]) -> None:
        """What was set aside goes when it is replaced: copies by copies, encodes by other encodes."""
        for flags in ((), (), ENCODE, ENCODE, ()):
            assert desk.run(*flags).code == 0
            assert not list(desk.build.glob(".camvault-aside*"))
        assert set(desk.outputs().values()) == contents
        assert cleanup(desk).code == 0
        assert not desk.build.exists()


class TestCleanup:
    @pytest.mark.parametrize("from_byte", ["0", "20000"])
    def test_a_card_that_lists_its_files_and_does_not_read(
        self, desk: Desk, contents: set[str], eio: str, from_byte: str
    ) -> None:
        assert desk.run().code == 0
        card = desk.clips[0].parent
        ended = cleanup(desk, LD_PRELOAD=eio, EIO_BELOW=os.fspath(card), EIO_FROM=from_byte)
        assert ended.code == 1, ended
        assert "Input/output error" in ended.err
        assert set(desk.outputs().values()) == contents

    def test_a_card_that_is_the_build_directory(self, desk: Desk, contents: set[str]) -> None:
        assert desk.run().code == 0
        with mounted(desk.clips[0].parent, "--bind", os.fspath(desk.build)):
            ended = cleanup(desk)
            assert ended.code == 1, ended
            assert "by another name" in ended.err
        assert set(desk.outputs().values()) == contents

    def test_not_while_originals_are_being_deleted(self, desk: Desk, contents: set[str]) -> None:
        """The lock is held from the first look to the last removal, so that a run that ends in between is seen."""
        assert desk.run().code == 0
        with LocalStorage().lock(desk.build):
            assert "Another process is using" in cleanup(desk).err
        assert desk.resume(*DELETE, path=desk.completed).code == 0
        assert cleanup(desk).code == 1
        assert set(desk.outputs().values()) == contents
