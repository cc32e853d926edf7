"""Names that no code of the four source roots uses and that stay nevertheless, each with the reason.

Read by `tools/dead_code.py`, which refuses an entry that is not needed. "Only tests use it" is no reason.
"""

from collections.abc import Mapping
from typing import Final

_FACE: Final = "users of the library test their own policies and workflows with it"
_VALUE: Final = "a part of a port's value: compared with the whole value, or read by users of the library"
_TZINFO: Final = "the interface of datetime.tzinfo"
_RICH: Final = "the interface of rich.console.Console"
_RAW_IO: Final = "the interface of io.RawIOBase"
_EAGER: Final = "typer calls its callback, which prints and exits"
_TEMPLATE: Final = "the template of adapters/jinja reads it"
_MEMBER: Final = "typer reads the members of the enumeration"

PUBLIC_NAMES: Final[Mapping[str, str]] = {
    "camvault.adapters.isoverify.open_image.readable": _RAW_IO,
    "camvault.adapters.isoverify.open_image.readinto": _RAW_IO,
    "camvault.adapters.isoverify.open_image.seekable": _RAW_IO,
    "camvault.adapters.memory.burner.reload_count": _FACE,
    "camvault.adapters.memory.calls.fail": _FACE,
    "camvault.adapters.memory.camera_card.plug_in": _FACE,
    "camvault.adapters.memory.camera_card.pull": _FACE,
    "camvault.adapters.memory.clock.suspend": _FACE,
    "camvault.adapters.memory.explorer.explore": _FACE,
    "camvault.adapters.memory.pulse.beats": _FACE,
    "camvault.adapters.memory.recorder.AUDIO_ONLY": _FACE,
    "camvault.adapters.memory.storage.of_another_process": _FACE,
    "camvault.adapters.memory.storage.put_hard_link": _FACE,
    "camvault.adapters.memory.storage.put_link": _FACE,
    "camvault.adapters.memory.storage.unite": _FACE,
    "camvault.adapters.memory.storage.unplug": _FACE,
    "camvault.adapters.memory.usb.is_camera_running": _FACE,
    "camvault.adapters.memory.usb.is_disk_there": _FACE,
    "camvault.adapters.reporting.terminal.on_broken_pipe": _RICH,
    "camvault.adapters.reporting.terminal.quiet": _RICH,
    "camvault.adapters.system.zone.dst": _TZINFO,
    "camvault.adapters.system.zone.fromutc": _TZINFO,
    "camvault.apps.service_helper.DISABLE": _MEMBER,
    "camvault.apps.service_helper.ENABLE": _MEMBER,
    "camvault.apps.service_helper.STOP": _MEMBER,
    "camvault.apps.service_helper.print_template": _EAGER,
    "camvault.core.segments.coverage.bridged_s": _VALUE,
    "camvault.ports.image.files_at": _VALUE,
    "camvault.ports.pages.charts": _TEMPLATE,
    "camvault.ports.pages.is_folded": _TEMPLATE,
}
