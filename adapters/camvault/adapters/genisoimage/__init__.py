"""Adapter for genisoimage: images for those who ask for it.

It keeps less than the port promises, and says so: images are not reproducible (clock and a random identifier get in),
the sectors of files are not known before writing (`ImageFile.first_sector` is 0), and a tree that its UDF or ISO 9660
side would not hold exactly is refused when it is planned. Tried with genisoimage 1.1.11 (cdrkit).
"""

from camvault.adapters.genisoimage.builder import GenisoimageBuilder, find_genisoimage

__all__ = ["GenisoimageBuilder", "find_genisoimage"]
