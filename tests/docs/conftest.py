"""What the examples find: clips, a camera, a service manager; each made once per run."""

import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest

from tests.dashcam.board import Board
from tests.dashcam.fake_hub import FakeHub, install
from tests.recording.fake_camera import Footage, make_footage


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three clips of two seconds, some tens of kilobytes each."""
    folder = tmp_path_factory.mktemp("clips")
    for number in range(1, 4):
        picture = f"testsrc2=size=192x108:rate=15:duration=2,hue=h={40 * number}"
        subprocess.run(
            [
                *(imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-f", "lavfi", "-i", picture),
                *("-f", "lavfi", "-i", f"sine=frequency={220 * number}:duration=2", "-shortest"),
                *("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", str(folder / f"cam1_{number:04}.mp4")),
            ],
            check=True,
        )
    return folder


@pytest.fixture(scope="session")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Footage:
    """What the camera of the examples sends."""
    return make_footage(imageio_ffmpeg.get_ffmpeg_exe(), tmp_path_factory.mktemp("footage"), kbps=150)


SYSTEMCTL = """#!/bin/sh
# Answers as systemctl does where recorders and timers run and jobs wait for their timers; does nothing else.
[ "$1" = show ] || exit 0
shift 3
for unit in "$@"; do
  case $unit in
    record_camera_*) state='ActiveState=active\\nSubState=running' ;;
    *.timer) state='ActiveState=active\\nSubState=waiting' ;;
    *) state='ActiveState=inactive\\nSubState=dead' ;;
  esac
  printf "LoadState=loaded\\\\n$state\\\\nUnitFileState=enabled\\\\n"
  printf "%sTimestampMonotonic=1000000\\\\n" ActiveEnter InactiveExit InactiveEnter
  echo
done
"""


@pytest.fixture(scope="session")
def service_manager(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a `systemctl`: examples neither need a service manager nor touch that of this machine."""
    folder = tmp_path_factory.mktemp("systemctl")
    program = folder / "systemctl"
    program.write_text(SYSTEMCTL)
    program.chmod(0o755)
    return folder


@pytest.fixture(scope="session")
def ups(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a `lifepo4wered-cli` whose board has input power."""
    folder = tmp_path_factory.mktemp("ups")
    power = {"VBAT": 3325, "VIN": 5208, "VIN_THRESHOLD": 4498, "VOUT": 4979, "IOUT": 857}
    Board(folder, {**power, "PI_RUNNING": 1, "WAKE_TIME": 0, "AUTO_SHDN_TIME": 65535})
    return folder


@pytest.fixture(scope="session")
def usb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a `uhubctl` and, beside it, the hub that it switches, with a camera in its first port."""
    root = tmp_path_factory.mktemp("usb")
    hub = FakeHub(root)
    hub.make()
    hub.plug(1)
    return install(root).parent


@pytest.fixture
def stand_ins(service_manager: Path, ups: Path, usb: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, ...]:
    """Folders with programs that are not those of this machine."""
    monkeypatch.setenv("CAMVAULT_SYSFS", str(usb.parent / "sys"))
    return service_manager, ups, usb
