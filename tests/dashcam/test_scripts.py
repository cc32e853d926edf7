"""The shell scripts that a box is set up with, with stand-ins of uhubctl and of the tree below /sys."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from camvault.core.power.charge import CHARGE_STEPS

TOP = Path(__file__).parents[2]
SCRIPTS = TOP / "apps/camvault/apps/_box"
PORT_SCRIPTS = ("start-for-data.sh", "start-for-recording.sh", "stop-all-ports.sh")
SHELLS = ["dash", "bash", "busybox sh"]
TOOLS = ("awk", "cat", "grep", "mkdir", "printf", "readlink", "rm", "sh", "sleep", "timeout", "tr")
BOARD = {
    "VIN": 5208,
    "VBAT": 3611,
    "VOUT": 4979,
    "IOUT": 857,
    "VIN_THRESHOLD": 4498,
    "PI_RUNNING": 1,
    "WAKE_TIME": 0,
    "AUTO_SHDN_TIME": 65535,
}

UHUBCTL = """#!/bin/sh
# uhubctl 2.5.0, as recorded with an emulated hub of four ports at 1-1: text, and 0 whatever happened
dir=${0%/*}
echo "$*" >>"$dir/asked"
while [ $# -gt 0 ]; do
    case $1 in -l) hub=$2 ;; -p) port=$2 ;; -a) action=$2 ;; esac
    shift 2
done
. "$dir/behaviour"
if [ "$hub" != 1-1 ]; then
    echo "No compatible devices detected at location $hub!" >&2
    exit 1
fi
show() {
    echo "$1 status for hub 1-1 [0409:55aa QEMU QEMU USB Hub 314159-0000:00:03.0-1, USB $usb, 4 ports, ppps]"
    [ "$port" -gt 4 ] || echo "  Port $port: $(cat "$dir/bits")$words"
}
show Current
if [ -z "${action:-}" ] && [ -e "$dir/later" ]; then
    cat "$dir/later" >"$dir/bits"
fi
if [ -n "${action:-}" ]; then
    echo "Sent power $action request"
    if [ "$lies" = no ] && [ "$port" -le 4 ]; then
        [ "$action" = on ] && echo "$on_bits" >"$dir/bits" || echo "$off_bits" >"$dir/bits"
        if [ -x "$dir/after-$action" ]; then "$dir/after-$action"; fi
    fi
    show New
fi
"""


class Bench:
    """A folder with the stand-ins on PATH, and a tree in place of /sys with a camera in port 1."""

    def __init__(self, folder: Path) -> None:
        self.tools, self.sysfs = folder / "tools", folder / "sys"
        self.tools.mkdir()
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found is not None, tool
            (self.tools / tool).symlink_to(found)
        self.node = self.sysfs / "bus/usb/devices/1-1.1"
        self.hub = self.sysfs / "bus/usb/devices/1-1"
        self.hub.mkdir(parents=True)
        (self.hub / "authorized").write_text("1\n")
        (self.sysfs / "class/net").mkdir(parents=True)
        self.plug()
        program = self.tools / "uhubctl"
        program.write_text(UHUBCTL)
        program.chmod(0o755)
        self.behave()
        self.bits("0100")

    def plug(self, *, device_class: str = "00") -> None:
        self.node.mkdir(exist_ok=True)
        (self.node / "authorized").write_text("1\n")
        (self.node / "bDeviceClass").write_text(f"{device_class}\n")

    def behave(
        self, *, usb: str = "1.10", on_bits: str = "0103", off_bits: str = "0000", lies: str = "no", words: str = ""
    ) -> None:
        lines = (f"usb={usb}", f"on_bits={on_bits}", f"off_bits={off_bits}", f"lies={lies}", f"words='{words}'")
        (self.tools / "behaviour").write_text("\n".join(lines))

    def bits(self, text: str) -> None:
        (self.tools / "bits").write_text(f"{text}\n")

    def after(self, action: str, script: str) -> None:
        """What else happens when uhubctl switches."""
        program = self.tools / f"after-{action}"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    @property
    def asked(self) -> list[str]:
        path = self.tools / "asked"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def data(self) -> str:
        return (self.node / "authorized").read_text().strip()

    def run(self, script: str, shell: str = "dash", **settings: str) -> "subprocess.CompletedProcess[str]":
        program, *more = shell.split()
        found = shutil.which(program)
        assert found is not None
        environment = {
            "PATH": str(self.tools),
            "CAMVAULT_SYSFS": str(self.sysfs),
            "CAMERA_SETTLE_SECONDS": "0",
            "CAMERA_WAIT_SECONDS": "0",
            **settings,
        }
        return subprocess.run(
            [found, *more, SCRIPTS / script],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(("script", "data"), [("start-for-data.sh", "1"), ("start-for-recording.sh", "0")])
def test_the_camera_gets_power_and_its_own_node_is_written(bench: Bench, script: str, data: str, shell: str) -> None:
    done = bench.run(script, shell)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert bench.data == data
    assert (bench.hub / "authorized").read_text() == "1\n"
    assert bench.asked == ["-l 1-1 -p 1 -a on", "-l 1-1 -p 1", "-l 1-1 -p 1"]


@pytest.mark.parametrize("shell", SHELLS)
def test_only_the_port_of_the_camera_is_switched_off(bench: Bench, shell: str) -> None:
    bench.after("off", f"rm -r {bench.node}")
    done = bench.run("stop-all-ports.sh", shell)
    assert (done.returncode, bench.asked[0]) == (0, "-l 1-1 -p 1 -a off"), done.stderr
    assert "still there" not in done.stderr


def test_another_hub_and_port_are_taken_from_the_environment(bench: Bench) -> None:
    bench.node.rename(bench.node.with_name("1-1.3"))
    assert bench.run("start-for-recording.sh", CAMERA_PORT="3").returncode == 0
    assert (bench.node.with_name("1-1.3") / "authorized").read_text() == "0\n"
    done = bench.run("stop-all-ports.sh", CAMERA_HUB="9-9.2")
    assert (done.returncode, bench.asked[-1]) == (1, "-l 9-9.2 -p 1 -a off")
    assert "No compatible devices detected at location 9-9.2!" in done.stderr


@pytest.mark.parametrize(
    "settings",
    [
        *({"CAMERA_HUB": text} for text in ("1", "-a", "1-1 -a off", "../1-1", "1-1.", "1--1", "1-1\n", "all")),
        *({"CAMERA_PORT": text} for text in ("0", "15", "01", "1,2", "all", "-1", "99999999999999999999")),
        {"CAMERA_WAIT_SECONDS": "soon"},
        {"CAMERA_SETTLE_SECONDS": "-1"},
    ],
    ids=str,
)
def test_a_wrong_setting_is_refused_before_anything_is_switched(bench: Bench, settings: dict[str, str]) -> None:
    for script in PORT_SCRIPTS:
        done = bench.run(script, **settings)
        assert (done.returncode, bench.asked) == (1, [])
        assert next(iter(settings)) in done.stderr


@pytest.mark.parametrize("script", PORT_SCRIPTS)
def test_a_missing_uhubctl_is_exit_code_2(bench: Bench, script: str) -> None:
    (bench.tools / "uhubctl").unlink()
    done = bench.run(script)
    assert (done.returncode, done.stderr) == (2, f"{script}: uhubctl not found in PATH\n")


@pytest.mark.parametrize("script", PORT_SCRIPTS[:2])
def test_a_camera_that_is_not_seen_is_exit_code_3(bench: Bench, script: str) -> None:
    shutil.rmtree(bench.node)
    assert bench.run(script, CAMERA_WAIT_SECONDS="1").returncode == 3


def test_a_camera_that_comes_late_is_waited_for(bench: Bench) -> None:
    shutil.rmtree(bench.node)
    bench.after("on", f"(sleep 1; mkdir {bench.node}; echo 1 >{bench.node}/authorized) >/dev/null 2>&1 &")
    done = bench.run("start-for-recording.sh", CAMERA_WAIT_SECONDS="60")
    assert (done.returncode, bench.data) == (0, "0"), done.stderr


@pytest.mark.parametrize("script", PORT_SCRIPTS[:2])
def test_what_cannot_be_written_is_exit_code_4(bench: Bench, script: str) -> None:
    (bench.node / "authorized").unlink()
    (bench.node / "authorized").symlink_to("/proc/version")  # not even for root
    done = bench.run(script)
    assert done.returncode == 4
    assert "root's rights are needed" in done.stderr


def test_what_reads_back_otherwise_is_exit_code_5(bench: Bench) -> None:
    (bench.node / "authorized").unlink()
    (bench.node / "authorized").symlink_to("/dev/null")
    done = bench.run("start-for-recording.sh")
    assert done.returncode == 5
    assert "found '' after 0 was written" in done.stderr


@pytest.mark.parametrize("script", PORT_SCRIPTS)
def test_an_uhubctl_that_says_0_and_switches_nothing_is_noticed(bench: Bench, script: str) -> None:
    bench.behave(lies="yes")
    bench.bits("0103" if script.startswith("stop") else "0000")
    assert bench.run(script).returncode == 5
    assert bench.data == "1"


def test_a_port_that_the_hub_does_not_have_is_noticed(bench: Bench) -> None:
    done = bench.run("stop-all-ports.sh", CAMERA_PORT="13")
    assert done.returncode == 5
    assert "its power is unknown" in done.stderr


def test_a_port_that_switches_itself_on_again_is_noticed(bench: Bench) -> None:
    (bench.tools / "later").write_text("0103\n")  # what the second look finds
    assert bench.run("stop-all-ports.sh").returncode == 5
    assert len(bench.asked) == 3


@pytest.mark.parametrize(
    ("usb", "on_bits", "off_bits"),
    [("2.10", "0507", "0400"), ("3.00", "0203", "0080"), ("3.20", "02a0", "00a0"), ("3.00", "0301", "0100")],
)
def test_power_is_decided_by_the_bits_of_that_kind_of_hub(bench: Bench, usb: str, on_bits: str, off_bits: str) -> None:
    bench.behave(usb=usb, on_bits=on_bits, off_bits=off_bits, words=" power off")
    assert bench.run("start-for-data.sh").returncode == 0
    assert bench.run("stop-all-ports.sh").returncode == 0


def test_an_error_number_in_place_of_the_bits_is_not_known(bench: Bench) -> None:
    bench.behave(on_bits="fffffff9", off_bits="fffffff9")
    assert bench.run("start-for-data.sh").returncode == 5
    assert bench.run("stop-all-ports.sh").returncode == 5


@pytest.mark.parametrize("script", PORT_SCRIPTS)
def test_a_port_with_a_hub_is_refused(bench: Bench, script: str) -> None:
    bench.plug(device_class="09")
    assert (bench.run(script).returncode, bench.asked) == (6, [])


@pytest.mark.parametrize("script", PORT_SCRIPTS)
def test_a_port_that_carries_the_network_is_refused(bench: Bench, script: str) -> None:
    (bench.node / "1-1.1:1.0").mkdir()
    (bench.sysfs / "class/net/eth0").mkdir()
    (bench.sysfs / "class/net/eth0/device").symlink_to(bench.node / "1-1.1:1.0")
    done = bench.run(script)
    assert (done.returncode, bench.asked, bench.data) == (6, [], "1")
    assert "carries the network" in done.stderr


@pytest.fixture
def mounted_name(tmp_path: Path) -> Iterator[str]:
    """The name of a device that is mounted: the list of mounts has it as it was given, whatever it is."""
    name, folder = f"card{os.getpid()}", tmp_path / "mounted"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", f"/dev/{name}", folder], check=True)
    yield name
    subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("script", PORT_SCRIPTS)
def test_a_camera_whose_card_is_mounted_is_left_alone(bench: Bench, script: str, mounted_name: str) -> None:
    (bench.node / "1-1.1:1.0/host0/target0:0:0/0:0:0:0/block" / mounted_name).mkdir(parents=True)
    done = bench.run(script)
    assert (done.returncode, bench.asked, bench.data) == (6, [], "1")
    assert f"/dev/{mounted_name} is mounted" in done.stderr


def test_what_the_three_scripts_share_is_the_same() -> None:
    shared = {(SCRIPTS / script).read_text().split("\n# --- ")[1] for script in PORT_SCRIPTS}
    assert len(shared) == 1
    data, recording = ((SCRIPTS / script).read_text() for script in PORT_SCRIPTS[:2])
    assert data.split("set -u", 1)[1].replace("switch_data 1\n", "") == recording.split("set -u", 1)[1].replace(
        "switch_data 0\n", ""
    )


BOARD_PROGRAM = """#!/bin/sh
echo "$*" >>{folder}/asked
[ $# = 2 ] && [ "$1" = get ] || exit 1
cat "{folder}/$2"
case $(cat "{folder}/$2") in -1 | -2) exit 6 ;; hang) sleep 600 ;; esac
"""


class FastBoard:
    """A stand-in like `tests.dashcam.board`, without a Python for each register."""

    def __init__(self, folder: Path, answers: Mapping[str, int | str]) -> None:
        folder.mkdir()
        for name, answer in answers.items():
            (folder / name).write_text(f"{answer}\n")
        self.program = folder / "lifepo4wered-cli"
        self.program.write_text(BOARD_PROGRAM.format(folder=folder))
        self.program.chmod(0o755)

    @property
    def asked(self) -> list[str]:
        return (self.program.parent / "asked").read_text().splitlines()


def info(
    folder: Path, board: FastBoard | None, *, shell: str = "dash", stdout: int = subprocess.PIPE
) -> "subprocess.CompletedProcess[str]":
    program, *more = shell.split()
    found = shutil.which(program)
    assert found is not None
    tools = folder / "plain"
    tools.mkdir(exist_ok=True)
    for tool in ("cat", "printf", "sh", "sleep", "timeout", "tr"):
        if not (tools / tool).exists():
            (tools / tool).symlink_to(shutil.which(tool) or "")
    places = [str(tools), *([str(board.program.parent)] if board else [])]
    return subprocess.run(
        [found, *more, SCRIPTS / "battery-info.sh"],
        env={"PATH": os.pathsep.join(places)},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.parametrize("shell", SHELLS)
def test_battery_info_that_cannot_be_printed_is_no_success(tmp_path: Path, shell: str) -> None:
    board = FastBoard(tmp_path / "ups", BOARD)
    with Path("/dev/full").open("wb") as full:
        done = info(tmp_path, board, shell=shell, stdout=full.fileno())
    assert done.returncode == 1
    assert "o space left on device" in done.stderr


@pytest.mark.parametrize("shell", SHELLS)
def test_battery_info_prints_volts_amperes_and_watts(tmp_path: Path, shell: str) -> None:
    board = FastBoard(tmp_path / "ups", BOARD)
    done = info(tmp_path, board, shell=shell)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {
        "battery_voltage": 3.61,
        "battery_percent": 95,
        "input_voltage": 5.21,
        "external_power": True,
        "output_voltage": 4.98,
        "output_current": 0.86,
        "output_power": 4.27,
        "pi_running": 1,
        "wake_timer_remaining": 0,
        "auto_shutdown_time": 65535,
    }
    assert '"output_current": 0.86,' in done.stdout


def test_battery_info_asks_each_register_by_name_and_once(tmp_path: Path) -> None:
    board = FastBoard(tmp_path / "ups", BOARD)
    info(tmp_path, board)
    assert sorted(board.asked) == sorted(f"get {name}" for name in BOARD)


@pytest.mark.parametrize(
    ("vbat_mv", "percent"),
    [
        *((3650, 100), (3649, 95), (3600, 95), (3550, 90), (3500, 80), (3450, 70), (3400, 60), (3350, 50)),
        *((3300, 40), (3250, 30), (3200, 20), (3100, 10), (3099, 5), (2000, 5)),
    ],
)
def test_battery_info_estimates_the_charge_in_steps(tmp_path: Path, vbat_mv: int, percent: int) -> None:
    done = info(tmp_path, FastBoard(tmp_path / "ups", {**BOARD, "VBAT": vbat_mv}))
    assert json.loads(done.stdout)["battery_percent"] == percent


def test_the_steps_of_battery_info_are_those_of_the_service() -> None:
    text = (SCRIPTS / "battery-info.sh").read_text()
    assert all(f"-ge {least_mv} ]; then printf {percent}\n" in text for least_mv, percent in CHARGE_STEPS)


@pytest.mark.parametrize(
    "found", [-1, -2, 41_981, 4_197_813, "", "VBAT = 3611", "0x0E1B", "3.6", "3611\n3611", "9" * 40]
)
@pytest.mark.parametrize(("register", "key"), [("VBAT", "battery_voltage"), ("VIN", "input_voltage")])
def test_battery_info_is_json_with_null_whatever_the_board_says(
    tmp_path: Path, register: str, key: str, found: int | str
) -> None:
    done = info(tmp_path, FastBoard(tmp_path / "ups", {**BOARD, register: found}))
    answer = json.loads(done.stdout)
    assert answer[key] is None
    assert done.returncode == (6 if found in (-1, -2) else 1)
    assert f"battery-info.sh: {register}: " in done.stderr
    derived = "battery_percent" if register == "VBAT" else "external_power"
    assert {name for name, value in answer.items() if value is None} == {key, derived}


def test_a_board_without_a_sensor_of_current_is_no_error(tmp_path: Path) -> None:
    done = info(tmp_path, FastBoard(tmp_path / "ups", {**BOARD, "IOUT": -1}))
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["output_current"], answer["output_power"]) == (0, None, None)


def test_a_number_with_zeros_in_front_is_decimal(tmp_path: Path) -> None:
    done = info(tmp_path, FastBoard(tmp_path / "ups", {**BOARD, "VBAT": "03311"}))
    assert json.loads(done.stdout)["battery_voltage"] == 3.31


@pytest.mark.parametrize("threshold_mv", [0, 5, 3599])
def test_a_threshold_that_noise_reaches_says_nothing_of_the_power(tmp_path: Path, threshold_mv: int) -> None:
    done = info(tmp_path, FastBoard(tmp_path / "ups", {**BOARD, "VIN_THRESHOLD": threshold_mv}))
    assert json.loads(done.stdout)["external_power"] is None


def test_a_board_that_does_not_answer_ends_with_124(tmp_path: Path) -> None:
    done = info(tmp_path, FastBoard(tmp_path / "ups", {**BOARD, "VBAT": "hang"}))
    assert (done.returncode, json.loads(done.stdout)["battery_voltage"]) == (124, None)


def test_a_missing_lifepo4wered_cli_is_exit_code_2(tmp_path: Path) -> None:
    done = info(tmp_path, None)
    assert (done.returncode, done.stdout) == (2, "")
    assert "lifepo4wered-cli not found in PATH" in done.stderr


def test_the_scripts_can_be_started_and_pass_shellcheck() -> None:
    scripts = sorted(SCRIPTS.glob("*.sh"))
    assert {script.name for script in scripts} == {*PORT_SCRIPTS, "battery-info.sh"}
    assert all(os.access(script, os.X_OK) for script in scripts)
    checked = subprocess.run(
        [Path(sys.executable).with_name("shellcheck"), *scripts], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout
