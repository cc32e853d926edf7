"""Pure: what a JSON object of a record holds, taken by key and kind; what is missing or of another kind is named."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from camvault.core.evidence.errors import EvidenceError
from camvault.core.evidence.json_lines import Json

T = TypeVar("T")


class JsonTable:
    """A JSON object whose values are taken by key and kind."""

    def __init__(self, value: Json, where: str) -> None:
        if not isinstance(value, Mapping):
            raise EvidenceError(f"{where} is no object")
        self._values, self._where = value, where

    @property
    def keys(self) -> Sequence[str]:
        """The keys, in their order."""
        return tuple(self._values)

    def text(self, key: str) -> str:
        """A text."""
        return self._of_kind(key, str)

    def number(self, key: str) -> int:
        """A whole number."""
        value = self._of_kind(key, int)
        if isinstance(value, bool):
            raise self._wrong(key)
        return value

    def seconds_or_none(self, key: str) -> float | None:
        """A number, or None where there is none."""
        value = self._values.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(key)
        return float(value)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        found: list[str] = []
        for each in self._of_kind(key, list):
            if not isinstance(each, str):
                raise self._wrong(key)
            found.append(each)
        return tuple(found)

    def member(self, key: str, members: type[T]) -> T:
        """A member of an enumeration, by its value."""
        try:
            return members(self.text(key))  # type: ignore[call-arg]
        except ValueError:
            raise self._wrong(key) from None

    def table(self, key: str) -> "JsonTable":
        """An object."""
        return JsonTable(self._values.get(key), f"{self._where}, {key},")

    def tables(self, key: str) -> "tuple[JsonTable, ...]":
        """A list of objects."""
        return tuple(JsonTable(each, f"{self._where}, {key},") for each in self._of_kind(key, list))

    def _of_kind(self, key: str, kind: type[T]) -> T:
        value = self._values.get(key)
        if not isinstance(value, kind):
            raise self._wrong(key)
        return value

    def _wrong(self, key: str) -> EvidenceError:
        return EvidenceError(f"{self._where}: {key} is {self._values.get(key)!r}")
