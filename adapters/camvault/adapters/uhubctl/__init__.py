"""Adapter for uhubctl: power of USB ports.

Its exit code says nothing: it is 0 for a misspelt action, for a port that the hub does not have, and where the power
could not be switched. So success is what uhubctl, asked again, and the kernel say of the port.
"""

from camvault.adapters.uhubctl.port import UhubctlPort

__all__ = ["UhubctlPort"]
