"""Workflow: record one camera into segments until the recorder is stopped."""

from camvault.core.workflows.recording.record.events import (
    ClockStepped,
    MediaArrived,
    RecorderEnded,
    RecorderLogged,
    RecorderStarted,
    RecordingTroubled,
    SegmentClosed,
    StreamTakenOtherwise,
    StreamWayGivenUp,
)
from camvault.core.workflows.recording.record.journal import TIMELINE_NAME
from camvault.core.workflows.recording.record.options import RecordOptions, RecordPorts
from camvault.core.workflows.recording.record.session_folder import prepare_unsupervised
from camvault.core.workflows.recording.record.station_lock import StationBusyError, claim_station
from camvault.core.workflows.recording.record.supervisor import record_camera
from camvault.core.workflows.recording.record.trial import learned_way

__all__ = [
    "TIMELINE_NAME",
    "ClockStepped",
    "MediaArrived",
    "RecordOptions",
    "RecordPorts",
    "RecorderEnded",
    "RecorderLogged",
    "RecorderStarted",
    "RecordingTroubled",
    "SegmentClosed",
    "StationBusyError",
    "StreamTakenOtherwise",
    "StreamWayGivenUp",
    "claim_station",
    "learned_way",
    "prepare_unsupervised",
    "record_camera",
]
