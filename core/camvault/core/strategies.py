"""Pure: hypothesis strategies for the values of core and ports, for users' own property tests.

Needs the extra `camvault[strategies]`. Nothing else in core imports this module.
"""

from pathlib import PurePath, PurePosixPath

from hypothesis import strategies as st

from camvault.core.retention.removals import Proven, plan_leftovers, plan_proven
from camvault.ports.entries import FileEntry, FileIdentity, FileKind
from camvault.ports.removal import Proof, Removal

_NAME_BYTES = 255
_TB = 10**12


def names() -> st.SearchStrategy[str]:
    """Every name a POSIX file system allows: newlines, controls, and bytes that are no UTF-8 as surrogate escapes."""
    plain = st.text("abcXYZ019 ._-~", min_size=1, max_size=12)
    raw = st.binary(min_size=1, max_size=_NAME_BYTES).map(lambda name: name.replace(b"/", b"_").replace(b"\0", b"_"))
    decoded = raw.map(lambda name: name.decode("utf-8", "surrogateescape"))
    return st.one_of(plain, decoded).filter(lambda name: name not in {".", ".."})


def paths(*, root: PurePath | None = None, max_depth: int = 4) -> st.SearchStrategy[PurePath]:
    """Absolute paths below `root` (by default `/`)."""
    start = PurePosixPath("/") if root is None else root
    return st.lists(names(), min_size=1, max_size=max_depth).map(lambda parts: start.joinpath(*parts))


def identities() -> st.SearchStrategy[FileIdentity]:
    """Sizes from nothing to a terabyte, times from 1970 to 2100; few enough that equal ones occur.

    Some know device, inode and ctime, as on ext4, some the device alone, as on FAT, some none, as in old records.
    """
    sizes = st.one_of(st.integers(0, 3), st.integers(0, _TB))
    times = st.one_of(st.integers(0, 3), st.integers(0, 4_102_444_800 * 10**9))
    devices, inodes = st.sampled_from(["8:1", "0:45"]), st.one_of(st.integers(1, 3), st.integers(1, 2**64 - 1))
    bare = st.builds(FileIdentity, size_bytes=sizes, mtime_ns=times)
    on_fat = st.builds(FileIdentity, size_bytes=sizes, mtime_ns=times, device=devices)
    whole = st.builds(FileIdentity, sizes, times, devices, inodes, times)
    return st.one_of(bare, on_fat, whole)


def entries(*, root: PurePath | None = None) -> st.SearchStrategy[FileEntry]:
    """Directory entries, most of them files."""
    kinds = st.one_of(st.just(FileKind.FILE), st.sampled_from(FileKind))
    return st.builds(FileEntry, path=paths(root=root), identity=identities(), kind=kinds)


def trees(*, root: PurePath | None = None, max_size: int = 12) -> st.SearchStrategy[tuple[FileEntry, ...]]:
    """Entries of different paths."""
    return st.lists(entries(root=root), max_size=max_size, unique_by=lambda entry: entry.path).map(tuple)


def digests() -> st.SearchStrategy[str]:
    """SHA-256 in hex."""
    return st.binary(min_size=32, max_size=32).map(bytes.hex)


def proofs() -> st.SearchStrategy[Proof]:
    """Proofs of files that exist elsewhere."""
    return st.builds(Proof, where=st.sampled_from(["disc A", "nas:/video", "/build/clip.mp4"]), sha256=digests())


def removals() -> st.SearchStrategy[Removal]:
    """Removals as the policies build them."""
    files = st.builds(FileEntry, path=paths(), identity=identities())
    proven = st.builds(
        lambda entry, proof: plan_proven([entry], proofs={entry.path: Proven(entry.identity, proof)}), files, proofs()
    )
    unfinished = st.builds(lambda folder: folder / ".clip.mp4.camvault-part", paths())
    leftovers = st.builds(FileEntry, path=unfinished, identity=identities()).map(
        lambda entry: plan_leftovers([entry], marker=".camvault-part")
    )
    return st.one_of(proven, leftovers).map(lambda plan: plan.removals[0])
