"""create_iso's workflow in memory, and the parts of its adapters."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path, PurePath, PurePosixPath

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.adapters.bridge.layout import lay_out
from camvault.adapters.bridge.names import compressed, iso_names, joliet_names, udf_names
from camvault.adapters.genisoimage import parse as genisoimage
from camvault.adapters.genisoimage.argv import path_list, why_not
from camvault.adapters.genisoimage.parse import percent_of
from camvault.adapters.memory import MemoryCancellation, MemoryClock, MemoryReporter, MemoryStorage, Phase
from camvault.adapters.memory.clip_facts import MemoryClipReader
from camvault.adapters.memory.image import MemoryImageBuilder, MemoryImageVerifier
from camvault.adapters.progressfile import JsonProgressFiles
from camvault.core.batch.marker import MARKER_TEXT
from camvault.core.capacity.budget import image_overhead_bytes
from camvault.core.workflows.bodycam.create_iso import (
    ImageReport,
    ImageRequest,
    NameSubstituted,
    UnfinishedImageRemoved,
    create_iso,
)
from camvault.ports.cancellation import Cancellation
from camvault.ports.entries import FileIdentity
from camvault.ports.errors import (
    BusyError,
    Cancelled,
    ChangedError,
    DeniedError,
    ExistsError,
    MismatchError,
    NoSpaceError,
    NotFoundError,
    StorageError,
    UsageError,
)
from camvault.ports.events import Progressed, Warned
from camvault.ports.files import OnBytes
from camvault.ports.image import ImageManifest, ImagePlan
from camvault.ports.witness import ReadFrom

NOW = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
BUILD, TARGET = PurePath("/build"), PurePath("/images/shift.iso")
TEMPORARY = PurePath("/images/.shift.iso.camvault-part")
SAMPLES = Path(__file__).parents[2] / "samples" / "genisoimage"
MARKER = "camvault build directory 1\n"

raw_names = st.binary(min_size=1, max_size=255).filter(lambda raw: b"/" not in raw and b"\0" not in raw)


class TestGenisoimage:
    @pytest.mark.parametrize(
        ("path", "size_bytes", "word"),
        [
            ("big.mp4", 1 << 32, "4 GiB"),
            ("a/b/c/d/e/f/g/deep.mp4", 1, "deep"),
            ("T10:15.mp4", 1, "change the name"),
            ("x" * 104, 1, "change the name"),
            ("new\nline", 1, "change the name"),
            ("emoji 🎥.mp4", 1, "change the name"),
            ("bad\udcff", 1, "change the name"),
        ],
    )
    def test_what_it_would_not_hold_exactly_is_refused(self, path: str, size_bytes: int, word: str) -> None:
        assert word in (why_not(PurePosixPath(path), size_bytes) or "")

    def test_what_it_holds(self) -> None:
        assert why_not(PurePosixPath("cam 1/zwölf 日.mp4"), (1 << 32) - 1) is None
        assert why_not(PurePosixPath("a/b/c/d/e/f"), is_folder=True) is None

    def test_sources_are_escaped_in_its_list(self) -> None:
        assert path_list([(PurePosixPath("a"), PurePath("/x=y\\z/\udcff"))]) == b"a=/x\\=y\\\\z/\xff\n"

    def test_its_real_outputs(self) -> None:
        told = (SAMPLES / "progress.txt").read_text().splitlines()[1:]
        assert [percent_of(line) for line in told if percent_of(line) is not None] == [31.73, 63.36, 95.09]
        assert genisoimage.judge(0, tuple(told)) is None
        left_out = (SAMPLES / "unreadable.txt").read_text().splitlines()[1:]
        assert "ignoring" in (genisoimage.judge(0, tuple(left_out)) or "")
        assert genisoimage.judge(2, ()) == "it ended with its code 2"

    @pytest.mark.parametrize("text", ["", "12 sectors", "-1", "1\n2\n"])
    def test_a_size_that_is_none_is_refused(self, text: str) -> None:
        with pytest.raises(genisoimage.UnknownOutputError):
            genisoimage.sectors_of(text)


class TestNames:
    @given(st.lists(raw_names, unique=True, max_size=12))
    def test_udf_names_fit_and_are_unique(self, raws: list[bytes]) -> None:
        names = udf_names(raws)
        assert len(set(names.values())) == len(raws)
        assert all(len(compressed(name)) <= 255 for name in names.values())

    @given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=63))
    def test_udf_names_are_exact_where_they_fit(self, name: str) -> None:
        assert udf_names([name.encode()]) == {name.encode(): name}

    def test_what_udf_cannot_hold_is_escaped_or_cut(self) -> None:
        assert udf_names([b"50%\xff", b"50%25%FF"])[b"50%25%FF"] == "50%25%FF"
        assert udf_names([b"50%\xff"])[b"50%\xff"] == "50%25%FF"
        assert len({*udf_names([b"50%\xff", b"50%25%FF"]).values()}) == 2
        long = udf_names([b"x" * 251 + b".mp4"])[b"x" * 251 + b".mp4"]
        assert len(long) == 254
        assert long.startswith("xxxx")
        assert long.endswith(".mp4")

    @given(st.lists(raw_names, unique=True, max_size=12), st.booleans())
    def test_iso_and_joliet_names_fit_and_are_unique(self, raws: list[bytes], is_folder: bool) -> None:
        iso = iso_names(raws, is_folder=is_folder, taken=set())
        joliet = joliet_names(raws, is_folder=is_folder, taken=set())
        assert len(set(iso.values())) == len(set(joliet.values())) == len(raws)
        version = 0 if is_folder else 2
        assert all(len(name) <= 31 + version for name in iso.values())
        assert all(len(name) <= 2 * (64 + version) for name in joliet.values())

    def test_ten_thousand_names_that_agree_at_their_beginning(self) -> None:
        raws = [b"a very long name that is the same for all of them %05d.mp4" % n for n in range(10_000)]
        assert len(set(iso_names(raws, is_folder=False, taken=set()).values())) == 10_000


class TestOrder:
    @given(st.lists(raw_names, unique=True, max_size=12), st.lists(raw_names, unique=True, max_size=12))
    def test_a_folder_is_in_the_order_of_names_and_extensions_filled_up_with_spaces(
        self, files: list[bytes], folders: list[bytes]
    ) -> None:
        """Source: ECMA-119 9.3. A folder has no extension."""
        named = {PurePosixPath(os.fsdecode(raw)) for raw in folders}
        inner = {path for path in named if len(path.parts) == 1}
        others = {PurePosixPath(os.fsdecode(raw)) for raw in files} - inner
        given = [(path, FileIdentity(1, 0)) for path in others if len(path.parts) == 1]
        root = lay_out(given, [PurePosixPath(), *inner]).root
        keys = [identifier.removesuffix(b";1").partition(b".")[::2] for identifier in (c.iso for c in root.by_iso)]
        padded = [(name.ljust(31), extension.ljust(31)) for name, extension in keys]
        assert padded == sorted(padded)
        assert len(padded) == len(given) + len(inner)


class TestOverhead:
    """What planning a batch takes an image to need beside its content, against what the bridge writer really needs."""

    KIB, MIB = 1024, 1024 * 1024
    sizes = st.one_of(st.integers(0, 5000), st.integers(1, 60).map(lambda gib: gib << 30), st.just((1 << 32) - 1))

    @given(st.dictionaries(raw_names, sizes, max_size=60), st.integers(0, 20), st.integers(0, 300))
    def test_the_estimate_is_never_too_small_and_at_most_so_much_too_large(
        self, named: dict[bytes, int], folder_count: int, long_count: int
    ) -> None:
        """Too large by at most 1.5 MiB and 6 KiB a file: 7.4 MiB, 0.03 % of the disc, for a thousand clips."""
        files = [(PurePosixPath(os.fsdecode(raw)), FileIdentity(size, 0)) for raw, size in named.items()]
        files = [(path, identity) for path, identity in files if path.parts and path.name != ".."]
        files += [(PurePosixPath(f"{number:04}" + "é" * 125), FileIdentity(4097, 0)) for number in range(long_count)]
        folders = [PurePosixPath(), *(PurePosixPath(f"folder {number} {'x' * 200}") for number in range(folder_count))]
        size_bytes = lay_out(files, folders).sector_count * 2048
        overhead = size_bytes - sum(identity.size_bytes for _, identity in files)
        too_much = image_overhead_bytes(len(files)) - overhead
        assert 0 <= too_much <= 1.5 * self.MIB + 6 * self.KIB * len(files)


@attrs.define
class World:
    storage: MemoryStorage = attrs.field(factory=MemoryStorage)
    reporter: MemoryReporter = attrs.field(factory=MemoryReporter)
    cancel: MemoryCancellation = attrs.field(factory=MemoryCancellation)
    is_lossy: bool = False
    is_image: Callable[[PurePath], bool] = lambda _: True
    builder: MemoryImageBuilder | None = None

    def run(self, **more: object) -> ImageReport:
        request = attrs.evolve(ImageRequest(build_dir=BUILD, target=TARGET), **more)  # type: ignore[arg-type]
        return create_iso(
            request,
            storage=self.storage,
            builder=self.builder or MemoryImageBuilder(self.storage, is_lossy=self.is_lossy),
            verifier=MemoryImageVerifier(self.storage),
            reason="there is no other",
            clock=MemoryClock(NOW),
            reporter=self.reporter,
            cancel=self.cancel,
            is_image=self.is_image,
            progress_files=JsonProgressFiles(self.storage),
            clip_reader=MemoryClipReader(self.storage),
        )

    def images(self) -> dict[str, int]:
        return {str(path): len(content) for path, content in self.storage.files("/images").items()}


@pytest.fixture
def world() -> World:
    made = World()
    made.storage.put(BUILD / "a.mp4", b"footage")
    return made


class TestCreateIso:
    def test_an_image_with_its_report(self, world: World) -> None:
        report = world.run()
        assert report.label == "20260102T030405Z"
        assert world.images() == {str(TARGET): report.size_bytes}
        assert report.file_count == 1

    def test_a_build_directory_of_ours_without_outputs_is_empty(self, world: World) -> None:
        world.storage = MemoryStorage()
        world.storage.put(BUILD / ".camvault-build", MARKER)
        world.storage.put(BUILD / "progress.json", "{}")
        with pytest.raises(UsageError, match="No input files"):
            world.run()

    def test_a_file_is_no_directory(self, world: World) -> None:
        with pytest.raises(NotFoundError, match="Directory not found"):
            world.run(build_dir=BUILD / "a.mp4")

    def test_the_log_must_be_outside(self, world: World) -> None:
        with pytest.raises(UsageError, match="log file"):
            world.run(logfile=BUILD / "log")
        assert world.run(logfile=PurePath("/log"))

    @pytest.mark.parametrize("operation", ["storage.make_folder", "storage.write_text"])
    def test_a_place_that_cannot_be_written_is_told_before_any_work(self, world: World, operation: str) -> None:
        """Its folder cannot be made, or nothing be put into it."""
        world.storage.calls.fail(operation, DeniedError(TARGET.parent, "Permission denied"))
        with pytest.raises(DeniedError, match=f"^{TARGET}: Cannot write ISO: Permission denied"):
            world.run()
        assert world.images() == {}
        assert not [call for call in world.storage.calls.log if call.operation == "image.write"]

    def test_an_image_is_replaced_only_when_that_is_asked_for(self, world: World) -> None:
        world.storage.put(TARGET, b"an older image")
        with pytest.raises(ExistsError, match="--force replaces an image"):
            world.run()
        assert world.storage.content(TARGET) == b"an older image"

    def test_an_image_that_was_read_from_elsewhere_than_its_medium_is_told(self, world: World) -> None:
        world.storage.mount(TARGET.parent, name="memory", read_from=ReadFrom.MEMORY)
        assert world.run().source is ReadFrom.MEMORY
        (told,) = [str(event) for event in world.reporter.events if isinstance(event, Warned)]
        assert told.startswith(f"{TARGET} was read back, but ")

    def test_a_folder_under_the_targets_name_is_never_replaced(self, world: World) -> None:
        world.storage.put_folder(TARGET)
        with pytest.raises(ExistsError, match="File exists"):
            world.run(is_forced=True)

    def test_what_is_no_image_is_never_replaced(self, world: World) -> None:
        """An empty file holds nothing."""
        world.is_image = lambda _: False
        world.storage.put(TARGET, b"a diary")
        with pytest.raises(ExistsError, match="no disc image"):
            world.run(is_forced=True)
        assert world.storage.content(TARGET) == b"a diary"
        world.storage.put(TARGET, b"")
        assert world.run(is_forced=True)

    def test_a_build_directory_that_is_not_finished(self, world: World) -> None:
        """It says so, unless it is asked for; somebody else's folder may hold a file of this name."""
        world.storage.put(BUILD / "progress.json", b"{}")
        assert world.run(target=PurePath("/images/other.iso"))
        world.storage.put(BUILD / ".camvault-build", MARKER_TEXT)
        with pytest.raises(UsageError, match=r"prepare_bodycam --resume /build/progress\.json"):
            world.run()
        assert world.run(is_even_unfinished=True)

    def test_a_build_directory_in_which_somebody_is_at_work(self, world: World) -> None:
        world.storage.put(BUILD / ".camvault-build", MARKER_TEXT)
        with world.storage.lock(BUILD), pytest.raises(BusyError, match="/build"):
            world.run()
        world.storage.calls.fail("storage.lock", DeniedError(BUILD))
        assert world.run(), "where nothing can be locked, nobody did"

    def test_a_leftover_of_a_crash_goes(self, world: World) -> None:
        world.storage.put(TEMPORARY, b"half an image")
        world.run()
        told = [str(event) for event in world.reporter.events if isinstance(event, UnfinishedImageRemoved)]
        assert told == [f"Removed the unfinished image of an earlier run: {TEMPORARY}"]
        assert list(world.images()) == [str(TARGET)]

    def test_two_runs_on_one_target_exclude_one_another(self, world: World) -> None:
        """The second is refused while the first writes, and touches nothing of it."""
        refused: list[Exception] = []

        def second() -> None:
            other = World(world.storage)
            with pytest.raises(BusyError, match=r"/images/shift\.iso") as caught:
                other.run()
            refused.append(caught.value)
            assert other.run(target=PurePath("/images/other.iso")).file_count == 1

        world.storage.calls.hook("image.write", second, when=Phase.DURING)
        world.run()
        assert len(refused) == 1
        assert set(world.images()) == {str(TARGET), "/images/other.iso"}

    def test_the_lock_of_a_crashed_run_is_taken_over_and_removed(self, world: World) -> None:
        world.storage.put(PurePath("/images/.lock.shift.iso.camvault-part"), b"")
        world.run()
        assert list(world.images()) == [str(TARGET)]

    def test_no_room_is_told_with_both_figures_before_anything_is_written(self, world: World) -> None:
        world.storage.mount("/images", name="small", capacity_bytes=3000)
        with pytest.raises(NoSpaceError, match="4,096 bytes needed, 3,000 bytes free"):
            world.run()
        assert world.images() == {}
        assert not [call for call in world.storage.calls.log if call.operation == "image.write"]

    def test_an_image_that_is_not_equal_is_none(self, world: World) -> None:
        world.is_lossy = True
        world.storage.put(TARGET, b"old")
        with pytest.raises(MismatchError):
            world.run(is_forced=True)
        assert world.images() == {str(TARGET): 3}

    def test_a_source_that_changes_meanwhile_fails(self, world: World) -> None:
        world.storage.calls.hook(
            "image.write", lambda: world.storage.put(BUILD / "a.mp4", b"changed"), when=Phase.DURING
        )
        with pytest.raises(ChangedError):
            world.run()
        assert world.images() == {}

    @pytest.mark.parametrize("operation", ["image.write", "image.verify"])
    def test_a_request_to_stop_leaves_nothing(self, world: World, operation: str) -> None:
        world.storage.calls.hook(operation, world.cancel.request)
        with pytest.raises(Cancelled):
            world.run()
        assert world.images() == {}

    @pytest.mark.parametrize("is_there", [True, False])
    def test_a_builder_that_leaves_no_image_is_not_believed(self, world: World, is_there: bool) -> None:
        class Idle(MemoryImageBuilder):
            def write(
                self, plan: ImagePlan, /, *, target: PurePath, on_bytes: OnBytes, cancel: Cancellation
            ) -> ImageManifest:
                if is_there:
                    self.storage.put(target, b"")
                return ImageManifest("", plan.size_bytes, {})

        world.builder = Idle(world.storage)
        with pytest.raises(StorageError, match="ISO not created"):
            world.run()
        assert world.images() == {}

    def test_names_that_udf_cannot_hold_are_told(self, world: World) -> None:
        class Renaming(MemoryImageBuilder):
            def plan(self, root: PurePath, /, **more: object) -> ImagePlan:
                plan = super().plan(root, **more)  # type: ignore[arg-type]
                renamed = {PurePosixPath("sub"): PurePosixPath("s"), PurePosixPath("sub/a"): PurePosixPath("s/a")}
                return attrs.evolve(plan, udf_paths=renamed)

        world.builder = Renaming(world.storage)
        world.run()
        told = [event for event in world.reporter.events if isinstance(event, NameSubstituted)]
        assert [str(event.path) for event in told] == ["sub"]
        assert "sub" in str(told[0])

    def test_our_own_files_are_left_out_and_named(self, world: World) -> None:
        world.storage.put(BUILD / ".camvault-build", MARKER)
        assert world.run().file_count == 1
        assert any("Not on the disc" in str(event) for event in world.reporter.events)

    def test_progress_reaches_its_total_once(self, world: World) -> None:
        world.storage.put(BUILD / "big.mp4", bytes(100_000))
        world.run(label="EVIDENCE_20250718T101500Z_ABCDEF")
        for task in ("image", "verify"):
            steps = [e for e in world.reporter.events if isinstance(e, Progressed) and e.task == task]
            assert [e.done for e in steps].count(steps[-1].total or 0) == 1
        assert all(str(event) for event in world.reporter.events)
