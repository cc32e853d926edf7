"""Workflow step: the states of the segments that a job works on, and what the lifecycle allows next."""

from pathlib import PurePosixPath

import attrs

from camvault.core.segments.lifecycle import SegmentEvent, SegmentState, step


@attrs.define
class SegmentStates:
    """The states of the segments that a job works on, by their path below the folder of the footage.

    What has no state yet is READY: in its date folder, and in no record.
    """

    states: dict[PurePosixPath, SegmentState] = attrs.field(factory=dict)

    def state(self, path: PurePosixPath) -> SegmentState:
        """Where in its life the segment is."""
        return self.states.get(path, SegmentState.READY)

    def refusal(self, path: PurePosixPath, event: SegmentEvent) -> str:
        """Why this cannot happen to the segment; "" if it can. Nothing changes."""
        return step(self.state(path), event).refusal

    def step(self, path: PurePosixPath, event: SegmentEvent) -> str:
        """This happens to the segment; "" if so, else why it cannot, and then nothing changes."""
        stepped = step(self.state(path), event)
        self.states[path] = stepped.state
        return stepped.refusal
