"""Which files go onto the disc."""

from pathlib import PurePosixPath

import pytest

from camvault.core.disc.contents import is_left_out


class TestContent:
    @pytest.mark.parametrize(
        "name", [".camvault-build", "progress.json", "progress.completed.json", ".camvault-aside-1-a"]
    )
    def test_records_stay_off_the_disc_in_a_build_directory_of_ours_only(self, name: str) -> None:
        assert is_left_out(PurePosixPath(name), is_build_dir=True)
        assert not is_left_out(PurePosixPath(name), is_build_dir=False)
        assert not is_left_out(PurePosixPath("sub") / name, is_build_dir=True)

    def test_unfinished_files_stay_off_everywhere(self) -> None:
        assert is_left_out(PurePosixPath("sub/.a.mp4.camvault-part"), is_build_dir=False)
        assert not is_left_out(PurePosixPath("a.mp4"), is_build_dir=True)
