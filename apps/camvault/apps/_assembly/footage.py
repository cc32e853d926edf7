"""Composition root, shared part: where the footage of the cameras is."""

from collections.abc import Container, Mapping
from pathlib import Path, PurePath

from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.matroska import MatroskaDurations, MatroskaPictures
from camvault.apps._assembly.configuration import backup_config, cameras_config
from camvault.apps._assembly.target import guard_of
from camvault.apps._cli.stage import Context
from camvault.core.stations.configuration import Camera
from camvault.core.stations.places import configured_places
from camvault.core.stations.site import Site, Station, configured_stations, roots_of, site_of
from camvault.core.workflows.recording.coverage import CoveragePorts, Places
from camvault.core.workflows.steps.station_folders import folders_seen
from camvault.ports.errors import StorageError, UsageError


def site_of_cameras(cameras: tuple[Camera, ...], *, closed: Container[PurePath] = ()) -> Site:
    """Every configured camera, and every other folder beside them: a camera that was removed left footage there.

    Folders in `closed` are not looked into.
    """
    configured = configured_stations(cameras)
    roots = [root for root in roots_of(configured) if root not in closed]
    # a root that cannot be listed is reported by the workflow
    folders = folders_seen(roots, LocalStorage(), on_problem=lambda _: None)
    return site_of(configured, folders=folders)


def watched_stations(cameras: Path | None) -> tuple[Station, ...] | None:
    """The cameras of the configuration file `cameras`; None without one.

    Raises:
        UsageError: The configuration is wrong.
    """
    return None if cameras is None else configured_stations(cameras_config(cameras))


def places(
    recording_dir: Path | None, cameras: Path | None, backup: Path | None, *, closed: frozenset[PurePath] = frozenset()
) -> Places:
    """Where segments are: each camera's folder, each folder beside them, and what backup.json names.

    Nothing in `closed` is looked at.

    Raises:
        UsageError: A configuration is wrong, or neither cameras nor a folder is named.
    """
    site = Site()
    if cameras is not None:
        configured = cameras_config(cameras)
        if recording_dir is None:
            _check_roots(configured)
        site = site_of_cameras(configured, closed=closed)
    lengths = {name: station.segment_s for name, station in site.by_name().items()}
    if recording_dir is not None:
        site = site_of(site.stations, folders=_folders_in(recording_dir))
    elif cameras is None:
        raise UsageError(
            "Neither --recording_dir nor --cameras_config: give one of them, to say which cameras there are"
        )
    folders = {name: station.folder for name, station in site.by_name().items()}
    stations = {name: path for name, path in folders.items() if closed.isdisjoint((path, *path.parents))}
    if backup is None:
        return Places(stations=stations, lengths=lengths)
    config = backup_config(backup)
    if not closed.isdisjoint(each.path for each in configured_places((), config)):
        return Places(stations=stations, lengths=lengths)
    return Places(
        stations=stations,
        lengths=lengths,
        ready=PurePath(config.ready_for_backup_dir),
        quarantine=config.quarantine,
        ledgers=PurePath(config.success_log_dir),
        number=guard_of(config, LocalStorage()).wanted().number,
    )


def coverage_ports(context: Context) -> CoveragePorts:
    """The real world of a report."""
    return CoveragePorts(
        storage=LocalStorage(),
        durations=MatroskaDurations(),
        pictures=MatroskaPictures(),
        clock=context.clock,
        reporter=context.reporter,
        cancel=context.cancel,
    )


def _check_roots(cameras: tuple[Camera, ...]) -> None:
    for root in roots_of(configured_stations(cameras)):
        if not Path(root).is_dir():
            problem = "does not exist: nothing was ever recorded there, or it is not mounted"
            raise UsageError(f"output_dir {root} {problem}; --recording_dir names another folder")


def _folders_in(root: Path) -> Mapping[PurePath, tuple[str, ...]]:
    try:
        return folders_seen((PurePath(root.absolute()),), LocalStorage(), are_links_followed=True)
    except StorageError as error:
        raise UsageError(f"--recording_dir {root}: {error.problem}") from None
