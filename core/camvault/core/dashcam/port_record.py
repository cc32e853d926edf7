"""Pure: what a person saw when the power of the camera's port was switched off, and what that proves.

A hub may report that a port has no power and cut nothing; no program can see that. So a person looks once, and what was
seen is kept: of this port, of this hub, with its date.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import attrs

_VERSION = 1
_HOW = "look once with `dashcam usb prove`"


@attrs.frozen(kw_only=True)
class PortRecord:
    """What was seen.

    Attributes:
        port: The port as people call it.
        hub: The ids of the hub, `0409:55aa`; "" if they were not known.
        camera: The ids of the device that was in the port; "" if it had none.
        is_cutting: Whether the camera was dark while the port was off, and came back with it.
        seen_at: When; aware.
    """

    port: str
    hub: str
    camera: str
    is_cutting: bool
    seen_at: datetime


def record_document(record: PortRecord) -> Mapping[str, object]:
    """The record as plain values."""
    return {
        "version": _VERSION,
        "port": record.port,
        "hub": record.hub,
        "camera": record.camera,
        "is_cutting": record.is_cutting,
        "seen_at": record.seen_at.astimezone(UTC).isoformat(timespec="seconds"),
    }


def record_of(document: object) -> PortRecord | None:
    """The record; None if the document is none of this version."""
    try:
        return _record_of(document)
    except (KeyError, TypeError, ValueError):
        return None


def doubt_of(document: object, *, port: str, hub: str = "") -> str:
    """Why it is not proven that this port really cuts the power, a sentence; "" if it is.

    Args:
        document: What was read; None if there is nothing.
        port: The port that is used now.
        hub: The ids of its hub now; "" if they are not known, and then not compared.
    """
    if document is None:
        return f"Nobody has looked yet whether USB port {port} really cuts the power of the camera: {_HOW}"
    record = record_of(document)
    if record is None:
        return f"The record of whether USB port {port} really cuts the power cannot be understood: {_HOW}"
    date = f"{record.seen_at.astimezone(UTC):%Y-%m-%d}"
    if record.port != port:
        return f"On {date} it was seen what USB port {record.port} does, which is not {port}: {_HOW}"
    if hub and record.hub and record.hub != hub:
        return f"USB port {port} was looked at on {date} with another hub ({record.hub}, now {hub}): {_HOW}"
    if not record.is_cutting:
        return f"USB port {port} was seen on {date} not to cut the power of the camera, which drains the battery"
    return ""


def _record_of(document: Any) -> PortRecord:
    if document["version"] != _VERSION:
        raise ValueError(document["version"])
    seen_at, is_cutting = datetime.fromisoformat(document["seen_at"]), document["is_cutting"]
    if not isinstance(is_cutting, bool) or seen_at.tzinfo is None:
        raise TypeError(document)
    texts = {name: document[name] for name in ("port", "hub", "camera")}
    if not all(isinstance(text, str) for text in texts.values()):
        raise TypeError(document)
    return PortRecord(**texts, is_cutting=is_cutting, seen_at=seen_at)
