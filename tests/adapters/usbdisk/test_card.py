"""Mounting, looking and unmounting on loop devices, and what gets in the way."""

import errno
import hashlib
import os
import subprocess
import threading
import time
from pathlib import Path, PurePath

import attrs
import pytest

from camvault.adapters.usbdisk.limits import within
from camvault.ports.camera_card import CardBusyError, CardError, CardLostError, MountedCard
from camvault.ports.errors import Cancelled, MissingToolError
from tests.dashcam.loop_card import UUID, LoopCardHarness

FOLDER = "cam-" + UUID.replace("-", "")


def mounted(camera: LoopCardHarness) -> MountedCard:
    return camera.cards.mount(camera.cards.find(within_s=20, cancel=camera.cancel), cancel=camera.cancel)


def row(folder: PurePath) -> str:
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return next(line for line in reversed(lines) if f" {folder} " in line)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder at the front of PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def put_program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


# --- mounting --------------------------------------------------------------------------------------------------------


def test_the_folder_has_the_number_of_the_card_and_nothing_of_it_is_written(camera: LoopCardHarness) -> None:
    camera.plug_in()
    before = hashlib.sha256(camera.image.read_bytes()).digest()
    card = mounted(camera)
    assert card.folder == PurePath(camera.base).with_name(FOLDER)
    assert " ro,nosuid,nodev,noexec," in row(card.folder)
    camera.cards.unmount(card)
    assert hashlib.sha256(camera.image.read_bytes()).digest() == before


def test_a_card_whose_power_was_cut_while_it_was_written_is_mounted_as_it_is(
    camera: LoopCardHarness, tmp_path: Path
) -> None:
    rig = tmp_path / "rw"
    rig.mkdir()
    subprocess.run(["mount", "-o", "loop", camera.image, rig], check=True)
    (rig / "new").write_bytes(b"x")
    os.sync()
    torn = camera.image.read_bytes()  # with a journal that wants to be replayed
    subprocess.run(["umount", rig], check=True)
    camera.image.write_bytes(torn)
    camera.plug_in()
    card = mounted(camera)
    assert camera.cards.problem(card) == ""
    camera.cards.unmount(card)
    assert camera.image.read_bytes() == torn


def test_a_card_that_somebody_else_has_mounted_is_refused_with_the_way_out(
    camera: LoopCardHarness, tmp_path: Path
) -> None:
    camera.plug_in()
    (tmp_path / "desktop").mkdir()
    subprocess.run(["mount", "-o", "ro", f"/dev/{camera.node}", tmp_path / "desktop"], check=True)
    with pytest.raises(CardError, match=f"somebody else has mounted it at {tmp_path}/desktop: .*configure camera.path"):
        mounted(camera)
    assert not (tmp_path / "mnt" / FOLDER).exists()


def test_something_else_at_the_place_is_named(camera: LoopCardHarness) -> None:
    camera.plug_in()
    camera.occupy()
    with pytest.raises(CardError, match="something else is mounted there: tmpfs from none"):
        mounted(camera)
    assert camera.cards.leftovers() == ()


def test_a_link_at_the_place_is_refused(camera: LoopCardHarness, tmp_path: Path) -> None:
    camera.plug_in()
    camera.base.parent.mkdir()
    (tmp_path / "elsewhere").mkdir()
    camera.base.with_name(FOLDER).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CardError, match="it is a link, expected a folder"):
        mounted(camera)


def test_a_place_that_cannot_be_made_is_an_error_of_the_card(camera: LoopCardHarness) -> None:
    camera.plug_in()
    camera.base.parent.write_text("a file")
    with pytest.raises(CardError, match="it cannot be made: "):
        mounted(camera)


def test_a_kind_that_is_not_for_cameras_is_not_mounted(camera: LoopCardHarness) -> None:
    camera.plug_in()
    card = camera.cards.find(within_s=20, cancel=camera.cancel)
    with pytest.raises(CardError, match="it has btrfs, expected vfat, exfat or ext4"):
        camera.cards.mount(attrs.evolve(card, filesystem="btrfs"), cancel=camera.cancel)


def test_what_mount_says_is_told(camera: LoopCardHarness, programs: Path) -> None:
    camera.plug_in()
    put_program(programs, "mount", "echo 'mount: wrong fs type' >&2; exit 32")
    with pytest.raises(CardError, match="it cannot be mounted: mount: wrong fs type"):
        mounted(camera)


def test_a_mount_that_says_it_did_and_did_not_is_noticed(camera: LoopCardHarness, programs: Path) -> None:
    camera.plug_in()
    put_program(programs, "mount", "exit 0")
    with pytest.raises(CardLostError, match="nothing is mounted there any more"):
        mounted(camera)


def test_a_card_that_goes_while_it_is_mounted_is_lost(camera: LoopCardHarness, programs: Path) -> None:
    camera.plug_in()
    put_program(programs, "mount", f"rm -r {camera.sysfs.root}/dev/block; exit 32")
    with pytest.raises(CardLostError, match="it is not there any more"):
        mounted(camera)


def test_a_mount_that_hangs_is_killed_and_undone(camera: LoopCardHarness, programs: Path) -> None:
    camera.plug_in()
    put_program(programs, "mount", '/usr/bin/mount "$@"; trap "" TERM; sleep 600')
    hasty = attrs.evolve(camera.cards, limit_s=2.0)
    with pytest.raises(CardError, match="stopped: it took longer than 2 s"):
        hasty.mount(hasty.find(within_s=20, cancel=camera.cancel), cancel=camera.cancel)
    assert camera.cards.leftovers() == ()


def test_a_wish_to_stop_in_the_middle_of_a_mount_leaves_nothing_mounted(
    camera: LoopCardHarness, programs: Path
) -> None:
    camera.plug_in()
    put_program(programs, "mount", f'/usr/bin/mount "$@"; touch {programs}/done; sleep 600')
    card = camera.cards.find(within_s=20, cancel=camera.cancel)

    def stop_when_done() -> None:
        limit_s = time.monotonic() + 60
        while not (programs / "done").exists() and time.monotonic() < limit_s:
            time.sleep(0.05)
        camera.request_stop()

    stopper = threading.Thread(target=stop_when_done)
    stopper.start()
    with pytest.raises(Cancelled):
        attrs.evolve(camera.cards, limit_s=120.0).mount(card, cancel=camera.cancel)
    stopper.join()
    assert (programs / "done").exists()
    assert camera.cards.leftovers() == ()


def test_without_mount_the_missing_tool_is_named(
    camera: LoopCardHarness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera.plug_in()
    card = camera.cards.find(within_s=20, cancel=camera.cancel)
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path))
        with pytest.raises(MissingToolError, match="mount"):
            camera.cards.mount(card, cancel=camera.cancel)


# --- looking ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "told"),
    [("diskseq", "it was plugged in again (attachment 2, expected 1)"), ("dev", "it is not there any more")],
)
def test_a_number_that_is_used_again_is_no_sign_of_life(camera: LoopCardHarness, name: str, told: str) -> None:
    camera.plug_in()
    card = mounted(camera)
    (camera.disk / name).write_text("2\n")
    assert told in camera.cards.problem(card)


def test_a_device_that_moved_to_another_port_is_not_the_card(camera: LoopCardHarness) -> None:
    camera.plug_in()
    card = mounted(camera)
    elsewhere = attrs.evolve(camera.cards, port_number=2)
    assert "it is not in the camera's port, but at " in elsewhere.problem(card)


def test_the_medium_is_read_and_not_the_cache(camera: LoopCardHarness) -> None:
    camera.plug_in()
    card = mounted(camera)
    assert camera.listed(card.folder) == camera.names
    camera.stop_reading()
    assert camera.listed(card.folder) == camera.names, "as a dead card does while the cache lasts"
    assert "it cannot be read: Input/output error" in camera.cards.problem(card)


def test_what_is_mounted_over_the_card_is_seen_and_left_alone(camera: LoopCardHarness) -> None:
    camera.plug_in()
    card = mounted(camera)
    subprocess.run(["mount", "-t", "tmpfs", "none", card.folder], check=True)
    assert "something else is mounted there: tmpfs from none" in camera.cards.problem(card)
    with pytest.raises(CardError, match="tmpfs from none was mounted over it"):
        camera.cards.unmount(card)


def test_a_list_of_mounts_that_cannot_be_read_proves_nothing(camera: LoopCardHarness, tmp_path: Path) -> None:
    camera.plug_in()
    card = mounted(camera)
    blind = attrs.evolve(camera.cards, mountinfo=tmp_path / "none")
    assert "No such file" in blind.problem(card)
    with pytest.raises(CardError):
        blind.unmount(card)


def test_what_an_earlier_run_left_is_not_read(camera: LoopCardHarness) -> None:
    camera.plug_in()
    mounted(camera)
    (leftover,) = camera.cards.leftovers()
    assert "an earlier run has left it mounted" in camera.cards.problem(leftover)


def test_a_look_that_hangs_has_a_limit() -> None:
    never = threading.Event()
    with pytest.raises(TimeoutError, match=r"no answer within 0\.2 s"):
        within(0.2, never.wait)
    never.set()


# --- unmounting ------------------------------------------------------------------------------------------------------


def test_a_program_that_leaves_in_time_is_waited_for(camera: LoopCardHarness) -> None:
    camera.plug_in()
    card = mounted(camera)
    file = (Path(card.folder) / "Event/0002.MP4").open("rb")
    leaving = threading.Timer(0.3, file.close)
    leaving.start()
    camera.cards.unmount(card)
    leaving.join()
    assert not camera.is_mounted(card.folder)


def test_an_unmount_that_says_it_did_and_did_not_is_noticed(camera: LoopCardHarness, programs: Path) -> None:
    camera.plug_in()
    card = mounted(camera)
    put_program(programs, "umount", "exit 0")
    with pytest.raises(CardError, match="it cannot be unmounted") as caught:
        camera.cards.unmount(card)
    assert not isinstance(caught.value, CardBusyError)
    (programs / "umount").unlink()


def test_an_unmount_that_hangs_is_given_up_after_seconds(camera: LoopCardHarness, programs: Path) -> None:
    """The service has twenty to end in."""
    camera.plug_in()
    card = mounted(camera)
    put_program(programs, "umount", "exec sleep 60")
    begin_s = time.monotonic()
    with pytest.raises(CardError, match="umount"):
        camera.cards.unmount(card)
    assert time.monotonic() - begin_s < 15
    (programs / "umount").unlink()


def test_why_a_card_is_waited_for_is_told_at_once_and_once(camera: LoopCardHarness) -> None:
    told: list[str] = []
    cards = attrs.evolve(camera.cards, on_wait=told.append)
    with pytest.raises(CardError, match="no card within"):
        cards.find(within_s=1, cancel=camera.cancel)
    (words,) = told
    assert words.startswith("no device in ")


def test_a_card_is_never_unmounted_lazily_or_by_force(camera: LoopCardHarness, programs: Path) -> None:
    camera.plug_in()
    card = mounted(camera)
    put_program(programs, "umount", f'echo "$@" >>{programs}/asked; exec /usr/bin/umount "$@"')
    with camera.hold(card.folder), pytest.raises(CardBusyError, match="target is busy"):
        camera.cards.unmount(card)
    assert set((programs / "asked").read_text().splitlines()) == {str(card.folder)}


def test_a_card_in_use_of_an_earlier_run_keeps_the_next_from_mounting(camera: LoopCardHarness) -> None:
    camera.plug_in()
    card = mounted(camera)
    with camera.hold(card.folder), pytest.raises(CardBusyError):
        mounted(camera)


def test_mounts_of_others_are_no_leftovers(camera: LoopCardHarness, tmp_path: Path) -> None:
    camera.plug_in()
    for name, options in (
        ("cam-BEEF", "ro"),
        ("cam-none_of_ours", "ro,nosuid,nodev,noexec"),
        ("other", "ro,nosuid,nodev,noexec"),
    ):
        (tmp_path / "mnt" / name).mkdir(parents=True)
        subprocess.run(["mount", "-o", options, f"/dev/{camera.node}", tmp_path / "mnt" / name], check=True)
    assert camera.cards.leftovers() == ()


# --- a folder that the system mounts ---------------------------------------------------------------------------------


def test_a_folder_that_the_system_should_mount_is_no_card_before_it_did(camera: LoopCardHarness) -> None:
    camera.plug_in()
    (camera.given / "left behind.MP4").write_bytes(b"x")
    with pytest.raises(CardError, match="given: nothing is mounted there"):
        camera.in_folder.mount(None, cancel=camera.cancel)


def test_a_folder_of_its_own_is_taken_with_a_doubt_as_long_as_something_is_in_it(camera: LoopCardHarness) -> None:
    camera.fstab.write_text("")
    with pytest.raises(CardError, match="nothing is mounted there, and it is empty"):
        camera.in_folder.mount(None, cancel=camera.cancel)
    (camera.given / "Normal").mkdir()
    found = camera.in_folder.mount(None, cancel=camera.cancel)
    assert (found.card, found.is_ours) == (None, False)
    assert found.doubt == f"{camera.given} is no mount point"
    assert camera.in_folder.problem(found) == ""
    (camera.given / "Normal").rmdir()
    assert "it is empty" in camera.in_folder.problem(found)
    camera.given.rmdir()
    assert "it cannot be listed: No such file or directory" in camera.in_folder.problem(found)


def test_a_file_system_without_a_block_device_is_taken_with_a_doubt(camera: LoopCardHarness) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "phone", camera.given], check=True)
    (camera.given / "Normal").mkdir()
    found = camera.in_folder.mount(None, cancel=camera.cancel)
    assert "phone is mounted at " in found.doubt
    assert camera.in_folder.problem(found) == ""
    subprocess.run(["umount", camera.given], check=True)
    assert "it is on another file system now" in camera.in_folder.problem(found)


def test_a_device_that_sysfs_does_not_know_is_taken_with_a_doubt_if_it_can_be_read(camera: LoopCardHarness) -> None:
    camera.plug_in()
    camera.mount_by_system()
    camera.pull()
    found = camera.in_folder.mount(None, cancel=camera.cancel)
    assert f"/dev/{camera.node} is mounted at " in found.doubt
    camera.stop_reading()
    with pytest.raises(
        CardError, match=f"/dev/{camera.node}, which is mounted there, is dead: .* leave camera.path out"
    ):
        camera.in_folder.mount(None, cancel=camera.cancel)


def test_a_mount_that_outlived_its_device_is_no_card_although_another_device_has_its_node(
    camera: LoopCardHarness, tmp_path: Path
) -> None:
    """INV-36: the camera came up again, and the old mount lists what is remembered of it, or nothing."""
    camera.plug_in()
    camera.mount_by_system()
    rows = Path("/proc/self/mountinfo").read_text().splitlines()
    (number,) = (row.split()[2] for row in rows if row.split()[4] == str(camera.given))
    mountinfo = tmp_path / "mountinfo"
    mountinfo.write_text("".join(f"{row.replace(number, '7:998')}\n" for row in rows))
    dead = attrs.evolve(camera.in_folder, mountinfo=mountinfo)
    with pytest.raises(CardError, match="is dead: it is the node of another device; what stays mounted"):
        dead.mount(None, cancel=camera.cancel)


def test_a_mount_that_cannot_be_listed_says_what_to_do(
    camera: LoopCardHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(limit_s: float, look: object) -> list[str]:
        raise OSError(errno.EIO, "Input/output error")

    camera.plug_in()
    camera.mount_by_system()
    monkeypatch.setattr("camvault.adapters.usbdisk.given_folder.within", fail)
    with pytest.raises(CardError, match="it cannot be listed: Input/output error; what stays mounted"):
        camera.in_folder.mount(None, cancel=camera.cancel)


def test_a_disk_of_another_port_at_the_folder_is_refused(camera: LoopCardHarness) -> None:
    camera.plug_in()
    camera.mount_by_system()
    with pytest.raises(CardError, match="it is not in the camera's port, but at "):
        attrs.evolve(camera.in_folder, port_number=2).mount(None, cancel=camera.cancel)


def test_a_folder_that_is_reached_by_a_link_is_taken_where_it_is(camera: LoopCardHarness, tmp_path: Path) -> None:
    camera.plug_in()
    camera.mount_by_system()
    (tmp_path / "link").symlink_to(camera.given)
    found = attrs.evolve(camera.in_folder, path=PurePath(tmp_path / "link")).mount(None, cancel=camera.cancel)
    assert (found.folder, found.doubt) == (PurePath(camera.given), "")


def test_a_folder_that_is_not_there_is_an_error(camera: LoopCardHarness) -> None:
    camera.given.rmdir()
    with pytest.raises(CardError, match="it cannot be listed: No such file or directory"):
        camera.in_folder.mount(None, cancel=camera.cancel)


def test_a_wish_to_stop_ends_the_wait_for_the_system(camera: LoopCardHarness) -> None:
    patient = attrs.evolve(camera.in_folder, path_within_s=600.0)
    threading.Timer(0.3, camera.request_stop).start()
    with pytest.raises(Cancelled):
        patient.mount(None, cancel=camera.cancel)
