"""Flags and exit codes of a page are those of `--help`; numbers of invariants and decisions lead somewhere."""

import importlib
import os
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = tuple(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"])
OF_A_STAGE = {"--prep-": "prepare_bodycam", "--iso-": "create_iso", "--burn-": "burn_iso", "--clean-": "cleanup"}
PAGES = [
    *(page for page in sorted((ROOT / "docs").rglob("*.md")) if "_build" not in page.parts),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
]
CITED = re.compile(r"\bINV-(\d+)\b")


@cache
def help_of(command: str) -> str:
    done = subprocess.run(
        [Path(sys.executable).with_name(command), "--help"],
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    return done.stdout


def page_of(command: str) -> str:
    return (ROOT / "docs" / "commands" / f"{command}.md").read_text(encoding="utf-8")


def flags_of(command: str) -> set[str]:
    """All options of `--help`."""
    found = set()
    for line in help_of(command).partition("\nOptions:\n")[2].partition("Exit codes:")[0].splitlines():
        if option := re.match(r"  (?:-\w, )?(--[\w-]+)(?: / (--[\w-]+))?", line):
            found |= {name for name in option.groups() if name}
    assert "--help" in found
    return found


def mentioned(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--[a-z][\w-]*\w", text))


def documented(command: str) -> set[str]:
    """What stands where a page explains flags: the first column of a table, and the beginning of an item of a list."""
    rows = [line.split("|")[1] for line in page_of(command).splitlines() if line.startswith("| `--")]
    items = [
        line.partition("`")[2].partition("`")[0] for line in page_of(command).splitlines() if line.startswith("- `--")
    ]
    return mentioned("\n".join(rows + items))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_flag_of_a_command_is_on_its_page(command: str) -> None:
    """The flags that all commands share are on the page about commands; those of a stage are on the stage's page."""
    missing = flags_of(command) - mentioned(page_of(command))
    missing -= mentioned(page_of("index"))
    if command == "run_bodycam_pipeline":
        missing = {
            flag
            for flag in missing
            if not any(
                flag.startswith(prefix) and f"--{flag.removeprefix(prefix)}" in mentioned(page_of(stage))
                for prefix, stage in OF_A_STAGE.items()
            )
        }
    assert missing == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_flag_that_a_page_explains_is_one_of_the_command(command: str) -> None:
    assert documented(command) - flags_of(command) == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_the_exit_codes_of_a_page_are_those_of_help(command: str) -> None:
    table = re.sub(r"\n {9}", " ", help_of(command).partition("Exit codes:")[2])  # a long meaning has more lines
    told = re.findall(r"^ +(\d+)  (\S.*)$", table, re.MULTILINE)
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", page_of(command), re.MULTILINE)
    assert told
    assert [(code, meaning.replace("`", "")) for code, meaning in rows] == told


def test_the_page_about_commands_says_on_which_stream_the_messages_of_each_are() -> None:
    """Somebody who lets cron throw one of them away must know which."""
    on_stderr = page_of("index").partition("stderr (")[2].partition(")")[0]
    stages = {command: importlib.import_module(f"camvault.apps.{command}").STAGE for command in COMMANDS}
    assert set(re.findall(r"`(\w+)`", on_stderr)) == {name for name, stage in stages.items() if stage.echo == "stderr"}


def invariants() -> list[int]:
    pages = [
        ROOT / "docs" / "design" / name
        for name in (
            "invariants.md",
            "invariants-recording.md",
            "invariants-archive.md",
            "invariants-dashcam.md",
            "invariants-evidence.md",
        )
    ]
    return [
        int(n) for page in pages for n in re.findall(r"^INV-(\d+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    ]


def citations() -> dict[int, set[str]]:
    """Which files of the project, other than the two lists, name which invariant."""
    found: dict[int, set[str]] = {}
    for folder in ("core", "ports", "adapters", "apps", "tests", "docs"):
        for file in (ROOT / folder).rglob("*"):
            if file.suffix not in {".py", ".md"} or "_build" in file.parts or file.name.startswith("invariants"):
                continue
            for number in CITED.findall(file.read_text(encoding="utf-8")):
                found.setdefault(int(number), set()).add(file.relative_to(ROOT).parts[0])
    return found


def test_invariants_are_numbered_in_order_and_each_is_cited_where_it_is_kept() -> None:
    numbers = invariants()
    assert numbers == list(range(1, len(numbers) + 1))
    kept_by_code = {number for number, where in citations().items() if where - {"docs"}}
    assert kept_by_code == set(numbers)


def test_decisions_are_numbered_in_order_and_only_these_are_cited() -> None:
    files = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
    numbers = [file.name[:4] for file in files]
    assert numbers == [f"{n:04}" for n in range(1, len(files) + 1)]
    for file in files:
        assert file.read_text(encoding="utf-8").startswith(f"# {file.name[:4]}: "), file
    texts = [p for f in ("core", "ports", "adapters", "apps", "tests", "docs") for p in (ROOT / f).rglob("*.[pm][yd]")]
    cited = {n for p in texts if "_build" not in p.parts for n in re.findall(r"\bdecision (\d+)", p.read_text("utf-8"))}
    assert cited <= set(numbers)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+\.md)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).is_file(), f"{page}: {target}"
