"""Names of a run."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from camvault.core.batch.run_names import run_names

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
