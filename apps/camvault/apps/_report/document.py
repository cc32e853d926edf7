"""Composition root: a report as one JSON object. Sizes are in bytes, days as `YYYY-MM-DD`."""

import json
from datetime import date
from typing import Any

from camvault.apps._report.tables import AREAS
from camvault.core.archive.report import NEVER_ARCHIVED, CameraFigures, ClipStanding, FootageSums, HoldingsReport
from camvault.core.workflows.archive import ArchiveRoots


def document_of(report: HoldingsReport, roots: ArchiveRoots) -> str:
    """The text of the document, in ASCII."""
    document = {
        "directory": str(roots.input),
        "output": str(roots.output),
        "trash": None if roots.trash is None else str(roots.trash),
        "today": _day(report.today),
        "since": _day(report.since),
        "total": _sums(report.total),
        "cameras": [_camera(each) for each in report.cameras],
        "days": [
            {
                "day": _day(day),
                "camera": camera,
                "archives": sums.archive_count,
                "bytes": sums.archive_bytes,
                "clips": _standings(sums),
            }
            for (day, camera), sums in report.cells.items()
        ],
        "weeks": [
            {
                "week": week.name,
                "begins": _day(week.monday),
                "archives": week.file_count,
                "bytes": week.size_bytes,
            }
            for week in report.weeks
        ],
        "never_archived": [
            {"day": _day(day), "camera": camera, "where": standing.value, "clips": clips, "bytes": size_bytes}
            for day, camera, standing, clips, size_bytes in report.sums_of(NEVER_ARCHIVED)
        ],
        "places": {
            AREAS[area.name]: {
                "files": area.file_count,
                "bytes": area.size_bytes,
                "growth_bytes_per_day": area.growth_bytes_per_day,
            }
            for area in report.areas
        },
        "disks": [
            {
                "places": [AREAS[area] for area in disk.areas],
                "free_bytes": disk.free_bytes,
                "total_bytes": disk.total_bytes,
                "growth_bytes_per_day": disk.growth_bytes_per_day,
                "full_on": _day(disk.full_on),
                "days_left": None if disk.full_on is None else (disk.full_on - report.today).days,
            }
            for disk in report.disks
        ],
        "problems": list(report.problems),
        "notes": list(report.notes),
    }
    return json.dumps(document, indent=2)


def _camera(each: CameraFigures) -> dict[str, Any]:
    return {
        "camera": each.camera,
        "first_day": _day(min(each.days)),
        "last_day": _day(max(each.days)),
        "days": len(each.days),
        **_sums(each.sums),
        "gaps": [
            {"from": _day(gap.first), "to": _day(gap.last), "days": gap.day_count, "still": gap.is_open}
            for gap in each.gaps
        ],
    }


def _sums(sums: FootageSums) -> dict[str, Any]:
    return {
        "archives": sums.archive_count,
        "bytes": sums.archive_bytes,
        "savings": {
            "archives": sums.counts[ClipStanding.KEPT],
            "bytes_before": sums.source_bytes,
            "bytes_after": sums.sizes[ClipStanding.KEPT],
            "saved_bytes": sums.saved_bytes,
            "remuxed": sums.remuxed_count,
        },
        "clips": _standings(sums),
        "quality": [
            {
                "measure": quality.measure,
                "unit": quality.unit,
                "archives": quality.count,
                "mean": quality.mean,
                "lowest": quality.lowest,
                "lowest_archive": quality.lowest_archive,
            }
            for quality in sums.qualities.values()
        ],
    }


def _standings(sums: FootageSums) -> dict[str, dict[str, int]]:
    """Where clips and archives are, those standings that there are."""
    return {
        standing.value: {"count": sums.counts[standing], "bytes": sums.sizes[standing]}
        for standing in ClipStanding
        if sums.counts[standing]
    }


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()
