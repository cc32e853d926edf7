"""Pure: which camera a clip is of, and when it begins: what its own metadata say, else its name, else its file's time.

None of these is proven: which clock said it is recorded with it. A camera that writes its local time into metadata that
should be UTC is taken at its word; a time in a name has no zone, and gets none.
"""

import enum
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import attrs

_SECOND_NS = 10**9
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Containers without a time say 1904 or 1970."""
_CAMERA_CHARACTERS_MAX = 32
_TIME_TAGS = ("com.apple.quicktime.creationdate", "creation_time", "date")
_MODEL_TAGS = ("com.apple.quicktime.model", "model", "com.android.model")
_MAKER_TAGS = ("com.apple.quicktime.make", "make", "com.android.manufacturer")
_STAMP = re.compile(
    r"(?<![0-9])((?:19|20)[0-9]{2})[-_.]?([01][0-9])[-_.]?([0-3][0-9])[-_.T ]?"
    r"([0-2][0-9])[-_.:]?([0-5][0-9])(?:[-_.:]?([0-5][0-9]))?(?![0-9])"
)
_CAMERA = re.compile(r"(?:cam|camera|kamera|ch|channel)[-_ ]?[0-9]{1,3}(?![0-9])", re.IGNORECASE)


class ClockSource(enum.StrEnum):
    """Who says when a clip begins."""

    METADATA = "metadata"
    NAME = "name"
    FILE_TIME = "file time"


@attrs.frozen
class CameraStart:
    """Camera and start of a clip. `camera` is "" where nothing names it; `start` is ISO 8601, "" for no calendar's."""

    camera: str
    start: str
    clock: ClockSource


def camera_start(tags: Mapping[str, str], *, name: str, mtime_ns: int) -> CameraStart:
    """What is known of a clip of this name and file time, whose file carries these `tags`, in the order of belief."""
    plain = {key.lower(): value.strip() for key, value in tags.items() if value.strip()}
    camera = _camera(plain, name)[:_CAMERA_CHARACTERS_MAX]
    for tag in _TIME_TAGS:
        at = _tagged_time(plain.get(tag, ""))
        if at is not None:
            return CameraStart(camera, instant_text(at), ClockSource.METADATA)
    named = next(_times_in(name), None)
    if named is not None:
        return CameraStart(camera, named.isoformat(), ClockSource.NAME)
    return CameraStart(camera, file_time_text(mtime_ns), ClockSource.FILE_TIME)


def instant_text(at: datetime) -> str:
    """An instant in UTC, as ISO 8601 writes it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def file_time_text(mtime_ns: int) -> str:
    """The time of a file in UTC, to the nanosecond; "" for one that no calendar has."""
    seconds, rest = divmod(mtime_ns, _SECOND_NS)
    try:
        whole = _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return ""
    fraction = f".{rest:09}" if rest else ""
    return f"{whole.replace(tzinfo=None).isoformat()}{fraction}Z"


def _tagged_time(text: str) -> datetime | None:
    """An aware time of a tag; None if it is none, or one that a container without a time has."""
    try:
        at = datetime.fromisoformat(text)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):  # an offset may lead out of the calendar
        return None
    return at if at >= _OLDEST else None


def _times_in(name: str) -> Iterator[datetime]:
    for found in _STAMP.finditer(name):
        year, month, day, hour, minute, second = (int(part) if part else 0 for part in found.groups())
        try:
            yield datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - a name says no zone
        except ValueError:
            continue


def _camera(tags: Mapping[str, str], name: str) -> str:
    model = next((tags[tag] for tag in _MODEL_TAGS if tag in tags), "")
    maker = next((tags[tag] for tag in _MAKER_TAGS if tag in tags), "")
    if model:
        return model if not maker or model.lower().startswith(maker.lower()) else f"{maker} {model}"
    found = _CAMERA.search(_STAMP.sub(" ", name))
    return found[0] if found is not None else maker
