"""The marker file of a build directory, and what it knows of files that no record names."""

from pathlib import PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.batch.marker import (
    MARKER_TEXT,
    BurnedImage,
    burned_images,
    is_marker,
    made_of_outputs,
    with_image,
    with_made,
)

DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)
PATHS = st.text(st.sampled_from("a\\n\n é\udcff"), min_size=1).map(lambda name: PurePath("/images", name))
IMAGES = st.builds(BurnedImage, path=PATHS, sha256=DIGESTS, outputs=st.frozensets(DIGESTS, max_size=3))


class TestMarker:
    @pytest.mark.parametrize("text", [MARKER_TEXT, "camvault build directory 2\n"])
    def test_ours(self, text: str) -> None:
        """Also that of a later version."""
        assert is_marker(text)

    @pytest.mark.parametrize("text", [None, "", "camvault build", "camvault build directory 1", "something\n"])
    def test_missing_torn_or_foreign(self, text: str | None) -> None:
        """None of them makes a folder ours."""
        assert not is_marker(text)

    @given(st.lists(IMAGES, max_size=4), st.dictionaries(DIGESTS, DIGESTS, max_size=4))
    def test_what_was_written_is_read(self, images: list[BurnedImage], made_of: dict[str, str]) -> None:
        """In whatever order; the image that was burned last comes first."""
        text: str | None = None
        for image in images:
            text = with_image(text, image)
        text = with_made(with_made(text, made_of), made_of)
        assert is_marker(text)
        assert burned_images(text) == tuple(reversed(images))
        assert made_of_outputs(text) == made_of
        assert text.count("made: ") == len(made_of)

    def test_a_torn_last_line_is_nothing(self) -> None:
        """And is not merged with the next one."""
        image = BurnedImage(PurePath("/images/a.iso"), "b" * 64, frozenset({"a" * 64}))
        torn = with_image(MARKER_TEXT, image)[:-5]
        assert burned_images(torn) == ()
        assert burned_images(with_image(torn, image)) == (image,)
        assert made_of_outputs(with_made(MARKER_TEXT, {"a" * 64: "b" * 64})[:-1]) == {}

    @pytest.mark.parametrize("text", [None, "", "something"])
    def test_what_is_no_marker_becomes_one(self, text: str | None) -> None:
        assert with_made(text, {}) == MARKER_TEXT
        assert burned_images(text) == ()
        assert made_of_outputs(text) == {}
