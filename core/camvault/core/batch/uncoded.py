"""Pure: the files of an ENCODE batch that are no clips, or that cannot be encoded, and how much room they take.

A photo, a sidecar, a log, a clip without picture or one that no tool can read is copied as it is, as long as that
leaves the clips to be encoded the least bitrate that is worth producing. The smallest files go first, so that as many
as possible are on the disc. The rest is copied at the end, if the encodes left room.
"""

import math
from collections.abc import Collection, Sequence

from camvault.core.capacity.rate import fixed_bytes
from camvault.ports.batch_record import BatchRecord, ClipRecord, ClipState, Coding
from camvault.ports.encoding import Allocation


def admitted(sizes: Sequence[int], *, room_bytes: float) -> frozenset[int]:
    """The places of the files that fit into `room_bytes` together, the smallest first."""
    found: set[int] = set()
    for place in sorted(range(len(sizes)), key=lambda place: (sizes[place], place)):
        if sizes[place] > room_bytes:
            break
        found.add(place)
        room_bytes -= sizes[place]
    return frozenset(found)


def least_bytes(durations_s: Sequence[float], *, min_kbps: int, audio_kbps: int) -> int:
    """What encodes of these lengths take at the least bitrate worth producing."""
    return sum(math.ceil(fixed_bytes(d, audio_kbps=audio_kbps) + d * min_kbps * 125) for d in durations_s)


def reserved_bytes(clips: Sequence[ClipRecord], *, without: Collection[str] = ()) -> int:
    """What is taken off the room of the encodes of a batch: files that are copied as they are.

    `without` are keys of clips that are encoded no more in this run; the outputs that they have stay.
    """
    copied = [clip for clip in clips if clip.coding is not Coding.BY_MODE]
    planned = [clip for clip in copied if clip.coding is Coding.AS_IS or clip.state is ClipState.DONE]
    kept = [clip for clip in clips if clip.coding is Coding.BY_MODE and clip.key in without]
    return sum(size_of(clip) for clip in planned) + sum(c.output.identity.size_bytes for c in kept if c.output)


def size_of(clip: ClipRecord) -> int:
    """The size of the clip's original in bytes; 0 where it is not known."""
    return clip.source_identity.size_bytes if clip.source_identity else 0


def sources_bytes(progress: BatchRecord) -> int | None:
    """The size of all originals together, in bytes; None if the file does not have the size of each."""
    sizes = [clip.source_identity.size_bytes for clip in progress.clips if clip.source_identity]
    return sum(sizes) if len(sizes) == len(progress.clips) else None


def still_to_do(progress: BatchRecord) -> tuple[ClipRecord, ...]:
    """The clips whose outputs are still to be made; not those that the finished job left out."""
    return tuple(clip for clip in progress.clips if clip.state is ClipState.PENDING and not clip.left_out)


def copied_last(progress: BatchRecord, *, refused: Collection[str]) -> tuple[ClipRecord, ...]:
    """The clips that are copied as they are once the others are encoded, in their order.

    `refused` are the keys of those that the encoder refused in this run.
    """
    todo = [clip for clip in still_to_do(progress) if _is_copied(clip, refused)]
    return tuple(sorted(todo, key=lambda clip: (clip.coding is not Coding.AS_IS, size_of(clip))))


def _is_copied(clip: ClipRecord, refused: Collection[str]) -> bool:
    return clip.coding is not Coding.BY_MODE or (clip.key in refused and clip.output is None)


def bytes_set_apart(progress: BatchRecord, refused: ClipRecord) -> int:
    """What is kept free for a clip that the encoder refused; 0 where the rate of the others is fixed already.

    At most half of the room that is left: what was encoded is not made again for its sake.
    """
    is_rate_open = progress.options.allocation is Allocation.COMPLEXITY
    return size_of(refused) if is_rate_open and 2 * size_of(refused) <= free_bytes(progress) else 0


def has_room(progress: BatchRecord, clip: ClipRecord) -> bool:
    """Whether the clip, as it is, fits beside all outputs that are there."""
    return size_of(clip) <= free_bytes(progress)


def free_bytes(progress: BatchRecord) -> int:
    """What the outputs that are there leave of the room for all."""
    return progress.usable_bytes - sum(clip.output.identity.size_bytes for clip in progress.clips if clip.output)
