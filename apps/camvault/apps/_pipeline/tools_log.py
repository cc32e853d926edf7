"""Composition root, shared part: the first lines of the pipeline's log: what will be used, and why."""

import os
from collections.abc import Iterator

from camvault.adapters.bridge import BridgeBuilder
from camvault.adapters.ffmpeg import find_ffmpeg
from camvault.apps._assembly.burners import select_burner, select_drives
from camvault.apps._cli.explain import explained
from camvault.apps._cli.stage import Context
from camvault.apps._pipeline.options import BURN, Options
from camvault.core.workflows.bodycam.burn import pick_device
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import CamvaultError, Cancelled
from camvault.ports.events import Event, Note, Scoped, Warned

SCOPE = "tools"


def announce_tools(context: Context, options: Options) -> None:
    """Emit the lines. A missing tool is only a warning: the stage that needs the tool fails when its turn comes."""
    image = Note(f"image {BridgeBuilder().name} (needs no tool)")
    for event in (*_ffmpeg(options, context.cancel), image, *_burner(options, context.cancel)):
        context.reporter.emit(Scoped(SCOPE, event))


def _ffmpeg(options: Options, cancel: Cancellation) -> Iterator[Event]:
    wished = options.prepare
    try:
        found = find_ffmpeg(environ=os.environ, cancel=cancel, ffmpeg=wished.ffmpeg, ffprobe=wished.ffprobe)
    except Cancelled:
        raise
    except CamvaultError as error:
        yield Warned(explained(error))
        return
    yield from map(Note, found.notes)


def _burner(options: Options, cancel: Cancellation) -> Iterator[Event]:
    wished = options.burn
    try:
        drives = select_drives(wished.device, cancel=cancel)
        device = pick_device(wished.device, drives=drives)
        burner, reason = select_burner(device, drives=drives, cancel=cancel, wanted=wished.burner.tool)
        yield Note(f"burner {burner.name} ({reason})")
        medium = drives.medium(device)
    except Cancelled:
        raise
    except CamvaultError as error:
        yield Warned(f"stage burn cannot work as things are: {BURN.in_larger_terms(explained(error))}")
        return
    words = " ".join(filter(None, (medium.kind, medium.state.value)))
    yield Note(f"disc {device}: {words}, {medium.free_sectors:,} blocks free")
