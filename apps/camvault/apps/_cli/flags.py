"""Composition root, shared part: the flags that an options class declares, its own and those of its stages.

A larger command derives the flags of a stage from the stage's own declarations: a flag that a stage gains is a flag of
the larger command at once, under the prefix, with the same meaning, type, default and exclusions.
"""

import copy
import functools
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args

import attrs
import typer
from typer.models import OptionInfo, ParameterInfo

from camvault.apps._cli.stage import Stage

T = TypeVar("T")

UNDECIDED = Path("/dev/null/a path that the larger command has not decided yet")
"""Stands where a stage requires a path and the larger command has none yet: nothing can be there, or be made there."""


@attrs.frozen(kw_only=True)
class Flag:
    """One flag or positional argument.

    Attributes:
        path: The attribute names that lead from the options to its value: `("prepare", "safety_bytes")`.
        kind: The type of the value.
        info: Its declaration.
        default: The value if it is not given; `attrs.NOTHING` if it must be given.
    """

    path: tuple[str, ...]
    kind: Any
    info: ParameterInfo
    default: object

    @property
    def name(self) -> str:
        """A name that no other flag of the same command has."""
        return "_".join(self.path)

    @property
    def annotation(self) -> Any:
        """What typer reads."""
        return Annotated[self.kind, self.info]

    @property
    def spellings(self) -> tuple[str, ...]:
        """The long options as declared, `--verify/--skip-verify` in one piece; empty for an argument."""
        if not isinstance(self.info, OptionInfo):
            return ()
        # in `Annotated`, typer keeps the first spelling in `default`
        declared = [d for d in (self.info.default, *(self.info.param_decls or ())) if isinstance(d, str)]
        return tuple(d for d in declared if d.startswith("--")) or self._default_spelling()

    def _default_spelling(self) -> tuple[str, ...]:
        flag = self.path[-1].replace("_", "-")
        return (f"--{flag}/--no-{flag}",) if self.kind is bool else (f"--{flag}",)

    def value_in(self, options: object) -> object:
        """The value of this flag."""
        return functools.reduce(getattr, self.path, options)


@attrs.frozen(kw_only=True)
class Part:
    """A stage of a larger command, declared in the annotation of the field that holds the stage's options.

    Attributes:
        prefix: What its flags begin with: `prep` makes `--prep-disc-bytes` of `--disc-bytes`.
        owned: Fields that the larger command decides; their flags are refused with an explanation.
        optional: Paths that the stage requires and the larger command does not; `UNDECIDED` if they are not given.
        has_arguments: Whether the stage's positional arguments are those of the larger command.
        meanings: The help of fields that mean something else in the larger command.
        defaults: The values of fields that have another default there.
    """

    stage: Stage[Any]
    prefix: str
    owned: Collection[str] = ()
    optional: Collection[str] = ()
    has_arguments: bool = False
    meanings: Mapping[str, str] = attrs.field(factory=dict)
    defaults: Mapping[str, object] = attrs.field(factory=dict)

    def flags(self, at: str) -> Iterator[Flag]:
        """The flags as they are in the larger command, whose field `at` holds the stage's options."""
        for flag in flags_of(self.stage.options):
            name = flag.path[-1]
            info = copy.copy(flag.info)
            info.help = self.meanings.get(name) or self.in_larger_terms(info.help or "")
            moved = attrs.evolve(flag, path=(at, *flag.path), info=info)
            if not flag.spellings:
                yield from (moved,) if self.has_arguments else ()
            elif name in self.owned:
                yield _refused(moved.path, self._prefixed(flag.spellings[0]))
            else:
                info.default, *more = map(self._prefixed, flag.spellings)
                info.param_decls = tuple(more)
                default = None if name in self.optional else self.defaults.get(name, moved.default)
                yield attrs.evolve(moved, default=default)
        yield _refused((at, "logfile"), f"--{self.prefix}-logfile")

    def in_larger_terms(self, text: str) -> str:
        """A sentence of the stage with its flags spelled as they are in the larger command."""
        for flag in flags_of(self.stage.options):
            for option in (one for spelling in flag.spellings for one in spelling.split("/")):
                text = re.sub(rf"(?<![\w-]){option}(?![\w-])", self._prefixed(option), text)
        return text

    def _prefixed(self, spelling: str) -> str:
        return "/".join(f"--{self.prefix}-{one.removeprefix('--')}" for one in spelling.split("/"))


def _refused(path: tuple[str, ...], option: str) -> Flag:
    def refuse(value: str | None) -> None:
        if value is not None:
            raise typer.BadParameter(f"the pipeline decides this itself for every stage; leave {option} out")

    info = typer.Option(option, hidden=True, callback=refuse)
    return Flag(path=(*path, "refused"), kind=str | None, info=info, default=None)


def flags_of(options: type[Any]) -> tuple[Flag, ...]:
    """The flags and positional arguments of an options class, in the order of its fields, those of stages included.

    Raises:
        TypeError: A field has no declaration, or more than one.
    """
    return tuple(flag for field in attrs.fields(options) for flag in _flags_of_field(field))


def _flags_of_field(field: "attrs.Attribute[Any]") -> Iterator[Flag]:
    declared = _declaration(field)
    if isinstance(declared, Part):
        yield from declared.flags(field.name)
    else:
        yield Flag(path=(field.name,), kind=get_args(field.type)[0], info=declared, default=field.default)


def _declaration(field: "attrs.Attribute[Any]") -> ParameterInfo | Part:
    found = [item for item in get_args(field.type)[1:] if isinstance(item, ParameterInfo | Part)]
    if len(found) != 1:
        raise TypeError(f"field {field.name} needs exactly one typer.Option, typer.Argument or Part")
    return found[0]


def filled(options: type[T], values: Mapping[tuple[str, ...], object], at: tuple[str, ...] = ()) -> T:
    """The options with `values` by `Flag.path`; `UNDECIDED` where a stage requires what no flag can give."""
    given: dict[str, object] = {}
    for field in attrs.fields(options):  # type: ignore[arg-type]
        path = (*at, field.name)
        declared = _declaration(field)
        if isinstance(declared, Part):
            given[field.name] = filled(declared.stage.options, values, path)
            continue
        value = values.get(path, field.default)
        is_missing = value is attrs.NOTHING or (value is None and field.default is attrs.NOTHING)
        given[field.name] = UNDECIDED if is_missing else value
    return options(**given)
