"""The demonstration: from raw clips to a verified disc file, in `demo/`.

The clips are those that `make demo` was given with CLIPS=, written as for a shell: separated by blanks, a name with
blanks in quotes, patterns allowed. Without it, three short clips are synthesised.
"""

import glob
import hashlib
import os
import shlex
import subprocess
import sys
from pathlib import Path

import imageio_ffmpeg

ROOT = Path("demo")


def main() -> int:
    """Run the pipeline and say where things are.

    Returns:
        The pipeline's exit code; 1 if the disc file is not equal to the image.
    """
    text = os.environ.get("DEMO_CLIPS", "")
    try:
        clips = named_clips(text) if text.strip() else synthesised_clips(ROOT / "clips")
    except ValueError as problem:
        print(f"demo: CLIPS: {problem}", file=sys.stderr)
        return 1
    disc = unused(ROOT / "disc.img")
    images = set(ROOT.glob("**/*.iso"))
    pipeline = str(Path(sys.executable).with_name("run_bodycam_pipeline"))
    command = [pipeline, "--root", str(ROOT), *map(str, clips), "--burn-device", f"stdio:{disc}"]
    print("$", shlex.join(["run_bodycam_pipeline", *command[1:]]), flush=True)
    done = subprocess.run(command, check=False)
    if done.returncode:
        print(f"demo: run_bodycam_pipeline ended with exit code {done.returncode}", file=sys.stderr)
        return done.returncode
    (image,) = set(ROOT.glob("**/*.iso")) - images
    log = max(ROOT.glob("**/*.log"), key=lambda path: path.stat().st_mtime_ns)
    if digest(disc, image.stat().st_size) != digest(image, image.stat().st_size):
        print(f"demo: {disc} differs from {image}", file=sys.stderr)
        return 1
    print(f"\nISO   {image}\nlog   {log}\ndisc  {disc}: read back, equal to the image: verified")
    return 0


def named_clips(text: str) -> list[Path]:
    """The paths that a user wrote into CLIPS.

    Raises:
        ValueError: A quote is left open, or a name is not there.
    """
    if Path(text).exists():  # one name, blanks in it
        return [absolute(text)]
    clips = []
    for word in shlex.split(text):
        found = [word] if Path(word).exists() else sorted(glob.glob(word))  # noqa: PTH207 - Path.glob takes no absolute pattern
        if not found:
            raise ValueError(f"no such file: {word}")
        clips += [absolute(name) for name in found]
    return clips


def absolute(name: str) -> Path:
    """So that a name that begins with a dash is not taken for a flag."""
    return Path(name).absolute()


def synthesised_clips(folder: Path) -> list[Path]:
    """Three clips of four seconds, as a body camera names them."""
    folder.mkdir(parents=True, exist_ok=True)
    clips = [folder / f"cam1_{number:04}.mp4" for number in range(1, 4)]
    for number, clip in enumerate(clips, start=1):
        if clip.exists():
            continue
        picture = f"testsrc2=size=640x360:rate=25:duration=4,hue=h={90 * number}"
        sound = f"sine=frequency={220 * number}:duration=4"
        being_written = clip.with_suffix(".part.mp4")
        inputs = ("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound)
        coding = ("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-shortest")
        ffmpeg = (imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y")
        subprocess.run([*ffmpeg, *inputs, *coding, str(being_written)], check=True)
        being_written.rename(clip)
    return clips


def unused(disc: Path) -> Path:
    """A disc is written once: the next run takes a new one."""
    number, candidate = 1, disc
    while candidate.exists():
        number += 1
        candidate = disc.with_stem(f"{disc.stem}-{number}")
    return candidate


def digest(path: Path, size_bytes: int) -> str:
    """SHA-256 of the first bytes of a file."""
    sha256 = hashlib.sha256()
    with path.open("rb") as file:
        while size_bytes > 0 and (block := file.read(min(size_bytes, 1 << 20))):
            sha256.update(block)
            size_bytes -= len(block)
    return sha256.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
