"""Pure: volume labels: which ones are allowed, the default one, and what each reader of an image will show."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from camvault.ports.errors import UsageError

LABEL_CHARACTERS_MAX = 32
"""The longest volume name that ISO 9660 and the logical volume of UDF hold."""

JOLIET_CHARACTERS_MAX = 16
UDF_VOLUME_CHARACTERS_MAX = 30

_ALLOWED = re.compile(r"[A-Za-z0-9_-]*")
_STAMP = "%Y%m%dT%H%M%SZ"
_STAMP_PATTERN = re.compile(r"\d{8}T\d{6}Z", re.ASCII)


def check_label(label: str) -> str:
    """The label, if it may be used.

    Raises:
        UsageError: "Label too long", "Label contains illegal characters", "Label is empty".
    """
    if not label:
        raise UsageError("Label is empty; leave --volume-label out for the time of the start")
    if len(label) > LABEL_CHARACTERS_MAX:
        raise UsageError(
            f"Label too long: {len(label)} characters, at most {LABEL_CHARACTERS_MAX} are allowed: {label}"
        )
    if not _ALLOWED.fullmatch(label):
        raise UsageError(f"Label contains illegal characters, allowed are A-Z, a-z, 0-9, _ and -: {label!r}")
    return label


def stamp_label(at: datetime) -> str:
    """The default label: UTC, such as `20250718T101500Z`; its 16 characters fit everywhere."""
    return at.astimezone(UTC).strftime(_STAMP)


def parse_stamp(text: str) -> datetime | None:
    """The time that a default label names, in UTC; None if the text is no such label."""
    if not _STAMP_PATTERN.fullmatch(text):
        return None
    try:
        return datetime.strptime(text, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def stamp_of(*, label: str | None, stamp: str | None, now: datetime) -> datetime:
    """The time that the image carries: `stamp`, else the one that the label names, else now; in whole seconds, UTC.

    Raises:
        UsageError: `stamp` does not have the form of a default label.
    """
    if stamp is not None:
        at = parse_stamp(stamp)
        if at is None:
            raise UsageError(f"A stamp looks like 20250718T101500Z, this does not: {stamp!r}")
        return at
    return parse_stamp(label or "") or now.astimezone(UTC).replace(microsecond=0)


def shown_shorter(label: str) -> Iterator[str]:
    """For each reader that shows only the beginning of the label: a sentence with what it will show."""
    if len(label) > JOLIET_CHARACTERS_MAX:
        yield f"Windows, where it reads Joliet, will show the label as {label[:JOLIET_CHARACTERS_MAX]}"
    if len(label) > UDF_VOLUME_CHARACTERS_MAX:
        yield f"The volume and file set identifiers of UDF will show the label as {label[:UDF_VOLUME_CHARACTERS_MAX]}"
