"""The map of the tree names every room and every module of it, and nothing else."""

import re
from pathlib import Path

TOP = Path(__file__).parents[2]
MAP = TOP / "docs/design/map.md"
ROW = re.compile(r"^\| `([\w/]+)/` \| (.+?) \| (.*?) \|$", re.MULTILINE)


def rooms_on_the_map() -> dict[str, set[str]]:
    """Which modules the map gives to each folder."""
    text = MAP.read_text("utf-8")
    return {folder: set(re.findall(r"`(\w+)`", modules)) for folder, _, modules in ROW.findall(text)}


def rooms_in_the_tree() -> dict[str, set[str]]:
    """Every package of the four layers, and the modules in it."""
    found = {}
    for layer in ("core", "ports", "adapters", "apps"):
        for face in (TOP / layer).rglob("__init__.py"):
            modules = {path.stem for path in face.parent.glob("*.py")} - {"__init__"}
            found[str(face.parent.relative_to(TOP))] = modules
    return found


def test_every_room_and_module_is_on_the_map() -> None:
    assert rooms_on_the_map() == rooms_in_the_tree()


def test_every_room_stands_on_one_line() -> None:
    folders = [folder for folder, _, _ in ROW.findall(MAP.read_text("utf-8"))]
    assert sorted(folders) == sorted(set(folders))
