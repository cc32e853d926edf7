"""One bad folder stops no other, and folders that must not lie in one another are refused by every job alike."""

import json
import os
import subprocess
import sys
from pathlib import Path, PurePath

import attrs
import pytest

from camvault.adapters.memory.footage import MemoryFootage
from camvault.adapters.memory.pictures import MemoryPictures
from camvault.core.stations.site import Station
from camvault.core.workflows.recording.organize import OrganizePorts, organize
from camvault.core.workflows.steps.station_folders import unknown_links
from camvault.ports.errors import StorageError, UsageError
from tests.recording.segments.conftest import Done, Pi
from tests.recording.segments.helpers import OUT, QUARANTINE, READY, Machine

FIRST = "ROST1_20250528T140000.mkv"
SECOND = "ROST2_20250528T140000.mkv"
JOBS = ("organize_video", "backup_video", "cleanup_video")


@attrs.define
class Site(Pi):
    """A machine of which both files are written by the test."""

    backup: dict[str, object] = attrs.field(factory=dict)
    outputs: dict[str, Path] = attrs.field(factory=dict)
    fstab: str = ""

    def configure(self) -> None:
        super().configure()
        cameras = [
            {"station": name, "ip": "192.0.2.1", "output_dir": str(folder)} for name, folder in self.outputs.items()
        ]
        if cameras:
            (self.folder / "cameras.json").write_text(json.dumps({"cameras": cameras}))
        written = (self.folder / "backup.json").read_text().partition("\n")[2]
        (self.folder / "backup.json").write_text(json.dumps({**json.loads(written), **self.backup}))

    def run_with_fstab(self, *argv: str) -> Done:
        """In a mount namespace of its own, with another /etc/fstab."""
        self.configure()
        (self.folder / "fstab").write_text(self.fstab)
        script = f'mount --bind {self.folder / "fstab"} /etc/fstab && exec "$@"'
        done = subprocess.run(
            ["unshare", "-m", "sh", "-c", script, "sh", sys.executable, "-m", *argv],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def site(pi: Pi) -> Site:
    return Site(pi.folder, pi.nas, pi.home)


def files_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*.mkv")}


@pytest.mark.parametrize("kind", ["as written", "link"])
@pytest.mark.parametrize("key", ["ready_for_backup_dir", "quarantine_dir"])
def test_an_output_dir_that_is_something_else_is_refused_by_every_job(site: Site, key: str, kind: str) -> None:
    """What a recorder is writing was sent and removed under it."""
    recorded = site.record(FIRST)
    named = site.home / "cameras"
    if kind == "link":
        named = site.home / "link"
        named.symlink_to("cameras")
    site.backup = {key: str(named)}
    for job in JOBS:
        done = site.run(job)
        assert done.code == 1, job
        assert f"output_dir ({site.home / 'cameras'}) is the same folder as {key} ({named})" in done.err
        assert f"Name another folder for {key}" in done.err
    assert recorded.exists()
    units = site.run("service_helper", "generate")
    assert units.code == 1
    assert f"[ERROR] output_dir ({site.home / 'cameras'})" in units.err
    watched = site.run("monitor_recordings", "--recording_dir", str(site.home / "cameras"))
    assert watched.code == 0
    assert "is the same folder as" in watched.err


def test_a_cameras_json_that_is_wrong_stops_no_backup(site: Site) -> None:
    site.wait(FIRST)
    site.cameras = {"output_dirr": "x"}
    done = site.run("backup_video")
    assert done.code == 0
    assert "are not compared" in done.err


@pytest.mark.parametrize("kind", ["missing", "loop"])
def test_one_of_two_output_dirs(site: Site, kind: str) -> None:
    site.outputs = {"ROST2": site.folder / "gone", "ROST1": site.home / "cameras"}
    site.record(FIRST)
    if kind == "loop":
        (site.folder / "gone").symlink_to("gone")
    done = site.run("organize_video")
    assert done.code == 2
    assert str(site.folder / "gone") in done.err
    assert files_below(site.ready) == {f"ROST1/2025-05-28/{FIRST}"}


def test_a_segment_from_the_future_leaves_the_card(site: Site) -> None:
    """Its clock was ahead; also while nothing else is recorded there. What waits is counted from when it was moved."""
    site.record(FIRST, hours_ago=-24 * 365)
    assert site.run("organize_video").code == 0
    assert files_below(site.ready) == {f"ROST1/2025-05-28/{FIRST}"}
    figures = site.folder / "figures.prom"
    site.run("monitor_recordings", "--recording_dir", str(site.home / "cameras"), "--metrics", str(figures))
    values = dict(line.rsplit(" ", 1) for line in figures.read_text().splitlines() if not line.startswith("#"))
    assert float(values["camvault_unverified_bytes"]) > 0
    assert 0 < float(values["camvault_backup_lag_seconds"]) < 600
    done = site.run("backup_video")
    assert (done.code, "synced 1 file(s)" in done.out) == (0, True)


@pytest.mark.parametrize("kind", ["a file", "read-only"])
def test_a_recorder_without_its_logs_dir_records(site: Site, kind: str) -> None:
    """It is told once."""
    logs = site.folder / "logs"
    if kind == "a file":
        logs.write_text("")
    else:
        logs = Path("/proc/logs")
    argv = [sys.executable, "-m", "camvault.apps.record_camera", "--ip", "127.0.0.1", "--station", "ROST1"]
    argv += ["--rtsp_port", "1", "--output_dir", str(site.home / "cameras"), "--logs_dir", str(logs)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert f"it records without a log: {logs}" in process.stderr.readline().replace("/record_camera_ROST1.log", "")
        assert process.stdout is not None
        assert any("ROST1: " in line for line in process.stdout)
        process.terminate()
        assert process.wait(timeout=20) == 130


class TestLinks:
    """Below READY they are refused, and told by every job."""

    @pytest.mark.parametrize("linked", ["ROST1", "ROST1/2025-05-28"])
    def test_a_station_or_a_day_that_is_a_link(self, site: Site, linked: str) -> None:
        other = site.folder / "other disk"
        other.mkdir()
        link = site.ready / linked
        link.parent.mkdir(parents=True)
        link.symlink_to(other)
        waiting = other / (FIRST if "/" in linked else f"2025-05-28/{FIRST}")
        waiting.parent.mkdir(exist_ok=True)
        waiting.write_bytes(b"\x1a\x45\xdf\xa3 header \x1f\x43\xb6\x75 footage ")
        fresh = site.record("ROST1_20250528T141000.mkv")
        for job in JOBS:
            done = site.run(job)
            assert done.code == 2, job
            assert linked in done.err
            assert "it is a link" in done.err
        assert fresh.exists()
        assert waiting.exists()
        coverage = subprocess.run(
            [
                *(sys.executable, "-m", "camvault.apps.recording_coverage", "--cameras_config", "cameras.json"),
                *("--backup_config", "backup.json", "--day", "2025-05-28"),
            ],
            cwd=site.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert f"{link} is not looked into: it is a link" in coverage.stderr

    def test_a_segment_that_is_a_link(self, site: Site) -> None:
        (site.ready / "ROST1/2025-05-28").mkdir(parents=True)
        (site.ready / "ROST1/2025-05-28" / FIRST).symlink_to(site.folder / "elsewhere.mkv")
        done = site.run("backup_video")
        assert done.code == 2
        assert f"ROST1/2025-05-28/{FIRST}" in done.err

    def test_a_link_that_hides_no_footage_is_nothing(self, site: Site) -> None:
        site.wait(FIRST)
        (site.ready / "ROST1/notes.txt").symlink_to(site.folder / "backup.json")
        os.mkfifo(site.ready / "ROST1/pipe")
        assert site.run("backup_video").code == 0

    def test_a_fifo_that_is_named_like_a_recording_is_told(self, site: Site) -> None:
        site.wait(FIRST)
        os.mkfifo(site.ready / "ROST1/2025-05-28" / SECOND)
        done = site.run("backup_video")
        assert (done.code, "neither a file nor a folder" in done.err) == (2, True)

    def test_what_a_recorder_writes_is_never_sent(self, site: Site) -> None:
        """Where READY is an output_dir and no cameras.json says so."""
        live = site.ready / "ROST1/.live/20250528T140000Z"
        live.mkdir(parents=True)
        (live / FIRST).write_bytes(b"open")
        done = site.run("backup_video")
        assert (done.code, "a recorder writes into it" in done.err) == (2, True)
        assert site.run("cleanup_video").code == 2
        assert (live / FIRST).exists()

    def test_a_linked_station_that_no_camera_names_is_told(self, site: Site) -> None:
        """One that leads to a station of the configuration is known."""
        site.record(FIRST)
        (site.home / "cameras/OLD").symlink_to(site.folder)
        (site.home / "cameras/GONE").symlink_to(site.folder / "nothing")
        (site.home / "cameras/latest").symlink_to("ROST1")
        (site.home / "cameras/notes").symlink_to(site.folder / "backup.json")
        done = site.run("organize_video")
        assert done.code == 2
        named = [line for line in done.err.splitlines() if "is not looked into" in line]
        assert [("GONE" in line, "OLD" in line) for line in named] == [(True, False), (False, True)]
        assert len(files_below(site.ready)) == 1
        watched = site.run("monitor_recordings", "--recording_dir", str(site.home / "cameras"))
        assert "Stray link, no camera of the configuration: OLD" in watched.err


class TestMountPoints:
    """Nothing is written where a disk should be mounted and is not: it would be hidden by it later."""

    def test_of_an_output_dir(self, site: Site) -> None:
        empty = site.folder / "ssd"
        empty.mkdir()
        site.fstab = f"/dev/none {empty} ext4 nofail 0 0\n"
        site.outputs = {"ROST2": empty / "cameras", "ROST1": site.home / "cameras"}
        site.record(FIRST)
        configs = ("--backup_config", "backup.json", "--cameras_config", "cameras.json")
        done = site.run_with_fstab("camvault.apps.organize_video", *configs)
        assert done.code == 2
        assert f"nothing is mounted at {empty}" in done.err
        assert len(files_below(site.ready)) == 1
        for more in ((), ("--exec",)):
            argv = ("--ip", "192.0.2.1", "--station", "ROST2", "--output_dir", str(empty / "cameras"), *more)
            recorder = site.run_with_fstab("camvault.apps.record_camera", *argv)
            assert recorder.code == 1
            assert f"nothing is mounted at {empty}" in recorder.err
        assert list(empty.iterdir()) == []

    def test_of_a_disk_that_no_fstab_names(self, site: Site) -> None:
        """It was there when a job used it last: its empty mount point is no READY without anything new."""
        disk = site.home / "disk"
        site.backup = {"ready_for_backup_dir": str(disk / "ready")}
        for folder in (disk, site.logs):
            folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1M", "tmpfs", disk], check=True)
        try:
            assert site.run("organize_video").code == 0
        finally:
            subprocess.run(["umount", disk], check=True)
        for job in JOBS:
            done = site.run(job)
            assert done.code == 1, job
            assert f"ready_for_backup_dir ({disk}/ready): nothing is mounted at {disk}, where its disk was" in done.err
        assert list(disk.iterdir()) == []
        (site.logs / ".camvault-places").unlink()
        assert site.run("organize_video").code == 0

    @pytest.mark.parametrize("key", ["ready_for_backup_dir", "success_log_dir", "quarantine_dir"])
    def test_of_the_backup(self, site: Site, key: str) -> None:
        empty = site.folder / "ssd"
        empty.mkdir()
        site.fstab = f"/dev/none {empty} ext4 nofail 0 0\n"
        site.backup = {key: str(empty / "x")}
        good, broken = site.record(FIRST), site.record("ROST1_20250528T141000.mkv", b"broken")
        site.configure()
        configs = ("--backup_config", "backup.json", "--cameras_config", "cameras.json")
        done = {job: site.run_with_fstab(f"camvault.apps.{job}", *configs) for job in JOBS}
        codes = tuple(done[job].code for job in JOBS)
        assert (
            codes == {"ready_for_backup_dir": (1, 1, 1), "success_log_dir": (0, 1, 1), "quarantine_dir": (2, 0, 0)}[key]
        )
        assert list(empty.iterdir()) == []
        assert good.exists() == (key == "ready_for_backup_dir")
        assert broken.exists() == (key != "success_log_dir")


class TestOrganize:
    """In memory."""

    def test_nothing_can_be_used(self) -> None:
        machine = Machine()
        station = Station("ROST1", OUT / "ROST1", 600)
        with pytest.raises(UsageError, match="no disk"):
            organize([station], ready=READY, quarantine=QUARANTINE, ports=_ports(machine), closed={OUT: "no disk"})
        with pytest.raises(UsageError, match="no READY"):
            organize([station], ready=READY, quarantine=QUARANTINE, ports=_ports(machine), closed={READY: "no READY"})
        machine.calls.fail("storage.entry", StorageError(OUT, "input/output error"))
        with pytest.raises(UsageError, match="input/output error"):
            organize([station], ready=READY, quarantine=QUARANTINE, ports=_ports(machine))

    def test_a_folder_that_vanished_is_made_again_below_no_link(self) -> None:
        machine = Machine()
        file = machine.record(FIRST)
        machine.storage.put_folder("/other")
        machine.storage.put_folder(QUARANTINE)
        machine.storage.put_link(QUARANTINE / "ROST1", "/other")
        machine.storage.put(file, b"", mtime_ns=machine.ns(60))
        station = Station("ROST1", OUT / "ROST1", 600)
        ports = _ports(machine)
        report = organize([station], ready=READY, quarantine=QUARANTINE, ports=ports)
        assert (report.problem_count, report.quarantined_count) == (1, 0)
        assert machine.storage.entry(file) is not None

    def test_a_disk_that_is_away_stops_no_station_on_another(self) -> None:
        machine = Machine()
        file = machine.record(FIRST)
        away = PurePath("/away")
        stations = [Station("ROST2", away / "ROST2", 600), Station("ROST1", OUT / "ROST1", 600)]
        closed = {away: "no disk is mounted at /away"}
        report = organize(stations, ready=READY, quarantine=QUARANTINE, ports=_ports(machine), closed=closed)
        assert (report.problem_count, report.moved_count) == (1, 1)
        assert "[organize] its stations are left as they are: no disk is mounted at /away" in machine.said()
        assert machine.storage.entry(file) is None

    def test_a_link_beside_the_stations_is_told_and_not_looked_into(self) -> None:
        """It may be the folder of a station that was put on another disk."""
        machine = Machine()
        file = machine.storage.put("/elsewhere/ROST2_20250528T140000.mkv", b"footage", mtime_ns=machine.ns(60))
        machine.storage.put_link(OUT / "ROST2", "/elsewhere")
        report = machine.organize()
        assert (report.problem_count, report.moved_count) == (1, 0)
        assert f"[organize] {OUT / 'ROST2'} is not looked into" in machine.said()
        assert machine.storage.entry(file.path) is not None

    def test_nothing_is_written_below_a_folder_that_is_closed(self) -> None:
        machine = Machine()
        broken = machine.record(FIRST, b"")
        station = Station("ROST1", OUT / "ROST1", 600)
        closed = {QUARANTINE: "no disk is mounted at the quarantine"}
        report = organize([station], ready=READY, quarantine=QUARANTINE, ports=_ports(machine), closed=closed)
        assert (report.problem_count, report.quarantined_count) == (1, 0)
        assert "no disk is mounted at the quarantine" in machine.said()
        assert machine.storage.entry(broken) is not None
        assert machine.storage.entry(QUARANTINE) is None

    def test_an_entry_that_vanishes_is_no_link(self) -> None:
        machine = Machine()
        machine.storage.put_link(OUT / "OLD", "/nothing")
        machine.calls.hook("storage.resolve", lambda: machine.storage.tree.discard(OUT / "OLD"))
        assert unknown_links(OUT, (), machine.storage) == ()


def _ports(machine: Machine) -> OrganizePorts:
    return OrganizePorts(
        storage=machine.storage,
        footage=MemoryFootage(machine.storage),
        pictures=MemoryPictures(machine.storage),
        clock=machine.clock,
        reporter=machine.reporter,
        cancel=machine.cancel,
    )
