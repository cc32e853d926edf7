"""Adapter for pytest: the contract of `MediaProbe`."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from camvault.adapters.contracts.media.harness import HOSTILE, TOLERANCE_S, MediaHarness
from camvault.ports.errors import MediaError, NotFoundError


class MediaProbeContract:
    """What core relies on: what the file says of itself, or an error that names it.

    Provide:
        harness (`MediaHarness`): The adapters, and clips for them. `encoder` is not used.
    """

    @pytest.fixture
    def harness(self) -> MediaHarness:
        """The adapters, and clips for them."""
        raise NotImplementedError("provide the fixture `harness`")

    def test_duration_and_streams(self, harness: MediaHarness) -> None:
        """Duration, and which streams there are."""
        info = harness.probe.probe(harness.clip("a.mp4", seconds=1.4))
        assert info.duration_s == pytest.approx(1.4, abs=TOLERANCE_S)
        assert info.has_video
        assert info.has_audio

    def test_clip_without_sound(self, harness: MediaHarness) -> None:
        """Silence is seen as the absence of a stream."""
        assert not harness.probe.probe(harness.clip("a.mp4", has_audio=False)).has_audio

    @pytest.mark.parametrize("name", HOSTILE)
    def test_hostile_names(self, harness: MediaHarness, name: str) -> None:
        """No name is taken for an option, a protocol, a pattern or anything but a name."""
        assert harness.probe.probe(harness.clip(name)).has_video

    @pytest.mark.parametrize("content", [b"", b"not a clip\n" * 500, b"\0\0\0\x18ftypmp42" + bytes(3000)])
    def test_rubbish_is_a_media_error(self, harness: MediaHarness, content: bytes) -> None:
        """What is no clip is named, never a traceback of a tool."""
        path = harness.rubbish("a.mp4", content)
        with pytest.raises(MediaError) as caught:
            harness.probe.probe(path)
        assert caught.value.path == path

    def test_missing_file(self, harness: MediaHarness) -> None:
        """A missing file is not a broken one."""
        with pytest.raises(NotFoundError):
            harness.probe.probe(harness.folder / "nothing.mp4")

    def test_threads(self, harness: MediaHarness) -> None:
        """Several threads may ask at once."""
        paths = [harness.clip(f"{i}.mp4") for i in range(6)]
        with ThreadPoolExecutor(3) as pool:
            infos = list(pool.map(harness.probe.probe, paths))
        assert all(info.duration_s == pytest.approx(1.0, abs=TOLERANCE_S) for info in infos)

    def test_name(self, harness: MediaHarness) -> None:
        """The log can say what measured the durations."""
        assert harness.probe.name
