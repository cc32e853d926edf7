"""What a newcomer meets first: missing tools, files that cannot be written, configuration that is not there yet."""

import json
import os
import subprocess
import sys
from pathlib import Path

import attrs
import json5
import pytest

from camvault.adapters.system.packages import install_command, this_family
from camvault.apps._assembly.templates import TEMPLATES, TemplateName
from camvault.apps._cli.explain import explained
from camvault.core.stations.configuration import BackupConfig, read_backup, read_cameras
from camvault.ports.errors import MissingToolError
from tests.apps.test_startup import COMMANDS

FULL = Path("/dev/full")


def run(folder: Path, command: str, *argv: str, **more: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", f"camvault.apps.{command}", *argv],
        cwd=folder,
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        check=False,
    )


def run_into_full(folder: Path, command: str, *argv: str) -> "subprocess.CompletedProcess[str]":
    """As `command ... > /dev/full`."""
    program = [sys.executable, "-m", f"camvault.apps.{command}", *argv]
    with FULL.open("w") as full:
        return subprocess.run(program, cwd=folder, stdout=full, stderr=subprocess.PIPE, text=True, check=False)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with both configuration files; everything that they name is in it."""
    folders = {key: str(tmp_path / key) for key in ("ready_for_backup_dir", "success_log_dir", "lock_dir")}
    (tmp_path / "target").mkdir()
    document = {**folders, "nas_target_dir": str(tmp_path / "target")}
    (tmp_path / "backup.json").write_text(json5.dumps(document, quote_keys=True))
    output_dir = tmp_path / "cameras"
    output_dir.mkdir()
    camera = {"station": "ROST1", "ip": "10.0.0.1", "output_dir": str(output_dir)}
    (tmp_path / "cameras.json").write_text(json5.dumps({"cameras": [camera]}, quote_keys=True))
    return tmp_path


class TestMissingTool:
    def test_backup_without_rsync_makes_nothing(self, site: Path) -> None:
        """The package of this distribution is named, and no folder or marker appears."""
        before = sorted(site.rglob("*"))
        done = run(site, "backup_video", "--init-target", PATH="/nonexistent")
        assert done.returncode == 1
        assert "Required tool not found: rsync" in done.stderr
        assert f"To install it here: {install_command('rsync', family=this_family())}" in done.stderr
        assert sorted(site.rglob("*")) == before

    def test_a_tool_that_is_too_old_is_not_to_be_installed(self) -> None:
        """It is there, and its package would be the same."""
        error = MissingToolError("ffmpeg", "6.0 or newer", "/usr/bin/ffmpeg 5.1.9")
        assert explained(error) == str(error)

    def test_what_is_no_package_has_no_hint(self) -> None:
        error = MissingToolError("apprise", "the extra camvault[notify]")
        assert explained(error) == str(error)


class TestResultThatCannotBeWritten:
    @pytest.mark.parametrize("flag", ["--help", "--version"])
    @pytest.mark.parametrize("command", COMMANDS)
    def test_help_and_version(self, command: str, flag: str, tmp_path: Path) -> None:
        done = run_into_full(tmp_path, command, flag)
        assert (done.returncode, "No space left on device" in done.stderr) == (1, True)
        assert "Traceback" not in done.stderr

    @pytest.mark.parametrize(
        ("command", "argv"),
        [
            ("backup_video", ("--init-target",)),
            ("cleanup_video", ("--no-look",)),
            ("cleanup_video", ("--no-look", "--dry-run")),
            ("organize_video", ()),
            ("recording_coverage", ("--cameras_config", "cameras.json")),
            ("recording_coverage", ("--cameras_config", "cameras.json", "--json")),
            ("service_helper", ("generate",)),
            ("service_helper", ("--print-template", "cameras")),
        ],
    )
    def test_recording(self, command: str, argv: tuple[str, ...], site: Path) -> None:
        """Exit code 1 with the reason, though everything was done."""
        assert run(site, command, *argv).returncode == 0
        done = run_into_full(site, command, *argv)
        assert done.returncode == 1
        assert "could not be written to standard output: No space left on device" in done.stderr

    def test_the_work_is_done_all_the_same(self, site: Path) -> None:
        """A full disk behind stdout is no reason to leave units unwritten."""
        assert run_into_full(site, "service_helper", "generate").returncode == 1
        assert (site / "services" / "record_camera_ROST1.service").exists()

    def test_the_error_of_the_command_goes_first(self, site: Path) -> None:
        """Its exit code says more."""
        done = run_into_full(site, "recording_coverage", "--cameras_config", "cameras.json", "--require", "50")
        assert done.returncode == 2
        assert "could not be written" in done.stderr

    def test_a_dry_run_of_burn_iso(self, tmp_path: Path) -> None:
        folder = tmp_path / "build"
        folder.mkdir()
        (folder / "a.txt").write_text("a")
        image = tmp_path / "x.iso"
        made = run(
            tmp_path, "create_iso", "--build-dir", str(folder), "--iso-path", str(image), "--logfile", "create.log"
        )
        assert made.returncode == 0
        done = run_into_full(tmp_path, "burn_iso", "--iso-path", str(image), "--device", "stdio:d.img", "--dry-run")
        assert (done.returncode, "could not be written" in done.stderr) == (1, True)


class TestDevices:
    def test_burn_iso_refuses_a_disc_file_without_its_prefix(self, tmp_path: Path) -> None:
        """Before a drive is looked for; with what to type."""
        image = tmp_path / "x.iso"
        folder = tmp_path / "build"
        folder.mkdir()
        (folder / "a.txt").write_text("a")
        run(tmp_path, "create_iso", "--build-dir", str(folder), "--iso-path", str(image), "--logfile", "create.log")
        done = run(tmp_path, "burn_iso", "--iso-path", str(image), "--device", "d.img")
        assert done.returncode == 1
        assert "--device stdio:d.img" in done.stderr
        assert not (tmp_path / "d.img").exists()

    def test_prepare_refuses_one_that_it_should_ask(self, tmp_path: Path) -> None:
        clip = tmp_path / "a.mp4"
        clip.write_bytes(b"x")
        asked = ("--disc-bytes", "auto", "--device", "d.img", "--build-dir", "build", "--logfile", "x.log")
        done = run(tmp_path, "prepare_bodycam", *asked, str(clip))
        assert done.returncode == 1
        assert "--device stdio:d.img" in done.stderr
        assert not (tmp_path / "build").exists()


class TestConfiguration:
    def test_no_camera_is_said(self, site: Path) -> None:
        """Which file, and what was expected; nothing is generated."""
        (site / "cameras.json").write_text('{"cameras": []}')
        done = run(site, "service_helper", "generate")
        assert done.returncode == 1
        assert "[ERROR] cameras.json: cameras: found no camera, expected at least one" in done.stderr
        assert not (site / "services").exists()

    def test_a_missing_file_is_answered_with_its_template(self, tmp_path: Path) -> None:
        done = run(tmp_path, "service_helper", "generate")
        assert "[ERROR] Config file cameras.json not found" in done.stderr
        assert "service_helper --print-template cameras" in done.stderr

    @pytest.mark.parametrize("name", TemplateName)
    def test_a_template_is_printed_as_it_is(self, name: TemplateName, tmp_path: Path) -> None:
        """No action is needed for it."""
        done = run(tmp_path, "service_helper", "--print-template", name)
        assert (done.returncode, done.stderr, done.stdout) == (0, "", TEMPLATES[name])

    def test_units_can_be_generated_from_the_templates(self, tmp_path: Path) -> None:
        for name in (TemplateName.CAMERAS, TemplateName.BACKUP):
            (tmp_path / f"{name}.json").write_text(TEMPLATES[name])
        done = run(tmp_path, "service_helper", "generate")
        assert (done.returncode, done.stderr) == (0, "")
        assert "[GENERATE] services/record_camera_ROST2.service" in done.stdout

    def test_templates_are_valid_and_show_every_key_of_the_backup(self) -> None:
        cameras = read_cameras(json5.loads(TEMPLATES[TemplateName.CAMERAS]))
        assert cameras.problems == ()
        backup = json5.loads(TEMPLATES[TemplateName.BACKUP])
        assert read_backup(backup).problems == ()
        assert set(backup) == {field.name for field in attrs.fields(BackupConfig)}

    def test_the_mail_template_is_what_the_watchdog_reads(self) -> None:
        """Each line that is no comment sets one of its variables."""
        from camvault.adapters.smtp import settings_from  # noqa: PLC0415

        lines = [line for line in TEMPLATES[TemplateName.MONITOR_EMAIL].splitlines() if not line.startswith("#")]
        settings = settings_from(dict(line.split("=", 1) for line in lines))
        assert settings is not None
        assert {line.split("=")[0] for line in lines} == {
            "SMTP_HOST",
            "SMTP_PORT",
            "SMTP_USER",
            "SMTP_PASS",
            "ALERT_TO",
        }


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_command_works_with_closed_standard_streams(tmp_path: Path, closed: str) -> None:
    """Python has no object for a closed stream, and the next file that is opened would get its number."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/clip.mp4").write_bytes(b"clip")
    command = (
        sys.executable,
        "-m",
        "camvault.apps.create_iso",
        "--build-dir",
        "folder",
        "--iso-path",
        "a.iso",
        "--logfile",
        "log",
    )
    done = subprocess.run(["sh", "-c", f'exec "$@" {closed}', "sh", *command], cwd=tmp_path, check=False)
    assert done.returncode == 0
    assert (tmp_path / "a.iso").stat().st_size > 0


def run_in(folder: Path, command: str, *flags: str) -> "subprocess.CompletedProcess[str]":
    argv = (sys.executable, "-m", f"camvault.apps.{command}", *flags)
    return subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False, timeout=300)


def test_a_log_level_that_ffmpeg_does_not_know_is_refused(tmp_path: Path) -> None:
    """It was handed on, and ffmpeg refused every start: "camera down", for ever."""
    done = run_in(tmp_path, "record_camera", "--ip", "127.0.0.1", "--station", "A", "--loglevel", "loud")
    assert done.returncode == 1
    assert "--loglevel: found 'loud', expected one of quiet, panic" in done.stderr


@pytest.mark.parametrize("command", ["organize_video", "backup_video", "cleanup_video"])
def test_a_configuration_that_is_not_there_is_named_with_its_flag_and_template(tmp_path: Path, command: str) -> None:
    done = run_in(tmp_path, command)
    assert done.returncode == 1
    assert "backup.json: No such file or directory; --backup_config names the file" in done.stderr
    assert "service_helper --print-template backup" in done.stderr


def test_coverage_of_a_folder_that_is_not_there_is_no_zero_percent(tmp_path: Path) -> None:
    camera = {"station": "A", "ip": "127.0.0.1", "output_dir": str(tmp_path / "nothing")}
    (tmp_path / "cameras.json").write_text(json.dumps({"cameras": [camera]}))
    done = run_in(tmp_path, "recording_coverage", "--cameras_config", "cameras.json")
    assert done.returncode == 1
    assert f"output_dir {tmp_path / 'nothing'} does not exist" in done.stderr
