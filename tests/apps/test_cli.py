"""The command framework, on a toy stage: strict parsing, streams, logs, signals, exit codes."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import attrs
import pytest
import typer

from camvault.apps._cli.entry import main
from camvault.apps._cli.flags import UNDECIDED, Part, flags_of
from camvault.apps._cli.stage import Context, ExitCodes, Log, Stage
from camvault.apps._pipeline.options import Options as PipelineOptions
from camvault.ports.errors import CamvaultError, Cancelled, StorageError, UsageError
from tests.apps import toy

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "toy.log"


def messages(log: Path) -> list[str]:
    return [line.split(" ▶ ", 1)[1] for line in log.read_text().splitlines()]


class TestParsing:
    def test_files_and_flags_in_either_order(self, log: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Before, after and between; boolean flags next to valued ones; `_` in numbers."""
        argv = ["a", "--force", "--disc-bytes", "50_000_000_000", "b", "--skip-verify", f"--logfile={log}"]
        assert main(toy.STAGE, [*argv, "--delete-originals", "yes", "--label", "x", "c"]) == 0
        out = capsys.readouterr().out
        assert "disc_bytes=50000000000 delete=True verify=False force=True label='x'" in out
        assert "3 clips, first a" in out

    @pytest.mark.parametrize(
        ("argv", "said"),
        [
            (["a", "--labell", "x"], "unknown option '--labell' (did you mean --label?)"),
            (["a", "--disc", "5"], "unknown option '--disc'"),  # no abbreviations
            (["a", "-x"], "unknown option '-x'"),
            (["a", "--disc-bytes", "0"], "--disc-bytes"),
            (["a", "--disc-bytes", "many"], "--disc-bytes"),
            (["a", "--delete-originals", "maybe"], "'yes', 'no'"),
            (["a", "--verify", "--skip-verify"], "--verify and --skip-verify exclude one another"),
            (["a", "--force=yes"], "--force"),
            (["a", "--delete-originals"], "--delete-originals"),
            ([], "FILE..."),
        ],
        ids=" ".join,
    )
    def test_usage_errors_end_with_1(
        self, argv: list[str], said: str, log: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """One sentence on stderr, nothing on stdout, no log."""
        assert main(toy.STAGE, ["--logfile", str(log), *argv]) == 1
        captured = capsys.readouterr()
        assert said in captured.err
        assert captured.out == ""
        assert not log.exists()

    def test_the_logfile_is_required_where_the_specification_says_so(self, capsys: pytest.CaptureFixture[str]) -> None:
        """And optional where it does not."""
        assert main(toy.STAGE, ["a"]) == 1
        assert "--logfile" in capsys.readouterr().err
        optional = Stage(name="toy", options=toy.Options, run=toy.run, log=Log.OPTIONAL, exit_codes=toy.EXIT_CODES)
        assert main(optional, ["a"]) == 0

    def test_a_file_after_two_dashes_is_a_file(self, log: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """A clip may be called `--force` or `--skip-verify`."""
        assert main(toy.STAGE, ["--logfile", str(log), "--verify", "--", "--skip-verify", "-x"]) == 0
        assert "2 clips, first --skip-verify" in capsys.readouterr().out

    def test_help_has_the_exit_codes(self, capsys: pytest.CaptureFixture[str]) -> None:
        """The same table that decides."""
        assert main(toy.STAGE, ["--help"]) == 0
        out = capsys.readouterr().out
        for line in (
            "    3  the record is broken",
            "  130  stopped by Ctrl-C",
            "--verify / --skip-verify",
            "--logfile FILE",
        ):
            assert line in out

    def test_version(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Eager: nothing else is asked for."""
        assert main(toy.STAGE, ["--version"]) == 0
        assert capsys.readouterr().out.startswith("camvault ")


class TestEndings:
    @pytest.mark.parametrize(
        ("fault", "code"),
        [
            (toy.Fault.USAGE, 1),
            (toy.Fault.RECORD, 3),
            (toy.Fault.MEDIA, 4),
            (toy.Fault.TOOL, 5),  # and not the 130 of the child
            (toy.Fault.BUG, 5),
            (toy.Fault.CANCELLED, 130),
        ],
    )
    def test_exit_codes(self, fault: toy.Fault, code: int, log: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Each error has its code, its sentence on stderr and in the log, and the log its last line."""
        assert main(toy.STAGE, ["a", "--logfile", str(log), "--fault", fault]) == code
        captured = capsys.readouterr()
        assert len(captured.err.splitlines()) == 1
        assert "Traceback" not in captured.err + captured.out
        lines = messages(log)
        assert lines[0] == "INFO ▶ Script started"
        assert lines[-1] == "INFO ▶ Script exited"
        assert captured.err.split(" ▶ ", 1)[1].strip() in lines

    def test_a_bug_leaves_its_traceback_in_the_log_only(self, log: Path) -> None:
        """One line for the person, all of it for the developer."""
        main(toy.STAGE, ["a", "--logfile", str(log), "--fault", "bug"])
        lines = messages(log)
        assert "ERROR ▶ Unexpected error, ZeroDivisionError: division by zero" in lines
        assert any("| Traceback (most recent call last)" in line for line in lines)

    def test_the_echo_is_the_log(self, log: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Line by line, on the stream the specification names, results aside."""
        stage = Stage(
            name="toy", options=toy.Options, run=toy.run, log=Log.REQUIRED, echo="stderr", exit_codes=toy.EXIT_CODES
        )
        assert main(stage, ["a", "--logfile", str(log)]) == 0
        captured = capsys.readouterr()
        assert captured.err.splitlines() == log.read_text().splitlines()
        assert captured.out.startswith("disc_bytes=")

    def test_json_log(self, log: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """`--log-format json` renders log and echo."""
        assert main(toy.STAGE, ["a", "--logfile", str(log), "--log-format", "json", "--fault", "bug"]) == 5
        records = [json.loads(line) for line in log.read_text().splitlines()]
        assert records[0]["event"] == "ScriptStarted"
        assert records[-1]["data"] == {"exit_code": 5}
        assert next(r for r in records if r["event"] == "Crashed")["data"]["traceback"]
        for line in capsys.readouterr().out.splitlines():
            json.loads(line)

    @pytest.mark.parametrize("path", ["{tmp}/no/such/folder/x.log", "{tmp}", "/proc/x.log"])
    def test_a_log_that_cannot_be_written_stops_everything(
        self, path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Before any work, with 1."""
        assert main(toy.STAGE, ["a", "--logfile", path.format(tmp=tmp_path)]) == 1
        captured = capsys.readouterr()
        assert "Cannot write logfile" in captured.err
        assert captured.out == ""

    @pytest.mark.parametrize("content", [b"\0\0\0\x20ftypisom" * 9, b"x", b"2025 was a year\n", b"\n", b"{}\n"])
    @pytest.mark.parametrize("link", [None, Path.symlink_to, Path.hardlink_to])
    def test_nothing_is_appended_to_what_is_no_log(
        self,
        content: bytes,
        link: Callable[[Path, Path], None] | None,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """It may be footage. Also by another name."""
        victim = log = tmp_path / "clip.mp4"
        victim.write_bytes(content)
        if link is not None:
            log = tmp_path / "run.log"
            link(log, victim)
        assert main(toy.STAGE, ["a", "--logfile", str(log)]) == 1
        captured = capsys.readouterr()
        assert f"Cannot write logfile: {log} is not a log of camvault" in captured.err
        assert captured.out == ""
        assert victim.read_bytes() == content

    @pytest.mark.parametrize("link", [None, Path.symlink_to, Path.hardlink_to])
    def test_the_log_is_nothing_else_that_was_given(
        self, link: Callable[[Path, Path], None] | None, log: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Whatever it holds: here it is even a log, or empty."""
        for content in ("2025-07-18 12:15:00 UTC ▶ INFO ▶ Script started\n", ""):
            clip = log.with_name("clip")
            clip.write_text(content)
            other = clip if link is None else log
            if link is not None:
                link(log, clip)
            assert main(toy.STAGE, ["a", str(clip), "--logfile", str(other)]) == 1
            assert "which was given for something else" in capsys.readouterr().err
            assert clip.read_text() == content
            log.unlink(missing_ok=True)

    def test_a_missing_input_is_not_made_by_the_log(self, log: Path) -> None:
        """Also through a symbolic link that leads nowhere yet."""
        log.symlink_to("clip")
        assert main(toy.STAGE, [str(log.with_name("clip")), "--logfile", str(log)]) == 1
        assert not log.exists()

    def test_a_device_is_no_log(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Appending would write to its first sectors."""
        node = tmp_path / "node"
        os.mknod(node, stat.S_IFBLK | 0o600, os.makedev(259, 1_000_000))  # no such device
        assert main(toy.STAGE, ["a", "--logfile", str(node)]) == 1
        assert f"{node} is a device" in capsys.readouterr().err

    @pytest.mark.parametrize("earlier", ["text", "json"])
    def test_a_log_of_ours_goes_on(self, earlier: str, log: Path) -> None:
        """In whatever format it began, and after a crash in its first line."""
        for more in ("text", "json"):
            assert main(toy.STAGE, ["a", "--logfile", str(log), "--log-format", earlier]) == 0
            count = len(log.read_bytes().splitlines())
            assert main(toy.STAGE, ["a", "--logfile", str(log), "--log-format", more]) == 0
            assert len(log.read_bytes().splitlines()) > count
            log.write_bytes(log.read_bytes()[:30])
            assert main(toy.STAGE, ["a", "--logfile", str(log), "--log-format", more]) == 0
            log.unlink()
        log.write_text("[2025-05-28 15:20:10] [INFO] Starting\n")
        assert main(toy.STAGE, ["a", "--logfile", str(log)]) == 0

    def test_a_log_that_fills_the_disk_is_said(self, capsys: pytest.CaptureFixture[str]) -> None:
        """The work goes on, and the person learns that the log is not complete."""
        assert main(toy.STAGE, ["a", "--logfile", "/dev/full"]) == 0
        assert "The log file is not complete: No space left on device" in capsys.readouterr().out


class TestExitCodes:
    def test_the_nearest_class_decides(self) -> None:
        """A table may name a family and one member of it."""
        table = ExitCodes({}, errors={CamvaultError: 2, StorageError: 3, ValueError: lambda error: int(str(error))})
        assert table.code_of(StorageError(Path("x"))) == 3
        assert table.code_of(CamvaultError()) == 2
        assert table.code_of(ValueError("7")) == 7
        assert table.code_of(KeyError()) == 1
        assert table.code_of(UsageError("x")) == 1
        assert table.code_of(Cancelled()) == 130

    def test_every_table_has_the_shared_rows(self) -> None:
        """0 and 130 mean the same everywhere."""
        assert [code for code, _ in ExitCodes({2: "x"}).rows()] == [0, 2, 130]


class TestProcess:
    """What only a process shows: signals, pipes, encodings."""

    def start(self, *argv: str, env: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "tests.apps.toy", *argv],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=env,
        )

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_a_signal_ends_it_with_130(self, number: signal.Signals, log: Path) -> None:
        """Sent to the process alone, as a supervisor does."""
        process = self.start("a", "--logfile", str(log), "--wait-s", "60")
        deadline = time.monotonic() + 30
        while not (log.exists() and "a warning" in log.read_text()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(number)
        out, errors = process.communicate(timeout=300)
        assert process.returncode == 130
        assert "cancelled" in errors
        assert "Traceback" not in errors + out
        assert messages(log)[-1] == "INFO ▶ Script exited"

    def test_a_reader_that_goes_away_changes_nothing(self, log: Path) -> None:
        """`toy ... | head -0`: exit code and log stay as they would be."""
        read, write = os.pipe()
        os.close(read)
        with os.fdopen(write, "w") as pipe:
            process = subprocess.run(
                [sys.executable, "-m", "tests.apps.toy", "a", "--logfile", str(log)],
                cwd=REPOSITORY,
                stdout=pipe,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
            )
        assert process.returncode == 0
        assert process.stderr == ""
        assert messages(log)[-1] == "INFO ▶ Script exited"

    def test_hostile_names_on_a_console_without_unicode(self, log: Path) -> None:
        """A name that is not UTF-8, on a terminal that is Latin-1: escaped, not crashed."""
        name = os.fsdecode(b"a\xff\n\x1b[2J\xe2\x82\xac.mp4")
        environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
        process = self.start(name, "--logfile", str(log), env=environment)
        out, errors = process.communicate(timeout=300)
        assert (process.returncode, errors) == (0, "")
        assert r"first a\xff\n\x1b[2J\u20ac.mp4" in out
        assert r"first a\xff\n\x1b[2J€.mp4" in log.read_text()


class TestParts:
    """Flags of a larger command are derived from its stages."""

    def larger(self, stage: Stage[Any], **more: Any) -> tuple[Stage[Any], Part, list[dict[str, object]]]:
        part = Part(stage=stage, prefix="toy", **more)
        seen: list[dict[str, object]] = []

        def run(_: Context, options: Any) -> None:
            """Run the larger command."""
            derived = [flag for flag in part.flags("toy") if flag.path[-1] != "refused"]
            seen.append({flag.path[-1]: flag.value_in(options) for flag in derived})

        annotation: Any = Annotated[stage.options, part]
        field = attrs.field(type=annotation)
        options = attrs.make_class("Larger", {"toy": field}, frozen=True, kw_only=True)
        return Stage(name="larger", options=options, run=run, log=Log.OWN, exit_codes=ExitCodes({})), part, seen

    def test_every_flag_has_its_prefix_and_keeps_its_meaning(self) -> None:
        """Name, type, default, both spellings of a switch; positional arguments are not derived."""
        larger, _, seen = self.larger(toy.STAGE)
        assert main(larger, ["--toy-skip-verify", "--toy-disc-bytes", "5_000", "--toy-delete-originals", "yes"]) == 0
        (values,) = seen
        assert values == {
            "disc_bytes": 5000,
            "delete_originals": "yes",
            "verify": False,
            "force": False,
            "label": None,
            "fault": None,
            "wait_s": 0.0,
        }

    def test_a_new_flag_of_a_stage_is_a_new_flag_of_the_larger_command(self) -> None:
        """With no second edit: the promise of the derivation."""

        @attrs.frozen(kw_only=True)
        class Options:
            brand_new: Annotated[int, typer.Option("--brand-new", help="New.")] = 1
            unspelled: Annotated[bool, typer.Option(help="Typer spells it.")] = False

        larger, _, seen = self.larger(Stage(name="toy", options=Options, run=print, exit_codes=ExitCodes({})))
        assert main(larger, ["--toy-brand-new", "7", "--toy-unspelled"]) == 0
        assert main(larger, ["--toy-no-unspelled"]) == 0
        assert seen == [{"brand_new": 7, "unspelled": True}, {"brand_new": 1, "unspelled": False}]

    @pytest.mark.parametrize("flag", ["--label", "--toy-labell", "--toy-lab"])
    def test_unprefixed_misspelled_and_abbreviated_flags_are_unknown(
        self, flag: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """With the nearest one that exists."""
        larger, _, seen = self.larger(toy.STAGE)
        assert main(larger, [flag, "x"]) == 1
        assert f"unknown option '{flag}'" in capsys.readouterr().err
        assert seen == []

    def test_exclusions_hold_under_the_prefix(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Identical mutually exclusive rules."""
        larger, _, _ = self.larger(toy.STAGE)
        assert main(larger, ["--toy-verify", "--toy-skip-verify"]) == 1
        assert "exclude one another" in capsys.readouterr().err

    @pytest.mark.parametrize("argv", [["--toy-label", "x"], ["--toy-logfile=x"]])
    def test_owned_flags_are_refused_with_the_reason(self, argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        """Known, but not for the user to decide; and not in the help."""
        larger, part, seen = self.larger(toy.STAGE, owned={"label"})
        assert main(larger, argv) == 1
        assert "the pipeline decides this itself" in capsys.readouterr().err
        assert main(larger, []) == 0
        assert "label" not in seen[0]
        assert main(larger, ["--help"]) == 0
        assert "--toy-label" not in capsys.readouterr().out
        assert part.prefix == "toy"

    def test_every_flag_that_the_help_of_the_pipeline_names_is_one_of_its_own(self) -> None:
        flags = flags_of(PipelineOptions)
        own = {one for flag in flags for spelling in flag.spellings for one in spelling.split("/")}
        named = {name for flag in flags for name in re.findall(r"--[a-z][\w-]*", flag.info.help or "")}
        assert named
        assert named - own == set()

    @pytest.mark.parametrize(
        ("path", "words"),
        [
            (("prepare", "delete_originals"), "after the disc was burned, read back and compared"),
            (("clean", "build_dir"), "of an earlier run"),
        ],
    )
    def test_a_flag_that_means_something_else_in_the_pipeline_says_so(self, path: tuple[str, ...], words: str) -> None:
        (flag,) = [flag for flag in flags_of(PipelineOptions) if flag.path == path]
        assert words in (flag.info.help or "")

    def test_a_required_flag_can_be_made_optional(self) -> None:
        """As `--clean-build-dir`."""

        @attrs.frozen(kw_only=True)
        class Options:
            folder: Annotated[Path, typer.Option("--folder", help="F.")]

        stage = Stage(name="toy", options=Options, run=print, exit_codes=ExitCodes({}))
        larger, _, seen = self.larger(stage, optional={"folder"})
        assert main(larger, []) == 0
        assert main(larger, ["--toy-folder", "x"]) == 0
        assert seen == [{"folder": UNDECIDED}, {"folder": Path("x")}]
        strict, _, _ = self.larger(stage)
        assert main(strict, []) == 1

    def test_sentences_of_a_stage_name_the_flags_as_they_are_here(self) -> None:
        """A hint must be one that can be followed."""
        part = Part(stage=toy.STAGE, prefix="toy")
        said = part.in_larger_terms("use --label X or --skip-verify, not --label-all, x--force or '--force'")
        assert said == "use --toy-label X or --toy-skip-verify, not --label-all, x--force or '--toy-force'"

    def test_a_flag_needs_one_declaration(self) -> None:
        """A bare annotation is a mistake of the stage, found at once."""

        @attrs.frozen(kw_only=True)
        class Options:
            bare: int = 1

        with pytest.raises(TypeError, match="bare"):
            flags_of(Options)
