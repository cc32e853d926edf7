"""Pure: the evidence of a disc before its clips are copied: its sizes are those that it will have."""

from collections.abc import Callable, Mapping
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.core.evidence.clip_custody import SeenFile, clip_custody
from camvault.core.evidence.disc_evidence import CAMVAULT, DiscEvidence, without_digest
from camvault.core.evidence.places import evidence_places
from camvault.core.evidence.signature import DiscSignature
from camvault.core.free_names import folded
from camvault.ports.batch_record import BatchRecord
from camvault.ports.clip_facts import ContainerFacts
from camvault.ports.entries import FileIdentity


def planned_evidence(
    batch: BatchRecord,
    *,
    facts_of: Callable[[PurePath], ContainerFacts],
    label: str,
    stamp: str,
    tools: Mapping[str, str],
    signature: DiscSignature | None = None,
) -> DiscEvidence:
    """The evidence of a batch whose clips will all be copied, with zeros for digests that nobody knows yet."""
    clips = {}
    for clip in batch.clips:
        source = clip.source or PurePath(clip.key)
        facts = facts_of(source)
        seen = SeenFile(
            name=clip.output_file,
            source=source,
            identity=clip.source_identity or FileIdentity(0, 0),
            sha256="",
            facts=attrs.evolve(facts, duration_s=clip.duration_s or facts.duration_s),
        )
        custody = clip_custody(seen, batch=None, clip=None, tool=f"{CAMVAULT} {tools[CAMVAULT]}")
        clips[PurePosixPath(clip.output_file)] = without_digest(custody)
    places = evidence_places({folded(str(path)) for path in clips})
    return DiscEvidence(label=label, stamp=stamp, tools=tools, places=places, clips=clips, signature=signature)
