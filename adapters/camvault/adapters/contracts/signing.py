"""Adapter for pytest: the contract of `Signer`."""

import pytest

from camvault.adapters.contracts.stop import StopRequest
from camvault.ports.errors import Cancelled, UsageError
from camvault.ports.signing import Signature, Signer


def _sign(signer: Signer, content: bytes, namespace: str = "test") -> Signature:
    return signer.sign(content, namespace=namespace, cancel=StopRequest())


class SignerContract:
    """What core relies on: one key, signatures of one size, and no signature for another content or purpose.

    Provide:
        signer (`Signer`): The adapter under test.
        other (`Signer`): The same with another key.
        locked (`Signer`): The same with a key that cannot be used.
    """

    @pytest.fixture
    def signer(self) -> Signer:
        """The adapter under test."""
        raise NotImplementedError("provide the fixture `signer`")

    @pytest.fixture
    def other(self) -> Signer:
        """The same with another key."""
        raise NotImplementedError("provide the fixture `other`")

    @pytest.fixture
    def locked(self) -> Signer:
        """The same with a key that cannot be used."""
        raise NotImplementedError("provide the fixture `locked`")

    def test_the_key_and_the_size_are_known_before_the_content_is(self, signer: Signer) -> None:
        first, second = _sign(signer, b""), _sign(signer, b"content\n" * 1000)
        assert (first.public_key, first.fingerprint) == (second.public_key, second.fingerprint)
        assert len(first.text) == len(second.text)
        assert first.text.endswith("\n")
        assert "\n" not in first.public_key + first.fingerprint

    def test_another_content_or_purpose_has_another_signature(self, signer: Signer) -> None:
        made = {_sign(signer, b"one").text, _sign(signer, b"two").text, _sign(signer, b"one", "other").text}
        assert len(made) == 3

    def test_another_key_is_another_one(self, signer: Signer, other: Signer) -> None:
        one, two = _sign(signer, b"x"), _sign(other, b"x")
        assert one.public_key != two.public_key
        assert one.fingerprint != two.fingerprint

    def test_a_key_that_cannot_be_used_is_said_before_any_work(self, locked: Signer) -> None:
        with pytest.raises(UsageError, match="cannot sign"):
            _sign(locked, b"x")

    def test_a_stop_is_a_stop(self, signer: Signer) -> None:
        stop = StopRequest()
        stop.request()
        with pytest.raises(Cancelled):
            signer.sign(b"x", namespace="test", cancel=stop)
