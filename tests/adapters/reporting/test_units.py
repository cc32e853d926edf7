"""Renderings of events: what a person, a script and an attacker's file name get to see."""

import io
import json
import os
import re
import shlex
import subprocess
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path, PurePath

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.adapters.memory import MemoryClock
from camvault.adapters.reporting import (
    Fanout,
    JsonLogFile,
    LogFile,
    PlainConsole,
    arrows,
    escaped_lines,
    make_console,
    redacting,
    shell_line,
    single_line,
)
from camvault.adapters.reporting.lines import json_line, text_lines
from camvault.adapters.reporting.redaction import redact_nothing
from camvault.adapters.system import SystemClock
from camvault.ports.errors import DeniedError, NotFoundError, StorageError
from camvault.ports.events import (
    Crashed,
    Event,
    Failed,
    Level,
    Note,
    Progressed,
    Scoped,
    ScriptExited,
    ScriptStarted,
    Warned,
    level_of,
)

AT = datetime(2025, 7, 18, 12, 15, 0, tzinfo=timezone(timedelta(hours=2), "CEST"))
any_text = st.text(st.characters())  # surrogates included


@attrs.frozen
class Moved(Event):
    """An event with all kinds of fields."""

    path: PurePath
    at: datetime = AT
    level_seen: Level = Level.WARNING
    sizes: tuple[int, ...] = (1, 2)
    share: float = float("nan")
    by_name: dict[PurePath, str] = attrs.Factory(dict)
    inner: Note | None = None

    def __str__(self) -> str:
        return f"Moved {self.path}"


class TestTextLines:
    def test_line_format_of_the_bodycam_commands(self) -> None:
        """Local time with its zone, level, message, with arrows between."""
        assert arrows(AT, Level.INFO, "Script started") == "2025-07-18 12:15:00 CEST ▶ INFO ▶ Script started"

    @given(any_text)
    def test_one_event_is_one_line(self, text: str) -> None:
        """No text can begin a second line, in any notion of a line, and all of it can be written as UTF-8."""
        (line,) = text_lines(Note(text), AT, arrows, redact_nothing)
        assert len(line.splitlines()) == 1
        assert "\x1b" not in line
        line.encode()

    def test_a_file_name_cannot_forge_a_line(self) -> None:
        """The TRAP itself: a clip named like a log line."""
        evil = "x\n2025-07-18 12:15:00 CEST ▶ INFO ▶ Script exited"
        (line,) = text_lines(Note(f"copied {evil}"), AT, arrows, redact_nothing)
        assert line.count("\n") == 0
        assert "x\\n2025" in line

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("tab\t cr\r nl\n", "tab\\t cr\\r nl\\n"),
            ("\x1b[31mred", "\\x1b[31mred"),
            (os.fsdecode(b"caf\xe9.mp4"), "caf\\xe9.mp4"),
            ("\u2028\u202e", "\\u2028\\u202e"),
            ("naïve 🎉 ▶", "naïve 🎉 ▶"),
        ],
    )
    def test_what_cannot_be_shown_is_escaped(self, text: str, shown: str) -> None:
        """Control characters and stray bytes appear as escapes, everything printable as itself."""
        assert single_line(text) == shown

    @given(st.text(st.characters() | st.sampled_from("\n\r\x85\u2028\udc80 a"), max_size=40))
    def test_many_lines_at_once_are_escaped_as_each_by_itself(self, text: str) -> None:
        """Whatever ends a line elsewhere, here it is a newline only."""
        assert escaped_lines(text) == "\n".join(single_line(line) for line in text.split("\n"))

    def test_a_traceback_takes_lines_of_its_own(self) -> None:
        """Each with the time and level of its event, marked as a part of it."""
        lines = text_lines(Scoped("burn", Crashed("bug", ("one", "two\nthree"))), AT, arrows, redact_nothing)
        assert [line.split(" ▶ ", 1)[1] for line in lines] == [
            "ERROR ▶ burn     bug",
            "ERROR ▶ | one",
            "ERROR ▶ | two\\nthree",
        ]

    def test_a_scope_has_the_level_of_its_event(self) -> None:
        """A warning of a stage is a warning of the pipeline."""
        assert level_of(Scoped("a", Scoped("b", Warned("x")))) is Level.WARNING
        assert level_of(Scoped("a", Note("x"))) is Level.INFO


class TestShellLine:
    @given(st.lists(st.binary(min_size=1).filter(lambda b: b"\0" not in b), min_size=1, max_size=4))
    def test_is_one_line_that_can_be_shown(self, arguments: list[bytes]) -> None:
        """Property on the words; `test_shells_agree` runs shells."""
        line = shell_line(tuple(map(os.fsdecode, arguments)))
        assert len(line.splitlines()) <= 1

    @pytest.mark.parametrize("shell", ["bash", "dash"])
    def test_shells_agree(self, shell: str) -> None:
        """What a dry run prints can be pasted: a shell gives the very bytes back."""
        words = [
            b"%s\\0",
            b"growisofs",
            b"-Z",
            b"/dev/sr0=a b.iso",
            b"it's\n\xff\\x41 $HOME `id`",
            b"--",
            b"-dash",
            b"\xc3\xa9",
            b"*?",
            b"100%d\n",
            b"!x",
        ]
        line = shell_line(("printf", *map(os.fsdecode, words)))
        assert line.isprintable()
        out = subprocess.run([shell, "-c", line], capture_output=True, check=True).stdout
        assert out.split(b"\0")[:-1] == words[1:]

    def test_plain_words_stay_plain(self) -> None:
        """As `shlex.join` would print them."""
        words = ("growisofs", "-Z", "/dev/sr0=a b.iso")
        assert shell_line(words) == shlex.join(words)


class TestJson:
    def test_carries_the_fields(self) -> None:
        """Time, level, kind, scope, sentence, and the fields as JSON knows them."""
        event = Scoped("prepare", Moved(PurePath("a\nb\udcff"), by_name={PurePath("k"): "v"}, inner=Note("n")))
        line = json_line(event, AT, redact_nothing)
        assert line.isascii()
        assert "\n" not in line
        assert json.loads(line) == {
            "at": "2025-07-18T12:15:00+02:00",
            "level": "INFO",
            "event": "Moved",
            "scope": "prepare",
            "message": "Moved a\\nb\\xff",
            "data": {
                "path": "a\nb\udcff",
                "at": "2025-07-18T12:15:00+02:00",
                "level_seen": 30,
                "sizes": [1, 2],
                "share": None,
                "by_name": {"k": "v"},
                "inner": {"message": "n"},
            },
        }

    @given(any_text, st.floats())
    def test_every_event_is_one_valid_line(self, text: str, number: float) -> None:
        """Strict JSON: no NaN, no raw control character."""
        line = json_line(Progressed(text, number, None, item=text), AT, redact_nothing)
        json.loads(line, parse_constant=pytest.fail)
        assert len(line.splitlines()) == 1


class TestRedaction:
    def test_hides_a_secret_in_every_rendering(self, tmp_path: Path) -> None:
        """Plain and as it stands in a URL; in the sentence and in the fields."""
        redact = redacting("p@ss/word", "")
        event = Moved(PurePath("rtsp://u:p%40ss%2Fword@cam"), inner=Note("p@ss/word"))
        rendered = json_line(event, AT, redact) + text_lines(event, AT, arrows, redact)[0]
        assert "ss/word" not in rendered
        assert "ss%2Fword" not in rendered
        assert "***" in rendered

    def test_a_secret_within_a_secret(self) -> None:
        """The longer one goes first, so that no rest of it stays."""
        assert redacting("abc", "abcdef")("xabcdefx abc") == "x***x ***"

    def test_a_traceback_is_redacted(self) -> None:
        """It may quote the very line that holds the password."""
        lines = text_lines(Crashed("bug", ("password = 'hush'",)), AT, arrows, redacting("hush"))
        assert "hush" not in "".join(lines)


class TestLogFile:
    def test_appends_and_leaves_progress_out(self, tmp_path: Path) -> None:
        """Several stages share one log; a bar is not for a log."""
        path = tmp_path / "run.log"
        path.write_text("earlier\n")
        log = LogFile(path, clock=SystemClock())
        log.emit(Note("one"))
        log.emit(Progressed("copy", 1, 2))
        log.emit(Scoped("prepare", Progressed("copy", 1, 2)))
        log.close()
        lines = path.read_text().splitlines()
        assert lines[0] == "earlier"
        assert [line.split(" ▶ ")[1:] for line in lines[1:]] == [["INFO", "one"]]
        assert log.problem is None

    def test_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        """Without a reader it is refused at once, with one it is as good as a file."""
        path = tmp_path / "run.log"
        os.mkfifo(path)
        with pytest.raises(StorageError, match="a pipe that nobody reads"):
            LogFile(path, clock=SystemClock())
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        log = LogFile(path, clock=SystemClock())
        log.emit(Note("one"))
        log.close()
        assert os.read(reader, 1000).endswith(b"one\n")
        os.close(reader)

    def test_a_torn_last_line_is_not_merged(self, tmp_path: Path) -> None:
        """A crash may leave half a line; the next run begins on its own."""
        path = tmp_path / "run.log"
        path.write_bytes(b"2025-07-18 12:15:00 UTC \xe2\x96")
        log = LogFile(path, clock=SystemClock())
        log.emit(Note("next"))
        first, second = path.read_bytes().splitlines()
        assert first == b"2025-07-18 12:15:00 UTC \xe2\x96"
        assert second.endswith("▶ INFO ▶ next".encode())

    @pytest.mark.parametrize("kind", [LogFile, JsonLogFile])
    def test_begins_anew_at_its_limit(self, kind: type[LogFile | JsonLogFile], tmp_path: Path) -> None:
        """A process that runs for months keeps two files, and loses no line between them."""
        path = tmp_path / "run.log"
        log = kind(path, clock=SystemClock(), limit_bytes=500)
        for number in range(100):
            log.emit(Note(f"line {number}"))
        log.close()
        before, now = path.with_name("run.log.1").read_text(), path.read_text()
        assert len(before) < 700
        assert len(now) <= 700
        found = [int(re.findall(r"line (\d+)", line)[0]) for line in (before + now).splitlines()]
        assert found == list(range(found[0], 100))
        assert log.problem is None

    def test_a_folder_in_the_way_of_the_old_log_loses_no_line(self, tmp_path: Path) -> None:
        """It grows on, and says why."""
        (tmp_path / "run.log.1").mkdir()
        log = LogFile(tmp_path / "run.log", clock=SystemClock(), limit_bytes=100)
        for number in range(9):
            log.emit(Note(f"line {number}"))
        assert (tmp_path / "run.log").read_text().count("line") == 9
        assert log.problem == "Is a directory"

    @pytest.mark.parametrize("kind", [LogFile, JsonLogFile])
    def test_says_why_it_cannot_be_opened(self, kind: type[LogFile | JsonLogFile], tmp_path: Path) -> None:
        """Root may write anywhere, so: a missing folder, a folder instead of a file, a file system that refuses."""
        with pytest.raises(NotFoundError):
            kind(tmp_path / "no" / "log", clock=SystemClock())
        with pytest.raises(StorageError):
            kind(tmp_path, clock=SystemClock())
        with pytest.raises((DeniedError, NotFoundError)):
            kind(Path("/proc/log"), clock=SystemClock())

    def test_a_full_disk_is_remembered(self) -> None:
        """The work goes on; whoever closes the log can say that it is not complete."""
        log = LogFile(Path("/dev/full"), clock=SystemClock())
        log.emit(Note("lost"))
        assert log.problem == "No space left on device"

    def test_json_lines(self, tmp_path: Path) -> None:
        """One object a line."""
        log = JsonLogFile(tmp_path / "log", clock=SystemClock())
        fanout = Fanout()
        fanout.emit(Note("before"))
        fanout.add(log)
        fanout.emit(ScriptStarted("toy", "1"))
        fanout.emit(Progressed("copy", 1, 2))
        fanout.emit(ScriptExited(3))
        records = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
        assert [(r["event"], r["message"]) for r in records] == [
            ("ScriptStarted", "Script started"),
            ("ScriptExited", "Script exited"),
        ]
        assert records[1]["data"] == {"exit_code": 3}
        assert datetime.fromisoformat(records[0]["at"]).astimezone(UTC) <= datetime.now(UTC)


class TestConsole:
    def test_errors_go_to_stderr_and_the_rest_to_the_echo(self) -> None:
        """Whatever stream a specification names for the log."""
        echo, errors = io.StringIO(), io.StringIO()
        console = PlainConsole(echo, errors, clock=SystemClock())
        for event in (Note("a"), Warned("b"), Failed("c"), Scoped("s", Crashed("d", ("trace",)))):
            console.emit(event)
        assert [line.split(" ▶ ")[2] for line in echo.getvalue().splitlines()] == ["a", "b"]
        assert [line.split(" ▶ ")[2] for line in errors.getvalue().splitlines()] == ["c", "s        d"]

    def test_a_stream_that_is_no_terminal_gets_no_bars(self) -> None:
        """A pipe, a file and cron see lines, and of progress only a line a minute."""
        echo = io.StringIO()
        console, close = make_console(echo, io.StringIO(), clock=SystemClock())
        for done in range(5):
            console.emit(Progressed("copy", done, 5))
        console.emit(Note("done"))
        close()
        assert isinstance(console, PlainConsole)
        assert [line.split(" ▶ ")[2] for line in echo.getvalue().splitlines()] == ["done"]

    @pytest.mark.parametrize("is_json", [False, True])
    def test_progress_without_a_terminal_is_news(self, *, is_json: bool) -> None:
        """Once a minute, with the position; a page says that levels are INFO, WARNING and ERROR, and so does cron."""
        echo = io.StringIO()
        clock = MemoryClock()
        console, _ = make_console(echo, io.StringIO(), clock=clock, is_json=is_json)
        for done in (30, 73):
            console.emit(Progressed("transcode", done, None, unit="s", item="a.mp4"))
            clock.advance(61)
        assert "INFO" in echo.getvalue()
        assert "DEBUG" not in echo.getvalue()
        assert "transcode a.mp4 73 s" in echo.getvalue()

    @pytest.mark.parametrize(
        ("event", "said"),
        [
            (Progressed("copy", 1, 3, item="a"), "copy a 33 %"),
            (Progressed("copy", 0, 0), "copy"),
            (Progressed("copy", 0, None), "copy"),
            (Progressed("archive", 1200, None, unit="clips", item="a"), "archive a 1,200 clips"),
        ],
    )
    def test_progress_says_how_far_it_is(self, event: Progressed, said: str) -> None:
        assert str(event) == said

    def test_a_terminal_gets_sentences_and_bars(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """No time stamps, no markup taken from names, a bar for a running task, errors on stderr."""
        monkeypatch.setenv("TERM", "xterm")
        master, slave = os.openpty()
        errors = io.StringIO()
        with os.fdopen(slave, "w", encoding="utf-8") as screen:
            console, close = make_console(screen, errors, clock=SystemClock())
            console.emit(ScriptStarted("toy", "1"))
            console.emit(Note("[bold]plan[/bold] \x1b[2J"))
            console.emit(Scoped("prepare", Progressed("copy", 1, 4, item="a.mp4")))
            console.emit(Scoped("prepare", Progressed("copy", 4, 4, item="a.mp4")))
            console.emit(Failed("broken"))
            console.emit(ScriptExited(0))
            close()
            shown = os.read(master, 65536).decode()
        os.close(master)
        assert "[bold]plan[/bold] \\x1b[2J\r\n" in shown
        assert "prepare  a.mp4" in shown
        assert "25%" in shown
        assert "▶" not in shown
        assert "Script" not in shown
        assert errors.getvalue() == "broken\n"

    def test_json_console(self) -> None:
        """Machines read the same stream."""
        echo, errors = io.StringIO(), io.StringIO()
        console, _ = make_console(echo, errors, clock=SystemClock(), is_json=True)
        console.emit(Note("a"))
        console.emit(Crashed("b", ("trace",)))
        assert json.loads(echo.getvalue())["message"] == "a"
        assert json.loads(errors.getvalue())["event"] == "Failed"
