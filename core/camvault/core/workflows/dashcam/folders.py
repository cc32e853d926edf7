"""Workflow, shared part: where the files of a dashcam box are."""

from pathlib import PurePath

import attrs

RECORDS_NAME = ".camvault"
LOCK_NAME = "lock"


@attrs.frozen
class BoxFolders:
    """Clips are staged below `staging` under their path on the card; what is known of them has a folder of its own."""

    staging: PurePath

    @property
    def records(self) -> PurePath:
        """The ledger, the proof of the port, the marker of the server, and what the service remembers; never sent."""
        return self.staging / RECORDS_NAME

    @property
    def lock(self) -> PurePath:
        """Held by whoever copies, sends or switches: one at a time."""
        return self.records / LOCK_NAME
