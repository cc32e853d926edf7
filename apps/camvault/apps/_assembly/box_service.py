"""Composition root, shared part: the service of a dashcam box, with all that it works with."""

import random
from pathlib import Path

from camvault.adapters.clipcheck import Mp4Footage
from camvault.adapters.filesystem import LocalSampler, LocalStorage
from camvault.adapters.jsonfile import JsonDocuments
from camvault.adapters.system import SystemHost, time_limit
from camvault.adapters.systemd.notify import SystemdNotify
from camvault.apps._assembly.box import box_battery, box_card, box_folders, box_usb, port_lock
from camvault.apps._assembly.upload import check_upload_tools, upload_reach, upload_transfer
from camvault.apps._cli.stage import Context
from camvault.core.dashcam.configuration import BoxConfig
from camvault.core.workflows.dashcam.offload import ClipOffload
from camvault.core.workflows.dashcam.port_proof import port_doubt
from camvault.core.workflows.dashcam.service import run_service
from camvault.core.workflows.dashcam.service_ports import ServiceOptions, ServicePorts
from camvault.ports.errors import CamvaultError, Cancelled, UsageError
from camvault.ports.events import Failed

_LOG_LIMIT_BYTES = 64 * 1024**2
"""Weekly rotation keeps it far below that; it is for a box without logrotate."""


def serve(context: Context, config: BoxConfig, *, is_once: bool, is_dry: bool) -> None:
    """Run the service; a dry run makes no log.

    Raises:
        MissingToolError: A program that it needs is not there.
        CamvaultError: As `run_service`.
    """
    options = ServiceOptions(config=config, folders=box_folders(config), is_once=is_once, is_dry=is_dry)
    ports = _ports(context, options)
    if is_dry:
        context.lines_are_result()
    else:
        _open_log(context, Path(config.paths.log_path))
    run_service(ports, options)


def _ports(context: Context, options: ServiceOptions) -> ServicePorts:
    config, folders = options.config, options.folders
    storage, card, usb = LocalStorage(), box_card(config), box_usb(config)
    documents = JsonDocuments(storage)
    transfer = upload_transfer(config, folders, storage, context.cancel)

    def port_proof() -> str:
        try:
            hub = usb.state(cancel=context.cancel).hub
        except Cancelled:
            raise
        except CamvaultError as error:
            return str(error)
        return port_doubt(documents=documents, folders=folders, port=usb.where, hub=hub)

    return ServicePorts(
        battery=box_battery(),
        reach=upload_reach(config, transfer),
        usb=usb,
        card=card,
        host=SystemHost(),
        offload=ClipOffload(
            config=config,
            folders=folders,
            storage=storage,
            card=card,
            footage=Mp4Footage(),
            samples=LocalSampler(),
            transfer=transfer,
            clock=context.clock,
            chance=random.random,
        ),
        storage=storage,
        documents=documents,
        clock=context.clock,
        reporter=context.reporter,
        cancel=context.cancel,
        supervision=SystemdNotify(),
        final_cancel=time_limit,
        port_proof=port_proof,
        port_lock=lambda: port_lock(config),
        check_tools=lambda: check_upload_tools(config),
    )


def _open_log(context: Context, path: Path) -> None:
    """Keep the log of the service at `path`; its folder is made. Without a log it works all the same."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        context.log_to(path, limit_bytes=_LOG_LIMIT_BYTES)
    except OSError as error:
        context.reporter.emit(Failed(f"paths.log_path: it works without a log: {path.parent}: {error.strerror}"))
    except UsageError as error:
        context.reporter.emit(Failed(f"paths.log_path: it works without a log: {error.problem}"))
