"""Composition root, shared part: `dashcam battery`."""

from camvault.apps._assembly.box import box_battery
from camvault.apps._assembly.power_text import as_json, as_lines
from camvault.apps._cli.stage import Context
from camvault.apps._dashcam.request import NotKnownError, Request
from camvault.core.power.readings import judged


def show_battery(context: Context, request: Request) -> None:
    """Read the UPS once.

    Raises:
        NotKnownError: Not all of the power is known; what is was printed.
    """
    reading = judged(box_battery().registers(cancel=context.cancel))
    for line in as_json(reading) if request.is_json else as_lines(reading):
        context.print_result(line)
    if reading.problems:
        raise NotKnownError(f"Not all of the power is known: {'; '.join(reading.problems)}")
