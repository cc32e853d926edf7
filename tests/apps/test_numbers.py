"""Every number that a command takes has limits, which are named with the flag."""

import importlib
import pkgutil
from typing import Any

import pytest

import camvault.apps
from camvault.apps._cli.flags import flags_of
from camvault.apps._cli.parse import parse

STAGES = {
    module.name: importlib.import_module(f"camvault.apps.{module.name}").STAGE
    for module in pkgutil.iter_modules(camvault.apps.__path__)
    if not module.name.startswith("_")
}
NUMBERS = [
    (name, flag)
    for name, stage in STAGES.items()
    for flag in flags_of(stage.options)
    if flag.kind in (int, float, int | None, float | None) or flag.info.metavar == "N|auto"
]


def test_there_are_such_flags() -> None:
    assert len(NUMBERS) > 20
    assert {"--segment_time", "--keep-days", "--jobs"} <= {flag.spellings[0] for _, flag in NUMBERS}


@pytest.mark.parametrize(("name", "flag"), NUMBERS, ids=lambda value: getattr(value, "name", value))
@pytest.mark.parametrize("value", ["9" * 400, "9" * 5000, "-" + "9" * 400, "nan", "1e400", "10000000000000000000"])
def test_a_number_that_is_far_too_large(name: str, flag: Any, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    spelling = flag.spellings[0]
    assert parse(STAGES[name], [f"{spelling}={value}"]) == 1
    said = capsys.readouterr().err
    assert spelling in said
    assert len(said) < 700, "nobody reads four hundred digits"
