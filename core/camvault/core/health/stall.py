"""Pure: whether a running recorder still records.

Judged by media that arrive, not by a socket: ffmpeg's own timeout does not fire while a camera sends anything at all,
be it sound or RTCP sender reports. The best counter that ever grew decides, see `SignKind`. A recorder that counts
frames is judged by its frames alone, even while the count stays at 0: files and time stamps also grow with sound, and
time stamps with frames that are dropped because no key frame ever came. All times are monotonic (INV-15).

Every end of the recorder is a fault, also with exit code 0 (INV-19).
"""

import enum

import attrs


@attrs.frozen
class RecorderSigns:
    """The counters of a recorder as they are now; None where there is no counter. They never fall while it runs.

    Attributes:
        frames: Video frames written, as the recorder reports them.
        out_time_us: The time stamp reached, in microseconds.
        file_bytes: Bytes of all segments of this run together, finished ones included.
    """

    frames: int | None = None
    out_time_us: int | None = None
    file_bytes: int | None = None


class SignKind(enum.IntEnum):
    """Which counter progress is judged by; a higher member is the better evidence."""

    NOTHING = 0
    FILES = 1
    TIME = 2
    FRAMES = 3


@attrs.frozen
class StallPolicy:
    """When a recorder counts as stalled.

    Attributes:
        stall_timeout_s: A recorder that made progress before is stalled after so many seconds without any.
        start_timeout_s: A recorder that never made progress is stalled so many seconds after its start; to connect and
            to receive the first key frame takes time.
        storing_s: So much later than it arrived, at most, a picture is stored: the recorder waits for the next one, and
            for sound.
        frames_min: Fewer new frames than this are no progress: a camera that sends single frames does not record.
        stall_least_s: The least that a limit becomes that was learned from a camera, see `camvault.core.health.rhythm`.
        gap_times: How many times its longest gap between pictures a camera may be silent, where that is known.
    """

    stall_timeout_s: float = attrs.field(default=10, validator=attrs.validators.gt(0))
    start_timeout_s: float = attrs.field(default=15, validator=attrs.validators.gt(0))
    storing_s: float = attrs.field(default=15, validator=attrs.validators.gt(0))
    frames_min: int = attrs.field(default=1, validator=attrs.validators.ge(1))
    stall_least_s: float = attrs.field(default=4, validator=attrs.validators.ge(3))
    gap_times: float = attrs.field(default=20, validator=attrs.validators.ge(10))


@attrs.frozen
class RecordingSigns:
    """What is known of one running recorder.

    Attributes:
        since_s: When it last made progress; before any, when it was started.
        basis: The counter that grew then.
        mark: What that counter showed then; before any progress, the bytes that the files held when first looked at.
    """

    since_s: float
    basis: SignKind = SignKind.NOTHING
    mark: int = 0


def started(now_s: float) -> RecordingSigns:
    """A recorder that was started just now."""
    return RecordingSigns(now_s)


def looked_at(known: RecordingSigns, signs: RecorderSigns, *, now_s: float, policy: StallPolicy) -> RecordingSigns:
    """What is known once the counters in `signs` were read at `now_s`."""
    counters = (
        (SignKind.FRAMES, signs.frames),
        (SignKind.TIME, signs.out_time_us),
        (SignKind.FILES, signs.file_bytes),
    )
    for basis, count in counters:
        if count is None or basis < known.basis:
            continue
        if basis is SignKind.FILES and known.basis is SignKind.NOTHING and not known.mark:
            return attrs.evolve(known, mark=count)  # the first bytes of a file are its header, not media
        mark = known.mark if basis in (known.basis, SignKind.FILES) else 0
        if count - mark >= (policy.frames_min if basis is SignKind.FRAMES else 1):
            return RecordingSigns(now_s, basis, count)
        if basis is SignKind.FRAMES:
            return known
    return known


def is_stalled(known: RecordingSigns, *, now_s: float, policy: StallPolicy, learned_s: float | None = None) -> bool:
    """Whether the recorder must be ended: it will not recover by itself, and may not obey SIGTERM either.

    `learned_s` counts instead of `stall_timeout_s` where pictures are counted: it was learned from them.
    """
    if known.basis is SignKind.NOTHING:
        limit_s = policy.start_timeout_s
    elif known.basis is SignKind.FRAMES and learned_s is not None:
        limit_s = learned_s
    else:
        limit_s = policy.stall_timeout_s
    return now_s - known.since_s >= limit_s


def is_unstored(stored_s: float, *, now_s: float, policy: StallPolicy) -> bool:
    """Whether what arrives is not stored: such a recorder never says so, and its files may grow.

    Args:
        stored_s: When a picture was stored last, or before any, when the first one arrived.
        now_s: Now; both are monotonic.
        policy: The limits.
    """
    return now_s - stored_s >= policy.stall_timeout_s + policy.storing_s
