"""Pure: the state of a segment that was not backed up yet, from what is seen of its file.

| the file lies in                               | it is still written | state       |
|------------------------------------------------|---------------------|-------------|
| the folder of a station or of one of its       | yes                 | RECORDING   |
| sessions                                       | no                  | COMPLETE    |
| quarantine                                     | yes or no           | QUARANTINED |

Two events are seen and not done: CLOSED, when a file is not written any more, and RELEASED, when the operator took a
file out of quarantine into its station's folder.
"""

from camvault.core.segments.lifecycle import SegmentState
from camvault.ports.entries import FileIdentity


def observed_state(chosen: FileIdentity, now: FileIdentity, *, is_in_quarantine: bool = False) -> SegmentState:
    """The state of a file that looked finished when it was chosen.

    Args:
        chosen: The file's identity when a workflow chose to do something with it.
        now: Its identity just before that is done: another one means that the file is still written, by a recorder
            that was started again, or by one that outlived its supervisor.
        is_in_quarantine: Whether it lies in quarantine.
    """
    if is_in_quarantine:
        return SegmentState.QUARANTINED
    return SegmentState.COMPLETE if now == chosen else SegmentState.RECORDING
