"""Composition root, shared part: the target of the backup, and the records of what is proven there."""

from collections.abc import Callable
from pathlib import PurePath
from typing import TYPE_CHECKING

from camvault.adapters.filesystem import LocalStorage
from camvault.core.stations.configuration import BackupConfig
from camvault.core.workflows.steps.ledger_files import SyncRecords
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import MissingToolError
from camvault.ports.transfer import Transfer

if TYPE_CHECKING:
    from camvault.adapters.rsync import RemoteGuard, TargetGuard


def records_of(config: BackupConfig, storage: LocalStorage) -> SyncRecords:
    """The logs and ledgers of the backup."""
    return SyncRecords(PurePath(config.success_log_dir), storage)


def check_rsync() -> None:
    """Make sure that rsync is there, before the target is touched.

    Raises:
        MissingToolError: There is no rsync on PATH.
    """
    from camvault.adapters._shared.process import find_program  # noqa: PLC0415

    if find_program("rsync") is None:
        raise MissingToolError("rsync", "installed, and on PATH")


def guard_of(
    config: BackupConfig, storage: LocalStorage, *, cancel: Cancellation | None = None, limit_s: float | None = None
) -> "TargetGuard | RemoteGuard":
    """What recognizes the target."""
    from camvault.adapters._shared.unstoppable import Unstoppable  # noqa: PLC0415
    from camvault.adapters.rsync import TARGET_MARKER_NAME, RemoteGuard, TargetGuard  # noqa: PLC0415 - heavy
    from camvault.adapters.rsync.argv import is_remote  # noqa: PLC0415
    from camvault.adapters.rsync.mounted import STATUS_LIMIT_S  # noqa: PLC0415

    ready, success = PurePath(config.ready_for_backup_dir), PurePath(config.success_log_dir)
    if is_remote(config.nas_target_dir):
        return RemoteGuard(success, storage, apart_from=ready)
    return TargetGuard(
        PurePath(config.nas_target_dir),  # not resolved here: a target may hang
        success / TARGET_MARKER_NAME,
        storage,
        apart_from=ready,
        cancel=cancel or Unstoppable(),
        limit_s=STATUS_LIMIT_S if limit_s is None else min(limit_s, STATUS_LIMIT_S),
    )


def transfer_of(
    config: BackupConfig,
    storage: LocalStorage,
    cancel: Cancellation,
    *,
    limit_s: float,
    on_command: Callable[[tuple[str, ...]], None] = lambda _: None,
) -> Transfer:
    """The target of the backup and what recognizes it. `on_command` gets each rsync that sends or compares."""
    from camvault.adapters.rsync import RsyncTransfer  # noqa: PLC0415 - heavy

    return RsyncTransfer(
        config.nas_target_dir,
        config.rsync_options,
        guard_of(config, storage, cancel=cancel, limit_s=limit_s),
        limit_s=limit_s,
        cancel=cancel,
        on_command=on_command,
    )
