"""Adapter for rsync: footage to a mounted folder or over ssh, and what really arrived there."""

from camvault.adapters._shared.remote_guard import RemoteGuard
from camvault.adapters._shared.target_record import TARGET_MARKER_NAME
from camvault.adapters.rsync.guard import TargetGuard
from camvault.adapters.rsync.transfer import RsyncTransfer

__all__ = ["TARGET_MARKER_NAME", "RemoteGuard", "RsyncTransfer", "TargetGuard"]
