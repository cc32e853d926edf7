"""Benchmark: the limit of every allocation: nine full encodes of each clip, and the best choice of one for each.

    python -m benchmarks.encode --set hard --kbps 300,400,800,1200 --variants complexity,limit

No allocation that picks a quality for each clip can do much better than the choice with the highest mean VMAF among all
that fit, which is found exactly. What was encoded and measured is kept beside the footage (`*.ladder.json`).
"""

import json
import resource
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from camvault.adapters.ffmpeg.argv import BY_ORDER
from camvault.adapters.memory import MemoryCancellation
from camvault.ports.media import ConstantQuality, Encoder, EncodeSettings

RUNGS = (18, 24, 30, 36, 42, 48, 53, 58, 63)
"""The CRFs of the ladder."""

_CELLS = 20_000
"""Into so many parts the bytes are counted; sizes are rounded up, so that what is chosen fits."""


@attrs.frozen
class Rung:
    """One full encode of a clip."""

    crf: int
    size_bytes: int
    vmaf: float


def cpu_s() -> float:
    """CPU seconds of all programs that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def vmaf(ffmpeg: Path, output: Path, source: Path) -> float:
    """The mean VMAF of an output against its source; pictures are paired by their order."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "vmaf.json"
        alike = f"{BY_ORDER},setsar=1,format=yuv420p"
        graph = f"[0:v]{alike}[a];[1:V:0]{alike}[b];[a][b]libvmaf=log_fmt=json:log_path={log}:shortest=1"
        argv = [ffmpeg, "-v", "error", "-nostdin", "-i", output, "-i", source, "-lavfi", graph, "-f", "null", "-"]
        subprocess.run([*map(str, argv)], check=True)
        return float(json.loads(log.read_text())["pooled_metrics"]["vmaf"]["mean"])


def ladder_of(encoder: Encoder, ffmpeg: Path, source: Path, *, preset: int, rungs: Sequence[int] = RUNGS) -> list[Rung]:
    """The ladder of one clip; what is known already is not made again."""
    kept = source.with_name(f"{source.name}.ladder.json")
    known: dict[str, list[float]] = json.loads(kept.read_text()) if kept.exists() else {}
    found = []
    for crf in rungs:
        name = f"{encoder.name}, preset {preset}, CRF {crf}"
        if name not in known:
            with tempfile.TemporaryDirectory() as folder:
                output = Path(folder) / "output.mp4"
                settings = EncodeSettings(ConstantQuality(4 * crf), preset=preset)
                cancel = MemoryCancellation()
                encoder.encode(source, target=output, settings=settings, on_seconds=lambda _: None, cancel=cancel)
                known[name] = [output.stat().st_size, vmaf(ffmpeg, output, source)]
            kept.write_text(json.dumps(known, indent=1))
        found.append(Rung(crf, int(known[name][0]), known[name][1]))
    return found


def best_choice(ladders: Mapping[str, Sequence[Rung]], usable_bytes: int) -> dict[str, Rung]:
    """One rung for each clip: the highest mean VMAF of all choices that fit; empty if none does."""
    cell = max(1, -(-usable_bytes // _CELLS))
    room = usable_bytes // cell
    nothing = float("-inf")
    best = [0.0] * (room + 1)
    taken: list[list[int]] = []
    for rungs in ladders.values():
        after, choice = [nothing] * (room + 1), [-1] * (room + 1)
        for place, rung in enumerate(rungs):
            cells = -(-rung.size_bytes // cell)
            for used in range(cells, room + 1):
                value = best[used - cells] + rung.vmaf
                if value > after[used]:
                    after[used], choice[used] = value, place
        best = after
        taken.append(choice)
    if best[room] == nothing:
        return {}
    chosen: dict[str, Rung] = {}
    used = room
    for key, choice in zip(reversed(list(ladders)), reversed(taken), strict=True):
        chosen[key] = ladders[key][choice[used]]
        used -= -(-chosen[key].size_bytes // cell)
    return {key: chosen[key] for key in ladders}
