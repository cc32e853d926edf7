"""Adapter for programs that take alerts: the way to reach whatever has a command line."""

from camvault.adapters.alertcommand.command import CommandAlerts

__all__ = ["CommandAlerts"]
