"""Pure: what is kept of the power states while the service, or the machine, does not run.

| kept                 | started again in the same boot               | in another boot                                |
|----------------------|----------------------------------------------|------------------------------------------------|
| ended                | ended, for `OBEYS_S` in all (INV-34)         | started, and not shut down for `SPARED_S`      |
| any other state      | started: the camera is switched off first    | started                                        |
| the battery was low  | low, until it is recovered                   | the same: no loop of starts (INV-33)           |
| since when it was so | the same: monotonic times go on              | nothing: they begin anew                       |
| a charger is weak    | the same (`weak_charger`)                    | how often it was so: it is tried once more     |
| by how much it rises | the same, also if that is not measured yet   | the same                                       |

A board that starts the machine as soon as there is a little charge would otherwise start it and have it shut down in a
loop, and nobody could log in to it.

A document that cannot be read counts as a battery that was low: a box that does not know how it ended switches nothing
on until the battery is recovered. Where none can be written, no start knows of the one before: then each is spared
(`not_kept`).
"""

from collections.abc import Mapping
from datetime import datetime

import attrs

from camvault.core.checked_values import ValueRule, is_number, one_of, or_nothing, problems_in, whole
from camvault.core.power.readings import VBAT_MV
from camvault.core.power.states import PowerMemory
from camvault.core.power.supply import MOST_SAG_MV, Supply, SupplyMemory
from camvault.core.power.table import BoxState
from camvault.core.power.weak_charger import COUNTED_MOST, ChargerMemory

VERSION = 1
SPARED_S = 600
_SINCE = ("low_since_s", "critical_since_s", "recovered_since_s")
_LATER = frozenset({"ended_s", "loaded_mv", "losses", "weak_until_s"})
"""Not in the documents of the first versions."""
_INSTANT = or_nothing(ValueRule("a monotonic time", lambda v: is_number(v, 0, 1e12)))
_RULES: Mapping[str, ValueRule] = {
    "version": whole(VERSION, VERSION),
    "boot_id": ValueRule("a text", lambda v: isinstance(v, str)),
    "state": one_of(*(state.value for state in BoxState)),
    "since": or_nothing(ValueRule("an ISO time", lambda v: _instant(v) is not None)),
    "supply": one_of(*(supply.name.lower() for supply in Supply)),
    "sag_mv": whole(0, MOST_SAG_MV),
    "loaded_mv": or_nothing(whole(VBAT_MV[0], VBAT_MV[-1])),
    "spared_until_s": _INSTANT,
    "ended_s": _INSTANT,
    "losses": whole(0, COUNTED_MOST),
    "weak_until_s": _INSTANT,
    **dict.fromkeys(_SINCE, _INSTANT),
}


def memory_document(memory: PowerMemory, *, boot_id: str) -> Mapping[str, object]:
    """The memory as a document.

    Args:
        memory: After the last look.
        boot_id: Which start of the machine this is; "" if that is not known, which is never the same as another.
    """
    supply = memory.supply
    return {
        "version": VERSION,
        "boot_id": boot_id,
        "state": memory.state.value,
        "since": None if memory.since_at is None else memory.since_at.isoformat(),
        "supply": supply.settled.name.lower(),
        "sag_mv": supply.sag_mv,
        "loaded_mv": supply.loaded_mv,
        "spared_until_s": memory.spared_until_s,
        "ended_s": memory.ended_s,
        "losses": memory.charger.losses,
        "weak_until_s": memory.charger.weak_until_s,
        **{name: getattr(supply, name) for name in _SINCE},
    }


def memory_of(document: object, *, boot_id: str, now_s: float) -> PowerMemory:
    """The memory to begin with.

    Args:
        document: What was kept; None if there is nothing, because nothing was ever remembered.
        boot_id: Which start of the machine this is; "" if that is not known.
        now_s: Monotonic.
    """
    if document is None:
        return PowerMemory()
    if not isinstance(document, dict) or problems_in(document, _RULES, "", required=_RULES.keys() - _LATER):
        return PowerMemory(supply=SupplyMemory(settled=Supply.LOW))
    settled, sag_mv = Supply[document["supply"].upper()], document["sag_mv"]
    loaded_mv = document.get("loaded_mv")
    losses = document.get("losses", 0)
    is_ended = document["state"] == BoxState.ENDED.value
    if not boot_id or document["boot_id"] != boot_id:
        kept = Supply.LOW if settled in {Supply.LOW, Supply.CRITICAL} else Supply.UNKNOWN
        spared_until_s = now_s + SPARED_S if is_ended else None
        supply = SupplyMemory(settled=kept, sag_mv=sag_mv, loaded_mv=loaded_mv)
        return PowerMemory(supply=supply, spared_until_s=spared_until_s, charger=ChargerMemory(losses=losses))
    since = {name: document[name] for name in _SINCE}
    supply = SupplyMemory(settled=settled, sag_mv=sag_mv, loaded_mv=loaded_mv, **since)
    state = BoxState.ENDED if is_ended else BoxState.STARTED
    since_at = _instant(document["since"]) if is_ended else None
    return PowerMemory(
        state=state,
        supply=supply,
        since_at=since_at,
        spared_until_s=document["spared_until_s"],
        ended_s=document.get("ended_s"),
        charger=ChargerMemory(losses=losses, weak_until_s=document.get("weak_until_s")),
    )


def not_kept(memory: PowerMemory) -> PowerMemory:
    """The memory of a machine that forgets it: it may have been shut down before each of its starts.

    Monotonic times count from the start of the machine, so that a service that is started again is not spared anew.
    """
    return attrs.evolve(memory, spared_until_s=max(memory.spared_until_s or 0, SPARED_S))


def _instant(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        return None
