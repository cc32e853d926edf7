"""`--help` must stay fast: it imports none of what is only needed for the work."""

import subprocess
import sys

import pytest

COMMANDS = (
    "archive_report",
    "backup_video",
    "burn_iso",
    "camera_archiver",
    "cleanup",
    "cleanup_video",
    "create_iso",
    "monitor_recordings",
    "organize_video",
    "prepare_bodycam",
    "record_camera",
    "recording_coverage",
    "run_bodycam_pipeline",
    "service_helper",
)
HEAVY = ("asyncio", "av", "cattrs", "concurrent.futures", "jinja2", "matplotlib", "pycdlib", "rich", "sh", "yaml")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_imports_nothing_heavy(command: str) -> None:
    """The list is asserted, not the time: that is the same on every machine."""
    program = f"""
import sys
from camvault.apps import {command}
from camvault.apps._cli.entry import main
code = main({command}.STAGE, ["--help"])
print(sorted(set(sys.modules) & set({HEAVY!r})), file=sys.stderr)
sys.exit(code)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "[]\n")
    assert "Exit codes:" in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_the_console_script_is_the_module(command: str) -> None:
    """`command` and `python -m camvault.apps.command` are one."""
    from importlib.metadata import entry_points  # noqa: PLC0415

    (script,) = entry_points(group="console_scripts", name=command)
    assert script.value == f"camvault.apps.{command}:entry"
    done = subprocess.run(
        [sys.executable, "-m", f"camvault.apps.{command}", "--version"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
