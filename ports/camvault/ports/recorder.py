"""Port: recording one camera's stream into segments, for ever."""

from collections.abc import Callable
from pathlib import PurePath
from typing import Protocol

import attrs

USER_PLACEHOLDER, PASSWORD_PLACEHOLDER = "{user}", "{password}"


@attrs.frozen
class StreamSource:
    """Where a camera's stream is. The password is in no representation and in no message.

    Attributes:
        path: With `{user}` and `{password}` where a camera wants them within its path. Only who connects replaces them.
    """

    host: str
    port: int = 554
    path: str = "/Streaming/Channels/101"
    user: str = ""
    password: str = attrs.field(default="", repr=False)


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
    """

    folder: PurePath
    name_pattern: str
    segment_s: int = attrs.field(default=600, validator=attrs.validators.ge(1))
    log_level: str = "info"
    socket_timeout_s: float = attrs.field(default=8, validator=attrs.validators.gt(0))


@attrs.frozen
class MediaProgress:
    """What the recorder says of itself; None where it does not say. Any of them growing means that media arrives."""

    frame_count: int | None = None
    position_us: int | None = None


@attrs.frozen
class RecorderEnd:
    """How a session ended. Whatever it is, recording has stopped: exit code 0 is no success."""

    exit_code: int
    last_lines: tuple[str, ...] = ()


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

        `on_tick` is called at least five times a second. A recorder that does not end when asked to is killed within
        two seconds; what it had received up to a second before stays readable. No process is left on return. The
        password is in no command line, environment or line given to `on_log`.

        Raises:
            MissingToolError: There is no fit recorder program.
        """
        ...
