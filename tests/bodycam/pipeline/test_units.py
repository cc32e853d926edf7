"""Names of a run, and what becomes of its build directory."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.mounts import missing_mount
from camvault.core.batch.pipeline import (
    Fate,
    Need,
    PipelineStage,
    Way,
    bound_bytes,
    fate_after_failure,
    image_bound_bytes,
    kept_free_bytes,
    least_image_bytes,
    next_step,
    run_names,
    shortages,
)
from camvault.ports.mounts import MountTable

ROOT = PurePosixPath("/v")
AT = datetime(2025, 7, 18, 12, 15, 0, 999_999, tzinfo=timezone(timedelta(hours=2), "CEST"))


class TestRunNames:
    def test_local_log_utc_image_one_stamp(self) -> None:
        """The layout of the workspace; label and image are one name."""
        names = run_names(ROOT, at=AT, attempt=1, unique="r4nd")
        assert names.log == ROOT / "logs/BodyCam-Reencode-20250718T121500.log"
        assert names.image == ROOT / "images/20250718T101500Z.iso"
        assert names.build_dir == ROOT / "images/bodycam_20250718T121500_r4nd"
        assert names.label == names.stamp == "20250718T101500Z"

    @given(st.integers(1, 999), st.integers(1, 999))
    def test_attempts_never_share_a_name(self, one: int, other: int) -> None:
        """And the label stays legal, however many there are."""
        first = run_names(ROOT, at=AT, attempt=one, unique="a")
        second = run_names(ROOT, at=AT, attempt=other, unique="b")
        assert len(first.label) <= 32
        assert (
            (first.log == second.log)
            == (first.image == second.image)
            == (first.label == second.label)
            == (one == other)
        )
        assert first.build_dir != second.build_dir

    @given(st.datetimes(timezones=st.just(UTC)))
    def test_the_label_is_the_images_name(self, at: datetime) -> None:
        """What stands on the disc leads back to the image."""
        names = run_names(ROOT, at=at, attempt=2, unique="a")
        assert names.image.name == f"{names.label}.iso"


class TestFate:
    @pytest.mark.parametrize("stage", PipelineStage)
    @pytest.mark.parametrize("exit_code", [1, 2, 3, 4, 5])
    @pytest.mark.parametrize("is_new", [True, False])
    def test_table(self, stage: PipelineStage, exit_code: int, is_new: bool) -> None:
        """It goes after refused input, if this run made it, and in no other case."""
        fate = fate_after_failure(stage, exit_code=exit_code, is_new=is_new)
        assert (fate is Fate.REMOVED) == (stage is PipelineStage.PREPARE and exit_code == 1 and is_new)


class TestNextStep:
    @pytest.mark.parametrize(
        ("stage", "exit_code", "facts", "way"),
        [
            ("prepare", 4, {}, Way.RESUME),
            ("prepare", None, {}, Way.RESUME),
            ("prepare", None, {"is_begun": False}, Way.START),
            ("prepare", 4, {"is_begun": False}, Way.START),
            ("prepare", 3, {}, None),
            ("prepare", 3, {"is_begun": False}, None),
            ("prepare", 2, {}, None),
            ("image", 1, {}, Way.RESUME),
            ("image", 2, {}, Way.RESUME),
            ("burn", 1, {}, Way.BURN),
            ("burn", 2, {}, Way.BURN),
            ("burn", None, {}, Way.BURN),
            ("burn", 1, {"is_image_good": False}, Way.RESUME),
            ("burn", 1, {"is_deleting": True}, Way.RESUME),
            ("release", 4, {"is_deleting": True}, Way.RELEASE),
            ("clean", 1, {}, Way.CLEAN),
        ],
    )
    def test_table(self, stage: str, exit_code: int | None, facts: dict[str, bool], way: Way | None) -> None:
        """No resume is recommended that must fail in the same way; no burn of an image that is another one."""
        known = {"is_begun": True, "is_image_good": True, "is_deleting": False, **facts}
        found = next_step(PipelineStage(stage), exit_code=exit_code, **known)
        assert found.way is way
        assert found.words


PLACES = st.sets(st.sampled_from([PurePosixPath(p) for p in ("/", "/mnt", "/mnt/a", "/mnt/a/b", "/srv")])).map(
    frozenset
)


class TestMountPoints:
    @pytest.mark.parametrize(
        ("path", "missing"),
        [
            ("/mnt/usb", "/mnt/usb"),
            ("/mnt/usb/work/deeper", "/mnt/usb"),
            ("/mnt/usb2", None),
            ("/mnt", None),
            ("/srv/nas/work", None),
            ("/data/inner/x", None),
            ("/data/x", "/data"),
        ],
    )
    def test_table(self, path: str, missing: str | None) -> None:
        """Only the place itself and what is below it; a drive that is mounted further in is there."""
        expected = frozenset(map(PurePosixPath, ("/", "/mnt/usb", "/srv/nas", "/data")))
        mounted = frozenset(map(PurePosixPath, ("/", "/srv/nas", "/data/inner")))
        found = missing_mount(PurePosixPath(path), table=MountTable(expected, mounted))
        assert found == (PurePosixPath(missing) if missing else None)

    @given(PLACES, PLACES)
    def test_what_is_named_is_configured_above_and_not_mounted(
        self, expected: frozenset[PurePosixPath], mounted: frozenset[PurePosixPath]
    ) -> None:
        """Whatever the lists say; with everything mounted nothing is missing."""
        path = PurePosixPath("/mnt/a/b/c")
        found = missing_mount(path, table=MountTable(expected, mounted))
        assert found is None or (found in expected - mounted and found in path.parents)
        assert missing_mount(path, table=MountTable(expected, expected | mounted)) is None
        assert missing_mount(path, table=MountTable()) is None


class TestRoom:
    @given(st.integers(0, 10**12), st.integers(1, 10**12))
    def test_outputs_never_take_more_than_the_smaller_one(self, given_bytes: int, usable_bytes: int) -> None:
        """Copied as they are, or encoded to what fits; without a limit all of them."""
        assert bound_bytes(input_bytes=given_bytes, usable_bytes=usable_bytes) == min(given_bytes, usable_bytes)
        assert bound_bytes(input_bytes=given_bytes, usable_bytes=None) == given_bytes

    def test_what_is_not_known_bounds_nothing(self) -> None:
        """A progress file of the plain format does not say what the clips take."""
        assert bound_bytes(input_bytes=None, usable_bytes=5) == 5
        assert bound_bytes(input_bytes=None, usable_bytes=None) == 0
        assert (
            least_image_bytes(input_bytes=None, usable_bytes=5)
            == least_image_bytes(input_bytes=5, usable_bytes=None)
            == 0
        )

    @given(st.integers(0, 10**12), st.integers(1, 10**12))
    def test_the_least_image_is_what_is_copied_or_filled(self, given_bytes: int, usable_bytes: int) -> None:
        """Never more than the most that it can take."""
        least = least_image_bytes(input_bytes=given_bytes, usable_bytes=usable_bytes)
        assert least == min(given_bytes, usable_bytes)
        assert least <= image_bound_bytes(least, output_count=0)

    def test_the_image_needs_something_itself(self) -> None:
        """Also with `--prep-safety-bytes 0`."""
        assert kept_free_bytes(0, clip_count=2) == image_bound_bytes(0, output_count=2)
        assert kept_free_bytes(500_000_000, clip_count=2) == 500_000_000

    @given(st.lists(st.integers(0, 10**12), max_size=20))
    def test_the_image_holds_all_sectors(self, sizes: list[int]) -> None:
        """Each file begins on a sector of its own."""
        sectors = sum(-(-size // 2048) for size in sizes)
        assert image_bound_bytes(sum(sizes), output_count=len(sizes)) > sectors * 2048

    def test_what_shares_a_file_system_is_added_up(self) -> None:
        """Each fits alone, and both together do not."""
        needs = [Need("build directory", ROOT, "a", 60), Need("image", ROOT, "a", 50), Need("disc file", ROOT, "b", 50)]
        (found,) = shortages(needs, free_bytes={"a": 100, "b": 50})
        assert found == "Not enough free space at /v for build directory and image: 110 bytes needed, 100 bytes free"
        assert shortages(needs, free_bytes={"a": 110, "b": 50}) == ()
        assert len(shortages(needs, free_bytes={"a": 0, "b": 0})) == 2
