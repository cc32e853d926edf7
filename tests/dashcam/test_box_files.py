"""`dashcam print`: the files that a box is set up with."""

import re
import subprocess
import sys
from pathlib import Path

import attrs
import pytest
from ruamel.yaml import YAML

from camvault.apps._assembly.box_files import FOR_A_CONFIGURATION, LOGROTATE, UNIT, box_files, filled_text, shipped_text
from camvault.core.dashcam.configuration import BoxConfig, CardConfig, PathsConfig, UploadConfig, read_box
from camvault.ports.errors import UsageError

PROGRAMS = Path(sys.executable).parent


def printed(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "-m", "camvault.apps.dashcam", "print", *map(str, arguments)]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=300)


def filled(name: str, config: BoxConfig, *, config_path: str = "/etc/camera_service/config.yaml") -> str:
    return filled_text(name, config, config_path=Path(config_path), programs=PROGRAMS)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "my config $1 100%.yaml"
    path.write_text("paths:\n  local_staging: /srv/card 1/staging\n  log_path: /srv/logs/dashcam.log\n")
    return path


def analysed(unit: Path, *what: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["systemd-analyze", *what, unit], capture_output=True, text=True, check=False, timeout=300)


def test_the_unit_is_for_the_configuration_and_systemd_accepts_it(tmp_path: Path, config: Path) -> None:
    done = printed("camera_service.service", "--config", config)
    assert done.returncode == 0, done.stderr
    assert f'ExecStart={PROGRAMS}/camera_service --config "{tmp_path}/my config $$1 100%%.yaml"\n' in done.stdout
    assert 'ReadWritePaths="-/srv/card 1/staging" -/srv/logs -/mnt\n' in done.stdout
    unit = tmp_path / "camera_service.service"
    unit.write_text(done.stdout)
    verified = analysed(unit, "verify")
    assert (verified.returncode, verified.stderr) == (0, "")


def test_the_unit_has_what_the_specification_names() -> None:
    lines = filled(UNIT, BoxConfig()).splitlines()
    wanted = {"User=root", "Restart=on-failure", "TimeoutStopSec=30", "WantedBy=multi-user.target"}
    assert wanted <= set(lines)
    (after,) = [line for line in lines if line.startswith("After=")]
    assert "network.target" in after.removeprefix("After=").split()
    assert f"ExecStart={PROGRAMS}/camera_service --config /etc/camera_service/config.yaml" in lines


def test_systemd_rates_the_exposure_of_the_service(tmp_path: Path) -> None:
    """As root, with mounts and devices: more than a recorder (2.5), and less than without a sandbox (9.6)."""
    unit = tmp_path / "camera_service.service"
    unit.write_text(filled(UNIT, BoxConfig()))
    done = analysed(unit, "security", "--offline=true", "--no-pager")
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert found, done.stdout + done.stderr
    assert float(found[1]) <= 5


def test_the_log_is_rotated_weekly_and_compressed(config: Path) -> None:
    lines = [line.strip() for line in printed("camera_service.logrotate", "--config", config).stdout.splitlines()]
    assert '"/srv/logs/dashcam.log" {' in lines
    assert {"weekly", "compress", "missingok", "copytruncate", "}"} <= set(lines)


@pytest.mark.parametrize("path", ['/var/log/a"b.log', "/var/log/*.log", "/var/log/a\\b.log"])
def test_a_log_that_logrotate_would_take_for_a_pattern_is_refused(path: str) -> None:
    config = attrs.evolve(BoxConfig(), paths=PathsConfig(log_path=path))
    with pytest.raises(UsageError, match=r"paths\.log_path: found"):
        filled(LOGROTATE, config)


def test_a_path_of_the_configuration_cannot_bring_a_setting_along() -> None:
    config = attrs.evolve(
        BoxConfig(),
        paths=PathsConfig(local_staging='/srv/a b"\\%n@LOG@', log_path="/srv/@STAGING@/x.log"),
        camera=CardConfig(mount_base="/media/card"),
    )
    text = filled(UNIT, config, config_path="/etc/x\nUser=nobody")
    assert "\nUser=nobody" not in text
    assert 'ReadWritePaths="-/srv/a b\\"\\\\%%n@LOG@" -/srv/@STAGING@ -/media\n' in text


def test_the_unit_may_write_where_the_configuration_sends_to() -> None:
    upload = UploadConfig(host="", dest_path="/srv/share", rclone_config="/etc/rclone/rclone.conf")
    text = filled(UNIT, attrs.evolve(BoxConfig(), upload=upload))
    assert "ReadWritePaths=-/var/lib/camera_service/staging -/var/log -/mnt -/srv/share -/etc/rclone\n" in text


def test_no_mark_is_left_over() -> None:
    for name in box_files():
        text = filled(name, BoxConfig()) if name in FOR_A_CONFIGURATION else shipped_text(name)
        assert re.findall(r"@[A-Z]+@", text) == []


def test_the_configuration_that_is_shipped_is_that_of_all_defaults() -> None:
    document = YAML(typ="safe").load(shipped_text("config.yaml"))
    assert read_box(document).value == BoxConfig()
    commented = re.sub(r"^  # (\w+: \S+).*$", r"  \1", shipped_text("config.yaml"), flags=re.MULTILINE)
    document = YAML(typ="safe").load(commented)
    assert read_box(document).problems == ()
    keys = {f"{table}.{key}" for table, values in document.items() for key in values}
    known = {
        f"{table.name}.{key.name}"
        for table in attrs.fields(BoxConfig)
        for key in attrs.fields(type(getattr(BoxConfig(), table.name)))
    }
    assert keys == known - {"thresholds.resume_millivolts"}


def test_a_script_is_printed_as_it_is_shipped() -> None:
    done = printed("battery-info.sh")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == shipped_text("battery-info.sh")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("passwd",), "no file 'passwd': expected one of battery-info.sh,"),
        ((), "found nothing after print, expected one, NAME"),
        (("config.yaml", "config.yaml"), "found 'config.yaml config.yaml' after print, expected one, NAME"),
        (("camera_service.service", "--config", "nowhere.yaml"), "nowhere.yaml: No such file or directory"),
    ],
)
def test_what_cannot_be_printed_is_wrong_usage(arguments: tuple[str, ...], words: str) -> None:
    done = printed(*arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr
