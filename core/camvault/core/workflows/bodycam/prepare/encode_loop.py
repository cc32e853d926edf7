"""Workflow, private part: the state of the closed loop in which the clips of a batch are encoded."""

from concurrent.futures import Future

import attrs

from camvault.core.batch.resuming import batch_of, replaced, results_of, with_settled
from camvault.core.batch.uncoded import bytes_set_apart
from camvault.core.capacity.allocation import EncodeAction, EncodeBatch, EncodeResult
from camvault.core.workflows.bodycam.prepare.job import PrepareJob
from camvault.core.workflows.steps.linked_cancellation import LinkedCancellation
from camvault.core.workflows.steps.meter import BatchMeter
from camvault.ports.batch_record import ClipRecord, OutputRecord
from camvault.ports.entries import FileIdentity


@attrs.frozen
class EncodeDone:
    """The result of a worker: size in bytes; of an encode also the original's digest, and what is not in the output.

    Of a sample also its quality, where that is measured.

    `argv` and `tool` are those of the encode.

    `made` is which file the encoder wrote: what stands under its temporary name later is taken only if it is this one.
    """

    size_bytes: int
    made: FileIdentity | None = None
    source_sha256: str | None = None
    doubts: tuple[str, ...] = ()
    quality: float | None = None
    argv: tuple[str, ...] = ()
    tool: str = ""

    @property
    def doubt(self) -> str:
        """All doubts in one sentence."""
        return "; ".join(self.doubts)

    def output(self, identity: FileIdentity, sha256: str) -> OutputRecord:
        """The record of what the encoder wrote, once it is the file of this identity and digest."""
        return OutputRecord(identity, sha256, self.source_sha256, self.doubt, self.argv, self.tool)


@attrs.define(eq=False)
class EncodeLoop:
    """The state of the loop: the actions that are running, and the results of those that have ended.

    `batch` is None when no clip is left to be encoded. `refused` says why clips cannot be encoded, by their keys;
    `set_apart_bytes` are kept free for their copies. `postponed` are the keys of clips that a later run will encode:
    they keep their share of the room. `sought_kbps` are the bitrates of which it was said that they are tried.
    """

    job: PrepareJob
    batch: EncodeBatch | None
    results: list[EncodeResult]
    meter: BatchMeter
    stop: LinkedCancellation
    running: dict[Future[EncodeDone], EncodeAction] = attrs.field(factory=dict)
    refused: dict[str, str] = attrs.field(factory=dict)
    postponed: set[str] = attrs.field(factory=set)
    set_apart_bytes: int = 0
    sought_kbps: set[int] = attrs.field(factory=set)

    def drop(self, clip: ClipRecord, reason: str, *, is_copied: bool) -> None:
        """Go on without a clip; an output that it already has stays. `is_copied`: room may be kept for its copy."""
        progress = self.job.progress
        self.refused[clip.key] = reason
        self.set_apart_bytes += bytes_set_apart(progress, clip) if is_copied else 0
        self.batch = batch_of(progress, without=self.refused, set_apart_bytes=self.set_apart_bytes)
        self.results = results_of(progress, without=self.refused)

    def record(self, clip: ClipRecord) -> None:
        """Make this clip, and what is settled by it, durable."""
        self.job.record(with_settled(replaced(self.job.progress, clip), without=self.refused))
