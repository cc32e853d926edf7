"""Wrong adapters of `ClipReader` and `Signer`."""

from pathlib import PurePath

import pytest

from camvault.adapters.contracts.clip_facts import ClipFactsContract
from camvault.adapters.contracts.signing import SignerContract
from camvault.adapters.memory.clip_facts import MemoryClipReader
from camvault.adapters.memory.signing import MemorySigner
from camvault.ports.cancellation import Cancellation
from camvault.ports.clip_facts import ContainerFacts
from camvault.ports.errors import MediaError
from camvault.ports.signing import Signature
from tests.contracts.test_clip_facts import InMemory
from tests.contracts.wrong.refusal import by


class _Credulous(MemoryClipReader):
    """Takes whatever there is for a clip."""

    def facts(self, path: PurePath, /) -> ContainerFacts:
        try:
            return super().facts(path)
        except MediaError:
            return ContainerFacts()


class TestClipReaderThatTakesAnythingForAClip(ClipFactsContract):
    REFUSED_BY = by("what_is_no_clip_is_an_error")

    @pytest.fixture
    def harness(self) -> InMemory:
        world = InMemory()
        object.__setattr__(world, "reader", _Credulous(world.storage))
        return world


class _Purposeless(MemorySigner):
    """Signs for whatever purpose: what was signed for another one can be shown for this."""

    def sign(self, content: bytes, /, *, namespace: str, cancel: Cancellation) -> Signature:
        return super().sign(content, namespace="" if namespace else namespace, cancel=cancel)


class TestSignerForAnyPurpose(SignerContract):
    REFUSED_BY = by("another_content_or_purpose_has_another_signature")

    @pytest.fixture
    def signer(self) -> _Purposeless:
        return _Purposeless()

    @pytest.fixture
    def other(self) -> _Purposeless:
        return _Purposeless("other")

    @pytest.fixture
    def locked(self) -> _Purposeless:
        return _Purposeless(is_locked=True)
