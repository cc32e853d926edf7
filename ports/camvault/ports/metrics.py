"""Port: figures for a monitoring system."""

from collections.abc import Mapping
from typing import Literal, Protocol

import attrs


@attrs.frozen
class Sample:
    """One figure. Labels hold names of stations and causes, never a secret."""

    value: float
    labels: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen
class Metric:
    """Figures of one kind. `name` has its unit at its end, and a counter `_total`."""

    name: str = attrs.field(validator=attrs.validators.matches_re(r"[a-z_][a-z0-9_]*"))
    help: str
    samples: tuple[Sample, ...]
    kind: Literal["gauge", "counter"] = "gauge"


class Metrics(Protocol):
    """Where figures go."""

    def publish(self, metrics: tuple[Metric, ...], /) -> None:
        """Replace all figures at once: a reader sees the old or the new ones.

        Raises:
            StorageError: They could not be written.
        """
        ...
