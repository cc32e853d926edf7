"""Clips, records and plans of small batches."""

from pathlib import PurePath

from camvault.core.batch.given_clips import GivenClip
from camvault.core.batch.plan import BatchRefusal, PreparePlan, PrepareRequest, plan_batch
from camvault.core.capacity.budget import Budget
from camvault.ports.batch_record import BatchRecord, ClipRecord, ClipState, Mode, OutputRecord
from camvault.ports.entries import FileEntry, FileIdentity, FileKind
from camvault.ports.media import MediaInfo

BUILD = PurePath("/desk")
SHA = "ab" * 32


def clip(
    path: str = "/clips/a.mp4",
    size: int = 1000,
    *,
    kind: FileKind = FileKind.FILE,
    seconds: float | None = 10.0,
    has_video: bool = True,
) -> GivenClip:
    source = PurePath(path)
    return GivenClip(
        source=source,
        resolved=source,
        entry=FileEntry(source, FileIdentity(size, 7), kind),
        info=MediaInfo(duration_s=seconds, has_video=has_video) if seconds else None,
        media_problem="" if seconds else "moov atom not found",
    )


def request(*, disc: int = 10_000, safety: int = 0, min_kbps: int = 1) -> PrepareRequest:
    return PrepareRequest(build_dir=BUILD, sources=(), budget=Budget(disc, safety), min_kbps=min_kbps)


def planned(*clips: GivenClip, disc: int = 10_000, safety: int = 0) -> PreparePlan:
    plan = plan_batch(request(disc=disc, safety=safety), clips)
    assert isinstance(plan, PreparePlan), plan
    return plan


def refused(*clips: GivenClip, disc: int = 10_000, min_kbps: int = 1) -> str:
    plan = plan_batch(request(disc=disc, min_kbps=min_kbps), clips)
    assert isinstance(plan, BatchRefusal)
    return str(plan)


def record(key: str = "a.mp4", state: ClipState = ClipState.PENDING, *, size: int = 1000, made: int = 0) -> ClipRecord:
    return ClipRecord(
        key=key,
        state=state,
        source=PurePath("/clips") / key,
        source_identity=FileIdentity(size, 7),
        duration_s=10.0,
        output_name=key,
        output=OutputRecord(FileIdentity(made, 9), SHA) if made else None,
    )


def progress(*clips: ClipRecord, mode: Mode = Mode.COPY, disc: int = 1_000_000) -> BatchRecord:
    kbps = 300 if mode is Mode.ENCODE else None
    return BatchRecord(disc_bytes=disc, safety_bytes=0, mode=mode, kbps=kbps, clips=clips)


def original(item: ClipRecord, *, mtime_ns: int = 7, kind: FileKind = FileKind.FILE) -> FileEntry:
    assert item.source
    return FileEntry(item.source, FileIdentity(1000, mtime_ns), kind)


def output(item: ClipRecord, *, size: int = 500, mtime_ns: int = 9, kind: FileKind = FileKind.FILE) -> FileEntry:
    return FileEntry(BUILD / item.key, FileIdentity(size, mtime_ns), kind)
