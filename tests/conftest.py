"""For all tests: the rig's fixtures, the canary, and the coverage that core must have."""

import io
from collections.abc import Generator

import coverage
import hypothesis
import pytest

pytest_plugins = ["tests.rig.fixtures", "tests.canary_watch"]

# A deadline per example measures the machine and what else runs on it, not the code. The examples of a test are the
# same in each run, so that a change is judged by what it changes; `make nightly` draws new ones.
# how long an example takes to be made says how busy the machine is
BUSY = (hypothesis.HealthCheck.too_slow,)
hypothesis.settings.register_profile("camvault", deadline=None, derandomize=True, suppress_health_check=BUSY)
hypothesis.settings.register_profile("nightly", deadline=None, print_blob=True, suppress_health_check=BUSY)
hypothesis.settings.load_profile("camvault")


@pytest.fixture(params=[5, pytest.param(1, marks=pytest.mark.nightly)], ids=["each fifth point", "each point"])
def every(request: pytest.FixtureRequest) -> int:
    """How many of the power cuts of an exploration are tried: each fifth in each run, and all of them nightly."""
    number: int = request.param
    return number


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--core-coverage", type=float, metavar="PERCENT", help="fail if core is covered less; needs --cov")


class CoreCoverage:
    """Reports the branch coverage of core once pytest-cov has combined the data, and judges it.

    What commands that tests start reach does not count, nor what explorers do: each branch has a test that says what it
    is for. pytest-cov's own limit, and a check after pytest, would write below pytest's summary.
    """

    def __init__(self, required_percent: float) -> None:
        self._required_percent = required_percent
        self._lines: list[str] = []
        self._is_enough = True

    @pytest.hookimpl(wrapper=True, tryfirst=True)  # around pytest-cov's wrapper: the data is complete
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        result = yield
        data = coverage.Coverage()
        data.load()
        percent = data.report(include=["core/*"], file=io.StringIO())
        self._lines.append(f"core {percent:6.2f} %")
        if percent < self._required_percent:
            self._is_enough = False
            table = io.StringIO()
            data.report(include=["core/*"], skip_covered=True, show_missing=True, file=table)
            self._lines += [f"core needs {self._required_percent:g} %, missing:", table.getvalue()]
            session.testsfailed += 1  # as pytest-cov does: the exit code is that of failed tests
        return result

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("branch coverage", green=self._is_enough, red=not self._is_enough)
        for line in self._lines:
            terminalreporter.write_line(line)


def pytest_configure(config: pytest.Config) -> None:
    required_percent = config.getoption("--core-coverage")
    if required_percent is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(CoreCoverage(required_percent))
