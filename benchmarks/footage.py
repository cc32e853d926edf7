"""Benchmark: synthesises footage in two sets, for comparing allocations: what is tuned on one is reported on the other.

    python benchmarks/footage.py OUT --set mixed --seconds 10 --size 480x270

A texture like a real scene (noise of eight sizes, the bigger the stronger) is made once and then moved, shaken, dimmed
or grained; the rest are patterns that encoders find very easy or very hard. `mixed` goes from a still desk to white
noise, and is softer than real scenes. `hard` is sharper: hands that shake, rain, night, a drive, cuts, screens, crowds.
"""

import argparse
import subprocess
from pathlib import Path

RATE = 25


def _moved(x: str, y: str, more: str = "null") -> str:
    """The texture seen through a window that moves by `x`, `y` (shares of the room, functions of t)."""
    return f"[0:v]crop={{w}}:{{h}}:x='(iw-ow)*({x})':y='(ih-oh)*({y})',{more}"


_STILL = ("0.5", "0.5")
SCENES = {
    "01_dark_desk": _moved(*_STILL, "eq=brightness=-0.3:contrast=0.5,noise=alls=4:allf=t"),
    "02_light_desk": _moved(*_STILL, "eq=brightness=0.1,noise=alls=2:allf=t"),
    "03_idle_car": _moved("0.5+0.01*sin(40*t)", "0.5+0.008*sin(53*t)", "noise=alls=3:allf=t"),
    "04_interview": _moved(*_STILL, "split[b][f];[f]crop=iw/3:ih/2:0:0,eq=contrast=1.3[f2];"
                           "[b][f2]overlay=x='W/3+W/30*sin(2*t)':y='H/3+H/40*sin(3*t)',noise=alls=2:allf=t"),
    "05_walk": _moved("0.5+0.3*sin(0.5*t)+0.02*sin(11*t)", "0.5+0.06*sin(12*t)", "noise=alls=4:allf=t"),
    "06_run": _moved("0.5+0.4*sin(1.7*t)+0.06*sin(17*t)", "0.5+0.25*sin(15*t)", "noise=alls=5:allf=t"),
    "07_night_grain": _moved("0.5+0.1*sin(0.4*t)", "0.5", "eq=brightness=-0.35:contrast=0.4,noise=alls=22:allf=t"),
    "08_crowd": "life=s={w}x{h}:mold=25:r=25:ratio=0.12:death_color=#404850:life_color=#a0b0a0[l];"
                "[0:v]crop={w}:{h}:x='(iw-ow)*(0.5+0.05*sin(t))':y=0[s];[s][l]blend=all_mode=average",
    "09_mandelbrot": "mandelbrot=s={w}x{h}:r=25:maxiter=400:end_scale=0.01:end_pts=200",
    "10_testsrc2": "testsrc2=s={w}x{h}:r=25",
    "11_gradients": "gradients=s={w}x{h}:r=25:speed=0.02:n=4:seed=3",
    "12_calm_then_action": _moved("0.5+0.4*sin(1.9*max(0,t-{half}))+0.05*sin(19*max(0,t-{half}))",
                                  "0.5+0.2*sin(14*max(0,t-{half}))", "noise=alls=3:allf=t"),
}  # fmt: skip
"""Name to filter graph; `[0:v]` is the texture, endless."""

_SHARP = "unsharp=5:5:1.2"
_HAND_X = "0.5+0.08*sin(1.3*t)+0.02*sin(7*t)+0.008*sin(23*t)"
_HAND_Y = "0.5+0.06*sin(1.7*t)+0.02*sin(9*t)+0.008*sin(19*t)"
HARD_SCENES = {
    "21_handheld": _moved(_HAND_X, _HAND_Y, f"{_SHARP},rotate=0.02*sin(6*t),noise=alls=6:allf=t"),
    "22_night_street": "color=white:s=16x10:r=25[a];color=red:s=10x8:r=25[b];"
                       + _moved(_HAND_X, _HAND_Y, f"{_SHARP},eq=brightness=-0.35:contrast=0.5[n];")
                       + "[n][a]overlay=x='mod(130*t,W)':y='H/3'[m];"
                       "[m][b]overlay=x='W-mod(90*t,W)':y='H/2',noise=alls=14:allf=t",
    "23_crowd_walk": "life=s={w}x{h}:mold=10:r=25:ratio=0.2:seed=7:death_color=#303840:life_color=#c0b090[l];"
                     + _moved(_HAND_X, _HAND_Y, f"{_SHARP}[s];[s][l]blend=all_mode=average,noise=alls=5:allf=t"),
    "24_screen": "cellauto=s={w}x{h}:r=25:rule=110:seed=5,format=yuv420p",
    "25_rain": "color=gray:s={w}x{h}:r=25,noise=alls=70:allf=t:all_seed=3,avgblur=sizeX=1:sizeY=8,format=yuv444p[r];"
               + _moved(*_STILL, f"{_SHARP},format=yuv444p[s];[s][r]blend=all_mode=softlight,format=yuv420p"),
    "26_drive": "[0:v]zoompan=z='1.2+0.8*mod(on/50,1)':d=1:s={w}x{h}:fps=25:x='iw/2-iw/zoom/2':y='ih/2-ih/zoom/2',"
                "noise=alls=4:allf=t",
    "27_fire": "mandelbrot=s={w}x{h}:r=25:maxiter=800:start_scale=0.02:end_scale=0.0005:end_pts=150,"
               "noise=alls=3:allf=t",
    "28_cuts": _moved("mod(0.37*floor(t/1.5),1)", "mod(0.61*floor(t/1.5),1)", f"{_SHARP},noise=alls=3:allf=t"),
    "29_flashing": _moved(_HAND_X, "0.5", f"{_SHARP},eq=brightness='0.25*sin(11*t)':eval=frame,noise=alls=3:allf=t"),
    "30_reflection": "[0:v]split[a][b];[a]crop={w}:{h}:x='(iw-ow)*(0.5+0.4*sin(0.6*t))':y='(ih-oh)*0.3'[c];"
                     "[b]hflip,crop={w}:{h}:x='(iw-ow)*(0.5-0.3*sin(0.9*t))':y='(ih-oh)*0.7'[d];"
                     f"[c][d]blend=all_mode=average,{_SHARP}",
    "31_parked": _moved(*_STILL, f"{_SHARP},noise=alls=1:allf=t"),
    "32_fall": _moved("0.5+0.45*sin(3*t)", "0.5+0.45*sin(4.3*t)", f"{_SHARP},rotate=0.5*sin(2*t),noise=alls=8:allf=t"),
}  # fmt: skip
SETS = {"mixed": SCENES, "hard": HARD_SCENES}


def _run(*argv: str | Path) -> None:
    subprocess.run([*map(str, argv)], check=True, stdin=subprocess.DEVNULL)


def make_texture(ffmpeg: Path, target: Path, width: int, height: int) -> None:
    """One picture, twice the size of the clips: the sum of noises of eight sizes."""
    layers, names = [], []
    for octave in range(8):
        cell = 2 ** (8 - octave)
        small = f"{max(4, 2 * width // cell)}x{max(4, 2 * height // cell)}"
        noise = f"color=gray:s={small}:d=0.04,noise=alls=100:all_seed={octave}"
        layers.append(f"{noise},scale={2 * width}:{2 * height}:flags=bicubic,format=yuv444p[o{octave}]")
        names.append(f"[o{octave}]")
    weights = " ".join(f"{0.75**octave:.3f}" for octave in range(8))
    mixed = f"{''.join(names)}mix=inputs=8:weights={weights},eq=contrast=2.2:saturation=1.2"
    graph = ";".join([*layers, mixed])
    _run(ffmpeg, "-v", "error", "-y", "-filter_complex", graph, "-frames:v", "1", "-update", "1", target)


def make_clip(ffmpeg: Path, texture: Path, target: Path, *, graph: str, seconds: float, size: tuple[int, int]) -> None:
    """One clip, H.264 and AAC like a camera's."""
    width, height = size
    graph = graph.replace("{w}", str(width)).replace("{h}", str(height)).replace("{half}", str(seconds / 2))
    still = ("-f", "lavfi", "-i", f"movie='{texture}',loop=-1:1:0,fps={RATE},setpts=N/{RATE}/TB")
    sound = ("-f", "lavfi", "-i", f"anoisesrc=color=pink:amplitude=0.05:r=48000:seed={len(target.stem)}")
    _run(
        *(ffmpeg, "-v", "error", "-y", *still, *sound),
        *(
            "-filter_complex",
            f"{graph},format=yuv420p[v]",
            "-map",
            "[v]",
            "-map",
            "1:a",
            "-t",
            str(seconds),
            "-r",
            str(RATE),
        ),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "19", "-g", "50", "-c:a", "aac", "-b:a", "96k", target),
    )


def make_footage(
    ffmpeg: Path, folder: Path, *, seconds: float, size: tuple[int, int], only: str = "", footage: str = "mixed"
) -> list[Path]:
    """All clips of a set, or those whose names hold one of the comma-separated words; those already there are kept."""
    scenes = SETS[footage]
    folder.mkdir(parents=True, exist_ok=True)
    texture = folder / "texture.png"
    if not texture.exists():
        make_texture(ffmpeg, texture, *size)
    names = [name for name in scenes if not only or any(word in name for word in only.split(","))]
    for name in names:
        if not (folder / f"{name}.mp4").exists():
            make_clip(ffmpeg, texture, folder / f"{name}.part.mp4", graph=scenes[name], seconds=seconds, size=size)
            (folder / f"{name}.part.mp4").rename(folder / f"{name}.mp4")
    return [folder / f"{name}.mp4" for name in names]


def parse_size(text: str) -> tuple[int, int]:
    """`480x270` as two numbers."""
    width, height = text.split("x")
    return int(width), int(height)


def main() -> None:
    """Read the command line and make the clips."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--size", type=parse_size, default=(480, 270))
    parser.add_argument("--only", default="")
    parser.add_argument("--set", choices=SETS, default="mixed")
    arguments = parser.parse_args()
    import imageio_ffmpeg  # noqa: PLC0415 - only as a program

    ffmpeg = Path(imageio_ffmpeg.get_ffmpeg_exe())
    folder = arguments.folder.resolve()
    seconds, size, only = arguments.seconds, arguments.size, arguments.only
    for clip in make_footage(ffmpeg, folder, seconds=seconds, size=size, only=only, footage=arguments.set):
        print(f"{clip.stat().st_size * 8 / arguments.seconds / 1000:8.0f} kbit/s  {clip.name}")


if __name__ == "__main__":
    main()
