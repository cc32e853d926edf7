"""The workflow of burn_iso on a drive in memory, and what the words of its tools mean."""

import re
from collections.abc import Callable
from pathlib import Path, PurePath

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_mock import MockerFixture

from camvault.adapters.discfile.parse import DiscFile, parse_device
from camvault.adapters.growisofs import argv as growisofs_argv
from camvault.adapters.growisofs import parse as growisofs
from camvault.adapters.hdiutil import argv as hdiutil_argv
from camvault.adapters.hdiutil import parse as hdiutil
from camvault.adapters.memory import MemoryCancellation, MemoryClock, MemoryReporter, MemoryStorage
from camvault.adapters.memory.burner import MemoryBurner, MemoryDisc, MemoryDrives
from camvault.adapters.memory.calls import Phase
from camvault.adapters.optical import parse as optical
from camvault.adapters.xorriso import parse as xorriso
from camvault.core.workflows.bodycam.burn import (
    BurnReport,
    BurnRequest,
    BurnStoppedUnverified,
    BurnSucceeded,
    DiscAtRisk,
    DiscAwaited,
    DiscSpoiled,
    DiscVerified,
    FailedDiscRead,
    VerificationSkipped,
    burn_image,
    check_image,
    pick_device,
)
from camvault.ports.burner import ImageMap
from camvault.ports.errors import (
    BurnError,
    Cancelled,
    ChangedError,
    DriveError,
    MediumError,
    MismatchError,
    NotFoundError,
    StorageError,
    UsageError,
)
from camvault.ports.events import Progressed, Warned
from camvault.ports.medium import Medium, MediumState
from camvault.ports.witness import ReadFrom
from tests.bodycam.burn.helpers import BrokenMap, NoMap

SAMPLES = Path(__file__).parents[2] / "samples"
IMAGE = PurePath("/v/image.iso")
CONTENT = bytes(range(256)) * 8 * 100
DEVICE = "/dev/sr0"
_DURING, _AFTER = Phase.DURING, Phase.AFTER


@attrs.define(slots=False)
class World:
    """An image and a drive with a blank disc."""

    storage: MemoryStorage = attrs.field(factory=MemoryStorage)
    clock: MemoryClock = attrs.field(factory=MemoryClock)
    reporter: MemoryReporter = attrs.field(factory=MemoryReporter)
    disc: MemoryDisc = attrs.field(factory=MemoryDisc)
    map: ImageMap = attrs.field(factory=NoMap)

    def __attrs_post_init__(self) -> None:
        self.storage.put(IMAGE, CONTENT)
        self.drives = MemoryDrives(self.storage.content, self.disc, calls=self.storage.calls)
        self.burner = MemoryBurner(self.drives)
        self.cancel = MemoryCancellation(self.clock)

    def burn(self, **request: object) -> BurnReport:
        return burn_image(
            BurnRequest(**{"image": IMAGE, "device": DEVICE, **request}),  # type: ignore[arg-type]
            storage=self.storage,
            drives=self.drives,
            burner=self.burner,
            image_map=self.map,
            clock=self.clock,
            reporter=self.reporter,
            cancel=self.cancel,
        )

    def said(self, kind: type) -> list[object]:
        assert all(str(event) for event in self.reporter.events)
        return [event for event in self.reporter.events if isinstance(event, kind)]


class TestWorkflow:
    def test_the_disc_holds_the_image(self) -> None:
        """Written, reloaded, read back; every task's total is reached exactly once."""
        world = World()

        report = world.burn()

        assert report.is_verified
        assert any("SUCCESS" in str(event) for event in world.reporter.events)
        assert bytes(world.disc.content) == CONTENT
        assert world.drives.reload_count == 1
        assert world.said(DiscVerified)
        totals = [event.task for event in world.said(Progressed) if event.done == event.total]  # type: ignore[attr-defined]
        assert totals == ["hash", "burn", "verify"]

    def test_a_disc_that_was_read_from_elsewhere_than_its_medium_is_told(self) -> None:
        world = World(disc=MemoryDisc(read_from=ReadFrom.CACHE))

        report = world.burn()

        assert (report.is_verified, report.source) == (True, ReadFrom.CACHE)
        (told,) = map(str, world.said(Warned))
        assert told.startswith(f"{DEVICE} was read back, but ")

    def test_verification_can_be_skipped(self) -> None:
        """Then nothing is read."""
        world = World()

        assert not world.burn(is_verified=False).is_verified

        assert world.said(VerificationSkipped)
        assert world.drives.reload_count == 0

    def test_an_empty_drive_is_looked_into_every_three_seconds(self) -> None:
        """And asked for a disc once."""
        world = World()
        world.drives.disc = None
        world.clock.after(100, lambda: setattr(world.drives, "disc", world.disc))

        world.burn()

        assert len(world.said(DiscAwaited)) == 1
        assert 100 <= world.clock.elapsed_s <= 103

    @pytest.mark.parametrize(
        ("prepare", "expected", "words"),
        [
            (lambda world: world.storage.put_folder("/v/folder"), NotFoundError, "File not found"),
        ],
    )
    def test_no_image(self, prepare: Callable[[World], None], expected: type[Exception], words: str) -> None:
        """The file is missing, and nothing else is asked."""
        world = World()
        prepare(world)
        with pytest.raises(expected, match=words):
            world.burn(image=PurePath("/v/none.iso"))
        assert not [call for call in world.storage.calls.log if call.operation.startswith("drives.")]

    def test_a_folder_or_an_empty_file_is_no_image(self) -> None:
        """Neither is burned."""
        world = World()
        world.storage.put_folder("/v/folder")
        world.storage.put("/v/empty.iso", b"")
        with pytest.raises(StorageError, match="not an image but a folder"):
            world.burn(image=PurePath("/v/folder"))
        with pytest.raises(StorageError, match="empty"):
            world.burn(image=PurePath("/v/empty.iso"))

    @pytest.mark.parametrize(
        ("size_bytes", "identifiers", "words"),
        [
            (2049, [b"CD001"], "2,049 bytes are no whole number of sectors"),
            (4096, [], "no volume descriptor"),
            (4096, [b"NSR03"], "no volume descriptor"),
            (4096, [b"CD001", b"BEA01"], None),
            (4096, [b"BEA01", b"NSR03"], None),
        ],
    )
    def test_a_file_that_is_no_image(
        self, size_bytes: int, identifiers: list[bytes], words: str | None, mocker: MockerFixture
    ) -> None:
        """A clip or an archive would burn and verify, and no machine could read the disc."""
        world = World()
        world.storage.put(IMAGE, bytes(size_bytes))
        volumes = mocker.Mock(identifiers=lambda _: tuple(identifiers))
        if words is None:
            assert check_image(IMAGE, storage=world.storage, volumes=volumes).identity.size_bytes == size_bytes
            return
        with pytest.raises(StorageError, match=f"not an image: .*{words}"):
            check_image(IMAGE, storage=world.storage, volumes=volumes)

    def test_a_known_digest_must_be_the_images(self) -> None:
        """An image that is not the one that was verified is not burned."""
        world = World()
        with pytest.raises(ChangedError, match="not the image that was verified"):
            world.burn(sha256="0" * 64)
        assert world.disc.state is MediumState.BLANK

    def test_an_image_that_changes_before_the_burn(self) -> None:
        """Nothing is written."""
        world = World()
        world.storage.calls.hook("storage.digest", lambda: world.storage.put(IMAGE, b"other"))
        with pytest.raises(ChangedError, match="nothing was written"):
            world.burn()
        assert world.disc.state is MediumState.BLANK

    def test_an_image_that_vanishes_during_the_burn(self) -> None:
        """It is named, the disc is not trusted."""
        world = World()
        world.storage.calls.hook("burner.burn", lambda: world.storage.put(IMAGE, CONTENT, mtime_ns=1))
        with pytest.raises(ChangedError, match=r"image\.iso.*changed while it was burned"):
            world.burn()

    def test_content_that_changes_during_the_burn(self) -> None:
        """Same size, same time: the digest tells."""
        world = World()
        entry = world.storage.entry(IMAGE)
        assert entry is not None
        changed = b"x" + CONTENT[1:]
        world.storage.calls.hook(
            "burner.burn", lambda: world.storage.put(IMAGE, changed, mtime_ns=entry.identity.mtime_ns)
        )
        with pytest.raises(ChangedError, match="changed while it was burned"):
            world.burn()

    @pytest.mark.parametrize("state", [MediumState.CLOSED, MediumState.APPENDABLE, MediumState.INCOMPLETE])
    def test_only_blank_media_are_written(self, state: MediumState) -> None:
        """Anything else stays as it is."""
        world = World(disc=MemoryDisc(state=state))
        with pytest.raises(MediumError, match="medium not blank"):
            world.burn()
        assert not world.disc.content

    def test_a_burner_that_lies_about_a_write_error(self) -> None:
        """TRAP: the exit code is 0, the disc is closed; only reading back finds it."""
        world = World(disc=MemoryDisc(write_error_at=64))
        world.burner.is_liar = True
        with pytest.raises(MismatchError, match="sector 64 cannot be read"):
            world.burn()

    def test_a_burner_that_lies_about_closing(self) -> None:
        """The drive is asked."""
        world = World()
        world.burner.leaves = MediumState.INCOMPLETE
        with pytest.raises(BurnError, match="the drive says that the disc is incomplete") as caught:
            world.burn(is_verified=False)
        assert caught.value.is_spoiled

    def test_a_burner_that_has_done_nothing(self) -> None:
        """The disc is blank, and can be used again."""
        world = World()
        world.burner.leaves = MediumState.BLANK
        with pytest.raises(BurnError) as caught:
            world.burn()
        assert not caught.value.is_spoiled

    def test_the_first_bad_sector_and_its_files_are_named(self) -> None:
        """Also if the files cannot be."""
        world = World(disc=MemoryDisc(flipped_sector=7))
        with pytest.raises(MismatchError, match="sector 7 differs, in no file"):
            world.burn()
        world = World(disc=MemoryDisc(flipped_sector=7), map=BrokenMap())
        with pytest.raises(MismatchError, match="files that cannot be named"):
            world.burn()

    def test_many_bad_sectors_are_counted(self) -> None:
        """The number stands in the message."""
        world = World()
        world.storage.calls.hook(
            "drives.read_back", lambda: world.disc.content.__setitem__(slice(2048, 6144), bytes(4096))
        )
        with pytest.raises(MismatchError, match="sector 1 differs, 2 sectors in all"):
            world.burn()

    def test_the_drive_has_the_word_on_the_disc(self) -> None:
        """A write error before anything was written leaves a disc that can be used."""
        world = World(disc=MemoryDisc(write_error_at=0))
        with pytest.raises(BurnError, match="untouched"):
            world.burn()

    @pytest.mark.parametrize(
        ("damage", "words"),
        [
            (lambda _: None, "all of the image, equal"),
            (lambda world: setattr(world.disc, "unreadable_sector", 5), "sector 5 cannot be read"),
            (lambda world: setattr(world.drives, "is_gone", True), "could not be read back"),
        ],
    )
    def test_a_closed_disc_is_looked_at_although_the_burner_failed(
        self, damage: Callable[[World], None], words: str
    ) -> None:
        """Closing failed after everything was written, as is known of growisofs: told, and still no success."""
        world = World()
        world.storage.calls.fail("burner.burn", BurnError(DEVICE, "CLOSE SESSION failed", is_spoiled=True), when=_AFTER)
        world.storage.calls.hook("drives.reload", lambda: damage(world))
        with pytest.raises(BurnError, match="spoiled: CLOSE SESSION failed"):
            world.burn()
        assert [words in str(event) for event in world.said(FailedDiscRead)] == [True]
        assert not world.said(BurnSucceeded)

    def test_a_drive_that_the_burner_holds_is_not_asked(self) -> None:
        """The burner hangs in the kernel, and so would we; the disc counts as spoiled."""
        world = World()
        held = BurnError(DEVICE, "stood still", is_spoiled=True, is_drive_held=True)
        world.storage.calls.fail("burner.burn", held, when=_AFTER)
        with pytest.raises(BurnError, match="spoiled: stood still"):
            world.burn()
        operations = [call.operation for call in world.storage.calls.log]
        assert not [name for name in operations[operations.index("burner.burn") :] if name.startswith("drives.")]
        assert not world.said(FailedDiscRead)

    def test_a_failed_burn_is_not_looked_at_if_nothing_shall_be(self) -> None:
        """--skip-verify holds."""
        world = World()
        world.storage.calls.fail("burner.burn", BurnError(DEVICE, "CLOSE SESSION failed", is_spoiled=True), when=_AFTER)
        with pytest.raises(BurnError):
            world.burn(is_verified=False)
        assert not world.said(FailedDiscRead)

    def test_a_drive_that_vanishes_while_writing(self) -> None:
        """Then the tool's word stands."""
        world = World()
        world.drives.gone_at_sector = 64
        with pytest.raises(BurnError, match="spoiled"):
            world.burn()

    def test_a_drive_that_vanishes_after_writing(self) -> None:
        """Nobody knows the disc's state: that is a failure."""
        world = World()
        world.storage.calls.hook("burner.burn", lambda: setattr(world.drives, "is_gone", True), when=_AFTER)
        with pytest.raises(BurnError, match="does not answer after the burn"):
            world.burn()

    def test_a_drive_that_is_still_busy_after_writing(self) -> None:
        """It is given time to close the disc."""
        world = World()

        def busy() -> None:
            world.drives.disc = None
            world.clock.after(10, lambda: setattr(world.drives, "disc", world.disc))

        world.storage.calls.hook("burner.burn", busy, when=_AFTER)
        assert world.burn().is_verified

    def test_a_drive_that_never_gets_ready_after_writing(self) -> None:
        """After a minute it is a failure; the disc counts as spoiled."""
        world = World()
        world.storage.calls.hook("burner.burn", lambda: setattr(world.drives, "disc", None), when=_AFTER)
        with pytest.raises(BurnError, match="the disc is absent") as caught:
            world.burn()
        assert caught.value.is_spoiled
        assert world.clock.elapsed_s == 60

    def test_a_drive_that_vanishes_while_reading_back(self) -> None:
        """Written but not verified, which is no success."""
        world = World()
        world.storage.calls.hook("drives.reload", lambda: setattr(world.drives, "is_gone", True))
        with pytest.raises(DriveError, match="could not be read back"):
            world.burn()

    def test_one_ctrl_c_while_writing_only_warns(self) -> None:
        """The disc is finished."""
        world = World()
        world.storage.calls.hook("burner.burn", world.cancel.request, when=_DURING)
        assert world.burn().is_verified
        assert len(world.said(DiscAtRisk)) == 1

    def test_two_ctrl_c_while_writing_stop(self) -> None:
        """And the user hears that the disc is lost."""
        world = World()
        world.storage.calls.hook("burner.burn", world.cancel.request, when=_DURING, times=2)
        with pytest.raises(Cancelled):
            world.burn()
        assert len(world.said(DiscAtRisk)) == len(world.said(DiscSpoiled)) == 1

    def test_a_stop_before_the_first_byte_loses_nothing(self) -> None:
        """Asked twice before writing began: the disc is blank, and nobody is told otherwise."""
        world = World()
        world.storage.calls.hook("burner.burn", world.cancel.request, times=1)
        world.storage.calls.hook("burner.burn", world.cancel.request, times=1)
        with pytest.raises(Cancelled):
            world.burn()
        assert not world.said(DiscSpoiled)
        assert world.disc.state is MediumState.BLANK

    def test_a_drive_that_vanishes_while_stopping(self) -> None:
        """Without its word the disc counts as lost."""
        world = World()

        def both() -> None:
            world.cancel.request()
            world.cancel.request()
            world.drives.is_gone = True

        world.storage.calls.hook("burner.burn", both, when=_DURING)
        with pytest.raises(Cancelled):
            world.burn()
        assert world.said(DiscSpoiled)

    def test_ctrl_c_before_writing_stops_at_once(self) -> None:
        """While waiting for a disc."""
        world = World()
        world.drives.disc = None
        world.clock.after(4, world.cancel.request)
        with pytest.raises(Cancelled):
            world.burn()
        assert world.clock.elapsed_s == 4

    def test_ctrl_c_while_reading_back_stops_at_once(self) -> None:
        """The disc is written, and not verified."""
        world = World()
        world.storage.calls.hook("drives.reload", world.cancel.request)
        with pytest.raises(Cancelled):
            world.burn()
        assert world.said(BurnStoppedUnverified)

    def test_the_first_drive_is_the_default(self) -> None:
        """And none is an error that names the way out."""
        world = World()
        assert pick_device(None, drives=world.drives) == DEVICE
        assert pick_device("/dev/sr7", drives=world.drives) == "/dev/sr7"
        world.drives.is_gone = True
        with pytest.raises(DriveError, match=r"No drive detected.*stdio:"):
            pick_device(None, drives=world.drives)


def sample(name: str) -> tuple[int, list[str]]:
    """Exit code and lines of a recorded run; its first line says how it was recorded."""
    head, *lines = (SAMPLES / name).read_text(encoding="utf-8").splitlines()
    found = re.search(r"exit code (\d+)", head)
    assert found is not None, head
    return int(found[1]), [line for line in lines if line.strip()]


class TestWordsOfTools:
    @pytest.mark.parametrize("path", sorted(SAMPLES.glob("xorriso/*.txt")), ids=lambda path: path.stem)
    def test_xorriso(self, path: Path) -> None:
        """Success is what ended well, wrote and said so; what was writing is known from the messages."""
        if path.stem == "version":
            assert xorriso.version_of(path.read_text(encoding="utf-8")) == "1.5.4"
            return
        outcome = xorriso.judge(*sample(f"xorriso/{path.name}"))
        assert (outcome.problem is None) == (path.stem in {"blank", "appendable"})
        untouched = {"closed", "no-disc", "too-small", "no-drive", "dvd-mounted"}
        assert outcome.has_begun == (path.stem not in untouched)
        assert outcome.is_busy == (path.stem == "dvd-mounted")

    @pytest.mark.parametrize("path", sorted(SAMPLES.glob("growisofs/*.txt")), ids=lambda path: path.stem)
    def test_growisofs(self, path: Path) -> None:
        """TRAP: three of the recorded failures ended with exit code 0."""
        if path.stem == "version":
            assert growisofs.version_of(path.read_text(encoding="utf-8")) == "7.1"
            return
        code, lines = sample(f"growisofs/{path.name}")
        outcome = growisofs.judge(code, lines)
        assert (outcome.problem is None) == (path.stem in {"blank", "dvd-blank"})
        assert outcome.has_begun == (path.stem not in {"no-disc", "too-small", "no-drive"})

    def test_the_failures_that_ended_with_zero_are_among_the_samples(self) -> None:
        """So that the test above is about something."""
        zero = [path.stem for path in SAMPLES.glob("growisofs/*.txt") if "exit code 0" in path.read_text("utf-8")]
        assert {"dvd-write-error", "write-error-middle-with-tray", "spares-overflow-with-tray"} < set(zero)

    @given(st.integers(-64, 255))
    def test_no_exit_code_alone_is_a_success(self, code: int) -> None:
        """Silence is none for xorriso; and every code but 0 is a failure for all."""
        assert xorriso.judge(code, []).problem
        assert (growisofs.judge(code, []).problem is None) == (code == 0)
        assert (hdiutil.judge(code, ()).problem is None) == (code == 0)

    def test_growisofs_codes(self) -> None:
        """130 is a missing device and 143 no block device, neither of them a signal; 144 a busy drive."""
        assert not growisofs.judge(130, []).has_begun
        assert not growisofs.judge(143, []).has_begun
        assert growisofs.judge(144, []).is_busy
        assert growisofs.judge(-9, []).has_begun
        assert "not recognised" in str(growisofs.judge(252, []).problem)

    def test_progress_lines(self) -> None:
        """And other lines."""
        assert growisofs.written_bytes("   14614528/40755200 (35.9%) @0.4x, remaining 0:10 RBU  77.9%") == 14_614_528
        assert growisofs.written_bytes("/dev/sr0: closing track") is None
        assert xorriso.written_bytes("xorriso : UPDATE :   51 of  667 MB written (fifo  0%)") == 51 * 2**20
        assert xorriso.written_bytes("xorriso : NOTE : x") is None
        assert xorriso.version_of("") == growisofs.version_of("") == ""
        assert xorriso.judge(1, []).problem == "xorriso ended with its code 1"
        assert "does not say" in str(xorriso.judge(0, []).problem)

    def test_growisofs_cannot_take_a_device_with_an_equals_sign(self) -> None:
        """TRAP: it would split the argument there."""
        with pytest.raises(ValueError, match="="):
            growisofs_argv.burn_argv(PurePath("/i"), device="/dev/a=b", speed=None)

    def test_hdiutil(self) -> None:
        """The command lines and the drive's state. Written after the manual pages, not recorded on a Mac."""
        line = hdiutil_argv.burn_argv(PurePath("/i.iso"), device="1", speed=None)
        assert line[-3:] == ("-speed", "max", "/i.iso")
        assert hdiutil_argv.burn_argv(PurePath("/i.iso"), device="2", speed=4)[-5:-1] == ("-speed", "4", "-device", "2")
        assert hdiutil_argv.status_argv("1") == ("drutil", "status")
        assert hdiutil_argv.status_argv("2") == ("drutil", "-drive", "2", "status")
        assert hdiutil_argv.tray_argv("2", "eject") == ("drutil", "-drive", "2", "tray", "eject")
        blank = (
            " Vendor   Product           Rev\n HL-DT-ST BD-RE WH16NS40    1.00\n\n"
            "           Type: BD-R                 Name: /dev/disk4\n"
            "     Space Free:  2715:24:17         blocks: 12219392 /  25.03GB /  23.31GiB\n"
            "    Writability: appendable, blank\n"
        )
        status = hdiutil.status_of(blank)
        assert status.medium == Medium(MediumState.BLANK, "BD-R", 12_219_392)
        assert status.disk == "/dev/disk4"
        assert hdiutil.status_of("           Type: No Media Inserted\n").medium.state is MediumState.ABSENT
        used = blank.replace("appendable, blank", "appendable")
        assert hdiutil.status_of(used).medium.state is MediumState.APPENDABLE
        assert hdiutil.status_of(blank.replace("appendable, blank", "")).medium.state is MediumState.CLOSED
        assert hdiutil.status_of(blank.replace("BD-R ", "CD-R ")).medium.state is MediumState.UNSUITABLE
        with pytest.raises(hdiutil.UnknownStatusError):
            hdiutil.status_of("")
        assert hdiutil.percent_of("PERCENT:12.5") == 12.5
        assert hdiutil.percent_of("PERCENT:-1.0") is None
        assert hdiutil.judge(0, ("hdiutil: burn: failed",)).problem == "hdiutil: burn: failed"

    def test_disc_files_are_spelled_as_libburn_does(self) -> None:
        """With a size if wanted; a path may hold anything."""
        assert parse_device("stdio:/a,b=c/d, e\n.img") == DiscFile(PurePath("/a,b=c/d, e\n.img"))
        assert parse_device("stdio:x,blocks=5,blocks=7") == DiscFile(PurePath("x,blocks=5"), 7)
        assert parse_device("stdio:a,b=c.img,blocks=12219392") == DiscFile(PurePath("a,b=c.img"))
        for wrong in ("stdio:", "/dev/sr0", "stdio:\0"):
            with pytest.raises(DriveError):
                parse_device(wrong)

    @pytest.mark.parametrize(
        "option",
        [
            *("blocks=abc", "block=500", "blocks=0", "blocks=00", "blocks=", "blocks=-5", "blocks=5k", "blocks=5 "),
            *("BLOCKS=5", " blocks=5", "blocks = 5", "blocks", "size=5,x", "blocks=5,", "blocks=5,x=1"),
        ],
    )
    def test_a_slip_in_the_size_of_a_disc_file_is_refused(self, option: str) -> None:
        """TRAP: it was a disc of 25 GB under that name. The sentence says what was found and how it is spelled."""
        with pytest.raises(UsageError, match=r"--device '.*': found ',.*', expected stdio:PATH or stdio:PATH,blocks=N"):
            parse_device(f"stdio:dd3.img,{option}")


class TestAnswersOfDrives:
    @pytest.mark.parametrize(
        ("name", "state"),
        [("blank", MediumState.BLANK), ("appendable", MediumState.APPENDABLE), ("closed", MediumState.CLOSED)],
    )
    def test_a_bd_r(self, name: str, state: MediumState) -> None:
        """State and capacity from the recorded answers."""
        lines = (SAMPLES / "optical" / f"{name}.txt").read_text(encoding="utf-8").splitlines()[1:]
        answers = {key: bytes.fromhex(value) for key, value in (line.split() for line in lines)}
        assert optical.profile_of(answers["get-configuration"]) == 0x41
        assert optical.write_once_state(optical.disc_information(answers["read-disc-information"])) is state
        free = optical.free_sectors(answers["read-track-information"])
        assert free == (12_219_392 if name == "blank" else 0)
        formatted = optical.formatted_sectors(answers["read-format-capacities"])
        assert formatted == (None if name == "blank" else 12_219_392)

    def test_an_open_session_is_incomplete_and_a_random_disc_unsuitable(self) -> None:
        """What was begun and not finished is told apart from what could take another session."""
        information = optical.disc_information(bytes((0, 32, 0b0101)) + bytes(31))
        assert optical.write_once_state(information) is MediumState.INCOMPLETE
        others = optical.disc_information(bytes((0, 32, 0b0011)) + bytes(31))
        assert optical.write_once_state(others) is MediumState.UNSUITABLE

    def test_short_answers_mean_nothing(self) -> None:
        """Silence is never "blank"."""
        for parse in (
            optical.profile_of,
            optical.disc_information,
            optical.free_sectors,
            optical.formatted_sectors,
        ):
            with pytest.raises(optical.UnreadableAnswerError):
                parse(b"\0\0")

    def test_sense_data_of_both_formats(self) -> None:
        """Key, code and qualifier."""
        assert optical.sense_of(bytes((0x70, 0, 3, *bytes(9), 0x11, 5))) == optical.Sense(3, 0x11, 5)
        assert optical.sense_of(bytes((0x72, 2, 0x3A, 1))) == optical.Sense(2, 0x3A, 1)
        assert str(optical.Sense(5, 0x21, 0)) == "SCSI error 5h/21h/00h"
        assert optical.Sense(5, 0x21, 0).is_about_sectors
        assert not optical.Sense(5, 0x24, 0).is_about_sectors
        assert optical.Sense(6, 0x28, 0).is_attention

    def test_the_kernels_list(self) -> None:
        """It runs backwards; what cannot write is left out."""
        text = (SAMPLES / "optical" / "cdrom-info.txt").read_text(encoding="utf-8")
        assert optical.writable_devices(text) == ("/dev/sr5",)
        three = "drive name:\t\tsr10\tsr2\tsr1\nCan write CD-R:\t1\t1\t0\nCan write DVD-R:\t1\t0\t0\n"
        assert optical.writable_devices(three) == ("/dev/sr2", "/dev/sr10")
        assert optical.writable_devices("") == ()

    def test_names_of_media(self) -> None:
        """Known or not."""
        assert [optical.kind_name(p) for p in (0x41, 0x43, 0x10, 0x0A, 0x50)] == [
            "BD-R",
            "BD-RE",
            "DVD-ROM",
            "CD-RW",
            "profile 0050h",
        ]
