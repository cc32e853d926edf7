"""The log of a day: whatever names a file system allows, and nothing that is torn."""

from pathlib import PurePosixPath

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from camvault.core.segments.synced_log import escaped, parse_synced, synced_line, unescaped
from camvault.core.strategies import names

relative = st.lists(names(), min_size=1, max_size=3).map(lambda parts: PurePosixPath(*parts))
PATH = PurePosixPath("A/2025-05-28/A_20250528T152000.mkv")


class TestEscapes:
    @given(st.text())
    @example("\\n")
    @example("a\n\\")
    def test_round_trip(self, text: str) -> None:
        """On one line, and back."""
        assert not set(escaped(text)) & set("\n\r\t")
        assert unescaped(escaped(text)) == text

    @pytest.mark.parametrize("field", ["\\a\\", "\\\\x41", "\\a\tb"])
    def test_what_we_never_write(self, field: str) -> None:
        """Is not guessed at."""
        assert unescaped(field) is None or escaped(unescaped(field) or "") != field

    def test_a_plain_name_with_a_backslash(self) -> None:
        """Of an old log, is what it says."""
        assert unescaped("a\\nb.mkv") == "a\\nb.mkv"


class TestSynced:
    @settings(deadline=None)
    @given(st.sets(relative))
    def test_round_trip(self, names: set[PurePosixPath]) -> None:
        """Whatever names a file system allows, as names of segments: a line of blanks only is no name."""
        paths = {name.with_name(f"{name.name}.mkv") for name in names}
        text = "".join(f"{synced_line(path)}\n" for path in sorted(paths))
        assert parse_synced(text) == paths

    def test_as_specified(self) -> None:
        """One relative path a line; blank lines and Windows' line ends do no harm."""
        assert synced_line(PATH) == "A/2025-05-28/A_20250528T152000.mkv"
        assert parse_synced(f"\n{PATH}\r\n  \n") == {PATH}
        assert parse_synced("") == frozenset()

    @given(st.integers(0, 70))
    def test_torn_at_every_byte(self, length: int) -> None:
        """Only whole lines count."""
        text = f"{PATH}\nB/2025-05-28/B_20250528T152000.mkv\n"
        assert parse_synced(text[:length]) <= parse_synced(text)

    def test_an_escape_nobody_wrote(self) -> None:
        """Names nothing."""
        assert parse_synced("\\a\\x\n") == frozenset()
