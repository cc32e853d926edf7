"""What of a camera's address a message may show, and what may stand in a path."""

import pytest

from camvault.core.stations.configuration import read_cameras
from camvault.core.stations.stream_address import is_stream_path, shown
from tests import canary

WORD = canary.WORD
WHOLE = f"rtsp://viewer:{WORD}@192.0.2.1:554/Streaming/Channels/101"
BY_NAME = (
    f"/user=viewer_password={WORD}_channel=1_stream=0.sdp",
    f"/cam?channel=1&PASSWORD={WORD}",
    f"/cam?pwd={WORD}",
    f"/cam?passwd={WORD}&subtype=0",
)


def named(value: object) -> str:
    """The name of a case: the word is another one in each process of the tests."""
    return str(value).replace(WORD, "WORD")


@pytest.mark.parametrize(
    "path",
    [
        "/Streaming/Channels/101",
        "/cam/realmonitor?channel=1&subtype=0",
        "/user={user}_password={password}_channel=1",
        "/user=admin_password=_channel=1",
        "/cam?pwd=&subtype=0",
        "/cam?pwd=",
        "/compass=1",
        "/cam?bypass=1",
    ],
)
def test_paths_without_a_password_are_taken(path: str) -> None:
    assert is_stream_path(path)


@pytest.mark.parametrize("path", [*BY_NAME, WHOLE, f"/{WHOLE}", "Streaming/Channels/101"], ids=named)
def test_a_password_itself_or_a_whole_address_is_no_path(path: str) -> None:
    assert not is_stream_path(path)


@pytest.mark.parametrize("value", ["a b", "", 7, ["a"], {"width": 640}])
def test_what_holds_no_password_is_shown(value: object) -> None:
    assert shown(value) == repr(value)


@pytest.mark.parametrize("value", [WHOLE, f"viewer:{WORD}@192.0.2.1", *BY_NAME, [WHOLE], {"password": WORD}], ids=named)
def test_what_may_hold_one_is_not(value: object) -> None:
    assert not canary.found_in(shown(value))
    assert "not shown" in shown(value)


@pytest.mark.parametrize(
    ("document", "key"),
    [
        ({"cameras": [{"station": "A", "ip": WHOLE}]}, "cameras[0].ip"),
        ({"cameras": [{"station": "A", "ip": f"viewer:{WORD}@192.0.2.1"}]}, "cameras[0].ip"),
        ({"cameras": [{"station": "A", "ip": "192.0.2.1", "rtsp_path": WHOLE}]}, "cameras[0].rtsp_path"),
        ({"cameras": [{"station": "A", "ip": "192.0.2.1", "rtsp_path": BY_NAME[0]}]}, "cameras[0].rtsp_path"),
        ({"cameras": [{"station": "A", "ip": "192.0.2.1", "password_file": WORD}]}, "cameras[0].password_file"),
        ({"cameras": [{"station": "A", "ip": "192.0.2.1", "password": [WORD]}]}, "cameras[0].password"),
        ({"cameras": [WHOLE]}, "cameras[0]"),
        ({"cameras": [], "defaults": {"rtsp_path": BY_NAME[1]}}, "defaults.rtsp_path"),
        ([{"station": "A", "password": WORD}], "the file"),
    ],
)
def test_no_problem_of_a_configuration_shows_a_password_and_each_names_its_key(document: object, key: str) -> None:
    (problem,) = map(str, read_cameras(document).problems)
    assert problem.startswith(f"{key}: found ")
    assert "expected" in problem
    assert not canary.found_in(problem)
