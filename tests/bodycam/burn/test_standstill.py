"""A burner that stands still is ended and told; one that only closes the disc is left to do so."""

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import typer
from pytest_mock import MockerFixture

from camvault.adapters._shared import burning
from camvault.adapters._shared.burning import Dialect
from camvault.adapters._shared.standstill import StandstillWatch
from camvault.adapters.growisofs import GrowisofsBurner
from camvault.adapters.growisofs import burner as growisofs
from camvault.adapters.hdiutil import burner as hdiutil
from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.memory.burner import MemoryDisc, MemoryDrives
from camvault.adapters.xorriso import burner as xorriso
from camvault.apps._assembly.stall_limit import stall_limit_of
from camvault.ports.errors import BurnError, Cancelled, ToolError
from tests.bodycam.burn.standing_still import WITH_SHORT_LIMITS
from tests.bodycam.burn.writer import DEVICE, Writer

Insert = Callable[..., Writer]
SIZE = 12_000_000
FORTY = "    4800000/12000000 (40.0%) @0.3x, remaining 0:06 RBU  31.0% UBU  50.0%"
HALF = "    6127616/12000000 (51.1%) @0.0x, remaining 0:02 RBU  17.6% UBU 100.0%"


class TestRealBurners:
    @pytest.mark.parametrize(
        ("tool", "block", "disc", "fate"),
        [("xorriso", 700, "incomplete", "the disc is spoiled"), ("growisofs", 0, "blank", "the disc is untouched")],
    )
    def test_a_drive_that_hangs_while_it_is_written(  # noqa: PLR0917 - a row of the table
        self, tool: str, block: int, disc: str, fate: str, insert: Insert, image: Path, tmp_path: Path
    ) -> None:
        """TRAP: both go on talking, and repeat their position for ever. What became of the disc, the drive says."""
        writer = insert(hang_lba=block)
        own = ("--iso-path", str(image), "--burner", tool, "--stall-timeout", "2")

        ended = writer.burn(tmp_path / "cwd", *own, started_by=WITH_SHORT_LIMITS)

        assert ended.exit_code == 1
        assert f"Burning on {DEVICE} failed, {fate}: {tool} stood still: no progress in 2 s (writing, " in ended.error
        assert f"of {image.stat().st_size:,} bytes written), so that it was stopped: " in ended.error
        assert {"xorriso": "MB written (fifo", "growisofs": "remaining"}[tool] in ended.error, "its last words"
        assert writer.disc == disc
        assert not ended.is_success
        assert "Read back" not in ended.log
        assert not _processes_that_name(image)

    @pytest.mark.parametrize("tool", ["xorriso", "growisofs"])
    def test_a_disc_that_is_only_closed_is_not_lost(
        self, tool: str, insert: Insert, image: Path, tmp_path: Path
    ) -> None:
        """Though that takes longer than the limit, and growisofs says nothing meanwhile."""
        own = ("--iso-path", str(image), "--burner", tool, "--stall-timeout", "2")

        ended = insert(close_ms=3000).burn(tmp_path / "cwd", *own, started_by=WITH_SHORT_LIMITS)

        assert ended.exit_code == 0, ended
        assert ended.is_success

    def test_a_drive_that_does_not_answer_while_it_is_read_back(
        self, insert: Insert, image: Path, tmp_path: Path
    ) -> None:
        """The kernel ends the command after a minute (here: sooner), and the disc is not verified."""
        ended = insert(rhang_lba=700, hurry=100).burn(tmp_path / "cwd", "--iso-path", str(image))

        assert ended.exit_code == 1
        words = "The disc is written but could not be read back (The drive stands still: no answer in 60 s)"
        assert ended.error == f"{words}: {DEVICE}"
        assert not ended.is_success


def _processes_that_name(path: Path) -> list[str]:
    listed = subprocess.run(["ps", "-eww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if str(path) in line and "ps -eww" not in line]


@pytest.fixture
def burn(tmp_path: Path, mocker: MockerFixture) -> Callable[..., None]:
    """Burns with a growisofs that is this shell script."""
    mocker.patch.object(burning, "_GRACE_S", 0.5)
    image = tmp_path / "image.iso"
    image.write_bytes(bytes(SIZE))

    def run(script: str, *, stall_s: float, cancel: MemoryCancellation | None = None) -> None:
        program = tmp_path / "growisofs"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        drives = MemoryDrives(lambda _: b"", MemoryDisc())
        burner = GrowisofsBurner(drives, program, "7.1", stall_s)
        cancel = cancel or MemoryCancellation()
        burner.burn(image, device="/dev/sr0", speed=None, on_bytes=lambda _: None, cancel=cancel)

    return run


class TestASilentBurner:
    def test_it_is_ended_with_its_last_words(self, burn: Callable[..., None]) -> None:
        """Its messages, and how far it came."""
        script = f"echo '/dev/sr0: engaging'; echo '{FORTY}'; echo '{HALF}'; sleep 60"
        with pytest.raises(BurnError) as caught:
            burn(script, stall_s=1)
        assert str(caught.value) == (
            "Burning on /dev/sr0 failed, the disc is spoiled: growisofs stood still: no progress in 1 s (writing, "
            f"6,127,616 of 12,000,000 bytes written), so that it was stopped: /dev/sr0: engaging | {HALF.strip()}"
        )
        assert not caught.value.is_drive_held

    def test_closing_has_an_end_too(self, burn: Callable[..., None], mocker: MockerFixture) -> None:
        """A limit of its own."""
        mocker.patch.object(burning, "_UNHURRIED_S", 1)
        with pytest.raises(BurnError, match=r"no progress in 1 s \(closing session, 6,127,616 of 12,000,000"):
            burn(f"echo '{HALF}'; echo '/dev/sr0: closing session'; sleep 60", stall_s=0.5)

    def test_without_a_limit_it_is_waited_for(self, burn: Callable[..., None]) -> None:
        """As long as it takes."""
        burn("sleep 1", stall_s=0)

    def test_who_stops_it_is_not_told_of_a_standstill(self, burn: Callable[..., None]) -> None:
        """TRAP: both end the program the same way."""
        with pytest.raises(Cancelled):
            burn("sleep 60", stall_s=60, cancel=MemoryCancellation(after_checks=3))

    @pytest.mark.parametrize("is_still", [True, False])
    def test_one_that_cannot_be_ended_holds_the_drive(
        self, is_still: bool, burn: Callable[..., None], mocker: MockerFixture
    ) -> None:
        """Only a burner that stood still is said to."""

        def hang(*_: object, cancel: StandstillWatch, **__: object) -> None:
            cancel.is_still = is_still
            raise ToolError("growisofs", -9, ("it does not end: it hangs in the kernel",))

        mocker.patch("camvault.adapters._shared.process.run", side_effect=hang)
        with pytest.raises(BurnError if is_still else ToolError) as caught:
            burn("", stall_s=60)
        assert getattr(caught.value, "is_drive_held", False) == is_still
        assert "hangs in the kernel" in str(caught.value)


def limits(dialect: Dialect, lines: Sequence[str], *, stall_s: float = 60) -> list[float]:
    """The limit before the first line and after each one, as a run with these lines has it."""
    watch = StandstillWatch(MemoryCancellation(), stall_s)
    run = burning._Run(dialect, SIZE, stall_s, lambda _: None, watch)
    found = [watch.limit_s]
    for line in lines:
        run.take(line)
        found.append(watch.limit_s)
    return found


class TestWhichLimitHolds:
    def test_growisofs(self) -> None:
        """Two hours from the first word that writing is over; less while it writes."""
        lines = [FORTY, "/dev/sr5: flushing cache", "/dev/sr5: closing track", "/dev/sr5: closing session"]
        assert limits(growisofs._DIALECT, lines) == [60, 60, 7200, 7200, 7200]
        assert limits(growisofs._DIALECT, ["/dev/sr0: pre-formatting blank BD-RE for 24.8GB...", FORTY]) == [
            60,
            7200,
            60,
        ]
        assert limits(growisofs._DIALECT, ["   12000000/12000000 (100.0%) @0.3x, remaining 0:00"]) == [60, 7200]

    def test_xorriso(self) -> None:
        """Its last megabyte says that all was handed over; what is repeated while it closes is no progress."""
        update = "xorriso : UPDATE : "
        lines = [
            f"{update}   5 of   11 MB written (fifo 99%) [buf  50%]   0.3x.",
            f"{update}  11 of   11 MB written (fifo  0%) [buf  50%]   0.3x.",
            f"{update}Closing track/session. Working since 9 seconds",
            f"{update}Closing track/session. Working since 10 seconds",
        ]
        assert limits(xorriso._DIALECT, lines) == [60, 60, 7200, 7200, 7200]
        assert limits(xorriso._DIALECT, [f"{update}Formatting. Working since 1 seconds", lines[0]]) == [60, 7200, 60]

    def test_hdiutil(self) -> None:
        """It prints -1 where it does not know how far it is. Written after the manual page, not recorded on a Mac."""
        lines = ["PERCENT:-1.000000", "PERCENT:12.5", "PERCENT:100.000000", "PERCENT:-1.000000"]
        assert limits(hdiutil._DIALECT, lines) == [60, 7200, 60, 7200, 7200]

    def test_a_limit_of_more_holds_for_closing_as_well_and_none_for_both(self) -> None:
        """The user may be more patient than we are."""
        closing = ["/dev/sr5: closing track"]
        assert limits(growisofs._DIALECT, closing, stall_s=10_000) == [10_000, 10_000]
        assert limits(growisofs._DIALECT, closing, stall_s=0) == [0, 0]

    def test_only_bytes_are_progress(self) -> None:
        """Neither the same position again nor the same phase again; a next phase is."""
        now = [0.0]
        watch = StandstillWatch(MemoryCancellation(), 60, lambda: now[0])
        run = burning._Run(xorriso._DIALECT, SIZE, 60, lambda _: None, watch)
        run.take("xorriso : UPDATE :   5 of   11 MB written (fifo 99%) [buf  50%]   0.3x.")
        now[0] = 50
        run.take("xorriso : UPDATE :   5 of   11 MB written (fifo 98%) [buf  50%]   0.0x.")
        run.take("xorriso : NOTE : something is said")
        now[0] = 61
        assert watch.is_requested

        watch = StandstillWatch(MemoryCancellation(), 60, lambda: now[0])
        run = burning._Run(xorriso._DIALECT, SIZE, 60, lambda _: None, watch)
        for second in range(0, 7201, 100):
            now[0] = 100 + second
            run.take(f"xorriso : UPDATE : Closing track/session. Working since {second} seconds")
        assert not watch.is_requested
        now[0] += 1
        assert watch.is_requested


class TestFlag:
    @pytest.mark.parametrize(("text", "value"), [("0", 0), ("60", 60), ("1800.0", 1800), ("86400", 86_400)])
    def test_values(self, text: str, value: float) -> None:
        """0 is no limit; the text with which the pipeline hands the flag on is one as well."""
        assert stall_limit_of(60)(text) == value

    @pytest.mark.parametrize("text", ["59", "-1", "86401", "nan", "inf", "", "a minute"])
    def test_a_limit_that_would_ruin_discs_is_refused(self, text: str) -> None:
        """And whatever is no number; what was found and what was expected stand in the sentence."""
        with pytest.raises(typer.BadParameter) as caught:
            stall_limit_of(60)(text)
        assert caught.value.message == f"{text!a} is neither 0 (no limit) nor a number of seconds from 60 to 86400"
