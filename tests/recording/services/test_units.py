"""Unit files: every value reaches the program as it was meant, and systemd itself accepts and rates them."""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path, PurePath

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.adapters._shared.process import Finished
from camvault.adapters.memory import MemoryCancellation, MemoryClock
from camvault.adapters.systemd import Systemctl, is_generated, unit_files, unit_name
from camvault.adapters.systemd.quoting import argument
from camvault.adapters.systemd.systemctl import parse_show, state_of
from camvault.ports.errors import NotFoundError, ToolError
from camvault.ports.services import CREDENTIALS, Schedule, ServiceDefinition, ServiceKind

RECORDER = ServiceDefinition(
    name="record_camera_ROST2",
    description="Record camera ROST2 (100 %)",
    argv=("/bin/true", "--station", "ROST2", "--user", "us er%$x", "--password-file", f"{CREDENTIALS}/camera-password"),
    kind=ServiceKind.DAEMON,
    user="recorder",
    writable=(PurePath("/srv/my cameras"), PurePath("/srv/logs")),
    credentials={"camera-password": PurePath("/etc/camvault/credentials/record_camera_ROST2")},
    watchdog_s=60,
    needs_network=True,
)
BACKUP = ServiceDefinition(
    name="backup_video",
    description="Copy finished segments to the NAS",
    argv=("/bin/true", "--backup_config", "/srv/back up.json"),
    user="recorder",
    writable=(PurePath("/srv/ready"),),
    writable_if_there=(PurePath("/mnt/nas"),),
    environment_files=(PurePath("/etc/monitor_email.conf"),),
    schedule=Schedule(first_after_s=240, every_s=600),
)
MONITOR = ServiceDefinition(
    name="monitor_recordings",
    description="Restart stalled recorders",
    argv=("/bin/true", "--recording_dir", "/srv/cameras"),
    schedule=Schedule(300, 300),
    may_control_services=True,
)
ALL = (RECORDER, BACKUP, MONITOR)


def _written(folder: Path, *definitions: ServiceDefinition) -> list[Path]:
    paths = []
    for definition in definitions:
        for name, text in unit_files(definition).items():
            (folder / name).write_text(text)
            paths.append(folder / name)
    return paths


def test_systemd_accepts_every_unit(tmp_path: Path) -> None:
    # an account of this machine: `verify` looks the user up
    units = _written(tmp_path, *(attrs.evolve(each, user="daemon") for each in ALL))

    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_systemd_would_find_a_misspelled_setting(tmp_path: Path) -> None:
    unit = tmp_path / "bad.service"
    unit.write_text(unit_files(attrs.evolve(BACKUP, user="daemon"))["backup_video.service"].replace("UMask", "UMaks"))

    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)

    assert "UMaks" in done.stderr


@pytest.mark.parametrize("definition", ALL, ids=lambda d: d.name)
def test_systemd_rates_the_exposure_as_ok(definition: ServiceDefinition, tmp_path: Path) -> None:
    unit = _written(tmp_path, definition)[0]

    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", unit],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    limit = 3.5 if definition.may_control_services else 2.5
    assert found, done.stdout
    assert float(found[1]) <= limit


def test_the_same_definition_gives_the_same_text() -> None:
    assert [unit_files(each) for each in ALL] == [unit_files(attrs.evolve(each)) for each in ALL]


def test_trap_missing_mail_settings_do_not_disable_the_job() -> None:
    assert "EnvironmentFile=-/etc/monitor_email.conf" in unit_files(BACKUP)["backup_video.service"]


def test_trap_missing_folders_are_made_before_the_sandbox_is_set_up() -> None:
    text = unit_files(RECORDER)["record_camera_ROST2.service"]

    assert 'StandardInputText=d "/srv/my cameras" :0755 recorder - -\n' in text
    assert "ExecStartPre=-+/usr/bin/systemd-tmpfiles --create -\n" in text
    assert 'ReadWritePaths="-/srv/my cameras" -/srv/logs' in text  # without "-", systemd 252: 226/NAMESPACE
    assert "WorkingDirectory" not in text


def _make_folders(*folders: Path, owner: str = "daemon") -> "subprocess.CompletedProcess[bytes]":
    """What the unit of a program does that may write to `folders`, as root."""
    definition = attrs.evolve(RECORDER, writable=tuple(map(PurePath, folders)), user=owner)
    lines = unit_files(definition)["record_camera_ROST2.service"].splitlines()
    (command,) = [line.removeprefix("ExecStartPre=-+") for line in lines if line.startswith("ExecStartPre=")]
    texts = [line.removeprefix("StandardInputText=") for line in lines if line.startswith("StandardInputText=")]
    # as systemd undoes it: escapes, then specifiers, then each line gets its end
    given = "".join(text.replace("\\\\", "\\").replace("%%", "%") + "\n" for text in texts)
    return subprocess.run(command.split(), input=os.fsencode(given), capture_output=True, check=False)


@pytest.mark.parametrize("name", ['100 %h "quoted" $HOME', "back\\slash\\n", "d a 'b'", "ä", "a/b/c", "# no comment"])
def test_folders_get_the_name_they_should_have(tmp_path: Path, name: str) -> None:
    done = _make_folders(tmp_path / name)

    assert (done.returncode, done.stderr) == (0, b"")
    assert (tmp_path / name).owner() == "daemon"
    assert (tmp_path / name).stat().st_mode & 0o7777 == 0o755
    assert [each for each in tmp_path.rglob("*") if not any(each.iterdir())] == [tmp_path / name]


def test_a_folder_that_is_there_keeps_its_mode_and_content(tmp_path: Path) -> None:
    folder = tmp_path / "cameras"
    folder.mkdir(mode=0o700)
    (folder / "a.mkv").write_bytes(b"footage")

    assert _make_folders(folder).returncode == 0

    assert (folder.owner(), folder.stat().st_mode & 0o7777) == ("daemon", 0o700)
    assert (folder / "a.mkv").owner() == "root"


@pytest.mark.parametrize("below", ["", "new"])
def test_inv_23_root_gives_nothing_away_that_a_link_leads_to(tmp_path: Path, below: str) -> None:
    """Whoever owns the folder of the footage may put a link in the place of a folder that a unit makes in it."""
    victim, footage = tmp_path / "etc", tmp_path / "footage"
    victim.mkdir()
    footage.mkdir()
    shutil.chown(footage, "daemon")
    (footage / "logs").symlink_to(victim)
    os.lchown(footage / "logs", footage.stat().st_uid, -1)

    _make_folders(footage / "logs" / below, tmp_path / "other")

    assert victim.owner() == "root"
    assert list(victim.iterdir()) == []
    assert (tmp_path / "other").is_dir()  # one that cannot be made keeps no other from it


def test_a_link_that_root_made_is_followed(tmp_path: Path) -> None:
    """A disk of its own for the footage, reached by a link."""
    (tmp_path / "ssd").mkdir()
    (tmp_path / "cameras").symlink_to(tmp_path / "ssd")

    assert _make_folders(tmp_path / "cameras/ROST2").returncode == 0
    assert (tmp_path / "ssd/ROST2").owner() == "daemon"


def test_trap_jobs_are_enabled_by_their_timer_only() -> None:
    files = unit_files(BACKUP)

    assert "[Install]" not in files["backup_video.service"]
    assert "WantedBy=timers.target" in files["backup_video.timer"]
    assert "OnUnitActiveSec=600" in files["backup_video.timer"]


def test_a_recorder_is_restarted_whatever_it_ends_with_and_for_ever() -> None:
    text = unit_files(RECORDER)["record_camera_ROST2.service"]

    assert "Restart=always" in text
    assert "StartLimitIntervalSec=0" in text
    assert "WatchdogSec=60" in text


def test_specifiers_and_variables_are_switched_off_but_credentials_are_not() -> None:
    text = unit_files(RECORDER)["record_camera_ROST2.service"]

    assert "Description=Record camera ROST2 (100 %%)" in text
    assert '--user "us er%%$$x" --password-file "%d/camera-password"' in text


def test_only_generated_files_are_ours() -> None:
    assert is_generated(unit_files(BACKUP)["backup_video.timer"])
    assert not is_generated("[Unit]\nDescription=by hand\n")


_ESCAPE = re.compile(rb"\\(?:x([0-9a-f]{2})|(.))", re.DOTALL)


def _as_systemd_reads(word: str) -> str:
    """The C-style escapes of systemd.syntax(7), then specifiers and variables, as the manager undoes them."""
    raw = word.encode("utf-8", "surrogateescape")
    if raw.startswith(b'"'):
        named = {b"n": b"\n", b"t": b"\t", b"r": b"\r"}
        raw = _ESCAPE.sub(lambda m: bytes.fromhex(m[1].decode()) if m[1] else named.get(m[2], m[2]), raw[1:-1])
    return raw.decode("utf-8", "surrogateescape").replace("%%", "%").replace("$$", "$")


@given(st.text(st.characters(exclude_characters="\0", codec="utf-8")) | st.binary().map(os.fsdecode))
def test_an_argument_survives_systemds_reading(text: str) -> None:
    text = text.replace("\0", "")

    assert _as_systemd_reads(argument(text)) == text
    assert "\n" not in argument(text)


@pytest.mark.parametrize(
    "hostile", ["a\nExecStart=/bin/evil", 'x" y', "tab\there", "", "; rm -rf", "100%h", "$HOME", "\\"]
)
def test_a_hostile_argument_stays_one_word_on_one_line(hostile: str) -> None:
    word = argument(hostile)

    assert "\n" not in word
    assert len(shlex.split(word)) == 1
    assert _as_systemd_reads(word) == hostile


@pytest.mark.parametrize("hostile", ["a\nUser=root", "a\r", "a\0b", "goes on\\"])
@pytest.mark.parametrize(
    "change",
    [
        lambda text: attrs.evolve(RECORDER, user=text),
        lambda text: attrs.evolve(RECORDER, description=text),
        lambda text: attrs.evolve(RECORDER, environment_files=(PurePath("/etc", text),)),
        lambda text: attrs.evolve(RECORDER, credentials={"camera-password": PurePath("/etc", text)}),
    ],
    ids=["user", "description", "environment file", "credential"],
)
def test_what_has_no_escape_in_a_line_is_refused(change: Callable[[str], ServiceDefinition], hostile: str) -> None:
    with pytest.raises(ValueError, match="cannot"):
        unit_files(change(hostile))


def test_a_nul_is_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        argument("a\0b")


@pytest.mark.parametrize("text", ["ROST2", "a b", "ä", "a/b", "-x", ".hidden", "a.b", "50%", "back\\slash"])
def test_unit_names_are_escaped_as_systemd_escape_does_it(text: str) -> None:
    done = subprocess.run(["systemd-escape", "--", text], capture_output=True, text=True, check=True)

    assert unit_name(text) == done.stdout.removesuffix("\n")


def test_what_systemctl_says_of_a_unit_is_read() -> None:
    text = "LoadState=loaded\nActiveState=active\nSubState=running\nUnitFileState=enabled\n"
    text += "ActiveEnterTimestampMonotonic=61500000\n"
    text += "InactiveExitTimestampMonotonic=61000000\nInactiveEnterTimestampMonotonic=9000000\n"

    state = state_of("a.service", parse_show(text), now_s=100.0)

    assert (state.is_known, state.is_active, state.is_enabled) == (True, True, True)
    assert state.detail == "loaded, active (running), enabled"
    assert state.active_s == 38.5
    assert state.since_s == 39.0


@pytest.mark.parametrize(
    ("state", "expected"),
    [("active", 40.0), ("reloading", 40.0), ("activating", 0.0), ("inactive", None), ("failed", None)],
)
def test_only_what_runs_has_a_time_since_its_start(state: str, expected: float | None) -> None:
    """A unit that starts again still says when its last run began."""
    text = (
        f"LoadState=loaded\nActiveState={state}\nSubState=x\nUnitFileState=\nActiveEnterTimestampMonotonic=60000000\n"
        + NEVER
    )

    assert state_of("a.service", parse_show(text), now_s=100.0).active_s == expected


def test_a_time_that_is_no_number_is_not_taken_for_just_started() -> None:
    systemctl, _ = _systemctl(SHOWN.replace(b"30457085", b"soon"))

    with pytest.raises(ToolError):
        systemctl.states(("a.service", "nope.service", "c.service"))


def test_an_answer_that_is_not_understood_is_not_taken_for_stopped() -> None:
    with pytest.raises(ValueError, match="SubState"):
        parse_show("LoadState=loaded\nActiveState=active\nUnitFileState=\n")


NEVER = "InactiveExitTimestampMonotonic=0\nInactiveEnterTimestampMonotonic=0\n"

# systemctl show --property=LoadState,ActiveState,SubState,UnitFileState,ActiveEnterTimestampMonotonic,
#           InactiveExitTimestampMonotonic,InactiveEnterTimestampMonotonic -- A nope.service C     (systemd 252)
SHOWN = b"""LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=linked
InactiveExitTimestampMonotonic=30457085
ActiveEnterTimestampMonotonic=30457085
InactiveEnterTimestampMonotonic=0

LoadState=not-found
ActiveState=inactive
SubState=dead
UnitFileState=
InactiveExitTimestampMonotonic=0
ActiveEnterTimestampMonotonic=0
InactiveEnterTimestampMonotonic=0

LoadState=loaded
ActiveState=failed
SubState=failed
UnitFileState=enabled
InactiveExitTimestampMonotonic=30905652
ActiveEnterTimestampMonotonic=30905652
InactiveEnterTimestampMonotonic=31033845
"""


@attrs.define
class _FakeRun:
    """Answers `show` with a sample, and remembers what was asked."""

    shown: bytes
    asked: list[tuple[str, ...]] = attrs.field(factory=list)

    def __call__(self, argv: tuple[str, ...], **_: object) -> Finished:
        self.asked.append(argv)
        return Finished(0, (), self.shown)


def _systemctl(shown: bytes) -> tuple[Systemctl, _FakeRun]:
    run = _FakeRun(shown)
    return Systemctl(MemoryCancellation(MemoryClock()), run, lambda: 100.0), run


def test_all_units_are_asked_at_once_and_each_answer_is_its_own() -> None:
    systemctl, run = _systemctl(SHOWN)

    states = systemctl.states(("a.service", "nope.service", "c.service"))

    assert [(each.is_known, each.is_active, each.is_failed) for each in states] == [
        (True, True, False), (False, False, False), (True, False, True),
    ]  # fmt: skip
    assert [None if each.since_s is None else round(each.since_s, 1) for each in states] == [69.5, None, 69.0]
    assert len(run.asked) == 1
    assert systemctl.states(()) == ()
    assert len(run.asked) == 1


def test_an_answer_that_is_missing_is_not_taken_for_anothers() -> None:
    systemctl, _ = _systemctl(SHOWN)

    with pytest.raises(ToolError):
        systemctl.states(("a.service", "nope.service"))


def test_a_unit_that_runs_without_a_definition_can_be_stopped_and_an_unknown_one_is_an_error() -> None:
    systemctl, run = _systemctl(
        b"LoadState=not-found\nActiveState=active\nSubState=running\nUnitFileState=\nActiveEnterTimestampMonotonic=1\n"
        + NEVER.encode()
    )
    systemctl.stop(("gone.service",))
    assert run.asked[-1][-3:] == ("stop", "--", "gone.service")

    systemctl, run = _systemctl(
        b"LoadState=not-found\nActiveState=inactive\nSubState=dead\nUnitFileState=\nActiveEnterTimestampMonotonic=0\n"
        + NEVER.encode()
    )
    with pytest.raises(NotFoundError):
        systemctl.stop(("nope.service",))
    assert len(run.asked) == 1


def test_a_job_sees_what_tells_how_an_ext4_is_read() -> None:
    """/proc/fs/ext4 says whether its data is journalled, and so read from the cache; a recorder reads nothing back."""
    for definition in ALL:
        is_daemon = definition.kind is ServiceKind.DAEMON
        assert ("ProcSubset=pid" in unit_files(definition)[f"{definition.name}.service"].splitlines()) is is_daemon
