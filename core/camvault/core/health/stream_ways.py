"""Pure: how the stream of a camera is taken that sends something else than most.

The picture decides alone: sound that cannot be stored is transcoded, and left out if that does not help. A recorder
begins with the way that costs nothing, and takes another one when it stumbles; each is tried once, so that a camera
that no way suits is tried again at leisure, like any that is down.
"""

import attrs

from camvault.ports.recorder import SoundUse, StreamWay, Trouble

_NEXT_USE = {SoundUse.COPIED: SoundUse.TRANSCODED, SoundUse.TRANSCODED: SoundUse.LEFT_OUT}


def next_way(way: StreamWay, trouble: Trouble) -> StreamWay | None:
    """How to take a stream that was stumbled over; None if nothing is left to try."""
    if trouble is Trouble.SOUND:
        use = _NEXT_USE.get(way.sound)
        return attrs.evolve(way, sound=use) if use else None
    if trouble is Trouble.ORDER:
        return None if way.is_reordered else attrs.evolve(way, is_reordered=True)
    return None if way.is_studied else attrs.evolve(way, is_studied=True)


def way_words(way: StreamWay, trouble: Trouble) -> str:
    """What is done about `trouble` in this way, in words for an operator."""
    if trouble is Trouble.SOUND:
        return f"the sound is {way.sound.value} from now on"
    if trouble is Trouble.ORDER:
        return "the times of pictures are the camera's own from now on"
    return "it is looked at for longer before it is recorded"
