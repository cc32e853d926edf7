"""Pure: the quality of archives, as it is written down (`ArchiveFacts.quality`): `XPSNR 38.2 dB`, `VMAF 93.1`."""

import re
from collections.abc import Iterable

import attrs

_QUALITY = re.compile(
    r"(?P<measure>[A-Za-z][\w-]{0,31}) (?P<value>[0-9]{1,9}(?:\.[0-9]{1,9})?)(?: (?P<unit>[\w%]{1,8}))?"
)


@attrs.frozen
class MeasuredQuality:
    """How near one picture is to that of its source."""

    measure: str
    value: float
    unit: str = ""


def parse_quality(text: str) -> MeasuredQuality | None:
    """The figure behind such a text; None for any other text, and for one that says that nothing was measured."""
    match = _QUALITY.fullmatch(text)
    return None if match is None else MeasuredQuality(match["measure"], float(match["value"]), match["unit"] or "")


@attrs.frozen(kw_only=True)
class QualityFigures:
    """The quality of several archives by one measure; `lowest_archive` is the one to look at."""

    measure: str
    unit: str
    count: int
    total: float
    lowest: float
    lowest_archive: str

    @classmethod
    def of(cls, quality: MeasuredQuality, archive: str) -> "QualityFigures":
        """That of one archive."""
        return cls(
            measure=quality.measure,
            unit=quality.unit,
            count=1,
            total=quality.value,
            lowest=quality.value,
            lowest_archive=archive,
        )

    @property
    def mean(self) -> float:
        """Of all of them."""
        return self.total / self.count

    def plus(self, other: "QualityFigures") -> "QualityFigures":
        """That of both, which are by the same measure; of two that are equally low the first by name is named."""
        worst = min(self, other, key=lambda each: (each.lowest, each.lowest_archive))
        return attrs.evolve(worst, count=self.count + other.count, total=self.total + other.total)


def by_measure(figures: Iterable[QualityFigures]) -> dict[str, QualityFigures]:
    """The figures of each measure together."""
    found: dict[str, QualityFigures] = {}
    for each in figures:
        known = found.get(each.measure)
        found[each.measure] = each if known is None else known.plus(each)
    return found
