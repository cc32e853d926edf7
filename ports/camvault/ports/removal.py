"""Port: the value that the one door out accepts. Policies in core build it; only storage acts on it (INV-1).

Nothing but `camvault.core.retention.removals` constructs a `Removal`; a test reads the source to make sure.
"""

from pathlib import PurePath

import attrs

from camvault.ports.entries import FileIdentity


@attrs.frozen
class Proof:
    """This exact file is known to exist elsewhere: it was read back there and compared."""

    where: str
    sha256: str

    def __str__(self) -> str:
        return f"proven at {self.where}"


@attrs.frozen
class RetentionReason:
    """The user asked for it by flag or configuration: which rule, and the figure that met it.

    With `proof` the file exists elsewhere all the same; without, it is lost.
    """

    rule: str
    figure: str
    proof: Proof | None = None

    def __str__(self) -> str:
        return f"{self.rule}: {self.figure}" + (f" ({self.proof})" if self.proof else "")


@attrs.frozen
class Leftover:
    """camvault made it itself and needs it no more; `marker` is what proves that it is ours."""

    marker: str

    def __str__(self) -> str:
        return f"made by camvault ({self.marker})"


@attrs.frozen
class Removal:
    """One file that may go: which one exactly, and why.

    Storage compares `identity` with what it finds and refuses another file of the same name (INV-2).
    """

    path: PurePath
    identity: FileIdentity
    reason: Proof | RetentionReason | Leftover

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
