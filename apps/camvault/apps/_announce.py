"""Composition root, shared part: the first lines of the pipeline's log: what will be used, and why."""

import os
from collections.abc import Iterator

from camvault.adapters.bridge import BridgeBuilder
from camvault.adapters.ffmpeg import find_ffmpeg
from camvault.apps._burners import select_burner, select_drives
from camvault.apps._pipeline import PipelineRun
from camvault.core.workflows.bodycam.burn import pick_device
from camvault.ports.errors import CamvaultError, Cancelled
from camvault.ports.events import Event, Note, Scoped, Warned

SCOPE = "tools"


def announce_tools(run: PipelineRun) -> None:
    """Emit the lines. What is missing is only a warning here: the stage that needs it decides when its turn comes."""
    image = Note(f"image {BridgeBuilder().name} (needs no tool)")
    for event in (*_ffmpeg(run), image, *_burner(run)):
        run.context.reporter.emit(Scoped(SCOPE, event))


def _ffmpeg(run: PipelineRun) -> Iterator[Event]:
    wishes = run.wishes(run.root)
    try:
        found = find_ffmpeg(environ=os.environ, cancel=run.context.cancel, ffmpeg=wishes.ffmpeg, ffprobe=wishes.ffprobe)
    except Cancelled:
        raise
    except CamvaultError as error:
        yield Warned(str(error))
        return
    yield from map(Note, found.notes)


def _burner(run: PipelineRun) -> Iterator[Event]:
    cancel, wished = run.context.cancel, run.values["burn_device"]
    try:
        drives = select_drives(wished, cancel=cancel)
        device = pick_device(wished, drives=drives)
        burner, reason = select_burner(device, drives=drives, cancel=cancel, wanted=run.values["burn_burner"].tool)
        yield Note(f"burner {burner.name} ({reason})")
        medium = drives.medium(device)
    except Cancelled:
        raise
    except CamvaultError as error:
        yield Warned(f"stage burn cannot work as things are: {run.parts.burn.in_larger_terms(str(error))}")
        return
    words = " ".join(filter(None, (medium.kind, medium.state.value)))
    yield Note(f"disc {device}: {words}, {medium.free_sectors:,} blocks free")
