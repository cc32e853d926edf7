"""Adapter for targets that have no port of their own: whether the target of a transfer knows itself.

For a folder of this machine, which may not be mounted, and for a remote of rclone, which only rclone reaches.
"""

import attrs

from camvault.ports.cancellation import Cancellation
from camvault.ports.reach import Reach, Reached
from camvault.ports.transfer import Here, NoRecordedTarget, Transfer


@attrs.frozen
class TargetReach:
    """The target of a transfer. One that was never used counts as reached: the first upload marks it."""

    transfer: Transfer

    def look(self, *, cancel: Cancellation) -> Reached:
        """See `Reach`: the target is asked, nothing is sent."""
        cancel.check()
        where = self.transfer.where
        if self.transfer.wanted() == NoRecordedTarget():
            return Reached(True, f"{where} was not used before")
        answer = self.transfer.ask()
        cancel.check()
        return Reached(True, f"{where} answers") if isinstance(answer, Here) else Reached(False, f"{where}: {answer}")


_conforms: type[Reach] = TargetReach
