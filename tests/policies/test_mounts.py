"""Whether the place of a drive has one."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.mounts import missing_mount
from camvault.ports.mounts import MountTable

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
