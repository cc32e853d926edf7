"""Workflow step: before what stands at a target is believed, see that it is none of the files here.

Each folder is tried once in a run with a nonce (`alias_check`); where a union of folders shows the files here, the
target is asked for each file.
"""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

import attrs

from camvault.core.workflows.steps.alias_check import AliasCheck, still_here, told_apart
from camvault.ports.cancellation import Cancellation
from camvault.ports.transfer import Sendable, TargetError, Transfer


@attrs.frozen
class ApartCheck:
    """Asks one target.

    Attributes:
        aliases: Makes the nonces, and knows where the files are.
        told: The folders of which it is known in this run.
    """

    aliases: AliasCheck
    transfer: Transfer
    cancel: Cancellation
    told: set[PurePosixPath] = attrs.field(factory=set)

    def untold(self, files: Sequence[Sendable]) -> Mapping[PurePosixPath, str]:
        """Of which of these files, or of their folders, it cannot be told whether the target shows the files here.

        Raises:
            TargetError: It shows them.
        """
        root, storage = self.aliases.ready, self.aliases.storage
        apart = told_apart(files, ready=root, target=self.transfer, cancel=self.cancel)
        if apart.alias:
            raise TargetError(self.transfer.where, apart.alias)
        new = sorted({file.path.parent for file in files} - self.told)
        if not new:
            return apart.untold
        with self.aliases.nonces(new) as nonces:
            found = self.transfer.look(nonces.files, root=root, by_content=False, cancel=self.cancel)
            answer = nonces.answer(found, here=still_here(nonces, root, storage))
        if answer.alias:
            raise TargetError(self.transfer.where, answer.alias)
        self.told.update(set(new) - answer.untold.keys())
        return {**apart.untold, **answer.untold}
