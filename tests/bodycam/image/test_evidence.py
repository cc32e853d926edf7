"""create_iso --evidence: the disc proves itself by tools that are not ours, and nothing else changes."""

import hashlib
import json
import subprocess
from collections.abc import Callable
from pathlib import Path, PurePath, PurePosixPath

import attrs
import pytest

from camvault.adapters.memory import MemoryCancellation, MemoryStorage
from camvault.adapters.memory.clip_facts import MemoryClipReader
from camvault.adapters.memory.signing import MemorySigner
from camvault.adapters.progressfile import JsonProgressFiles
from camvault.core.batch.marker import MARKER_TEXT
from camvault.core.evidence.places import EvidencePlaces
from camvault.core.evidence.readme import DUMP, salvage_command
from camvault.core.workflows.bodycam.create_iso import EvidenceLeftOut, EvidenceMade, EvidenceWish
from camvault.ports.batch_record import BatchRecord, ClipRecord, ClipState, Mode, OutputRecord
from camvault.ports.clip_facts import ContainerFacts
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import Cancelled, ChangedError, ExistsError, MismatchError
from camvault.ports.events import Warned
from tests.bodycam.image.test_integrations import extract_rock_ridge
from tests.bodycam.image.test_units import BUILD, TARGET, World

Create = Callable[..., tuple[int, str]]
WISH = EvidenceWish(tools={"camvault": "1"})
STAGE = PurePath("/images/.evidence.shift.iso.camvault-part")
PLACES = EvidencePlaces()


def sh(command: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(("sh", "-c", command), cwd=folder, check=False, capture_output=True)


def made(create: Create, build: Path, tmp_path: Path, *more: str) -> Path:
    code, said = create(build, "--evidence", "yes", "--volume-label", "SHIFT_001", *more)
    assert code == 0, said
    return tmp_path / "out" / "shift.iso"


class TestByTools:
    @pytest.fixture
    def image(self, create: Create, build_dir: Path, tmp_path: Path) -> Path:
        for name in ("-", "-n", "new\nline", " blank ", "back\\slash"):
            (build_dir / name).write_text(f"content of {name}" * 500)
        (build_dir / "empty").touch()
        return made(create, build_dir, tmp_path)

    def test_coreutils_prove_every_file_and_find_the_one_that_changed(self, image: Path, tmp_path: Path) -> None:
        extract_rock_ridge(image, tmp_path / "disc")
        assert sh("sha256sum --strict -c SHA256SUMS", tmp_path / "disc").returncode == 0
        (tmp_path / "disc" / "a.mp4").write_bytes(b"another")
        assert b"a.mp4: FAILED" in sh("sha256sum -c SHA256SUMS", tmp_path / "disc").stdout

    @pytest.mark.parametrize("lost", [slice(0, 1 << 20), slice(-(1 << 14), None)], ids=["first MB", "end"])
    def test_clips_are_salvaged_where_no_file_system_is_left(
        self, image: Path, build_dir: Path, tmp_path: Path, lost: slice
    ) -> None:
        content = bytearray(image.read_bytes())
        content[lost] = bytes(len(content[lost]))
        (tmp_path / "lab").mkdir()
        (tmp_path / "lab" / DUMP).write_bytes(content)
        done = sh(salvage_command(), tmp_path / "lab")
        found = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (tmp_path / "lab").glob("clip-*")}
        wanted = {hashlib.sha256(path.read_bytes()).hexdigest() for path in build_dir.rglob("*") if path.is_file()}
        assert wanted <= found
        assert done.stdout.count(b": OK") >= len(wanted)

    def test_a_stranger_needs_nothing_but_coreutils_and_grep(self, image: Path, tmp_path: Path) -> None:
        """The tools of a minimal system, and the disc without its first megabyte."""
        listed = subprocess.run(("dpkg", "-L", "coreutils", "grep", "dash"), check=True, capture_output=True, text=True)
        tools = [Path(line) for line in listed.stdout.splitlines() if "/bin/" in line]
        (tmp_path / "bin").mkdir()
        for tool in tools:
            (tmp_path / "bin" / tool.name).symlink_to(f"/usr/bin/{tool.name}")
        script = Path(__file__).parents[3] / "tools" / "stranger.sh"
        argv = (tmp_path / "bin" / "sh", script, image, tmp_path / "lab")
        done = subprocess.run(argv, env={"PATH": str(tmp_path / "bin")}, check=False, capture_output=True)
        assert done.returncode == 0, done.stderr
        assert b"a.mp4 clip-" in done.stdout

    def test_one_copy_of_the_extents_is_early_and_one_is_last(self, image: Path) -> None:
        content = image.read_bytes()
        first, last = content.find(b"# camvault extents"), content.rfind(b"# camvault extents")
        assert (1 << 20) < first < 1000 * 2048
        assert len(content) - last < (1 << 17)

    def test_custody_names_the_files_as_their_own_originals(self, image: Path, build_dir: Path, tmp_path: Path) -> None:
        extract_rock_ridge(image, tmp_path / "disc")
        lines = (tmp_path / "disc" / "evidence" / "custody.jsonl").read_text("utf-8").splitlines()
        disc, *clips = map(json.loads, lines)
        assert (disc["label"], disc["disc"], disc["discs"], disc["files"]) == ("SHIFT_001", 1, 1, len(clips))
        assert {"camvault", "python", "host", "operator", "image"} <= disc["tools"].keys()
        by_name = {clip["name"]: clip for clip in clips}
        clip = by_name["cam 1/zwölf.mp4"]
        assert clip["original"]["path"] == str(build_dir / "cam 1" / "zwölf.mp4")
        assert clip["original"]["sha256"] == clip["on_disc"]["sha256"] == hashlib.sha256(b"second").hexdigest()
        assert (clip["start"], clip["clock"]) == ("2025-07-18T10:15:00.123456000Z", "file time")


class TestCommand:
    def test_without_the_flag_the_image_is_as_it_was(self, create: Create, build_dir: Path, tmp_path: Path) -> None:
        assert create(build_dir)[0] == 0
        extract_rock_ridge(tmp_path / "out" / "shift.iso", tmp_path / "disc")
        assert {path.name for path in (tmp_path / "disc").iterdir()} == {"a.mp4", "cam 1"}

    def test_the_same_input_gives_the_same_bytes_and_nothing_else(
        self, create: Create, build_dir: Path, tmp_path: Path
    ) -> None:
        stamp = ("--stamp", "20250718T101500Z")
        before = {path: path.stat().st_mtime_ns for path in build_dir.rglob("*")}
        first = made(create, build_dir, tmp_path, *stamp).read_bytes()
        assert made(create, build_dir, tmp_path, *stamp, "--force").read_bytes() == first
        assert {path: path.stat().st_mtime_ns for path in build_dir.rglob("*")} == before
        assert [path.name for path in (tmp_path / "out").iterdir()] == ["shift.iso"]

    def test_names_of_the_user_are_never_taken(self, create: Create, build_dir: Path, tmp_path: Path) -> None:
        (build_dir / "readme.TXT").write_text("mine")
        extract_rock_ridge(made(create, build_dir, tmp_path), tmp_path / "disc")
        assert (tmp_path / "disc" / "readme.TXT").read_text() == "mine"
        assert sh("sha256sum -c SHA256SUMS-camvault-1", tmp_path / "disc").returncode == 0

    def test_genisoimage_cannot_place_it(self, create: Create, build_dir: Path) -> None:
        code, said = create(build_dir, "--evidence", "yes", "--builder", "genisoimage")
        assert code == 1
        assert "--builder genisoimage cannot place evidence on an image: add --evidence no" in said


class TestSigned:
    def test_ssh_keygen_verifies_it_and_finds_what_changed(
        self, create: Create, build_dir: Path, tmp_path: Path
    ) -> None:
        """By the command that README.txt gives; no private key is on the disc."""
        key = tmp_path / "my key"
        subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key), check=True)
        extract_rock_ridge(made(create, build_dir, tmp_path, "--sign", str(key)), tmp_path / "disc")
        readme = (tmp_path / "disc" / "README.txt").read_text()
        (command,) = [line.strip() for line in readme.splitlines() if "-Y verify" in line]
        assert b'Good "camvault-evidence" signature' in sh(command, tmp_path / "disc").stdout
        listed = subprocess.run(("ssh-keygen", "-lf", key), check=True, capture_output=True, text=True).stdout
        assert listed.split()[1] in readme
        assert sh("sha256sum --strict -c SHA256SUMS", tmp_path / "disc").returncode == 0
        secret = key.read_bytes().splitlines()[2]
        assert all(secret not in path.read_bytes() for path in (tmp_path / "disc").rglob("*") if path.is_file())
        with (tmp_path / "disc" / "SHA256SUMS").open("a") as sums:
            sums.write(f"{'0' * 64}  forged.mp4\n")
        assert sh(command, tmp_path / "disc").returncode != 0

    @pytest.mark.parametrize(
        ("flags", "said"),
        [
            (("--sign", "k"), "--sign goes with --evidence yes"),
            (("--sign", "none", "--evidence", "yes"), "No such file"),
            (("--sign", __file__, "--evidence", "yes"), "cannot sign"),
        ],
    )
    def test_what_cannot_sign_gives_no_image(
        self, create: Create, build_dir: Path, tmp_path: Path, flags: tuple[str, ...], said: str
    ) -> None:
        code, words = create(build_dir, *flags)
        assert code == 1
        assert said in words
        assert not (tmp_path / "out" / "shift.iso").exists()


class TestInMemory:
    @pytest.fixture
    def world(self) -> World:
        made = World()
        made.storage.put(BUILD / "a.mp4", b"footage")
        made.storage.put(BUILD / "sub" / "b.mp4", b"more footage")
        return made

    def test_it_is_told_and_nothing_is_left_beside_the_image(self, world: World) -> None:
        report = world.run(evidence=WISH)
        (told,) = world.reporter.of(EvidenceMade)
        assert (told.places, told.file_count) == (str(PLACES), 2)
        assert report.file_count == 2 + 5
        assert world.images() == {str(TARGET): report.size_bytes}

    def test_what_is_signed_are_the_sums_of_the_disc(self, world: World) -> None:
        wish = attrs.evolve(WISH, signer=MemorySigner(), operator="me")
        assert world.run(evidence=wish).file_count == 2 + 7
        content = world.storage.content(TARGET)
        start = content.index(b"MEMORY:key")
        assert start
        sums = content[content.index(b"  a.mp4") - 64 :]
        sums = sums[: sums.index(b"\0")]
        text = MemorySigner().sign(sums, namespace="camvault-evidence", cancel=MemoryCancellation()).text
        assert text.encode() in content

    def test_what_an_earlier_run_left_is_removed(self, world: World) -> None:
        for path in (PLACES.readme, PLACES.sums, PLACES.custody, PLACES.extents):
            world.storage.put(STAGE / path, b"old")
        report = world.run(evidence=WISH)
        assert world.images() == {str(TARGET): report.size_bytes}

    def test_what_others_put_there_stays(self, world: World) -> None:
        world.storage.put(STAGE / "footage.mp4", b"foreign")
        with pytest.raises(ExistsError, match="what camvault did not put there"):
            world.run(evidence=WISH)
        assert world.storage.content(STAGE / "footage.mp4") == b"foreign"
        assert str(TARGET) not in world.images()

    def test_where_the_disc_has_no_room_for_it_it_is_left_out_and_told(self, world: World) -> None:
        plain = world.run().size_bytes
        report = world.run(evidence=WISH, capacity_bytes=plain, is_forced=True)
        assert report.size_bytes == plain
        assert world.reporter.of(EvidenceLeftOut)
        assert world.images() == {str(TARGET): plain}

    def test_an_image_that_is_too_large_anyway_carries_it(self, world: World) -> None:
        assert world.run(evidence=WISH, capacity_bytes=5).file_count == 7

    def test_a_folder_that_changes_meanwhile_gives_no_image(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        digest = MemoryStorage.digest

        def and_a_new_clip(self: MemoryStorage, path: PurePath, **more: object) -> str:
            self.put(BUILD / "late.mp4", b"late")
            return digest(self, path, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(MemoryStorage, "digest", and_a_new_clip)
        with pytest.raises(ChangedError, match="while the evidence of it was made"):
            world.run(evidence=WISH)
        assert world.images() == {}

    def test_no_evidence_is_made_that_is_not_true(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(MemoryStorage, "digest", lambda *_, **__: "0" * 64)
        with pytest.raises(MismatchError, match="no evidence would be true"):
            world.run(evidence=WISH)
        assert world.images() == {}

    def test_what_was_recorded_is_not_read_again_and_says_where_the_clip_came_from(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.storage.put(BUILD / ".camvault-build", MARKER_TEXT.encode())
        sha256 = hashlib.sha256(b"footage").hexdigest()
        entry = world.storage.entry(BUILD / "a.mp4")
        assert entry is not None
        output = OutputRecord(entry.identity, sha256, "1" * 64, "", ("ffmpeg", "-i", "/card/a.mov"), "ffmpeg 7.1")
        clip = ClipRecord("a.mov", ClipState.DONE, PurePath("/card/a.mov"), FileIdentity(90, 0), output_name="a.mp4")
        clip = attrs.evolve(clip, output=output)
        record = BatchRecord(10**9, 0, Mode.ENCODE, 300, (clip,))
        JsonProgressFiles(world.storage).save(BUILD / "progress.completed.json", record)
        read: list[PurePath] = []
        digest = MemoryStorage.digest

        def remembered(self: MemoryStorage, path: PurePath, **more: object) -> str:
            read.append(path)
            return digest(self, path, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(MemoryStorage, "digest", remembered)
        world.run(evidence=WISH)
        assert read == [BUILD / "sub" / "b.mp4"]
        assert b'"path": "/card/a.mov", "bytes": 90' in world.storage.content(TARGET)

    def test_a_stop_while_clips_are_asked_is_a_stop(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        def stop(*_: object) -> ContainerFacts:
            raise Cancelled

        monkeypatch.setattr(MemoryClipReader, "facts", stop)
        with pytest.raises(Cancelled):
            world.run(evidence=WISH)
        assert world.images() == {}

    def test_a_record_that_cannot_be_read_is_told(self, world: World) -> None:
        world.storage.put(BUILD / ".camvault-build", MARKER_TEXT.encode())
        world.storage.put(BUILD / "progress.completed.json", b"{")
        assert world.run(evidence=WISH).file_count == 7
        assert any("does not say where the clips came from" in str(event) for event in world.reporter.of(Warned))

    def test_a_build_directory_without_a_record_says_what_it_can(self, world: World) -> None:
        world.storage.put(BUILD / ".camvault-build", MARKER_TEXT.encode())
        assert world.run(evidence=WISH).file_sha256[PurePosixPath("a.mp4")]
