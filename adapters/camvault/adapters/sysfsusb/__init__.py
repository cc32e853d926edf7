"""Adapter for Linux: power of USB ports by the kernel's own switch, without any tool. Linux 6.0 or newer.

`disable` of a hub's port takes the device away and switches the power off, if the hub can; read, it is asked of the
hub.
Source: Documentation/ABI/testing/sysfs-bus-usb and drivers/usb/core/port.c of Linux 6.1.
"""

from camvault.adapters.sysfsusb.port import SysfsUsbPort

__all__ = ["SysfsUsbPort"]
