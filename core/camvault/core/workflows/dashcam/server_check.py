"""Workflow, private part: does the server still have clips that were proven to be there?

| what is said of a clip                                         | it is        |
|----------------------------------------------------------------|--------------|
| the SHA-256 that it had when it was copied                     | sound        |
| another SHA-256                                                | lost         |
| equal to the staged one, which is as it was copied             | sound        |
| missing; or another one than that                              | lost         |
| nothing, in an answer that has a clip which the server has     | lost         |
| nothing else, from a cache, or by another server               | not told     |

A connection that breaks in the middle says of no clip that it is there. So the silence about one is never enough.
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.core.chunks import in_chunks
from camvault.core.dashcam.clip_book import KnownClip
from camvault.core.workflows.steps.target_answer import here_or_raise
from camvault.ports.cancellation import Cancellation
from camvault.ports.entries import FileIdentity
from camvault.ports.transfer import Evidence, EvidenceKind, Here, Sendable, Sight, TargetError, Transfer

_MOST_FILES, _MOST_BYTES = 64, 4 * 1024**3
_NOT_FROM_A_MEDIUM = (EvidenceKind.READ_CACHED, EvidenceKind.IN_MEMORY)
_GONE = "it is missing at the server"
_OTHER = "another file stands under its name at the server"
_SILENT = "it is missing at the server, or cannot be read there"
_NO_ANSWER = "the server gave no answer for it"
_NO_HASHES = "the server computes no SHA-256 for us, and there is nothing here to compare it with"


@attrs.frozen(kw_only=True)
class SentClip:
    """A clip that was proven to be at the server.

    Attributes:
        path: Where it was staged, and under which name the server has it.
        clip: What is known of it.
        identity: Of the staged file, or of the one that was.
        is_staged: Whether it still is.
    """

    path: PurePosixPath
    clip: KnownClip
    identity: FileIdentity
    is_staged: bool


@attrs.frozen(kw_only=True)
class ServerFindings:
    """What was found; of a clip that is in none of these, nothing is said by the server that is not known here.

    Attributes:
        number: Of the server.
        sound: What it has as it was copied, and how that was seen.
        lost: What it has not, and the words for that.
        untold: Of what nothing can be told, and why.
    """

    number: str
    sound: Mapping[PurePosixPath, EvidenceKind]
    lost: Mapping[PurePosixPath, str]
    untold: Mapping[PurePosixPath, str]


def check_server(
    sent: Sequence[SentClip],
    *,
    transfer: Transfer,
    root: PurePath,
    sound_here: Collection[PurePosixPath],
    cancel: Cancellation,
) -> ServerFindings:
    """Ask the server for these clips.

    Args:
        sent: At least one.
        transfer: The way to it.
        root: The staging.
        sound_here: Which staged files are as they were copied.
        cancel: Asked between the questions.

    Raises:
        TargetError: It cannot be asked now, or was another one in between.
        MissingToolError: There is nothing to look at it with.
        Cancelled: Asked to stop.
    """
    here = here_or_raise(transfer, transfer.ask())
    check = _ServerCheck(transfer, root, sound_here, cancel)
    check.run(sent, here)
    if here_or_raise(transfer, transfer.ask()) != here:
        raise TargetError(transfer.where, "it was exchanged meanwhile")
    return ServerFindings(number=here.number, sound=check.sound, lost=check.lost, untold=check.untold)


@attrs.define
class _ServerCheck:
    transfer: Transfer
    root: PurePath
    sound_here: Collection[PurePosixPath]
    cancel: Cancellation
    sound: dict[PurePosixPath, EvidenceKind] = attrs.field(factory=dict, init=False)
    lost: dict[PurePosixPath, str] = attrs.field(factory=dict, init=False)
    untold: dict[PurePosixPath, str] = attrs.field(factory=dict, init=False)

    def run(self, sent: Sequence[SentClip], here: Here) -> None:
        meant = [one for one in sent if one.clip.last.where == here.number]
        others = (one for one in sent if one.clip.last.where != here.number)
        self.untold |= {one.path: f"it was proven at another server (marker {one.clip.last.where})" for one in others}
        silent: list[SentClip] = []
        hashed: list[SentClip] = []
        for chunk in _chunks(meant):
            told = self._asked(chunk)
            silent += [one for one in chunk if one.path not in told]
            hashed += [one for one in chunk if one.path in told and told[one.path].sha256]
            self._judge(chunk, told)
        beside = min(hashed, key=lambda one: one.identity.size_bytes, default=None)
        for chunk in _chunks(silent):
            if beside is None:
                self._look(chunk)
            else:
                self._ask_beside(beside, chunk)

    def _asked(self, chunk: Sequence[SentClip]) -> Mapping[PurePosixPath, Evidence]:
        self.cancel.check()
        return self.transfer.prove(_sendables(chunk), root=self.root, cancel=self.cancel)

    def _ask_beside(self, known: SentClip, chunk: Sequence[SentClip]) -> None:
        """Ask a server that hashes once more, for a clip that it has as well: without that, it did not answer."""
        told = self._asked([known, *chunk])
        self._judge(chunk, told)
        words, where = (_SILENT, self.lost) if known.path in told else (_NO_ANSWER, self.untold)
        where |= {one.path: words for one in chunk if one.path not in told}

    def _look(self, chunk: Sequence[SentClip]) -> None:
        """Let one that only compares say itself what it misses."""
        self.cancel.check()
        sights = self.transfer.look(_sendables(chunk), root=self.root, by_content=True, cancel=self.cancel)
        for one in chunk:
            sight = sights.get(one.path)
            if sight is Sight.GONE:
                self.lost[one.path] = _GONE
            elif not one.is_staged:
                self.untold[one.path] = _NO_HASHES
            elif sight is Sight.OTHER and one.path in self.sound_here:
                self.lost[one.path] = _OTHER
            elif sight is not Sight.OTHER:
                self.untold[one.path] = _NO_ANSWER

    def _judge(self, chunk: Sequence[SentClip], told: Mapping[PurePosixPath, Evidence]) -> None:
        for one in chunk:
            evidence = told.get(one.path)
            if evidence is None:
                continue
            if evidence.kind in _NOT_FROM_A_MEDIUM:
                self.untold[one.path] = "the server's copy was read from a cache"
            elif evidence.sha256 and evidence.sha256 != one.clip.sha256:
                words = f"its SHA-256 at the server is {evidence.sha256}, expected {one.clip.sha256}"
                self.lost[one.path] = words
            elif evidence.sha256 or one.path in self.sound_here:
                self.sound[one.path] = evidence.kind  # without a hash: it is as what is here, which is sound


def _chunks(sent: Sequence[SentClip]) -> Sequence[Sequence[SentClip]]:
    return list(in_chunks(sent, most_files=_MOST_FILES, most_bytes=_MOST_BYTES))


def _sendables(sent: Sequence[SentClip]) -> Sequence[Sendable]:
    return [Sendable(one.path, one.identity) for one in sent]
