"""Workflow, private part: the world of cleanup."""

import attrs

from camvault.ports.cancellation import Cancellation
from camvault.ports.clock import Clock
from camvault.ports.events import Reporter
from camvault.ports.files import Storage


@attrs.frozen(kw_only=True)
class CleanupPorts:
    """The world of `free_space`."""

    storage: Storage
    clock: Clock
    reporter: Reporter
    cancel: Cancellation
