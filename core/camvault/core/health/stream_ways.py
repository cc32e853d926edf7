"""Pure: how the stream of a camera is taken that sends something else than most, and when that is given up again.

The picture decides alone: sound that cannot be stored is transcoded, and left out if that does not help. A recorder
begins with the way that costs nothing, and learns another one when it stumbles:

| a session                                        | the next one takes the stream                                |
|--------------------------------------------------|--------------------------------------------------------------|
| stumbled over what another way may take          | in that way, at once                                         |
| recorded for a while                             | in the same way                                              |
| did not, for whatever reason                     | in the same way; the third time in a row as it was asked for |

A way is a guess from what a camera did once; it may have been rebooting. With the way back a camera that is well is
recorded with the tenth start at the latest, whatever it did before: two steps further astray from a wrong way, three
starts that do not record there, four steps from the way that was asked for (or three astray, and three from there), and
the start that records.
"""

import attrs

from camvault.ports.recorder import SoundUse, StreamWay, Trouble

LASTING_S = 10.0
"""A recording that is shorter than this may have ended because of the way in which the stream was taken."""

_NEXT_USE = {SoundUse.COPIED: SoundUse.TRANSCODED, SoundUse.TRANSCODED: SoundUse.LEFT_OUT}
_FAILURES_MOST = 3


@attrs.frozen
class TakenWay:
    """How a stream is taken, and how it was asked for; `failures` sessions in a row did not record in this way."""

    asked: StreamWay
    way: StreamWay
    failures: int = 0


def next_way(way: StreamWay, trouble: Trouble) -> StreamWay | None:
    """How to take a stream that was stumbled over; None if nothing is left to try."""
    if trouble is Trouble.SOUND:
        use = _NEXT_USE.get(way.sound)
        return attrs.evolve(way, sound=use) if use else None
    if trouble is Trouble.ORDER:
        return None if way.is_reordered else attrs.evolve(way, is_reordered=True)
    return None if way.is_studied else attrs.evolve(way, is_studied=True)


def way_after_session(taken: TakenWay, *, trouble: Trouble | None, lasted_s: float) -> TakenWay:
    """How the next session takes the stream, after one that stumbled over `trouble`, or recorded for `lasted_s`."""
    other = next_way(taken.way, trouble) if trouble is not None else None
    if other is not None:
        return TakenWay(taken.asked, other)
    if lasted_s >= LASTING_S:
        return TakenWay(taken.asked, taken.way)
    if taken.failures + 1 < _FAILURES_MOST:
        return attrs.evolve(taken, failures=taken.failures + 1)
    return TakenWay(taken.asked, taken.asked)


def way_words(way: StreamWay, trouble: Trouble) -> str:
    """What is done about `trouble` in this way, in words for an operator."""
    if trouble is Trouble.SOUND:
        return f"the sound is {way.sound.value} from now on"
    if trouble is Trouble.ORDER:
        return "the times of pictures are the camera's own from now on"
    return "it is looked at for longer before it is recorded"
