"""Adapter for disc images: our own writer of UDF/ISO-9660 bridges, in-process and without any tool.

What goes where is decided by `layout` (pure), how it is spelled by `names`, `udf` and `iso9660` (pure), and `writer`
reads each source once. What cannot be said exactly in a format:

- UDF holds names of 254 Latin-1 characters or 127 UTF-16 units. A longer name is cut there and ends in `~` and eight
  hexadecimal digits of its SHA-256; bytes that are not UTF-8 are written as `%XX` (then `%` itself as `%25`). Rock
  Ridge holds every name exactly. `ImagePlan.udf_names` lists the names that differ.
- Joliet holds 64 UTF-16 units, ISO 9660 itself 30 capitals, digits and underscores. Both are made unique.
- Owners and permissions are not kept: everything is readable by everybody. Folders carry the image's stamp.
"""

from camvault.adapters.bridge.builder import BridgeBuilder

__all__ = ["BridgeBuilder"]
