"""A real stick in the rig loses its power while it is listed and copied: none is wrong, nothing is "empty" (INV-36)."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.usbdisk.card_scene import CLIPS, FOLDERS
from tests.rig.fixtures import IN_PROJECT
from tests.rig.guest import Guest

SHAPES = ("vfat in a partition", "exfat", "ext4 in a partition")
SEED = 20251128


@pytest.mark.parametrize(
    ("shape", "rounds"),
    [
        (SHAPES[0], 3),
        *(pytest.param(shape, 20, marks=pytest.mark.nightly) for shape in SHAPES),
    ],
)
def test_a_card_that_loses_its_power_is_never_believed(guest: Guest, shape: str, rounds: int, tmp_path: Path) -> None:
    guest.shell("mkdir -p /tmp/tests/adapters/usbdisk")
    scene = Path(__file__).with_name("card_scene.py")
    guest.put(scene.read_bytes(), f"/tmp/tests/adapters/usbdisk/{scene.name}")
    environment, pythonpath, *python = IN_PROJECT
    argv = (environment, f"{pythonpath}:/tmp", *python, "tests.adapters.usbdisk.card_scene")
    said = guest.check(*argv, shape, str(rounds), str(SEED), timeout_s=3000)
    (tmp_path / "rounds.json").write_text(said)  # which pytest keeps of a test that failed
    found = json.loads(said)

    assert found["whole"]["verdict"] == "whole"
    assert found["whole"]["recorded"] == found["after"]["recorded"] == FOLDERS * CLIPS
    assert (found["after"]["verdict"], found["after"]["wrong"], found["after"]["lost"]) == ("whole", [], [])
    assert len(found["cuts"]) == rounds
    for each in found["cuts"]:
        _check(each)
    if shape.startswith("vfat"):
        assert "empty" in [each["dead_listing"] for each in found["cuts"]], "the fault that all of this is about"
    assert "no device in 1-1.2" in found["without power"]


def _check(cut: dict[str, Any]) -> None:
    assert (cut["wrong"], cut["lost"]) == ([], [])
    assert cut["verdict"] in {"", "whole"}
    assert bool(cut["verdict"]) != bool(cut["stopped_by"])
    assert cut["staged"] == cut["recorded"] == cut["told"]
    assert cut["problem"]
    assert cut["dead_problem"]
    assert cut["is_unmounted"]
