"""Adapter for pytest: the contract of `StreamProbe`."""

from pathlib import PurePath
from typing import Protocol

import pytest

from camvault.ports.errors import MediaError, NotFoundError
from camvault.ports.streams import StreamProbe

VIDEO = {
    "codec_name": "h264",
    "profile": "Constrained Baseline",
    "pix_fmt": "yuv420p",
    "width": "160",
    "height": "90",
    "r_frame_rate": "25/1",
}
AUDIO = {"codec_name": "aac", "profile": "LC", "sample_rate": "44100", "channels": "1", "channel_layout": "mono"}


class StreamsHarness(Protocol):
    """The adapter, and files for it."""

    @property
    def probe(self) -> StreamProbe:
        """The adapter under test."""
        ...

    def clip(self, name: str, *, has_audio: bool = True) -> PurePath:
        """A clip with this name, whose streams have the facts `VIDEO` and `AUDIO`."""
        ...

    def rubbish(self) -> PurePath:
        """A file that is no media file."""
        ...

    def subtitles(self) -> PurePath:
        """A media file with neither picture nor sound."""
        ...

    def missing(self) -> PurePath:
        """A path at which there is nothing."""
        ...


class StreamProbeContract:
    """What core relies on: facts by ffprobe's names, in the file's order; what is no clip is an error that names it.

    Provide:
        harness (`StreamsHarness`): The adapter under test, and files for it.
    """

    @pytest.fixture
    def harness(self) -> StreamsHarness:
        """The adapter under test, and files for it."""
        raise NotImplementedError("provide the fixture `harness`")

    def test_the_facts_of_picture_and_sound_are_named_as_ffprobe_names_them(self, harness: StreamsHarness) -> None:
        video, audio = harness.probe.streams(harness.clip("-a %d\n.mp4"))

        assert (video.kind, dict(video.facts)) == ("video", VIDEO)
        assert (audio.kind, dict(audio.facts)) == ("audio", AUDIO)

    def test_a_file_without_sound_has_one_stream(self, harness: StreamsHarness) -> None:
        (video,) = harness.probe.streams(harness.clip("a.mp4", has_audio=False))

        assert video.kind == "video"

    def test_what_is_no_clip_is_an_error_that_names_the_file(self, harness: StreamsHarness) -> None:
        for path in (harness.rubbish(), harness.subtitles()):
            with pytest.raises(MediaError) as raised:
                harness.probe.streams(path)
            assert path.name in str(raised.value)

    def test_a_missing_file_is_not_a_broken_one(self, harness: StreamsHarness) -> None:
        with pytest.raises(NotFoundError):
            harness.probe.streams(harness.missing())

    def test_it_has_a_name(self, harness: StreamsHarness) -> None:
        assert harness.probe.name
