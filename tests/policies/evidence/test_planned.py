"""The evidence of a batch before it is copied has the size that it will have afterwards."""

from pathlib import PurePath, PurePosixPath

import attrs

from camvault.core.evidence.clip_custody import SeenFile, clip_custody
from camvault.core.evidence.disc_evidence import DiscEvidence, encoded
from camvault.core.evidence.planned import planned_evidence
from camvault.ports.batch_record import BatchRecord, ClipRecord, Mode, OutputRecord
from camvault.ports.clip_facts import ContainerFacts
from camvault.ports.entries import FileIdentity

TOOLS = {"camvault": "1"}
FACTS = ContainerFacts(9.123456, {"creation_time": "2025-07-18T10:15:00Z", "model": "Body 3"})
CLIPS = (
    ClipRecord(
        key="cam1.mp4",
        source=PurePath("/card/DCIM/cam1.mp4"),
        source_identity=FileIdentity(900, 1_752_833_700_123_456_789),
        duration_s=9.1,
        output_name="cam1.mp4",
    ),
    ClipRecord(key="README.txt", source=PurePath("/card/readme.txt"), source_identity=FileIdentity(5, 0)),
)


def test_sizes_are_those_of_the_copies() -> None:
    batch = BatchRecord(10**9, 0, Mode.COPY, None, CLIPS)
    planned = planned_evidence(batch, facts_of=lambda _: FACTS, label="L", stamp="2025-07-18T10:15:00Z", tools=TOOLS)
    copied = {}
    for clip in CLIPS:
        identity = clip.source_identity
        assert identity is not None
        done = attrs.evolve(clip, output=OutputRecord(identity, "a" * 64))
        source = PurePath("/build") / clip.output_file
        seen = SeenFile(name=clip.output_file, source=source, identity=identity, sha256="a" * 64, facts=FACTS)
        copied[PurePosixPath(clip.output_file)] = clip_custody(seen, batch=batch, clip=done, tool="camvault 1")
    real = DiscEvidence(label="L", stamp=planned.stamp, tools=TOOLS, places=planned.places, clips=copied)
    sizes = [{path: len(encoded(text)) for path, text in each.texts().items()} for each in (planned, real)]
    assert sizes[0] == sizes[1]


def test_a_clip_of_the_same_name_keeps_it() -> None:
    batch = BatchRecord(10**9, 0, Mode.COPY, None, (ClipRecord(key="ReadMe.TXT"),))
    planned = planned_evidence(batch, facts_of=lambda _: FACTS, label="L", stamp="s", tools=TOOLS)
    assert str(planned.places.readme) == "README-camvault-1.txt"
