"""One name, one meaning: no public class is defined in two places, but for the `Options` that each command has."""

import ast
from collections import defaultdict
from pathlib import Path

TOP = Path(__file__).parents[2]


def public_classes() -> dict[str, list[str]]:
    """Where each public class of the four layers is defined."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for layer in ("core", "ports", "adapters", "apps"):
        for path in sorted((TOP / layer).rglob("*.py")):
            for node in ast.parse(path.read_text("utf-8")).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    found[node.name].append(str(path.relative_to(TOP)))
    return found


def test_no_public_class_has_two_meanings() -> None:
    doubled = {name for name, places in public_classes().items() if len(places) > 1}
    assert doubled == {"Options"}
