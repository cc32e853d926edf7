"""Adapter for rsync: footage to a mounted folder or over ssh, and what really arrived there."""

from camvault.adapters.rsync.guard import TARGET_MARKER_NAME, TargetGuard
from camvault.adapters.rsync.remote_guard import RemoteGuard
from camvault.adapters.rsync.transfer import RsyncTransfer

__all__ = ["TARGET_MARKER_NAME", "RemoteGuard", "RsyncTransfer", "TargetGuard"]
