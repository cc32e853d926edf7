"""Pure: which problems are open, so that each is told once, and its end once.

A problem belongs to a subject: the battery, the port, a clip. It is told when it begins. It is over when its subject
was seen to be fine, and the problem was not seen again for the settle time: a bus that is disturbed every other look
is one incident.
"""

from collections.abc import Mapping

import attrs

OPEN_MOST = 200
"""So many are kept; of more, the ones that were seen longest ago are forgotten, and told anew if they come again."""


@attrs.frozen
class Incident:
    """A problem that is open: since when, and when it was last seen; monotonic."""

    since_s: float
    seen_s: float


@attrs.frozen
class Incidents:
    """The open problems, by subject and sentence."""

    open: Mapping[tuple[str, str], Incident] = attrs.field(factory=dict)

    def is_new(self, subject: str, words: str) -> bool:
        """Whether this problem has to be told."""
        return (subject, words) not in self.open

    def seen(self, subject: str, words: str, *, now_s: float) -> "Incidents":
        """The open problems, this one among them."""
        before = self.open.get((subject, words))
        rest = {key: incident for key, incident in self.open.items() if key != (subject, words)}
        newest = tuple(rest.items())[1 - OPEN_MOST :]
        since_s = now_s if before is None else before.since_s
        return Incidents({**dict(newest), (subject, words): Incident(since_s, now_s)})

    def over(self, subject: str, *, now_s: float, settle_s: float) -> Mapping[tuple[str, str], Incident]:
        """The problems of a subject that was seen to be fine, and that were not seen for the settle time."""
        return {
            key: incident
            for key, incident in self.open.items()
            if key[0] == subject and now_s - incident.seen_s >= settle_s
        }

    def without(self, over: Mapping[tuple[str, str], Incident]) -> "Incidents":
        """What is open after these are over."""
        return Incidents({key: incident for key, incident in self.open.items() if key not in over})
