"""Files of core stay short enough to be read at one go, and no object of it becomes a program of its own."""

import ast
from collections.abc import Iterator
from pathlib import Path

CORE = Path(__file__).parents[2] / "core"
LINES_MOST = 300
METHODS_MOST = 12


def test_no_file_of_core_is_long() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in CORE.rglob("*.py")}
    assert lengths
    assert [path.name for path, length in lengths.items() if length > LINES_MOST] == []


def changing_classes() -> Iterator[ast.ClassDef]:
    """The classes whose objects change: made with `attrs.define`, or without attrs."""
    for path in CORE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and not any("frozen" in ast.unparse(d) for d in node.decorator_list):
                yield node


def test_no_object_with_state_has_many_methods() -> None:
    counts = {node.name: sum(isinstance(each, ast.FunctionDef) for each in node.body) for node in changing_classes()}
    assert counts
    assert {name: count for name, count in counts.items() if count > METHODS_MOST} == {}
