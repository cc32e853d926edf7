"""Values that the tests of evidence share."""

from hypothesis import strategies as st

from camvault.core import strategies as its
from camvault.core.evidence.camera_start import ClockSource
from camvault.core.evidence.custody import ClipCustody, Custody, DiscRecord, How, Made, Original
from camvault.core.evidence.extents import Extent

TEXTS = st.one_of(its.names(), st.text(max_size=20), st.text('\\\n\r \t"', max_size=6))
"""Words that a camera, a tool or a file system may have said."""
NAMES = st.one_of(
    its.names(),
    st.sampled_from(
        ["-", "-n", "--help", "./-", " a", "a ", "\\", "\\n", "\n", "a\rb", "*.mp4", "$(id)", "'\"", "ü.mp4"]
    ),
)
CLIPS = st.builds(
    ClipCustody,
    name=NAMES,
    camera=TEXTS,
    start=TEXTS,
    clock=st.sampled_from(ClockSource),
    duration_s=st.one_of(st.none(), st.floats(0, 1e9, allow_nan=False)),
    original=st.builds(Original, path=TEXTS, size_bytes=st.integers(0, 10**12), mtime=TEXTS, sha256=its.digests()),
    made=st.builds(
        Made,
        how=st.sampled_from(How),
        argv=st.lists(TEXTS, max_size=3).map(tuple),
        tool=TEXTS,
        doubts=st.lists(TEXTS, max_size=3).map(tuple),
    ),
    size_bytes=st.integers(0, 10**12),
    sha256=its.digests(),
)
DISCS = st.builds(
    DiscRecord,
    label=TEXTS,
    disc_id=its.digests(),
    stamp=TEXTS,
    disc=st.integers(1, 9),
    discs=st.integers(1, 9),
    files=st.integers(0, 10**5),
    size_bytes=st.integers(0, 10**12),
    tools=st.dictionaries(TEXTS, TEXTS, max_size=3),
)
CUSTODIES = st.builds(Custody, DISCS, st.lists(CLIPS, max_size=3).map(tuple))
EXTENTS = st.builds(
    Extent,
    first_sector=st.integers(0, 2**32 - 1),
    size_bytes=st.integers(0, 10**13),
    sha256=its.digests(),
    name=NAMES,
)
