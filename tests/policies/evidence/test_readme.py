"""README.txt: short, in ASCII, and its commands work whatever the names are."""

import hashlib
import os
import subprocess
from pathlib import Path

from camvault.core.evidence.extents import Extent, extents_text
from camvault.core.evidence.places import EvidencePlaces
from camvault.core.evidence.readme import DUMP, ReadmeFacts, readme_text, salvage_command
from tests.policies.evidence.test_sums import HOSTILE

FACTS = ReadmeFacts(
    label="SHIFT_001", disc_id="ab" * 16, stamp="2025-07-18T10:15:00Z", tool="camvault 1", clip_count=2, size_bytes=5000
)


def test_it_is_short_and_plain_and_says_which_disc_it_is() -> None:
    text = readme_text(FACTS, EvidencePlaces())
    assert text.isascii()
    assert len(text) <= 2048
    assert "Disc 1 of 1" in text
    assert "abab" in text


def test_each_command_stands_on_one_line() -> None:
    lines = [line.strip() for line in readme_text(FACTS, EvidencePlaces()).splitlines() if line.startswith("  ")]
    assert "sha256sum -c SHA256SUMS" in lines
    assert salvage_command() in lines


def salvaged(image: bytes, folder: Path) -> str:
    folder.mkdir()
    (folder / DUMP).write_bytes(image)
    done = subprocess.run(("sh", "-c", salvage_command()), cwd=folder, check=True, capture_output=True)
    return done.stdout.decode("utf-8", "surrogateescape")


def test_files_of_any_name_are_salvaged_from_either_copy(tmp_path: Path) -> None:
    contents = {name: os.fsencode(name) * 400 for name in HOSTILE}
    sector, extents = 8, []
    body = bytearray()
    for name, content in contents.items():
        extent = Extent(sector, len(content), hashlib.sha256(content).hexdigest(), name)
        extents.append(extent)
        body += content.ljust(extent.sector_count * 2048, b"\0")
        sector += extent.sector_count
    table = extents_text(extents).encode("utf-8", "surrogateescape").ljust(8 * 2048, b"\0")
    bare = bytes(8 * 2048)
    for place, image in {"begin": table + body + bare, "end": bare + body + table}.items():
        words = salvaged(image, tmp_path / place)
        assert words.count(": OK") == len(HOSTILE)
        for extent in extents:
            assert (tmp_path / place / f"clip-{extent.first_sector}").read_bytes() == contents[extent.name]


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    content = b"x" * 5000
    extents = [Extent(8, 5000, hashlib.sha256(content).hexdigest(), "a.mp4")]
    image = extents_text(extents).encode().ljust(8 * 2048, b"\0") + b"y" * 8192
    folder = tmp_path / "damaged"
    folder.mkdir()
    (folder / DUMP).write_bytes(image)
    done = subprocess.run(("sh", "-c", salvage_command()), cwd=folder, check=False, capture_output=True)
    assert b"a.mp4 clip-8: FAILED" in done.stdout
