"""Adapter for ffmpeg: which ffmpeg and ffprobe are used, and why.

In this order: an explicit one (flag, then environment variable), PATH, a sibling of a found program, the
`imageio-ffmpeg` wheel. An explicit one that is unfit is an error; another that is unfit is passed over, and named.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePath

import attrs

from camvault.adapters._shared import process
from camvault.adapters._shared.wheel import wheel_program
from camvault.adapters.ffmpeg.argv import encoders_argv, version_argv
from camvault.adapters.ffmpeg.versions import (
    ENCODERS,
    MINIMUM,
    Version,
    parse_encoders,
    parse_version_output,
    shortcomings,
)
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import MissingToolError, ToolError

FFMPEG_VARIABLE = "CAMVAULT_FFMPEG"
FFPROBE_VARIABLE = "CAMVAULT_FFPROBE"
_LONGEST_S = 30.0
_VERSION_NEEDED = f"version {'.'.join(map(str, MINIMUM))} or newer"


@attrs.frozen
class FoundProgram:
    """A program that is fit, and where it was found ("--ffmpeg", "CAMVAULT_FFMPEG", "PATH", "sibling", "wheel")."""

    path: PurePath
    version: Version
    origin: str


@attrs.frozen
class FoundTools:
    """What will be used. `ffprobe` is None where there is none that is fit: durations then come from PyAV.

    `notes` are sentences for the log's first lines: what was chosen and why, and what was passed over.
    """

    ffmpeg: FoundProgram
    ffprobe: FoundProgram | None
    notes: tuple[str, ...]


def find_ffmpeg(
    *,
    environ: Mapping[str, str],
    cancel: Cancellation,
    ffmpeg: PurePath | None = None,
    ffprobe: PurePath | None = None,
    encoders: tuple[str, ...] = ENCODERS,
    wheel: Callable[[], PurePath | None] = wheel_program,
) -> FoundTools:
    """Choose ffmpeg and ffprobe.

    Args:
        environ: Where PATH and the two variables are looked up.
        cancel: Ends the questions asked of the programs.
        ffmpeg: The value of the flag, if it was given.
        ffprobe: The same for ffprobe.
        encoders: Those that the ffmpeg must have.
        wheel: Where the wheel's program is; called only if nothing before it is fit.

    Raises:
        MissingToolError: An explicit program is unfit, or no ffmpeg at all is fit; path, version and what is missing
            are named.
    """
    search = _Search(cancel, encoders)
    chosen = search.choose(
        "ffmpeg", _candidates("ffmpeg", FFMPEG_VARIABLE, ffmpeg, environ, beside=ffprobe, wheel=wheel)
    )
    if chosen is None:
        raise MissingToolError("ffmpeg", search.required("ffmpeg"), "; ".join(search.passed_over) or "none")
    probe = search.choose("ffprobe", _candidates("ffprobe", FFPROBE_VARIABLE, ffprobe, environ, beside=chosen.path))
    return FoundTools(chosen, probe, (*_notes(chosen, probe), *search.passed_over_notes(chosen, probe)))


@attrs.frozen
class _Candidate:
    path: PurePath
    origin: str
    is_explicit: bool = False


def _candidates(
    name: str,
    variable: str,
    flag: PurePath | None,
    environ: Mapping[str, str],
    *,
    beside: PurePath | None,
    wheel: Callable[[], PurePath | None] = lambda: None,
) -> Iterator[_Candidate]:
    """In the order in which they are tried; an explicit one ends the list."""
    if flag is not None:
        yield _Candidate(flag, f"--{name}", is_explicit=True)
        return
    if environ.get(variable):
        yield _Candidate(PurePath(environ[variable]), variable, is_explicit=True)
        return
    on_path = shutil.which(name, path=environ.get("PATH", ""))
    if on_path is not None:
        yield _Candidate(PurePath(Path(on_path).absolute()), "PATH")
    if beside is not None and Path(beside).with_name(name).is_file():
        yield _Candidate(PurePath(Path(beside).with_name(name)), "sibling")
    in_wheel = wheel()
    if in_wheel is not None:
        yield _Candidate(in_wheel, "wheel")


@attrs.frozen
class _PassedOver:
    name: str
    sentence: str


@attrs.frozen
class _Search:
    """Asks programs for version and encoders, and remembers which were passed over."""

    cancel: Cancellation
    encoders: tuple[str, ...]
    _unfit: list[_PassedOver] = attrs.field(factory=list, init=False)

    @property
    def passed_over(self) -> tuple[str, ...]:
        return tuple(unfit.sentence for unfit in self._unfit)

    def passed_over_notes(self, ffmpeg: FoundProgram, ffprobe: FoundProgram | None) -> tuple[str, ...]:
        probe = f"{ffprobe.version} is used" if ffprobe else "PyAV is used"
        used = {"ffmpeg": f"{ffmpeg.version} is used", "ffprobe": probe}
        return tuple(f"passed over {unfit.name}: {unfit.sentence}; {used[unfit.name]}" for unfit in self._unfit)

    def choose(self, name: str, candidates: Iterator[_Candidate]) -> FoundProgram | None:
        for candidate in candidates:
            version, problems = self._examine(name, candidate.path)
            if version is not None and not problems:
                return FoundProgram(candidate.path, version, candidate.origin)
            found = f"{candidate.path} ({candidate.origin}){f' {version}' if version else ''}: {', '.join(problems)}"
            if candidate.is_explicit:
                raise MissingToolError(name, self.required(name), found, is_there=version is not None)
            self._unfit.append(_PassedOver(name, found))
        return None

    def required(self, name: str) -> str:
        return f"{_VERSION_NEEDED} with {' and '.join(self.encoders)}" if name == "ffmpeg" else _VERSION_NEEDED

    def _examine(self, name: str, path: PurePath) -> tuple[Version | None, tuple[str, ...]]:
        try:
            version = parse_version_output(self._ask(version_argv(path)))
            encoders = parse_encoders(self._ask(encoders_argv(path))) if name == "ffmpeg" else None
        except MissingToolError as error:
            return None, (f"{error.found}, expected {error.required}",)
        except (ToolError, ValueError) as error:
            return None, (str(error),)
        return version, shortcomings(version, encoders, needed=self.encoders)

    def _ask(self, argv: tuple[str | PurePath, ...]) -> str:
        done = process.run(argv, cancel=self.cancel, timeout_s=_LONGEST_S)
        if done.exit_code != 0:
            raise ToolError(PurePath(argv[0]).name, done.exit_code, done.last_lines)
        return done.text


def _notes(ffmpeg: FoundProgram, ffprobe: FoundProgram | None) -> tuple[str, ...]:
    first = f"ffmpeg {ffmpeg.version} ({ffmpeg.origin}): {ffmpeg.path}"
    if ffprobe is None:
        return (first, "durations from PyAV: no ffprobe that is fit")
    return (first, f"ffprobe {ffprobe.version} ({ffprobe.origin}): {ffprobe.path}")
