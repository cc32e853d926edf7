"""Benchmark: a year's coverage of 16 cameras, 52,560 segments each.

python benchmarks/coverage.py
"""

import time
from datetime import UTC, datetime, timedelta

from camvault.core.segments.coverage import Cause, Outage, Span, coverage

START = datetime(2025, 1, 1, tzinfo=UTC)
SEGMENT = timedelta(minutes=10)


def main() -> None:
    """One segment in a hundred is missing, and each gap has a cause."""
    count = 365 * 144
    spans = [Span(START + n * SEGMENT, START + (n + 1) * SEGMENT) for n in range(count)]
    recorded = [span for number, span in enumerate(spans) if number % 100]
    events = [Outage(Cause.STALL, span) for span in spans[::100]]
    period = Span(START, START + count * SEGMENT)
    begun = time.perf_counter(), time.process_time()
    reports = [coverage(f"ROST{n}", recorded, period=period, events=events) for n in range(16)]
    wall, cpu = time.perf_counter() - begun[0], time.process_time() - begun[1]
    gaps = sum(len(report.gaps) for report in reports)
    print(f"{len(reports)} cameras, {count:,} segments each: {cpu:.2f} s of CPU, {wall:.2f} s, {gaps:,} gaps explained")


if __name__ == "__main__":
    main()
