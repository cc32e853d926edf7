"""Pure: how fast this box copies and sends, from what it copied and sent before.

The rate is that of the middle half of the last transfers: one that hung, and one that found all of it there already,
say nothing of the next one. Before there is any, the rate is assumed, and is called so.
"""

from collections.abc import Mapping
from itertools import islice
from math import isfinite

import attrs

KEPT = 20
"""So many transfers of each kind, the last ones."""
_LEAST_S = 1.0
_LEAST_BYTES = 1_000_000
ASSUMED_COPY, ASSUMED_UPLOAD = 10e6, 2e6
"""Bytes for each second: a slow card, and a wireless network at the end of its reach."""


@attrs.frozen
class Transferred:
    """One transfer."""

    size_bytes: int
    seconds: float

    @property
    def rate(self) -> float:
        """Bytes for each second."""
        return self.size_bytes / self.seconds


@attrs.frozen
class Rate:
    """Bytes for each second, and from how many transfers that is known; 0: it is assumed."""

    bytes_per_s: float
    count: int = 0

    @property
    def s_per_gb(self) -> float:
        """How many seconds it takes for each gigabyte."""
        return 1e9 / self.bytes_per_s

    def __str__(self) -> str:
        source = f"measured in {self.count}" if self.count else "assumed, none was measured"
        return f"{self.bytes_per_s / 1e6:.1f} MB/s ({source})"


@attrs.frozen
class MeasuredRates:
    """The last copies and the last uploads, the oldest first."""

    copies: tuple[Transferred, ...] = ()
    uploads: tuple[Transferred, ...] = ()

    def with_copy(self, size_bytes: int, seconds: float) -> "MeasuredRates":
        """After a copy from the card; what is too small or too short to say anything is not kept."""
        return attrs.evolve(self, copies=_kept(self.copies, size_bytes, seconds))

    def with_upload(self, size_bytes: int, seconds: float) -> "MeasuredRates":
        """The same after an upload."""
        return attrs.evolve(self, uploads=_kept(self.uploads, size_bytes, seconds))

    @property
    def copied(self) -> Rate:
        """How fast the card is read into staging."""
        return _rate(self.copies, ASSUMED_COPY)

    @property
    def sent(self) -> Rate:
        """How fast staging is sent to the server, proofs included."""
        return _rate(self.uploads, ASSUMED_UPLOAD)


def rates_document(rates: MeasuredRates) -> Mapping[str, object]:
    """The rates as a document."""
    named = (("copies", rates.copies), ("uploads", rates.uploads))
    return {name: [[each.size_bytes, each.seconds] for each in kept] for name, kept in named}


def rates_of(document: object) -> MeasuredRates:
    """The rates in a document; what cannot be read in it was never measured."""
    found = document if isinstance(document, dict) else {}
    rates = MeasuredRates()
    for size_bytes, seconds in _pairs(found.get("copies")):
        rates = rates.with_copy(size_bytes, seconds)
    for size_bytes, seconds in _pairs(found.get("uploads")):
        rates = rates.with_upload(size_bytes, seconds)
    return rates


def _pairs(found: object) -> list[tuple[int, float]]:
    def is_pair(value: object) -> bool:
        return isinstance(value, list) and [type(part) in {int, float} for part in value] == [True, True]

    entries = found if isinstance(found, list) else []
    return [(entry[0], entry[1]) for entry in islice(entries, KEPT) if is_pair(entry)]


def _kept(before: tuple[Transferred, ...], size_bytes: int, seconds: float) -> tuple[Transferred, ...]:
    says_something = isfinite(seconds) and seconds >= _LEAST_S and _LEAST_BYTES <= size_bytes <= 10**18
    return (*before, Transferred(size_bytes, seconds))[-KEPT:] if says_something else before


def _rate(transfers: tuple[Transferred, ...], assumed: float) -> Rate:
    if not transfers:
        return Rate(assumed)
    outside = len(transfers) // 4
    middle = sorted(transfers, key=lambda each: each.rate)[outside : len(transfers) - outside]
    seconds = sum(each.seconds for each in middle)
    return Rate(sum(each.size_bytes for each in middle) / seconds, len(transfers))
