"""monitor_recordings as a command: a real SMTP server, a service manager that remembers, a real folder."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from aiosmtpd.controller import Controller
from prometheus_client.parser import text_string_to_metric_families

from tests import canary
from tests.contracts.test_alerts import Mailbox
from tests.contracts.test_pulse import web_server

PASSWORD = canary.password("-monitor")
SYSTEMCTL = """#!/bin/sh
# A service manager with one unit that knows only what these tests ask
printf '%s\\n' "$*" >>"$0.log"
for unit; do :; done
case "$*" in
*show*) case $unit in
    record_camera_ROST2.service)
        printf '%s\\n' LoadState=loaded ActiveState=active SubState=running UnitFileState=enabled ;;
    *) printf '%s\\n' LoadState=not-found ActiveState=inactive SubState=dead UnitFileState= ;;
    esac
    printf '%sTimestampMonotonic=0\\n' ActiveEnter InactiveExit InactiveEnter ;;
*restart*) ;;
*) exit 1 ;;
esac
"""


@attrs.frozen
class Machine:
    folder: Path
    mailbox: Mailbox
    port: int

    @property
    def cameras(self) -> Path:
        return self.folder / "cameras"

    def run(self, *options: str, mail: bool = True) -> "subprocess.CompletedProcess[str]":
        environment = {key: value for key, value in os.environ.items() if not key.startswith("SMTP_")}
        environment["PATH"] = f"{self.folder / 'bin'}{os.pathsep}{environment['PATH']}"
        environment["RUNTIME_DIRECTORY"] = str(self.folder / "run")
        if mail:
            environment |= {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(self.port), "ALERT_TO": "a@example.org"}
            environment |= {"SMTP_PASS": PASSWORD}
        # The unit is said to run since the machine started, which may be less long ago than two segments of ten minutes
        argv = ["--recording_dir", str(self.cameras), "--segment_time", "60", *options]
        return subprocess.run(
            [sys.executable, "-m", "camvault.apps.monitor_recordings", *argv],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def restarts(self) -> list[str]:
        lines = (self.folder / "bin/systemctl.log").read_text().splitlines()
        return [line for line in lines if "restart" in line]


# a Matroska file: its header, a track of pictures, and a cluster with one block of it
ONE_PICTURE = "1a45dfa3801853806701ffffffffffffff1654ae6b88ae86d781018381011f43b6758be78100a386810000807878"


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    program = tmp_path / "bin/systemctl"
    program.parent.mkdir()
    program.write_text(SYSTEMCTL)
    program.chmod(0o755)
    (tmp_path / "run").mkdir(mode=0o700)
    station = tmp_path / "cameras/ROST2"
    station.mkdir(parents=True)
    segment = station / "ROST2_20250528T120000.mkv"
    segment.write_bytes(bytes.fromhex(ONE_PICTURE))
    long_ago = time.time() - 5000
    os.utime(segment, (long_ago, long_ago))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield Machine(tmp_path, mailbox, port)
    finally:
        controller.stop()


def test_a_stall_is_one_restart_one_mail_and_one_line_of_metrics(machine: Machine) -> None:
    metrics = machine.folder / "camvault.prom"

    done = machine.run("--metrics", str(metrics))

    assert (done.returncode, done.stderr) == (0, "")
    messages = [line.split("] ", 1)[1] for line in done.stdout.splitlines()]
    assert messages[0] == "[INFO] Running monitor_recordings check..."
    assert messages[1].startswith("[WARNING] ROST2 idle for 50")
    assert messages[2:] == [
        "[INFO] Restarted record_camera_ROST2.service",
        "[INFO] Alert sent by mail: [CAMERA] Auto-restart ROST2",
        "[INFO] monitor_recordings check complete.",
    ]
    (mail,) = machine.mailbox.mails
    assert mail["Subject"] == "[CAMERA] Auto-restart ROST2"
    families = {family.name: family for family in text_string_to_metric_families(metrics.read_text())}
    assert families["camvault_last_frame_age_seconds"].samples[0].value > 5000
    assert families["camvault_restarts"].samples[0].labels == {"station": "ROST2", "cause": "watchdog"}

    again = machine.run()

    assert "Restarted" not in again.stdout
    assert (len(machine.mailbox.mails), len(machine.restarts())) == (1, 1)
    everything = (
        done.stdout + again.stdout + metrics.read_text() + (machine.cameras / ".monitor_recordings.json").read_text()
    )
    assert PASSWORD not in everything + str(mail)


def test_a_mail_server_that_was_down_gets_the_mail_later(machine: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        closed_port = str(probe.getsockname()[1])
    up = attrs.evolve(machine, port=int(closed_port))

    done = up.run()

    assert done.returncode == 0
    assert "[ERROR] Alert not sent by mail" in done.stderr
    assert machine.run().returncode == 0
    assert [mail["Subject"] for mail in machine.mailbox.mails] == ["[CAMERA] Auto-restart ROST2"]


def test_without_mail_a_program_is_told_and_the_log_says_so(machine: Machine) -> None:
    told = machine.folder / "told"

    done = machine.run("--alert-command", f"/bin/sh -c 'cat >{told}'", mail=False)

    assert done.returncode == 0
    assert "[WARNING] Email config incomplete — skipping alert." in done.stdout
    assert told.read_text().startswith("[CAMERA] Auto-restart ROST2\nROST2 idle for 50")


def test_a_configured_camera_without_folder_and_a_stray_folder(machine: Machine) -> None:
    config = canary.keep(machine.folder / "cameras.json")
    camera = {"station": "ROST9", "ip": "192.0.2.1", "output_dir": str(machine.cameras), "password": PASSWORD}
    config.write_text(json.dumps({"cameras": [camera]}))
    (machine.cameras / "old").mkdir()

    done = machine.run("--cameras_config", str(config), "--state", str(machine.folder / "state.json"))

    assert done.returncode == 0
    assert "no camera of the configuration and no record_camera_old.service: old" in done.stderr
    assert "ROST9 no recordings yet, and its unit does not exist: record_camera_ROST9.service" in done.stderr
    assert len(machine.restarts()) == 1
    assert PASSWORD not in (machine.folder / "state.json").read_text() + done.stdout + done.stderr


def test_a_missing_folder_is_an_error_and_one_incident(machine: Machine) -> None:
    aside = machine.cameras.with_name("aside")
    machine.cameras.rename(aside)

    for _ in range(2):
        done = machine.run()
        assert done.returncode == 1
        assert f"[ERROR] Recording directory not found: {machine.cameras}" in done.stderr

    assert [mail["Subject"] for mail in machine.mailbox.mails] == ["[DISK] Recording folder missing"]
    assert not machine.cameras.exists()
    aside.rename(machine.cameras)
    assert machine.run().returncode == 0
    assert [mail["Subject"] for mail in machine.mailbox.mails][1] == "[DISK] Recording folder is back"


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--alert-command", "'"), "--alert-command"),
        (("--alert-command", ""), "--alert-command: found nothing"),
        (("--alert-urls", "/no/such/file"), "--alert-urls /no/such/file: No such file"),
        (("--ping-url", "/dev/null"), "The ping URL: found none that is shown here, expected one that begins with"),
        (("--cameras_config", "/no/such/file"), "/no/such/file"),
    ],
)
def test_what_cannot_be_meant_is_refused(machine: Machine, options: tuple[str, ...], problem: str) -> None:
    done = machine.run(*options)
    assert done.returncode == 1
    assert problem in done.stderr


def test_urls_come_from_a_file_and_no_other_program_writes_the_spare_memory(machine: Machine) -> None:
    urls = canary.keep(machine.folder / "urls")
    urls.write_text(f"# nothing here\njson://127.0.0.1:1/{PASSWORD}\n")
    (machine.folder / "run").chmod(0o777)

    done = machine.run("--alert-urls", str(urls), "--disk-limit", "100", mail=False)

    assert done.returncode == 0
    assert "[ERROR] Alert not sent by json" in done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    assert not list((machine.folder / "run").iterdir())


def test_metrics_that_cannot_be_written_are_said_and_end_with_2(machine: Machine) -> None:
    done = machine.run("--metrics", str(machine.folder / "no/camvault.prom"))
    assert done.returncode == 2
    assert "[ERROR] No metrics:" in done.stderr
    assert len(machine.restarts()) == 1


def test_a_timeline_that_cannot_be_read_leaves_out_the_figures_of_its_station_alone(machine: Machine) -> None:
    (machine.cameras / "ROST2/.timeline").mkdir()
    (machine.cameras / "ROST3").mkdir()
    figures = machine.folder / "camvault.prom"

    done = machine.run("--metrics", str(figures))

    assert done.returncode == 2
    assert f"[ERROR] No figures of station ROST2: {machine.cameras}/ROST2/.timeline: Is a directory" in done.stderr
    assert "--metrics: figures are missing, 1 problem(s), see above" in done.stderr
    assert 'camvault_coverage_24h_percent{station="ROST3"} 0' in figures.read_text()
    assert 'camvault_coverage_24h_percent{station="ROST2"}' not in figures.read_text()


def test_a_sign_of_life_goes_to_the_url_in_a_file(machine: Machine) -> None:
    url = canary.keep(machine.folder / "ping")
    with web_server() as web:
        url.write_text(f"{web.url()}\n")
        done = machine.run("--ping-url", str(url))
    assert len(web.asked) == 1
    again = machine.run("--ping-url", str(url))

    assert (done.returncode, again.returncode) == (0, 0)
    assert "No sign of life: Alert not sent by the ping URL: nobody answers" in again.stderr
    canary.look("log", "what monitor_recordings said", done.stdout + done.stderr + again.stdout + again.stderr)
