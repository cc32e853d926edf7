"""Adapter for images: reads the volume recognition sequence (ECMA-167 2/8.3), which ISO 9660 and UDF both have."""

from pathlib import Path, PurePath

from camvault.adapters._shared.durable import translated
from camvault.ports.burner import VolumeReader
from camvault.ports.image import SECTOR_BYTES

_FIRST_SECTOR = 16
_SECTOR_COUNT = 64
_KNOWN = frozenset({b"CD001", b"BEA01", b"NSR02", b"NSR03", b"BOOT2", b"TEA01"})


class ImageVolumes:
    """Reads images directly; no library is needed."""

    def identifiers(self, image: PurePath, /) -> tuple[bytes, ...]:
        """See `VolumeReader`."""
        with translated(image), Path(image).open("rb") as file:
            file.seek(_FIRST_SECTOR * SECTOR_BYTES)
            data = file.read(_SECTOR_COUNT * SECTOR_BYTES)
        found = []
        for start in range(0, len(data), SECTOR_BYTES):
            identifier = data[start + 1 : start + 6]
            if identifier not in _KNOWN:
                break
            found.append(identifier)
        return tuple(found)


_: VolumeReader = ImageVolumes()
