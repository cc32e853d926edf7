"""Two hundred clips of which ten are odd in ten ways: a disc with everything that can be on it, and a list.

All are real files, and so are ffmpeg, the image and the disc file. The clips are tiny, for the sake of time; and where
it is not night, the others are fewer.
"""

import os
import re
import shutil
from pathlib import Path

import pytest

from tests.adapters.ffmpeg.tools import run_ffmpeg
from tests.bodycam.pipeline.helpers import Workspace, digest, extracted
from tests.bodycam.prepare.bad_sector import BAD, failing_reads

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-qp", "8", "-pix_fmt", "yuv420p")


def picture(seconds: float = 0.4, size: str = "64x64") -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"testsrc2=s={size}:r=25:d={seconds},noise=alls=8:allf=t")


def odd_files(folder: Path, plain: Path) -> dict[str, str]:
    """Ten odd files; what becomes of each: "encoded", "doubted", "copied" or "left out"."""
    sine = ("-f", "lavfi", "-i", "sine=440:d=0.4")
    (folder / "empty.mp4").touch()
    (folder / "log.txt").write_text("2024-01-08 recording started\n" * 50)
    run_ffmpeg(*picture(), "-frames:v", "1", "-c:v", "mjpeg", "-f", "image2", "-update", "1", str(folder / "photo.jpg"))
    (folder / "headless.mp4").write_bytes(plain.read_bytes()[:400])
    run_ffmpeg(*picture(), *X264, "-bsf:v", "h264_metadata=matrix_coefficients=0", str(folder / "matrix.mp4"))
    opposite = ("-af", "pan=stereo|c0=c0|c1=-1*c0", "-c:a", "aac")
    run_ffmpeg(*picture(), *sine, *opposite, *X264, str(folder / "opposite.mp4"))
    run_ffmpeg(*picture(), *sine, *X264, "-c:a", "pcm_s16le", str(folder / "deaf.mov"))
    content = (folder / "deaf.mov").read_bytes()
    (folder / "deaf.mov").write_bytes(content.replace(b"sowt", b"apac"))
    fragments = ("-g", "5", "-movflags", "frag_keyframe+empty_moov+default_base_moof")
    run_ffmpeg(*picture(2), *X264, *fragments, str(folder / "cut.mp4"))
    content = (folder / "cut.mp4").read_bytes()
    (folder / "cut.mp4").write_bytes(content[: len(content) * 7 // 10])
    shutil.copy(plain, folder / f"{BAD}.mp4")
    (folder / "noise.bin").write_bytes(os.urandom(9_000_000))
    return {
        **dict.fromkeys(("empty.mp4", "log.txt", "photo.jpg", "headless.mp4", "matrix.mp4"), "copied"),
        **dict.fromkeys(("deaf.mov", "cut.mp4"), "doubted"),
        **dict.fromkeys((f"{BAD}.mp4", "noise.bin"), "left out"),
        "opposite.mp4": "encoded",
    }


@pytest.mark.parametrize(
    ("good", "disc_bytes"), [(20, 9_500_000), pytest.param(190, 15_000_000, marks=pytest.mark.nightly)]
)
def test_clips_of_which_ten_are_odd(
    workspace: Workspace, disc: Path, tmp_path: Path, good: int, disc_bytes: int
) -> None:
    """The disc has all files but two, which the list names; the originals of four are untouched."""
    for clip in workspace.clips.iterdir():
        clip.unlink()
    plain = workspace.clips / "DCIM" / "cam_000.mp4"
    plain.parent.mkdir()
    run_ffmpeg(*picture(), *X264, str(plain))
    for number in range(1, good):
        shutil.copy(plain, plain.with_name(f"cam_{number:03}.mp4"))
    odd = odd_files(workspace.clips, plain)
    originals = {path.name: digest(path) for path in workspace.clips.rglob("*.*")}
    assert len(originals) == good + len(odd)
    done = workspace.run(
        workspace.clips,
        *(
            "--prep-disc-bytes",
            str(disc_bytes),
            "--prep-safety-bytes",
            "0",
            "--prep-min-kbps",
            "20",
            "--prep-preset",
            "13",
        ),
        *("--prep-keep-going", "yes", "--prep-delete-originals", "yes", "--burn-device", f"stdio:{disc}"),
        more=failing_reads(tmp_path),
    )
    assert done.code == 4, (done.out[-3000:], done.err)
    assert f"2 of {good + len(odd)} clips are left out, the others are done" in done.err
    (image,) = workspace.images()
    found = {name: sha for name, sha in extracted(image, tmp_path / "out").items() if "/" not in name}
    names = {f"cam_{number:03}.mp4" for number in range(good)}
    on_disc = {
        name if what == "copied" else f"{Path(name).stem}.mp4" for name, what in odd.items() if what != "left out"
    }
    assert found.keys() == names | on_disc | {"README.txt", "SHA256SUMS"}
    left = {path.name for path in workspace.clips.rglob("*.*")}
    assert left == {name for name, what in odd.items() if what in ("doubted", "left out")}
    for name, what in odd.items():
        said = [line for line in workspace.log_text().splitlines() if re.search(rf"\b{re.escape(name)}\b", line)]
        assert said, name
        if what == "copied":
            assert found[name] == originals[name]
        elif what == "doubted":
            assert any("the original will be kept" in line for line in said), said
        elif what == "left out":
            assert any(f"{name} is left out: " in line for line in said), said
            assert name in done.err
    assert "Traceback" not in done.out + done.err + workspace.log_text()
