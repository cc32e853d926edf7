"""The process runner: whatever happens, no process is left, and what was said is heard."""

import contextlib
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from itertools import pairwise
from pathlib import Path, PurePath
from typing import Any

import attrs
import pytest
from pytest_mock import MockerFixture

from camvault.adapters._shared import process
from camvault.adapters._shared.process import Finished, find_program, run
from camvault.ports.errors import Cancelled, MissingToolError, ToolError

PYTHON = sys.executable


@attrs.define
class Stop:
    """A cancellation that a test sets."""

    is_requested: bool = False

    def check(self) -> None:
        if self.is_requested:
            raise Cancelled

    def wait(self, seconds: float) -> bool:
        time.sleep(seconds)
        return self.is_requested

    def warn_first(self, warning: Callable[[], None]) -> nullcontext[None]:
        return nullcontext()


def python(script: str, *arguments: str, **options: object) -> Finished:
    return run((PYTHON, "-c", script, *arguments), **{"cancel": Stop(), **options})  # type: ignore[arg-type]


def state_of(pid: int) -> str:
    """The process's state letter, "gone" if there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "gone"


def _when_stopped(pid: int, cancel: Stop, pids: list[int]) -> None:
    """Ask for a stop once the process is stopped."""
    pids.append(pid)
    deadline = time.monotonic() + 5
    while state_of(pid) != "T" and time.monotonic() < deadline:
        time.sleep(0.02)
    assert state_of(pid) == "T"
    cancel.is_requested = True


def assert_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 5
    while any(state_of(pid) != "gone" for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert [state_of(pid) for pid in pids] == ["gone"] * len(pids)


def open_files() -> list[str]:
    """What the descriptors stand for; the watch for the canary opens files below /proc all the time."""
    gc.collect()  # what an earlier test left to be collected
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found.append(f"{entry.name} {entry.readlink()}")
    return sorted(name for name in found if " /proc" not in name)


def assert_files_are_closed(before: list[str]) -> None:
    """All that was not open before; a thread of `sh` may take a moment."""
    deadline_s = time.monotonic() + 5
    while new := set(open_files()) - set(before):
        assert time.monotonic() < deadline_s, new
        time.sleep(0.01)


@pytest.fixture
def no_children() -> Iterator[None]:
    """As a library user may have it who never wants to hear of children."""
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGCHLD, before)


def assert_threads_end(count: int) -> None:
    """A timer of `sh` that was cancelled takes a moment to end; one of an earlier test may end meanwhile."""
    deadline_s = time.monotonic() + 5
    while threading.active_count() > count:
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


STUBBORN = """
import os, signal, sys, time
for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(kind, signal.SIG_IGN)
child = os.fork()
if child == 0:
    while True: time.sleep(60)
print(os.getpid(), child, flush=True)
while True: time.sleep(60)
"""


class TestOutput:
    """What a program says reaches the caller, once and in order."""

    def test_lines_end_at_carriage_returns_too(self) -> None:
        lines: list[str] = []
        python(r"import sys; sys.stderr.write('1 %\r2 %\r\nend')", on_line=lines.append)
        assert lines == ["1 %", "2 %", "end"]

    def test_the_end_tells_code_and_last_words(self) -> None:
        done = python(r"import sys; print('out'); sys.stderr.write('no disc\n'); sys.exit(7)")
        assert (done.exit_code, done.last_lines, done.text) == (7, ("no disc",), "out\n")

    def test_last_words_are_bounded_and_come_from_stdout_if_stderr_is_silent(self) -> None:
        done = python("for n in range(500): print(n)", on_stdout=lambda _: None)
        assert done.last_lines == tuple(str(n) for n in range(480, 500))

    def test_a_signal_is_a_negative_code(self) -> None:
        assert python("import os, signal; os.kill(0, signal.SIGKILL)").exit_code == -9

    def test_lines_arrive_while_the_program_runs(self, tmp_path: Path) -> None:
        go = tmp_path / "go"
        script = (
            "import os, sys, time\nprint('ready', flush=True)\n"
            "while not os.path.exists(sys.argv[1]): time.sleep(0.01)\nprint('went')"
        )
        seen: list[str] = []

        def on_stdout(line: str) -> None:
            seen.append(line)
            go.touch()

        python(script, str(go), on_stdout=on_stdout, timeout_s=20)
        assert seen == ["ready", "went"]

    def test_two_full_streams_do_not_block_each_other(self) -> None:
        script = "import sys\nfor n in range(2000): print('o' * 200); print('e' * 200, file=sys.stderr)"
        lines: list[str] = []
        done = python(script, on_line=lines.append, timeout_s=60)
        assert (len(lines), len(done.stdout)) == (2000, 2000 * 201)

    def test_raw_bytes_are_untouched(self) -> None:
        pieces: list[bytes] = []
        done = python("import os; os.write(1, bytes(range(256)) * 1000)", on_stdout_bytes=pieces.append)
        assert b"".join(pieces) == bytes(range(256)) * 1000
        assert done.stdout == b""

    def test_what_a_program_says_all_the_time_is_gathered(self) -> None:
        """An encoder says a line for each picture: woken up at each, we cost more than a script that calls it."""
        script = "import sys, time\nfor n in range(1000): print(n, flush=True); time.sleep(0.0005)"
        pieces: list[bytes] = []
        python(script, on_stdout_bytes=pieces.append)
        assert b"".join(pieces).split() == [b"%d" % n for n in range(1000)]
        assert len(pieces) < 500

    def test_a_program_that_says_much_is_not_kept_waiting(self, mocker: MockerFixture) -> None:
        """Pictures as raw bytes: with a pause after each piece, 200 MB would take half a minute."""
        story: list[int] = []
        mocker.patch("time.sleep", side_effect=lambda _: story.append(-1))
        script = "import os\nfor _ in range(200): os.write(1, bytes(1_000_000))"
        python(script, on_stdout_bytes=lambda piece: story.append(len(piece)))
        assert sum(size for size in story if size > 0) == 200_000_000
        assert [size for size, then in pairwise(story) if then == -1 and size >= 32 * 1024] == []

    def test_what_outlives_the_program_and_talks_without_end_holds_nobody_up(self, mocker: MockerFixture) -> None:
        """It left the group, has the pipe, and is never quiet: after the end, only what is there already is heard."""
        drain, drained = process._Pipes.drain, list[int]()

        def while_it_talks(pipes: Any, takers: Mapping[int, Callable[[bytes], None]]) -> None:
            with os.fdopen(os.open(f"/proc/self/fd/{pipes.err}", os.O_WRONLY), "wb", buffering=0) as talker:

                def answered(piece: bytes) -> None:
                    drained.append(len(piece))
                    if len(drained) < 100:
                        talker.write(b"more\n")

                talker.write(b"first\n")
                drain(pipes, {pipes.out: takers[pipes.out], pipes.err: answered})

        mocker.patch.object(process._Pipes, "drain", while_it_talks)
        holder = "import subprocess, sys\nchild = ['sleep', '60']\n"
        done = python(f"{holder}print(subprocess.Popen(child, stdout=2, start_new_session=True).pid)")
        os.kill(int(done.text), signal.SIGKILL)
        assert drained == [6]

    def test_a_line_without_end_does_not_fill_the_memory(self) -> None:
        lines: list[str] = []
        python("import sys\nfor _ in range(100): sys.stderr.write('x' * 10_000)", on_line=lines.append)
        assert "".join(lines) == "x" * 1_000_000
        assert max(map(len, lines)) <= 2 * 64 * 1024

    def test_output_beyond_the_limit_is_an_error_and_not_cut_short(self) -> None:
        with pytest.raises(ToolError, match="more to stdout than was expected"):
            python("print('x' * 10_000)", stdout_limit_bytes=9_999)

    def test_no_terminal_is_offered(self) -> None:
        done = python("import os; print([os.isatty(n) for n in (0, 1, 2)])")
        assert done.text == "[False, False, False]\n"


class TestInput:
    """Arguments, stdin, environment and folder reach the program unchanged."""

    @pytest.mark.parametrize("argument", [os.fsdecode(b"caf\xe9\xff"), "Jörg 東", "-n", "$HOME *", "a\nb", "", "--x=1"])
    def test_arguments_are_passed_byte_for_byte(self, argument: str) -> None:
        script = "import os, sys; os.write(1, os.fsencode(sys.argv[1]))"
        assert python(script, argument).stdout == os.fsencode(argument)

    def test_paths_are_arguments(self) -> None:
        done = run((PYTHON, "-c", "import sys; print(sys.argv[1])", PurePath("/a b")), cancel=Stop())
        assert done.text == "/a b\n"

    def test_stdin_is_empty_by_default(self) -> None:
        assert python("import sys; print(len(sys.stdin.read()))").text == "0\n"

    def test_much_stdin_that_nobody_reads_does_not_block(self) -> None:
        assert python("pass", stdin=b"x" * 3_000_000, timeout_s=20).exit_code == 0

    def test_stdin_is_read_to_its_end(self) -> None:
        assert python("import sys; print(len(sys.stdin.buffer.read()))", stdin=b"\xff" * 300_000).text == "300000\n"

    def test_environment_is_added_to_ours_and_the_language_is_plain(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CAMVAULT_A", "a")
        monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
        done = python("import os; print([os.environ[n] for n in ('CAMVAULT_A', 'B', 'LC_ALL')])", env={"B": "b"})
        assert done.text == "['a', 'b', 'C.UTF-8']\n"

    def test_folder(self, tmp_path: Path) -> None:
        assert python("import os; print(os.getcwd())", cwd=tmp_path).text == f"{tmp_path}\n"

    def test_signals_have_their_usual_meaning_in_the_program(self) -> None:
        script = (
            "import signal; print([signal.getsignal(n) == signal.SIG_DFL for n in (signal.SIGHUP, signal.SIGTERM)])"
        )
        assert python(script).text == "[True, True]\n"

    def test_a_secret_argument_is_not_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(0)
        python("pass", "rtsp://u:secret@cam")
        assert "secret" not in caplog.text


def children() -> set[str]:
    """The processes that this one has started and not waited for; libraries keep some for as long as it runs."""
    return {pid for each in Path("/proc/self/task").iterdir() for pid in (each / "children").read_text().split()}


class TestMissing:
    """What cannot be started is named, and leaves nothing behind."""

    @pytest.mark.parametrize("name", ["no-such-program-here", "/no/such/program"])
    def test_absent(self, name: str) -> None:
        with pytest.raises(MissingToolError, match=name):
            run((name,), cancel=Stop())

    def test_not_a_program_of_this_system(self, tmp_path: Path) -> None:
        broken = tmp_path / "broken"
        broken.write_bytes(b"\x7fELF nonsense")
        broken.chmod(0o755)
        files, before = open_files(), children()
        with pytest.raises(MissingToolError, match=r"broken: \[Errno 8\] Exec format error"):
            run((broken,), cancel=Stop())
        assert_files_are_closed(files)
        assert children() <= before

    def test_absent_folder(self, tmp_path: Path) -> None:
        with pytest.raises(ToolError, match="is not a folder"):
            python("pass", cwd=tmp_path / "absent")

    def test_find_program(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        tool = tmp_path / "tool"
        tool.touch(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        assert find_program("tool") == tool
        monkeypatch.chdir(tmp_path)
        assert find_program("./tool") == tool
        tool.chmod(0o644)
        assert find_program("tool") is None


class TestStopping:
    """A stop reaches the whole group, at the latest after the grace time."""

    def test_nothing_is_started_after_a_request(self, tmp_path: Path) -> None:
        with pytest.raises(Cancelled):
            python("import sys; open(sys.argv[1], 'w')", str(tmp_path / "ran"), cancel=Stop(is_requested=True))
        assert not (tmp_path / "ran").exists()

    @pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
    def test_the_chosen_signal_is_sent_and_the_program_may_finish(self, kind: signal.Signals, tmp_path: Path) -> None:
        script = """
import signal, sys, time
def stop(number, _):
    open(sys.argv[1], "w").write(signal.Signals(number).name); sys.exit(0)
for kind in (signal.SIGINT, signal.SIGTERM): signal.signal(kind, stop)
print("ready", flush=True)
time.sleep(60)
"""
        cancel, note = Stop(), tmp_path / "note"
        with pytest.raises(Cancelled):
            python(script, str(note), cancel=cancel, on_stdout=lambda _: setattr(cancel, "is_requested", True),
                   stop_signal=kind)  # fmt: skip
        assert note.read_text() == kind.name

    def test_a_program_that_was_stopped_hears_it_too(self, tmp_path: Path) -> None:
        """Ctrl-Z, SIGSTOP: it would be killed after the grace time, without having finished."""
        script = """
import os, signal, sys
def stop(number, _):
    open(sys.argv[1], "w").write("finished"); sys.exit(0)
signal.signal(signal.SIGTERM, stop)
print(os.getpid(), flush=True)
os.kill(os.getpid(), signal.SIGSTOP)
signal.pause()
"""
        cancel, note, pids = Stop(), tmp_path / "note", list[int]()
        with pytest.raises(Cancelled):
            python(script, str(note), cancel=cancel, on_stdout=lambda line: _when_stopped(int(line), cancel, pids))
        assert note.read_text() == "finished"
        assert_gone(pids)

    def test_a_stubborn_program_and_its_stubborn_child_are_killed(self) -> None:
        cancel, pids = Stop(), list[int]()

        def on_stdout(line: str) -> None:
            pids.extend(map(int, line.split()))
            cancel.is_requested = True

        started_s = time.monotonic()
        with pytest.raises(Cancelled):
            python(STUBBORN, cancel=cancel, on_stdout=on_stdout, grace_s=0.3)
        assert 0.3 <= time.monotonic() - started_s < 5
        assert len(pids) == 2
        assert_gone(pids)

    @pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
    def test_an_exception_in_a_callback_leaves_no_process(self, error: type[BaseException]) -> None:
        pids: list[int] = []

        def on_stdout(line: str) -> None:
            pids.extend(map(int, line.split()))
            raise error

        with pytest.raises(error):
            python(STUBBORN, on_stdout=on_stdout, grace_s=0.1)
        assert len(pids) == 2
        assert_gone(pids)

    def test_too_long_is_an_error_with_the_last_words(self) -> None:
        pids: list[int] = []
        with pytest.raises(ToolError, match=r"longer than 5 s"):
            python(STUBBORN, on_stdout=lambda line: pids.extend(map(int, line.split())), timeout_s=5, grace_s=0.1)
        assert_gone(pids)

    def test_what_a_finished_program_left_behind_is_ended(self) -> None:
        script = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = os.fork()
if child == 0:
    time.sleep(60); os._exit(0)
print(child, flush=True)
"""
        done = python(script, grace_s=0.2)
        assert done.exit_code == 0
        assert_gone([int(done.text)])

    def test_a_daemon_that_holds_the_output_open_does_not_hold_us(self) -> None:
        script = """
import os, time
child = os.fork()
if child == 0:
    os.setsid(); time.sleep(60); os._exit(0)
print(child, flush=True)
"""
        started_s = time.monotonic()
        done = python(script)
        os.kill(int(done.text), signal.SIGKILL)
        assert time.monotonic() - started_s < 5

    def test_a_program_that_hangs_in_the_kernel_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        pids: list[int] = []
        kill_group = os.killpg
        monkeypatch.setattr(process, "_KILL_WAIT_S", 0.2)
        monkeypatch.setattr(os, "killpg", lambda group, _: kill_group(group, 0))  # nothing reaches it
        try:
            with pytest.raises(ToolError, match="hangs in the kernel"):
                python(STUBBORN, on_stdout=lambda line: pids.extend(map(int, line.split())), timeout_s=5, grace_s=0.1)
        finally:
            kill_group(pids[0], signal.SIGKILL)
        assert_gone(pids)

    def test_the_program_ends_with_us_when_we_are_killed(self, tmp_path: Path) -> None:
        note = tmp_path / "pid"
        ours = f"""
import sys
sys.path[:0] = {sys.path!r}
from tests.adapters.process.test_process import Stop, run
run((sys.executable, "-c", "import os, sys, time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(60)"),
    cancel=Stop())
"""
        camvault = os.posix_spawn(PYTHON, [PYTHON, "-c", ours], os.environ)
        deadline = time.monotonic() + 20
        while not (note.exists() and note.read_text()) and time.monotonic() < deadline:
            time.sleep(0.02)
        os.kill(camvault, signal.SIGKILL)
        os.waitpid(camvault, 0)
        assert_gone([int(note.read_text())])

    def test_several_threads_run_programs_at_once(self) -> None:
        results: dict[int, str] = {}

        def work(number: int) -> None:
            for _ in range(3):
                results[number] = python(f"print({number})").text

        threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert results == {n: f"{n}\n" for n in range(6)}

    @pytest.mark.parametrize("code", [0, 3])
    def test_an_end_that_nobody_knows_is_no_success(self, code: int, no_children: None) -> None:
        """Where SIGCHLD is ignored, the system forgets how programs end; what they said is still there."""
        lines: list[str] = []
        before, threads = open_files(), threading.active_count()
        with pytest.raises(ToolError, match=r"said \| it ended, but not known how: is SIGCHLD ignored here"):
            python(f"import sys; print('said'); sys.exit({code})", on_stdout=lines.append)
        assert lines == ["said"]
        assert_files_are_closed(before)
        assert_threads_end(threads)

    def test_a_stop_where_ends_are_forgotten(self, no_children: None) -> None:
        """Still a stop, a time limit still a time limit, and nothing is left."""
        cancel, pids = Stop(), list[int]()

        def on_stdout(line: str) -> None:
            pids.extend(map(int, line.split()))
            cancel.is_requested = True

        with pytest.raises(Cancelled):
            python(STUBBORN, cancel=cancel, on_stdout=on_stdout, grace_s=0.1)
        assert_gone(pids)
        with pytest.raises(ToolError, match="took longer than"):
            python("import time; time.sleep(60)", timeout_s=0.3)
        with pytest.raises(MissingToolError):
            run(("/etc/hostname",), cancel=Stop())

    def test_a_program_can_wait_for_children_of_its_own(self, no_children: None) -> None:
        """It does not inherit that they are ignored."""
        lines: list[str] = []
        script = "import subprocess; print(subprocess.run(['sh', '-c', 'exit 5']).returncode)"
        with pytest.raises(ToolError):
            python(script, on_stdout=lines.append)
        assert lines == ["5"]

    def test_somebody_else_waits_for_every_child(self) -> None:
        """A host application that reaps whatever ends."""
        reaped: list[int] = []

        def reap(number: int, frame: object) -> None:
            with contextlib.suppress(ChildProcessError):
                reaped.append(os.waitpid(-1, os.WNOHANG)[0])

        before = signal.signal(signal.SIGCHLD, reap)
        try:
            with pytest.raises(ToolError, match="not known how"):
                python("pass")
        finally:
            signal.signal(signal.SIGCHLD, before)
        assert reaped

    def test_nothing_is_left_open(self) -> None:
        python("pass")
        before = open_files()
        threads = threading.active_count()
        for _ in range(5):
            python("pass", stdin=b"x")
        assert_files_are_closed(before)
        assert_threads_end(threads)
