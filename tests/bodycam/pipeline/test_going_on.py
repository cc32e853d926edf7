"""After a run that did not come to its end: resumed with the same flags, and by pasting what it said into a shell."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from camvault.adapters.memory import MemoryCancellation, MemoryClock, MemoryReporter
from camvault.apps import run_bodycam_pipeline
from camvault.apps._cli.parse import parse
from camvault.apps._cli.stage import Context, Parsed
from camvault.apps._pipeline.job import PipelineJob
from camvault.apps._pipeline.next_commands import NextCommands
from camvault.core.batch.marker import BUILD_MARKER_NAME, MARKER_TEXT, BurnedImage, with_image
from camvault.core.batch.next_step import FailureKind, PipelineStage, StageFailed
from camvault.core.batch.run_names import RunNames
from camvault.ports.errors import Cancelled
from tests.bodycam.pipeline.helpers import Workspace, clip_bytes, digest, tree

PREPARE, IMAGE, BURN, RELEASE, CLEAN = PipelineStage

HOSTILE = 'it\'s $HOME `id` "x"\n100% \udcff'
SMALL_DISC = ("--prep-disc-bytes", "4_000_000", "--prep-safety-bytes", "0")


@pytest.fixture
def hostile(tmp_path: Path) -> Workspace:
    """A workspace whose every path needs quoting."""
    folder = tmp_path / HOSTILE
    root, clips = folder / "drive", folder / "shift 1"
    root.mkdir(parents=True)
    clips.mkdir()
    for number in (1, 2):
        (clips / f"-c'{number}.mp4").write_bytes(clip_bytes(number))
    return Workspace(root, clips)


def paste(line: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """What a person does: into a shell that stands elsewhere, where the commands are on the path."""
    place = Path(sys.executable).parent
    return subprocess.run(
        ["sh", "-c", line],
        cwd=folder,
        env={"PATH": f"{place}:/usr/bin:/bin", "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        errors="surrogateescape",
        check=False,
    )


def said_after(words: str, out: str) -> str:
    """The commands behind a sentence of the pipeline."""
    (line,) = [line for line in out.splitlines() if words in line]
    return line.split(words, 1)[1].strip()


def advice(workspace: Workspace, *argv: str | Path, is_json: bool = False) -> NextCommands:
    """What the one run of this workspace would have said, had it been called like this."""
    parsed = parse(run_bodycam_pipeline.STAGE, ["--root", str(workspace.root), *map(str, argv)])
    assert isinstance(parsed, Parsed)
    options = parsed.options
    context = Context(
        clock=MemoryClock(),
        cancel=MemoryCancellation(),
        reporter=MemoryReporter(),
        print_result=lambda _: None,
        log_to=lambda *_, **__: None,
        is_json=is_json,
    )
    (log,), (folder,) = workspace.logs(), workspace.build_dirs()
    image = next(iter(workspace.images()), workspace.root / "images" / "none.iso")
    names = RunNames(log, image, folder, image.stem, image.stem)
    return NextCommands(
        options=options, plan=PipelineJob(context=context, options=options).plan(names), is_json=is_json
    )


def failed(stage: PipelineStage, kind: FailureKind = FailureKind.BROKEN) -> StageFailed:
    return StageFailed(stage, "command", 1, "words", kind)


class TestSameFlags:
    @pytest.mark.parametrize("more", [(), ("--dry-run",)])
    def test_a_resume_with_the_flags_of_the_first_run(
        self, more: tuple[str, ...], workspace: Workspace, clips: list[Path], disc: Path
    ) -> None:
        """`--prep-safety-bytes 0` is raised to what the image needs; the same wish is no contradiction later."""
        first = workspace.run(*clips, clips[0], *SMALL_DISC, "--burn-device", workspace.dead_drive())
        assert first.code == 1
        (folder,) = workspace.build_dirs()
        again = workspace.run(
            "--prep-resume", folder / "progress.json", *SMALL_DISC, "--burn-device", f"stdio:{disc}", *more
        )
        assert (again.code, again.err) == (0, "")
        assert bool(workspace.build_dirs()) == bool(more)

    @pytest.mark.parametrize("more", [(), ("--dry-run",)])
    def test_another_wish_is_a_contradiction_in_the_pipelines_own_words(
        self, more: tuple[str, ...], workspace: Workspace, clips: list[Path]
    ) -> None:
        """Exit code 3 in a dry run as well; the resume that is recommended is one without the wish."""
        workspace.run(*clips, *SMALL_DISC, "--burn-device", workspace.dead_drive())
        (folder,) = workspace.build_dirs()
        wish = ("--prep-resume", folder / "progress.json", "--prep-safety-bytes", "3_900_000")
        again = workspace.run(*wish, *more)
        assert again.code == 3
        assert "Stage prepare failed (prepare_bodycam, exit code 3)" in again.err
        assert "--prep-safety-bytes is 3900000 on the command line" in again.err
        assert "To go on from there" not in again.out
        told = re.search(r"Without the flags that the progress file decides: (.*)", again.out)
        assert more or (told and "--prep-resume" in told[1] and "safety-bytes" not in told[1])

    @pytest.mark.parametrize("more", [(), ("--dry-run",)])
    @pytest.mark.parametrize(
        ("content", "problem"),
        [
            (None, "No such file; --prep-resume takes the progress.json of a build directory"),
            ("{", "not a progress file: "),
        ],
    )
    def test_a_progress_file_that_cannot_be_resumed_is_refused_before_anything_is_begun(
        self, content: str | None, problem: str, more: tuple[str, ...], workspace: Workspace, tmp_path: Path
    ) -> None:
        if content is not None:
            (tmp_path / "nope.json").write_text(content)
        before = tree(tmp_path)
        done = workspace.run("--prep-resume", tmp_path / "nope.json", *more)
        assert done.code == 3
        assert f"{tmp_path}/nope.json: {problem}" in done.err
        assert "--prep-resume /" not in done.out
        assert tree(tmp_path) == before

    def test_the_room_for_a_resumed_job_is_that_of_its_clips(self, workspace: Workspace, clips: list[Path]) -> None:
        """No clip is named then: the progress file says how many there are and what they take."""
        workspace.run(*clips, "--burn-device", workspace.dead_drive())
        (folder,) = workspace.build_dirs()
        progress = folder / "progress.completed.json"
        text = re.sub(r'("source_size_bytes": )\d+', r"\g<1>10000000000000", progress.read_text())
        progress.write_text(text.replace('"disc_bytes": 25000000000', f'"disc_bytes": {10**15}'))
        again = workspace.run("--prep-resume", progress)
        assert again.code == 1
        assert re.search(r"room|free space at .* for image: 20,0\d\d,\d{3},\d{3},\d{3} bytes needed", again.err)


class TestPasted:
    """The sentence of each ending, its commands run by `sh` from another folder."""

    @pytest.fixture(autouse=True)
    def here(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where the pipeline was started: relative paths are meant from here."""
        monkeypatch.chdir(tmp_path)

    @pytest.fixture
    def clips(self, hostile: Workspace) -> list[Path]:
        return [Path(os.path.relpath(clip)) for clip in sorted(hostile.clips.iterdir())]

    @pytest.fixture
    def unburned(self, hostile: Workspace, clips: list[Path]) -> None:
        """A run that ended without a burner."""
        assert hostile.run("--burn-device", hostile.dead_drive(), "--", *clips).code == 1

    @pytest.mark.usefixtures("unburned")
    def test_burn(self, hostile: Workspace, clips: list[Path], tmp_path: Path) -> None:
        """burn_iso with the flags that were given for it, and the same log; then the build directory goes."""
        disc = "it's a 'disc'.img"
        flags = ("--burn-device", f"stdio:{disc},blocks=5000", "--burn-skip-verify", "--burn-burner", "xorriso")
        sentence = advice(hostile, *flags, "--burn-dry-run", "--", *clips).sentence(BURN, failed(BURN))
        done = paste(said_after("and then remove the build directory: ", sentence), tmp_path.parent)
        assert (done.returncode, done.stderr) == (0, "")
        (image,) = hostile.images()
        assert (tmp_path / disc).read_bytes() == image.read_bytes()
        assert hostile.build_dirs() == []
        assert "Verification skipped" in hostile.log_text()
        assert hostile.log_text().count("Script started") == 3

    @pytest.mark.usefixtures("unburned")
    @pytest.mark.parametrize(
        "wish", [(), SMALL_DISC, ("--prep-disc-bytes", "auto", "--prep-device", "stdio:other.img")]
    )
    def test_resume(self, wish: tuple[str, ...], hostile: Workspace, clips: list[Path], tmp_path: Path) -> None:
        """Where the image is not what was made, or originals are to go, the whole is taken up."""
        (folder,) = hostile.build_dirs()
        if wish == SMALL_DISC:
            shutil.rmtree(folder)
            hostile.logs()[0].unlink()
            hostile.images()[0].unlink()
            assert hostile.run(*wish, "--burn-device", hostile.dead_drive(), "--", *clips).code == 1
        flags = ("--burn-device", "stdio:d.img", "--prep-delete-originals", "yes", "--iso-volume-label", "-X", *wish)
        sentence = advice(hostile, *flags, "--", *clips).sentence(BURN, failed(BURN))
        done = paste(said_after("To go on from there: ", sentence), tmp_path.parent)
        assert (done.returncode, done.stderr) == (0, "")
        assert (tmp_path / "d.img").exists()
        assert hostile.build_dirs() == []
        assert not any(clip.exists() for clip in clips)

    @pytest.mark.parametrize("more", [(), ("--clean-build-dir", "none")])
    def test_start(self, more: tuple[str, ...], hostile: Workspace, clips: list[Path], tmp_path: Path) -> None:
        """Stopped before there was a progress file: what is left goes with the run that is started again."""
        folder = hostile.root / "images" / "bodycam_1"
        folder.mkdir(parents=True)
        (folder / BUILD_MARKER_NAME).write_text(MARKER_TEXT)
        (hostile.root / "logs").mkdir()
        (hostile.root / "logs" / "x.log").touch()
        said = advice(hostile, *more, "--burn-device", "stdio:d.img", "--", *clips).sentence(PREPARE, Cancelled())
        done = paste(said_after("To start again: ", said), tmp_path.parent)
        assert (done.returncode, done.stderr) == (0, "")
        assert (tmp_path / "d.img").exists()
        assert hostile.build_dirs() == ([folder] if more else [])

    @pytest.mark.usefixtures("unburned")
    def test_release(self, hostile: Workspace, clips: list[Path], tmp_path: Path) -> None:
        """The disc is done and an original could not be deleted: the marker says what is on the disc."""
        (folder,) = hostile.build_dirs()
        outputs = frozenset(digest(path) for path in folder.glob("*.mp4"))
        (image,) = (hostile.root / "images").glob("*.iso")
        text = with_image(None, BurnedImage(image, digest(image), outputs))
        (folder / BUILD_MARKER_NAME).write_text(text, "utf-8", "surrogateescape")
        sentence = advice(hostile, "--prep-delete-originals", "yes", "--", *clips).sentence(RELEASE, failed(RELEASE))
        done = paste(said_after("and then the build directory, with", sentence), tmp_path.parent)
        assert (done.returncode, done.stderr) == (0, "")
        assert not any(clip.exists() for clip in clips)
        assert hostile.build_dirs() == []

    @pytest.mark.usefixtures("unburned")
    def test_clean(self, hostile: Workspace, clips: list[Path], tmp_path: Path) -> None:
        """With what was given for it; and with the folder of an earlier run, if that is left."""
        (folder,) = hostile.build_dirs()
        clips[0].unlink()
        earlier = tmp_path / "earlier"
        earlier.mkdir()
        (earlier / BUILD_MARKER_NAME).write_text(MARKER_TEXT)
        flags = ("--clean-even-only-copies", "--clean-build-dir", "earlier")
        sentence = advice(hostile, *flags, "--", *clips).sentence(CLEAN, failed(CLEAN))
        done = paste(said_after("the build directory goes with", sentence), tmp_path.parent)
        assert (done.returncode, done.stderr) == (0, "")
        assert not folder.exists()
        assert not earlier.exists()

    @pytest.mark.usefixtures("unburned")
    def test_flags_of_every_kind(self, hostile: Workspace, clips: list[Path], tmp_path: Path) -> None:
        """Programs by name are looked up as before, by path from here; what was not given is not said."""
        flags = ("--prep-ffmpeg", "ffmpeg", "--prep-ffprobe", "bin/ffprobe", "--prep-jobs", "2", "--iso-force")
        told = advice(hostile, *flags, "--", *clips, is_json=True)
        line = said_after("from there: ", told.sentence(IMAGE, failed(IMAGE)))
        shown = paste(f"run_bodycam_pipeline() {{ printf '%s\\0' \"$@\"; }}; {line}", tmp_path.parent)
        words = [*shown.stdout.split("\0")]
        assert words.pop() == ""
        assert words[:2] == ["--prep-resume", str(told.plan.build_dir / "progress.completed.json")]
        given = {"--prep-jobs": "2", "--prep-ffmpeg": "ffmpeg", "--prep-ffprobe": str(tmp_path / "bin/ffprobe")}
        given |= {"--root": str(hostile.root), "--log-format": "json"}
        words.remove("--iso-force")
        assert dict(zip(words[2::2], words[3::2], strict=True)) == given

    @pytest.mark.usefixtures("unburned")
    @pytest.mark.parametrize("kind", [FailureKind.TOO_BIG, FailureKind.NO_RECORD])
    def test_no_command_where_none_would_help(self, kind: FailureKind, hostile: Workspace, clips: list[Path]) -> None:
        assert "run_bodycam" not in advice(hostile, "--", *clips).sentence(PREPARE, failed(PREPARE, kind))

    @pytest.mark.usefixtures("unburned")
    def test_no_resume_where_the_progress_file_cannot_be_read(self, hostile: Workspace, clips: list[Path]) -> None:
        told = advice(hostile, "--prep-delete-originals", "yes", "--", *clips)
        assert "--prep-resume /" not in told.sentence(PREPARE, failed(PREPARE, FailureKind.NO_RECORD))
        (hostile.build_dirs()[0] / "progress.completed.json").write_text("{")
        for stage in (PREPARE, IMAGE, BURN):
            assert "run_bodycam" not in told.sentence(stage, failed(stage))

    @pytest.mark.usefixtures("unburned")
    def test_flags_that_contradict_are_left_out(self, hostile: Workspace, clips: list[Path], tmp_path: Path) -> None:
        wishes = ("--prep-min-kbps", "7", "--prep-preset", "3", *SMALL_DISC)
        told = advice(hostile, *wishes, "--burn-device", "stdio:d.img", "--", *clips)
        sentence = told.sentence(PREPARE, failed(PREPARE, FailureKind.CONTRADICTED))
        done = paste(said_after("that the progress file decides: ", sentence), tmp_path.parent)
        assert (done.returncode, done.stderr) == (0, "")
        assert (tmp_path / "d.img").exists()


class TestHopelessDisc:
    """A disc file that cannot take the image is refused before anything is begun, and in a dry run."""

    @pytest.mark.parametrize(
        ("device", "said"),
        [
            ("stdio:", "Not a disc file"),
            ("stdio:{}/d.img,blocks=0", "--burn-device"),
            ("stdio:{}/d.img,block=500", "--burn-device"),
            ("stdio:{}/none/d.img", "There is no folder"),
            ("stdio:{}", "A disc file is a plain file"),
            ("stdio:{}/link.img", "A disc file is a plain file"),
            ("stdio:{}/used.img", "medium not blank, it is closed"),
            ("stdio:{}/cut.img", "a burn that was cut off"),
            ("stdio:{}/small.img,blocks=3", "medium too small"),
        ],
    )
    def test_is_refused(self, device: str, said: str, workspace: Workspace, clips: list[Path], tmp_path: Path) -> None:
        (tmp_path / "used.img").write_bytes(b"x")
        (tmp_path / ".cut.img.camvault-part").write_bytes(b"x")
        (tmp_path / "link.img").symlink_to("used.img")
        before = tree(tmp_path)
        for more in ((), ("--dry-run",)) if "used" in device else ((),):
            done = workspace.run(*clips, "--burn-device", device.format(tmp_path), *more)
            assert done.code == 1
            assert "Stage burn could not work" in done.err
            assert said in done.err
            assert tree(tmp_path) == before

    def test_one_that_encodes_would_fill(self, workspace: Workspace, disc: Path) -> None:
        """They are made to fill what is usable, and that is more than the disc takes."""
        clip = workspace.clips / "big.mp4"
        clip.write_bytes(clip_bytes(source="mandelbrot", seconds=2, quality=0) + bytes(3_000_000))
        done = workspace.run(clip, *SMALL_DISC, "--burn-device", f"stdio:{disc},blocks=300", "--dry-run")
        assert done.code == 1
        assert "medium too small" in done.err

    def test_on_a_disk_that_cannot_be_written(self, workspace: Workspace, clips: list[Path], tmp_path: Path) -> None:
        """A read-only file system, which is so for everybody."""
        place = tmp_path / "ro"
        place.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "ro,size=1M", "tmpfs", place], check=True)
        try:
            done = workspace.run(*clips, "--burn-device", f"stdio:{place}/d.img")
        finally:
            subprocess.run(["umount", place], check=True)
        assert done.code == 1
        assert f"The folder {place} of the disc file cannot be written to" in done.err
        assert workspace.logs() == []

    def test_nothing_is_burned_anyway(self, workspace: Workspace, clips: list[Path], disc: Path) -> None:
        """`--burn-dry-run` needs no disc, but its name is read."""
        disc.write_bytes(b"used")
        assert workspace.run(*clips, "--burn-dry-run", "--burn-device", f"stdio:{disc}").code == 0
        assert workspace.run(*clips, "--burn-dry-run", "--burn-device", f"stdio:{disc},block=5").code == 1

    @pytest.mark.parametrize("more", [(), ("--dry-run",)])
    def test_s05_a_missing_burner_is_only_a_warning_before(
        self, more: tuple[str, ...], workspace: Workspace, clips: list[Path]
    ) -> None:
        """It may be there when its turn comes."""
        done = workspace.run(*clips, "--burn-device", workspace.dead_drive(), *more, more={"PATH": "/nonexistent"})
        assert "stage burn cannot work as things are" in done.out + done.err
        assert done.code == (0 if more else 1)
        assert more or "Stage image finished" in done.out

    @pytest.mark.skipif(Path("/dev/sr0").exists(), reason="this machine has a drive")
    def test_s05_a_dry_run_warns_of_a_missing_drive(self, workspace: Workspace, clips: list[Path]) -> None:
        """And prints the command all the same."""
        done = workspace.run(*clips, "--dry-run")
        assert (done.code, done.err) == (0, "")
        assert re.search(r"warning +stage burn cannot work as things are: No drive detected", done.out)
        assert re.search(r"burn +\S+ .*/dev/sr0", done.out)
