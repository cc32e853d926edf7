"""The recording machine on real files, as the tests of segments have it."""

from tests.recording.segments.conftest import disk, pi

__all__ = ["disk", "pi"]
