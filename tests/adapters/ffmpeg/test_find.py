"""Which ffmpeg is used and why: explicit, PATH, sibling, wheel; fit by version and by capability."""

import os
from pathlib import Path, PurePath

import pytest

from camvault.adapters.ffmpeg import find_ffmpeg
from camvault.adapters.memory import MemoryCancellation
from camvault.ports.errors import MissingToolError
from tests.adapters.ffmpeg.tools import BOOKWORM, TRIXIE, tree_program

CANCEL = MemoryCancellation()
LIST = " V..... libsvtav1  SVT-AV1\n A..... libopus  Opus\n"


def fake(folder: Path, name: str, version: str, *, encoders: str = LIST) -> PurePath:
    """A program that says it is ffmpeg."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(
        f"#!/bin/sh\ncase \"$*\" in *-encoders) printf 'Encoders:\\n ------\\n{encoders}';;\n"
        f"*) echo '{name} version {version} Copyright';; esac\n"
    )
    program.chmod(0o755)
    return PurePath(program)


def no_wheel() -> PurePath | None:
    """No wheel for this system."""
    return None


class TestOrder:
    def test_flag_wins(self, tmp_path: Path) -> None:
        """What the user names is used, whatever else is there."""
        named = fake(tmp_path / "a", "ffmpeg", "8.0")
        other = fake(tmp_path / "b", "ffmpeg", "9.0")
        environ = {"PATH": str(other.parent), "CAMVAULT_FFMPEG": str(other)}
        found = find_ffmpeg(environ=environ, cancel=CANCEL, ffmpeg=named, wheel=no_wheel)
        assert (found.ffmpeg.path, found.ffmpeg.origin) == (named, "--ffmpeg")

    def test_variable_before_path(self, tmp_path: Path) -> None:
        """The environment variable comes next."""
        named = fake(tmp_path / "a", "ffmpeg", "8.0")
        fake(tmp_path / "b", "ffmpeg", "9.0")
        environ = {"PATH": str(tmp_path / "b"), "CAMVAULT_FFMPEG": str(named)}
        found = find_ffmpeg(environ=environ, cancel=CANCEL, wheel=no_wheel)
        assert (found.ffmpeg.path, found.ffmpeg.origin) == (named, "CAMVAULT_FFMPEG")

    def test_path_before_wheel(self, tmp_path: Path) -> None:
        """The system's own, if it is fit: the wheel is not even looked for."""

        def wheel() -> PurePath | None:
            raise AssertionError("not needed")

        on_path = fake(tmp_path, "ffmpeg", "n6.0")
        probe = fake(tmp_path, "ffprobe", "n6.0")
        found = find_ffmpeg(environ={"PATH": str(tmp_path)}, cancel=CANCEL, wheel=wheel)
        assert (found.ffmpeg.path, found.ffmpeg.origin) == (on_path, "PATH")
        assert found.ffprobe is not None
        assert (found.ffprobe.path, found.ffprobe.origin) == (probe, "PATH")

    def test_siblings(self, tmp_path: Path) -> None:
        """A named program brings the one beside it, in both directions."""
        encoder, probe = fake(tmp_path, "ffmpeg", "8.0"), fake(tmp_path, "ffprobe", "8.0")
        by_ffmpeg = find_ffmpeg(environ={}, cancel=CANCEL, ffmpeg=encoder, wheel=no_wheel)
        assert by_ffmpeg.ffprobe is not None
        assert (by_ffmpeg.ffprobe.path, by_ffmpeg.ffprobe.origin) == (probe, "sibling")
        by_ffprobe = find_ffmpeg(environ={}, cancel=CANCEL, ffprobe=probe, wheel=no_wheel)
        assert (by_ffprobe.ffmpeg.path, by_ffprobe.ffmpeg.origin) == (encoder, "sibling")

    def test_wheel_has_no_ffprobe(self) -> None:
        """With nothing but Python the job works: ffmpeg from the wheel, durations from PyAV, and the log says so."""
        found = find_ffmpeg(environ={}, cancel=CANCEL)
        assert found.ffmpeg.origin == "wheel"
        assert found.ffmpeg.version.numbers >= (9,)
        assert found.ffprobe is None
        assert any("PyAV" in note for note in found.notes)


class TestRefusal:
    def test_debian_12_by_flag(self) -> None:
        """The real 5.1 is refused; path, version and what is wanted are named."""
        old = tree_program(BOOKWORM, "ffmpeg")
        with pytest.raises(MissingToolError) as caught:
            find_ffmpeg(environ={}, cancel=CANCEL, ffmpeg=old)
        assert str(old) in str(caught.value)
        assert "5.1.9-0+deb12u1" in str(caught.value)
        assert "6.0" in str(caught.value)

    def test_debian_12_on_path_makes_room_for_the_wheel(self) -> None:
        """One that is only found is passed over; the note names both versions."""
        environ = {"PATH": f"{BOOKWORM}{os.pathsep}{os.environ['PATH']}"}
        assert tree_program(BOOKWORM, "ffprobe")
        found = find_ffmpeg(environ=environ, cancel=CANCEL)
        assert found.ffmpeg.origin == "wheel"
        notes = " | ".join(found.notes)
        assert "5.1.9-0+deb12u1" in notes
        assert str(found.ffmpeg.version) in notes
        assert found.ffprobe is None, "its ffprobe is too old as well"

    def test_debian_13(self) -> None:
        """The real 7.1 is fit, with its ffprobe."""
        environ = {"PATH": f"{TRIXIE}{os.pathsep}{os.environ['PATH']}"}
        assert tree_program(TRIXIE, "ffmpeg")
        found = find_ffmpeg(environ=environ, cancel=CANCEL)
        assert str(found.ffmpeg.version) == "7.1.5-0+deb13u1"
        assert found.ffprobe is not None
        assert str(found.ffprobe.version) == "7.1.5-0+deb13u1"

    def test_new_enough_but_incapable(self, tmp_path: Path) -> None:
        """TRAP: there are versions 6 and 7 without SVT-AV1; a version alone proves nothing."""
        lame = fake(tmp_path, "ffmpeg", "7.0.2-static", encoders=" A..... libopus  Opus\n")
        with pytest.raises(MissingToolError, match=r"7\.0\.2-static: without libsvtav1"):
            find_ffmpeg(environ={}, cancel=CANCEL, ffmpeg=lame)

    def test_git_build_by_capability(self, tmp_path: Path) -> None:
        """A build from the main branch has no number; what it can do counts."""
        build = fake(tmp_path, "ffmpeg", "N-118301-g52c18e7dfe")
        assert find_ffmpeg(environ={}, cancel=CANCEL, ffmpeg=build, wheel=no_wheel).ffmpeg.path == build

    @pytest.mark.parametrize("version", ["latest", ""])
    def test_explicit_that_is_something_else(self, tmp_path: Path, version: str) -> None:
        """A program that cannot be understood is refused by name."""
        odd = fake(tmp_path, "ffmpeg", version)
        with pytest.raises(MissingToolError, match=str(odd)):
            find_ffmpeg(environ={}, cancel=CANCEL, ffmpeg=odd)

    def test_explicit_that_is_not_there(self, tmp_path: Path) -> None:
        """A typing error in the flag does not silently fall back to another."""
        with pytest.raises(MissingToolError, match="nothing/ffmpeg"):
            find_ffmpeg(environ={}, cancel=CANCEL, ffmpeg=PurePath(tmp_path / "nothing/ffmpeg"))

    def test_explicit_ffprobe_too_old(self, tmp_path: Path) -> None:
        """The same holds for ffprobe."""
        encoder, old = fake(tmp_path, "ffmpeg", "8.0"), fake(tmp_path / "old", "ffprobe", "5.1.6")
        with pytest.raises(MissingToolError, match="ffprobe"):
            find_ffmpeg(environ={"CAMVAULT_FFPROBE": str(old)}, cancel=CANCEL, ffmpeg=encoder, wheel=no_wheel)

    def test_nothing_at_all(self, tmp_path: Path) -> None:
        """Without any that is fit, each that was found is named."""
        old = fake(tmp_path, "ffmpeg", "4.4")
        with pytest.raises(MissingToolError) as caught:
            find_ffmpeg(environ={"PATH": str(tmp_path)}, cancel=CANCEL, wheel=no_wheel)
        assert str(old) in str(caught.value)
        with pytest.raises(MissingToolError, match="none"):
            find_ffmpeg(environ={"PATH": ""}, cancel=CANCEL, wheel=no_wheel)
