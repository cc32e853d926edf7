"""Pure: where one file of a disc came from, of what the record of its batch says, and of what the file says itself."""

from pathlib import PurePath

import attrs

from camvault.core.evidence.camera_start import CameraStart, camera_start, file_time_text
from camvault.core.evidence.custody import ClipCustody, How, Made, Original
from camvault.ports.batch_record import BatchRecord, ClipRecord, Coding, Mode
from camvault.ports.clip_facts import ContainerFacts
from camvault.ports.entries import FileIdentity


@attrs.frozen(kw_only=True)
class SeenFile:
    """A file as it goes onto a disc: its name there, where it stands now, which file it is, and its digest."""

    name: str
    source: PurePath
    identity: FileIdentity
    sha256: str
    facts: ContainerFacts = attrs.field(factory=ContainerFacts)


def clip_custody(seen: SeenFile, *, batch: BatchRecord | None, clip: ClipRecord | None, tool: str) -> ClipCustody:
    """Where a file came from; `clip` is its record in `batch`. A file without record is its own original.

    `tool` is what copied it: camvault with its version.
    """
    if batch is None or clip is None or clip.source is None or clip.output is None:
        return _of_itself(seen, tool)
    is_encoded = batch.mode is Mode.ENCODE and clip.coding is Coding.BY_MODE
    identity = clip.source_identity or seen.identity
    original = Original(
        path=str(clip.source),
        size_bytes=identity.size_bytes,
        mtime=file_time_text(identity.mtime_ns),
        sha256=clip.output.source_sha256 or ("" if is_encoded else clip.output.sha256),
    )
    made = Made(
        how=How.ENCODE if is_encoded else How.COPY,
        argv=clip.output.argv,
        tool=clip.output.tool if is_encoded else tool,
        doubts=(clip.output.doubt,) if clip.output.doubt else (),
    )
    begun = camera_start(seen.facts.tags, name=clip.source.name, mtime_ns=identity.mtime_ns)
    return _custody(seen, begun, clip.duration_s or seen.facts.duration_s, original, made)


def _of_itself(seen: SeenFile, tool: str) -> ClipCustody:
    original = Original(
        path=str(seen.source),
        size_bytes=seen.identity.size_bytes,
        mtime=file_time_text(seen.identity.mtime_ns),
        sha256=seen.sha256,
    )
    begun = camera_start(seen.facts.tags, name=seen.source.name, mtime_ns=seen.identity.mtime_ns)
    return _custody(seen, begun, seen.facts.duration_s, original, Made(how=How.COPY, tool=tool))


def _custody(
    seen: SeenFile, begun: CameraStart, duration_s: float | None, original: Original, made: Made
) -> ClipCustody:
    return ClipCustody(
        name=seen.name,
        camera=begun.camera,
        start=begun.start,
        clock=begun.clock,
        duration_s=duration_s,
        original=original,
        made=made,
        size_bytes=seen.identity.size_bytes,
        sha256=seen.sha256,
    )
