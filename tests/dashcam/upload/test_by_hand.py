"""`dashcam copy`, `push`, `verify` and `why`, one after the other: a folder with clips, and a real sshd."""

import json
import os
import subprocess
import sys
from pathlib import Path

import attrs
import pytest
from ruamel.yaml import YAML

from tests.dashcam.upload.conftest import Home

CLIPS = {"Movie/A.ts": b"footage" * 5000, "Event/it's -b\n.ts": b"other"}


@attrs.frozen
class Hands:
    """A box whose parts are done by hand."""

    home: Home
    card: Path
    config: Path

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "camvault.apps.dashcam", *words, "--config", str(self.config)],
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )

    def json(self, *words: str, exit_code: int = 0) -> dict[str, object]:
        done = self.run(*words, "--json")
        assert done.returncode == exit_code, done.stderr
        found: dict[str, object] = json.loads(done.stdout)
        return found


def hands_of(home: Home, tmp_path: Path) -> Hands:
    card, config = tmp_path / "card", tmp_path / "config.yaml"
    for name, content in CLIPS.items():
        path = card / name
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
        os.utime(path, (1_750_000_000, 1_750_000_000))
    values = attrs.asdict(home.config)
    values["camera"]["path"] = str(card)
    YAML(typ="safe").dump(values, config)
    return Hands(home, card, config)


@pytest.fixture(params=["home", "restricted"])
def hands(request: pytest.FixtureRequest, tmp_path: Path) -> Hands:
    """With a key that may do all, and with one that may only write."""
    return hands_of(request.getfixturevalue(request.param), tmp_path)


def test_a_clip_goes_all_the_way_by_hand(hands: Hands) -> None:
    copied = hands.json("copy")
    assert (copied["copied_count"], copied["waiting_count"], copied["problems"]) == (2, 0, [])
    assert hands.home.staged() == sorted(CLIPS)

    checked = hands.json("verify")
    assert (checked["staged_count"], checked["server_count"], checked["damaged"]) == (2, 0, {})

    sent = hands.json("push")
    assert (sent["proven_count"], sent["removed_count"], sent["is_whole"]) == (2, 2, True)
    assert (hands.home.footage(), hands.home.staged()) == (CLIPS, [])

    is_restricted = hands.home.config.upload.dest_path == "/"
    checked = hands.json("verify", exit_code=2 if is_restricted else 0)
    assert checked["server_count"] == (0 if is_restricted else 2)
    assert len(checked["untold"]) == (2 if is_restricted else 0)  # type: ignore[arg-type]

    assert hands.json("copy")["copied_count"] == 0
    told = hands.run("why", "a.ts").stdout
    assert [word in told for word in ("seen at", "copied at", "proven at", "removed at")] == [True] * 4


def test_one_flipped_bit_is_told_by_verify(home: Home, tmp_path: Path) -> None:
    hands = hands_of(home, tmp_path)
    hands.run("copy")
    hands.run("push")
    path = home.there / "Movie/A.ts"
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    done = hands.run("verify")
    assert done.returncode == 4
    assert "damaged  Movie/A.ts: its SHA-256 at the server is" in done.stdout
    assert "taken back 1 of these" in done.stdout
    assert "1 clips are missing or different" in done.stderr
    assert {hands.run("verify", "--subset", f"{number}/2").returncode for number in (1, 2)} == {0, 4}
    hands.run("copy")
    hands.run("push")
    assert path.read_bytes() == CLIPS["Movie/A.ts"]
    assert hands.run("verify").returncode == 0


def test_a_name_with_a_newline_is_one_line(home: Home, tmp_path: Path) -> None:
    hands = hands_of(home, tmp_path)
    home.stage_recorded("Movie/A\nB.ts", b"footage")
    (home.staging / "Movie/A\nB.ts").write_bytes(b"other..")
    lines = hands.run("verify").stdout.splitlines()
    assert [line[:24] for line in lines if "Movie" in line or "B.ts" in line] == ["damaged  Movie/A\\nB.ts: "]


def test_a_server_that_is_off_is_told_by_push_and_verify(home: Home, tmp_path: Path) -> None:
    hands = hands_of(home, tmp_path)
    config = YAML(typ="safe").load(hands.config)
    config["poll"]["upload_retries"] = 0
    YAML(typ="safe").dump(config, hands.config)
    home.stage_recorded("Movie/A.ts", b"footage")
    home.switch_off()
    sent = hands.json("push", exit_code=2)
    assert (sent["proven_count"], sent["waiting_count"], sent["is_whole"]) == (0, 1, False)
    assert home.staged() == ["Movie/A.ts"]


@pytest.mark.parametrize("fault", ["key", "host key"])
def test_a_key_that_does_not_open_the_server_is_told_before_anything_is_staged(
    home: Home, tmp_path: Path, fault: str
) -> None:
    hands = hands_of(home, tmp_path)
    if fault == "key":
        (tmp_path / "sshd" / "authorized_keys").write_text("")
    else:
        home.known_hosts.write_text("")
    done = hands.run("push")
    assert done.returncode == 2
    assert {"key": "Permission denied (publickey", "host key": "Host key verification failed."}[fault] in done.stderr


def test_only_push_takes_another_server(home: Home, tmp_path: Path) -> None:
    done = hands_of(home, tmp_path).run("verify", "--init-target")
    assert (done.returncode, done.stdout) == (1, "")
    assert "--init-target is of `push`" in done.stderr


@pytest.mark.parametrize("words", [("verify", "--subset", "3/2"), ("push", "--subset", "1/2")], ids=" ".join)
def test_a_part_that_there_is_not_is_wrong_usage(home: Home, tmp_path: Path, words: tuple[str, ...]) -> None:
    done = hands_of(home, tmp_path).run(*words)
    assert (done.returncode, done.stdout) == (1, "")
    assert "--subset: found" in done.stderr
