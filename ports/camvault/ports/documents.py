"""Port: small records with a structure, kept from one run of a program to the next."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Protocol


class Documents(Protocol):
    """Keeps tables of texts, numbers, booleans, lists and tables."""

    def read(self, path: PurePath, /) -> object:
        """What was written last; None if there is nothing.

        Raises:
            RecordError: What is there cannot be read as a document.
            StorageError: It cannot be read at all.
        """
        ...

    def write(self, path: PurePath, document: Mapping[str, object], /) -> None:
        """Replace the document atomically and durably: a reader sees the old or the new one.

        Raises:
            StorageError: It could not be written; the old one stands.
        """
        ...
