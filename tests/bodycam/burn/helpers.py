"""Small fakes and strategies for the burn tests."""

from collections.abc import Sequence
from pathlib import PurePath, PurePosixPath

from hypothesis import strategies as st

from camvault.ports.errors import MediaError
from camvault.ports.medium import Medium, MediumState

MEDIA = st.builds(Medium, st.sampled_from(MediumState), free_sectors=st.integers(0, 10**8))


class NoMap:
    """An image without any file."""

    def files_on(self, image: PurePath, sectors: Sequence[int], /) -> tuple[PurePosixPath, ...]:
        del image, sectors
        return ()


class BrokenMap:
    """An image whose trees cannot be read."""

    def files_on(self, image: PurePath, sectors: Sequence[int], /) -> tuple[PurePosixPath, ...]:
        raise MediaError(image, "no file system")
