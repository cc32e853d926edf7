"""burn_iso with the real growisofs on the emulated DVD+R writer, through a real kernel: what it says, how it ends.

Zero false successes is the point: each test that spoils something also looks for the word that must not be there.
"""

import pytest

from tests.rig.fixtures import IN_PROJECT
from tests.rig.guest import Done, Guest

IMAGE = "/root/shift.iso"
MEDIUM_FOLDER = "/var/tmp/media"
MEDIUM = f"{MEDIUM_FOLDER}/disc"
LOG = "/root/burn.log"
BURN = (*IN_PROJECT, "camvault.apps.burn_iso", "--iso-path", IMAGE, "--logfile", LOG, "--burner", "growisofs")
TO_DRIVE = (*BURN, "--device", "/dev/sr0")


@pytest.fixture
def writer(guest: Guest) -> Guest:
    """A guest with an image of six million bytes of video in it."""
    guest.shell(f"mkdir -p /root/build {MEDIUM_FOLDER} && head -c 6000000 /dev/urandom > /root/build/cam1_0001.mp4")
    guest.check("genisoimage", "-quiet", "-iso-level", "3", "-udf", "-V", "SHIFT", "-o", IMAGE, "/root/build")
    return guest


def insert_blank(guest: Guest) -> None:
    guest.check("burner", "blank", MEDIUM)


def when_half_written(guest: Guest) -> None:
    guest.wait_until(f"test $(stat -c %s {MEDIUM}) -gt 3000000", timeout_s=120)


def is_on_disc(guest: Guest) -> bool:
    """Take the disc out, put it in again, and compare it as any other program would see it."""
    guest.check("burner", "insert", MEDIUM)
    return guest.run("sh", "-c", f"cmp -n $(stat -c %s {IMAGE}) /dev/sr0 {IMAGE}").exit_code == 0


def log(guest: Guest) -> str:
    return guest.check("cat", LOG)


def assert_failed(guest: Guest, done: Done, *, exit_code: int = 1) -> None:
    assert done.exit_code == exit_code, done
    assert "SUCCESS" not in done.stdout + done.stderr + log(guest)


def test_a_blank_disc_is_burned_and_verified_and_a_second_burn_refused(writer: Guest) -> None:
    insert_blank(writer)
    done = writer.run(*TO_DRIVE)
    assert done.exit_code == 0, done
    assert "SUCCESS" in log(writer)
    assert is_on_disc(writer)

    again = writer.run(*TO_DRIVE)
    assert again.exit_code == 1, again
    assert "medium not blank" in again.stderr
    assert log(writer).count("SUCCESS") == 1
    assert is_on_disc(writer)


@pytest.mark.nightly
def test_an_empty_drive_is_waited_for(writer: Guest) -> None:
    burning = writer.start(*TO_DRIVE)  # tgt's drive does not tell the kernel that it writes: it has to be named
    writer.wait_until(f"grep -q 'No disc detected in /dev/sr0' {LOG}", timeout_s=120)
    insert_blank(writer)
    done = writer.finish(burning)
    assert done.exit_code == 0, done
    assert "SUCCESS" in log(writer)
    assert is_on_disc(writer)


def test_a_disc_that_is_taken_out_while_burning_is_a_failure(writer: Guest) -> None:
    insert_blank(writer)
    burning = writer.start(*TO_DRIVE)
    when_half_written(writer)
    writer.check("burner", "pull")
    assert_failed(writer, writer.finish(burning))


def test_a_write_error_in_the_middle_is_a_failure_although_the_disc_gets_closed(writer: Guest) -> None:
    writer.shell(f"mount -t tmpfs -o size=4m tmpfs {MEDIUM_FOLDER}")
    insert_blank(writer)
    done = writer.run(*TO_DRIVE)
    assert_failed(writer, done)
    assert "spoiled" in done.stderr
    assert not is_on_disc(writer)


def test_a_drive_that_goes_while_burning_is_a_failure(writer: Guest) -> None:
    insert_blank(writer)
    burning = writer.start(*TO_DRIVE)
    when_half_written(writer)
    writer.check("burner", "lose")
    assert_failed(writer, writer.finish(burning))


@pytest.mark.nightly
def test_no_drive_is_a_failure_before_anything_else(writer: Guest) -> None:
    writer.check("burner", "lose")
    for argv in (BURN, TO_DRIVE):
        done = writer.run(*argv)
        assert_failed(writer, done)
        assert "No drive detected" in done.stderr
