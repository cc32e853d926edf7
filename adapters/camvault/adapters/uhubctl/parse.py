"""Adapter for uhubctl, pure part: what it prints.

A block for each hub, before and after something was switched:

    Current status for hub 1-1 [0409:55aa QEMU QEMU USB Hub 314159-0000:00:06.0-1, USB 1.10, 4 ports, ppps]
      Port 2: 0103 power enable connect [46f4:0001 QEMU QEMU USB HARDDRIVE RIG0001]
    Sent power off request
    New status for hub 1-1 [0409:55aa QEMU QEMU USB Hub 314159-0000:00:06.0-1, USB 1.10, 4 ports, ppps]
      Port 2: 0000 off

The hexadecimal status counts, not the words. The names are those that a device gives itself, so that a line may be a
device's invention: what appears twice is believed in neither form. Source: print_port_status of uhubctl 2.5.0.
"""

import re
from collections.abc import Mapping

import attrs

_HEADER = re.compile(r"(?P<when>Current|New) status for hub (?P<hub>[0-9][0-9.-]*) \[(?P<about>.*)\]", re.ASCII)
_ABOUT = re.compile(
    r".*, USB (?P<major>[0-9]{1,2})\.[0-9a-f]{2}, (?P<ports>[0-9]{1,2}) ports, (?P<switching>[a-z]+)", re.ASCII
)
_PORT = re.compile(r"  Port (?P<port>[0-9]{1,3}): (?P<status>[0-9a-f]{4,8})(?: .*)?", re.ASCII)
_SENT = re.compile(r"Sent power (?P<action>on|off) request", re.ASCII)
_OURS = re.compile(r"status for hub|^\s*Port ", re.ASCII)
_HEX_DIGITS = 4
_POWER_USB2, _POWER_USB3, _CONNECT = 0x0100, 0x0200, 0x0001
_USB3 = 3
PER_PORT = "ppps"
"""Each port by itself; `ganged`: all together; `nops`: not at all."""


@attrs.frozen(kw_only=True)
class HubStatus:
    """One block.

    Attributes:
        hub: Its place.
        port_count: How many ports it has.
        switching: How it switches power, in uhubctl's word.
        is_usb3: Which bit of a status is power.
        ports: The status of each port that was printed; None for one that uhubctl could not read, which it prints as a
            number of more than four digits.
    """

    hub: str
    port_count: int
    switching: str
    is_usb3: bool
    ports: Mapping[int, int | None]

    def is_powered(self, port: int) -> bool | None:
        """Whether the port has power; None if that was not printed."""
        status = self.ports.get(port)
        return None if status is None else bool(status & (_POWER_USB3 if self.is_usb3 else _POWER_USB2))

    def is_connected(self, port: int) -> bool | None:
        """Whether a device is in the port; None if that was not printed."""
        status = self.ports.get(port)
        return None if status is None else bool(status & _CONNECT)


@attrs.frozen(kw_only=True)
class Printed:
    """All that was printed on stdout.

    Attributes:
        current: The blocks before something was switched, by their hub.
        new: Those after.
        sent: What was requested of the hub, in order.
    """

    current: Mapping[str, HubStatus]
    new: Mapping[str, HubStatus]
    sent: tuple[str, ...]

    def has_told(self, hub: str, port: int, *, on: bool) -> bool:
        """Whether this port of this hub, and nothing else, was told; not whether the port has done it."""
        after = self.new.get(hub)
        return self.sent == ("on" if on else "off",) and after is not None and port in after.ports


def parse_printed(text: str) -> Printed:
    """What uhubctl printed about one port.

    Raises:
        ValueError: A status is not of this grammar, or the same thing is told twice.
    """
    blocks: dict[str, dict[str, HubStatus]] = {"Current": {}, "New": {}}
    sent: list[str] = []
    now: tuple[dict[str, HubStatus], str] | None = None
    for line in text.split("\n"):
        if match := _HEADER.fullmatch(line):
            now = blocks[match["when"]], match["hub"]
            _add(now[0], match["hub"], _hub_status(match["hub"], match["about"], line))
        elif (match := _PORT.fullmatch(line)) and now:
            hubs, hub = now
            hubs[hub] = _with_port(hubs[hub], int(match["port"]), match["status"])
        elif match := _SENT.fullmatch(line):
            sent.append(match["action"])
        elif _OURS.search(line):
            raise ValueError(f"uhubctl printed {line[:100]!r}")
    return Printed(current=blocks["Current"], new=blocks["New"], sent=tuple(sent))


def _hub_status(hub: str, about: str, line: str) -> HubStatus:
    match = _ABOUT.fullmatch(about)
    if match is None:
        raise ValueError(f"uhubctl printed {line[:100]!r}")
    return HubStatus(
        hub=hub,
        port_count=int(match["ports"]),
        switching=match["switching"],
        is_usb3=int(match["major"]) >= _USB3,
        ports={},
    )


def _add(hubs: dict[str, HubStatus], hub: str, status: HubStatus) -> None:
    if hub in hubs:
        raise ValueError(f"uhubctl printed hub {hub} twice")
    hubs[hub] = status


def _with_port(hub: HubStatus, port: int, status: str) -> HubStatus:
    if port in hub.ports:
        raise ValueError(f"uhubctl printed port {port} of hub {hub.hub} twice")
    value = int(status, 16) if len(status) == _HEX_DIGITS else None
    return attrs.evolve(hub, ports={**hub.ports, port: value})
