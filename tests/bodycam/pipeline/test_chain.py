"""What was prepared is what is mastered, and what was mastered is what is burned; nothing that is alone is removed."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from camvault.apps._cli.entry import main
from camvault.apps.run_bodycam_pipeline import STAGE
from camvault.core.workflows.bodycam import burn, create_iso
from tests.bodycam.pipeline.helpers import Workspace, clip_bytes


def flip(path: Path) -> None:
    """One bit, at the same size and time."""
    status, content = path.stat(), bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def run(workspace: Workspace, *args: str | Path) -> int:
    return main(STAGE, [*map(str, args), "--root", str(workspace.root)])


@pytest.mark.parametrize(
    "altered",
    [(create_iso, "create_iso", "images/bodycam_*/*.mp4"), (burn, "burn_image", "images/*.iso")],
    ids=["an output before it is mastered", "the image before it is burned"],
)
def test_what_changed_between_two_stages_is_no_success(
    altered: tuple[object, str, str],
    workspace: Workspace,
    clips: list[Path],
    disc: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module, name, pattern = altered
    work: Callable[..., object] = getattr(module, name)

    def after_a_flip(*args: object, **keywords: object) -> object:
        flip(sorted(workspace.root.glob(pattern))[0])
        return work(*args, **keywords)

    monkeypatch.setattr(module, name, after_a_flip)
    ended = run(workspace, *clips, "--burn-device", f"stdio:{disc}")

    assert ended == 1
    assert "SUCCESS" not in workspace.log_text()
    assert workspace.build_dirs()
    assert all(clip.exists() for clip in clips)


def test_the_only_copy_in_an_earlier_build_directory_is_not_removed(
    workspace: Workspace, clips: list[Path], disc: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(workspace, clips[0], "--burn-device", f"stdio:{disc}", "--burn-dry-run") == 0
    (earlier,) = workspace.build_dirs()
    clips[0].unlink()

    ended = run(workspace, clips[1], "--burn-device", f"stdio:{disc}", "--clean-build-dir", earlier)

    assert ended == 1
    assert "only copies" in capsys.readouterr().err
    assert (earlier / clips[0].name).exists()


def test_nothing_is_removed_where_nothing_is_burned(workspace: Workspace, clips: list[Path], disc: Path) -> None:
    assert run(workspace, clips[0], "--burn-device", f"stdio:{disc}", "--burn-dry-run") == 0
    (earlier,) = workspace.build_dirs()

    again = (clips[1], "--burn-device", f"stdio:{disc}", "--burn-dry-run", "--clean-build-dir", earlier)
    assert run(workspace, *again) == 0

    assert (earlier / clips[0].name).exists()


def test_a_dry_run_tells_of_every_folder_that_goes(
    workspace: Workspace, clips: list[Path], disc: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(workspace, clips[0], "--burn-device", f"stdio:{disc}", "--burn-dry-run") == 0
    (earlier,) = workspace.build_dirs()
    capsys.readouterr()

    assert run(workspace, clips[1], "--burn-device", f"stdio:{disc}", "--clean-build-dir", earlier, "--dry-run") == 0

    assert f"{earlier} will be removed" in capsys.readouterr().out


def test_a_tool_that_vanishes_in_mid_work_costs_nothing(
    workspace: Workspace, disc: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import imageio_ffmpeg  # noqa: PLC0415

    ours = tmp_path / "ffmpeg"
    ours.write_text(f'#!/bin/sh\nexec "{imageio_ffmpeg.get_ffmpeg_exe()}" "$@"\n')
    ours.chmod(0o755)
    clips = []
    for number in range(1, 4):
        clips.append(tmp_path / f"c{number}.mp4")
        clips[-1].write_bytes(clip_bytes(number))
    from camvault.adapters.ffmpeg import FfmpegEncoder  # noqa: PLC0415

    encode = FfmpegEncoder.encode
    done: list[int] = []

    def one_then_none(self: FfmpegEncoder, *args: object, **keywords: object) -> object:
        if done:
            ours.unlink(missing_ok=True)
        done.append(1)
        return encode(self, *args, **keywords)  # type: ignore[arg-type]

    monkeypatch.setattr(FfmpegEncoder, "encode", one_then_none)
    size = sum(clip.stat().st_size for clip in clips)
    flags = ("--prep-ffmpeg", ours, "--prep-jobs", "1", "--prep-min-kbps", "1", "--burn-device", f"stdio:{disc}")
    room = ("--prep-disc-bytes", size - 1000 + 3_500_000, "--prep-safety-bytes", 3_500_000)

    assert run(workspace, *clips, *flags, *map(str, room)) == 4

    (build_dir,) = workspace.build_dirs()
    assert list(build_dir.glob("*.mp4"))
