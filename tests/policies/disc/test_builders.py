"""Which program makes an image."""

from hypothesis import given
from hypothesis import strategies as st

from camvault.core.disc.builders import ImageChoice, ImageTool, choose_image_builder


class TestBuilders:
    @given(st.sets(st.sampled_from(ImageTool)), st.booleans())
    def test_nothing_but_the_bridge_writer_is_taken_by_itself(self, found: set[ImageTool], is_stamped: bool) -> None:
        assert choose_image_builder(None, found=found, is_stamped=is_stamped).tool is ImageTool.BRIDGE
        assert choose_image_builder(ImageTool.BRIDGE, found=found, is_stamped=is_stamped).tool is ImageTool.BRIDGE

    def test_genisoimage_is_taken_when_asked_for_and_there(self) -> None:
        wanted = ImageTool.GENISOIMAGE
        choice = choose_image_builder(wanted, found={wanted})
        assert choice.tool is wanted
        assert "not give the same bytes" in choice.reason
        assert choose_image_builder(wanted, found=set()) == ImageChoice(None, "genisoimage not found", is_missing=True)

    def test_genisoimage_is_refused_where_a_moment_is_asked_for(self) -> None:
        choice = choose_image_builder(ImageTool.GENISOIMAGE, found=set(ImageTool), is_stamped=True)
        assert choice.tool is None
        assert "moment" in choice.reason

    def test_hdiutil_is_always_refused_with_the_reason(self) -> None:
        choice = choose_image_builder(ImageTool.HDIUTIL, found=set(ImageTool))
        assert choice.tool is None
        assert not choice.is_missing
        assert "size" in choice.reason
