"""What a person saw of the camera's port counts for this port of this hub only, and only if it can be read."""

from datetime import UTC, datetime, timedelta, timezone

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.dashcam.port_record import PortRecord, doubt_of, record_document, record_of

SEEN_AT = datetime(2026, 5, 4, 10, 15, tzinfo=UTC)
RECORD = PortRecord(port="1-1 port 1", hub="0409:55aa", camera="2ca3:001f", is_cutting=True, seen_at=SEEN_AT)
DOCUMENT = record_document(RECORD)
HOW = "look once with `dashcam usb prove`"


@given(
    st.builds(
        PortRecord,
        port=st.text(),
        hub=st.text(),
        camera=st.text(),
        is_cutting=st.booleans(),
        seen_at=st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=2))])).map(
            lambda at: at.replace(microsecond=0)
        ),
    )
)
def test_a_record_is_read_as_it_was_written(record: PortRecord) -> None:
    assert record_of(record_document(record)) == record


def test_a_proven_port_leaves_no_doubt() -> None:
    assert doubt_of(DOCUMENT, port="1-1 port 1", hub="0409:55aa") == ""


@pytest.mark.parametrize(("before", "now"), [("0409:55aa", ""), ("", "0409:55aa"), ("", "")])
def test_hubs_that_are_not_known_are_not_compared(before: str, now: str) -> None:
    document = record_document(attrs.evolve(RECORD, hub=before))
    assert doubt_of(document, port="1-1 port 1", hub=now) == ""


@pytest.mark.parametrize(
    ("document", "doubt"),
    [
        (None, f"Nobody has looked yet whether USB port 1-1 port 1 really cuts the power of the camera: {HOW}"),
        ("", f"The record of whether USB port 1-1 port 1 really cuts the power cannot be understood: {HOW}"),
        (
            record_document(attrs.evolve(RECORD, port="1-1 port 2")),
            f"On 2026-05-04 it was seen what USB port 1-1 port 2 does, which is not 1-1 port 1: {HOW}",
        ),
        (
            record_document(attrs.evolve(RECORD, hub="2109:3431")),
            f"USB port 1-1 port 1 was looked at on 2026-05-04 with another hub (2109:3431, now 0409:55aa): {HOW}",
        ),
        (
            record_document(attrs.evolve(RECORD, is_cutting=False)),
            "USB port 1-1 port 1 was seen on 2026-05-04 not to cut the power of the camera, which drains the battery",
        ),
    ],
)
def test_a_doubt_is_a_sentence_with_its_cause(document: object, doubt: str) -> None:
    assert doubt_of(document, port="1-1 port 1", hub="0409:55aa") == doubt


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {**DOCUMENT, "version": 2},
        {**DOCUMENT, "is_cutting": 1},
        {**DOCUMENT, "is_cutting": "true"},
        {**DOCUMENT, "seen_at": "yesterday"},
        {**DOCUMENT, "seen_at": "2026-05-04T10:15:00"},
        {**DOCUMENT, "seen_at": 5},
        {**DOCUMENT, "hub": None},
        {key: value for key, value in DOCUMENT.items() if key != "port"},
    ],
)
def test_what_is_no_record_proves_nothing(document: object) -> None:
    assert record_of(document) is None
    assert "cannot be understood" in doubt_of(document, port="1-1 port 1")
