"""Workflow, values: the ports that `organize` works with."""

from collections.abc import Callable
from datetime import UTC, tzinfo

import attrs

from camvault.core.segments.ledger import Ledger
from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.events import Reporter
from camvault.ports.files import Storage
from camvault.ports.footage import FootageCheck
from camvault.ports.pictures import PictureCounter


@attrs.frozen(kw_only=True)
class OrganizePorts:
    """The ports that `organize` works with.

    Attributes:
        pictures: Counts what is in segments that are adopted.
        ledger_of_day: The ledger of a day (`YYYY-MM-DD`): the names that are used at the target. It may know none.
        zone: The zone of local names, for segments that are adopted from a recorder that named them by UTC.
    """

    storage: Storage
    footage: FootageCheck
    pictures: PictureCounter
    clock: Clock
    reporter: Reporter
    cancel: Cancellation
    ledger_of_day: Callable[[str], Ledger] = lambda _: Ledger()
    zone: tzinfo = UTC
