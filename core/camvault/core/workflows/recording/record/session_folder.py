"""Workflow: the folder of a session, and the settings of the recorder that writes into it."""

from datetime import datetime
from pathlib import PurePath

from camvault.core.segments.live_names import counting_pattern
from camvault.core.segments.sessions import session_names
from camvault.core.workflows.recording.record.options import RecordOptions
from camvault.ports.clock import Clock
from camvault.ports.errors import ExistsError
from camvault.ports.files import Storage
from camvault.ports.recorder import RecorderSettings, StreamWay


def prepare_unsupervised(options: RecordOptions, *, storage: Storage, clock: Clock) -> RecorderSettings:
    """Make a session folder for a recorder without a supervisor; `organize` adopts the segments in it.

    The caller holds the station's lock, and hands it to the recorder, which holds it until it ends.

    Raises:
        ExistsError: All names of sessions of this second are taken.
        StorageError: The folder cannot be made.
    """
    folder = new_session_folder(options, storage, clock.now(), is_supervised=False)
    return recorder_settings(options, folder, options.way)


def recorder_settings(options: RecordOptions, folder: PurePath, way: StreamWay) -> RecorderSettings:
    """The settings of a recorder that writes into `folder` and takes the stream in this way.

    The recorder's own socket timeout is three times the stall timeout: the supervisor notices a stall first.
    """
    pattern = counting_pattern(options.station, folder)
    socket_timeout_s = 3 * options.stall.stall_timeout_s
    return RecorderSettings(
        folder,
        pattern,
        options.segment_s,
        options.log_level,
        socket_timeout_s=socket_timeout_s,
        start_timeout_s=options.stall.start_timeout_s,
        way=way,
    )


def new_session_folder(options: RecordOptions, storage: Storage, now: datetime, *, is_supervised: bool) -> PurePath:
    """Make the folder of a session that begins at `now` (aware); it is empty (INV-10).

    Raises:
        ExistsError: All names of sessions of this second are taken.
        StorageError: The folder cannot be made.
    """
    live = options.live_folder
    for name in session_names(now, is_utc=options.is_utc, is_supervised=is_supervised):
        try:
            storage.make_folder(live / name, must_be_new=True)
        except ExistsError:
            continue
        return live / name
    raise ExistsError(live, "all names of sessions of this second are taken")
