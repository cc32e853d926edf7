"""Port: recording one camera's stream into segments, for ever."""

import enum
from collections.abc import Callable
from pathlib import PurePath
from typing import Protocol

import attrs

USER_PLACEHOLDER, PASSWORD_PLACEHOLDER = "{user}", "{password}"


class Transport(enum.Enum):
    """How the packets of a stream come: within the connection, in packets of their own, or as the camera is able to."""

    AUTO = "auto"
    TCP = "tcp"
    UDP = "udp"


class SoundUse(enum.Enum):
    """What becomes of a camera's sound."""

    COPIED = "copied"
    TRANSCODED = "transcoded"
    LEFT_OUT = "left out"


@attrs.frozen
class StreamWay:
    """How a stream is taken. The default suits most cameras; the picture is recorded whatever becomes of the sound.

    Attributes:
        is_reordered: Pictures come in another order than they are shown in (B frames): the camera's times are taken for
            that of each picture, and not when it arrived.
        is_studied: The stream is looked at for longer before it is written, because it does not say how large its
            pictures are before the first key frame.
    """

    sound: SoundUse = SoundUse.COPIED
    is_reordered: bool = False
    is_studied: bool = False


class Trouble(enum.Enum):
    """What a recorder stumbled over in a stream that another `StreamWay` may take."""

    SOUND = "its sound cannot be stored"
    ORDER = "its pictures come in another order than they are shown in"
    UNSEEN = "it does not say how large its pictures are"


@attrs.frozen
class StreamSource:
    """Where a camera's stream is. The password is in no representation and in no message.

    Attributes:
        path: With `{user}` and `{password}` where a camera wants them within its path. Only who connects replaces them.
        secret_path: Taken in the place of `path` where it is given: it is as secret as the password.
    """

    host: str
    port: int = 554
    path: str = "/Streaming/Channels/101"
    user: str = ""
    password: str = attrs.field(default="", repr=False)
    secret_path: str = attrs.field(default="", repr=False)
    transport: Transport = Transport.AUTO


@attrs.frozen
class RecorderSettings:
    """How a session of recording writes its segments.

    Attributes:
        folder: The session's own, empty folder; every segment it writes is in it.
        name_pattern: The segments' names, with their number from 1 for `%d`, such as `ROST2_20250528T152003Z.%d.mkv`:
            the recorder overwrites names that exist, and times repeat whenever the clock is set back.
        segment_s: A segment ends at the first key frame after a multiple of this within a UTC day.
        socket_timeout_s: After so long without a byte the recorder gives up by itself. To be longer than whoever
            watches the media waits: a recorder that gives up flushes a last frame, which looks like life.
        start_timeout_s: So long the first picture may take.
    """

    folder: PurePath
    name_pattern: str
    segment_s: int = attrs.field(default=600, validator=attrs.validators.ge(1))
    log_level: str = "info"
    socket_timeout_s: float = attrs.field(default=8, validator=attrs.validators.gt(0))
    start_timeout_s: float = attrs.field(default=15, validator=attrs.validators.gt(0))
    way: StreamWay = attrs.field(factory=StreamWay)


@attrs.frozen
class MediaProgress:
    """What the recorder says of itself; None where it does not say. Any of them growing means that media arrives."""

    frame_count: int | None = None
    position_us: int | None = None


@attrs.frozen
class RecorderEnd:
    """How a session ended. Whatever it is, recording has stopped: exit code 0 is no success.

    Attributes:
        reason: Why, in the recorder's own words, if it said so: what is no complaint is no reason.
        trouble: What it stumbled over, if another way may help.
    """

    exit_code: int
    reason: str = ""
    trouble: Trouble | None = None


class Recorder(Protocol):
    """Records one stream."""

    def record(
        self,
        source: StreamSource,
        /,
        *,
        settings: RecorderSettings,
        on_progress: Callable[[MediaProgress], None],
        on_log: Callable[[str], None],
        on_tick: Callable[[], bool],
    ) -> RecorderEnd:
        """Record until it ends by itself or `on_tick` returns False; all callbacks come from the calling thread.

        `on_tick` is called at least three times a second. A recorder that does not end when asked to is killed within
        two seconds; what it had received up to a second before stays readable. No process is left on return. The
        password is in no command line, environment or line given to `on_log`.

        Raises:
            MissingToolError: There is no fit recorder program.
        """
        ...
