"""Composition root, shared part: the server of the dashcam, how it is reached, and what recognizes it."""

from collections.abc import Callable
from pathlib import PurePath

from camvault.adapters.filesystem import LocalStorage
from camvault.core.dashcam.configuration import BoxConfig, UploadConfig
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import MissingToolError
from camvault.ports.reach import Reach
from camvault.ports.transfer import Transfer

_LIMIT_S = 300.0
_SENDER = "dashcam push"


def upload_target(upload: UploadConfig) -> str:
    """The server's folder as the tool takes it: a folder of this machine where no host is named."""
    from camvault.adapters.rsync.secure_shell import remote_target  # noqa: PLC0415 - heavy

    if upload.is_here:
        return upload.dest_path
    if upload.method == "rclone":
        return f"{upload.host}:{upload.dest_path}"
    return remote_target(user=upload.user, host=upload.host, path=upload.dest_path)


def upload_transfer(
    config: BoxConfig,
    folders: BoxFolders,
    storage: LocalStorage,
    cancel: Cancellation,
    *,
    on_command: Callable[[tuple[str, ...]], None] = lambda _: None,
) -> Transfer:
    """What sends, and looks. `on_command` gets each command that sends or looks; nothing of it is secret."""
    from camvault.adapters.rsync import TARGET_MARKER_NAME, RemoteGuard, RsyncTransfer, TargetGuard  # noqa: PLC0415
    from camvault.adapters.rsync.secure_shell import secure_shell  # noqa: PLC0415

    upload = config.upload
    target = upload_target(upload)
    if upload.method == "rclone":
        from camvault.adapters.rclone import RcloneTransfer  # noqa: PLC0415 - heavy

        return RcloneTransfer(
            target,
            RemoteGuard(folders.records, storage, apart_from=folders.staging, sender=_SENDER),
            upload.rclone_config,
            limit_s=_LIMIT_S,
            cancel=cancel,
            on_command=on_command,
        )
    if upload.is_here:
        guard: TargetGuard | RemoteGuard = TargetGuard(
            PurePath(target),
            folders.records / TARGET_MARKER_NAME,
            storage,
            apart_from=folders.staging,
            cancel=cancel,
            sender=_SENDER,
        )
        return RsyncTransfer(target, (), guard, limit_s=_LIMIT_S, cancel=cancel, on_command=on_command)
    shell = secure_shell(port=upload.port, key=upload.ssh_key, known_hosts=upload.known_hosts)
    return RsyncTransfer(
        target,
        (f"--rsh={shell}",),
        RemoteGuard(folders.records, storage, apart_from=folders.staging, sender=_SENDER),
        limit_s=_LIMIT_S,
        cancel=cancel,
        on_command=on_command,
        is_hashed_there=True,
    )


def upload_reach(config: BoxConfig, transfer: Transfer) -> Reach:
    """The way to the server: its port, or the target's own answer where it has no port."""
    from camvault.adapters.nearness import TargetReach, TcpReach  # noqa: PLC0415

    upload = config.upload
    if upload.is_here or upload.method == "rclone":
        return TargetReach(transfer)
    return TcpReach(upload.host, upload.port)


def check_upload_tools(config: BoxConfig) -> None:
    """Make sure that what sends is there, before anything is switched for it.

    Raises:
        MissingToolError: There is no such program on PATH.
    """
    from camvault.adapters._shared.process import find_program  # noqa: PLC0415

    upload = config.upload
    for tool in (upload.method, *(() if upload.is_here or upload.method == "rclone" else ("ssh",))):
        if find_program(tool) is None:
            raise MissingToolError(tool, "installed, and on PATH")
