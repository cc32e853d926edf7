"""Pure: whether a recorder that runs still records, and how long to wait before the next one is started.

Judged by media, never by a socket: ffmpeg's own timeout does not fire while a camera sends anything at all, be it sound
or sender reports. The best witness that ever moved decides. A recorder that counts pictures is judged by them alone,
also while it counts none: files and time stamps grow with sound too, and time stamps with pictures that are dropped
because no key frame ever came. All times are monotonic (INV-15).

Any end of the recorder is a fault, exit code 0 included (INV-19).
"""

import enum

import attrs


@attrs.frozen
class Witness:
    """Counters as they stand now; None where nobody counts. They only grow while one recorder runs.

    Attributes:
        frames: Video frames written, as the recorder reports them.
        out_time_us: The time stamp reached, in microseconds.
        file_bytes: Bytes of all segments of this run together, finished ones included.
    """

    frames: int | None = None
    out_time_us: int | None = None
    file_bytes: int | None = None


class Basis(enum.IntEnum):
    """What progress is judged by; the higher is the better."""

    NOTHING = 0
    FILES = 1
    TIME = 2
    FRAMES = 3


@attrs.frozen
class StallPolicy:
    """When a recorder counts as stalled.

    Attributes:
        stall_timeout_s: Without progress for so long.
        start_timeout_s: Without any progress since its start for so long; a connection and a key frame take time.
        frames_min: So many frames are progress: a camera that trickles does not record.
    """

    stall_timeout_s: float = attrs.field(default=10, validator=attrs.validators.gt(0))
    start_timeout_s: float = attrs.field(default=15, validator=attrs.validators.gt(0))
    frames_min: int = attrs.field(default=1, validator=attrs.validators.ge(1))


@attrs.frozen
class Progressing:
    """What is known of one running recorder. `since_s` is when it last made progress, or was started.

    `mark` is what the witness of `basis` had counted then; of files, what they held at first, before any progress.
    """

    since_s: float
    basis: Basis = Basis.NOTHING
    mark: int = 0


def started(now_s: float) -> Progressing:
    """A recorder that was started just now."""
    return Progressing(now_s)


def looked_at(known: Progressing, witness: Witness, *, now_s: float, policy: StallPolicy) -> Progressing:
    """What is known after a look at the counters."""
    counters = ((Basis.FRAMES, witness.frames), (Basis.TIME, witness.out_time_us), (Basis.FILES, witness.file_bytes))
    for basis, count in counters:
        if count is None or basis < known.basis:
            continue
        if basis is Basis.FILES and known.basis is Basis.NOTHING and not known.mark:
            return attrs.evolve(known, mark=count)  # the first bytes of a file are its header, and no media
        mark = known.mark if basis in (known.basis, Basis.FILES) else 0
        if count - mark >= (policy.frames_min if basis is Basis.FRAMES else 1):
            return Progressing(now_s, basis, count)
        if basis is Basis.FRAMES:
            return known
    return known


def is_stalled(known: Progressing, *, now_s: float, policy: StallPolicy) -> bool:
    """Whether the recorder is to be ended: it will not recover, and it may not obey a polite signal either."""
    limit_s = policy.start_timeout_s if known.basis is Basis.NOTHING else policy.stall_timeout_s
    return now_s - known.since_s >= limit_s


@attrs.frozen
class BackOff:
    """How long to wait before a recorder is started again: doubling from `first_s` to `most_s`.

    `jitter` is the share that chance may add, so that many cameras behind one switch do not come back in one instant.
    """

    first_s: float = attrs.field(default=0.5, validator=attrs.validators.gt(0))
    most_s: float = attrs.field(default=60, validator=attrs.validators.gt(0))
    jitter: float = attrs.field(default=0.25, validator=[attrs.validators.ge(0), attrs.validators.le(1)])

    def delay_s(self, failures: int, *, chance: float) -> float:
        """The wait after so many failures in a row (1 for the first), with `chance` from 0 to 1."""
        doublings = min(max(failures - 1, 0), 62)
        return float(min(self.most_s, self.first_s * 2**doublings) * (1 + self.jitter * chance))


def failures_after_end(failures: int, *, recorded_s: float, segment_time_s: float) -> int:
    """Failures in a row, now that a recorder has ended, for whatever reason; a whole segment is health."""
    return 1 if recorded_s >= segment_time_s else failures + 1
