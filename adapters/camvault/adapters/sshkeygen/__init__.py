"""Adapter for ssh-keygen: signatures by SSH keys, which ssh-keygen verifies everywhere (OpenSSH 8.1 and newer)."""

from camvault.adapters.sshkeygen.signer import SshSigner

__all__ = ["SshSigner"]
