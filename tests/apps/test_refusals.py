"""What a command says about a value that it does not take: what was found, and what is expected."""

import importlib
import pkgutil
from pathlib import Path
from typing import Any, get_args

import pytest

import camvault.apps
from camvault.apps import camera_archiver
from camvault.apps._cli.flags import flags_of
from camvault.apps._cli.parse import parse
from camvault.apps._cli.stage import Parsed

STAGES = {
    module.name: importlib.import_module(f"camvault.apps.{module.name}").STAGE
    for module in pkgutil.iter_modules(camvault.apps.__path__)
    if not module.name.startswith("_")
}
PATHS = [
    (name, flag)
    for name, stage in STAGES.items()
    for flag in flags_of(stage.options)
    if {flag.kind, *get_args(flag.kind)} & {Path, list[Path]}
]


def test_there_are_such_flags() -> None:
    named = {flag.name for _, flag in PATHS}
    assert len(PATHS) > 40
    assert {"directory", "output", "ffmpeg", "files", "cameras_config"} <= named


@pytest.mark.parametrize(("name", "flag"), PATHS, ids=lambda value: getattr(value, "name", value))
def test_an_empty_path_is_no_folder(name: str, flag: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """`"$CAMERA_DIR"` of a variable that is not set would be the folder that cron happens to begin in."""
    argv = [f"{flag.spellings[0]}="] if flag.spellings else [""]
    assert parse(STAGES[name], argv) == 1
    said = capsys.readouterr().err
    assert "found '', expected a p" in said
    assert (flag.spellings or (flag.info.metavar or flag.name.upper(),))[0] in said


def test_an_empty_path_among_others(capsys: pytest.CaptureFixture[str]) -> None:
    assert parse(STAGES["run_bodycam_pipeline"], ["a.mp4", ""]) == 1
    assert "found '', expected a path" in capsys.readouterr().err


def test_the_current_folder_can_be_named() -> None:
    parsed = parse(camera_archiver.STAGE, ["."])
    assert isinstance(parsed, Parsed)
    assert parsed.options.directory == Path()


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--age", "x"], "'--age': found 'x', expected a whole number\n"),
        (["--age", "1.5"], "'--age': found '1.5', expected a whole number\n"),
        (["--age", "-1"], "'--age': found '-1', expected 0 or more\n"),
        (["--quality", "99"], "'--quality': found '99', expected at most 51\n"),
        (["--settle", "1h"], "'--settle': found '1h', expected a number\n"),
        (["--settle", "nan"], "'--settle': found 'nan', expected "),
        (["--encoder", "gpu"], "'--encoder': 'gpu' is not one of 'auto', "),
        (["--age", "\x1b[31m"], "found '\\x1b[31m', expected a whole number"),
    ],
    ids=" ".join,
)
def test_a_refused_value_is_shown_with_what_is_expected(
    argv: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert parse(camera_archiver.STAGE, argv) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("name", STAGES)
def test_help_fits_into_80_columns(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The table of exit codes too, which nothing fills anew."""
    monkeypatch.setenv("COLUMNS", "80")
    assert parse(STAGES[name], ["--help"]) == 0
    assert [line for line in capsys.readouterr().out.splitlines() if len(line) > 80] == []
