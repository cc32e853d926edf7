"""Every contract refuses adapters that break the law of their port, and for no other reason."""

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import camvault.adapters.contracts
from tests.contracts.wrong import (
    archives,
    cards,
    clips,
    copies,
    discs,
    evidence,
    hosts,
    managers,
    ports,
    power,
    reaches,
    records,
    segments,
    storage,
    targets,
    telling,
    waiting,
)

MODULES = (
    archives,
    cards,
    clips,
    copies,
    discs,
    evidence,
    hosts,
    managers,
    ports,
    power,
    reaches,
    records,
    segments,
    storage,
    targets,
    telling,
    waiting,
)
# They are run once, by one worker
pytestmark = pytest.mark.xdist_group("wrong adapters")

WRONG = {name: kind for module in MODULES for name, kind in vars(module).items() if name.startswith("Test")}
SHIPPED = Path(camvault.adapters.contracts.__file__).parent

Outcome = dict[str, dict[str, set[str]]]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What passed, failed or could not be set up, by class."""
    report = tmp_path_factory.mktemp("wrong") / "report.xml"
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    options = (
        "-q",
        "--tb=short",
        "-p",
        "no:xdist",
        "-p",
        "no:cacheprovider",
        f"--junitxml={report}",
        f"--basetemp={report.parent / 'inner'}",
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *(str(module.__file__) for module in MODULES)],
        env=env,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout[-6000:] + done.stderr[-2000:]
    found: Outcome = {name: {"passed": set(), "failure": set(), "error": set()} for name in WRONG}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - our own report
        how = next((child.tag for child in case if child.tag in {"failure", "error"}), "passed")
        found[case.attrib["classname"].rpartition(".")[2]][how].add(re.sub(r"\[.*", "", case.attrib["name"]))
    return found


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_adapter_is_refused_by_the_law_that_it_breaks(outcome: Outcome, name: str) -> None:
    assert outcome[name]["error"] == set()
    assert outcome[name]["failure"] == WRONG[name].REFUSED_BY
    assert outcome[name]["passed"]


def test_each_contract_has_refused_something() -> None:
    shipped = {
        found
        for path in SHIPPED.rglob("*.py")
        for found in re.findall(r"^class (\w+Contract)\b", path.read_text("utf-8"), re.MULTILINE)
    }
    refusing = {base.__name__ for kind in WRONG.values() for base in kind.__mro__}
    # which is its parts, each of which is in the list
    assert shipped - refusing == {"StorageContract"}


def test_each_port_has_a_contract_in_a_module_of_its_name() -> None:
    ports = Path(__file__).parents[2] / "ports/camvault/ports"
    with_protocol = {p.stem for p in ports.glob("*.py") if re.search(r"^class .*\bProtocol\)", p.read_text(), re.M)}
    shipped = {path.stem for path in SHIPPED.iterdir() if not path.stem.startswith("_")}
    assert shipped - with_protocol == {"stop"}
    assert with_protocol - shipped == set()
