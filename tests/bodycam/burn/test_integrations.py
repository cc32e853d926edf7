"""Adapters of burn_iso beyond their contract: drives asked by SCSI command, the map of an image, disc files on disk."""

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import pytest
from pytest_mock import MockerFixture

from camvault.adapters.bridge import BridgeBuilder
from camvault.adapters.discfile import DiscFileBurner, DiscFileDrives
from camvault.adapters.imagemap import PycdlibImageMap
from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.optical import OpticalDrives
from camvault.adapters.optical import drives as optical_drives
from camvault.adapters.optical.parse import Sense
from camvault.adapters.optical.scsi import Drive, SenseError
from camvault.apps._assembly.burners import blank_disc_bytes
from camvault.ports.burner import ReadBack
from camvault.ports.errors import BurnError, DriveError, MediaError, MediumError
from camvault.ports.medium import MediumState
from camvault.ports.witness import ReadFrom
from tests.bodycam.burn.writer import Writer

CANCEL = MemoryCancellation()
ODD_NAMES = (
    b"a.mp4",
    b"a\nb.mp4",
    b"caf\xe9 \xff.mp4",
    "na\u00efve \U0001f3a5 \u65e5\u672c.mp4".encode(),
    b"x" * 251 + b".mp4",
    b"v;1",
    b"1/2/3/4/5/6/7/8/9/deep.mp4",
)


class TestImageMap:
    def test_sectors_of_a_bridge_image(self, image: Path) -> None:
        """Structures belong to no file; each file is named once."""
        at = {name: image.read_bytes().find(_head(image, name)) // 2048 for name in ("clip_1.mp4", "clip_2.mp4")}
        names = PycdlibImageMap().files_on(image, [at["clip_2.mp4"], at["clip_1.mp4"] + 3, at["clip_1.mp4"] + 4])

        assert names == (PurePosixPath("cam1/clip_1.mp4"), PurePosixPath("cam1/clip_2.mp4"))
        assert PycdlibImageMap().files_on(image, [0, 16, 257]) == ()

    def test_our_own_images_name_every_file_exactly(self, tmp_path: Path) -> None:
        """TRAP: the UDF tree cannot hold some names; a hit file is named as it was given, by any of its sectors."""
        tree = tmp_path / "tree"
        for number, name in enumerate(ODD_NAMES, start=1):
            path = tree / os.fsdecode(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(os.urandom(number * 1500))
        (tree / "empty.mp4").touch()
        plan = BridgeBuilder().plan(tree, label="X", stamped_at=datetime(2025, 7, 18, tzinfo=UTC))
        image = tmp_path / "image.iso"
        BridgeBuilder().write(plan, target=image, on_bytes=lambda _: None, cancel=CANCEL)
        found = PycdlibImageMap()

        filled = [file for file in plan.files if file.sector_count]
        assert {os.fsencode(file.path) for file in filled} == set(ODD_NAMES)
        for file in filled:
            for sector in {file.first_sector, file.first_sector + file.sector_count - 1}:
                assert found.files_on(image, [sector]) == (file.path,)
        structures = [*range(min(file.first_sector for file in filled)), plan.sector_count - 1]
        assert found.files_on(image, structures) == ()

    def test_without_rock_ridge_the_udf_tree_tells(self, image: Path, tmp_path: Path) -> None:
        """Rather than the bare names of ISO 9660."""
        plain = tmp_path / "plain.iso"
        subprocess.run(["genisoimage", "-quiet", "-udf", "-o", str(plain), str(image.parent / "tree")], check=True)
        sector = plain.read_bytes().find(_head(image, "clip_1.mp4")) // 2048

        assert PycdlibImageMap().files_on(plain, [sector]) == (PurePosixPath("cam1/clip_1.mp4"),)

    @pytest.mark.parametrize("options", [("-J", "-r"), ()])
    def test_an_image_without_udf(self, options: tuple[str, ...], image: Path, tmp_path: Path) -> None:
        """The ISO 9660 tree does, with the names it has."""
        plain = tmp_path / "plain.iso"
        tree = image.parent / "tree"
        subprocess.run(["genisoimage", "-quiet", *options, "-o", str(plain), str(tree)], check=True)
        sector = plain.read_bytes().find(_head(image, "clip_1.mp4")) // 2048

        (name,) = PycdlibImageMap().files_on(plain, [sector])

        assert str(name).lower() == "cam1/clip_1.mp4"

    def test_what_is_no_image(self, tmp_path: Path) -> None:
        """An error that says so, also for a file that is not there."""
        path = tmp_path / "noise"
        path.write_bytes(os.urandom(100_000))
        for wrong in (path, tmp_path / "none"):
            with pytest.raises(MediaError):
                PycdlibImageMap().files_on(wrong, [1])


def _head(image: Path, name: str) -> bytes:
    return (image.parent / "tree" / "cam1" / name).read_bytes()[:2048]


class TestCapacity:
    def test_a_disc_files_capacity_is_asked(self, tmp_path: Path) -> None:
        """25,025,314,816 bytes by default, and what is said otherwise; a used one has none."""
        assert blank_disc_bytes(f"stdio:{tmp_path}/d.img", cancel=CANCEL) == 25_025_314_816
        assert blank_disc_bytes(f"stdio:{tmp_path}/d.img,blocks=100", cancel=CANCEL) == 204_800
        (tmp_path / "d.img").write_bytes(b"x")
        with pytest.raises(MediumError, match="not blank"):
            blank_disc_bytes(f"stdio:{tmp_path}/d.img", cancel=CANCEL)

    def test_a_drives_capacity_is_asked(self, insert: Callable[..., Writer]) -> None:
        """Free Blocks of the blank disc in the first drive: the specification's 24.9 GB fit."""
        program = "from camvault.apps._assembly.burners import blank_disc_bytes as b; print(b(None, cancel=None))"
        writer = insert(blocks=12_219_392)

        done = subprocess.run(
            [sys.executable, "-c", program], env=writer.env, capture_output=True, text=True, check=True
        )

        assert int(done.stdout) == 25_025_314_816
        assert writer.disc == "blank"


class FakeDrive(Drive):
    """A drive that answers from a table: first byte of the command to the answer or the error."""

    def __init__(self, answers: dict[int, bytes | SenseError | DriveError]) -> None:
        super().__init__("/dev/sr0", -1)
        self.answers = answers

    def control(self, request: int, argument: int = 0) -> int:
        raise OSError(errno.ENOSYS, "not implemented")

    def _command(self, cdb: bytes, length: int) -> bytes:
        answer = self.answers.get(cdb[0], b"")
        if isinstance(answer, Exception):
            raise answer
        return answer[:length].ljust(length, b"\0")


def _profile(number: int) -> bytes:
    return bytes(6) + number.to_bytes(2, "big")


USED = b"\0" * 5000 + b"CD001"
BD_RE_FORMATTED = bytes((0, 0, 0, 8)) + (11_826_176).to_bytes(4, "big") + bytes((2, 0, 8, 0))


class TestMedia:
    @pytest.mark.parametrize(
        ("answers", "state", "kind", "free"),
        [
            ({0x46: _profile(0x10)}, MediumState.CLOSED, "DVD-ROM", 0),
            ({0x46: _profile(0x09)}, MediumState.UNSUITABLE, "CD-R", 0),
            ({0x46: _profile(0)}, MediumState.UNSUITABLE, "profile 0000h", 0),
            ({0x46: _profile(0x43), 0x23: BD_RE_FORMATTED}, MediumState.BLANK, "BD-RE", 11_826_176),
            ({0x46: _profile(0x43), 0x23: BD_RE_FORMATTED, 0x28: USED}, MediumState.CLOSED, "BD-RE", 0),
            (
                {0x46: _profile(0x43), 0x23: BD_RE_FORMATTED, 0x28: SenseError(Sense(8, 0, 0))},
                MediumState.BLANK,
                "BD-RE",
                11_826_176,
            ),
            (
                {0x46: _profile(0x43), 0x23: BD_RE_FORMATTED[:8] + bytes((1, 0, 8, 0))},
                MediumState.UNSUITABLE,
                "BD-RE, not formatted",
                0,
            ),
        ],
    )  # fmt: skip
    def test_other_media(
        self, answers: dict[int, bytes | SenseError | DriveError], state: MediumState, kind: str, free: int
    ) -> None:
        """A rewritable disc is blank only if it is formatted and nothing stands where file systems begin."""
        medium = optical_drives._medium(FakeDrive(answers))
        assert (medium.state, medium.kind, medium.free_sectors) == (state, kind, free)

    def test_a_rewritable_disc_that_cannot_be_looked_at_is_not_blank(self) -> None:
        """A hardware error is no word about the medium."""
        drive = FakeDrive({0x46: _profile(0x43), 0x23: BD_RE_FORMATTED, 0x28: SenseError(Sense(4, 0, 0))})
        with pytest.raises(SenseError):
            optical_drives._medium(drive)

    def test_an_attention_is_asked_past(self, mocker: MockerFixture) -> None:
        """A disc was changed: the first command after it says so and nothing else; a drive that never stops does."""
        drive = FakeDrive({})
        attention = SenseError(Sense(6, 0x28, 0))
        command = mocker.patch.object(drive, "_command", side_effect=[attention, attention, b"ok"])
        assert drive.command(bytes(6)) == b"ok"
        command.side_effect = attention
        with pytest.raises(SenseError):
            drive.command(bytes(6))

    def test_a_sector_that_can_be_read_alone(self) -> None:
        """Thirty-two together failed, each alone does not: the first is to blame. A drive that stopped is not."""
        drive = FakeDrive({})
        assert optical_drives._first_unreadable(drive, 64, 32, SenseError(Sense(3, 0x11, 0))) == 64
        with pytest.raises(DriveError, match="stopped reading"):
            optical_drives._first_unreadable(drive, 64, 32, SenseError(Sense(4, 0x44, 0)))

    def test_a_disc_that_does_not_come_back(self, mocker: MockerFixture) -> None:
        """After two minutes the wait ends with an error."""
        mocker.patch("time.monotonic", side_effect=[0.0, 60.0, 121.0])
        cancel = MemoryCancellation()
        with pytest.raises(DriveError, match="did not come back"):
            optical_drives._wait_until_ready(FakeDrive({0: SenseError(Sense(2, 0x3A, 0))}), cancel)
        assert cancel.clock.elapsed_s == 0.5

    def test_without_a_kernel_list(self, mocker: MockerFixture, tmp_path: Path) -> None:
        """Whatever looks like a drive is one."""
        mocker.patch.object(optical_drives, "_CDROM_INFO", tmp_path / "none")
        assert isinstance(OpticalDrives().devices(), tuple)


class TestDiscFile:
    def test_a_burn_that_was_cut_off_is_refused(self, tmp_path: Path) -> None:
        """The medium is neither blank nor closed, and the file to remove is named."""
        (tmp_path / ".d.img.camvault-part").write_bytes(b"half")

        medium = DiscFileDrives().medium(f"stdio:{tmp_path}/d.img")

        assert medium.state is MediumState.INCOMPLETE
        assert ".d.img.camvault-part" in str(medium.refusal(0))

    @pytest.mark.parametrize("kind", ["link", "fifo", "folder", "nowhere"])
    def test_only_plain_files(self, kind: str, tmp_path: Path) -> None:
        """TRAP: a link or a device could lead to a disk; a missing folder is not made."""
        path = tmp_path / "d.img"
        match kind:
            case "link":
                path.symlink_to("/dev/null")
            case "fifo":
                os.mkfifo(path)
            case "folder":
                path.mkdir()
            case "nowhere":
                path = tmp_path / "none" / "d.img"
        with pytest.raises(DriveError):
            DiscFileDrives().medium(f"stdio:{path}")

    def test_no_room_is_told_before_writing(self, tmp_path: Path, mocker: MockerFixture) -> None:
        """With both figures."""
        image = tmp_path / "i.iso"
        image.write_bytes(bytes(4096))
        mocker.patch("os.statvfs", return_value=mocker.Mock(f_bavail=1, f_frsize=512))
        with pytest.raises(MediumError, match=r"4,096 bytes, 512 bytes are free"):
            _burn(image, tmp_path)

    @pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
    def test_an_error_leaves_the_disc_blank(self, code: int, tmp_path: Path, mocker: MockerFixture) -> None:
        """A file can be unwritten, and nothing is left over."""
        image = tmp_path / "i.iso"
        image.write_bytes(bytes(4096))
        mocker.patch("os.fsync", side_effect=OSError(code, os.strerror(code)))
        with pytest.raises(BurnError, match=os.strerror(code)) as caught:
            _burn(image, tmp_path)
        assert not caught.value.is_spoiled
        assert [path.name for path in tmp_path.iterdir()] == ["i.iso"]

    def test_a_disc_that_somebody_else_writes_meanwhile_is_kept(self, tmp_path: Path) -> None:
        """Their content stays."""
        image = tmp_path / "i.iso"
        image.write_bytes(bytes(4096))
        with pytest.raises(BurnError, match="somebody else"):
            _burn(image, tmp_path, lambda _: (tmp_path / "d.img").write_bytes(b"theirs"))
        assert (tmp_path / "d.img").read_bytes() == b"theirs"

    @pytest.mark.parametrize("size_bytes", [2_048, 65_536, 512 * 2_048, 512 * 2_048 + 2_048])
    def test_it_is_read_past_the_cache_and_says_if_it_was_not(self, size_bytes: int, tmp_path: Path) -> None:
        """Of any size; another program may hold it in the cache, or it may be in memory anyway."""
        image, disc = tmp_path / "i.iso", tmp_path / "d.img"
        image.write_bytes(os.urandom(size_bytes))
        shutil.copy(image, disc)

        def read_back() -> ReadBack:
            return DiscFileDrives().read_back(
                f"stdio:{disc}", image=image, size_bytes=size_bytes, on_bytes=lambda _: None, cancel=CANCEL
            )

        read = read_back()
        assert (read.is_equal, read.source) == (True, ReadFrom.MEDIUM)
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", tmp_path], check=True)
        try:
            image.write_bytes(os.urandom(size_bytes))
            shutil.copy(image, disc)
            read = read_back()
        finally:
            subprocess.run(["umount", tmp_path], check=True)
        assert (read.is_equal, read.source) == (True, ReadFrom.MEMORY)

    def test_a_disc_that_vanished_is_no_mismatch(self, tmp_path: Path) -> None:
        """It is the drive that fails then."""
        with pytest.raises(DriveError, match="cannot be read"):
            DiscFileDrives().reload(f"stdio:{tmp_path}/d.img", cancel=CANCEL)
        assert DiscFileDrives().devices() == ()
        assert DiscFileBurner().command(tmp_path / "i", device="stdio:d", speed=4)[-1] == "d"


def _burn(image: Path, folder: Path, on_bytes: Callable[[int], object] = lambda _: None) -> None:
    DiscFileBurner().burn(
        image,
        device=f"stdio:{folder}/d.img",
        speed=None,
        on_bytes=lambda count: (on_bytes(count), None)[1],
        cancel=MemoryCancellation(),
    )
