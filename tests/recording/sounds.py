"""Kinds of sound that cameras send beside their picture, for the fake camera."""

from collections.abc import Callable, Mapping
from pathlib import Path

import attrs

from tests.recording.fake_camera import Sound, aac, raw_sound

_PACKET_TICKS = 160
"""20 ms at 8 kHz, as cameras send speech."""


def _cut(stream: bytes, size: int) -> tuple[bytes, ...]:
    return tuple(stream[at : at + size] for at in range(0, len(stream) - size + 1, size))


def _g711(ffmpeg: str, folder: Path) -> Sound:
    return Sound("PCMU/8000", _cut(raw_sound(ffmpeg, folder, "mulaw"), 160), _PACKET_TICKS, 8000, payload_type=0)


def _g726(ffmpeg: str, folder: Path) -> Sound:
    stream = raw_sound(ffmpeg, folder, "g726le", "-b:a", "32k")
    return Sound("G726-32/8000", _cut(stream, 80), _PACKET_TICKS, 8000)


def _aac_without_configuration(ffmpeg: str, folder: Path) -> Sound:
    sound = aac(ffmpeg, folder)
    return attrs.evolve(sound, parameters=sound.parameters.rpartition(";")[0])


def _unknown(ffmpeg: str, folder: Path) -> Sound:
    return attrs.evolve(_g726(ffmpeg, folder), name="X-VENDOR-SPEECH/8000")


def _not_what_it_says(ffmpeg: str, folder: Path) -> Sound:
    return attrs.evolve(aac(ffmpeg, folder), payloads=_g726(ffmpeg, folder).payloads)


SOUNDS: Mapping[str, Callable[[str, Path], Sound]] = {
    "AAC": aac,
    "G.711": _g711,
    "G.726": _g726,
    "AAC without configuration": _aac_without_configuration,
    "unknown": _unknown,
    "not what it says": _not_what_it_says,
}
