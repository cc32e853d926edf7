r"""Adapter for progress files, pure part: the layout of the JSON document, and from and to the values of the port.

The first five keys are the specification's. The others say what those cannot; a document without them is read as well.
All text is ASCII: a name that is not UTF-8 stands there with its surrogate escapes (`\udcff`).
"""

import functools
import operator
from pathlib import PurePath
from typing import Any

import attrs
import cattrs
from cattrs.gen import make_dict_structure_fn

from camvault.ports.entries import FileIdentity
from camvault.ports.media import ConstantQuality, EncodeSettings, TargetBitrate
from camvault.ports.progress import (
    Allocation,
    ClipRecord,
    ClipState,
    EncodeOptions,
    Mode,
    OutputRecord,
    Progress,
)

FORMAT = 1


@attrs.frozen(kw_only=True)
class SettingsDocument:
    """`clips.<name>.settings`; exactly one of `kbps` and `crf_quarters`."""

    kbps: int | None = None
    crf_quarters: int | None = None
    preset: int
    audio_kbps: int
    thread_count: int


@attrs.frozen(kw_only=True)
class OutputDocument:
    """`clips.<name>.done_as`."""

    size_bytes: int
    mtime_ns: int
    sha256: str = attrs.field(validator=attrs.validators.matches_re(r"[0-9a-f]{64}"))
    planned_bytes: int = 0
    settings: SettingsDocument | None = None


@attrs.frozen(kw_only=True)
class ClipDocument:
    """`clips.<name>`. Size and mtime are null where the original was gone before they could be recorded."""

    source: str
    source_size_bytes: int | None
    source_mtime_ns: int | None
    duration_s: float = attrs.field(default=0.0, validator=attrs.validators.ge(0))
    has_audio: bool = True
    output: str
    sample_bytes: tuple[int, ...] = ()
    done_as: OutputDocument | None = None


@attrs.frozen(kw_only=True)
class OptionsDocument:
    """`options`."""

    allocation: Allocation
    preset: int
    audio_kbps: int


@attrs.frozen(kw_only=True)
class Document:
    """The whole file. `format` is 0 where only the specification's keys are there."""

    disc_bytes: int = attrs.field(validator=attrs.validators.ge(1))
    safety_bytes: int = attrs.field(validator=attrs.validators.ge(0))
    mode: Mode
    kbps: int | float | None
    files: dict[str, ClipState]
    format: int = attrs.field(default=0, validator=attrs.validators.in_((0, FORMAT)))
    options: OptionsDocument = OptionsDocument(
        allocation=Allocation.CONSTANT, preset=EncodeOptions().preset, audio_kbps=EncodeOptions().audio_kbps
    )
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
        # identity, not subclass: an enumeration of strings has its own way, which knows its values
        converter.register_structure_hook_func(functools.partial(operator.is_, kinds[-1]), _exactly(*kinds))
    converter.register_structure_hook_func(lambda kind: kind == int | float | None, _number_or_none)
    converter.register_structure_hook_func(lambda kind: kind == int | None, _exactly(int, type(None)))
    for document in (SettingsDocument, OutputDocument, ClipDocument, OptionsDocument, Document):
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


def structured(value: Any) -> Progress:
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
        if (document.files.get(key) is ClipState.DONE) != (clip.done_as is not None):
            found.append(f"$.clips[{key!a}].done_as: contradicts $.files")
        if PurePath(clip.output).name != clip.output or clip.output in ("", "..") or "\0" in clip.output:
            found.append(f"$.clips[{key!a}].output: not a file name: {clip.output!a}")
        if not PurePath(clip.source).is_absolute() or "\0" in clip.source:
            found.append(f"$.clips[{key!a}].source: not an absolute path: {clip.source!a}")
    return found


# --- document and port values ----------------------------------------------------------------------------------------


def _progress(document: Document) -> Progress:
    return Progress(
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
        output_name=clip.output,
        output=_output(clip.done_as) if clip.done_as else None,
        sample_bytes=clip.sample_bytes,
    )


def _identity(size_bytes: int | None, mtime_ns: int | None) -> FileIdentity | None:
    if size_bytes is None or mtime_ns is None:
        return None
    return FileIdentity(size_bytes=size_bytes, mtime_ns=mtime_ns)


def _output(output: OutputDocument) -> OutputRecord:
    return OutputRecord(
        identity=FileIdentity(size_bytes=output.size_bytes, mtime_ns=output.mtime_ns),
        sha256=output.sha256,
        settings=_settings(output.settings) if output.settings else None,
        planned_bytes=output.planned_bytes,
    )


def _settings(settings: SettingsDocument) -> EncodeSettings:
    if (settings.kbps is None) == (settings.crf_quarters is None):
        raise ValueError("settings: expected exactly one of kbps and crf_quarters")
    rate = ConstantQuality(settings.crf_quarters) if settings.crf_quarters is not None else None
    return EncodeSettings(
        rate=rate or TargetBitrate(settings.kbps or 0),
        preset=settings.preset,
        audio_kbps=settings.audio_kbps,
        thread_count=settings.thread_count,
    )


def unstructured(progress: Progress) -> dict[str, Any]:
    """The JSON document of a progress, the specification's keys first."""
    value: dict[str, Any] = {
        "disc_bytes": progress.disc_bytes,
        "safety_bytes": progress.safety_bytes,
        "mode": progress.mode.value,
        "kbps": progress.kbps,
        "files": {clip.key: clip.state.value for clip in progress.clips},
    }
    described = {clip.key: _clip_value(clip) for clip in progress.clips if clip.source is not None}
    if len(described) == len(progress.clips):  # else it came from a file of the plain format, and stays one
        options = {**attrs.asdict(progress.options), "allocation": progress.options.allocation.value}
        value |= {"format": FORMAT, "options": options, "clips": described}
    return value


def _clip_value(clip: ClipRecord) -> dict[str, Any]:
    identity = clip.source_identity
    value: dict[str, Any] = {
        "source": str(clip.source),
        "source_size_bytes": identity.size_bytes if identity else None,
        "source_mtime_ns": identity.mtime_ns if identity else None,
        "duration_s": clip.duration_s,
        "has_audio": clip.has_audio,
        "output": clip.output_name,
    }
    if clip.sample_bytes:
        value["sample_bytes"] = list(clip.sample_bytes)
    if clip.output:
        value["done_as"] = _output_value(clip.output)
    return value


def _output_value(output: OutputRecord) -> dict[str, Any]:
    value: dict[str, Any] = {
        "size_bytes": output.identity.size_bytes,
        "mtime_ns": output.identity.mtime_ns,
        "sha256": output.sha256,
    }
    if output.settings:
        rate = output.settings.rate
        chosen = {"kbps": rate.video_kbps} if isinstance(rate, TargetBitrate) else {"crf_quarters": rate.crf_quarters}
        rest = {name: getattr(output.settings, name) for name in ("preset", "audio_kbps", "thread_count")}
        value |= {"planned_bytes": output.planned_bytes, "settings": chosen | rest}
    return value
