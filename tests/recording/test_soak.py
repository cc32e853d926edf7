"""Ten cameras of different kinds, for hours, with stalls, kills and all the jobs: what is said is what is there.

Run with CAMVAULT_SOAK_MINUTES to change how long; what was found is printed (`pytest -s`). Each camera is compared at
the end in three ways: pictures in the files, wherever they are by then; `recording_coverage`; and the figures of
`monitor_recordings`. What a fake camera had sent is known too.
"""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import attrs
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests import canary
from tests.recording.fake_camera import FakeCamera, Footage, Mode, make_footage
from tests.recording.record.helpers import CANARY, FFMPEGS, kept_frames
from tests.recording.record.test_e2e import real_server
from tests.recording.sounds import SOUNDS

FFMPEG = FFMPEGS["9.0"]
FRAMES_PER_S = 25
AGREES_S = 2.0
LOSS_S = 1.5
"""What may be lost at each end of a recorder."""
DEAF_S = 15.0
"""By UDP, a byte within the RTSP connection makes ffmpeg deaf for packets: its first picture is waited for so long."""
AGAIN_S = 30.0
"""So long after it is well again a camera is recorded: it was waited for longer and longer."""
TROUBLE_EVERY_S = float(os.environ.get("CAMVAULT_SOAK_TROUBLE_S", "45"))
STALL_S = 20.0
UNIT_RESTARTS_AFTER_S = 2.0
JOBS_EVERY_S = {"organize_video": 30, "backup_video": 60, "monitor_recordings": 60, "cleanup_video": 120}
SYSTEMCTL = """#!/bin/sh
case "$*" in
*show*) printf '%s\\n' LoadState=loaded ActiveState=active SubState=running UnitFileState=enabled \\
    ActiveEnterTimestampMonotonic=0 ;;
*restart*) echo "$*" >>"$0.restarts" ;;
esac
"""


@attrs.define
class Station:
    """A camera and its `record_camera`, which is started again when it ends, as its unit would."""

    name: str
    port: int
    camera: FakeCamera | None
    folder: Path
    segment_time: int
    recorder: "subprocess.Popen[str] | None" = None
    dead_at: float | None = None
    ends: Counter[str] = attrs.Factory(Counter)
    well_again_at: float | None = None
    ill_s: float = 0.0

    def start(self) -> None:
        argv = [
            *(sys.executable, "-m", "camvault.apps.record_camera", "--ip", "127.0.0.1", "--station", self.name),
            *("--user", "viewer", "--password-file", str(self.folder / "password"), "--rtsp_port", str(self.port)),
            *("--output_dir", str(self.folder / "cameras"), "--ffmpeg_path", FFMPEG, "--stall-timeout", "10"),
            *("--segment_time", str(self.segment_time), "--loglevel", "warning"),
        ]
        with (self.folder / f"{self.name}.said").open("a") as said:
            self.recorder = subprocess.Popen(argv, stdout=said, stderr=subprocess.STDOUT, text=True)
        self.dead_at = None

    def look(self, now_s: float) -> None:
        if self.camera and self.well_again_at is not None and now_s >= self.well_again_at:
            self.camera.mode, self.well_again_at = Mode.NORMAL, None
        if self.recorder is None or self.recorder.poll() is None:
            return
        self.dead_at = self.dead_at or now_s
        if now_s - self.dead_at >= UNIT_RESTARTS_AFTER_S:
            self.start()

    def ffmpegs(self) -> list[int]:
        assert self.recorder is not None
        path = Path(f"/proc/{self.recorder.pid}/task/{self.recorder.pid}/children")
        return [int(pid) for pid in path.read_text().split()] if path.exists() else []

    def suffers(self, chance: random.Random, now_s: float) -> None:
        """One of the things that happen to a recorder; which is counted."""
        kinds = ["ffmpeg killed", "supervisor killed"]
        if self.camera:
            kinds += [mode.value for mode in Mode if mode is not Mode.NORMAL and mode is not Mode.VIDEO_ONLY]
        kind = chance.choice(kinds)
        self.ends[kind] += 1
        assert self.recorder is not None
        if kind == "ffmpeg killed":
            for pid in self.ffmpegs():
                os.kill(pid, signal.SIGKILL)
        elif kind == "supervisor killed":
            self.recorder.kill()
        elif self.camera:
            self.camera.mode = Mode(kind)
            self.ill_s += (lasts_s := chance.uniform(0.2, 1) * STALL_S)
            self.well_again_at = now_s + lasts_s

    def stop(self) -> None:
        if self.recorder and self.recorder.poll() is None:
            self.recorder.send_signal(signal.SIGTERM)
            self.recorder.wait(timeout=60)


@attrs.define
class Soak:
    """All stations, and the jobs of the machine."""

    folder: Path
    stations: list[Station]
    segment_time: int
    exit_codes: Counter[str] = attrs.Factory(Counter)

    def configure(self) -> None:
        cameras = [{"station": each.name, "ip": "127.0.0.1", "rtsp_port": each.port} for each in self.stations]
        defaults = {
            "user": "viewer",
            "password_file": str(self.folder / "password"),
            "output_dir": str(self.folder / "cameras"),
            "segment_time": self.segment_time,
            "ffmpeg_path": FFMPEG,
        }
        (self.folder / "cameras.json").write_text(json.dumps({"defaults": defaults, "cameras": cameras}))
        places = {
            "ready_for_backup_dir": "ready",
            "nas_target_dir": "nas",
            "success_log_dir": "logs",
            "lock_dir": "locks",
        }
        for place in places.values():
            (self.folder / place).mkdir()
        backup = {key: str(self.folder / place) for key, place in places.items()}
        (self.folder / "backup.json").write_text(json.dumps(backup))
        program = self.folder / "bin/systemctl"
        program.parent.mkdir()
        program.write_text(SYSTEMCTL)
        program.chmod(0o755)
        (self.folder / "run").mkdir(mode=0o700)

    def job(self, name: str, *more: str) -> str:
        argv = [sys.executable, "-m", f"camvault.apps.{name}", "--backup_config", str(self.folder / "backup.json")]
        if name != "backup_video":
            argv += ["--cameras_config", str(self.folder / "cameras.json")]
        if name == "monitor_recordings":
            argv += ["--recording_dir", str(self.folder / "cameras"), "--segment_time", str(self.segment_time)]
            argv += ["--metrics", str(self.folder / "camvault.prom"), "--disk-limit", "100"]
            argv += ["--alert-command", f"tee -a {self.folder / 'alerts'}"]
        env = {key: value for key, value in os.environ.items() if not key.startswith("SMTP_")}
        env |= {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", "RUNTIME_DIRECTORY": str(self.folder / "run")}
        done = subprocess.run([*argv, *more], env=env, capture_output=True, text=True, check=False)
        self.exit_codes[f"{name} {done.returncode}"] += 1
        with (self.folder / f"{name}.said").open("a") as said:
            said.write(f"--- {time.time():.1f}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def run(self, seconds: float, chance: random.Random) -> None:
        begun_s = now_s = time.monotonic()
        due_s = {name: begun_s + every for name, every in JOBS_EVERY_S.items()}
        trouble_s = begun_s + TROUBLE_EVERY_S / 2
        while now_s < begun_s + seconds:
            for station in self.stations:
                station.look(now_s)
            for name, at_s in due_s.items():
                if now_s >= at_s:
                    due_s[name] = now_s + JOBS_EVERY_S[name]
                    self.job(name)
            if now_s >= trouble_s and now_s < begun_s + seconds - 2 * STALL_S:
                trouble_s = now_s + TROUBLE_EVERY_S * chance.uniform(0.5, 1.5)
                well = [each for each in self.stations if each.well_again_at is None and each.dead_at is None]
                chance.choice(well).suffers(chance, now_s)
            time.sleep(0.5)
            now_s = time.monotonic()

    def files(self, station: str) -> list[Path]:
        """Each segment once, wherever it is: by its name, the one that is still here before its copy."""
        found: dict[str, Path] = {}
        for place in ("nas", "ready", "quarantine", "cameras"):
            for file in (self.folder / place / station).rglob("*.mkv"):
                found[str(file.relative_to(self.folder / place)) if ".live" in file.parts else file.name] = file
        return sorted(found.values())


@attrs.frozen
class Figures:
    """Seconds of one camera, as each of them says."""

    sent_s: float | None
    files_s: float
    coverage_s: float
    monitor_s: float
    ends: int
    silences_by_udp: int
    well_s: float
    troubles: int

    @property
    def is_one_truth(self) -> bool:
        return max(abs(each - self.files_s) for each in (self.coverage_s, self.monitor_s)) <= AGREES_S

    @property
    def is_recorded(self) -> bool:
        """Whether it was recorded again, some time after each thing that happened to it."""
        return self.well_s - self.files_s <= AGAIN_S * (self.troubles + 1)

    @property
    def is_kept(self) -> bool:
        at_most_s = LOSS_S * (self.ends + 1) + DEAF_S * self.silences_by_udp
        return self.sent_s is None or self.sent_s - self.files_s <= at_most_s


@contextmanager
def ten_cameras(folder: Path, segment_time: int) -> Iterator[list[Station]]:
    footage = make_footage(FFMPEG, folder, kbps=300)
    kinds: dict[str, Footage] = {
        "PLAIN": footage,
        **{f"SOUND{n}": attrs.evolve(footage, sound=make(FFMPEG, folder)) for n, make in enumerate(SOUNDS.values())},
        "BFRAMES": make_footage(FFMPEG, folder, kbps=300, b_frames=2),
        "TWO": attrs.evolve(footage, has_second_picture=True),
    }
    secret = canary.keep(folder / "password")
    secret.write_text(CANARY + "\n")
    with ExitStack() as stack:
        stations = []
        for name, kind in kinds.items():
            camera = stack.enter_context(FakeCamera(kind, user="viewer", password=CANARY))
            if name == "TWO":
                camera.transports = ("udp",)
            stations.append(Station(name, camera.port, camera, folder, segment_time))
        (folder / "real").mkdir()
        _, port = stack.enter_context(real_server(folder / "real"))
        stations.append(Station("GSTREAMER", port, None, folder, segment_time))
        try:
            yield stations
        finally:
            for station in stations:
                station.stop()


def soak(folder: Path, minutes: float, segment_time: int, seed: int) -> dict[str, Figures]:
    begun_at = time.time()
    with ten_cameras(folder, segment_time) as stations:
        run = Soak(folder, stations, segment_time)
        run.configure()
        for station in stations:
            station.start()
        run.run(minutes * 60, random.Random(seed))
        for station in stations:
            station.stop()
        ran_s = time.time() - begun_at
        sent = {each.name: each.camera.frames_sent / FRAMES_PER_S if each.camera else None for each in stations}
        for name in ("organize_video", "backup_video", "monitor_recordings"):
            run.job(name)
        now_at = time.time()
        reports = json.loads(run.job("recording_coverage", "--last", "24h", "--json"))
        metrics = text_string_to_metric_families((folder / "camvault.prom").read_text())
        of_day = {
            sample.labels["station"]: sample.value / 100 * 86400
            for family in metrics
            for sample in family.samples
            if sample.name == "camvault_coverage_24h_percent"
        }
        sys.stdout.write(f"{now_at - begun_at:.0f} s; {dict(run.exit_codes)}\n")
        sys.stdout.write(f"alerts: {_read(folder / 'alerts').count('[CAMERA]')}\n")
        sys.stdout.write(f"restarts by the watchdog: {_read(folder / 'bin/systemctl.restarts').splitlines()}\n")
        figures = {}
        for report in reports:
            name = report["station"]
            station = next(each for each in stations if each.name == name)
            ends, by_udp = station.ends, station.camera is not None and station.camera.transports == ("udp",)
            silences = sum(ends[mode.value] for mode in Mode if mode.is_stall) if by_udp else 0
            files_s = sum(map(kept_frames, run.files(name))) / FRAMES_PER_S
            sessions = len(re.findall("recorder started", _read(folder / f"{name}.said")))
            figures[name] = Figures(
                sent[name],
                files_s,
                report["recorded_s"],
                of_day[name],
                sessions,
                silences,
                ran_s - station.ill_s,
                ends.total(),
            )
            sys.stdout.write(f"{name}: {figures[name]} {dict(ends)}\n")
    return figures


def _read(file: Path) -> str:
    return file.read_text() if file.exists() else ""


@pytest.mark.nightly
def test_ten_cameras_of_which_coverage_files_and_figures_agree(tmp_path: Path) -> None:
    minutes = float(os.environ.get("CAMVAULT_SOAK_MINUTES", "120"))
    figures = soak(tmp_path, minutes, segment_time=10 if minutes < 10 else 60, seed=1)

    assert len(figures) == 10
    assert [name for name, each in figures.items() if not each.is_one_truth] == []
    assert [name for name, each in figures.items() if not each.is_kept] == []
    assert [name for name, each in figures.items() if not each.is_recorded] == []
