"""Adapter for pytest: progress files for hypothesis, with everything that a name or a number may be."""

from pathlib import PurePath

from hypothesis import strategies as st

from camvault.ports.batch_record import BatchRecord, ClipRecord, ClipState, Coding, Mode, OutputRecord
from camvault.ports.encoding import Allocation, EncodeOptions, EncodeRecord, RateSearch, SampleRecord
from camvault.ports.entries import FileIdentity
from camvault.ports.media import ConstantQuality, TargetBitrate
from camvault.ports.quality import QualityMeasure

TEXT = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]) | st.sampled_from("\udc80\udcff"), min_size=1
).filter(lambda name: name not in (".", ".."))
BYTES = st.integers(0, 2**63)
IDENTITIES = st.builds(FileIdentity, BYTES, st.integers(-(2**62), 2**62))
RATES = st.builds(TargetBitrate, st.integers(1, 10**6)) | st.builds(ConstantQuality, st.integers(4, 252))
SHA = st.text("0123456789abcdef", min_size=64, max_size=64)
LENGTHS = st.floats(0.125, 1e6)
QUALITIES = st.none() | st.floats(0, 100)
SAMPLES = st.builds(SampleRecord, LENGTHS, LENGTHS, RATES, BYTES, QUALITIES)


@st.composite
def batch_records(draw: st.DrawFn) -> BatchRecord:
    clips = []
    for index, key in enumerate(draw(st.lists(TEXT, min_size=1, max_size=4, unique=True))):
        words, argv = TEXT | st.just(""), st.lists(TEXT, max_size=2).map(tuple)
        output = draw(st.none() | st.builds(OutputRecord, IDENTITIES, SHA, st.none() | SHA, words, argv, words))
        clips.append(
            ClipRecord(
                key=key,
                state=draw(st.sampled_from(ClipState)) if output else ClipState.PENDING,
                source=PurePath("/") / draw(TEXT),
                source_identity=draw(st.none() | IDENTITIES),
                duration_s=draw(LENGTHS),
                has_audio=draw(st.booleans()),
                extra_bytes=draw(st.integers(0, 10**12)),
                coding=draw(st.sampled_from(Coding)),
                left_out=draw(st.sampled_from(["", "Input/output error"])),
                output_name=f"{index}.mp4",
                output=output,
                samples=tuple(draw(st.lists(SAMPLES, max_size=2))),
                encodes=tuple(draw(st.lists(st.builds(EncodeRecord, RATES, BYTES, st.booleans()), max_size=2))),
            )
        )
    mode = draw(st.sampled_from(Mode))
    return BatchRecord(
        disc_bytes=draw(st.integers(101, 10**12)),
        safety_bytes=draw(st.integers(0, 100)),
        mode=mode,
        kbps=draw(st.integers(1, 10**6)) if mode is Mode.ENCODE else None,
        clips=tuple(clips),
        options=EncodeOptions(
            allocation=draw(st.sampled_from(Allocation)),
            preset=draw(st.integers(0, 13)),
            thread_count=draw(BYTES),
            min_kbps=draw(st.integers(1, 10**6)),
            rate_search=draw(st.sampled_from(RateSearch)),
            measure=draw(st.sampled_from(QualityMeasure)),
        ),
    )
