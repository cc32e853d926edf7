"""The scenarios of burn_iso: the real command with the real burners on the emulated BD-R writer."""

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_mock import MockerFixture

from camvault.apps._assembly.burners import select_burner, select_drives
from camvault.core.disc.burner_choice import BurnerTool
from camvault.ports.errors import MissingToolError
from tests.bodycam.burn.writer import BLOCKS, DEVICE, Writer, wait_for

Insert = Callable[..., Writer]
TOOLS = ("xorriso", "growisofs")


@pytest.mark.parametrize("tool", TOOLS)
def test_s01_burn_and_verify(tool: str, insert: Insert, image: Path, tmp_path: Path) -> None:
    """The disc holds the image, and the log says SUCCESS with the image's SHA-256."""
    writer = insert()

    ended = writer.burn(tmp_path / "cwd", "--iso-path", str(image), "--burner", tool)

    assert ended.exit_code == 0, ended
    assert "SUCCESS" in ended.log
    assert "SUCCESS" in ended.stdout
    assert f"SHA-256 equal: {hashlib.sha256(image.read_bytes()).hexdigest()}" in ended.log
    assert writer.content(image.stat().st_size) == image.read_bytes()
    assert not ended.stderr
    is_open = writer.disc == "appendable"
    assert is_open == (tool == "growisofs")
    assert ("closed session, disc left appendable: later sessions are possible" in ended.log) == is_open
    assert ("closed (the session; the disc is left appendable)" in ended.log) == is_open


def test_s02_an_empty_tray_is_waited_for(insert: Insert, image: Path, tmp_path: Path) -> None:
    """It asks for a disc once, and goes on by itself when one is there."""
    writer = insert(media="none")
    run = writer.start(tmp_path / "cwd", "--iso-path", str(image))
    run.wait_for_log(f"💿  No disc detected in {DEVICE}. Please insert a blank BD-R/RE… (press Ctrl-C to cancel)")

    writer.turn("media", "bdr")
    ended = run.end()

    assert ended.exit_code == 0, ended
    assert ended.log.count("No disc detected") == 1
    assert "SUCCESS" in ended.log


def test_s03_skip_verify(insert: Insert, image: Path, tmp_path: Path) -> None:
    """A flipped bit goes unnoticed if the user asked not to look, and the log says so."""
    ended = insert(flip_lba=900).burn(tmp_path / "cwd", "--iso-path", str(image), "--skip-verify")

    assert ended.exit_code == 0, ended
    assert "Verification skipped" in ended.log
    assert "not verified" in ended.log


def test_s04_a_missing_image_is_told_before_waiting_for_a_disc(insert: Insert, tmp_path: Path) -> None:
    """No disc is asked for to burn nothing."""
    ended = insert(media="none").burn(tmp_path / "cwd", "--iso-path", str(tmp_path / "none.iso"))

    assert ended.exit_code == 1
    assert "File not found" in ended.error
    assert "No disc detected" not in ended.log


@pytest.mark.parametrize("kind", ["clip", "zeros", "cut", "short"])
def test_s04_what_is_no_image_is_not_burned(kind: str, insert: Insert, image: Path, tmp_path: Path) -> None:
    """Neither a clip nor an image that was cut off within a sector."""
    odd = tmp_path / "odd.iso"
    content = {"clip": b"ftypisom" * 256 * 20, "zeros": bytes(100 * 2048), "cut": image.read_bytes()[:-1]}
    odd.write_bytes(content.get(kind, bytes(2048)))
    writer = insert()

    ended = writer.burn(tmp_path / "cwd", "--iso-path", str(odd))

    assert ended.exit_code == 1
    assert "not an image" in ended.error
    assert writer.disc == "blank"


@pytest.mark.parametrize("state", ["closed", "appendable"])
@pytest.mark.parametrize("tool", TOOLS)
def test_s05_a_used_disc_is_refused_before_writing(
    tool: str, state: str, insert: Insert, image: Path, tmp_path: Path
) -> None:
    """Xorriso would add a useless second session to an appendable disc and end with 0."""
    writer = insert(state=state)

    ended = writer.burn(tmp_path / "cwd", "--iso-path", str(image), "--burner", tool)

    assert ended.exit_code == 1
    assert "medium not blank" in ended.error
    assert (writer.disc, writer.written_sectors) == (state, 320)


@pytest.mark.parametrize("arguments", [(), ("--device", "/dev/sr7")])
def test_s06_no_drive(arguments: tuple[str, ...], image: Path, tmp_path: Path) -> None:
    """Neither the first drive nor the one asked for exists. growisofs would end with 130 here, as if by Ctrl-C."""
    command = [sys.executable, "-m", "camvault.apps.burn_iso", "--iso-path", str(image), *arguments]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "No drive detected" in done.stderr


def test_s07_checksum_mismatch(insert: Insert, image: Path, tmp_path: Path) -> None:
    """The first bad sector and the file it belongs to are named; the exit code is 2."""
    ended = insert(flip_lba=900).burn(tmp_path / "cwd", "--iso-path", str(image))

    assert ended.exit_code == 2
    assert ended.error == f"Checksum mismatch on {DEVICE}: sector 900 differs, in cam1/clip_2.mp4"
    assert "SUCCESS" not in ended.log


def test_s08_an_unwritable_logfile_stops_before_the_burn(insert: Insert, image: Path, tmp_path: Path) -> None:
    """/proc refuses even root."""
    writer = insert()

    ended = writer.burn(tmp_path / "cwd", "--iso-path", str(image), "--logfile", "/proc/camvault.log")

    assert ended.exit_code == 1
    assert "Cannot write logfile" in ended.error
    assert writer.disc == "blank"


def test_s08_without_the_flag_the_log_is_in_the_current_folder(insert: Insert, image: Path, tmp_path: Path) -> None:
    """And if that is not writable, nothing is burned."""
    writer = insert()
    (tmp_path / "cwd" / "burn_iso.log").mkdir(parents=True)
    command = [sys.executable, "-m", "camvault.apps.burn_iso", "--iso-path", str(image)]

    done = subprocess.run(command, cwd=tmp_path / "cwd", env=writer.env, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "Cannot write logfile" in done.stderr
    assert writer.disc == "blank"


@pytest.mark.parametrize("which", ["image", "disc", "sized disc", "link"])
def test_trap_the_log_is_neither_the_image_nor_the_disc(which: str, image: Path, tmp_path: Path) -> None:
    """Appending would change the one, and make the other a used disc."""
    copy = Path(shutil.copy(image, tmp_path / "x.iso"))
    disc, link = tmp_path / "disc.img", tmp_path / "link.log"
    link.symlink_to(copy)
    log = {"image": copy, "link": link}.get(which, disc)
    device = f"stdio:{disc},blocks=5000" if which == "sized disc" else f"stdio:{disc}"
    own = ("--iso-path", str(copy), "--device", device, "--logfile", str(log))

    done = subprocess.run(
        [sys.executable, "-m", "camvault.apps.burn_iso", *own], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "Cannot write logfile" in done.stderr
    assert copy.read_bytes() == image.read_bytes()
    assert not disc.exists()


def test_s09_another_device(vburn_library: Path, image: Path, tmp_path: Path) -> None:
    """The drive named by --device is the one that is written."""
    writer = Writer.new(vburn_library, tmp_path / "drive")
    env = {**writer.env, "VBURN_DEV": "/dev/sr1"}
    command = [sys.executable, "-m", "camvault.apps.burn_iso", "--iso-path", str(image), "--device", "/dev/sr1"]

    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done
    assert writer.content(image.stat().st_size) == image.read_bytes()


@pytest.mark.parametrize(
    ("tool", "expected"),
    [
        ("xorriso", "xorriso -no_rc -as cdrecord -v dev=/dev/sr5 padsize=0 speed=4 {image}"),
        ("growisofs", "growisofs -use-the-force-luke=spare:none,notray -dvd-compat -speed=4 -Z /dev/sr5={image}"),
    ],
)
def test_s10_dry_run(tool: str, expected: str, insert: Insert, image: Path, tmp_path: Path) -> None:
    """The command is printed to stdout, and nothing is started: not even the drive is opened."""
    writer = insert(media="none")

    ended = writer.burn(tmp_path / "cwd", "--iso-path", str(image), "--dry-run", "--burner", tool, "--speed", "4")

    assert ended.exit_code == 0
    printed = next(line for line in ended.stdout.splitlines() if tool in line)
    assert printed == f"{shutil.which(tool)!s}".removesuffix(tool) + expected.format(image=image)
    assert "Dry-run mode – no commands executed" in ended.stdout  # noqa: RUF001
    assert {path.name for path in writer.folder.iterdir()} <= {
        "VBURN_BLOCKS",
        "VBURN_HURRY",
        "VBURN_MEDIA",
        "cdrom-info",
    }


@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_s10_the_printed_command_can_be_pasted(shell: str, image: Path, tmp_path: Path) -> None:
    """For a path with a line break, a quote and a byte that is no UTF-8: it does in a shell what the command does."""
    odd = tmp_path / os.fsdecode(b"a\n'b\" \xff $x.iso")
    shutil.copy(image, odd)
    command = [sys.executable, "-m", "camvault.apps.burn_iso", "--iso-path", str(odd), "--dry-run"]

    done = subprocess.run([*command, "--device", "stdio:d.img"], cwd=tmp_path, capture_output=True, check=True)
    (line,) = [line for line in done.stdout.splitlines() if b".iso" in line]
    subprocess.run([shell, "-c", line], cwd=tmp_path, check=True)

    assert (tmp_path / "d.img").read_bytes() == image.read_bytes()


def test_s11_hdiutil_absent(mocker: MockerFixture) -> None:
    """On a Mac without hdiutil the message says what is missing and what works without it."""
    mocker.patch("sys.platform", "darwin")

    with pytest.raises(MissingToolError, match=r"hdiutil not found.*stdio:PATH"):
        select_burner("1", drives=mocker.Mock(), cancel=mocker.Mock())


def test_s12_wsl_has_no_drive_but_disc_files(image: Path, tmp_path: Path) -> None:
    """The message names the way out, and the way out works."""
    command = [sys.executable, "-m", "camvault.apps.burn_iso", "--iso-path", str(image)]

    refused = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    done = subprocess.run(
        [*command, "--device", "stdio:disc.img"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    again = subprocess.run(
        [*command, "--device", "stdio:disc.img"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert refused.returncode == 1
    assert "--device stdio:PATH" in refused.stderr
    assert done.returncode == 0, done
    assert (tmp_path / "disc.img").read_bytes() == image.read_bytes()
    assert again.returncode == 1
    assert "medium not blank" in again.stderr


def test_s12_a_slip_in_the_size_makes_no_disc(image: Path, tmp_path: Path) -> None:
    """Nor a file of that name."""
    command = [sys.executable, "-m", "camvault.apps.burn_iso", "--iso-path", str(image)]

    done = subprocess.run(
        [*command, "--device", "stdio:d.img,block=500"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "found ',block=500', expected stdio:PATH or stdio:PATH,blocks=N" in done.stderr
    assert {path.name for path in tmp_path.iterdir()} <= {"burn_iso.log"}


@pytest.mark.parametrize("tool", TOOLS)
def test_a_disc_can_be_filled_to_the_last_sector(tool: str, insert: Insert, image: Path, tmp_path: Path) -> None:
    """TRAP: growisofs keeps 256 MiB back after checking the size, xorriso adds 300 KiB, unless told otherwise."""
    head = image.read_bytes()
    content = head + os.urandom(BLOCKS * 2048 - len(head))
    full = tmp_path / "full.iso"
    full.write_bytes(content)
    writer = insert()

    ended = writer.burn(tmp_path / "cwd", "--iso-path", str(full), "--burner", tool)

    assert ended.exit_code == 0, ended
    assert writer.content(len(content)) == content


@pytest.mark.parametrize("tool", TOOLS)
def test_names_with_equals_signs_and_spaces(tool: str, insert: Insert, image: Path, tmp_path: Path) -> None:
    """TRAP: growisofs splits its argument at an `=`."""
    folder = tmp_path / "a=b /dev/sr6=c"
    folder.mkdir(parents=True)
    odd = folder / "-im=age \n.iso"
    shutil.copy(image, odd)
    writer = insert()

    ended = writer.burn(tmp_path / "cwd", "--iso-path", str(odd), "--burner", tool)

    assert ended.exit_code == 0, ended
    assert writer.content(image.stat().st_size) == image.read_bytes()


@pytest.mark.parametrize("tool", TOOLS)
def test_a_plain_file_is_never_handed_to_a_burner(tool: str, insert: Insert, image: Path, tmp_path: Path) -> None:
    """TRAP: as root, growisofs unmounts /proc then; xorriso overwrites the file."""
    victim = tmp_path / "victim.iso"
    shutil.copy(image, victim)

    ended = insert().burn(tmp_path / "cwd", "--iso-path", str(image), "--burner", tool, "--device", str(victim))

    assert ended.exit_code == 1
    assert "Not an optical drive" in ended.error
    assert victim.read_bytes() == image.read_bytes()
    assert Path("/proc/self/stat").exists()


def test_a_killed_burn_leaves_a_disc_that_is_refused(insert: Insert, image: Path, tmp_path: Path) -> None:
    """After kill -9 in mid-burn nothing claims success, the burner is gone too, and the next run refuses the disc."""
    writer = insert(kbps=500)
    run = writer.start(tmp_path / "cwd", "--iso-path", str(image))
    wait_for(lambda: writer.written_sectors > 64)
    run.kill()
    wait_for(lambda: not _burner_is_running(writer))
    writer.turn("kbps", 0)

    ended = writer.burn(tmp_path / "again", "--iso-path", str(image))

    assert "SUCCESS" not in run.log
    assert ended.exit_code == 1
    assert ended.error.startswith("medium not blank, it is incomplete")


def _burner_is_running(writer: Writer) -> bool:
    marker = f"VBURN_DIR={writer.folder}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if marker in (process / "environ").read_bytes() and b"xorriso" in (process / "cmdline").read_bytes():
                return True
        except OSError:  # it ended meanwhile
            continue
    return False


@pytest.mark.parametrize("tool", TOOLS)
def test_under_sudo(tool: str, insert: Insert, image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TRAP: some builds of growisofs refuse to start when they find SUDO_COMMAND."""
    monkeypatch.setenv("SUDO_COMMAND", "burn_iso")

    ended = insert().burn(tmp_path / "cwd", "--iso-path", str(image), "--burner", tool)

    assert ended.exit_code == 0, ended


def test_both_verify_flags_exclude_one_another(insert: Insert, image: Path, tmp_path: Path) -> None:
    """A usage error is 1, before anything is touched."""
    writer = insert()

    ended = writer.burn(tmp_path / "cwd", "--iso-path", str(image), "--verify", "--skip-verify")

    assert ended.exit_code == 1
    assert "exclude one another" in ended.stderr
    assert writer.disc == "blank"


def test_a_slim_drive_is_verified_without_opening_its_tray(insert: Insert, image: Path, tmp_path: Path) -> None:
    """A tray that only a hand can close stays closed."""
    ended = insert(slim=1).burn(tmp_path / "cwd", "--iso-path", str(image))

    assert ended.exit_code == 0, ended


def test_the_chosen_tool_must_be_there(mocker: MockerFixture) -> None:
    """Asking for growisofs where there is none is an error, not a reason to take another."""
    mocker.patch("camvault.adapters._shared.process.find_program", return_value=None)

    with pytest.raises(MissingToolError, match="growisofs not found"):
        select_burner(
            "/dev/sr0",
            drives=select_drives(None, cancel=mocker.Mock()),
            cancel=mocker.Mock(),
            wanted=BurnerTool.GROWISOFS,
        )


@pytest.fixture
def little_disk(tmp_path: Path) -> Iterator[Path]:
    """An ext4 of its own, with room for a disc of some megabytes."""
    disk, where = tmp_path / "little.img", tmp_path / "little"
    where.mkdir()
    with disk.open("wb") as file:
        file.truncate(8 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", "-O", "^has_journal", disk], check=True)
    subprocess.run(["mount", "-o", "loop", disk, where], check=True)
    try:
        yield where
    finally:
        subprocess.run(["umount", where], check=True)


FILLED_MEANWHILE = """
import sys
from camvault.adapters.discfile import disc
real, place = disc._no_space, sys.argv.pop()
def look_and_fill(file, size_bytes):
    found = real(file, size_bytes)
    with open(place, "wb", buffering=0) as filler:
        try:
            while filler.write(bytes(4096)): pass
        except OSError:
            filler.truncate(filler.tell() - 1_000_000)
    return found
disc._no_space = look_and_fill
from camvault.apps.burn_iso import entry
entry()
"""


@pytest.mark.xdist_group("loop")
@pytest.mark.parametrize("is_empty_disc_there", [False, True])
@pytest.mark.parametrize("is_early", [True, False], ids=["seen before writing", "filled meanwhile"])
def test_a_full_disk_under_a_disc_file(
    is_early: bool, is_empty_disc_there: bool, image: Path, tmp_path: Path, little_disk: Path
) -> None:
    """Nothing half written counts as a disc; it stays blank, and the same command burns it once there is room."""
    disc, filler = little_disk / "disc.img", little_disk / "filler"
    if is_empty_disc_there:
        disc.touch()
    if is_early:
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(bytes(4096)):
                pass
    flags = ["--iso-path", str(image), "--device", f"stdio:{disc}", "--logfile", str(tmp_path / "burn.log")]
    start = ["-m", "camvault.apps.burn_iso"] if is_early else ["-c", FILLED_MEANWHILE]

    ended = subprocess.run(
        [sys.executable, *start, *flags, *([] if is_early else [str(filler)])],
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 1, ended
    expected = (
        "not enough space for the disc file, the image has"
        if is_early
        else "the disc is untouched: No space left on device"
    )
    assert expected in ended.stderr
    assert "SUCCESS" not in (tmp_path / "burn.log").read_text()
    left = {
        path.name: path.stat().st_size for path in little_disk.iterdir() if path.name not in {"lost+found", "filler"}
    }
    assert left == ({"disc.img": 0} if is_empty_disc_there else {})
    filler.unlink()
    again = subprocess.run([sys.executable, "-m", "camvault.apps.burn_iso", *flags], capture_output=True, check=False)
    assert again.returncode == 0, again
    assert disc.read_bytes() == image.read_bytes()
