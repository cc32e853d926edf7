"""Workflow, private part: what a progress file of the specification's plain format does not say is found out.

The plain format has the names of the clips and whether each is done. Where an original lies, what it holds, and whether
the output of a done clip holds the same footage, is looked up; a done output that does not is made again.
"""

from pathlib import PurePath

import attrs

from camvault.core.batch.given_clips import GivenClip
from camvault.core.batch.plan import lengths_agree
from camvault.core.batch.resuming import MadeOutput, described, with_findings
from camvault.core.workflows.bodycam.prepare.observation import PlanPorts, look_at, output_of, source_of
from camvault.ports.batch_record import BatchRecord, ClipState, Mode, OutputRecord
from camvault.ports.entries import FileKind
from camvault.ports.errors import MediaError

_DOUBT = "another tool made the output: only its length could be compared with the original"


def described_and_compared(
    progress: BatchRecord, *, root: PurePath, current_folder: PurePath, ports: PlanPorts
) -> BatchRecord:
    """The progress with what is found of each original in it, and of each done output that holds its original."""
    progress = described(progress, sources_in=current_folder)

    def look(source: PurePath) -> GivenClip:
        resolved = ports.storage.resolve(source)
        if resolved.is_relative_to(root):  # the command was started in the build directory: this is the output itself
            return GivenClip(source=source, resolved=resolved)
        return look_at(source, ports)

    given = ports.executor.map(look, [source_of(clip) for clip in progress.clips])
    clips = []
    for clip, found in zip(progress.clips, given, strict=True):
        made = None
        if clip.state is ClipState.DONE:
            made = _compared(output_of(clip, root=root), found, progress.mode, ports)
        clips.append(with_findings(clip, found, made, kbps=progress.kbps))
    return attrs.evolve(progress, clips=tuple(clips))


def _compared(output: PurePath, found: GivenClip, mode: Mode, ports: PlanPorts) -> MadeOutput | None:
    """The record of an output that holds what its original holds; None if it does not, or is not there."""
    entry = ports.storage.entry(output)
    if entry is None or entry.kind is not FileKind.FILE:
        return None
    if mode is Mode.COPY:
        record = OutputRecord(entry.identity, ports.digest(output))
        is_equal = found.entry is None or ports.digest(found.resolved) == record.sha256
        return MadeOutput(record) if is_equal else None
    try:
        made = ports.probe.probe(output)
    except MediaError:
        return None
    is_equal = found.info is None or lengths_agree(made.duration_s, found.info.duration_s)
    record = OutputRecord(entry.identity, ports.digest(output), doubt=_DOUBT)
    return MadeOutput(record, made.duration_s) if is_equal else None
