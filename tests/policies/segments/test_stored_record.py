"""What a recorder wrote down of what it stored."""

from datetime import UTC, datetime, timedelta
from pathlib import PurePath
from zlib import crc32

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.segments.coverage import Span
from camvault.core.segments.stored_record import (
    StoredRun,
    compacted,
    files_about,
    files_of_closed_days,
    named_line,
    parse_stored,
    stored_file,
    stored_files,
    stored_line,
)

AT = datetime(2025, 5, 28, 12, tzinfo=UTC)
SEGMENT = ("20250528T120000Z", 1)
RUN = StoredRun(
    at=AT,
    segment=SEGMENT,
    run=0,
    span=Span(AT - timedelta(seconds=9), AT),
    boot="boot 1",
    boot_s=1234.5,
    picture_count=225,
    size_bytes=90_000,
)


@given(
    st.builds(
        StoredRun,
        at=st.just(AT),
        segment=st.tuples(st.just("20250528T120000Z-2.utc"), st.integers(1, 10**9)),
        run=st.integers(0, 99),
        span=st.just(RUN.span),
        boot=st.sampled_from(["", "4f3a"]),
        boot_s=st.floats(0, 1e9).map(lambda s: round(s, 3)),
        picture_count=st.integers(0, 10**9),
        size_bytes=st.integers(0, 10**15),
    )
)
def test_what_is_written_is_read(run: StoredRun) -> None:
    assert parse_stored([stored_line(run) + "\n"]).last == run


def test_a_later_line_of_a_run_replaces_the_earlier_one() -> None:
    later = attrs.evolve(RUN, span=Span(RUN.span.start_at, AT + timedelta(seconds=60)), picture_count=1725)
    second = attrs.evolve(
        later, run=1, span=Span(AT + timedelta(hours=8), AT + timedelta(hours=8, seconds=5)), picture_count=1850
    )
    found = parse_stored([f"{stored_line(RUN)}\n{stored_line(later)}\n", f"{stored_line(second)}\n"])
    assert [span.start_at for span in found.spans_of(SEGMENT)] == [later.span.start_at, second.span.start_at]
    assert (found.spans_of(SEGMENT)[0].end_at - later.span.end_at).total_seconds() == pytest.approx(74 / 1848, abs=1e-3)
    assert found.first_of(SEGMENT) == RUN.span.start_at
    assert found.last == second


@pytest.mark.parametrize("pictures_each", [1, 2, 250])
def test_the_last_picture_of_each_run_is_shown_as_long_as_the_others(pictures_each: int) -> None:
    """The pictures of the whole segment were taken for those of each run: it was shown too short."""
    lasts, count = timedelta(seconds=0.2 * (pictures_each - 1)), 3 * pictures_each
    runs = [
        attrs.evolve(RUN, run=run, span=Span(begin_at, begin_at + lasts), picture_count=count)
        for run, begin_at in enumerate(AT + timedelta(minutes=each) for each in range(3))
    ]
    spans = parse_stored([stored_line(run) + "\n" for run in runs]).spans_of(SEGMENT)
    shown = [(span.end_at - run.span.end_at).total_seconds() for span, run in zip(spans, runs, strict=True)]
    assert shown == pytest.approx([0.2 if pictures_each > 1 else 0.0] * 3, abs=1e-3)


def test_a_segment_is_found_by_its_final_name() -> None:
    name = "ROST2_20250528T140000.mkv"
    found = parse_stored(["\n".join([stored_line(RUN), named_line(SEGMENT, name, at=AT)])])
    segment = found.segment_named(name, written_at=AT)
    assert segment is not None
    (span,) = segment.spans
    assert span.start_at == RUN.span.start_at
    assert not found.segment_named("ROST2_20250528T140000~2.mkv", written_at=AT + timedelta(hours=1))
    assert found.first_of(("20250528T120000Z", 2)) is None


def test_of_two_segments_of_one_name_the_one_that_ended_then_is_meant() -> None:
    """In the autumn hour, when the first one has been moved away."""
    hour, name = timedelta(hours=1), "ROST2_20251026T023000.mkv"
    later = attrs.evolve(RUN, segment=("s", 7), span=Span(RUN.span.start_at + hour, AT + hour), picture_count=1)
    lines = (stored_line(RUN), named_line(SEGMENT, name, at=AT), stored_line(later), named_line(("s", 7), name, at=AT))
    found = parse_stored(["\n".join(lines)])
    first, second = (found.segment_named(name, written_at=AT + each) for each in (timedelta(0), hour))
    assert first is not None
    assert second is not None
    assert first.spans[0].start_at == RUN.span.start_at
    assert second.spans == (later.span,)


def test_a_segment_that_got_its_number_in_the_next_folder_is_the_one_that_ended_then() -> None:
    """In the autumn hour the first one waits for the backup already, so that the second has the same name at first."""
    hour, name = timedelta(hours=1), "ROST2_20251026T023000.mkv"
    later = attrs.evolve(RUN, segment=("s", 7), span=Span(RUN.span.start_at + hour, AT + hour))
    lines = (stored_line(RUN), named_line(SEGMENT, name, at=AT), stored_line(later), named_line(("s", 7), name, at=AT))
    found = parse_stored(["\n".join(lines)])

    second = found.segment_named("ROST2_20251026T023000~2.mkv", written_at=AT + hour)
    assert second is not None
    assert second.segment == ("s", 7)
    assert not found.segment_named("ROST2_20251026T023000~2.mkv", written_at=AT + 2 * hour), "nobody knows that one"
    assert not found.segment_named("ROST2_20251026T033000~2.mkv", written_at=AT + hour)
    assert not found.segment_named("clip.mkv", written_at=AT)


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_torn_line_is_not_believed(cut: int) -> None:
    found = parse_stored([stored_line(RUN)[:-cut] + "\n" + stored_line(attrs.evolve(RUN, run=1))])
    assert [run for _, run in found.runs] == [1]


@pytest.mark.parametrize("line", [stored_line(RUN), named_line(SEGMENT, "a.mkv", at=AT)])
def test_a_number_that_is_none_is_not_believed(line: str) -> None:
    text = line.rpartition("\t")[0].replace("\t1\t", "\tone\t", 1)
    assert parse_stored([f"{text}\t{crc32(text.encode()):08x}"]).last is None


def test_lines_are_looked_for_in_the_files_of_the_days_around() -> None:
    assert stored_file(AT) == "2025-05-28"
    assert list(stored_files(Span(AT, AT + timedelta(hours=13)))) == [
        "2025-05-27",
        "2025-05-28",
        "2025-05-29",
        "2025-05-30",
    ]


LINES = st.one_of(
    st.builds(
        lambda session, number, run, count: stored_line(
            attrs.evolve(RUN, segment=(session, number), run=run, picture_count=count)
        ),
        st.sampled_from(["20250528T120000Z", "20250528T130000Z"]),
        st.integers(1, 3),
        st.integers(0, 1),
        st.integers(1, 1000),
    ),
    st.builds(
        lambda number, name: named_line(("20250528T120000Z", number), name, at=AT), st.integers(1, 3), st.just("a")
    ),
    st.just(stored_line(RUN)[:-3]),
    st.just(""),
)


@given(st.lists(LINES, max_size=12))
def test_a_text_that_was_made_smaller_says_the_same(lines: list[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    smaller = compacted(text)
    assert parse_stored([smaller]) == parse_stored([text])
    assert compacted(smaller) == smaller
    assert len(smaller.splitlines()) <= len(set(lines))


def test_a_torn_last_line_does_not_stay() -> None:
    assert compacted(f"{stored_line(RUN)}\n{stored_line(RUN)[:40]}") == f"{stored_line(RUN)}\n"


def test_the_days_that_are_written_to_are_not_closed() -> None:
    names = ("2025-05-28", "2025-05-27", "2025-05-26", "2031-01-01", "1970-01-01", "2025-05-26.camvault-part")
    assert files_of_closed_days(names, now=AT) == ("1970-01-01", "2025-05-26")


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("20250528T120000Z/A_20250528T120000Z.1.mkv", ("2025-05-27", "2025-05-28", "2025-05-29")),
        # it was touched days later, in a session that lasted for a week
        (
            "20250528T120000Z/A_20250610T120000Z.1009.mkv",
            tuple(
                f"2025-{month}-{day}"
                for month, days in (("05", (27, 28, 29)), ("06", ("03", "04", "05", "09", 10, 11)))
                for day in days
            ),
        ),
        ("else/A_20250528T120000Z.1.mkv", ("2025-05-27", "2025-05-28", "2025-05-29")),
        ("20250528T120000Z/clip.mkv", ()),
    ],
)
def test_lines_about_a_segment_are_looked_for_around_all_times_that_it_may_be_of(
    file: str, expected: tuple[str, ...]
) -> None:
    assert files_about(PurePath("/out/A/.live", file), segment_s=600) == expected


def test_a_number_that_no_session_reaches_is_no_trouble() -> None:
    assert files_about(PurePath("/out/A/.live/20250528T120000Z/A_20250528T120000Z.9999999999.mkv"), segment_s=600)


def test_what_is_read_from_a_file_afterwards_is_not_what_was_stored_last() -> None:
    """The watchdog takes that for the present; it is what the power cut left."""
    afterwards = attrs.evolve(RUN, segment=("20250527T120000Z", 3), boot="")
    assert parse_stored([f"{stored_line(RUN)}\n{stored_line(afterwards)}\n"]).last == RUN
    assert parse_stored([f"{stored_line(afterwards)}\n"]).last == afterwards
