"""How a stream is taken that a recorder stumbled over."""

from itertools import pairwise

import pytest

from camvault.core.health.stream_ways import next_way, way_words
from camvault.ports.recorder import SoundUse, StreamWay, Trouble


def ways(trouble: Trouble) -> list[StreamWay]:
    way: StreamWay | None = StreamWay()
    found = []
    while way is not None:
        found.append(way)
        way = next_way(way, trouble)
    return found


def test_sound_is_transcoded_before_it_is_left_out() -> None:
    assert [way.sound for way in ways(Trouble.SOUND)] == [SoundUse.COPIED, SoundUse.TRANSCODED, SoundUse.LEFT_OUT]


@pytest.mark.parametrize("trouble", Trouble)
def test_each_way_is_tried_once_and_said(trouble: Trouble) -> None:
    tried = ways(trouble)
    assert 2 <= len(tried) == len(set(tried))
    assert all(way_words(way, trouble) for _, way in pairwise(tried))


@pytest.mark.parametrize("trouble", Trouble)
@pytest.mark.parametrize("other", Trouble)
def test_what_helped_against_one_trouble_stays_when_another_comes(trouble: Trouble, other: Trouble) -> None:
    way = ways(trouble)[1]
    then = next_way(way, other)
    assert then is not None or trouble is other
    if then is not None and other is not trouble:
        assert (way.sound, way.is_reordered, way.is_studied) != (then.sound, then.is_reordered, then.is_studied)
        assert next_way(then, trouble) == next_way(way, trouble) or trouble is Trouble.SOUND
