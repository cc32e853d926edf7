"""Port: the value that the one door out accepts. Policies in core build it; only storage acts on it (INV-1).

Nothing but `camvault.core.retention.removals` constructs a `Removal`; a test reads the source to make sure.
"""

from pathlib import PurePath

import attrs

from camvault.ports.entries import FileIdentity
from camvault.ports.witness import Witness


@attrs.frozen
class Proof:
    """This exact file is known to exist elsewhere: it was read back there and compared.

    Attributes:
        where: The place, as people call it: a disc, a folder, the target's address.
        sha256: Of the content, hex.
        number: The number in the marker of that place; "" if it has none, or if that is not known.
    """

    where: str
    sha256: str
    number: str = ""

    def __str__(self) -> str:
        return f"proven at {self.where}"


@attrs.frozen
class RetentionReason:
    """The user asked for the removal by flag or configuration: which rule, and the figure that met it.

    With `proof` the file exists elsewhere all the same; without, it is lost.
    """

    rule: str
    figure: str
    proof: Proof | None = None

    def __str__(self) -> str:
        return f"{self.rule}: {self.figure}" + (f" ({self.proof})" if self.proof else "")


@attrs.frozen
class Leftover:
    """camvault made the file itself and needs it no more; `marker` is what proves that."""

    marker: str

    def __str__(self) -> str:
        return f"made by camvault ({self.marker})"


@attrs.frozen
class Removal:
    """One file that may go: which one exactly, and why.

    Storage compares `identity` with what it finds (`FileIdentity.is_same_file`) and refuses another file of the same
    name (INV-2). An identity from a look in this run is stronger than one from a record, which may know size and mtime
    only. Right before the removal it looks at `witness` once more, and refuses if that is gone, another file, or the
    same file by another name. None: the file is no footage of a batch (an unfinished file, a record), a rule of the
    user takes it, or its proof is a record of a read-back elsewhere.
    """

    path: PurePath
    identity: FileIdentity
    reason: Proof | RetentionReason | Leftover
    witness: Witness | None = None

    @property
    def proof(self) -> Proof | None:
        """How it is known that the file exists elsewhere; None if nothing says so."""
        match self.reason:
            case Proof():
                return self.reason
            case RetentionReason():
                return self.reason.proof
            case Leftover():
                return None
