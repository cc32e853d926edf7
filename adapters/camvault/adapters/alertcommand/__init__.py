"""Adapter for programs that take alerts: any service with a command line."""

from camvault.adapters.alertcommand.command import CommandAlerts

__all__ = ["CommandAlerts"]
