"""A pytest plugin that looks for the canary all through a run, and fails the test in which it is found.

| where | how |
|---|---|
| argv, environ | /proc is sampled by a thread; every Python announces what it starts (`canary_hook`), however short |
| files | everything below `tmp_path` after each test, everything else in the run's folder at the end |
| output | what a test captures of a program, and what pytest captures of a test |
| log, exception, mail, unit, metrics | what reaches the in-memory ports, and every error of camvault that is made |

Each process that runs tests has a watcher, also each worker of xdist; a hit is an error of the test that just ended, so
that it fails the run wherever it was found. Kind, place and encoding are said, the text never.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests import canary
from tests.canary_hook import sitecustomize as hook

_SAMPLE_S: Final = 0.05
_YOUNG_S: Final = 2.0
"""How long a new process is looked at in every sample: it may still be what it was forked from."""
_AGAIN_S: Final = 5.0
_PIECE_BYTES: Final = 1 << 22
_TEXT_BYTES: Final = 1 << 20
_KINDS: Final = {".service": "unit", ".timer": "unit", ".prom": "metrics", ".log": "log", ".jsonl": "log"}


class LeakError(Exception):
    """The canary was found where no password may be."""

    def __init__(self, hits: list[canary.Hit]) -> None:
        """Keep the places, not the text."""
        super().__init__("\n".join(["the canary was found:", *(f"  {hit}" for hit in hits)]))


# --- processes -------------------------------------------------------------------------------------------------------


class Sampler:
    """Reads the arguments and the environment of all processes, new ones often and the others now and then."""

    def __init__(self, proc: Path = Path("/proc")) -> None:
        self._proc = str(proc)
        self._first_s: dict[str, float] = {}
        self._next_s: dict[str, float] = {}
        self._end = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="canary", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._end.wait(_SAMPLE_S):
            self.sample()

    def sample(self) -> None:
        """Look at what is due."""
        with self._lock:
            now_s = time.monotonic()
            alive = {name for name in os.listdir(self._proc) if name.isdecimal()}  # noqa: PTH208 - the cheapest
            for gone in self._next_s.keys() - alive:
                del self._next_s[gone], self._first_s[gone]
            for pid in alive:
                if self._next_s.get(pid, 0) <= now_s:
                    first_s = self._first_s.setdefault(pid, now_s)
                    self._next_s[pid] = now_s if now_s - first_s < _YOUNG_S else now_s + _AGAIN_S
                    self._look(pid)

    def _look(self, pid: str) -> None:
        try:
            argv, environment = (Path(self._proc, pid, kind).read_bytes() for kind in ("cmdline", "environ"))
        except OSError:
            return  # it ended, or is somebody else's
        if not canary.found_in(argv) and not canary.found_in(environment):
            return
        words = argv.removesuffix(b"\0").split(b"\0")
        program = f"{hook.shown(words)} (seen in /proc)"
        for number, word in enumerate(words):
            if hook.may_show(number, words):
                continue
            canary.look("argv", f"{program}, argument {number}", word)
        for setting in environment.split(b"\0"):
            key = setting.partition(b"=")[0]
            if not hook.may_hold(key, words):
                canary.look("environ", f"{program}, {os.fsdecode(key)}", setting)


# --- files -----------------------------------------------------------------------------------------------------------


def search(folder: Path) -> None:
    """Look into every file below a folder, and at its name; keepers are passed over."""
    for parent, folders, names in os.walk(folder):
        here = Path(parent)
        folders[:] = [name for name in folders if here / name not in canary.keepers]
        for path in (here / name for name in names):
            if path not in canary.keepers:
                _search_file(path, str(path.relative_to(folder)))


def _search_file(path: Path, shown: str) -> None:
    kind = _KINDS.get(path.suffix, "file")
    canary.look(kind, f"the name of {shown}", os.fsencode(shown))
    with contextlib.suppress(OSError):  # it went, or is no file
        if path.is_symlink() or not path.is_file():
            return
        if path.stat().st_size <= _TEXT_BYTES:
            canary.look(kind, shown, path.read_bytes())
            return
        for piece in _pieces(path):
            for name in canary.found_in(piece):
                canary.note(kind, shown, name)


def _pieces(path: Path) -> Iterator[bytes]:
    """The content, each piece with the end of the one before; holes are passed over."""
    overlap = max(map(len, canary.NEEDLES.values()))
    with path.open("rb", buffering=0) as file:
        end, position = os.fstat(file.fileno()).st_size, 0
        while position < end:
            try:
                begins = os.lseek(file.fileno(), position, os.SEEK_DATA)
            except OSError:
                return  # only a hole is left
            os.lseek(file.fileno(), max(begins - overlap, 0), os.SEEK_SET)
            piece = file.read(_PIECE_BYTES)
            if not piece:
                return
            yield piece
            position = max(file.tell(), begins + 1)


# --- what is said ----------------------------------------------------------------------------------------------------


def _listen() -> None:
    """Hear what reaches the ports in memory, every error that is made, and what tests capture of programs."""
    from camvault.adapters.memory.alerts import MemoryAlerts  # noqa: PLC0415 - after coverage began
    from camvault.adapters.memory.metrics import MemoryMetrics  # noqa: PLC0415
    from camvault.adapters.memory.reporter import MemoryReporter  # noqa: PLC0415
    from camvault.adapters.memory.units import MemoryUnits  # noqa: PLC0415
    from camvault.ports.errors import CamvaultError  # noqa: PLC0415

    _before(MemoryReporter, "emit", lambda _, event: canary.look("log", type(event).__name__, _said_by(event)))
    _before(MemoryAlerts, "send", lambda _, alert: canary.look("mail", "an alert", f"{alert.subject}\n{alert.body}"))
    _before(MemoryMetrics, "publish", lambda _, metrics: canary.look("metrics", "in memory", repr(metrics)))
    _before(MemoryUnits, "write", lambda _, name, text: canary.look("unit", name, text))

    def make_error(kind: type[CamvaultError], *arguments: object, **keywords: object) -> CamvaultError:
        canary.look("exception", kind.__name__, f"{arguments!r} {keywords!r}")
        return Exception.__new__(kind, *arguments)

    CamvaultError.__new__ = make_error  # type: ignore[method-assign,assignment]
    original = subprocess.Popen.communicate

    def communicate(process: "subprocess.Popen[Any]", *arguments: Any, **keywords: Any) -> tuple[Any, Any]:
        said = original(process, *arguments, **keywords)
        argv = process.args if isinstance(process.args, list | tuple) else [process.args]
        program = hook.shown([os.fsencode(str(word)) for word in argv])
        for name, text in zip(("stdout", "stderr"), said, strict=True):
            canary.look("output", f"{name} of {program}", text or b"")
        return said

    subprocess.Popen.communicate = communicate  # type: ignore[method-assign,assignment]


def _said_by(event: object) -> str:
    try:
        return str(event)
    except RuntimeError:  # one of the contract's: it has no words
        return ""


def _before(owner: type, name: str, look: Callable[..., None]) -> None:
    original = getattr(owner, name)

    def looked(*arguments: Any, **keywords: Any) -> Any:
        look(*arguments, **keywords)
        return original(*arguments, **keywords)

    setattr(owner, name, looked)


# --- the plugin ------------------------------------------------------------------------------------------------------


class CanaryWatch:
    """Looks after each test, and at the end at what no single test has."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="camvault-canary-"))
        lines = [f"{name}\t{needle.hex()}" for name, needle in canary.NEEDLES.items()]
        (self._folder / "needles").write_text("\n".join(lines))
        self._sampler = Sampler()
        self._searched: set[Path] = set()

    def begin(self) -> None:
        """Watch this process, and all that come from it."""
        os.environ["CAMVAULT_CANARY"] = str(self._folder)
        paths = [str(Path(hook.__file__).parent), os.environ.get("PYTHONPATH", "")]
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
        sys.addaudithook(hook.Looker(str(self._folder)).audit)
        self._sampler.start()

    def pytest_unconfigure(self) -> None:
        self._sampler.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        _listen()
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)  # around all others: every fixture is torn down then
    def pytest_runtest_teardown(self, item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None]:
        try:
            yield
        finally:
            hits = self.look_after(item, is_last=nextitem is None)
            if hits:
                raise LeakError(hits)

    def look_after(self, item: pytest.Item, *, is_last: bool) -> list[canary.Hit]:
        """What was found since the test before."""
        self._sampler.sample()
        for path in self._folder.glob("hit-*"):
            canary.note(*path.read_text().split("\n", 2))
            path.unlink()
        for number, (when, name, text) in enumerate(item._report_sections):
            canary.look("output", f"{name} of the test's {when}", text)
            item._report_sections[number] = (when, name, canary.hidden(text))
        folder: Path | None = getattr(item, "funcargs", {}).get("tmp_path")
        if folder is not None:
            self._searched.add(folder)
            search(folder)
        if is_last:
            self._search_rest(item.config)
        hits = sorted(canary.hits)
        canary.hits.clear()
        return hits

    def _search_rest(self, config: pytest.Config) -> None:
        """The folders of modules and of the run, and files that were left beside them."""
        factory: pytest.TempPathFactory = config._tmp_path_factory  # type: ignore[attr-defined]
        base = factory.getbasetemp()
        for path in base.iterdir():
            if path.is_symlink() or path in self._searched or path in canary.keepers:
                continue
            if path.is_dir():
                search(path)
            else:
                _search_file(path, path.name)


def pytest_configure(config: pytest.Config) -> None:
    """Begin, unless this process only hands tests to workers."""
    if hasattr(config, "workerinput") or getattr(config.option, "dist", "no") == "no":
        watch = CanaryWatch()
        watch.begin()
        config.pluginmanager.register(watch)
