"""The canary's watch finds a leak of every kind, says where it is and not what it is, and fails the run."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
LEAKS = """
import base64
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from camvault.adapters.memory import MemoryReporter
from camvault.adapters.memory.alerts import MemoryAlerts
from camvault.ports.alerts import Alert
from camvault.ports.errors import StorageError
from camvault.ports.events import Note
from tests import canary

PASSWORD = canary.password(":%")


@pytest.fixture
def secret(tmp_path):
    file = canary.keep(tmp_path / "secret")
    file.write_text(PASSWORD)
    return str(file)


def test_clean(secret, tmp_path):
    (tmp_path / "other").write_text("c4n4ry")
    subprocess.run([sys.executable, "-c", "import sys; open(sys.argv[1]).read()", secret], check=True)


def test_argv_that_lives_for_a_moment():
    subprocess.run(["/bin/true", PASSWORD], check=True)


def test_argv_of_a_grandchild(secret):
    script = "import os, sys; os.spawnv(os.P_WAIT, '/bin/true', ['true', 'x' + open(sys.argv[1]).read()])"
    subprocess.run([sys.executable, "-c", script, secret], check=True)


def test_argv_of_what_is_no_python(secret):
    subprocess.run(["bash", "-c", 'sleep 1 & exec -a "$(cat "$0")" sleep 1', secret], check=True)


def test_environ_of_what_is_no_python(secret):
    subprocess.run(["sh", "-c", 'PASS="$(cat "$0")" sleep 1', secret], check=True)


def test_environ_of_a_child():
    subprocess.run(["/bin/true"], check=True, env={"URL": f"rtsp://u:{PASSWORD}@camera"})


def test_environ_of_another_than_the_one_that_must(secret):
    script = "import os, sys; os.environ['SMTP_PASS'] = open(sys.argv[1]).read(); os.system('true')"
    subprocess.run([sys.executable, "-c", script, secret], check=True)


def test_file(tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state/remembered.json").write_bytes(b"x" * 5_000_000 + base64.b64encode(f"u:{PASSWORD}".encode()))


def test_file_after_a_hole(tmp_path):
    with (tmp_path / "disk.img").open("wb") as file:
        file.truncate(1 << 34)
        file.seek(1 << 33)
        file.write(PASSWORD.encode())


def test_file_name(tmp_path):
    (tmp_path / canary.WORD).touch()


def test_file_of_nobody(tmp_path_factory):
    (tmp_path_factory.mktemp("module") / "left").write_text(PASSWORD)


def test_log_file(tmp_path):
    (tmp_path / "run.log").write_text(PASSWORD)


def test_log_event():
    MemoryReporter().emit(Note(f"opening rtsp://u:{PASSWORD}@camera"))


def test_unit(tmp_path):
    (tmp_path / "a.service").write_text(f"Environment=PASS={PASSWORD}")


def test_metrics(tmp_path):
    (tmp_path / "a.prom").write_text(f'up{{url="{PASSWORD}"}} 1')


def test_mail():
    MemoryAlerts().send(Alert("subject", PASSWORD, None))


def test_exception():
    with pytest.raises(StorageError):
        raise StorageError(Path("/"), f"401 for {PASSWORD}")


def test_digest_in_a_file(tmp_path):
    (tmp_path / "ffmpeg.log").write_bytes(next(iter(canary.digests.values())))


def test_output_of_a_program(secret):
    subprocess.run(["cat", secret], capture_output=True, check=True)


def test_output_of_the_test():
    print(PASSWORD)
    logging.getLogger("x").error("%s", "nothing")


def test_failing_and_leaking(tmp_path):
    (tmp_path / "a.timer").write_text(PASSWORD)
    raise ValueError("the test itself")
"""
WORD = re.compile(r"c4n4ry[0-9a-f]")
FOUND = {
    "test_argv_that_lives_for_a_moment": r"argv: true, argument 1 \(plain\)",
    "test_argv_of_a_grandchild": r"argv: true, argument 1 \(plain\)",
    "test_argv_of_what_is_no_python": r"argv: \*\*\*:% \(seen in /proc\), argument 0 \(plain\)",
    "test_environ_of_what_is_no_python": r"environ: sleep \(seen in /proc\), PASS \(plain\)",
    "test_environ_of_a_child": r"environ: true, URL \(plain\)",
    "test_environ_of_another_than_the_one_that_must": r"environ: sh, SMTP_PASS \(plain\)",
    "test_file": r"file: state/remembered.json \(base64, shifted by 2\)",
    "test_file_after_a_hole": r"file: disk.img \(plain\)",
    "test_file_name": r"file: the name of \*\*\* \(plain\)",
    "test_log_file": r"log: run.log \(plain\)",
    "test_log_event": r"log: Note \(plain\)",
    "test_unit": r"unit: a.service \(plain\)",
    "test_metrics": r"metrics: a.prom \(plain\)",
    "test_mail": r"mail: an alert \(plain\)",
    "test_exception": r"exception: StorageError \(plain\)",
    "test_digest_in_a_file": r"log: ffmpeg.log \(digest for viewer at camera, password 0\)",
    "test_output_of_a_program": r"output: stdout of cat \(plain\)",
    "test_output_of_the_test": r"output: stdout of the test's call \(plain\)",
    "test_failing_and_leaking": r"unit: a.timer \(plain\)",
}


def run_pytest(folder: Path, tests: str, *options: str) -> "subprocess.CompletedProcess[str]":
    """A run of its own, with nothing but the watch."""
    (folder / "test_leaks.py").write_text(tests)
    (folder / "pytest.ini").write_text(f"[pytest]\naddopts = --import-mode=importlib\npythonpath = {PROJECT}\n")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "CAMVAULT_"))}
    environment["PYTHONPATH"] = str(PROJECT)
    argv = (sys.executable, "-m", "pytest", "-p", "tests.canary_watch", "-p", "no:cacheprovider", "-vv", *options)
    return subprocess.run(argv, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["one process", "workers"])
def test_every_leak_is_found_and_fails_the_run(tmp_path: Path, options: tuple[str, ...]) -> None:
    done = run_pytest(tmp_path, LEAKS, *options)

    assert done.returncode == 1
    reports = dict(re.findall(r"^_+ ERROR at teardown of (\w+) _+$(.*?)(?=^_{3,}|^={3,})", done.stdout, re.M | re.S))
    missing = {name: reports.get(name) for name, found in FOUND.items() if not re.search(found, reports.get(name, ""))}
    assert not missing, done.stdout
    assert "test_clean" not in reports
    assert re.search(r"file: test_file_of_nobody|file: left", done.stdout)
    assert not WORD.search(done.stdout + done.stderr)


def test_a_clean_run_passes_and_leaves_nothing(tmp_path: Path) -> None:
    tests = LEAKS.split("def test_argv", maxsplit=1)[0]

    done = run_pytest(tmp_path, tests)

    assert done.returncode == 0, done.stdout


def test_no_test_has_a_password_of_its_own() -> None:
    """Else nobody would look for it."""
    own = []
    for path in sorted((PROJECT / "tests").rglob("*.py")):
        if path.name in {"canary.py", "test_canary.py"}:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.keyword) and node.arg == "password" and _is_text(node.value):
                own.append(f"{path.relative_to(PROJECT)}:{node.value.lineno}")
            elif isinstance(node, ast.Dict):
                pairs = zip(node.keys, node.values, strict=True)
                own += [
                    f"{path.relative_to(PROJECT)}:{value.lineno}"
                    for key, value in pairs
                    if isinstance(key, ast.Constant) and key.value in {"password", "SMTP_PASS"} and _is_text(value)
                ]
    assert own == []


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value != ""
