"""What a page names is there: files, modules, classes, tests, and the messages that it explains."""

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.docs.examples import examples, steps

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ("core", "ports", "adapters", "apps")
FOLDERS = (*LAYERS, "tests", "benchmarks", "tools", "docs")
PAGES = [
    *(page for page in sorted((ROOT / "docs").rglob("*.md")) if "_build" not in page.parts),
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
]
COMMAND_PAGES = [page for page in PAGES if page.parent.name == "commands" and page.name != "index.md"]

FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
A_FILE = re.compile(rf"(?:{'|'.join(FOLDERS)})/[\w./-]*\.\w+")
A_MODULE = re.compile(r"camvault(?:\.\w+)+")
A_CLASS = re.compile(r"[A-Z][a-z]+(?:[A-Z][a-z]*)+(?:\.[a-z_]+)?")
A_TEST = re.compile(r"test_\w+")


def text_of(page: Path) -> str:
    """The page without its blocks, in which programs talk."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def by_name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@cache
def definitions(*folders: str) -> frozenset[str]:
    """The classes, their members, and the functions of all modules below `folders`: `Name`, `Name.member`, `name`."""
    found = set()
    for file in (file for folder in folders for file in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.ClassDef(name=name, body=body):
                    found |= {name, *(f"{name}.{member}" for each in body for member in _members(each))}
                case ast.FunctionDef(name=name):
                    found.add(name)
    return frozenset(found)


def _members(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.FunctionDef(name=name):
            yield name
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name


@cache
def strings() -> tuple[str, ...]:
    """All texts in the four layers; of an f-string, each part between two values."""
    return tuple(
        node.value
        for layer in LAYERS
        for file in (ROOT / layer).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def exists(dotted: str) -> bool:
    """Whether this is a module, or a name in one."""
    parts = dotted.split(".")
    for count in range(len(parts), 0, -1):
        try:
            place: object = importlib.import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        for name in parts[count:]:
            if not hasattr(place, name):
                return False
            place = getattr(place, name)
        return True
    return False


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_every_file_of_the_project_that_a_page_names_is_there(page: Path) -> None:
    named = {name for code in CODE.findall(text_of(page)) for name in A_FILE.findall(code)}
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_every_module_that_a_page_names_can_be_imported(page: Path) -> None:
    named = {name for code in CODE.findall(text_of(page)) if (name := code.strip()) and A_MODULE.fullmatch(name)}
    assert [name for name in sorted(named) if not exists(name)] == []


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_every_class_that_a_page_names_is_defined(page: Path) -> None:
    named = {code for code in CODE.findall(text_of(page)) if A_CLASS.fullmatch(code)}
    assert named - definitions(*LAYERS) == set()


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_every_test_that_a_page_names_is_there(page: Path) -> None:
    modules = {file.stem for file in (ROOT / "tests").rglob("test_*.py")}
    named = {code.removesuffix(".py") for code in CODE.findall(text_of(page)) if A_TEST.fullmatch(code)}
    assert named - definitions("tests") - modules == set()


def rows_below(heading: str, page: Path) -> list[str]:
    """The first column of the table below a heading."""
    section = page.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)


@pytest.mark.parametrize("page", COMMAND_PAGES, ids=by_name)
def test_every_message_that_a_page_explains_is_one_of_the_program(page: Path) -> None:
    """`…` stands for what differs from run to run; what is between two of them is a text in the source."""
    rows = rows_below("When it fails", page)
    assert rows, page
    pieces = {
        piece.strip(" .,;:()'")
        for row in rows
        for message in CODE.findall(row)
        for piece in message.split("…")
    }  # fmt: skip
    unknown = {piece for piece in pieces if len(piece) > 2 and not any(piece in text for text in strings())}
    assert unknown == set()


@pytest.mark.parametrize("page", COMMAND_PAGES, ids=by_name)
def test_the_pages_of_commands_have_one_shape(page: Path) -> None:
    """What it does, an example, flags, files, exit codes, and what to do when it fails; a page may tell more."""
    headings = re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    expected = ["Example", "Flags", "Files", "Exit codes", "When it fails"]
    assert [heading for heading in headings if heading in expected] == expected


@pytest.mark.parametrize("page", COMMAND_PAGES, ids=by_name)
def test_the_example_shows_what_the_terminal_shows_and_the_form_for_machines(page: Path) -> None:
    typed = [step for each in examples(page) if each.language == "console" for step in steps(each.body)]
    shown = [line for step in typed if page.stem in step.command for line in step.expected if line != "…"]
    assert len(shown) >= 3, page
    assert any(step.expected and re.search(r" --(log-format json|json)$", step.command) for step in typed), page
