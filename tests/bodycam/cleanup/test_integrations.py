"""The workflow of cleanup on a file system in memory and on a real one."""

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any

import attrs
import pytest

from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.memory import MemoryCancellation, MemoryReporter, MemoryStorage
from camvault.adapters.memory.calls import Phase
from camvault.adapters.progressfile import JsonProgressFiles
from camvault.core.batch.marker import BUILD_MARKER_NAME, MARKER_TEXT, BurnedImage, with_image, with_made
from camvault.core.batch.resuming import pending, replaced
from camvault.core.workflows.bodycam.cleanup import BuildDirRemoved, NothingToDelete, check_removable, clean_up
from camvault.ports.entries import FileEntry, FileKind
from camvault.ports.errors import BusyError, Cancelled, ChangedError, DeniedError, RecordError, StorageError, UsageError
from camvault.ports.events import Level
from camvault.ports.files import Storage
from camvault.ports.witness import ReadFrom
from tests.bodycam.cleanup.helpers import make_build_dir

FOLDER = PurePath("/v/images/bodycam_1")


@pytest.fixture
def reporter() -> MemoryReporter:
    return MemoryReporter()


@pytest.fixture
def storage() -> MemoryStorage:
    storage = MemoryStorage()
    make_build_dir(FOLDER, storage=storage)
    return storage


@pytest.fixture
def run(storage: MemoryStorage, reporter: MemoryReporter) -> Callable[..., None]:
    """Clean up in memory."""
    return lambda folder=FOLDER, **more: clean(folder, storage, reporter, **more)


def clean(
    folder: PurePath,
    storage: Storage,
    reporter: MemoryReporter,
    *,
    guarded: tuple[PurePath, ...] = (),
    cancel: MemoryCancellation | None = None,
    is_losing_allowed: bool = False,
    is_cache_trusted: bool = False,
) -> None:
    clean_up(
        folder,
        is_losing_allowed=is_losing_allowed,
        is_cache_trusted=is_cache_trusted,
        guarded=guarded,
        storage=storage,
        progress_files=JsonProgressFiles(storage),
        reporter=reporter,
        cancel=cancel or MemoryCancellation(),
    )


class TestInMemory:
    def test_everything_of_ours_goes(
        self, run: Callable[..., None], storage: MemoryStorage, reporter: MemoryReporter
    ) -> None:
        """Marker, progress, clips, unfinished files, folders; and it says so."""
        storage.put(FOLDER / ".a.mp4.camvault-part", b"half")
        storage.put_folder(FOLDER / "empty")
        run()
        assert storage.files("/v/images") == {}
        assert storage.entry(FOLDER) is None
        (removed,) = reporter.of(BuildDirRemoved)
        assert str(removed) == f"Removed {FOLDER}"
        assert removed.file_count == 5

    def test_nothing_there(self, run: Callable[..., None], storage: MemoryStorage, reporter: MemoryReporter) -> None:
        """A warning, no error; twice is as good as once."""
        run(FOLDER.with_name("other"))
        (event,) = reporter.of(NothingToDelete)
        assert (event.level, str(event)) == (Level.WARNING, "Nothing to delete: /v/images/other")
        run()
        run()
        assert len(reporter.of(NothingToDelete)) == 2

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda s: s.put(FOLDER / "original.mp4", b"only copy"),
            lambda s: s.put(FOLDER / "a.mp4", b"content of a.mp4"),  # the same bytes, another file
            lambda s: s.put(FOLDER / "sub" / "b.mp4", b"only copy"),
            lambda s: s.put_link(FOLDER / "link", "/home"),
            lambda s: s.mount(FOLDER, name="nas"),
            lambda s: s.put(FOLDER / BUILD_MARKER_NAME, b"not ours"),
            lambda s: s.put(FOLDER / "progress.completed.json", b'{"files": {}}'),
            lambda s: s.unreadable.add(FOLDER),
        ],
        ids=["foreign", "replaced", "deeper", "link", "mount", "marker", "record", "unreadable"],
    )
    def test_a_doubt_removes_nothing_at_all(
        self, spoil: Callable[[MemoryStorage], object], run: Callable[..., None], storage: MemoryStorage
    ) -> None:
        """Not even what is ours: the whole is looked at first."""
        spoil(storage)
        before = storage.files()
        with pytest.raises((UsageError, RecordError, StorageError)):
            run()
        assert storage.files() == before

    def test_a_link_to_a_build_directory_is_refused(self, run: Callable[..., None], storage: MemoryStorage) -> None:
        """The link and what it points to stay."""
        storage.put_link("/v/link", str(FOLDER))
        with pytest.raises(UsageError, match="symbolic link"):
            run(PurePath("/v/link"))
        assert storage.entry(PurePath("/v/link")) is not None
        assert storage.entry(FOLDER / "a.mp4") is not None

    def test_guarded_paths_are_compared_with_links_followed(
        self, run: Callable[..., None], storage: MemoryStorage
    ) -> None:
        """A home that is a link into the build directory is still home."""
        storage.put_link("/home", str(FOLDER))
        with pytest.raises(UsageError, match="never removed"):
            run(guarded=(PurePath("/home"),))

    def test_many_foreign_files_are_counted(self, run: Callable[..., None], storage: MemoryStorage) -> None:
        """Some by name, the rest as a number."""
        for number in range(5):
            storage.put(FOLDER / f"x{number}.mp4", b"x")
        with pytest.raises(UsageError, match=r"did not put this there: x0\.mp4, x1\.mp4, x2\.mp4 and 2 more"):
            run()

    def test_a_torn_record_keeps_everything(self, run: Callable[..., None], storage: MemoryStorage) -> None:
        """Nobody knows then which clips are ours."""
        storage.put(FOLDER / "progress.completed.json", b'{"files": ')
        with pytest.raises(RecordError):
            run()

    def test_the_marker_goes_last(self, run: Callable[..., None], storage: MemoryStorage) -> None:
        """So that a run that is cut off can be repeated."""
        run()
        removed = [call.arguments[0] for call in storage.calls.log if call.operation == "storage.remove"]
        names = [PurePath(str(path)).name for path in removed]
        assert names == ["a.mp4", "b.mp4", "progress.completed.json", BUILD_MARKER_NAME]

    def test_a_stop_between_two_files(self, run: Callable[..., None], storage: MemoryStorage) -> None:
        """Cancelled, and the next run does the rest."""
        cancel = MemoryCancellation()
        storage.calls.hook("storage.remove", cancel.request)
        with pytest.raises(Cancelled):
            run(cancel=cancel)
        assert storage.entry(FOLDER / "b.mp4") is not None
        run()
        assert storage.entry(FOLDER) is None

    def test_a_file_that_appears_meanwhile_is_kept(self, run: Callable[..., None], storage: MemoryStorage) -> None:
        """And the folder around it."""
        storage.calls.hook("storage.prune", lambda: storage.put(FOLDER / "new.mp4", b"new"))
        with pytest.raises(ChangedError):
            run()
        assert storage.content(FOLDER / "new.mp4") == b"new"

    def test_a_file_that_is_replaced_meanwhile_is_kept(self, run: Callable[..., None], storage: MemoryStorage) -> None:
        """INV-2: another file under the name is another file."""
        storage.calls.hook("storage.remove", lambda: storage.put(FOLDER / "a.mp4", b"new content"))
        with pytest.raises(ChangedError):
            run()
        assert storage.content(FOLDER / "a.mp4") == b"new content"

    def test_not_while_clips_are_being_prepared(self, run: Callable[..., None], storage: MemoryStorage) -> None:
        """The lock of the build directory is respected."""
        with storage.lock(FOLDER), pytest.raises(BusyError):
            run()
        assert storage.entry(FOLDER / "a.mp4") is not None

    def test_looking_changes_nothing(self, storage: MemoryStorage) -> None:
        """What the pipeline asks before it begins."""
        before = storage.files()
        files = JsonProgressFiles(storage)
        world: dict[str, Any] = {"storage": storage, "progress_files": files}
        assert check_removable(FOLDER, guarded=(), **world)
        assert not check_removable(FOLDER / "none", guarded=(), **world)
        assert storage.files() == before


class TestOnDisk:
    def test_everything_of_ours_goes(self, tmp_path: Path, reporter: MemoryReporter) -> None:
        """The same on a real file system, the folder around it untouched."""
        make_build_dir(tmp_path / "build", storage=LocalStorage())
        (tmp_path / "other").write_text("x")
        clean(tmp_path / "build", LocalStorage(), reporter)
        assert [p.name for p in tmp_path.iterdir()] == ["other"]

    def test_a_running_prepare_holds_the_folder(self, tmp_path: Path, reporter: MemoryReporter) -> None:
        """Locks of processes."""
        storage = LocalStorage()
        make_build_dir(tmp_path / "build", storage=storage)
        with storage.lock(tmp_path / "build"), pytest.raises(BusyError):
            clean(tmp_path / "build", LocalStorage(), reporter)
        assert (tmp_path / "build" / "a.mp4").exists()

    def test_hostile_names(self, tmp_path: Path, reporter: MemoryReporter) -> None:
        """Outputs may have any name a clip had."""
        names = ("-rf", "a\nb.mp4", "'\"$x`", "é" * 120 + ".mp4", "..mp4")
        make_build_dir(tmp_path / "build", storage=LocalStorage(), clips=names, is_completed=False)
        clean(tmp_path / "build", LocalStorage(), reporter)
        assert list(tmp_path.iterdir()) == []

    def test_an_empty_marked_folder(self, tmp_path: Path, reporter: MemoryReporter) -> None:
        """As the pipeline leaves it when the first clip is refused."""
        (tmp_path / "build").mkdir()
        (tmp_path / "build" / BUILD_MARKER_NAME).write_text(MARKER_TEXT)
        clean(tmp_path / "build", LocalStorage(), reporter)
        assert list(tmp_path.iterdir()) == []


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class TestOnlyCopies:
    """A build directory may hold what is nowhere else: after `--delete-originals yes`, or when a card was formatted."""

    ORIGINAL = PurePath("/v/images-originals/a.mp4")

    def test_a_clip_whose_original_is_gone_is_kept(self, run: Callable[..., None], storage: MemoryStorage) -> None:
        storage.tree.discard(self.ORIGINAL)
        before = storage.files("/v")
        with pytest.raises(UsageError, match=r"the originals of a\.mp4 are gone or are other files now"):
            run()
        assert storage.files("/v") == before

    def test_a_clip_whose_original_is_another_file_is_kept(
        self, run: Callable[..., None], storage: MemoryStorage
    ) -> None:
        """INV-2: the camera gave the same name to new footage."""
        storage.put(self.ORIGINAL, b"new footage")
        with pytest.raises(UsageError, match="other files now"):
            run()
        assert storage.tree.find(FOLDER / "a.mp4")

    def test_many_are_not_all_named(self, storage: MemoryStorage, reporter: MemoryReporter) -> None:
        folder = PurePath("/w/many/build")
        make_build_dir(folder, storage=storage, clips=tuple(f"{number}.mp4" for number in range(5)))
        for number in range(5):
            storage.tree.discard(PurePath(f"/w/many-originals/{number}.mp4"))
        with pytest.raises(UsageError, match=r"0\.mp4, 1\.mp4, 2\.mp4 and 2 more are gone"):
            clean(folder, storage, reporter)

    def burn(self, storage: MemoryStorage, *names: str) -> BurnedImage:
        """An image of outputs that was burned, as the pipeline writes it into the marker."""
        outputs = frozenset(sha256(f"content of {name}".encode()) for name in names)
        storage.put("/v/images/a.iso", b"the image")
        image = BurnedImage(PurePath("/v/images/a.iso"), sha256(b"the image"), outputs)
        storage.put(FOLDER / BUILD_MARKER_NAME, with_image(MARKER_TEXT, image))
        return image

    def test_what_a_burned_image_holds_is_no_only_copy(self, run: Callable[..., None], storage: MemoryStorage) -> None:
        """The pipeline writes it into the marker before it lets go of the originals; the image is read, once."""
        storage.tree.discard(self.ORIGINAL)
        self.burn(storage, "a.mp4", "b.mp4")
        run()
        assert storage.tree.find(FOLDER) is None
        read = [call.arguments[0] for call in storage.calls.log if call.operation == "storage.read_back"]
        assert read.count(PurePath("/v/images/a.iso")) == 1

    @pytest.mark.parametrize("spoil", ["gone", "rotten", "unreadable", "another clip"])
    def test_a_line_of_the_marker_without_its_image_is_no_witness(
        self, spoil: str, run: Callable[..., None], storage: MemoryStorage
    ) -> None:
        """A memory of a burn is none: what was written about a disc may be long gone with it."""
        storage.tree.discard(self.ORIGINAL)
        image = self.burn(storage, "b.mp4" if spoil == "another clip" else "a.mp4")
        if spoil == "gone":
            storage.tree.discard(image.path)
        elif spoil == "rotten":
            storage.corrupt(image.path)
        elif spoil == "unreadable":
            storage.hidden_damage[image.path] = 0
        before = storage.files()
        with pytest.raises(UsageError, match="only copies"):
            run()
        assert storage.files() == before

    def test_a_torn_line_of_the_marker_proves_nothing(self, run: Callable[..., None], storage: MemoryStorage) -> None:
        storage.tree.discard(self.ORIGINAL)
        image = self.burn(storage, "a.mp4")
        storage.put(FOLDER / BUILD_MARKER_NAME, with_image(MARKER_TEXT, image).removesuffix("\n"))
        with pytest.raises(UsageError, match="only copies"):
            run()

    def test_the_users_word_counts(self, run: Callable[..., None], storage: MemoryStorage) -> None:
        storage.tree.discard(self.ORIGINAL)
        run(is_losing_allowed=True)
        assert storage.tree.find(FOLDER) is None

    def test_a_job_in_the_plain_format_does_not_say_where_originals_are(
        self, run: Callable[..., None], storage: MemoryStorage
    ) -> None:
        plain = '{"disc_bytes": 9, "safety_bytes": 0, "mode": "COPY", "kbps": null, "files": {"a.mp4": "done"}}'
        storage.put(FOLDER / "progress.completed.json", plain)
        storage.tree.discard(FOLDER / "b.mp4")
        for is_losing_allowed in (False, True):
            with pytest.raises(UsageError, match=r"camvault did not put this there: a\.mp4"):
                run(is_losing_allowed=is_losing_allowed)
        assert storage.content(FOLDER / "a.mp4") == b"content of a.mp4"
        self.burn(storage, "a.mp4")
        run()
        assert storage.tree.find(FOLDER) is None, "an image that was burned and read back holds this very content"

    def test_a_file_with_our_suffix_deeper_down_is_not_ours(
        self, run: Callable[..., None], storage: MemoryStorage
    ) -> None:
        """Unfinished files of ours stand beside the outputs only."""
        storage.put(FOLDER / "sub" / "footage.camvault-part", b"footage")
        with pytest.raises(UsageError, match="camvault did not put this there: sub/footage"):
            run()
        assert storage.content(FOLDER / "sub" / "footage.camvault-part") == b"footage"


class TestSetAside:
    """Outputs of an earlier job that were set aside, and are known by the marker."""

    ASIDE = FOLDER / ".camvault-aside-1-a.mp4"
    ORIGINAL = PurePath("/v/images-originals/a.mp4")

    @pytest.fixture(autouse=True)
    def aside(self, storage: MemoryStorage) -> None:
        storage.put(self.ASIDE, b"an earlier encode")
        origin = sha256(b"content of a.mp4")
        storage.put(FOLDER / BUILD_MARKER_NAME, with_made(MARKER_TEXT, {sha256(b"an earlier encode"): origin}))

    def test_it_goes_beside_the_original_that_it_was_made_of(
        self, run: Callable[..., None], storage: MemoryStorage
    ) -> None:
        assert check_removable(FOLDER, guarded=(), storage=storage, progress_files=JsonProgressFiles(storage))
        run()
        assert storage.tree.find(FOLDER) is None

    def test_without_that_it_may_be_the_only_copy(self, run: Callable[..., None], storage: MemoryStorage) -> None:
        storage.put(self.ORIGINAL, b"Content of a.mp4", mtime_ns=storage.tree.get(self.ORIGINAL).mtime_ns)
        with pytest.raises(UsageError, match="only copies"):
            run()
        assert storage.content(self.ASIDE) == b"an earlier encode"
        run(is_losing_allowed=True)
        assert storage.tree.find(FOLDER) is None

    def test_one_that_cannot_be_read_is_nobodys(self, run: Callable[..., None], storage: MemoryStorage) -> None:
        storage.damage[self.ASIDE] = 0
        with pytest.raises(UsageError, match=r"did not put this there: \.camvault-aside-1-a\.mp4"):
            run(is_losing_allowed=True)

    def test_what_the_marker_does_not_name_is_somebodys(self, run: Callable[..., None], storage: MemoryStorage) -> None:
        storage.put(self.ASIDE, b"somebody's")
        with pytest.raises(UsageError, match=r"did not put this there: \.camvault-aside-1-a\.mp4"):
            run(is_losing_allowed=True)


class TestWitnesses:
    """Whatever keeps the original from being a witness keeps the output."""

    ORIGINAL = PurePath("/v/images-originals/a.mp4")

    @pytest.mark.parametrize(
        ("spoil", "why"),
        [
            (lambda s, o: s.damage.update({o: 0}), "cannot be read: Input/output error"),
            (lambda s, o: s.damage.update({o: 3}), "cannot be read: Input/output error"),
            (lambda s, o: s.hidden_damage.update({o: 3}), "cannot be read: Input/output error"),
            (lambda s, o: s.rotten.update({o: b"Content of a.mp4"}), "does not hold what was recorded"),
            (lambda s, o: s.put(o, b"Content of a.mp4", mtime_ns=s.tree.get(o).mtime_ns), "does not hold"),
            (lambda s, o: s.indistinct.add(o), "is not seen whether"),
            (lambda s, o: s.mount(o.parent, name="ram", read_from=ReadFrom.MEMORY), "is in memory"),
            (lambda s, o: s.mount(o.parent, name="9p", read_from=ReadFrom.CACHE), "--trust-cache"),
        ],
        ids=["unreadable", "half", "on the medium", "rotten", "another card", "unsure", "memory", "cache"],
    )
    def test_a_doubt_keeps_everything(
        self,
        spoil: Callable[[MemoryStorage, PurePath], object],
        why: str,
        run: Callable[..., None],
        storage: MemoryStorage,
    ) -> None:
        spoil(storage, self.ORIGINAL)
        before = storage.files()
        with pytest.raises(UsageError, match=why):
            run()
        assert storage.files() == before

    def test_the_user_may_trust_a_cache(self, run: Callable[..., None], storage: MemoryStorage) -> None:
        storage.mount(self.ORIGINAL.parent, name="9p", read_from=ReadFrom.CACHE)
        run(is_cache_trusted=True)
        assert storage.tree.find(FOLDER) is None

    @pytest.mark.parametrize("alias", ["bind", "unite"])
    def test_the_build_directory_itself_is_no_witness(
        self, alias: str, run: Callable[..., None], storage: MemoryStorage
    ) -> None:
        for name in ("a.mp4", "b.mp4"):
            storage.tree.discard(self.ORIGINAL.with_name(name))
        getattr(storage, alias)(self.ORIGINAL.parent, shows=FOLDER)
        with pytest.raises(UsageError, match="only copies"):
            run()
        assert storage.content(FOLDER / "a.mp4") == b"content of a.mp4"

    def test_originals_that_go_before_the_lock_is_held(self, run: Callable[..., None], storage: MemoryStorage) -> None:
        """A run with --delete-originals ended between a look and the lock: so there is no look before it."""
        storage.calls.hook("storage.lock", lambda: storage.tree.discard(self.ORIGINAL))
        with pytest.raises(UsageError, match="only copies"):
            run()
        assert storage.content(FOLDER / "a.mp4") == b"content of a.mp4"

    def test_another_command_in_the_folder_of_the_originals_keeps_everything(
        self, run: Callable[..., None], storage: MemoryStorage
    ) -> None:
        """Two cleanups, each of which took the other's files for its originals, removed both copies at once."""
        before = storage.files()
        with storage.lock(self.ORIGINAL.parent), pytest.raises(UsageError, match="another command is at work"):
            run()
        assert storage.files() == before
        with storage.lock(self.ORIGINAL.parent, is_shared=True):  # they are originals of another job as well
            run()
        with storage.lock(self.ORIGINAL.parent):  # let go of at the end
            assert storage.tree.find(FOLDER) is None

    @pytest.mark.parametrize("kind", [StorageError, DeniedError])
    def test_a_folder_of_originals_that_cannot_be_locked_is_a_doubt(
        self, kind: type[StorageError], run: Callable[..., None], storage: MemoryStorage
    ) -> None:
        """Whether another command is about to remove the originals is not known then: an error is no evidence."""
        locks = iter([None, kind(self.ORIGINAL.parent, "No locks available")])

        def refuse_the_second() -> None:
            error = next(locks, None)
            if error is not None:
                raise error

        before = storage.files()
        storage.calls.hook("storage.lock", refuse_the_second, times=None)
        with pytest.raises(UsageError, match=r"at work in .* cannot be told: No locks available"):
            run()
        assert storage.files() == before

    def test_originals_on_a_read_only_card_can_be_locked(self, tmp_path: Path, reporter: MemoryReporter) -> None:
        folder, card = tmp_path / "images/bodycam_1", tmp_path / "card"
        make_build_dir(folder, storage=LocalStorage(), originals=card)
        subprocess.run(["mount", "--bind", card, card], check=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", card], check=True)
        try:
            clean(folder, LocalStorage(), reporter)
        finally:
            subprocess.run(["umount", card], check=True)
        assert not folder.exists()
        assert (card / "a.mp4").exists()

    def test_a_card_that_vanishes_between_two_removals(self, run: Callable[..., None], storage: MemoryStorage) -> None:
        storage.calls.hook("storage.remove", lambda: storage.unplug(self.ORIGINAL.parent), when=Phase.AFTER)
        with pytest.raises(ChangedError, match="kept"):
            run()
        assert storage.content(FOLDER / "b.mp4") == b"content of b.mp4"


class TestUnrecorded:
    """Under the name of a clip that is pending: a copy that was cut off before its record, or somebody's file."""

    ORIGINAL = PurePath("/v/images-originals/b.mp4")

    @pytest.fixture(autouse=True)
    def pending(self, storage: MemoryStorage) -> None:
        """Clip b.mp4 is pending, and no output of it is recorded."""
        files, path = JsonProgressFiles(storage), FOLDER / "progress.completed.json"
        progress = files.load(path)
        assert progress is not None
        files.save(FOLDER / "progress.json", replaced(progress, pending(progress.by_key()["b.mp4"])))
        storage.tree.discard(path)

    def test_a_copy_of_the_original_that_is_there_goes(self, run: Callable[..., None], storage: MemoryStorage) -> None:
        """Whoever made it, nothing is lost."""
        run()
        assert storage.entry(FOLDER) is None
        assert storage.content(self.ORIGINAL) == b"content of b.mp4"

    @pytest.mark.parametrize("is_losing_allowed", [False, True])
    @pytest.mark.parametrize("content", [b"content of B.mp4", b"other footage"], ids=["same size", "other"])
    def test_somebodys_file_stays(
        self, content: bytes, is_losing_allowed: bool, run: Callable[..., None], storage: MemoryStorage
    ) -> None:
        """It once went, because its name was that of a clip and that clip's original was there."""
        storage.put(FOLDER / "b.mp4", content)
        before = storage.files()
        with pytest.raises(UsageError, match=r"camvault did not put this there: b\.mp4"):
            run(is_losing_allowed=is_losing_allowed)
        assert storage.files() == before

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda s: s.tree.discard(TestUnrecorded.ORIGINAL),
            lambda s: s.put(TestUnrecorded.ORIGINAL, b"content of b.mp4"),
            lambda s: (
                s.tree.discard(TestUnrecorded.ORIGINAL),
                s.put_link(TestUnrecorded.ORIGINAL, str(FOLDER / "b.mp4")),
            ),
        ],
        ids=["gone", "another file", "this very file"],
    )
    def test_without_its_original_it_stays(
        self, spoil: Callable[[MemoryStorage], object], run: Callable[..., None], storage: MemoryStorage
    ) -> None:
        """Then it may be the only copy, also if a link with the original's name leads here."""
        spoil(storage)
        found = storage.entry(FOLDER / "b.mp4")
        assert found is not None
        self.remember(storage, found)
        with pytest.raises(UsageError, match="did not put this there"):
            run()
        assert storage.content(FOLDER / "b.mp4") == b"content of b.mp4"

    @staticmethod
    def remember(storage: MemoryStorage, found: FileEntry) -> None:
        """Where the original is a link to the file itself, it is as the record says."""
        link = storage.entry(TestUnrecorded.ORIGINAL)
        if link is not None and link.kind is FileKind.SYMLINK:
            files, path = JsonProgressFiles(storage), FOLDER / "progress.json"
            progress = files.load(path)
            assert progress is not None
            clip = attrs.evolve(progress.by_key()["b.mp4"], source_identity=found.identity)
            files.save(path, replaced(progress, clip))
