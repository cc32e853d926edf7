"""Composition root, shared part: `dashcam why`."""

import json
from pathlib import PurePosixPath

from camvault.adapters.filesystem import LocalStorage
from camvault.apps._assembly.box import box_folders
from camvault.apps._assembly.configuration import box_config
from camvault.apps._cli.stage import Context
from camvault.apps._dashcam.request import NotKnownError, Request
from camvault.core.dashcam.camera_times import camera_time
from camvault.core.dashcam.clip_story import story_lines, unknown_story
from camvault.core.workflows.dashcam.clip_lives import ClipLife, lives_of


def tell_life(context: Context, request: Request) -> None:
    """Tell what became of a clip.

    Raises:
        NotKnownError: No clip of that name was ever seen.
        StorageError: The records cannot be read.
    """
    config = box_config(request.config)
    lives = lives_of(request.given, storage=LocalStorage(), folders=box_folders(config))
    if request.is_json:
        context.print_result(json.dumps([_values(life) for life in lives], indent=2))
    elif lives:
        context.print_result("\n".join(story_lines([life.story for life in lives])))
    if not lives:
        raise NotKnownError(unknown_story(PurePosixPath(request.given)))


def _values(life: ClipLife) -> dict[str, object]:
    clip = life.story.clip
    time = camera_time(clip.mtime_ns)
    return {
        "clip": str(clip.card_path),
        "staged_as": None if clip.staged_path is None else str(clip.staged_path),
        "size_bytes": clip.size_bytes,
        "camera_time": None if time is None else time.isoformat(),
        "sha256": clip.sha256 or None,
        "state": life.state.name.lower(),
        "now": life.story.ending,
        "life": list(life.story.sentences),
    }
