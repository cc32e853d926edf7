"""Adapter for executors: encoders and archivers whose work is done by others, who share the storage.

An order is an empty file in the place of the target. Whoever works on it writes to a file of a name of its own beside
it, and stops when the order is gone: when the coordinator was asked to stop, or was killed and its next run swept up.
The coordinator alone gives the result its name. So two workers on one clip, as after a lost connection, never write to
one file, and none writes to a file that was proven.
"""

from camvault.adapters.farm.order import Farm
from camvault.adapters.farm.remote import FarmArchiver, FarmEncoder, FarmQualityMeter

__all__ = ["Farm", "FarmArchiver", "FarmEncoder", "FarmQualityMeter"]
