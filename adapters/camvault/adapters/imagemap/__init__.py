"""Adapter for pycdlib: which file of an image lies on which sector. For any image, also one that others made."""

from camvault.adapters.imagemap.imagemap import PycdlibImageMap
from camvault.adapters.imagemap.volumes import ImageVolumes

__all__ = ["ImageVolumes", "PycdlibImageMap"]
