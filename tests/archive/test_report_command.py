"""`archive_report` as a command: its tables, its JSON, and its page, looked at in a browser."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from pytest_mock import MockerFixture

from camvault.adapters.jinja import MARK
from camvault.apps._cli.entry import main
from camvault.apps.archive_report import STAGE
from camvault.core.workflows.archive.job import LEDGERS_NAME
from tests.archive.browser import seen
from tests.archive.filled import HOSTILE, filled

SHOWN_HOSTILE = "<script>alert(1)<\\u202eimg src=x onerror=alert(2)>"
UNITS = {"bytes": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


@pytest.fixture(scope="module")
def cameras(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("report") / "cameras", datetime.now().astimezone()).root


@attrs.frozen
class Done:
    """How the command ended."""

    returncode: int
    stdout: str
    stderr: str


Report = Callable[..., Done]


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Report:
    """The command, in this process: to load everything once is enough."""

    def run(*argv: str | Path) -> Done:
        code = main(STAGE, [str(each) for each in argv])
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    return run


def said_by_json(report: Report, cameras: Path, *argv: str) -> dict[str, Any]:
    done = report(cameras, "--json", *argv)
    assert (done.returncode, done.stderr) == (0, "")
    return dict(json.loads(done.stdout))


def name_of(camera: str | None) -> str:
    return "(no record)" if camera is None else camera.replace("\u202e", "\\u202e")


def is_size(text: str, size_bytes: float) -> bool:
    """Whether the words are those of this size, rounded to four digits."""
    number, unit = text.split()
    return abs(float(number) * UNITS[unit] - size_bytes) <= max(0.5, size_bytes * 5e-4)


def exacts(row: list[dict[str, Any]]) -> list[float | str | None]:
    """The figure behind each field, or its text."""
    return [cell["text"] if cell["exact"] is None else cell["exact"] for cell in row]


def expected_cameras(said: dict[str, Any]) -> Iterator[list[Any]]:
    for each in (*said["cameras"], {**said["total"], "camera": "total"}):
        savings, is_total = each["savings"], each["camera"] == "total"
        before = savings["bytes_before"]
        gap_days = "" if is_total or each["camera"] is None else sum(gap["days"] for gap in each["gaps"])
        yield [
            *(name_of(each["camera"]), each["archives"], each["bytes"], before or ""),
            pytest.approx(100 * savings["saved_bytes"] / before) if before else "",
            *(savings["remuxed"], each["clips"].get("waiting", {"count": 0})["count"]),
            *(each.get("first_day", ""), each.get("last_day", ""), each.get("days", ""), gap_days),
        ]


def expected_never_archived(said: dict[str, Any]) -> list[list[Any]]:
    places = {"waiting": "in the input", "trashed": "in the trash", "deleted": "deleted by a rule"}
    return [
        [name_of(each["camera"]), places[each["where"]], each["clips"], each["bytes"], each["day"], each["day"]]
        for each in sorted(said["never_archived"], key=lambda each: str(each["camera"]))
    ]


def check_tables(shown: dict[str, Any], said: dict[str, Any]) -> None:
    tables = {name: [exacts(row) for row in rows] for name, rows in shown["tables"].items()}
    assert tables["cameras"] == list(expected_cameras(said))
    assert tables["never-archived"] == expected_never_archived(said)
    assert tables["weeks"] == [
        [week["week"], week["begins"], week["archives"], week["bytes"]] for week in said["weeks"] if week["archives"]
    ]
    assert tables["days"] == [
        [each["day"], name_of(each["camera"]), each["archives"], each["bytes"]]
        for each in said["days"]
        if each["archives"] and each["day"] > "2021"
    ]
    assert tables["areas"] == [
        [name, place["files"], place["bytes"], pytest.approx(place["growth_bytes_per_day"])]
        for name, place in said["places"].items()
    ]
    assert [[row[0], row[3]] for row in tables["disks"]] == [
        [", ".join(disk["places"]), pytest.approx(disk["growth_bytes_per_day"])] for disk in said["disks"]
    ]
    assert tables["gaps"] == [
        [name_of(each["camera"]), gap["from"], gap["to"], gap["days"], "still" if gap["still"] else ""]
        for each in said["cameras"]
        for gap in each["gaps"]
    ]
    assert tables["quality"] == [
        [
            *(name_of(each["camera"]), f"{quality['measure']} {quality['unit']}", quality["archives"]),
            *(pytest.approx(quality["mean"]), quality["lowest"], quality["lowest_archive"]),
        ]
        for each in said["cameras"]
        for quality in each["quality"]
    ]


def check_words(shown: dict[str, Any]) -> None:
    """Whether the words in each field are those of the figure behind it."""
    for rows in shown["tables"].values():
        for cell in (cell for row in rows for cell in row if cell["exact"] is not None):
            text, exact = cell["text"], cell["exact"]
            is_percent = text.endswith(" %") and int(text[:-2]) <= exact < int(text[:-2]) + 1
            is_number = re.fullmatch(r"[\d,.]+", text) and abs(float(text.replace(",", "")) - exact) <= 0.05
            assert is_percent or is_number or is_size(text, exact), cell
            assert cell["isSeen"], cell


def check_bars(shown: dict[str, Any], said: dict[str, Any]) -> None:
    """Whether the bars of the weeks are as high as the figures are large."""
    by_camera: defaultdict[str, Counter[str]] = defaultdict(Counter)
    earliest = (date.fromisoformat(said["today"]) - timedelta(days=730)).isoformat()
    for each in said["days"]:
        if each["bytes"] and each["day"] >= earliest:
            day = date.fromisoformat(each["day"])
            by_camera[name_of(each["camera"])][str(day - timedelta(days=day.weekday()))] += each["bytes"]
    assert sorted(shown["keys"]) == sorted(by_camera)
    (scale,) = {
        round(sum(bar["height"] for bar in shown["bars"] if bar["series"] == number) / by_camera[key].total(), 6)
        for number, key in enumerate(shown["keys"])
    }
    for number, key in enumerate(shown["keys"]):
        bars = sorted((bar["x"], bar["height"]) for bar in shown["bars"] if bar["series"] == number)
        heights = [size for _, size in sorted(by_camera[key].items())]
        assert [height / scale for _, height in bars] == pytest.approx(heights, rel=0.02)


def test_the_page_shows_in_a_browser_what_the_json_says(report: Report, cameras: Path, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    done = report(cameras, "--json", "--html", target)
    assert done.returncode == 0, done.stderr
    said, page = json.loads(done.stdout), target.read_text(encoding="utf-8")
    light, dark = (seen(page, tmp_path / name, is_dark=name == "dark") for name in ("light", "dark"))
    for shown in (*light.values(), *dark.values()):
        check_tables(shown, said)
        check_bars(shown, said)
        assert (shown["foreign"], shown["loaded"]) == (0, 0)
        assert SHOWN_HOSTILE in shown["charts"]
        assert {"Kept of each week, by camera", "Kept of each day, by camera", "front", "yard"} <= set(shown["charts"])
        assert shown["smallest"] > 9, "the text in pictures can be read"
        assert len(shown["warnings"]) == 1
    check_words(light["desk"])
    assert light["phone"]["widest"] <= 390
    assert light["desk"]["widest"] <= 1200
    assert (light["desk"]["paper"], dark["desk"]["paper"]) == ("rgb(255, 255, 255)", "rgb(20, 23, 26)")
    assert light["desk"]["bars"][0]["fill"] != dark["desk"]["bars"][0]["fill"]


def test_a_page_needs_nothing_else(report: Report, cameras: Path, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    assert report(cameras, "--html", target).returncode == 0
    page = target.read_text(encoding="utf-8")
    assert page.startswith(MARK)
    assert re.findall(r'(?:src|href)="(?!#)', page) == []
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert not re.search(r"#fe0[12]", page), "every colour is one of the page"
    identifiers = re.findall(r'\bid="([^"]+)"', page)
    assert len(identifiers) == len(set(identifiers))


def test_tables_for_a_terminal(report: Report, cameras: Path) -> None:
    done = report(cameras)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert any(re.match(r"  front +59 +88.5 kB +\d+.\d kB +83 % ", line) for line in lines)
    assert any(line.startswith(f"  {SHOWN_HOSTILE} ") for line in lines)
    assert any(re.match(r"  yard +[-\d]+ +[-\d]+ +30  still$", line) for line in lines)
    assert "! 1 clip(s) that were never archived were taken by a rule: they are in the trash" in lines
    assert HOSTILE not in done.stdout


def test_since_and_last_leave_earlier_days_out(report: Report, cameras: Path) -> None:
    today = date.fromisoformat(said_by_json(report, cameras)["today"])
    for flags in (("--last", "10d"), ("--since", str(today - timedelta(days=10)))):
        said = said_by_json(report, cameras, *flags)
        assert said["since"] == str(today - timedelta(days=10))
        assert min(each["day"] for each in said["days"]) >= said["since"]
        assert [each["camera"] for each in said["cameras"]] == [HOSTILE, "front"]


def test_the_command_changes_nothing(report: Report, cameras: Path, tmp_path: Path) -> None:
    before = sorted((path, path.stat().st_mtime_ns) for path in cameras.rglob("*"))
    report(cameras)
    assert sorted((path, path.stat().st_mtime_ns) for path in cameras.rglob("*")) == before


def test_a_page_replaces_a_page_and_nothing_else(report: Report, cameras: Path, tmp_path: Path) -> None:
    clip = min(cameras.glob("2*/*/*/REO_front_*.mp4"))
    content = clip.read_bytes()
    link = tmp_path / "link.html"
    link.symlink_to(clip)
    for target in (clip, link, tmp_path):
        done = report(cameras, "--html", target)
        assert done.returncode == 1
        assert f"--html: {target} is there, and is no page of archive_report; it is not touched" in done.stderr
        assert done.stdout == ""
    assert clip.read_bytes() == content
    page = tmp_path / "report.html"
    page.write_text(MARK)
    assert report(cameras, "--html", page).returncode == 0
    assert "</html>" in page.read_text(encoding="utf-8")
    done = report(cameras, "--html", tmp_path / "no" / "report.html")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"--html: {tmp_path / 'no'} is no folder" in done.stderr


@pytest.mark.parametrize("library", ["matplotlib.charts: matplotlib", "jinja.page: Jinja2"])
def test_without_its_libraries_a_page_is_refused_with_the_name_of_the_extra(
    report: Report, cameras: Path, tmp_path: Path, mocker: MockerFixture, library: str
) -> None:
    adapter, name = library.split(": ")
    mocker.patch(f"camvault.adapters.{adapter}.find_spec", return_value=None)
    done = report(cameras, "--html", tmp_path / "report.html")
    assert done.returncode == 1
    assert f"{name}: found nothing, required the extra camvault[report]" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_looked_at_is_named_and_exit_code_2(report: Report, tmp_path: Path) -> None:
    root = filled(tmp_path / "cameras", datetime.now().astimezone()).root
    ledger = next((root / "archived" / LEDGERS_NAME).iterdir())
    ledger.unlink()
    ledger.mkdir()
    done = report(root)
    assert done.returncode == 2
    assert f"Not in the figures: {ledger} cannot be read" in done.stderr
    assert f"! Not in the figures: {ledger} cannot be read" in done.stdout


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--since", "2024-13-01"], "--since: found '2024-13-01', expected a date such as 2025-05-28"),
        (["--last", "soon"], "--last: found 'soon', expected a number and s, m, h, d or w"),
        (["--last", "7d", "--since", "2024-01-01"], "--since and --last exclude one another"),
        (["--trash-root", "/"], "lies in the trash /"),
        (["--output", "/"], "lies in the archive /"),
        (["--pattern", "x"], "is no pattern of names"),
    ],
)
def test_wrong_usage_is_exit_code_1(report: Report, cameras: Path, flags: list[str], said: str) -> None:
    done = report(cameras, *flags)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr


def test_an_input_that_is_not_there_is_exit_code_1(report: Report, tmp_path: Path) -> None:
    done = report(tmp_path / "no")
    assert (done.returncode, done.stdout) == (1, "")
    assert "does not exist, expected a folder with dated footage" in done.stderr


def test_a_span_of_very_many_weeks_is_all_of_it(report: Report, cameras: Path) -> None:
    said = said_by_json(report, cameras, "--last", "99999w")
    assert said["since"] <= said["days"][0]["day"] == "2020-01-01"
