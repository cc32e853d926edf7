"""What is kept free for the evidence holds it, whatever the clips are called and however they are made."""

from pathlib import PurePath, PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from camvault.adapters.bridge.layout import lay_out
from camvault.core import strategies as its
from camvault.core.capacity.budget import image_overhead_bytes
from camvault.core.evidence.camera_start import camera_start
from camvault.core.evidence.clip_custody import SeenFile, clip_custody
from camvault.core.evidence.disc_evidence import DiscEvidence, encoded
from camvault.core.evidence.places import EvidencePlaces
from camvault.core.evidence.room import evidence_room_bytes
from camvault.ports.batch_record import BatchRecord, ClipRecord, Mode, OutputRecord
from camvault.ports.clip_facts import ContainerFacts
from camvault.ports.entries import FileIdentity

SHA256 = "0" * 64
TAGS = st.dictionaries(st.sampled_from(["creation_time", "model", "make"]), st.text(max_size=300), max_size=3)


def encoded_clip(source: PurePath, *, tags: dict[str, str], doubt: str) -> tuple[str, object]:
    name = source.name
    output = OutputRecord(
        FileIdentity(10**11, 0), SHA256, SHA256, doubt, (str(source), "-x" * 1000, str(source)), "f 1"
    )
    clip = ClipRecord(key=name, source=source, source_identity=FileIdentity(10**12, 1), output_name=name, output=output)
    batch = BatchRecord(10**12, 0, Mode.ENCODE, 300, (clip,))
    seen = SeenFile(
        name=name, source=source, identity=FileIdentity(10**11, 0), sha256=SHA256, facts=ContainerFacts(1.0, tags)
    )
    return name, clip_custody(seen, batch=batch, clip=clip, tool="camvault 1")


@given(st.lists(its.paths(), max_size=4, unique_by=lambda path: path.name), TAGS, st.text(max_size=400))
def test_the_room_holds_the_evidence_and_what_an_image_needs_for_it(
    sources: list[PurePath], tags: dict[str, str], doubt: str
) -> None:
    clips = {}
    for source in sources:
        name, custody = encoded_clip(source, tags=tags, doubt=doubt)
        clips[PurePosixPath(name)] = custody
    evidence = DiscEvidence(
        label="L" * 32,
        stamp="2025-07-18T10:15:00Z",
        tools={"camvault": "1", "system": "x" * 200},
        places=EvidencePlaces(),
        clips=clips,  # type: ignore[arg-type]
    )
    files = [(path, FileIdentity(5000, 0)) for path in clips]
    more = [(path, FileIdentity(len(encoded(text)), 0)) for path, text in evidence.texts().items()]
    root, folder = PurePosixPath(), evidence.places.folder
    image_bytes = lay_out([*files, *more], [root, folder], evidence.placement).sector_count * 2048
    room = image_overhead_bytes(len(files)) + evidence_room_bytes(sources)
    assert image_bytes <= sum(identity.size_bytes for _, identity in files) + room


def test_a_camera_that_says_a_lot_of_itself_is_cut() -> None:
    assert len(camera_start({"model": "x" * 1000}, name="a", mtime_ns=0).camera) == 32


def test_names_count() -> None:
    short, long = (evidence_room_bytes([PurePath("/c") / ("n" * count)]) for count in (1, 100))
    assert long > short > evidence_room_bytes([])
