"""Pure: a charger that has power for the box, and none for the camera.

Its voltage breaks down when the camera is switched on, and comes back when it is switched off: on a low battery, such a
camera would be switched for ever, and record nothing.

| seen                                                              | what it means                                  |
|-------------------------------------------------------------------|------------------------------------------------|
| a load switched on with external power, and that gone before it   | a loss                                         |
| was there for `CARRIED_S`                                         |                                                |
| `LOSSES_MOST` losses in a row                                     | nothing is switched on with it for a quarter   |
|                                                                   | of an hour; twice that with each further loss, |
|                                                                   | an hour at most                                |
| external power and a load, for `CARRIED_S`                        | it carries the camera: nothing is counted      |

What the battery alone allows is another matter: external power that is weak still charges it, and prevents a shutdown.
"""

import attrs

from camvault.core.power.readings import ExternalPower

CARRIED_S = 120.0
"""A camera has started by then, and a converter that is too weak has given up."""
LOSSES_MOST = 3
"""An engine that is started, or a plug that is pulled, comes once."""
_FIRST_S, _MOST_S = 900.0, 3600.0
COUNTED_MOST = 100
"""More losses are not told apart."""


@attrs.frozen(kw_only=True)
class ChargerMemory:
    """What was seen of external power under load.

    Attributes:
        both_since_s: Since when there is external power and a load, monotonic; None if there is not both.
        is_tried: Whether the load was switched on with that external power, and that is not known to carry it.
        losses: How many times in a row it was lost then.
        weak_until_s: Until then, monotonic, nothing is switched on with external power.
    """

    both_since_s: float | None = None
    is_tried: bool = False
    losses: int = 0
    weak_until_s: float | None = None

    def is_weak(self, now_s: float) -> bool:
        """Whether nothing is to be switched on with external power."""
        return self.weak_until_s is not None and now_s < self.weak_until_s

    def seen(self, external: ExternalPower, *, is_loaded: bool, now_s: float) -> "ChargerMemory":
        """After a look."""
        if external is ExternalPower.UNKNOWN:
            return self
        if external is ExternalPower.ABSENT:
            alone = attrs.evolve(self, both_since_s=None, is_tried=False)
            return _lost(alone, now_s) if self.is_tried else alone
        if not is_loaded:
            return attrs.evolve(self, both_since_s=None, is_tried=False)
        since_s = now_s if self.both_since_s is None else self.both_since_s
        return ChargerMemory() if now_s - since_s >= CARRIED_S else attrs.evolve(self, both_since_s=since_s)

    def tried(self, now_s: float) -> "ChargerMemory":
        """A load is switched on with external power."""
        return attrs.evolve(self, both_since_s=now_s, is_tried=True)


def _lost(memory: ChargerMemory, now_s: float) -> ChargerMemory:
    losses = min(memory.losses + 1, COUNTED_MOST)
    if losses < LOSSES_MOST:
        return attrs.evolve(memory, losses=losses)
    pause_s = min(_FIRST_S * 2 ** (losses - LOSSES_MOST), _MOST_S)
    return attrs.evolve(memory, losses=losses, weak_until_s=now_s + pause_s)
