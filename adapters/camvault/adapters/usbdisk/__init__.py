"""Adapter for USB disks on Linux: the card of a camera below one port, found in sysfs, and mounted with mount(8).

Only the disk below that port is ever touched: one that any other device brought is not looked at.
"""

from camvault.adapters.usbdisk.card import UsbDiskCard

__all__ = ["UsbDiskCard"]
