"""How a stream is taken that a recorder stumbled over, and when that is given up again."""

from itertools import pairwise, product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from camvault.core.health.stream_ways import LASTING_S, TakenWay, next_way, way_after_session, way_words
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


AS_ASKED = TakenWay(StreamWay(), StreamWay())
WAYS = tuple(StreamWay(*each) for each in product(SoundUse, (False, True), (False, True)))
STARTS_MOST = 10
Answers = dict[StreamWay, Trouble | float]
"""What a camera does that is taken in each way: the recorder stumbles, or records for so many seconds."""

ANSWERS = st.sampled_from([*Trouble, 0.0, LASTING_S - 0.1, LASTING_S, 3600.0])


def after(taken: TakenWay, answer: Trouble | float) -> TakenWay:
    if isinstance(answer, Trouble):
        return way_after_session(taken, trouble=answer, lasted_s=0.0)
    return way_after_session(taken, trouble=None, lasted_s=answer)


def starts(taken: TakenWay, camera: Answers) -> int:
    """How many until the camera is recorded."""
    for count in range(1, 100):
        answer = camera[taken.way]
        if not isinstance(answer, Trouble) and answer >= LASTING_S:
            return count
        taken = after(taken, answer)
    raise AssertionError("never recorded")


def is_well(camera: Answers) -> bool:
    """Whether a recorder that is new records it after it stumbled over whatever it says."""
    way: StreamWay | None = StreamWay()
    while way is not None and isinstance(answer := camera[way], Trouble):
        way = next_way(way, answer)
    return way is not None and camera[way] in (LASTING_S, 3600.0)


@given(
    st.lists(ANSWERS, max_size=40),
    st.lists(ANSWERS, min_size=len(WAYS), max_size=len(WAYS)),
    st.lists(st.sampled_from(Trouble), max_size=4),
)
def test_whatever_a_camera_did_it_is_recorded_within_ten_starts_once_it_is_well(
    before: list[Trouble | float], answers: list[Trouble | float], needed: list[Trouble]
) -> None:
    camera = dict(zip(WAYS, answers, strict=True))
    way: StreamWay | None = StreamWay()
    for trouble in needed:
        assert way is not None
        assume(next_way(way, trouble) is not None)
        camera[way] = trouble
        way = next_way(way, trouble)
    assert way is not None
    camera[way] = 3600.0
    assert is_well(camera)

    taken = AS_ASKED
    for answer in before:
        taken = after(taken, answer)
    assert starts(taken, camera) <= STARTS_MOST


def test_the_worst_camera_takes_ten_starts() -> None:
    """A wrong way was learned while it was ill, and that leads further astray."""
    camera: Answers = dict.fromkeys(WAYS, 0.0)
    for way, trouble in (
        (StreamWay(), Trouble.UNSEEN),
        (StreamWay(is_studied=True), Trouble.SOUND),
        (StreamWay(SoundUse.TRANSCODED, is_studied=True), Trouble.SOUND),
        (StreamWay(is_reordered=True), Trouble.SOUND),
        (StreamWay(SoundUse.TRANSCODED, is_reordered=True), Trouble.SOUND),
    ):
        camera[way] = trouble
    camera[StreamWay(SoundUse.LEFT_OUT, is_studied=True)] = 3600.0
    ill = way_after_session(AS_ASKED, trouble=Trouble.ORDER, lasted_s=0)
    assert starts(ill, camera) == 2 + 3 + 3 + 1
    camera[StreamWay(SoundUse.LEFT_OUT, is_studied=True)] = Trouble.ORDER
    camera[StreamWay(SoundUse.LEFT_OUT, is_reordered=True, is_studied=True)] = 3600.0
    assert starts(ill, camera) == 2 + 3 + 4 + 1 == STARTS_MOST


def test_a_way_that_records_is_kept_whatever_ends_it() -> None:
    taken = after(AS_ASKED, Trouble.ORDER)
    learned = taken.way
    for answer in (3600.0, 0.0, 0.0, 3600.0, 0.0, 0.0):
        taken = after(taken, answer)
        assert taken.way == learned
    assert after(taken, 0.0) == AS_ASKED


def test_a_stream_that_is_asked_for_without_sound_never_gets_it() -> None:
    taken = TakenWay(StreamWay(SoundUse.LEFT_OUT), StreamWay(SoundUse.LEFT_OUT))
    for answer in (Trouble.SOUND, Trouble.ORDER, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0):
        taken = after(taken, answer)
        assert taken.way.sound is SoundUse.LEFT_OUT
    assert taken.way == taken.asked
