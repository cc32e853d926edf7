"""Pure: amounts of bytes as people write them: `500GB`, `2TiB`, `4096`.

GB is 10^9 bytes and GiB is 2^30; a bare number is bytes. Upper and lower case are one.
"""

import re

_SIZE = re.compile(r"(?P<count>[0-9]{1,18})(?:(?P<unit>[kmgt])(?P<binary>i?))?b?", re.ASCII | re.IGNORECASE)
_POWERS = {"k": 1, "m": 2, "g": 3, "t": 4}
_DECIMAL, _BINARY = 1000, 1024

SIZE_RULE = "a whole number of bytes, with k, M, G or T behind it for 10^3, 10^6, ..., or ki, Mi, Gi, Ti for 2^10, ..."
"""What `bytes_of_size` reads, for messages."""


def bytes_of_size(text: str) -> int | None:
    """The number of bytes; None if the text is no amount of bytes."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        return None
    power = _POWERS[match["unit"].lower()] if match["unit"] else 0
    base = _BINARY if match["binary"] else _DECIMAL
    return int(match["count"]) * int(base**power)
