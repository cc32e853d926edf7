"""Adapter for RTSP cameras: become ffmpeg, for those who want no supervisor beside it."""

import os
from collections.abc import Callable
from pathlib import PurePath
from typing import NoReturn

import attrs

from camvault.adapters._shared.durable import translated
from camvault.adapters.rtsp.argv import environment, ffconcat, record_argv
from camvault.ports.recorder import RecorderSettings, StreamSource

_DISCREET = ("quiet", "panic", "fatal")
"""Levels at which ffmpeg names no address. Source: libavformat/concatdec.c, "Impossible to open '%s'" is an error."""


def discreet(source: StreamSource, level: str) -> str:
    """The level that can be had: what ffmpeg says goes straight to the journal, and its errors hold the password."""
    return level if level in _DISCREET or not (source.password or source.secret_path) else "fatal"


def become_recorder(
    ffmpeg: PurePath,
    source: StreamSource,
    *,
    settings: RecorderSettings,
    execute: Callable[[str, list[str], dict[str, str]], NoReturn] = os.execve,
) -> NoReturn:
    """Replace this process by ffmpeg. The address is read from memory that no other process can open.

    Where the camera has a password, or a path that is one, ffmpeg says nothing but why it ends, see `discreet`.

    Raises:
        StorageError: The program cannot be executed.
    """
    descriptor = os.memfd_create("camvault", 0)
    os.write(descriptor, ffconcat(source, settings))
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.dup2(descriptor, 0)
    os.close(descriptor)
    settings = attrs.evolve(settings, log_level=discreet(source, settings.log_level))
    argv = [os.fsdecode(os.fsencode(each)) for each in record_argv(ffmpeg, settings, is_supervised=False)]
    with translated(ffmpeg):
        theirs = {**os.environ, **environment()}
        execute(str(ffmpeg), argv, {name: value for name, value in theirs.items() if value is not None})
