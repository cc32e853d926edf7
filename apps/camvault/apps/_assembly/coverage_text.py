"""Composition root, shared part: the report of `recording_coverage`, as a table and as JSON."""

import json

from camvault.core.segments.coverage import Coverage


def as_table(found: tuple[Coverage, ...]) -> list[str]:
    """A line for each camera, then one for each gap with its cause."""
    width = max([len("station"), *(len(each.station) for each in found)])
    lines = [f"{'station':{width}}  recorded         missing  gaps"]
    for each in found:
        missing_s = each.expected_s - each.recorded_s
        lines.append(
            f"{each.station:{width}}  {_floored(each.percent):>8} %  {missing_s:>10,.0f} s  {len(each.gaps):>4}"
        )
    gaps = [f"{each.station:{width}}  {gap}{_also(gap.also)}" for each in found for gap in each.gaps]
    return [*lines, "", *gaps] if gaps else lines


def _also(causes: tuple[object, ...]) -> str:
    return f" (also {', '.join(str(getattr(cause, 'value', cause)) for cause in causes)})" if causes else ""


def _floored(percent: float) -> str:
    """Three digits, never rounded up: 100 means all of it."""
    return f"{int(percent * 1000) / 1000:.3f}"


def as_json(found: tuple[Coverage, ...]) -> list[str]:
    """One JSON document, a list with an object for each camera."""
    document = [
        {
            "station": each.station,
            "from": each.period.start_at.isoformat(),
            "to": each.period.end_at.isoformat(),
            "expected_s": each.expected_s,
            "recorded_s": each.recorded_s,
            "percent": each.percent,
            "gaps": [
                {
                    "from": gap.span.start_at.isoformat(),
                    "to": gap.span.end_at.isoformat(),
                    "seconds": gap.span.seconds,
                    "cause": gap.cause.value,
                    "also": [cause.value for cause in gap.also],
                }
                for gap in each.gaps
            ],
        }
        for each in found
    ]
    return [json.dumps(document, indent=2)]
