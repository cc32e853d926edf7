"""Composition root, shared part: `dashcam status`."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

import attrs

from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.jsonfile import JsonDocuments
from camvault.apps._assembly.box import box_battery, box_folders, box_usb, usb_doubt
from camvault.apps._assembly.configuration import box_config
from camvault.apps._assembly.power_text import power_values
from camvault.apps._cli.stage import Context
from camvault.apps._dashcam.request import NotKnownError, Request
from camvault.core.dashcam.rates import Rate, rates_of
from camvault.core.power.readings import ExternalPower, PowerReading, judged
from camvault.core.workflows.dashcam.counting import ClipCount, ClipCounts, count_clips
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.core.workflows.dashcam.records_of_service import POWER_NAME, RATES_NAME, REASON_NAME, ROUND_NAME
from camvault.ports.errors import CamvaultError, Cancelled

T = TypeVar("T")

_GB = 1e9
_NO_POWER = PowerReading(battery_mv=None, external=ExternalPower.UNKNOWN)


@attrs.define
class _Asked:
    """What was answered, and what could not be: one part that fails hides no other."""

    problems: list[str] = attrs.field(factory=list)

    def of(self, subject: str, ask: Callable[[], T]) -> T | None:
        try:
            return ask()
        except Cancelled:
            raise
        except CamvaultError as error:
            self.problems.append(f"{subject}: {error}")
            return None


def show_status(context: Context, request: Request) -> None:
    """Say what the box does, and where the clips are; nothing is switched, and the service may run.

    Raises:
        NotKnownError: Not all of it is known; what is was printed.
    """
    config = box_config(request.config)
    folders, asked = box_folders(config), _Asked()
    usb = box_usb(config)
    power = asked.of("battery", lambda: judged(box_battery().registers(cancel=context.cancel)))
    state = asked.of("usb", lambda: usb.state(cancel=context.cancel))
    counts = asked.of("clips", lambda: count_clips(storage=LocalStorage(), folders=folders))
    remembered, shutdown, last_round = (
        _document(asked, folders, name) for name in (POWER_NAME, REASON_NAME, ROUND_NAME)
    )
    rates = rates_of(_document(asked, folders, RATES_NAME))
    asked.problems += power.problems if power else ()
    asked.problems += state.words if state else ()
    asked.problems += [counts.not_believed] if counts and counts.not_believed else []
    values: dict[str, object] = {
        "state": remembered.get("state"),
        "since": remembered.get("since"),
        **power_values(power or _NO_POWER),
        "port": usb.where,
        "is_powered": state and state.is_powered,
        "is_data_on": state and state.is_data_on,
        "port_doubt": usb_doubt(folders, port=usb.where, hub=state.hub if state else ""),
        "clips": None if counts is None else _count_values(counts),
        "copy_s_per_gb": _measured(rates.copied),
        "upload_s_per_gb": _measured(rates.sent),
        "last_round": last_round or None,
        "last_shutdown": shutdown or None,
        "problems": asked.problems,
    }
    if request.is_json:
        context.print_result(json.dumps(values, indent=2))
    else:
        context.print_result("\n".join(_told(values, counts)))
    if asked.problems:
        raise NotKnownError(f"Not all of the box is known: {'; '.join(asked.problems)}")


def _document(asked: _Asked, folders: BoxFolders, name: str) -> Mapping[str, object]:
    document = asked.of("records", lambda: JsonDocuments(LocalStorage()).read(folders.records / name))
    return document if isinstance(document, dict) else {}


def _measured(rate: Rate) -> float | None:
    return round(rate.s_per_gb, 1) if rate.count else None


def _count_values(counts: ClipCounts) -> Mapping[str, object]:
    named = (("on_card", counts.on_card), ("staged", counts.staged), ("proven", counts.proven))
    return {name: attrs.asdict(count) for name, count in (*named, ("overwritten", counts.overwritten))}


def _told(values: Mapping[str, object], counts: ClipCounts | None) -> Iterator[str]:
    since = f", since {values['since']}" if values["since"] else ""
    yield f"state           {values['state'] or 'nothing is remembered: the service has not run'}{since}"
    battery_mv, percent = values["battery_mv"], values["battery_percent"]
    yield f"battery         {'not known' if battery_mv is None else f'{battery_mv} mV, about {percent} %'}"
    yield f"external power  {_word(values['external_power'])}"
    yield f"USB port        {values['port']}: power {_word(values['is_powered'])}, data {_word(values['is_data_on'])}"
    yield f"port proven     {values['port_doubt'] or 'yes: it cuts the power'}"
    if counts is not None:
        yield f"on the card     {_count(counts.on_card)} seen there and not copied yet"
        yield f"staged          {_count(counts.staged)} to be sent"
        yield f"proven          {_count(counts.proven)} at the server{_last(counts.proven)}"
        yield f"overwritten     {_count(counts.overwritten)} gone before they were copied{_last(counts.overwritten)}"
    for name, title in (("copy_s_per_gb", "copied in"), ("upload_s_per_gb", "sent in")):
        if values[name] is not None:
            yield f"{title:<16}{values[name]:,} s for each GB, as measured lately"
    for name, title in (("last_round", "last round"), ("last_shutdown", "last shutdown")):
        if isinstance(record := values[name], dict):
            yield f"{title:<16}{record.get('at', 'at an unknown time')}: {record.get('reason', 'no reason is known')}"
            problems = record.get("problems")
            yield from (
                f"{'':16}not finished or proven: {one}" for one in (problems if isinstance(problems, list) else ())
            )


def _count(count: ClipCount) -> str:
    return f"{count.count:,} clips, {count.size_bytes / _GB:,.1f} GB,"


def _last(count: ClipCount) -> str:
    return f", the last one {count.last}" if count.last else ""


def _word(value: object) -> str:
    return "not known" if value is None else ("yes" if value else "no")
