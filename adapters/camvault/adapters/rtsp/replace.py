"""Adapter for RTSP cameras: become ffmpeg, for those who want no supervisor beside it."""

import os
from collections.abc import Callable
from pathlib import PurePath
from typing import NoReturn

from camvault.adapters._durable import translated
from camvault.adapters.rtsp.argv import environment, ffconcat, record_argv
from camvault.ports.recorder import RecorderSettings, StreamSource


def become_recorder(
    ffmpeg: PurePath,
    source: StreamSource,
    *,
    settings: RecorderSettings,
    execute: Callable[[str, list[str], dict[str, str]], NoReturn] = os.execve,
) -> NoReturn:
    """Replace this process by ffmpeg. The address is read from memory that no other process can open.

    Raises:
        StorageError: The program cannot be executed.
    """
    descriptor = os.memfd_create("camvault", 0)
    os.write(descriptor, ffconcat(source, socket_timeout_s=settings.socket_timeout_s))
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.dup2(descriptor, 0)
    os.close(descriptor)
    argv = [os.fsdecode(os.fsencode(each)) for each in record_argv(ffmpeg, settings)]
    with translated(ffmpeg):
        execute(str(ffmpeg), argv, {**os.environ, **environment()})
