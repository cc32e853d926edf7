"""Composition root, shared part: a command that is made of stages, with the flags of each under a prefix.

The flags are derived from the stages' own declarations: a flag that a stage gains is a flag of the larger command at
once, with the same meaning, type, default and exclusions.
"""

import inspect
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any

import attrs
import typer

from camvault.apps._cli import Stage
from camvault.apps._command import flags_of, respelled, spellings


@attrs.frozen(kw_only=True)
class Part:
    """One stage of a larger command.

    Attributes:
        prefix: What its flags begin with: `prep` makes `--prep-disc-bytes` of `--disc-bytes`.
        owned: Parameters that the larger command decides; their flags are refused with an explanation.
        optional: Parameters that the stage requires and the larger command does not; None if they are not given.
    """

    stage: Stage
    prefix: str
    owned: Collection[str] = ()
    optional: Collection[str] = ()

    def parameters(self) -> Iterator[inspect.Parameter]:
        """The prefixed flags. Positional arguments of a stage are never derived."""
        for parameter in flags_of(self.stage.run):
            options = tuple(self._prefixed(spelling) for spelling in spellings(parameter))
            if not options:
                continue
            if parameter.name in self.owned:
                yield self._refused(parameter.name, options[0])
                continue
            renamed = respelled(parameter, name=f"{self.prefix}_{parameter.name}", options=options)
            yield renamed.replace(default=None) if parameter.name in self.optional else renamed
        yield self._refused("logfile", f"--{self.prefix}-logfile")

    def values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """This stage's values, by its own parameter names, out of those of the larger command."""
        mine = [p.name for p in flags_of(self.stage.run) if spellings(p) and p.name not in self.owned]
        return {name: values[f"{self.prefix}_{name}"] for name in mine}

    def in_larger_terms(self, text: str) -> str:
        """A sentence of the stage with its own flags spelled as they are spelled here."""
        for parameter in flags_of(self.stage.run):
            for option in (one for spelling in spellings(parameter) for one in spelling.split("/")):
                text = re.sub(rf"(?<![\w-]){option}(?![\w-])", self._prefixed(option), text)
        return text

    def _prefixed(self, spelling: str) -> str:
        return "/".join(f"--{self.prefix}-{one.removeprefix('--')}" for one in spelling.split("/"))

    def _refused(self, name: str, option: str) -> inspect.Parameter:
        def refuse(value: str | None) -> None:
            if value is not None:
                raise typer.BadParameter(f"the pipeline decides this itself for every stage; leave {option} out")

        declared = Annotated[str | None, typer.Option(option, hidden=True, callback=refuse)]
        parameter = inspect.Parameter(f"{self.prefix}_{name}", inspect.Parameter.KEYWORD_ONLY, default=None)
        return parameter.replace(annotation=declared)


def composed(parameters: Collection[inspect.Parameter], parts: Collection[Part]) -> inspect.Signature:
    """A signature of own parameters and those of all parts; put it into `run.__signature__`.

    Raises:
        ValueError: Two of them have one name.
    """
    everything = [*parameters, *(p for part in parts for p in part.parameters())]
    context = inspect.Parameter("context", inspect.Parameter.POSITIONAL_ONLY)
    return inspect.Signature([context, *everything])
