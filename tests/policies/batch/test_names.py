"""The names of outputs and of the files that camvault keeps for itself."""

from pathlib import PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.batch.names import clip_names, is_reserved, is_temporary, temporary_name
from camvault.core.free_names import folded
from camvault.core.workflows.steps.target_claim import temporary_path
from camvault.ports.batch_record import Mode
from tests.policies.batch.examples import clip, refused

CHARACTERS = st.characters(exclude_characters="/\0", exclude_categories=["Cs"]) | st.sampled_from("\udc80\udcff")


NAMES = st.text(CHARACTERS, min_size=1, max_size=40).filter(lambda name: name not in (".", ".."))


LONG_NAMES = st.builds(
    lambda stem, tail: (stem * 255)[: 230 // len(stem.encode("utf-8", "surrogateescape"))] + tail,
    st.sampled_from(["a", "é", "車", "\udcff"]),
    st.text(CHARACTERS, max_size=5),
)


class TestNames:
    def test_two_clips_of_one_name_do_not_overwrite_each_other(self) -> None:
        """TRAP name clash: a/clip.mp4 and b/clip.mp4."""
        names = clip_names(["clip.mp4", "clip.mp4", "CLIP.MP4", "clip~2.mp4"], mode=Mode.COPY)
        assert [name.output for name in names] == ["clip.mp4", "clip~2.mp4", "CLIP~3.MP4", "clip~2~2.mp4"]

    def test_encoded_outputs_are_mp4_whatever_the_originals_were(self) -> None:
        names = clip_names(["a.MP4", "b.mov", "b.avi", "c", "..hidden", "d.tar.mkv"], mode=Mode.ENCODE)
        assert [name.output for name in names] == [
            "a.MP4",
            "b.mp4",
            "b~2.mp4",
            "c.mp4",
            "..hidden.mp4",
            "d.tar.mp4",
        ]

    def test_an_encode_does_not_take_the_name_of_another_clip(self) -> None:
        names = clip_names(["a.mov", "a.mp4"], mode=Mode.ENCODE)
        assert [name.output for name in names] == ["a.mp4", "a~2.mp4"]

    @given(st.lists(NAMES, max_size=12), st.sampled_from(Mode))
    def test_names_are_unique_short_and_stable(self, names: list[str], mode: Mode) -> None:
        made = clip_names(names, mode=mode)
        assert len({folded(name.output) for name in made}) == len(names)
        assert len({folded(name.key) for name in made}) == len(names)
        assert made == clip_names(names, mode=mode)
        assert made[:3] == clip_names(names[:3], mode=mode)

    @pytest.mark.parametrize("name", ["x" * 251 + ".mov", "é" * 125 + ".avi", "x" * 255, "\udcff" * 251 + ".ts"])
    def test_long_names_stay_within_255_bytes(self, name: str) -> None:
        for made in clip_names([name, name, name], mode=Mode.ENCODE):
            assert len(made.output.encode("utf-8", "surrogateescape")) <= 255
            assert made.output.endswith(".mp4")

    @given(NAMES)
    def test_temporary_names_are_ours_and_fit(self, name: str) -> None:
        made = temporary_name(name)
        assert is_temporary(made)
        assert is_reserved(made)
        assert len(made.encode("utf-8", "surrogateescape")) <= 255

    @given(st.sets(NAMES | LONG_NAMES, max_size=12))
    def test_no_two_outputs_share_a_temporary_name(self, names: set[str]) -> None:
        """Nor does one where case is ignored or accents are composed, as long as their own names do not."""
        made = {name: temporary_name(name) for name in names}
        assert len(set(made.values())) == len(names)
        assert len({folded(name) for name in made.values()}) >= len({folded(name) for name in names})
        assert len({temporary_path(PurePath("/b", name)) for name in names}) == len(names)

    def test_long_names_that_agree_in_their_first_240_bytes(self) -> None:
        """And a short name that was made to look like the cut one of a long name."""
        one, other = ("車" * 80 + number for number in "12")
        forged = temporary_name(one).removeprefix(".").removesuffix(".camvault-part")
        assert len({temporary_name(name) for name in (one, other, forged)}) == 3

    @pytest.mark.parametrize("name", ["progress.json", "Progress.Completed.JSON", ".camvault-build", "x.camvault-part"])
    def test_names_that_would_not_reach_the_disc_are_reserved(self, name: str) -> None:
        assert is_reserved(name)
        assert "rename" in refused(clip(f"/clips/{name}"))

    @pytest.mark.parametrize("name", ["Progress_GPS_0001.json", "progress_1.json", "progress", "my progress.json"])
    def test_names_that_only_resemble_ours_are_a_users(self, name: str) -> None:
        assert not is_reserved(name)
