"""The workflow of cleanup on a file system in memory and on a real one."""

import hashlib
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any

import attrs
import pytest

from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.memory import MemoryCancellation, MemoryReporter, MemoryStorage
from camvault.adapters.progressfile import JsonProgressFiles
from camvault.core.batch.build_dir import MARKER_NAME, MARKER_TEXT, marker_text
from camvault.core.batch.resuming import pending, replaced
from camvault.core.workflows.bodycam.cleanup import FolderRemoved, NothingToDelete, check_removable, clean_up
from camvault.ports.entries import FileEntry, FileKind
from camvault.ports.errors import BusyError, Cancelled, ChangedError, RecordError, StorageError, UsageError
from camvault.ports.events import Level
from camvault.ports.files import Storage
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
) -> None:
    clean_up(
        folder,
        is_losing_allowed=is_losing_allowed,
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
        (removed,) = reporter.of(FolderRemoved)
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
            lambda s: s.put(FOLDER / MARKER_NAME, b"not ours"),
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
        assert names == ["a.mp4", "b.mp4", "progress.completed.json", MARKER_NAME]

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
        world: dict[str, Any] = {"storage": storage, "progress_files": files, "cancel": MemoryCancellation()}
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
        (tmp_path / "build" / MARKER_NAME).write_text(MARKER_TEXT)
        clean(tmp_path / "build", LocalStorage(), reporter)
        assert list(tmp_path.iterdir()) == []


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

    def test_what_a_verified_disc_holds_is_no_only_copy(self, run: Callable[..., None], storage: MemoryStorage) -> None:
        """The pipeline writes it into the marker before it lets go of the originals."""
        storage.tree.discard(self.ORIGINAL)
        storage.put(FOLDER / MARKER_NAME, marker_text(["0" * 64]))
        run()
        assert storage.tree.find(FOLDER) is None

    def test_a_torn_line_of_the_marker_proves_nothing(self, run: Callable[..., None], storage: MemoryStorage) -> None:
        storage.tree.discard(self.ORIGINAL)
        storage.put(FOLDER / MARKER_NAME, marker_text(["0" * 64]).removesuffix("\n"))
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
        on_disc = hashlib.sha256(b"content of a.mp4").hexdigest()
        storage.put(FOLDER / MARKER_NAME, marker_text([on_disc]))
        run()
        assert storage.tree.find(FOLDER) is None, "a disc that was read back holds this very content"

    def test_a_file_with_our_suffix_deeper_down_is_not_ours(
        self, run: Callable[..., None], storage: MemoryStorage
    ) -> None:
        """Unfinished files of ours stand beside the outputs only."""
        storage.put(FOLDER / "sub" / "footage.camvault-part", b"footage")
        with pytest.raises(UsageError, match="camvault did not put this there: sub/footage"):
            run()
        assert storage.content(FOLDER / "sub" / "footage.camvault-part") == b"footage"


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
