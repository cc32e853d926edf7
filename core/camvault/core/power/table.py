"""Pure: what the box does, what a look may say, and the table of both: in which state what follows from it.

The page about it is made from the table (`docs/design/power-states.md`, compared by a test).
"""

import enum
from collections.abc import Mapping


class BoxState(enum.Enum):
    """What the box does."""

    STARTED = "started"
    """Nothing is known yet, and nothing was switched."""
    RECORDING = "recording"
    """The camera has power and no data: it records."""
    COPYING = "copying"
    """The camera is a disk; its clips are copied."""
    SENDING = "sending"
    """The camera is as `camera.after_copy` says; staged clips are sent to the server."""
    RESTING = "resting"
    """The camera is off because of the battery."""
    ENDING = "ending"
    """The camera is off, and the next look decides whether the machine shuts down."""
    ENDED = "ended"
    """The machine was told to shut down, which is not taken back."""


class Command(enum.Enum):
    """What is done; the word behind `action=` in the log."""

    PORT_OFF = "port_off"
    POWER_ON = "power_on"
    DATA_ON = "data_on"
    MOUNT = "mount"
    COPY = "copy"
    UNMOUNT = "unmount"
    AFTER_COPY = "after_copy"
    """Port off or power on, as `camera.after_copy` says."""
    UPLOAD = "upload"
    VERIFY = "verify"
    REMOVE_STAGED = "remove_staged"
    SHUTDOWN = "shutdown"


class Occasion(enum.Enum):
    """What one look says: the power first, then what there is to do."""

    TOLD = "it was told to shut down"
    """The machine, lately: whatever else is seen."""
    DISOBEYED = "it was told to shut down, and still runs"
    """After the time in which a machine that obeys has no power any more."""
    UNKNOWN_FOR_LONG = "the power is not known for long"
    """During an offload: what was switched for it, while there was power, is not left so for ever."""
    UNKNOWN = "the power is not known"
    CRITICAL = "battery below shutdown"
    LOW = "battery below disconnect"
    WEAK = "the external power does not carry the camera"
    """While the camera is off: it was lost again and again when the camera was switched on (`weak_charger`)."""
    MISSED = "the server was missed once"
    """During an offload: it was not reached, for the first time since it was. Two such looks are NOTHING."""
    NOTHING = "nothing to do here"
    """The server is not reached; or all is proven to be there, and the camera was looked at lately."""
    CLIPS = "the camera is due"
    """The server is reached, and the camera has clips or was not looked at lately."""
    STAGED = "staged clips wait"
    """The server is reached, and clips wait that were copied before."""


LOADED = frozenset({BoxState.RECORDING, BoxState.COPYING, BoxState.SENDING})
"""Where the battery feeds the camera, or the network as well."""
OFFLOADING = frozenset({BoxState.COPYING, BoxState.SENDING})
"""What one missed look at the server does not end (INV-35)."""
_B, _O, _C = BoxState, Occasion, Command
_OFF = _C.PORT_OFF
_COPY = (_C.DATA_ON, _C.MOUNT, _C.COPY, _C.UNMOUNT)
_SEND = (_C.UPLOAD, _C.VERIFY, _C.REMOVE_STAGED)

TABLE: Mapping[tuple[BoxState, Occasion], tuple[BoxState, tuple[Command, ...]]] = {
    (_B.STARTED, _O.UNKNOWN): (_B.STARTED, ()),
    (_B.STARTED, _O.CRITICAL): (_B.ENDING, (_OFF,)),
    (_B.STARTED, _O.LOW): (_B.RESTING, (_OFF,)),
    (_B.STARTED, _O.WEAK): (_B.RESTING, (_OFF,)),
    (_B.STARTED, _O.NOTHING): (_B.RECORDING, (_OFF, _C.POWER_ON)),
    (_B.STARTED, _O.CLIPS): (_B.COPYING, (_OFF, *_COPY)),
    (_B.STARTED, _O.STAGED): (_B.SENDING, (_OFF, _C.AFTER_COPY, *_SEND)),
    (_B.RECORDING, _O.UNKNOWN): (_B.RECORDING, ()),
    (_B.RECORDING, _O.CRITICAL): (_B.ENDING, (_OFF,)),
    (_B.RECORDING, _O.LOW): (_B.RESTING, (_OFF,)),
    (_B.RECORDING, _O.NOTHING): (_B.RECORDING, ()),
    (_B.RECORDING, _O.CLIPS): (_B.COPYING, _COPY),
    (_B.RECORDING, _O.STAGED): (_B.SENDING, (_C.AFTER_COPY, *_SEND)),
    (_B.COPYING, _O.UNKNOWN_FOR_LONG): (_B.RECORDING, (_C.POWER_ON,)),
    (_B.COPYING, _O.UNKNOWN): (_B.COPYING, ()),
    (_B.COPYING, _O.CRITICAL): (_B.ENDING, (_OFF,)),
    (_B.COPYING, _O.LOW): (_B.RESTING, (_OFF,)),
    (_B.COPYING, _O.MISSED): (_B.COPYING, ()),
    (_B.COPYING, _O.NOTHING): (_B.RECORDING, (_C.POWER_ON,)),
    (_B.COPYING, _O.CLIPS): (_B.COPYING, _COPY),
    (_B.COPYING, _O.STAGED): (_B.SENDING, (_C.AFTER_COPY, *_SEND)),
    (_B.SENDING, _O.UNKNOWN_FOR_LONG): (_B.RECORDING, (_C.POWER_ON,)),
    (_B.SENDING, _O.UNKNOWN): (_B.SENDING, ()),
    (_B.SENDING, _O.CRITICAL): (_B.ENDING, (_OFF,)),
    (_B.SENDING, _O.LOW): (_B.RESTING, (_OFF,)),
    (_B.SENDING, _O.MISSED): (_B.SENDING, ()),
    (_B.SENDING, _O.NOTHING): (_B.RECORDING, (_C.POWER_ON,)),
    (_B.SENDING, _O.CLIPS): (_B.COPYING, _COPY),
    (_B.SENDING, _O.STAGED): (_B.SENDING, _SEND),
    (_B.RESTING, _O.UNKNOWN): (_B.RESTING, ()),
    (_B.RESTING, _O.CRITICAL): (_B.ENDING, ()),
    (_B.RESTING, _O.LOW): (_B.RESTING, ()),
    (_B.RESTING, _O.WEAK): (_B.RESTING, ()),
    (_B.RESTING, _O.NOTHING): (_B.RECORDING, (_C.POWER_ON,)),
    (_B.RESTING, _O.CLIPS): (_B.COPYING, _COPY),
    (_B.RESTING, _O.STAGED): (_B.SENDING, (_C.AFTER_COPY, *_SEND)),
    (_B.ENDING, _O.UNKNOWN): (_B.ENDING, ()),
    (_B.ENDING, _O.CRITICAL): (_B.ENDED, (_C.SHUTDOWN,)),
    (_B.ENDING, _O.LOW): (_B.RESTING, ()),
    (_B.ENDING, _O.WEAK): (_B.RESTING, ()),
    (_B.ENDING, _O.NOTHING): (_B.RECORDING, (_C.POWER_ON,)),
    (_B.ENDING, _O.CLIPS): (_B.COPYING, _COPY),
    (_B.ENDING, _O.STAGED): (_B.SENDING, (_C.AFTER_COPY, *_SEND)),
    (_B.ENDED, _O.TOLD): (_B.ENDED, ()),
    (_B.ENDED, _O.DISOBEYED): (_B.RESTING, ()),
}
"""That is all of it: what is not here does not happen."""
