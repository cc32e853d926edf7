"""Workflow, private part: what is asked of the coverage report, and what it works with."""

from datetime import tzinfo
from pathlib import PurePath

import attrs

from camvault.core.segments.coverage import Span
from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.durations import Durations
from camvault.ports.events import Reporter
from camvault.ports.files import Storage
from camvault.ports.pictures import PictureCounter


@attrs.frozen(kw_only=True)
class Places:
    """Where segments may be; None for a place that is not configured.

    Attributes:
        stations: The folder of each station, by its name.
        lengths: The length in seconds of the segments of a station, by its name, where it is configured.
        ready: The root of the date folders that `organize_video` fills.
        quarantine: Where broken segments are put.
        ledgers: The folder of the backup's ledgers.
        number: Of the target of the backup; "" if it was never used. Only what is proven there is proven.
    """

    stations: dict[str, PurePath]
    lengths: dict[str, int] = attrs.field(factory=dict)
    ready: PurePath | None = None
    quarantine: PurePath | None = None
    ledgers: PurePath | None = None
    number: str = ""


@attrs.frozen(kw_only=True)
class CoverageOptions:
    """What is asked for.

    Attributes:
        zone: The zone of local times in names.
        segment_s: The length in seconds of the segments of a station that is not in `places.lengths`. No segment is
            believed to be longer than twice this, or twice the length of its station's segments.
    """

    places: Places
    period: Span
    zone: tzinfo
    segment_s: int = 600


@attrs.frozen(kw_only=True)
class CoveragePorts:
    """What the report works with; it changes nothing."""

    storage: Storage
    durations: Durations
    pictures: PictureCounter
    clock: Clock
    reporter: Reporter
    cancel: Cancellation
