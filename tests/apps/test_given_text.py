"""A text that a flag names: a file, or a pipe, whose writer may be late, slow, or never come."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import attrs
import pytest

from camvault.adapters.memory.cancellation import MemoryCancellation
from camvault.adapters.memory.clock import MemoryClock
from camvault.adapters.memory.reporter import MemoryReporter
from camvault.adapters.system import SystemClock
from camvault.apps._assembly.given_text import TEXT_LIMIT_S, WRITER_LIMIT_S, given_text
from camvault.apps._cli.stage import Context
from camvault.ports.errors import Cancelled, UsageError

REAL = SystemClock()


@pytest.fixture
def context() -> Context:
    clock = MemoryClock()
    return Context(
        clock=clock,
        cancel=MemoryCancellation(clock),
        reporter=MemoryReporter(),
        print_result=lambda _: None,
        log_to=lambda _, **_more: None,
    )


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def test_a_file_is_read_whole(context: Context, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("eins\nzwei ä\n", encoding="utf-8")
    assert given_text(context, "--flag", tmp_path / "text") == "eins\nzwei ä\n"


def test_an_empty_file_is_an_empty_text_at_once(context: Context, tmp_path: Path) -> None:
    (tmp_path / "text").touch()
    assert given_text(context, "--flag", tmp_path / "text") == ""
    assert context.clock.monotonic_s() == 0


def test_a_writer_that_comes_later_and_writes_slowly_is_waited_for(context: Context, fifo: Path) -> None:
    def write() -> None:
        with fifo.open("wb", buffering=0) as pipe:
            for part in (b"one", b" two", b" three"):
                pipe.write(part)
                REAL.sleep(0.1, cancel=MemoryCancellation())

    writer = threading.Timer(0.2, write)
    writer.start()
    text = given_text(attrs.evolve(context, clock=REAL), "--flag", fifo)
    writer.join()

    assert text == "one two three"


def test_a_pipe_that_nobody_writes_into_is_given_up_after_its_time(context: Context, fifo: Path) -> None:
    with pytest.raises(UsageError) as raised:
        given_text(context, "--flag", fifo)

    assert str(raised.value) == f"--flag {fifo}: it is a pipe, and within 10 s no program wrote into it"
    assert WRITER_LIMIT_S <= context.clock.monotonic_s() < WRITER_LIMIT_S + 1


def test_a_writer_that_never_ends_is_given_up_after_a_longer_time_and_what_it_wrote_is_not_said(
    context: Context, fifo: Path
) -> None:
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    with fifo.open("wb", buffering=0) as pipe:
        pipe.write(b"half a password")
        with pytest.raises(UsageError) as raised:
            given_text(context, "--flag", fifo)
    os.close(reader)

    assert str(raised.value) == f"--flag {fifo}: it did not come to its end within 120 s"
    assert TEXT_LIMIT_S <= context.clock.monotonic_s() < TEXT_LIMIT_S + 1


def test_a_stop_ends_the_waiting(context: Context, fifo: Path) -> None:
    cancel = MemoryCancellation(after_checks=3)
    with pytest.raises(Cancelled):
        given_text(attrs.evolve(context, cancel=cancel), "--flag", fifo)


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/no/such/file", "No such file or directory"),
        ("/", "Is a directory"),
        ("/dev/zero", "more than 1,000,000 byte"),
    ],
)
def test_what_is_no_text_is_named(context: Context, path: str, problem: str) -> None:
    with pytest.raises(UsageError) as raised:
        given_text(context, "--flag", Path(path))

    assert str(raised.value).startswith(f"--flag {path}: ")
    assert problem in str(raised.value)


def test_bytes_that_are_no_utf_8_are_named(context: Context, tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match=r"--flag .*/text: it is not UTF-8$"):
        given_text(context, "--flag", tmp_path / "text")


def test_the_substitution_of_a_shell_works_with_the_command_itself(tmp_path: Path) -> None:
    command = f"{sys.executable} -m camvault.apps.record_camera --ip 127.0.0.1 --station A --user u"
    script = f'{command} --output_dir {tmp_path} --ffmpeg_path /nowhere --password-file <(echo "$0")'
    done = subprocess.run(["bash", "-c", script, "a word"], capture_output=True, text=True, check=False, timeout=300)

    assert done.returncode == 1
    assert "Required tool not found: ffmpeg: found /nowhere" in done.stderr
