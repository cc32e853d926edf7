"""Adapter for systemd: definitions to unit files, and control of units."""

from camvault.adapters.systemd.folder import LocalUnits
from camvault.adapters.systemd.quoting import unit_name
from camvault.adapters.systemd.systemctl import Systemctl
from camvault.adapters.systemd.units import GENERATED_HEADER, is_generated, unit_files

__all__ = ["GENERATED_HEADER", "LocalUnits", "Systemctl", "is_generated", "unit_files", "unit_name"]
