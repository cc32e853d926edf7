"""Pure: in which order clips are copied and sent: what a camera calls an event first, then by time.

How cameras mark an event, by folder: Novatek and VIOFO `RO` (read-only), `Parking`; 70mai and Thinkware `Event`,
`evt_rec`; Garmin `Event`, `Saved`, `Parked`; Tesla `SavedClips`, `SentryClips`; others `EMR`, `Emergency`, `Locked`,
`Protected`, `SOS`, `Crash`, `Manual`. By name: BlackVue `20250528_152000_EF.mp4`, of which N and P are no events;
70mai `EV20250528-…`, `PA…`; Urive `EDR0_…`, `PDR1_…`; others `…_EMR.mp4`, `…_sos.mp4`. A name of a folder counts as a
whole word; `Movie_E` is no event, and neither is a clip of an event a normal one: a wrong guess costs its place only.
"""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Protocol, TypeVar

from camvault.core.free_names import folded
from camvault.ports.entries import FileIdentity

_WORDS = (
    "event|events|evt|emr|ro|emergency|urgent|parking|parked|park|locked|lock|protected|protect|sos|crash|collision|"
    "incident|manual|saved|savedclips|sentryclips|gsensor|impact|motion"
)
_FOLDER = re.compile(rf"(?:.*[^a-z0-9])?(?:{_WORDS})(?:[^a-z0-9].*)?|(?:event|parking)[fr]|[0-9]{{3}}(?:event|ro|emr)")
_NAME = re.compile(
    r"[0-9]{8}_[0-9]{6}_[a-mo-oq-z][a-z]?(?:\..*)?"  # BlackVue: one letter of the kind, but N and P, and the camera
    r"|(?:ev|evt|emr|emer|pa|sos|lock|edr|pdr)[0-9]*[-_ ]?[0-9]{6,}.*"
    r"|.*[-_ ](?:ev|evt|event|emr|emergency|ro|sos|lock|locked|park|parking|crash|protected)"
    r"(?:[-_ ][a-z0-9]{1,3})?\.[a-z0-9]+"
)

EVENTS_OLDEST = "events-oldest"
NEWEST = "newest"


class Ordered(Protocol):
    """What is put in order."""

    @property
    def path(self) -> PurePosixPath:
        """Where it is, below the card or the staging."""
        ...

    @property
    def identity(self) -> FileIdentity:
        """Its time is by the camera's clock."""
        ...


C = TypeVar("C", bound=Ordered)


def is_event(path: PurePosixPath) -> bool:
    """Whether the camera marked a clip as one of an event, of a parked car, or as protected by the driver."""
    folders, name = (folded(part) for part in path.parts[:-1]), folded(path.name)
    return any(_FOLDER.fullmatch(folder) for folder in folders) or _NAME.fullmatch(name) is not None


def in_order(clips: Iterable[C], *, order: str) -> tuple[C, ...]:
    """The clips in the order of `transfer.order`: `events-oldest` (events first), `newest` or `oldest`."""
    oldest = sorted(clips, key=lambda clip: (clip.identity.mtime_ns, clip.path))
    if order == NEWEST:
        return tuple(reversed(oldest))
    return tuple(sorted(oldest, key=lambda clip: order == EVENTS_OLDEST and not is_event(clip.path)))
