"""Benchmark: the specification's plain command, the allocations, and their limit, on the same clips and usable bytes.

    python -m benchmarks.encode --kbps 450,800                            mixed footage, made if it is not there
    python -m benchmarks.encode --kbps 400 --seconds 150 --size 320x180 --only 04,05,12 --variants complexity --no-vmaf

`--kbps` are total rates: usable bytes = rate x footage. `plain` is the specification's command to the letter; where it
overflows, `fitted` is the same at a rate that was lowered until it fits. `exponent` is `complexity` where nothing can
be measured, and `limit` the best that any allocation could do (`benchmarks.ladder`). Prints, for each rate and way:
total/usable, VMAF (mean over clips, mean of a second, and the worst clip), CPU seconds of all encodes, and those of the
samples as a share of the first encodes. Nothing else changes between the ways. VMAF is that of the wheel,
whatever encodes.
"""

import argparse
import statistics
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import attrs

from benchmarks.footage import SETS, make_footage, parse_size
from benchmarks.ladder import best_choice, cpu_s, ladder_of, vmaf
from benchmarks.real_footage import REAL, real_footage
from camvault.adapters.ffmpeg import FfmpegEncoder, FfmpegQualityMeter, find_ffmpeg
from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.pyav import PyavProbe
from camvault.core.capacity.allocation import (
    ComplexityRate,
    ConstantRate,
    EncodeBatch,
    EncodeClip,
    Encoded,
    EncodeResult,
    EncodeSample,
    Sampled,
    judged,
    next_encodes,
)
from camvault.core.capacity.rate import TooLong, plan_rate
from camvault.ports.quality import QualityMeasure


@attrs.frozen
class Row:
    """What one way made of the clips."""

    way: str
    usable_bytes: int
    sizes_bytes: dict[str, int]
    vmaf: dict[str, float]
    cpu_s: float
    sample_cpu_s: float = 0.0
    first_cpu_s: float = 0.0
    encodes: int = 0
    durations_s: dict[str, float] = attrs.field(factory=dict)

    def __str__(self) -> str:
        total = sum(self.sizes_bytes.values())
        worst = min(self.vmaf, key=lambda key: self.vmaf[key]) if self.vmaf else "-"
        mean = statistics.fmean(self.vmaf.values()) if self.vmaf else float("nan")
        seconds = sum(self.durations_s[key] for key in self.vmaf)
        by_second = (
            sum(value * self.durations_s[key] for key, value in self.vmaf.items()) / seconds if seconds else mean
        )
        low = self.vmaf.get(worst, float("nan"))
        share = self.sample_cpu_s / self.first_cpu_s if self.first_cpu_s else 0.0
        return (
            f"| {self.way} | {total / self.usable_bytes:.4f} | {mean:.1f} | {by_second:.1f} | {low:.1f} ({worst[:2]}) "
            f"| {self.cpu_s:.0f} | {share:.1%} | {self.encodes} |"
        )


HEADER = (
    "| way | total/usable | VMAF mean | of a second | worst clip | CPU s | samples/first encodes | encodes |\n"
    "|---|---|---|---|---|---|---|---|"
)


def plain(ffmpeg: Path, clips: dict[str, Path], seconds: float, usable_bytes: int, folder: Path) -> float:
    """The specification's command, to the letter; returns its CPU seconds."""
    kbps = int(usable_bytes * 8 / seconds / 1000)
    before = cpu_s()
    for key, source in clips.items():
        video = ("-c:v", "libsvtav1", "-b:v", f"{kbps}k")
        audio = ("-c:a", "libopus", "-b:a", "64k", "-ac", "1", "-ar", "24000")
        argv = [ffmpeg, "-v", "error", "-nostdin", "-y", "-i", source, *video, *audio, folder / f"{key}.mp4"]
        subprocess.run([*map(str, argv)], check=True, stderr=subprocess.DEVNULL)
    return cpu_s() - before


def fitted(
    ffmpeg: Path, clips: dict[str, Path], seconds: float, usable_bytes: int, folder: Path
) -> tuple[float, float, float, int]:
    """The specification's command with its rate lowered by hand until the total fits: what the same bytes are worth."""
    aim, cpu, encodes = usable_bytes, 0.0, 0
    while True:
        cpu += plain(ffmpeg, clips, seconds, aim, folder)
        encodes += len(clips)
        total = sum((folder / f"{key}.mp4").stat().st_size for key in clips)
        if total <= usable_bytes:
            return cpu, 0.0, 0.0, encodes
        aim = int(aim * usable_bytes / total * 0.99)


def taken(
    encoder: FfmpegEncoder, meter: FfmpegQualityMeter, batch: EncodeBatch, sample: EncodeSample, source: Path
) -> Sampled:
    """One sample, as the command takes it."""
    settings, cancel = batch.settings(sample.rate), MemoryCancellation()
    stretch = {"start_s": sample.start_s, "length_s": sample.length_s}
    measure = batch.policy.measure if isinstance(batch.policy, ComplexityRate) else QualityMeasure.NONE
    if measure is QualityMeasure.NONE:
        return Sampled(sample, encoder.sample(source, **stretch, settings=settings, cancel=cancel))
    made = meter.measured_sample(source, **stretch, settings=settings, measure=measure, cancel=cancel)
    return Sampled(sample, made.size_bytes, made.quality)


def allocated(
    encoder: FfmpegEncoder, meter: FfmpegQualityMeter, batch: EncodeBatch, clips: dict[str, Path], folder: Path
) -> tuple[float, float, float, int]:
    """Drive `next_encodes` as the command does.

    Returns CPU seconds in all, of the samples, and of each clip's first encode; and the number of encodes.
    """
    cancel = MemoryCancellation()
    results: list[EncodeResult] = []
    begun, sampling, first = cpu_s(), 0.0, 0.0
    while actions := next_encodes(batch, results):
        action, before = actions[0], cpu_s()
        if isinstance(action, EncodeSample):
            results.append(taken(encoder, meter, batch, action, clips[action.key]))
            sampling += cpu_s() - before
            continue
        temporary = folder / "part"
        size = encoder.encode(
            clips[action.key], target=temporary, settings=action.settings, on_seconds=lambda _: None, cancel=cancel
        ).size_bytes
        if not (folder / f"{action.key}.mp4").exists():
            first += cpu_s() - before
        results.append(result := judged(batch, results, action, size_bytes=size))
        print(f"    {action.key}: {action.settings.rate}, {size:,} bytes ({action.reason})", flush=True)
        if result.is_accepted:
            temporary.replace(folder / f"{action.key}.mp4")
    return cpu_s() - begun, sampling, first, sum(isinstance(result, Encoded) for result in results)


def limit(encoder: FfmpegEncoder, wheel: Path, clips: dict[str, Path], usable_bytes: int, preset: int) -> Row:
    """The best choice from the ladders of all clips; its CPU seconds are those of ladders that were not there yet."""
    before = cpu_s()
    ladders = {key: ladder_of(encoder, wheel, source, preset=preset) for key, source in clips.items()}
    chosen = best_choice(ladders, usable_bytes)
    sizes = {key: rung.size_bytes for key, rung in chosen.items()}
    scores = {key: rung.vmaf for key, rung in chosen.items()}
    return Row("limit", usable_bytes, sizes, scores, cpu_s() - before, encodes=sum(map(len, ladders.values())))


def asked() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description="Compare allocations.")
    parser.add_argument("--footage", type=Path, default=Path(tempfile.gettempdir()) / "camvault-footage")
    parser.add_argument("--kbps", default="300,800", help="total rates, comma-separated")
    parser.add_argument("--seconds", type=float, default=10, help="length of each clip")
    parser.add_argument("--size", type=parse_size, default=(480, 270))
    parser.add_argument("--set", choices=(*SETS, REAL), default="mixed", help="which footage")
    parser.add_argument("--only", default="", help="clips whose names hold one of these words")
    parser.add_argument("--variants", default="plain,fitted,constant,exponent,complexity,limit")
    parser.add_argument("--measure", choices=tuple(QualityMeasure), help="of `complexity`; the best one if left out")
    parser.add_argument("--exponent", type=float, default=0.6)
    parser.add_argument("--preset", type=int, default=8, help="of the allocations; the plain command has ffmpeg's own")
    parser.add_argument("--ffmpeg", type=Path, help="what encodes; the wheel's if left out")
    parser.add_argument("--no-vmaf", action="store_true")
    return parser.parse_args()


def print_clips(rows: list[Row], durations: dict[str, float]) -> None:
    """What each way gave each clip."""
    print("\n| clip | " + " | ".join(row.way for row in rows) + " |\n|---" * 1 + "|---" * len(rows) + "|")
    for key, duration_s in durations.items():
        cells = (f"{row.vmaf[key]:.1f} ({row.sizes_bytes[key] * 8 / duration_s / 1000:.0f} kbit/s)" for row in rows)
        print(f"| {key} | " + " | ".join(cells) + " |")


def main() -> None:
    """Run everything, print one table for each rate."""
    arguments = asked()
    cancel = MemoryCancellation()
    wheel = Path(find_ffmpeg(environ={}, cancel=cancel).ffmpeg.path)
    tool = find_ffmpeg(environ={}, cancel=cancel, ffmpeg=arguments.ffmpeg).ffmpeg
    encoder = FfmpegEncoder(tool.path, str(tool.version), PyavProbe(), cancel)
    meter = FfmpegQualityMeter(encoder)
    place = arguments.footage.resolve() / f"{arguments.seconds:g}s-{'x'.join(map(str, arguments.size))}"
    shape = {"seconds": arguments.seconds, "size": arguments.size, "only": arguments.only}
    if arguments.set == REAL:
        sources = real_footage(arguments.footage.resolve() / REAL, only=arguments.only)
    else:
        sources = make_footage(wheel, place, footage=arguments.set, **shape)
    clips = {source.stem: source for source in sources}
    found = {key: PyavProbe().probe(source) for key, source in clips.items()}
    durations = {key: info.duration_s for key, info in found.items()}
    seconds = sum(durations.values())
    words = tuple(
        EncodeClip(key, durations[key], source.stat().st_size, has_audio=found[key].has_audio)
        for key, source in clips.items()
    )
    measure = QualityMeasure(arguments.measure) if arguments.measure else (*meter.measures, QualityMeasure.NONE)[0]
    print(
        f"{encoder.name}, {measure}, {len(clips)} clips, {seconds:.0f} s, {sum(c.size_bytes for c in words):,} bytes\n"
    )
    for total_kbps in map(int, arguments.kbps.split(",")):
        usable_bytes = int(total_kbps * 125 * seconds)
        rate = plan_rate(list(durations.values()), limit_bytes=usable_bytes, min_kbps=1)
        if isinstance(rate, TooLong):
            raise SystemExit(str(rate))

        def batch(policy: ConstantRate | ComplexityRate, limit_bytes: int = usable_bytes) -> EncodeBatch:
            threads = 1 if isinstance(policy, ConstantRate) else 0  # as the command
            return EncodeBatch(words, limit_bytes, policy, preset=arguments.preset, thread_count=threads)

        policies = {
            "constant": ConstantRate(rate.video_kbps, is_open=True, is_filling=True),
            "exponent": ComplexityRate(arguments.exponent, encoder.crf_step_quarters),
            "complexity": ComplexityRate(crf_step_quarters=encoder.crf_step_quarters, measure=measure),
        }
        ways: dict[str, Callable[[Path], tuple[float, float, float, int]]] = {
            "plain": lambda folder, limit=usable_bytes: (  # type: ignore[misc]
                plain(Path(tool.path), clips, seconds, limit, folder),
                0.0,
                0.0,
                len(clips),
            ),
            "fitted": lambda folder, limit=usable_bytes: fitted(  # type: ignore[misc]
                Path(tool.path), clips, seconds, limit, folder
            ),
            **{
                name: lambda folder, policy=policy: allocated(  # type: ignore[misc]
                    encoder, meter, batch(policy), clips, folder
                )
                for name, policy in policies.items()
            },
        }
        rows = []
        for way in arguments.variants.split(","):
            print(f"  {way} at {total_kbps} kbit/s", flush=True)
            if way == "limit":
                row = limit(encoder, wheel, clips, usable_bytes, arguments.preset)
                rows.append(attrs.evolve(row, durations_s=durations))
                continue
            with tempfile.TemporaryDirectory() as folder:
                cpu, sampling, first, encodes = ways[way](Path(folder))
                sizes = {key: (Path(folder) / f"{key}.mp4").stat().st_size for key in clips}
                scores = {} if arguments.no_vmaf else {
                    key: vmaf(wheel, Path(folder) / f"{key}.mp4", source) for key, source in clips.items()
                }  # fmt: skip
            rows.append(Row(way, usable_bytes, sizes, scores, cpu, sampling, first, encodes, durations))
        print(f"\nusable {usable_bytes:,} bytes ({total_kbps} kbit/s in all)\n\n{HEADER}")
        print("\n".join(map(str, rows)))
        if len(rows) > 1 and not arguments.no_vmaf:
            print_clips(rows, durations)
        print(flush=True)


if __name__ == "__main__":
    main()
