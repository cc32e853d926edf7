"""Adapter for reporting: renderings of the one stream of events (log file, console, JSON lines, nothing)."""

from camvault.adapters.reporting.console import PlainConsole, make_console
from camvault.adapters.reporting.fanout import Fanout, ScopedReporter, Silent
from camvault.adapters.reporting.lines import LINE_FORMATS, arrows, brackets, escaped_lines, shell_line, single_line
from camvault.adapters.reporting.logfile import JsonLogFile, LogFile, rotated
from camvault.adapters.reporting.redaction import Redact, redact_nothing, redacting

__all__ = [
    "LINE_FORMATS",
    "Fanout",
    "JsonLogFile",
    "LogFile",
    "PlainConsole",
    "Redact",
    "ScopedReporter",
    "Silent",
    "arrows",
    "brackets",
    "escaped_lines",
    "make_console",
    "redact_nothing",
    "redacting",
    "rotated",
    "shell_line",
    "single_line",
]
