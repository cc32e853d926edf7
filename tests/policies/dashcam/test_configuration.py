"""The values of config.yaml."""

from typing import Any

import attrs
import pytest

from camvault.core.dashcam.configuration import BoxConfig, read_box
from camvault.core.power.thresholds import PowerLevel, PowerThresholds


@pytest.mark.parametrize("document", [{}, {"upload": None}, {"poll": {}}])
def test_what_is_not_given_has_its_default(document: object) -> None:
    assert read_box(document).value == BoxConfig()


def test_defaults_are_merged_key_by_key() -> None:
    config = read_box({"upload": {"host": "nas"}, "thresholds": {"shutdown_percent": 10}}).value
    assert config is not None
    assert (config.upload.host, config.upload.port) == ("nas", 22)
    assert config.thresholds.thresholds == PowerThresholds(shutdown=PowerLevel(10))


def test_levels_in_millivolts_and_resume() -> None:
    levels = {"disconnect_millivolts": 3300, "shutdown_millivolts": 3200, "resume_percent": 60, "dwell_seconds": 90}
    config = read_box({"thresholds": levels}).value
    assert config is not None
    assert config.thresholds.thresholds == PowerThresholds(
        disconnect=PowerLevel(50, 3300), shutdown=PowerLevel(25, 3200), resume=PowerLevel(60), dwell_s=90
    )
    config = read_box({"thresholds": {"resume_millivolts": 3400}}).value
    assert config is not None
    assert config.thresholds.thresholds.resume == PowerLevel(0, 3400)


_HOST = 'an IP address or a host name, or "" for a folder of this machine'
WRONG: list[tuple[dict[str, Any] | list[int] | None, list[str]]] = [
    ([1], ["the file: found [1], expected a table"]),
    (None, ["the file: found nothing in it, expected a table; {} is one, with all defaults"]),
    (
        {"uplaod": {}},
        ["uplaod: found an unknown key, expected one of upload, camera, paths, thresholds, poll, transfer"],
    ),
    ({"poll": 30}, ["poll: found 30, expected a table, or null"]),
    (
        {"upload": {"port": "22", "user": "-o"}, "camera": {"hub_location": 11, "on_exit": False}},
        [
            "upload.port: found '22', expected a whole number from 1 to 65535",
            "upload.user: found '-o', expected the name of a user",
            "camera.hub_location: found 11, expected the place of a USB hub, such as 1-1 or 1-1.4",
            "camera.on_exit: found False, expected one of recording, powered_off",
        ],
    ),
    (
        {"camera": {"copy_subdirs": ["Normal", "../etc"], "vendor": 603, "after_copy": "off"}},
        [
            (
                "camera.copy_subdirs: found ['Normal', '../etc'], expected a list of folders below the card's root, "
                "such as DCIM/Movie"
            ),
            'camera.vendor: found 603, expected four hexadecimal digits in quotes, or ""',
            "camera.after_copy: found 'off', expected one of recording, powered_off",
        ],
    ),
    (
        {"thresholds": {"shutdown_percent": 60}},
        [
            (
                "thresholds.shutdown_percent, thresholds.disconnect_percent: found shutdown at 60 % is above "
                "disconnect at 50 %, expected it at or below that"
            )
        ],
    ),
    (
        {"thresholds": {"resume_millivolts": 3300}, "upload": {"host": "nas+1"}},
        [
            (
                "thresholds.resume_millivolts, thresholds.disconnect_percent: found resume at 3300 mV is below "
                "disconnect at 50 %, expected it at or above that"
            ),
            f"upload.host: found 'nas+1', expected {_HOST}",
        ],
    ),
    ({"upload": {"host": "nas+1"}}, [f"upload.host: found 'nas+1', expected {_HOST}"]),
    (
        {"upload": {"method": "rclone", "host": ""}},
        ["upload.host: found '', expected the name of a remote in rclone's configuration"],
    ),
    ({"poll": {"interval_seconds": True}}, ["poll.interval_seconds: found True, expected seconds from 1 to 3600"]),
]


@pytest.mark.parametrize(("document", "problems"), WRONG)
def test_all_problems_are_named_at_once(document: object, problems: list[str]) -> None:
    checked = read_box(document)
    assert checked.value is None
    assert [str(problem) for problem in checked.problems] == problems


@pytest.mark.parametrize(
    ("staging", "server", "path", "mount_base", "key"),
    [
        ("/media/card", "/nas", "/media/card", "/mnt/cam", "paths.local_staging"),
        ("/media/card/staging", "/nas", "/media/card", "/mnt/cam", "paths.local_staging"),
        ("/media", "/nas", "/media/card", "/mnt/cam", "paths.local_staging"),
        ("/staging", "/media/card//./backup", "/media/card", "/mnt/cam", "upload.dest_path"),
        ("/staging", "/media/card", "/media/card", "/mnt/cam", "upload.dest_path"),
        ("/mnt/cam-67EF9CED/staging", "/nas", "", "/mnt/cam", "paths.local_staging"),
        ("/mnt", "/nas", "", "/mnt/cam", "paths.local_staging"),
        ("/mnt/cam", "/nas", "", "/mnt/cam", "paths.local_staging"),
        ("/mnt/cam/staging", "/nas", "", "/mnt/cam", "paths.local_staging"),
        ("/staging", "/mnt/cam-67EF9CED", "", "/mnt/cam", "upload.dest_path"),
    ],
)
def test_the_card_is_neither_the_staging_nor_the_server(
    staging: str, server: str, path: str, mount_base: str, key: str
) -> None:
    """Clips were removed from the card as staged ones, and the clip on the card was its own proof."""
    camera = {"path": path, "mount_base": mount_base}
    document: dict[str, Any] = {"camera": camera, "paths": {"local_staging": staging}}
    (problem,) = read_box({**document, "upload": {"host": "", "dest_path": server}}).problems
    assert (problem.path, "apart from that of the card" in problem.expected) == (key, True)
    if key == "upload.dest_path":  # a path of another machine
        assert read_box({**document, "upload": {"host": "nas", "dest_path": server}}).value is not None


@pytest.mark.parametrize("staging", ["/mnt/camera/staging", "/mnt/x/cam-1"])
def test_a_place_beside_the_card_is_none_of_it(staging: str) -> None:
    assert read_box({"paths": {"local_staging": staging}}).value is not None


def test_every_key_has_a_rule_and_its_default_meets_it() -> None:
    defaults = attrs.asdict(BoxConfig())
    assert read_box(defaults).value == BoxConfig()
