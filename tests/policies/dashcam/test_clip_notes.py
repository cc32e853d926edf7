"""Notes of clips: written and read."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.dashcam.clip_notes import ClipNote, read_note
from camvault.core.strategies import names

NOTES = st.builds(
    ClipNote,
    sample=st.sampled_from(["", "ab12"]),
    staged_mtime_ns=st.none() | st.integers(-(2**63), 2**63),
    card_path=st.none() | names().map(PurePosixPath),
    remark=st.text(),
)


@given(NOTES)
def test_a_note_is_read_as_it_was_written(note: ClipNote) -> None:
    assert read_note(str(note)) == note


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    assert read_note(str(read_note(text))) == read_note(text)


@pytest.mark.parametrize("text", ["", "camera_uploader@192.168.1.203:/data", "=", "a=b\tstaged=\tcard=", "staged=1x"])
def test_what_others_wrote_says_nothing(text: str) -> None:
    assert read_note(text) == ClipNote()
