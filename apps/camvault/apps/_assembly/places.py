"""Composition root, shared part: the configured folders, checked together once, for every job alike."""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath

from camvault.adapters.filesystem import LocalStorage, read_mount_table
from camvault.apps._assembly.configuration import backup_config, cameras_config
from camvault.apps._cli.stage import Context
from camvault.core.stations.configuration import BackupConfig, Camera
from camvault.core.stations.places import (
    ConfiguredPlace,
    PlaceFacts,
    PlacesReport,
    PlaceUse,
    check_places,
    closed_needed,
    configured_places,
)
from camvault.core.workflows.steps.place_facts import places_report
from camvault.ports.errors import UsageError
from camvault.ports.events import Failed, Warned


def checked_places(
    context: Context, cameras: Sequence[Camera], backup: BackupConfig, *, is_here: bool = True, is_noted: bool = False
) -> PlacesReport:
    """What is wrong with the folders of cameras.json and backup.json; warnings are reported.

    Those of another machine (`is_here`) are compared as they are written. `is_noted` is that of `places_report`.

    Raises:
        UsageError: Folders lie in one another in a way that could lose or hide footage; every such pair is named.
    """
    places = configured_places(cameras, backup)
    as_written = {place.path: PlaceFacts(place.path) for place in places}
    report = looked_at(context, places, is_noted=is_noted) if is_here else check_places(places, as_written)
    if report.overlaps:
        raise UsageError(report.overlaps[0], report.overlaps[1:])
    for warning in report.warnings:
        context.reporter.emit(Warned(warning))
    return report


def looked_at(context: Context, places: Sequence[ConfiguredPlace], *, is_noted: bool = False) -> PlacesReport:
    """What is wrong with these folders, of which each is asked whether it answers."""
    from camvault.apps._assembly.operator import answers  # noqa: PLC0415 - starts programs

    return places_report(
        places,
        storage=LocalStorage(),
        table=read_mount_table(),
        answers=lambda folder: answers(folder, context),
        is_noted=is_noted,
    )


def check_backup_places(context: Context, backup: BackupConfig, cameras: Path | None, *, is_noted: bool = True) -> None:
    """Check the folders for a job that only works on what waits for the backup.

    Args:
        context: Where warnings go.
        backup: What backup.json says.
        cameras: cameras.json, if it was named: its folders are compared too. If it is wrong, that is a warning.
        is_noted: That of `places_report`.

    Raises:
        UsageError: As for `checked_places`; or a folder that is `NEEDED` cannot be used.
    """
    try:
        found = cameras_config(cameras) if cameras is not None else ()
    except UsageError as error:
        found = ()
        context.reporter.emit(Warned(f"The folders of the cameras are not compared with the others: {error.problem}"))
    report = checked_places(context, found, backup, is_noted=is_noted)
    problems = closed_needed(configured_places((), backup), report)
    if problems:
        raise UsageError(problems[0], problems[1:])


def watched_places(context: Context, cameras: Path | None, backup: Path | None) -> Mapping[PurePath, str]:
    """The configured folders but the target, each with why it cannot be used; recorders are looked at all the same.

    What else is wrong with them is reported.

    Raises:
        UsageError: A configuration is wrong.
    """
    found = cameras_config(cameras) if cameras is not None else ()
    places = configured_places(found, backup_config(backup) if backup is not None else None)
    report = looked_at(context, places)
    for problem in report.overlaps:
        context.reporter.emit(Failed(problem))
    for warning in report.warnings:
        context.reporter.emit(Warned(warning))
    return {place.path: report.closed.get(place.path, "") for place in places if place.use is not PlaceUse.TARGET}
