"""Adapter for rclone: footage to a remote of rclone's own configuration, proven by what is read back."""

from camvault.adapters.rclone.transfer import RcloneTransfer

__all__ = ["RcloneTransfer"]
