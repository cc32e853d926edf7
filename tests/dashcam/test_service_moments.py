"""The service in memory: a stop at each moment, and what comes between two of its steps."""

from collections.abc import Callable
from pathlib import PurePath, PurePosixPath

import attrs
import pytest

from camvault.adapters.memory import MemoryCancellation, MemoryClock
from camvault.adapters.memory.supervision import MemorySupervision
from camvault.core.dashcam.discharge import Discharge, Slope
from camvault.core.dashcam.offload_plan import WaitingClip
from camvault.core.power.readings import ExternalPower, PowerReading
from camvault.core.power.states import PowerMemory
from camvault.core.power.supply import SupplyMemory
from camvault.core.power.table import BoxState, Command
from camvault.core.workflows.dashcam.actions import ActionTaken
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.core.workflows.dashcam.kept_alive import KeptAlive
from camvault.core.workflows.dashcam.planning import Plans
from camvault.core.workflows.dashcam.records_of_service import ServiceRecords
from camvault.core.workflows.dashcam.rehearsing import rehearsed
from camvault.core.workflows.dashcam.service_ports import OnPlan, ServiceOptions, ServicePorts, Stop
from camvault.core.workflows.dashcam.telling import Telling
from camvault.core.workflows.dashcam.unfinished import UnfinishedRoundError
from camvault.ports.battery import PowerRegisters
from camvault.ports.camera_card import MountedCard
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import Cancelled, NotFoundError
from camvault.ports.events import Note, Reporter, Warned
from tests.dashcam.world import HALF, ON_BATTERY, STAGING, CopyEnd, SendEnd, World, WorldOffload

MAINS = PowerRegisters(vbat_mv=None, vin_mv=5100, vin_threshold_mv=4498)
UNKNOWN = PowerRegisters(words=("VBAT: the board does not answer",))

Copying = Callable[[Reporter], CopyEnd]
Sending = Callable[[Reporter], SendEnd]


@attrs.frozen
class ToldOffload(WorldOffload):
    """Copies and sends as it is told to."""

    copying: Copying | None = None
    sending: Sending | None = None

    def copy(
        self, mounted: MountedCard, *, stop: Stop, on_plan: OnPlan, reporter: Reporter, cancel: Cancellation
    ) -> CopyEnd:
        if self.copying is None:
            return super().copy(mounted, stop=stop, on_plan=on_plan, reporter=reporter, cancel=cancel)
        return self.copying(reporter)

    def send(self, *, stop: Stop, reporter: Reporter, cancel: Cancellation) -> SendEnd:
        if self.sending is None:
            return super().send(stop=stop, reporter=reporter, cancel=cancel)
        return self.sending(reporter)


@attrs.define
class ToldWorld(World):
    """A world of which the offload does as it is told."""

    copying: Copying | None = None
    sending: Sending | None = None

    def ports(self) -> ServicePorts:
        return attrs.evolve(super().ports(), offload=ToldOffload(self, self.copying, self.sending))


@pytest.mark.parametrize("on", [ON_BATTERY, MAINS])
def test_a_stop_at_any_moment_cuts_nothing_off(on: PowerRegisters) -> None:
    """Before each call of a port, and within each."""
    whole = World(is_server_reached=True, card=[1, 2], registers=on, clip_s=1)
    whole.run()
    moments = sorted({at_s - 0.05 for at_s, _ in whole.calls})
    stopped_count = 0
    for moment_s in moments:
        world = World(is_server_reached=True, card=[1, 2], registers=on, clip_s=1)
        world.clock.after(moment_s, world.cancel.request)
        try:
            world.run()
        except Cancelled:  # else the round had ended before
            stopped_count += 1
        assert world.violations == []
        assert not world.is_mounted
        assert sorted(world.card + world.staged + world.proven) == [1, 2]
    assert stopped_count > 30


def test_power_that_is_not_known_while_a_port_is_off_lets_nothing_be_switched_on() -> None:
    world = World(registers=ON_BATTERY)
    world.clock.after(2, lambda: setattr(world, "registers", UNKNOWN))
    world.clock.after(300, lambda: setattr(world, "registers", ON_BATTERY))
    seen: list[bool] = []
    world.clock.after(299, lambda: seen.append(world.is_powered))
    world.run(seconds=600)
    assert seen == [False]
    assert world.actions == ["port_off", "power_on"]
    assert (world.is_recording, world.violations) == (True, [])


def test_a_voltage_that_is_not_known_beside_the_mains_is_told_once_and_stops_nothing() -> None:
    world = World(is_server_reached=True, card=[1], registers=attrs.evolve(MAINS, words=("VBAT: no answer",)))
    world.run(seconds=600)
    assert world.proven == [1]
    assert world.told("WARNING Not all of the power is known") == 1


def test_a_server_that_takes_nothing_leaves_the_clips_staged() -> None:
    world = ToldWorld(is_server_reached=True, staged=[1], sending=lambda _: SendEnd(waiting_count=1, is_whole=False))
    with pytest.raises(UnfinishedRoundError, match="proven to be at the server: 1 clips of 0 bytes"):
        world.run()
    assert (world.staged, world.is_recording) == ([1], True)


def test_a_round_in_which_nothing_is_moved_again_and_again_has_an_end() -> None:
    """An upload that always ends early, although all that is seen is as before."""
    early = SendEnd(waiting_count=1, is_whole=False, stopped="the line is slow")
    world = ToldWorld(is_server_reached=True, staged=[1], sending=lambda _: early)
    with pytest.raises(UnfinishedRoundError, match="the line is slow"):
        world.run()
    assert world.violations == []


def test_what_cannot_be_copied_is_told_once_and_tells_when_it_is_over() -> None:
    problem = "/mnt/cam/1.MP4: input/output error"
    ends = [CopyEnd(problems=(problem,), is_whole=False), CopyEnd(problems=(problem,), is_whole=False), CopyEnd()]
    world = ToldWorld(is_server_reached=True, card=[1], copying=lambda _: ends.pop(0) if len(ends) > 1 else ends[0])
    world.run(seconds=7200)
    assert (world.told(f"ERROR {problem}"), world.told(problem), world.ended) == (1, 1, 1)


def test_an_upload_tells_each_command_once_and_each_warning_until_it_is_over() -> None:
    def send(reporter: Reporter) -> SendEnd:
        for batch in ("a batch", "another"):
            reporter.emit(ActionTaken(Command.UPLOAD, batch))
            reporter.emit(Note(f"{batch} is sent"))
            reporter.emit(Warned("the server is slow"))
        return SendEnd(waiting_count=1, is_whole=False)

    world = ToldWorld(is_server_reached=True, staged=[1], sending=send)
    with pytest.raises(UnfinishedRoundError):
        world.run()
    assert world.actions.count("upload") == 1
    said = [line for line in world.reporter.lines() if "batch" in line or "another" in line or "slow" in line]
    assert said == [
        "INFO action=upload a batch",
        "INFO a batch is sent",
        "WARNING the server is slow",
        "INFO upload: another",
        "INFO another is sent",
    ]


def test_a_record_that_is_gone_when_it_is_read_is_none() -> None:
    """It does not count as a battery that was low, with which nothing is switched on at this voltage."""
    world = World(registers=PowerRegisters(vbat_mv=3350, vin_mv=0, vin_threshold_mv=4498))
    world.storage.calls.fail("storage.read_text", NotFoundError(STAGING), times=None)
    world.run()
    assert world.actions == ["port_off", "power_on"]


def test_a_pretended_card_is_there_and_well() -> None:
    ports = rehearsed(World(registers=attrs.evolve(ON_BATTERY, vbat_mv=HALF)).ports())
    mounted = ports.card.mount(ports.card.find(within_s=1, cancel=ports.cancel), cancel=ports.cancel)
    assert (mounted.is_ours, mounted.folder) == (True, PurePath("the card"))
    assert ports.card.problem(mounted) == ""


class TestKeptAlive:
    """Whatever waits, the manager hears of it."""

    def test_a_long_wait_shows_that_it_lives(self) -> None:
        clock, heard = MemoryClock(), MemorySupervision()
        heart = KeptAlive(MemoryCancellation(clock), heard, clock, status="sending")
        assert not heart.wait(60)
        assert clock.elapsed_s == 60
        assert heard.said == ["alive sending"] * 7

    def test_a_wait_ends_with_the_wish_to_stop(self) -> None:
        clock = MemoryClock()
        cancel = MemoryCancellation(clock)
        clock.after(12, cancel.request)
        assert KeptAlive(cancel, MemorySupervision(), clock).wait(60)
        assert clock.elapsed_s == 12

    def test_a_first_wish_that_only_warns_stops_nothing(self) -> None:
        clock = MemoryClock()
        cancel = MemoryCancellation(clock)
        heart, warned = KeptAlive(cancel, MemorySupervision(), clock), list[str]()
        with heart.warn_first(lambda: warned.append("again to stop")):
            cancel.request()
            assert not heart.is_requested
        assert warned == ["again to stop"]


@pytest.mark.parametrize(
    ("before", "minutes"),
    [(BoxState.RECORDING, 10), (BoxState.SENDING, 10), (BoxState.RESTING, 7), (BoxState.ENDING, 7)],
)
def test_the_plan_takes_the_sag_from_a_voltage_that_does_not_have_it_yet(before: BoxState, minutes: int) -> None:
    """A reading under the load of the camera has fallen by it already."""
    world = World()
    options = ServiceOptions(config=world.config, folders=BoxFolders(STAGING))
    telling = Telling(world.reporter, world.clock, is_dry=False)
    slope = Slope(mv_per_min=5, load=BoxState.RECORDING)
    discharge = Discharge(load=before, learnt={BoxState.RECORDING: slope})
    plans = Plans(options, world.ports(), telling, ServiceRecords(options, world.ports(), telling), discharge)
    plans.waiting = (WaitingClip(PurePosixPath("1.MP4"), 1),)
    reading = PowerReading(battery_mv=3400, external=ExternalPower.ABSENT)
    plans.looked(reading, PowerMemory(state=before))
    plans.tell_before(PowerMemory(state=BoxState.COPYING, supply=SupplyMemory(sag_mv=15)))
    assert world.told(f"plan: The battery gives about {minutes} minutes until disconnect at 50 %") == 1
