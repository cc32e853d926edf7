"""Adapter for pytest: the contract of `Burner` and `Drives`, which is about one disc."""

import hashlib
from pathlib import Path, PurePath

import pytest

from camvault.adapters.contracts.burner.harness import SECTORS, BurnerHarness
from camvault.adapters.contracts.stop import StopRequest
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import BurnError, Cancelled, DriveError, MediumError, StorageError
from camvault.ports.medium import MediumState


def _make_image(folder: Path, size_bytes: int) -> Path:
    path = folder / "image.iso"
    # More than that is nothing: it is only to take long
    content = b"".join(hashlib.sha256(b"%d" % i).digest() for i in range(-(-min(size_bytes, 5_000_000) // 32)))
    path.write_bytes(content[:size_bytes])
    with path.open("r+b") as file:
        file.truncate(size_bytes)
    return path


def _burn(harness: BurnerHarness, image: Path, *, cancel: Cancellation | None = None) -> int:
    """Burn and return the number of bytes that were reported."""
    counts: list[int] = []
    harness.burner.burn(
        image, device=harness.device, speed=None, on_bytes=counts.append, cancel=cancel or StopRequest()
    )
    return sum(counts)


class BurnerContract:
    """What core relies on: only a blank disc is written, and what is said of a disc is so.

    A burn that claims success is read back by core; what `Drives` says then decides whether originals may go.

    Provide:
        harness (`BurnerHarness`): The adapters, a drive and a blank disc.
    """

    @pytest.fixture
    def harness(self) -> BurnerHarness:
        """The adapters, a drive and a blank disc."""
        raise NotImplementedError("provide the fixture `harness`")

    def test_a_burn_can_be_read_back(self, harness: BurnerHarness, tmp_path: Path) -> None:
        """Every byte is counted once, the medium is finished, and what comes back is the image to the byte."""
        image = _make_image(tmp_path, 1_000_000)
        before = harness.drives.medium(harness.device)
        read: list[int] = []

        written = _burn(harness, image)
        harness.drives.reload(harness.device, cancel=StopRequest())
        back = harness.drives.read_back(
            harness.device, image=image, size_bytes=1_000_000, on_bytes=read.append, cancel=StopRequest()
        )

        assert (before.state, before.free_sectors) == (MediumState.BLANK, SECTORS)
        assert written == sum(read) == 1_000_000
        assert harness.drives.medium(harness.device).state in harness.burner.finished_states
        assert back.is_equal
        assert back.sha256 == hashlib.sha256(image.read_bytes()).hexdigest()

    def test_an_image_of_exactly_the_discs_size_fits(self, harness: BurnerHarness, tmp_path: Path) -> None:
        """And one sector more is refused with the medium untouched."""
        with pytest.raises(MediumError, match="too small"):
            _burn(harness, _make_image(tmp_path, (SECTORS + 1) * 2048))
        assert harness.drives.medium(harness.device).state is MediumState.BLANK

        assert _burn(harness, _make_image(tmp_path, SECTORS * 2048)) == SECTORS * 2048

    def test_a_used_medium_is_refused(self, harness: BurnerHarness, tmp_path: Path) -> None:
        """Nothing is ever written over."""
        harness.fill()
        before = harness.drives.medium(harness.device)

        with pytest.raises(MediumError, match="not blank"):
            _burn(harness, _make_image(tmp_path, 100_000))

        assert harness.drives.medium(harness.device) == before

    def test_what_is_no_drive_is_left_alone(self, harness: BurnerHarness, tmp_path: Path) -> None:
        """A plain file, a folder, a device that is not optical, nothing at all: `DriveError`, and untouched."""
        image = _make_image(tmp_path, 100_000)
        victim = tmp_path / "victim"
        victim.write_bytes(b"footage")
        for target in (victim, tmp_path, Path("/dev/null"), Path("/dev/nowhere/sr9")):
            device = harness.device_at(target)
            with pytest.raises(DriveError):
                harness.burner.burn(image, device=device, speed=None, on_bytes=lambda _: None, cancel=StopRequest())
        assert victim.read_bytes() == b"footage"

    def test_a_write_error_is_told(self, harness: BurnerHarness, tmp_path: Path) -> None:
        """Whatever the tool's exit code; and a medium that is said to be untouched is blank."""
        image = _make_image(tmp_path, 1_000_000)
        harness.fail_at(200)

        with pytest.raises(BurnError) as caught:
            _burn(harness, image)

        assert caught.value.is_spoiled == (harness.drives.medium(harness.device).state is not MediumState.BLANK)

    def test_a_flipped_bit_is_found(self, harness: BurnerHarness, tmp_path: Path) -> None:
        """The one bad sector is named."""
        image = _make_image(tmp_path, 1_000_000)
        harness.flip(300)
        _burn(harness, image)

        back = harness.drives.read_back(
            harness.device, image=image, size_bytes=1_000_000, on_bytes=lambda _: None, cancel=StopRequest()
        )

        assert not back.is_equal
        assert (back.bad_sectors, back.bad_sector_count, back.unreadable_sector) == ((300,), 1, None)
        assert back.image_sha256 == hashlib.sha256(image.read_bytes()).hexdigest()

    def test_an_unreadable_sector_is_named(self, harness: BurnerHarness, tmp_path: Path) -> None:
        """Reading ends there; that is a result and no error."""
        image = _make_image(tmp_path, 1_000_000)
        _burn(harness, image)
        harness.damage(333)

        back = harness.drives.read_back(
            harness.device, image=image, size_bytes=1_000_000, on_bytes=lambda _: None, cancel=StopRequest()
        )

        assert not back.is_equal
        assert (back.bad_sectors, back.unreadable_sector, back.sha256) == ((333,), 333, "")

    def test_a_cancellation_before_the_first_byte_leaves_a_blank_medium(
        self, harness: BurnerHarness, tmp_path: Path
    ) -> None:
        """Nothing was begun."""
        stop = StopRequest()
        stop.request()

        with pytest.raises(Cancelled):
            _burn(harness, _make_image(tmp_path, 100_000), cancel=stop)

        assert harness.drives.medium(harness.device).state is MediumState.BLANK

    def test_a_cancellation_never_leaves_a_finished_medium_with_the_image(
        self, harness: BurnerHarness, tmp_path: Path
    ) -> None:
        """Stopped in the middle, the medium is blank or spoiled, but never looks right."""
        size_bytes, stop = harness.stop_in_the_middle()
        image = _make_image(tmp_path, size_bytes)

        with pytest.raises(Cancelled):
            _burn(harness, image, cancel=stop)

        if harness.drives.medium(harness.device).state is not MediumState.BLANK:
            back = harness.drives.read_back(
                harness.device,
                image=image,
                size_bytes=size_bytes,
                on_bytes=lambda _: None,
                cancel=StopRequest(),
            )
            assert not back.is_equal

    def test_reading_back_can_be_cancelled(self, harness: BurnerHarness, tmp_path: Path) -> None:
        """Also in the middle."""
        image = _make_image(tmp_path, 3_000_000)
        _burn(harness, image)

        with pytest.raises(Cancelled):
            harness.drives.read_back(
                harness.device,
                image=image,
                size_bytes=3_000_000,
                on_bytes=lambda _: None,
                cancel=StopRequest(after_checks=2),
            )

    def test_the_log_can_say_what_burns_and_how(self, harness: BurnerHarness) -> None:
        """And neither touches the medium."""
        command = harness.burner.command(PurePath("/a/image of mine.iso"), device=harness.device, speed=4)

        assert harness.burner.name
        assert [part for part in command if "/a/image of mine.iso" in part]
        assert harness.drives.medium(harness.device).state is MediumState.BLANK

    def test_an_image_that_cannot_be_read_is_no_fault_of_the_disc(self, harness: BurnerHarness, tmp_path: Path) -> None:
        image = _make_image(tmp_path, 100_000)
        _burn(harness, image)

        with pytest.raises(StorageError):
            harness.drives.read_back(
                harness.device,
                image=tmp_path / "gone.iso",
                size_bytes=100_000,
                on_bytes=lambda _: None,
                cancel=StopRequest(),
            )

    def test_what_is_no_drive_has_no_medium(self, harness: BurnerHarness) -> None:
        """It is an error, and not an empty drive."""
        with pytest.raises(DriveError):
            harness.drives.medium(harness.device_at(Path("/dev/nowhere/sr9")))
