"""The contract of `ImageBuilder` and `ImageVerifier`, on the bridge writer with both readers, and in memory."""

import os
from collections.abc import Callable
from pathlib import Path, PurePath

import attrs
import pytest

from camvault.adapters.bridge import BridgeBuilder
from camvault.adapters.contracts.image import ImageContract
from camvault.adapters.isoverify import BridgeVerifier, PycdlibVerifier
from camvault.adapters.memory import MemoryStorage
from camvault.adapters.memory.image import MemoryImageBuilder, MemoryImageVerifier
from camvault.ports.image import ImageBuilder, ImageVerifier


@attrs.frozen
class World:
    builder: ImageBuilder
    verifier: ImageVerifier
    root: PurePath
    put: Callable[[PurePath, bytes], object]
    read: Callable[[PurePath], bytes]
    put_link: Callable[[PurePath, str], object]


def _bridge(tmp_path: Path) -> World:
    return _on_disk(tmp_path, BridgeVerifier())


def _pycdlib(tmp_path: Path) -> World:
    return _on_disk(tmp_path, PycdlibVerifier())


def _on_disk(tmp_path: Path, verifier: ImageVerifier) -> World:
    def put(path: PurePath, content: bytes) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(content)
        os.utime(path, ns=(0, hash(content) % 10**18))

    return World(
        BridgeBuilder(),
        verifier,
        tmp_path / "tree",
        put,
        lambda path: Path(path).read_bytes(),
        lambda path, points_to: Path(path).symlink_to(points_to),
    )


def _memory(_: Path) -> World:
    storage = MemoryStorage()
    return World(
        MemoryImageBuilder(storage),
        MemoryImageVerifier(storage),
        PurePath("/tree"),
        storage.put,
        storage.content,
        storage.put_link,
    )


class TestImage(ImageContract):
    @pytest.fixture(params=[_bridge, _pycdlib, _memory], ids=["bridge", "pycdlib", "memory"])
    def harness(self, request: pytest.FixtureRequest, tmp_path: Path) -> World:
        make: Callable[[Path], World] = request.param
        return make(tmp_path)
