r"""Adapter for progress files, pure part: the layout of the JSON document, and from and to the values of the port.

The first five keys are the specification's. The others say what those cannot; a document without them is read as well.
All text is ASCII: a name that is not UTF-8 stands there with its surrogate escapes (`\udcff`).
"""

from pathlib import PurePath
from typing import Any

import attrs
import cattrs
from cattrs.gen import make_dict_structure_fn

from camvault.ports.batch_record import BatchRecord, ClipRecord, ClipState, Coding, Mode, OutputRecord
from camvault.ports.encoding import Allocation, EncodeOptions, EncodeRecord, RateSearch, SampleRecord
from camvault.ports.entries import FileIdentity
from camvault.ports.media import ConstantQuality, TargetBitrate
from camvault.ports.quality import QualityMeasure

FORMAT = 1


@attrs.frozen(kw_only=True)
class RatedDocument:
    """What was made at a rate: exactly one of `kbps` and `crf_quarters`."""

    size_bytes: int = attrs.field(validator=attrs.validators.ge(0))
    kbps: int | None = attrs.field(default=None, validator=attrs.validators.optional(attrs.validators.ge(1)))
    crf_quarters: int | None = attrs.field(
        default=None, validator=attrs.validators.optional([attrs.validators.ge(4), attrs.validators.le(252)])
    )

    def __attrs_post_init__(self) -> None:
        """Refuse what names no rate or two."""
        if (self.kbps is None) == (self.crf_quarters is None):
            raise ValueError("expected exactly one of kbps and crf_quarters")


@attrs.frozen(kw_only=True)
class SampleDocument(RatedDocument):
    """One of `clips.<name>.samples`."""

    start_s: float = attrs.field(validator=attrs.validators.ge(0))
    length_s: float = attrs.field(validator=attrs.validators.gt(0))
    quality: int | float | None = attrs.field(
        default=None, validator=attrs.validators.optional([attrs.validators.ge(0), attrs.validators.le(100)])
    )


@attrs.frozen(kw_only=True)
class EncodeDocument(RatedDocument):
    """One of `clips.<name>.encodes`."""

    is_accepted: bool = True


@attrs.frozen(kw_only=True)
class OutputDocument:
    """`clips.<name>.made`."""

    size_bytes: int = attrs.field(validator=attrs.validators.ge(0))
    mtime_ns: int
    sha256: str = attrs.field(validator=attrs.validators.matches_re(r"[0-9a-f]{64}"))
    source_sha256: str | None = attrs.field(
        default=None, validator=attrs.validators.optional(attrs.validators.matches_re(r"[0-9a-f]{64}"))
    )
    doubt: str = ""
    argv: tuple[str, ...] = ()
    tool: str = ""


@attrs.frozen(kw_only=True)
class ClipDocument:
    """`clips.<name>`. Size and mtime are null where the original was gone before they could be recorded."""

    source: str
    source_size_bytes: int | None
    source_mtime_ns: int | None
    duration_s: float = attrs.field(default=0.0, validator=attrs.validators.ge(0))
    has_audio: bool = True
    extra_bytes: int = attrs.field(default=0, validator=attrs.validators.ge(0))
    coding: Coding = Coding.BY_MODE
    left_out: str = ""
    output: str
    made: OutputDocument | None = None
    samples: tuple[SampleDocument, ...] = ()
    encodes: tuple[EncodeDocument, ...] = ()


@attrs.frozen(kw_only=True)
class OptionsDocument:
    """`options`."""

    allocation: Allocation = EncodeOptions().allocation
    preset: int = EncodeOptions().preset
    audio_kbps: int = EncodeOptions().audio_kbps
    thread_count: int = EncodeOptions().thread_count
    crf_step_quarters: int = attrs.field(
        default=EncodeOptions().crf_step_quarters, validator=attrs.validators.in_((1, 4))
    )
    min_kbps: int = attrs.field(default=EncodeOptions().min_kbps, validator=attrs.validators.ge(1))
    rate_search: RateSearch = EncodeOptions().rate_search
    measure: QualityMeasure = EncodeOptions().measure


@attrs.frozen(kw_only=True)
class Document:
    """The whole file. `format` is 0 where only the specification's keys are there."""

    disc_bytes: int = attrs.field(validator=attrs.validators.ge(1))
    safety_bytes: int = attrs.field(validator=attrs.validators.ge(0))
    mode: Mode
    kbps: int | float | None
    files: dict[str, ClipState]
    format: int = attrs.field(default=0, validator=attrs.validators.in_((0, FORMAT)))
    options: OptionsDocument = OptionsDocument()
    clips: dict[str, ClipDocument] = attrs.field(factory=dict)


# --- JSON value to document ------------------------------------------------------------------------------------------


def _exactly(*kinds: type) -> Any:
    """A hook that takes a value of these types as it is and nothing else; True is not a number."""

    def hook(value: Any, _: type) -> Any:
        if type(value) not in kinds:
            found = "null" if value is None else f"{value!r}"
            raise ValueError(f"expected {' or '.join(kind.__name__ for kind in kinds)}, found {found}")
        return float(value) if kinds == (int, float) else value

    return hook


def _number_or_none(value: Any, _: Any) -> int | float | None:
    if value is not None and type(value) not in (int, float):
        raise ValueError(f"expected a number or null, found {value!r}")
    return value  # type: ignore[no-any-return]


def _make_converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True, detailed_validation=True)
    for kinds in ((str,), (int,), (bool,), (int, float)):
        converter.register_structure_hook(kinds[-1], _exactly(*kinds))
    for choice in (Mode, ClipState, Coding, Allocation, RateSearch, QualityMeasure):  # else they are taken for any text
        converter.register_structure_hook(choice, lambda value, kind: kind(value))
    converter.register_structure_hook_func(lambda kind: kind == int | float | None, _number_or_none)
    converter.register_structure_hook_func(lambda kind: kind == int | None, _exactly(int, type(None)))
    converter.register_structure_hook_func(lambda kind: kind == str | None, _exactly(str, type(None)))
    for document in (SampleDocument, EncodeDocument, OutputDocument, ClipDocument, OptionsDocument, Document):
        converter.register_structure_hook(document, make_dict_structure_fn(document, converter))
    return converter


_CONVERTER = _make_converter()


def problems_of(error: Exception) -> list[str]:
    """What is wrong, each problem with the path of its key."""
    return cattrs.transform_error(error, path="$", format_exception=_words)


def _words(error: BaseException, _: Any) -> str:
    match error:
        case KeyError():
            return f"required key {error.args[0]!r} is missing"
        case cattrs.ForbiddenExtraKeysError():
            return f"unknown key {', '.join(sorted(map(ascii, error.extra_fields)))}"
    return str(error.args[0]) if error.args else type(error).__name__


def structured(value: Any) -> BatchRecord:
    """The progress that a parsed JSON document describes. Raises what `problems_of` explains, or ValueError."""
    if not isinstance(value, dict):
        raise ValueError(f"$: expected an object, found {type(value).__name__}")  # noqa: TRY004 - data, not a type
    document = _CONVERTER.structure(value, Document)
    problems = list(_contradictions(document))
    if problems:
        raise ValueError("; ".join(problems))
    return _progress(document)


def _contradictions(document: Document) -> list[str]:
    found = []
    if document.mode is Mode.ENCODE and (document.kbps is None or not 1 <= document.kbps < float("inf")):
        found.append(f"$.kbps: expected a number of at least 1 for mode ENCODE, found {document.kbps!r}")
    if document.safety_bytes >= document.disc_bytes:
        found.append(f"$.safety_bytes: {document.safety_bytes} leaves nothing of {document.disc_bytes} disc bytes")
    if not document.files:
        found.append("$.files: no clip")
    if document.format and document.clips.keys() != document.files.keys():
        odd = sorted(document.clips.keys() ^ document.files.keys())
        found.append(f"$.clips: does not describe the clips of $.files: {', '.join(map(ascii, odd))}")
    if not document.format and document.clips:
        found.append("$.format: missing")
    outputs = [clip.output for clip in document.clips.values()]
    if len(set(outputs)) != len(outputs):
        found.append("$.clips: two clips have the same output")
    for key, clip in document.clips.items():
        if document.files.get(key) is ClipState.DONE and clip.made is None:
            found.append(f"$.clips[{key!a}].made: missing for a clip that is done")
        if PurePath(clip.output).name != clip.output or clip.output in ("", "..") or "\0" in clip.output:
            found.append(f"$.clips[{key!a}].output: not a file name: {clip.output!a}")
        if not PurePath(clip.source).is_absolute() or "\0" in clip.source:
            found.append(f"$.clips[{key!a}].source: not an absolute path: {clip.source!a}")
    return found


# --- document and port values ----------------------------------------------------------------------------------------


def _progress(document: Document) -> BatchRecord:
    return BatchRecord(
        disc_bytes=document.disc_bytes,
        safety_bytes=document.safety_bytes,
        mode=document.mode,
        kbps=int(document.kbps) if document.kbps is not None and document.mode is Mode.ENCODE else None,
        clips=tuple(_clip(key, state, document.clips.get(key)) for key, state in document.files.items()),
        options=EncodeOptions(**attrs.asdict(document.options)),
    )


def _clip(key: str, state: ClipState, clip: ClipDocument | None) -> ClipRecord:
    if clip is None:
        return ClipRecord(key=key, state=state)
    return ClipRecord(
        key=key,
        state=state,
        source=PurePath(clip.source),
        source_identity=_identity(clip.source_size_bytes, clip.source_mtime_ns),
        duration_s=clip.duration_s,
        has_audio=clip.has_audio,
        extra_bytes=clip.extra_bytes,
        coding=clip.coding,
        left_out=clip.left_out,
        output_name=clip.output,
        output=_output(clip.made) if clip.made else None,
        samples=tuple(_sample(sample) for sample in clip.samples),
        encodes=tuple(_encode(encode) for encode in clip.encodes),
    )


def _identity(size_bytes: int | None, mtime_ns: int | None) -> FileIdentity | None:
    if size_bytes is None or mtime_ns is None:
        return None
    return FileIdentity(size_bytes=size_bytes, mtime_ns=mtime_ns)


def _output(output: OutputDocument) -> OutputRecord:
    identity = FileIdentity(size_bytes=output.size_bytes, mtime_ns=output.mtime_ns)
    return OutputRecord(
        identity=identity,
        sha256=output.sha256,
        source_sha256=output.source_sha256,
        doubt=output.doubt,
        argv=output.argv,
        tool=output.tool,
    )


def _sample(sample: SampleDocument) -> SampleRecord:
    quality = None if sample.quality is None else float(sample.quality)
    return SampleRecord(sample.start_s, sample.length_s, _rate(sample), sample.size_bytes, quality)


def _encode(encode: EncodeDocument) -> EncodeRecord:
    return EncodeRecord(rate=_rate(encode), size_bytes=encode.size_bytes, is_accepted=encode.is_accepted)


def _rate(made: RatedDocument) -> TargetBitrate | ConstantQuality:
    return TargetBitrate(made.kbps) if made.kbps is not None else ConstantQuality(made.crf_quarters or 0)


def head_value(progress: BatchRecord) -> dict[str, Any]:
    """What stands before `files`: the specification's keys of the job."""
    return {
        "disc_bytes": progress.disc_bytes,
        "safety_bytes": progress.safety_bytes,
        "mode": progress.mode.value,
        "kbps": progress.kbps,
    }


def own_value(progress: BatchRecord) -> dict[str, Any] | None:
    """What stands between `files` and `clips`, which the specification does not know.

    None for a job that came from a file of the plain format, and stays one.
    """
    if any(clip.source is None for clip in progress.clips):
        return None
    choices = ("allocation", "rate_search", "measure")
    options = attrs.asdict(progress.options)
    options |= {name: options[name].value for name in choices}
    return {"format": FORMAT, "options": options}


def clip_value(clip: ClipRecord) -> dict[str, Any]:
    """The JSON value of one clip, in `clips`."""
    identity = clip.source_identity
    value: dict[str, Any] = {
        "source": str(clip.source),
        "source_size_bytes": identity.size_bytes if identity else None,
        "source_mtime_ns": identity.mtime_ns if identity else None,
        "duration_s": clip.duration_s,
        "has_audio": clip.has_audio,
        "output": clip.output_name,
    }
    if clip.extra_bytes:
        value["extra_bytes"] = clip.extra_bytes
    if clip.coding is not Coding.BY_MODE:
        value["coding"] = clip.coding.value
    if clip.left_out:
        value["left_out"] = clip.left_out
    if clip.output:
        found = clip.output.identity
        made = {"size_bytes": found.size_bytes, "mtime_ns": found.mtime_ns, "sha256": clip.output.sha256}
        output = clip.output
        more = {"source_sha256": output.source_sha256, "doubt": output.doubt, "argv": output.argv, "tool": output.tool}
        value["made"] = {**made, **{key: words for key, words in more.items() if words}}
    if clip.samples:
        value["samples"] = [_sample_value(sample) for sample in clip.samples]
    if clip.encodes:
        value["encodes"] = [_encode_value(encode) for encode in clip.encodes]
    return value


def _sample_value(sample: SampleRecord) -> dict[str, Any]:
    stretch = {"start_s": sample.start_s, "length_s": sample.length_s}
    quality = {} if sample.quality is None else {"quality": sample.quality}
    return {**stretch, **_rate_value(sample.rate), "size_bytes": sample.size_bytes, **quality}


def _encode_value(encode: EncodeRecord) -> dict[str, Any]:
    return {**_rate_value(encode.rate), "size_bytes": encode.size_bytes, "is_accepted": encode.is_accepted}


def _rate_value(rate: TargetBitrate | ConstantQuality) -> dict[str, int]:
    return {"kbps": rate.video_kbps} if isinstance(rate, TargetBitrate) else {"crf_quarters": rate.crf_quarters}
