"""Workflow, private part: the evidence of a disc: what is observed, decided, and staged beside the image.

Crash order: the evidence is written into a temporary folder beside the image, which the image is made of as well as of
the folder of clips, and which goes when the image is made. One that a crash left behind is removed by the next run. The
folder of clips is never written to.
"""

import contextlib
import functools
from collections.abc import Iterator, Mapping
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.core.batch.build_dir import LEFTOVER_SUFFIX, PROGRESS_NAMES
from camvault.core.disc.contents import is_left_out
from camvault.core.evidence.camera_start import instant_text
from camvault.core.evidence.clip_custody import SeenFile, clip_custody
from camvault.core.evidence.custody import ClipCustody
from camvault.core.evidence.disc_evidence import CAMVAULT, DiscEvidence, encoded
from camvault.core.evidence.places import evidence_places, is_evidence_name
from camvault.core.free_names import folded
from camvault.core.workflows.bodycam.create_iso.events import EvidenceLeftOut, EvidenceMade
from camvault.core.workflows.bodycam.create_iso.job import ImageJob
from camvault.core.workflows.bodycam.create_iso.request import EvidenceWish
from camvault.core.workflows.bodycam.create_iso.signing import signed
from camvault.core.workflows.steps.meter import BatchMeter
from camvault.core.workflows.steps.target_claim import remove_leftover, temporary_path
from camvault.ports.batch_record import BatchRecord, ClipRecord
from camvault.ports.clip_facts import ContainerFacts
from camvault.ports.entries import FileKind
from camvault.ports.errors import CamvaultError, Cancelled, ChangedError, ExistsError, RecordError
from camvault.ports.events import Warned
from camvault.ports.image import ImageFile, ImagePlan

_SECOND_NS = 10**9


@attrs.frozen
class StagedImage:
    """The image as it will be written, and what its evidence says of the content of each file."""

    plan: ImagePlan
    sha256: Mapping[PurePosixPath, str] = attrs.field(factory=dict)


@contextlib.contextmanager
def staged(job: ImageJob, plain: ImagePlan, root: PurePath) -> Iterator[StagedImage]:
    """Inside the context the evidence stands beside the image; `plain` is the image without it.

    Without evidence, because none is wished or because the disc has no room for it, that is the image.

    Raises:
        StorageError: A file cannot be read, or the evidence cannot be written.
        ChangedError: The folder changes meanwhile.
        UsageError: The builder cannot place content, or the key cannot sign.
        Cancelled: The user stopped the run.
    """
    wish = job.request.evidence
    if wish is None:
        yield StagedImage(plain)
        return
    try:
        evidence = _evidence(job, wish, plain, root)
        plan, sha256 = _written(job, wish, evidence, plain, root)
        room_bytes = job.request.capacity_bytes
        if room_bytes is not None and plain.size_bytes <= room_bytes < plan.size_bytes:
            job.reporter.emit(EvidenceLeftOut(plan.size_bytes, room_bytes))
            yield StagedImage(plain)
            return
        extra_bytes = plan.size_bytes - plain.size_bytes
        job.reporter.emit(EvidenceMade(str(evidence.places), len(evidence.clips), extra_bytes))
        yield StagedImage(plan, sha256)
    finally:
        clear_stage(job)


def _stage(job: ImageJob) -> PurePath:
    return temporary_path(job.target.with_name(f"evidence.{job.target.name}"))


def clear_stage(job: ImageJob) -> None:
    """Remove the temporary folder of this or an earlier run.

    Raises:
        ExistsError: It holds what camvault did not put there, and that stays.
    """
    stage = _stage(job)
    if job.storage.entry(stage) is None:
        return
    for entry in tuple(job.storage.scan(stage)):
        if entry.kind is not FileKind.FOLDER:
            records = (entry.path.name,) if is_evidence_name(entry.path.name) else ()
            remove_leftover(entry, marker=LEFTOVER_SUFFIX, storage=job.storage, records=records)
    job.storage.prune(stage, is_root_included=True)
    if job.storage.entry(stage) is not None:
        raise ExistsError(stage, "it holds what camvault did not put there; move that away")


def _evidence(job: ImageJob, wish: EvidenceWish, plain: ImagePlan, root: PurePath) -> DiscEvidence:
    batch = _batch(job, root)
    clips = {clip.output_file: clip for clip in batch.clips} if batch is not None else {}
    meter = BatchMeter("evidence", sum(f.identity.size_bytes for f in plain.files), "bytes", job.reporter)
    found: dict[PurePosixPath, ClipCustody] = {}
    tool = f"{CAMVAULT} {wish.tools[CAMVAULT]}"
    for file in plain.files:
        job.cancel.check()
        clip = clips.get(str(file.path))
        seen = SeenFile(
            name=str(plain.udf_paths.get(file.path, file.path)),
            source=file.source,
            identity=file.identity,
            sha256=_sha256(job, file, clip, meter),
            facts=_facts(job, file),
        )
        found[file.path] = clip_custody(seen, batch=batch, clip=clip, tool=tool)
    meter.finish()
    taken = {folded(path.parts[0]) for path in (*found, *plain.folders, *plain.udf_paths.values())}
    return DiscEvidence(
        label=plain.label,
        stamp=instant_text(plain.stamped_at),
        tools={**wish.tools, "image": job.builder.name},
        places=evidence_places(taken),
        clips=found,
        disc_set=wish.disc_set,
        signature=signed(wish, b"", cancel=job.cancel),
    )


def _batch(job: ImageJob, root: PurePath) -> BatchRecord | None:
    """What `prepare_bodycam` recorded in the folder; None if it did not fill it."""
    if not job.is_build_dir(root):
        return None
    for name in reversed(PROGRESS_NAMES):
        try:
            found = job.progress_files.load(root / name)
        except RecordError as error:
            job.reporter.emit(Warned(f"the evidence does not say where the clips came from: {error}"))
            return None
        if found is not None:
            return found
    return None


def _sha256(job: ImageJob, file: ImageFile, clip: ClipRecord | None, meter: BatchMeter) -> str:
    """The digest as it was recorded, if it still is the recorded file: the image is compared with it once more."""
    if clip is not None and clip.output is not None and clip.output.identity == file.identity:
        meter.adder(str(file.path))(file.identity.size_bytes)
        return clip.output.sha256
    return job.storage.digest(file.source, on_bytes=meter.adder(str(file.path)), cancel=job.cancel)


def _facts(job: ImageJob, file: ImageFile) -> ContainerFacts:
    """What the file says of itself; nothing where it is no clip, or says it in a way that nobody understands."""
    try:
        return job.clip_reader.facts(file.source)
    except Cancelled:
        raise
    except CamvaultError:
        return ContainerFacts()


def _written(
    job: ImageJob, wish: EvidenceWish, evidence: DiscEvidence, plain: ImagePlan, root: PurePath
) -> tuple[ImagePlan, Mapping[PurePosixPath, str]]:
    """The image with the evidence in it: laid out with texts of the same sizes first, which tells the sectors."""
    stage = _stage(job)

    def planned(texts: Mapping[PurePosixPath, str]) -> ImagePlan:
        mtime_ns = int(plain.stamped_at.timestamp()) * _SECOND_NS
        for path, text in texts.items():
            job.storage.make_folder((stage / path).parent)
            job.storage.write_text(stage / path, text, mtime_ns=mtime_ns)
        return job.builder.plan(
            root,
            label=plain.label,
            stamped_at=plain.stamped_at,
            is_left_out=functools.partial(is_left_out, is_build_dir=job.is_build_dir(root)),
            beside=stage,
            placement=evidence.placement,
        )

    sectors = _sectors(planned(evidence.texts()))
    texts = evidence.texts(sectors)
    if evidence.signature is not None:
        signature = signed(wish, encoded(texts[evidence.places.sums]), cancel=job.cancel)
        texts = attrs.evolve(evidence, signature=signature).texts(sectors)
    plan = planned(texts)
    seen = {(file.path, file.identity, file.file_id) for file in plan.files if file.root != stage}
    if _sectors(plan) != sectors or seen != {(file.path, file.identity, file.file_id) for file in plain.files}:
        raise ChangedError(root, "it changed while the evidence of it was made")
    return plan, {path: clip.sha256 for path, clip in evidence.clips.items()}


def _sectors(plan: ImagePlan) -> Mapping[PurePosixPath, int]:
    return {file.path: file.first_sector for file in plan.files}
