"""Adapter for optical drives on Linux: finds them, looks into them and reads from them, with SCSI commands of its own.

No tool is needed, and none of their exit codes is trusted.
"""

from camvault.adapters.optical.drives import OpticalDrives

__all__ = ["OpticalDrives"]
