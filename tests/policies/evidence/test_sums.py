"""SHA256SUMS: read back as written, and checked by coreutils whatever the names are."""

import hashlib
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core import strategies as its
from camvault.core.evidence.errors import EvidenceError
from camvault.core.evidence.sums import parse_sums, sums_text
from tests.policies.evidence.examples import NAMES

HOSTILE = [
    "-",
    "-c",
    "--help",
    " a",
    "a ",
    "\\",
    "\\n",
    "a\nb",
    "a\rb",
    "\n",
    "*.mp4",
    "$(id)",
    "'\"`",
    "ü.mp4",
    "z\udcff",
]


@given(st.dictionaries(NAMES, its.digests(), max_size=4).filter(lambda sums: not {"-", "./-"} <= sums.keys()))
def test_every_name_comes_back(sums: dict[str, str]) -> None:
    wanted = {"-" if name == "./-" else name: sha256 for name, sha256 in sums.items()}
    assert parse_sums(sums_text(sums)) == wanted


def test_coreutils_checks_files_of_any_name(tmp_path: Path) -> None:
    sums = {}
    for name in HOSTILE:
        (tmp_path / name).write_bytes(os.fsencode(name))
        sums[name] = hashlib.sha256(os.fsencode(name)).hexdigest()
    (tmp_path / "SHA256SUMS").write_bytes(sums_text(sums).encode("utf-8", "surrogateescape"))
    argv = ("sha256sum", "--check", "--strict", "SHA256SUMS")
    assert subprocess.run(argv, cwd=tmp_path, check=False, stdin=subprocess.DEVNULL).returncode == 0
    (tmp_path / "a\nb").write_bytes(b"changed")
    assert subprocess.run(argv, cwd=tmp_path, check=False, stdin=subprocess.DEVNULL).returncode == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x", "torn"),
        ("x\n", "no line"),
        (f"{'0' * 64}  a\n{'1' * 64}  a\n", "twice"),
        (f"{'0' * 64}  \n", "no line"),
    ],
)
def test_what_is_no_sums_is_refused(text: str, words: str) -> None:
    with pytest.raises(EvidenceError, match=words):
        parse_sums(text)
