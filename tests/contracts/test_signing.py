"""The contract of `Signer`, on ssh-keygen and in memory; and what ssh-keygen itself says of the signatures."""

import subprocess
from pathlib import Path

import pytest

from camvault.adapters.contracts.signing import SignerContract
from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.memory.signing import MemorySigner
from camvault.adapters.sshkeygen import SshSigner
from camvault.adapters.sshkeygen.parse import UnknownSignatureError, key_of
from camvault.ports.errors import MissingToolError, UsageError
from camvault.ports.signing import Signer

KINDS = ("ed25519", "rsa")


def key_at(path: Path, kind: str = "ed25519", passphrase: str = "") -> SshSigner:
    argv = ("ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "a comment", "-f", str(path))
    subprocess.run(argv, check=True)
    return SshSigner(path)


class TestSigner(SignerContract):
    @pytest.fixture(params=["memory", *KINDS])
    def kind(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    @pytest.fixture
    def signer(self, kind: str, tmp_path: Path) -> Signer:
        return MemorySigner() if kind == "memory" else key_at(tmp_path / "key", kind)

    @pytest.fixture
    def other(self, kind: str, tmp_path: Path) -> Signer:
        return MemorySigner("other") if kind == "memory" else key_at(tmp_path / "-o ther", kind)

    @pytest.fixture
    def locked(self, kind: str, tmp_path: Path) -> Signer:
        return MemorySigner(is_locked=True) if kind == "memory" else key_at(tmp_path / "locked", passphrase="a phrase")  # noqa: S106 - of this test


@pytest.mark.parametrize("kind", KINDS)
def test_the_key_is_the_one_that_ssh_keygen_names(tmp_path: Path, kind: str) -> None:
    made = key_at(tmp_path / "key", kind).sign(b"x", namespace="test", cancel=MemoryCancellation())
    assert (tmp_path / "key.pub").read_text().startswith(made.public_key + " ")
    listed = subprocess.run(("ssh-keygen", "-lf", tmp_path / "key"), check=True, capture_output=True, text=True).stdout
    assert listed.split()[1] == made.fingerprint


def test_what_is_no_key_cannot_sign(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("no key")
    with pytest.raises(UsageError, match="cannot sign"):
        SshSigner(tmp_path / "key").sign(b"x", namespace="test", cancel=MemoryCancellation())


def test_without_the_tool_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError):
        SshSigner(tmp_path / "key").sign(b"x", namespace="test", cancel=MemoryCancellation())


@pytest.mark.parametrize(
    "body", ["", "AAAA", "U1NIU0lHAAAAAg==", "U1NIU0lHAAAAAQAAADMAAAALc3NoLWVk", "U1NIU0lHAAAAAQ=="]
)
def test_what_is_no_signature_is_refused(body: str) -> None:
    with pytest.raises(UnknownSignatureError):
        key_of(f"-----BEGIN SSH SIGNATURE-----\n{body}\n-----END SSH SIGNATURE-----\n")


def test_a_tool_that_says_something_else_cannot_sign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ssh-keygen").write_text("#!/bin/sh\necho hello\n")
    (tmp_path / "ssh-keygen").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(UsageError, match="cannot sign: it has no armour"):
        SshSigner(tmp_path / "key").sign(b"x", namespace="test", cancel=MemoryCancellation())
