"""`service_helper` as a command: a whole staging tree, several actions in one call, hostile values, no password."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest

from camvault.apps._cli.parse import parse
from camvault.apps._cli.stage import Parsed, Stage
from tests import canary

CANARY = canary.password('% "$HOME\\')
HOSTILE_USER = 'vie wer"%h$HOME;'


@attrs.frozen
class Site:
    """A folder with both configurations, and a fake systemctl on PATH that writes down what it is asked."""

    folder: Path

    def write(self, cameras: list[dict[str, object]], **defaults: object) -> None:
        fixed = {"user": HOSTILE_USER, "password": CANARY, "output_dir": str(self.folder / "my cam%eras")}
        document = {"defaults": {**fixed, **defaults}, "cameras": cameras}
        canary.keep(self.folder / "cameras.json").write_text(json.dumps(document) + " // as people write it\n")

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        argv = (sys.executable, "-m", "camvault.apps.service_helper", *words)
        environment = {**os.environ, "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}
        done = subprocess.run(
            argv,
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert not canary.found_in(done.stdout + done.stderr)
        return done

    def check(self, *words: str) -> str:
        done = self.run(*words)
        assert done.returncode == 0, done
        return done.stdout

    @property
    def system(self) -> Path:
        return self.folder / "stage/etc/systemd/system"

    def contents(self) -> dict[str, str]:
        return {
            path.name: path.read_text() for kind in ("services", "timers") for path in (self.folder / kind).iterdir()
        }


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path)
    canary.keep(tmp_path / "stage/etc/camvault/credentials")
    (tmp_path / "backup.json").write_text(
        json.dumps(
            {
                "ready_for_backup_dir": '/srv/ready "for" 100%',
                "nas_target_dir": "/mnt/n as",
                "success_log_dir": "/srv/$logs",
                "lock_dir": "/srv/locks",
            }
        )
    )
    site.write([{"station": "ROST1", "ip": "192.168.1.75"}, {"station": "ROST2", "ip": "192.168.1.76"}])
    (tmp_path / "bin").mkdir()
    for command in ("record_camera", "organize_video", "backup_video", "cleanup_video", "monitor_recordings"):
        (tmp_path / "bin" / command).symlink_to("/bin/true")
    return site


STAGED = ("--root", "stage", "--run-as", "daemon", "--bin-dir", "bin")


def test_generate_and_link_into_a_staging_tree(site: Site) -> None:
    said = site.check("generate", "link", *STAGED)

    lines = said.splitlines()
    assert lines[0] == "[GENERATE] services/record_camera_ROST1.service"
    linked = site.system / "record_camera_ROST1.service"
    source = site.folder / "services/record_camera_ROST1.service"
    assert f"[LINK] {linked} → {source}" in lines
    assert linked.readlink() == source
    assert sorted(path.name for path in site.system.iterdir()) == sorted(site.contents())
    assert max(i for i, line in enumerate(lines) if "[GENERATE]" in line) < min(
        i for i, line in enumerate(lines) if "[LINK]" in line
    )


def test_systemd_accepts_what_hostile_values_became(site: Site) -> None:
    site.check("generate", "link", *STAGED)

    units = sorted(str(path) for kind in ("services", "timers") for path in (site.folder / kind).iterdir())
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_systemd_rates_the_exposure_of_every_generated_unit_as_ok(site: Site) -> None:
    site.check("generate", *STAGED)
    services = sorted((site.folder / "services").iterdir())
    asked = ("systemd-analyze", "security", "--offline=true", "--no-pager")

    for unit in services:
        done = subprocess.run([*asked, unit], capture_output=True, text=True, check=True)
        found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
        assert found, done.stdout
        assert float(found[1]) <= (3.5 if unit.name.startswith("monitor") else 2.5), unit.name
    assert len(services) == 6


def test_the_password_is_only_where_root_reads_it(site: Site) -> None:
    site.check("generate", "link", *STAGED)

    secret = site.folder / "stage/etc/camvault/credentials/record_camera_ROST1"
    assert secret.read_text() == CANARY + "\n"
    assert secret.stat().st_mode & 0o777 == 0o600
    assert not [name for name, text in site.contents().items() if canary.found_in(text)]


def test_the_same_configuration_gives_the_same_bytes_anywhere(site: Site) -> None:
    site.check("generate", *STAGED)
    first = site.contents()

    pinned = ("taskset", "--cpu-list", "0", sys.executable, "-m", "camvault.apps.service_helper", "generate", *STAGED)
    other = ("--services_dir", "s2", "--timers_dir", "t2")
    subprocess.run([*pinned, *other], cwd=site.folder, check=True, capture_output=True)

    again = {path.name: path.read_text() for kind in ("s2", "t2") for path in (site.folder / kind).iterdir()}
    assert again == first


def test_one_changed_camera_of_sixteen_is_one_diff(site: Site) -> None:
    cameras: list[dict[str, object]] = [{"station": f"ROST{n}", "ip": f"192.168.1.{n}"} for n in range(1, 17)]
    site.write(cameras)
    site.check("generate", "link", *STAGED)
    cameras[4]["loglevel"] = "warning"
    site.write(cameras)

    said = site.check("generate", "link", *STAGED).splitlines()

    assert said[0] == "[GENERATE] services/record_camera_ROST5.service"
    assert [line[0] for line in said[4:6]] == ["-", "+"]
    assert said[6:] == ["[GENERATE] 0 created, 1 changed, 0 removed, 23 unchanged"]


def test_trap_units_of_a_removed_camera_are_removed_and_hand_written_ones_stay(site: Site) -> None:
    site.check("generate", "link", *STAGED)
    (site.folder / "services/mine.service").write_text("[Service]\nExecStart=/bin/true\n")
    site.write([{"station": "ROST1", "ip": "192.168.1.75"}])

    said = site.check("generate", "link", *STAGED)

    assert "[REMOVE] services/record_camera_ROST2.service" in said
    assert "[UNLINK] record_camera_ROST2.service" in said
    assert not (site.system / "record_camera_ROST2.service").is_symlink()
    assert not (site.folder / "stage/etc/camvault/credentials/record_camera_ROST2").exists()
    assert "mine.service" in site.contents()
    assert (site.system / "mine.service").is_symlink()


def test_links_are_repaired_and_foreign_files_kept(site: Site) -> None:
    site.check("generate", "link", *STAGED)
    wrong, foreign = site.system / "backup_video.service", site.system / "cleanup_video.service"
    wrong.unlink()
    wrong.symlink_to("/nowhere")

    assert len(site.check("link", *STAGED).splitlines()) == 1
    assert wrong.readlink() == site.folder / "services/backup_video.service"
    assert site.check("link", *STAGED) == ""

    foreign.unlink()
    foreign.write_text("[Unit]\n")
    done = site.run("link", *STAGED)
    assert done.returncode == 1
    assert str(foreign) in done.stderr
    assert foreign.read_text() == "[Unit]\n"


def _fake_systemctl(site: Site, *, state: str = "active") -> Path:
    asked = site.folder / "asked"
    (site.folder / "bin/systemctl").write_text(
        f"""#!/bin/sh
echo "$*" >> {shlex.quote(str(asked))}
[ "$1" = show ] || exit 0
shift 3
for _ in "$@"; do printf 'LoadState=loaded\\nActiveState={state}\\nSubState=x\\nUnitFileState=enabled\\n'
  printf 'ActiveEnterTimestampMonotonic=0\\nInactiveExitTimestampMonotonic=0\\n'
  printf 'InactiveEnterTimestampMonotonic=0\\n\\n'; done
"""
    )
    (site.folder / "bin/systemctl").chmod(0o755)
    return asked


def test_several_actions_are_done_in_the_order_they_are_given(site: Site) -> None:
    site.check("generate", *STAGED)
    asked = _fake_systemctl(site)

    said = site.check("enable", "status", "start", "stop")

    verbs = [line.split()[1] for line in asked.read_text().splitlines() if not line.startswith("show")]
    assert verbs == ["enable", "start", "stop"]
    words = [line.split("]")[0].strip("[") for line in said.splitlines()]
    assert list(dict.fromkeys(words)) == ["ENABLE", "OK", "START", "STOP"]


def test_status_ends_with_3_when_something_does_not_run(site: Site) -> None:
    site.check("generate", *STAGED)
    _fake_systemctl(site, state="failed")

    done = site.run("status")

    assert done.returncode == 3
    assert "[NOT OK] record_camera_ROST1.service: loaded, failed (x), enabled" in done.stdout
    assert "[ERROR] not running or failed: " in done.stderr


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["frobnicate"], "unknown action 'frobnicate'"),
        (["generate", "frobnicate"], "unknown action 'frobnicate'"),
        ([], "Missing argument"),
        (["link", "start", "--root", "stage"], "--root: no service manager runs there for start"),
        (["link", "--root", "stage"], "[ERROR] No local units found – run 'generate' first"),  # noqa: RUF001
        (["status"], "[ERROR] No local units found – run 'generate' first"),  # noqa: RUF001
        (["generate", "--cameras_config", "no.json"], "[ERROR] Config file no.json not found"),
        (["generate", "--backup_config", "no.json"], "[ERROR] Config file no.json not found"),
        (["generate", "--service_dir", "x"], "unknown option '--service_dir'"),
        (["generate", "--run-as", "a\nExecStart=/bin/evil"], "a line break"),
    ],
)
def test_wrong_usage_ends_with_1_and_changes_nothing(site: Site, words: list[str], expected: str) -> None:
    done = site.run(*words)

    assert done.returncode == 1
    assert expected in done.stderr
    assert not (site.folder / "services").exists()


@pytest.mark.parametrize(
    ("key", "value"),
    [("user", "a\nExecStart=/bin/evil"), ("password", f"{CANARY}\nx"), ("output_dir", "/a\nb")],
    ids=["user", "password", "output_dir"],  # what is in an id is in the environment of every program
)
def test_a_line_break_in_a_value_is_refused_by_its_key(site: Site, key: str, value: str) -> None:
    site.write([{"station": "ROST1", "ip": "192.168.1.75", key: value}])

    done = site.run("generate")

    assert done.returncode == 1
    assert f"cameras[0].{key}" in done.stderr
    assert not (site.folder / "services").exists()


def _words(exec_start: str) -> list[str]:
    """As systemd splits: escapes in quotes, then specifiers and variables that are switched off."""
    return [word.replace("%%", "%").replace("$$", "$") for word in shlex.split(exec_start)]


def test_every_generated_command_line_is_one_that_its_command_takes(site: Site) -> None:
    site.write([{"station": "ROST1", "ip": "10.0.0.1", "utc": True, "core": 1}], logs_dir="/srv/logs")
    site.check("generate", *STAGED)

    for name, text in site.contents().items():
        if not name.endswith(".service"):
            continue
        (line,) = [line.removeprefix("ExecStart=") for line in text.splitlines() if line.startswith("ExecStart=")]
        program, *argv = _words(line)
        assert program == str(site.folder / "bin" / Path(program).name)
        parsed = parse(_stage(Path(program).name), argv)
        assert isinstance(parsed, Parsed), (name, argv)
        if name.startswith("record"):
            assert parsed.options.user == HOSTILE_USER
            assert parsed.options.output_dir == site.folder / "my cam%eras"


def _stage(command: str) -> Stage[Any]:
    from importlib import import_module  # noqa: PLC0415

    stage: Stage[Any] = import_module(f"camvault.apps.{command}").STAGE
    return stage
