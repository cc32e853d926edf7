"""The pipeline's discs carry their evidence, and it is counted: no disc is ever too small for it."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from camvault.apps._cli.entry import main
from camvault.apps.prepare_bodycam import STAGE
from camvault.core.capacity.budget import image_overhead_bytes
from tests.bodycam.pipeline.helpers import Workspace, clip_bytes, digest, extracted, tree


def custody(folder: Path) -> dict[str, Any]:
    lines = (folder / "evidence" / "custody.jsonl").read_text("utf-8").splitlines()[1:]
    return {clip["name"]: clip for clip in map(json.loads, lines)}


def big_clip(workspace: Workspace) -> Path:
    clip = workspace.clips / "cam2_20250718101500.mp4"
    clip.write_bytes(clip_bytes(source="mandelbrot", seconds=2, quality=0) + bytes(4_000_000))
    return clip


def just_enough(clips: list[Path]) -> tuple[str, ...]:
    """A disc that holds these clips and their image, and nothing else."""
    size_bytes = sum(clip.stat().st_size for clip in clips) + image_overhead_bytes(len(clips))
    return ("--prep-disc-bytes", str(size_bytes), "--prep-safety-bytes", "0")


def test_a_copy_says_where_it_came_from(workspace: Workspace, clips: list[Path], disc: Path, tmp_path: Path) -> None:
    assert workspace.run(*clips, "--burn-device", f"stdio:{disc}").code == 0
    (image,) = workspace.images()
    extracted(image, tmp_path / "out")
    for clip in clips:
        found = custody(tmp_path / "out")[clip.name]
        assert found["original"]["path"] == str(clip)
        assert found["original"]["sha256"] == found["on_disc"]["sha256"] == digest(clip)
        assert found["made"]["how"] == "copy"
        assert found["camera"] == "cam1"


def test_an_encode_says_how_it_was_made(workspace: Workspace, disc: Path, tmp_path: Path) -> None:
    clip = big_clip(workspace)
    room = ("--prep-disc-bytes", "4_500_000", "--prep-safety-bytes", "0")
    assert workspace.run(clip, *room, "--burn-device", f"stdio:{disc}").code == 0
    (image,) = workspace.images()
    assert image.stat().st_size <= 4_500_000
    on_disc = extracted(image, tmp_path / "out")
    found = custody(tmp_path / "out")[clip.name]
    assert found["original"]["sha256"] == digest(clip) != found["on_disc"]["sha256"]
    assert found["on_disc"]["sha256"] == on_disc[clip.name]
    assert (found["made"]["how"], found["start"], found["clock"]) == ("encode", "2025-07-18T10:15:00", "name")
    assert "libsvtav1" in found["made"]["argv"]
    assert re.match(r"ffmpeg .*\d", str(found["made"]["tool"]))


def test_a_batch_that_fits_exactly_is_planned_again_with_its_evidence(workspace: Workspace) -> None:
    """Copied without it, encoded to less with it; each plan says that its image fits."""
    clip = big_clip(workspace)
    plans = [
        workspace.run(clip, *just_enough([clip]), "--dry-run", "--prep-min-kbps", "1", "--iso-evidence", wish).out
        for wish in ("no", "yes")
    ]
    assert "so copy" in plans[0]
    assert "so encode to AV1" in plans[1]
    for plan in plans:
        figures = re.search(r"image +(?:at most )?[\d,]+ bytes.* ([\d.]+) % of the disc", plan)
        assert figures
        assert float(figures[1]) <= 100


def test_a_job_that_was_begun_without_room_for_it_ends_without_it(
    workspace: Workspace, clips: list[Path], disc: Path, tmp_path: Path
) -> None:
    disc_bytes = sum(clip.stat().st_size for clip in clips) + 900_000
    room = ("--disc-bytes", str(disc_bytes), "--safety-bytes", "0", "--logfile", str(tmp_path / "log"))
    build = tmp_path / "build"
    assert main(STAGE, ["--build-dir", str(build), *room, *map(str, clips)]) == 0
    again = workspace.run("--prep-resume", build / "progress.completed.json", "--burn-device", f"stdio:{disc}")
    assert again.code == 0
    assert "The image carries no evidence: with it, it would take" in again.out
    image = workspace.images()[-1]
    assert image.stat().st_size <= disc_bytes
    assert extracted(image, tmp_path / "out").keys() == {clip.name for clip in clips}


def test_a_key_that_cannot_sign_is_told_before_anything_is_begun(workspace: Workspace, clips: list[Path]) -> None:
    before = tree(workspace.root.parent)
    done = workspace.run(*clips, "--iso-sign", clips[0])
    assert done.code == 1
    assert "cannot sign" in done.err
    assert tree(workspace.root.parent) == before


def test_a_signed_disc_is_as_large_as_the_plan_says(
    workspace: Workspace, clips: list[Path], disc: Path, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key), check=True)
    plan = workspace.run(*clips, "--iso-sign", key, "--dry-run").out
    figures = re.search(r"image +([\d,]+) bytes", plan)
    assert figures
    assert workspace.run(*clips, "--iso-sign", key, "--burn-device", f"stdio:{disc}").code == 0
    (image,) = workspace.images()
    assert image.stat().st_size == int(figures[1].replace(",", ""))
    assert "evidence/SHA256SUMS.sig" in extracted(image, tmp_path / "out")
