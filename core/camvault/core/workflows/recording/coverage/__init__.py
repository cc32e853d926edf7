"""Workflow: how much of a period each camera recorded, wherever its segments are by now.

| place                                | what counts                                                        |
|--------------------------------------|--------------------------------------------------------------------|
| OUT/STATION, OUT/STATION/.live/…     | from the time in its name to its mtime                             |
| READY/STATION/DATE                   | the same                                                           |
| quarantine                           | only the duration that the file itself states                      |
| ledger: sent, proven, removed, lost  | from the time in its name to its mtime: it was recorded, even if   |
|                                      | no file of it can be read here                                     |

A segment that ends where the next one begins is not opened. Only where two do not fit together is the duration read
from the file, so that a report over 200,000 segments opens only the few beside gaps.

The time in which a recorder wrote files and received no pictures does not count: a camera that hangs may go on sending
sound.
"""

from camvault.core.workflows.recording.coverage.options import CoverageOptions, CoveragePorts, Places
from camvault.core.workflows.recording.coverage.report import CoverageReport, report_coverage

__all__ = ["CoverageOptions", "CoveragePorts", "CoverageReport", "Places", "report_coverage"]
