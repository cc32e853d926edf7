"""Workflow, values: what a recorder is asked to do, and the ports it works with."""

from collections.abc import Callable
from datetime import UTC, tzinfo
from pathlib import PurePath

import attrs

from camvault.core.health.backoff import BackOff
from camvault.core.health.line_limit import LineLimit
from camvault.core.health.stall import StallPolicy
from camvault.core.segments.sessions import LIVE_FOLDER, RECORDER_LOCK_NAME
from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.events import Reporter
from camvault.ports.files import Storage
from camvault.ports.pictures import PictureCounter
from camvault.ports.recorder import Recorder, StreamWay
from camvault.ports.supervision import Supervision


@attrs.frozen(kw_only=True)
class RecordOptions:
    """What the user asked for.

    Attributes:
        station: The code name of the camera.
        output_root: The folder that holds the folders of all stations.
        segment_s: The length of a segment.
        is_utc: Whether segments keep the names in UTC that the recorder gave them; otherwise they get local ones.
        zone: The zone of local names.
        log_level: How much the recorder writes to its log, in the recorder's own word.
        way: How the stream is taken at first.
        stall: When a running recorder counts as stalled.
        back_off: How long to wait between two starts.
        talk: How many lines of the recorder are reported.
        boot: An opaque name of this start of the machine.
        free_floor_bytes: With less than this free no session is started: it could only write an empty file.
    """

    station: str
    output_root: PurePath
    segment_s: int = 600
    is_utc: bool = False
    zone: tzinfo = UTC
    log_level: str = "info"
    way: StreamWay = attrs.field(factory=StreamWay)
    stall: StallPolicy = attrs.field(factory=StallPolicy)
    back_off: BackOff = attrs.field(factory=BackOff)
    talk: LineLimit = attrs.field(factory=LineLimit)
    boot: str = ""
    free_floor_bytes: int = 16 * 1024 * 1024

    @property
    def folder(self) -> PurePath:
        """The station's folder."""
        return self.output_root / self.station

    @property
    def live_folder(self) -> PurePath:
        """The folder that holds one folder for each session of the station."""
        return self.folder / LIVE_FOLDER

    @property
    def lock_path(self) -> PurePath:
        """The lock that the recorder of the station holds while it runs."""
        return self.live_folder / RECORDER_LOCK_NAME


@attrs.frozen(kw_only=True)
class RecordPorts:
    """The ports that one recorder works with.

    Attributes:
        pictures: Counts what is stored.
        chance: A number from 0 to 1, for the jitter between restarts.
        place_problem: Asked before each session: why nothing may be written into a folder, such as a mount point
            without its disk; "" if it may.
    """

    recorder: Recorder
    storage: Storage
    pictures: PictureCounter
    clock: Clock
    supervision: Supervision
    reporter: Reporter
    cancel: Cancellation
    chance: Callable[[], float]
    place_problem: Callable[[PurePath], str] = lambda _: ""
