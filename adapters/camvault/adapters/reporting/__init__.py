"""Adapter for reporting: renderings of the one stream of events (log file, console, JSON lines, nothing)."""

from camvault.adapters.reporting.console import PlainConsole, make_console
from camvault.adapters.reporting.fanout import Fanout, ScopedReporter, Silent
from camvault.adapters.reporting.lines import arrows, shell_line, single_line
from camvault.adapters.reporting.logfile import JsonLogFile, LogFile
from camvault.adapters.reporting.redaction import Redact, redact_nothing, redacting

__all__ = [
    "Fanout",
    "JsonLogFile",
    "LogFile",
    "PlainConsole",
    "Redact",
    "ScopedReporter",
    "Silent",
    "arrows",
    "make_console",
    "redact_nothing",
    "redacting",
    "shell_line",
    "single_line",
]
