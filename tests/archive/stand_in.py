"""Programs that stand in for ffmpeg.

Some lie in one run, the encode, whose last argument is a file of ours; another one replays what ffmpeg said before.
"""

import stat
import sys
from pathlib import Path

from tests.adapters.ffmpeg.tools import tools
from tests.archive import replayed_ffmpeg

LIES = {
    "empty": ': > "$last"',
    "garbage": 'head -c 30000 /dev/urandom > "$last"',
    "short": '"$real" "${@:1:$#-1}" -t 0.3 "$last"',
    "truncated": '"$real" "$@"; truncate -s $(($(stat -c %s "$last") * 6 / 10)) "$last"',
    "sound only": '"$real" -v error -f lavfi -i sine=duration=1 -c:a aac -f mp4 -y "$last"',
    "killed": '"$real" "$@"; kill -9 $$',
    "nothing": "exit 0",
}
"""What is written in place of the archive; each ends with 0, except for the one that is killed."""


def lying_ffmpeg(folder: Path, lie: str) -> Path:
    """A program that is the wheel's ffmpeg in all but its encodes."""
    return _program(folder, lie)


def deaf_ffmpeg(folder: Path, *, started: Path) -> Path:
    """A program that ignores all signals that it can, in its encodes, as does its own child, which holds the pipes."""
    lie = f"""trap '' TERM INT HUP
    : > '{started}'
    (trap '' TERM INT HUP; while :; do sleep 0.1; done) &
    while :; do sleep 0.1; done"""
    return _program(folder, lie)


def learning_ffmpeg(folder: Path) -> Path:
    """`replayed_ffmpeg` as a program in a folder of its own; it learns until `learned_archive` is asked for."""
    (folder / "real").symlink_to(tools("9.0").found.ffmpeg.path)
    (folder / "learning").touch()
    path = folder / "ffmpeg"
    source = Path(replayed_ffmpeg.__file__).read_text(encoding="utf-8")
    path.write_text(f"#!{sys.executable} -IS\n{source}", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def learned_archive(program: Path) -> bytes:
    """From now on it replays, and learns no more; the archive that it makes, without the last bytes of a source."""
    (program.parent / "learning").unlink()
    (made,) = program.parent.glob("*/made")
    return made.read_bytes()


def _program(folder: Path, lie: str) -> Path:
    real = tools("9.0").found.ffmpeg.path
    path = folder / "ffmpeg"
    path.write_text(
        f"""#!/bin/bash
real='{real}'
last="${{@: -1}}"
last="${{last#file:}}"
case "$last" in
*.camvault-part)
    {lie}
    exit 0;;
esac
exec "$real" "$@"
"""
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path
