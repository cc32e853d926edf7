"""Composition root, shared part: what the commands for recorded segments are put together from."""

import shutil
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, TypeVar

from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.jsonc import read_jsonc
from camvault.core.stations.configuration import BackupConfig, Camera, Checked, read_backup, read_cameras
from camvault.core.segments.names import is_station
from camvault.core.workflows.recording.records import SyncRecords
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import RecordError, UsageError
from camvault.ports.streams import StreamProbe
from camvault.ports.transfer import Transfer

if TYPE_CHECKING:
    from camvault.core.workflows.recording.organize import Station
    from camvault.core.workflows.recording.stream_check import CheckedStation

T = TypeVar("T")


def backup_config(path: Path) -> BackupConfig:
    """What backup.json says.

    Raises:
        UsageError: It cannot be read, or something in it is wrong; every problem is named.
    """
    return _checked(path, read_backup(_document(path)))


def cameras_config(path: Path) -> tuple[Camera, ...]:
    """The cameras of cameras.json.

    Raises:
        UsageError: As for `backup_config`.
    """
    return _checked(path, read_cameras(_document(path)))


def records_of(config: BackupConfig, storage: LocalStorage) -> SyncRecords:
    """The logs and ledgers of the backup."""
    return SyncRecords(PurePath(config.success_log_dir), storage)


def transfer_of(
    config: BackupConfig,
    storage: LocalStorage,
    cancel: Cancellation,
    *,
    limit_s: float,
    on_command: Callable[[tuple[str, ...]], None],
) -> Transfer:
    """The target of the backup, with what knows it again."""
    from camvault.adapters.rsync import MARKER_NAME, RemoteGuard, RsyncTransfer, TargetGuard  # noqa: PLC0415 - heavy
    from camvault.adapters.rsync.argv import is_remote  # noqa: PLC0415
    from camvault.adapters.rsync.mounted import STATUS_LIMIT_S  # noqa: PLC0415

    ready, success = PurePath(config.ready_for_backup_dir), PurePath(config.success_log_dir)
    guard: TargetGuard | RemoteGuard
    if is_remote(config.nas_target_dir):
        guard = RemoteGuard(success, storage, apart_from=ready)
    else:
        folder = PurePath(config.nas_target_dir)  # not resolved here: a target may hang
        answer_s = min(limit_s, STATUS_LIMIT_S)
        guard = TargetGuard(folder, success / MARKER_NAME, storage, apart_from=ready, cancel=cancel, limit_s=answer_s)
    return RsyncTransfer(
        config.nas_target_dir,
        config.rsync_options,
        guard,
        limit_s=limit_s,
        cancel=cancel,
        on_command=on_command,
    )


def quarantine_of(config: BackupConfig) -> PurePath:
    """Where broken segments go: as configured, or beside the footage that is ready."""
    return PurePath(config.quarantine_dir or PurePath(config.ready_for_backup_dir).parent / "quarantine")


def stations_of(cameras: tuple[Camera, ...]) -> tuple["Station", ...]:
    """Every configured camera, and every other folder beside them: a camera that was removed left footage there."""
    from camvault.core.workflows.recording.organize import Station  # noqa: PLC0415 - only where it is needed

    known = [
        Station(camera.station, PurePath(camera.output_dir, camera.station), camera.segment_time) for camera in cameras
    ]
    longest_s = max((camera.segment_time for camera in cameras), default=0)
    own = {station.folder for station in known}
    for root in dict.fromkeys(PurePath(camera.output_dir) for camera in cameras):
        for folder in _folders(root):
            if folder not in own and is_station(folder.name):
                known.append(Station(folder.name, folder, longest_s))
    return tuple(known)


def checked_stations(cameras: tuple[Camera, ...], cancel: Cancellation) -> tuple["CheckedStation", ...]:
    """Every configured camera with what is expected of its streams."""
    from camvault.core.stations.streams import Expected  # noqa: PLC0415 - only where it is needed
    from camvault.core.workflows.recording.stream_check import CheckedStation  # noqa: PLC0415

    return tuple(
        CheckedStation(
            camera.station,
            PurePath(camera.output_dir, camera.station),
            Expected(camera.expected_video, camera.expected_audio),
            stream_probe(camera, cancel),
        )
        for camera in cameras
    )


def stream_probe(camera: Camera, cancel: Cancellation) -> StreamProbe:
    """The camera's ffprobe; without it, the libraries of ffmpeg in this process."""
    program = shutil.which(camera.ffprobe_path) if camera.expected_video or camera.expected_audio else None
    if program is None:
        from camvault.adapters.pyav import PyavProbe  # noqa: PLC0415 - likewise

        return PyavProbe()
    from camvault.adapters.ffmpeg import FfprobeProbe  # noqa: PLC0415 - 90 ms, only where it is needed

    return FfprobeProbe(PurePath(program), "", cancel)


def _folders(root: PurePath) -> list[PurePath]:
    try:
        return sorted(PurePath(each) for each in Path(root).iterdir() if each.is_dir() and not each.is_symlink())
    except OSError:
        return []  # the workflow says what is wrong with it


def _document(path: Path) -> object:
    try:
        return read_jsonc(path)
    except RecordError as error:
        raise UsageError(str(error)) from error


def _checked(path: Path, checked: Checked[T]) -> T:
    if checked.value is None:
        first, *others = (f"{path}: {problem}" for problem in checked.problems)
        raise UsageError(first, tuple(others))
    return checked.value
