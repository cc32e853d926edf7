"""prepare_bodycam, killed while it deletes originals, aliases in place: each clip has a readable copy every time."""

import contextlib
import os
import random
import shutil
import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.adapters.filesystem.test_medium import mounted
from tests.bodycam.prepare.desk import Desk
from tests.bodycam.prepare.test_losses import DELETE, copies_below

KILLS = 50
SEED = 20260611


def put_card(desk: Desk, contents: dict[str, bytes]) -> None:
    """A card with all clips; the second has a further name, and the third is a link to where it lies."""
    card = desk.clips[0].parent
    shutil.rmtree(card, ignore_errors=True)
    shutil.rmtree(desk.build, ignore_errors=True)
    shutil.rmtree(desk.root / "elsewhere", ignore_errors=True)
    for folder in (card, desk.root / "elsewhere"):
        folder.mkdir()
    for name, content in contents.items():
        (card / name).write_bytes(content)
    _, second, third = desk.clips
    (desk.root / "elsewhere" / "hard").hardlink_to(second)
    third.rename(desk.root / "elsewhere" / third.name)
    third.symlink_to(desk.root / "elsewhere" / third.name)


@contextlib.contextmanager
def aliased(desk: Desk, alias: str) -> Iterator[None]:
    """What lies on the card are the outputs, by other names."""
    card = desk.clips[0].parent
    if alias == "bind mount":
        with mounted(card, "--bind", os.fspath(desk.build)):
            yield
        return
    for clip in desk.clips:
        clip.unlink(missing_ok=True)
        make = clip.hardlink_to if alias == "hard link" else clip.symlink_to
        make(desk.build / clip.name)
    yield


def killed_at(desk: Desk, argv: list[str], moment_s: float) -> bool:
    """Whether the run was still there at that moment."""
    process = desk.start(argv)
    try:
        process.wait(timeout=moment_s)
    except subprocess.TimeoutExpired:
        desk.kill(process)
        return True
    return False


def test_kill_9_at_random_moments_while_originals_are_deleted(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    contents = {clip.name: clip.read_bytes() for clip in desk.clips}
    before = set(desk.originals().values())
    put_card(desk, contents)
    started_s = time.monotonic()
    assert desk.run(*DELETE).code == 0
    length_s = time.monotonic() - started_s
    dice, kills, runs, ends, misses = random.Random(SEED), 0, 0, 0, 0
    put_card(desk, contents)
    while kills < KILLS:
        runs += 1
        assert runs < 10 * KILLS, f"{kills} kills, {ends} runs had ended before"
        is_begun = desk.progress.exists() or desk.completed.exists()
        argv = desk.argv("--resume", desk.progress, *DELETE, build=False, files=()) if is_begun else desk.argv(*DELETE)
        moment_s = length_s * (dice.random() if dice.random() < 0.3 else dice.uniform(0.5, 1.0))
        alias = dice.choice(["bind mount", "hard link", "link", "none"]) if desk.completed.exists() else "none"
        with aliased(desk, alias) if alias != "none" else contextlib.nullcontext():
            was_killed = killed_at(desk, argv, moment_s)
            assert before <= copies_below(desk.root), f"after {kills} kills, with {alias}, at {moment_s:.3f} s"
        kills += was_killed
        ends += not was_killed
        misses = 0 if was_killed else misses + 1
        if misses == 3:  # the machine is less busy now than when it was measured
            length_s, misses = 0.8 * length_s, 0
        if not was_killed:
            put_card(desk, contents)
    with capsys.disabled():
        print(f"\n{kills} kills, seed {SEED}, {ends} runs had ended before")  # noqa: T201 - to be seen
    assert before <= copies_below(desk.root)
