"""Adapter for ffmpeg, pure part: the tags of single streams, as the muxer `ffmetadata` writes them.

MP4 has a place for a stream's language, name and title. All others become QuickTime keys of the file, which name the
stream: `camvault.stream0.reel_name`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

_STREAM_LINE, _CHAPTER_LINE = "[STREAM]", "[CHAPTER]"
_PLACES_OF_CHAPTERS = ("TIMEBASE=", "START=", "END=")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SEPARATOR = re.compile(r"(?<!\\)(?:\\\\)*=")
_HELD = frozenset({"handler_name", "title", "timecode", "rotate"})
"""What MP4 has a place for, or what is written anew."""
_OF_THE_ENCODING = re.compile(
    r"encoder=Lavc.*|vendor_id=(FFMP|\[0\]\[0\]\[0\]\[0\]|)|duration=.*|(bps|number_of_(frames|bytes)|_statistics_\w+)(-\w+)?=.*"
    r"|source_id=.*|variant_bitrate=.*",
    re.IGNORECASE | re.DOTALL,
)
"""What describes the packets that are encoded anew."""
_LANGUAGE = re.compile(r"[a-z]{3}")
_LONGEST_CHARACTERS = 32_000

Tags = Mapping[str, str]


def parse_tags(text: str) -> tuple[Tags, tuple[Tags, ...]]:
    """The tags of the file, and those of each stream."""
    blocks: list[dict[str, str]] = [{}]
    for line in _logical_lines(text):
        if line == _STREAM_LINE:
            blocks.append({})
        elif line.startswith("["):
            break  # chapters
        elif match := _SEPARATOR.search(line):
            blocks[-1][_plain(line[: match.end() - 1])] = _plain(line[match.end() :])
    return blocks[0], tuple(blocks[1:])


def parse_chapters(text: str) -> tuple[Tags, ...]:
    """The tags of each chapter."""
    blocks: list[dict[str, str]] = []
    for line in _logical_lines(text):
        if line.startswith("["):
            blocks += [{}] if line == _CHAPTER_LINE else []
        elif blocks and (match := _SEPARATOR.search(line)) and not line.startswith(_PLACES_OF_CHAPTERS):
            blocks[-1][_plain(line[: match.end() - 1])] = _plain(line[match.end() :])
    return tuple(blocks)


def _logical_lines(text: str) -> Iterator[str]:
    """Lines, where a backslash before a line feed takes that into the value."""
    pending = ""
    for line in text.split("\n"):
        whole = pending + line
        if (len(whole) - len(whole.rstrip("\\"))) % 2:
            pending = f"{whole}\n"
            continue
        pending = ""
        if not whole.startswith(";"):
            yield whole


def _plain(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)


def keys_of(clip: Tags, streams: Sequence[Tags], *, are_names_carried: bool) -> tuple[dict[str, str], list[str]]:
    """The tags of streams that are written as keys of the file, and in words those that are too long for it.

    `are_names_carried`: the name of a track is carried over by other means.
    """
    keys: dict[str, str] = {}
    for index, tags in enumerate(streams):
        for name, value in tags.items():
            if not _is_written(name, value, clip) and not (are_names_carried and name == "name"):
                keys[f"camvault.stream{index}.{name}"] = value
    if sum(len(name) + len(value) for name, value in keys.items()) > _LONGEST_CHARACTERS:
        return {}, [f"tags of its streams are too long to be kept: {', '.join(sorted(keys))}"]
    return keys, []


def _is_written(name: str, value: str, clip: Tags) -> bool:
    if name == "language":
        return _LANGUAGE.fullmatch(value) is not None
    if name == "creation_time":
        return value == clip.get(name)
    return name in _HELD or _OF_THE_ENCODING.fullmatch(f"{name}={value}") is not None


def unread_keys(keys: Iterable[str], tags: Iterable[str]) -> Iterator[str]:
    """QuickTime keys of the file of which there is no tag: values that are no text and no number."""
    unread = sorted(set(keys) - set(tags))
    if unread:
        yield f"QuickTime keys of it were not read, and are not kept: {', '.join(unread)}"
