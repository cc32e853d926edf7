"""What a camera sends, against what it should send."""

import pytest

from camvault.core.stations.expected_streams import ExpectedStreams, differences
from camvault.ports.streams import StreamFacts

VIDEO = StreamFacts("video", {"codec_name": "hevc", "profile": "Main", "width": "2688", "r_frame_rate": "25/1"})
AUDIO = StreamFacts("audio", {"codec_name": "aac", "sample_rate": "16000", "channel_layout": "mono"})


@pytest.mark.parametrize(
    ("video", "audio"),
    [
        ({}, {}),
        ({"codec_name": "HEVC", "profile": "Main", "width": 2688, "r_frame_rate": "25/1"}, {}),
        ({"r_frame_rate": 25}, {"sample_rate": "16000", "channels_text": "mono"}),
        ({}, {"codec_name": "AAC", "channel_layout": "mono"}),
    ],
)
def test_what_is_as_expected(video: dict[str, object], audio: dict[str, object]) -> None:
    assert differences(ExpectedStreams(video, audio), [VIDEO, AUDIO]) == ()


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        (ExpectedStreams({"codec_name": "h264"}), "video codec_name is hevc, expected h264"),
        (ExpectedStreams({"height": 1520}), "video height is unknown, expected 1520"),
        (ExpectedStreams({"r_frame_rate": "30/1"}), "video r_frame_rate is 25/1, expected 30/1"),
        (ExpectedStreams({"r_frame_rate": "1/0"}), "video r_frame_rate is 25/1, expected 1/0"),
        (ExpectedStreams(audio={"channels_text": "stereo"}), "audio channels_text is mono, expected stereo"),
        (ExpectedStreams(audio={"sample_rate": 48000}), "audio sample_rate is 16000, expected 48000"),
    ],
)
def test_s15_a_wrong_codec_for_weeks_is_said(expected: ExpectedStreams, said: str) -> None:
    assert differences(expected, [VIDEO, AUDIO]) == (said,)


def test_a_missing_stream_is_said_once() -> None:
    expected = ExpectedStreams({"width": 2688}, {"codec_name": "aac", "sample_rate": 16000})

    assert differences(expected, [VIDEO]) == ("no audio, expected codec_name aac, sample_rate 16000",)


def test_the_first_stream_of_a_kind_counts() -> None:
    second = StreamFacts("audio", {"codec_name": "pcm_alaw"})

    assert differences(ExpectedStreams(audio={"codec_name": "pcm_alaw"}), [VIDEO, AUDIO, second])
    assert not differences(ExpectedStreams(audio={"codec_name": "pcm_alaw"}), [VIDEO, second, AUDIO])


def test_nothing_expected_is_nothing_to_compare() -> None:
    assert not ExpectedStreams()
    assert ExpectedStreams(audio={"codec_name": "aac"})


def test_a_container_that_knows_only_the_number_of_channels() -> None:
    alaw = StreamFacts("audio", {"codec_name": "pcm_alaw", "channels": "1"})

    assert not differences(ExpectedStreams(audio={"channels_text": "mono", "channels": 1}), [alaw])
    assert differences(ExpectedStreams(audio={"channel_layout": "stereo"}), [alaw])
