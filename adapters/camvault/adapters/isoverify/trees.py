"""Adapter for disc images: what both trees of an image and its five labels say, by a reader of our own.

It shares nothing with the writer but the formats, and looks at what a writer may get wrong: checksums and CRCs, numbers
that stand there twice, path tables, both volume descriptor sequences, parents, and the bounds of everything. It answers
or refuses any image in a time that its size and the number of files expected bound.
"""

from camvault.adapters.isoverify.iso9660 import Iso9660Reader
from camvault.adapters.isoverify.open_image import OpenImage
from camvault.adapters.isoverify.sectors import Room, Sectors
from camvault.adapters.isoverify.udf import UdfReader
from camvault.adapters.isoverify.views import ImageView


def read_image(file: OpenImage, entry_count: int) -> ImageView:
    """Read the trees of an open image; see `ReadImage`.

    Raises:
        MismatchError: It is no UDF/ISO-9660 bridge with Joliet and Rock Ridge, or a damaged one.
        OSError: The medium does not give it.
    """
    sectors = Sectors(file)
    iso = Iso9660Reader(sectors, entry_count)
    udf = UdfReader(sectors, Room.of(entry_count))
    return ImageView(udf.tree(), iso.rock_ridge(), iso.joliet_files(), iso.labels | udf.labels)
