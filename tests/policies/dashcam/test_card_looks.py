"""None where there were some."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.dashcam.card_looks import FolderLook, emptied, looks_text, read_looks

FOLDER = PurePosixPath("Normal/Front")
LOOK = FolderLook(folder=FOLDER, card_number="67EF-9CED", count=1_214, when="2025-07-18T10:15:02+00:00")
LOOKS = st.builds(
    FolderLook,
    folder=st.sampled_from(["", "a/b", "a\tb", "\\x\n"]).map(PurePosixPath),
    card_number=st.sampled_from(["", "67EF-9CED"]),
    count=st.integers(1, 10**6),
    when=st.just("2025-07-18T10:15:02+00:00"),
)


@given(st.lists(LOOKS, unique_by=lambda look: look.folder))
def test_looks_are_read_as_they_were_written(looks: list[FolderLook]) -> None:
    by_folder = {look.folder: look for look in looks}
    assert read_looks(looks_text(by_folder)) == by_folder


@pytest.mark.parametrize("text", ["", "x", "1\t2", "x\ta\tb\tc\n", "²\ta\tb\tc"])
def test_what_cannot_be_read_is_no_look(text: str) -> None:
    assert read_looks(text) == {}


def test_a_folder_that_had_clips_and_has_none_is_told() -> None:
    assert emptied(LOOK, count=0, card_number="67EF-9CED") == (
        "Normal/Front has no clips, where there were 1,214 at 2025-07-18T10:15:02+00:00; nothing is concluded from that"
    )


def test_the_root_is_called_the_card() -> None:
    look = FolderLook(folder=PurePosixPath(), card_number="", count=1, when="then")
    assert emptied(look, count=0, card_number="").startswith("the card has no clips")


def test_nothing_is_wrong_otherwise() -> None:
    assert emptied(LOOK, count=1, card_number="67EF-9CED") == ""
    assert emptied(LOOK, count=0, card_number="AAAA-BBBB") == ""
    assert emptied(None, count=0, card_number="67EF-9CED") == ""
