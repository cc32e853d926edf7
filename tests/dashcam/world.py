"""A dashcam box in memory, its camera, its card and its server, in virtual time; and what must never happen to them."""

from collections.abc import Callable
from pathlib import PurePath, PurePosixPath

import attrs

from camvault.adapters.jsonfile import JsonDocuments
from camvault.adapters.memory import MemoryCancellation, MemoryClock, MemoryReporter, MemoryStorage
from camvault.adapters.memory.host import MemoryHost
from camvault.adapters.memory.supervision import MemorySupervision
from camvault.core.dashcam.configuration import BoxConfig
from camvault.core.dashcam.offload_plan import WaitingClip
from camvault.core.power.readings import ExternalPower, judged
from camvault.core.power.states import OBEYS_S
from camvault.core.power.table import Command
from camvault.core.power.unknown_power import is_unknown_for_long
from camvault.core.workflows.dashcam.actions import ActionTaken
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.core.workflows.dashcam.service import run_service
from camvault.core.workflows.dashcam.service_ports import Offload, OnPlan, ServiceOptions, ServicePorts, Staged, Stop
from camvault.ports.battery import Battery, PowerRegisters
from camvault.ports.camera_card import CameraCard, Card, CardBusyError, CardError, CardLostError, MountedCard
from camvault.ports.cancellation import Cancellation
from camvault.ports.errors import CamvaultError, Cancelled
from camvault.ports.events import Failed, Reporter, Warned
from camvault.ports.host import Host
from camvault.ports.reach import Reach, Reached
from camvault.ports.usb import UsbPort, UsbPortError, UsbState

FULL, HALF, LOW, CRITICAL, DEAD = 3600, 3400, 3340, 3190, 2900
"""Voltages: with the default levels, below disconnect is below 3350, below shutdown is below 3250."""
STAGING = PurePath("/staging")
ON_BATTERY = PowerRegisters(vbat_mv=FULL, vin_mv=0, vin_threshold_mv=4498)
CLIP_BYTES = 50_000_000
CALLS_MOST = 100_000
"""More calls than that, and it turns in circles without time passing."""


@attrs.frozen
class CopyEnd:
    copied_count: int = 0
    copied_bytes: int = 0
    waiting_count: int = 0
    waiting_bytes: int = 0
    problems: tuple[str, ...] = ()
    is_whole: bool = True
    stopped: str = ""
    seconds: float = 0


@attrs.frozen
class SendEnd:
    proven_count: int = 0
    removed_count: int = 0
    waiting_count: int = 0
    waiting_bytes: int = 0
    problems: tuple[str, ...] = ()
    is_whole: bool = True
    stopped: str = ""
    sent_bytes: int = 0
    seconds: float = 0


@attrs.define
class World:
    """What is there, and what happens to it.

    Attributes:
        faults: What a call raises instead of working, by its name.
        stops: The calls in which somebody asks to stop, once.
        missed: Which looks at the server miss it although it is there, by their numbers from 0.
        sag_mv: By how much the battery falls while the camera has power.
        is_charger_weak: Whether the power from outside is gone while the camera has power.
        ids: Of the device in the port.
        is_mount_left: Whether the system leaves the card mounted with the port off (`camera.path`); it is dead then.
        room: How many clips staging takes.
        refusal_of_server: Why it takes no clip; "" if it takes them.
        unreadable: What is told of clips that cannot be read.
        step_s: How long a call takes at least.
        clip_s: How long a clip is copied, and sent.
    """

    config: BoxConfig = attrs.field(factory=BoxConfig)
    clock: MemoryClock = attrs.field(factory=MemoryClock)
    registers: PowerRegisters = ON_BATTERY
    sag_mv: int = 0
    is_charger_weak: bool = False
    is_server_reached: bool = False
    missed: set[int] = attrs.field(factory=set)
    is_plugged_in: bool = True
    ids: tuple[str, str] = ("2ca3", "001f")
    port_lock: PurePath | None = None
    is_busy: bool = False
    refusal: str = ""
    is_powered: bool = True
    is_data_on: bool = True
    is_mounted: bool = False
    is_mount_left: bool = False
    leftovers: list[MountedCard] = attrs.field(factory=list)
    card: list[int] = attrs.field(factory=list)
    staged: list[int] = attrs.field(factory=list)
    proven: list[int] = attrs.field(factory=list)
    room: int = 1000
    step_s: float = 0.1
    clip_s: float = 20
    faults: dict[str, CamvaultError] = attrs.field(factory=dict)
    refusal_of_server: str = ""
    unreadable: tuple[str, ...] = ()
    stops: set[str] = attrs.field(factory=set)
    violations: list[str] = attrs.field(factory=list)
    calls: list[tuple[float, str]] = attrs.field(factory=list)
    storage: MemoryStorage = attrs.field(factory=MemoryStorage)
    host: MemoryHost = attrs.field(factory=MemoryHost)
    reporter: MemoryReporter = attrs.field(factory=MemoryReporter)
    supervision: MemorySupervision = attrs.field(factory=MemorySupervision)
    port_proof: str = ""
    cancel: MemoryCancellation = attrs.field(init=False)
    is_moving: str = attrs.field(default="", init=False)
    unknown_since_s: float | None = attrs.field(default=None, init=False)
    shut_down_s: float | None = attrs.field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.cancel = MemoryCancellation(self.clock)

    def call(self, name: str) -> None:
        """A port is called: it takes its time, and may fail."""
        self.calls.append((self.clock.elapsed_s, name))
        if len(self.calls) > CALLS_MOST:
            raise AssertionError("it turns in circles")
        self.clock.advance(self.step_s)
        if name in self.stops:
            self.stops.remove(name)
            self.cancel.request()
            raise Cancelled
        if name in self.faults:
            raise self.faults[name]

    def count(self, name: str) -> int:
        """How often it was called."""
        return sum(called == name for _, called in self.calls)

    def never(self, what: str) -> None:
        self.violations.append(f"{self.clock.elapsed_s:.0f} s: {what}")

    # --- running -----------------------------------------------------------------------------------------------------

    def ports(self) -> ServicePorts:
        return ServicePorts(
            battery=WorldBattery(self),
            reach=WorldReach(self),
            usb=WorldUsb(self),
            card=WorldCard(self),
            host=WorldHost(self),
            offload=WorldOffload(self),
            storage=self.storage,
            documents=JsonDocuments(self.storage),
            clock=self.clock,
            reporter=self.reporter,
            cancel=self.cancel,
            supervision=self.supervision,
            final_cancel=self.final_cancel,
            port_proof=lambda: self.port_proof,
            port_lock=lambda: self.port_lock,
        )

    def final_cancel(self, seconds: float) -> MemoryCancellation:
        cancel = MemoryCancellation(self.clock)
        self.clock.after(seconds, cancel.request)
        return cancel

    def run(self, *, seconds: float | None = None, is_dry: bool = False) -> None:
        """One round; or the daemon for so many seconds."""
        if seconds is not None:
            self.clock.after(seconds, self.cancel.request)
        options = ServiceOptions(
            config=self.config, folders=BoxFolders(STAGING), is_once=seconds is None, is_dry=is_dry
        )
        run_service(self.ports(), options)

    # --- what was seen -----------------------------------------------------------------------------------------------

    @property
    def actions(self) -> list[str]:
        return [event.command.value for event in self.reporter.of(ActionTaken)]

    @property
    def is_recording(self) -> bool:
        return self.is_powered and not self.is_data_on

    def told(self, words: str) -> int:
        """How many lines have these words, without those that tell the end of an incident."""
        return sum(words in line and "over, after" not in line for line in self.reporter.lines())

    @property
    def ended(self) -> int:
        """How many incidents have ended."""
        return sum("over, after" in line for line in self.reporter.lines())


@attrs.frozen
class WorldBattery:
    world: World

    def registers(self, *, cancel: Cancellation) -> PowerRegisters:
        cancel.check()
        self.world.call("registers")
        found = self.world.registers
        if self.world.is_charger_weak and self.world.is_powered:
            found = attrs.evolve(found, vin_mv=0)
        is_known = judged(found).external is ExternalPower.PRESENT or judged(found).battery_mv is not None
        if is_known or self.world.unknown_since_s is None:
            self.world.unknown_since_s = None if is_known else self.world.clock.elapsed_s
        if found.vbat_mv is None or not self.world.is_powered:
            return found
        return attrs.evolve(found, vbat_mv=found.vbat_mv - self.world.sag_mv)


@attrs.frozen
class WorldReach:
    world: World

    def look(self, *, cancel: Cancellation) -> Reached:
        cancel.check()
        number = self.world.count("reach")
        self.world.call("reach")
        return Reached(self.world.is_server_reached and number not in self.world.missed, "")


@attrs.frozen
class WorldUsb:
    world: World

    @property
    def where(self) -> str:
        return "1-1 port 1"

    def refusal(self, *, cancel: Cancellation) -> str:
        cancel.check()
        self.world.call("refusal")
        return self.world.refusal

    def state(self, *, cancel: Cancellation) -> UsbState:
        cancel.check()
        self.world.call("state")
        return self._seen()

    def _seen(self) -> UsbState:
        is_there = self.world.is_powered and self.world.is_plugged_in
        return UsbState(
            is_powered=self.world.is_powered,
            is_connected=is_there,
            is_data_on=self.world.is_data_on if is_there else None,
            vendor=self.world.ids[0] if is_there else "",
            product=self.world.ids[1] if is_there else "",
        )

    def switch_power(self, *, on: bool, cancel: Cancellation) -> UsbState:
        cancel.check()
        self._allowed("power on" if on else "power off")
        self.world.call("power_on" if on else "power_off")
        if on and not self.world.is_powered:
            self.world.is_data_on = True  # a device that appears is authorized
        self.world.is_powered = on
        return self.state(cancel=cancel)

    def switch_data(self, *, on: bool, cancel: Cancellation) -> UsbState:
        cancel.check()
        if not on:
            self._allowed("data off")
        self.world.call("data_on" if on else "data_off")
        if not (self.world.is_powered and self.world.is_plugged_in):
            raise UsbPortError(self.where, "no device")
        other = self.world.config.camera.ids.problem(self._seen())
        if other:
            raise UsbPortError(self.where, other)
        self.world.is_data_on = on
        return self.state(cancel=cancel)

    def _allowed(self, what: str) -> None:
        world = self.world
        if world.is_mounted or world.leftovers:
            world.never(f"{what} while the card is mounted")
        power = judged(world.registers)
        is_long = is_unknown_for_long(world.unknown_since_s, now_s=world.clock.elapsed_s)
        is_unknown = power.external is not ExternalPower.PRESENT and power.battery_mv is None
        if is_unknown and not is_long and not world.cancel.is_requested:
            world.never(f"{what} while the power is not known")


@attrs.frozen
class WorldCard:
    world: World

    def find(self, *, within_s: float, cancel: Cancellation) -> Card:
        self.world.call("find")
        if not (self.world.is_powered and self.world.is_data_on and self.world.is_plugged_in):
            self.world.clock.sleep(within_s, cancel=cancel)
            raise CardError("1-1 port 1", "no disk appeared")
        return Card(device=PurePath("/dev/sda1"), filesystem="vfat", uuid="67EF-9CED")

    def mount(self, card: Card | None, *, cancel: Cancellation) -> MountedCard:
        cancel.check()
        self.world.call("mount")
        was_off = any(name == "power_off" for _, name in self.world.calls)
        if card is None and self.world.is_mount_left and was_off:
            raise CardError("/media/card", "/dev/sda1, which is mounted there, is dead: No such device; unmount it")
        self.world.is_mounted = True
        return MountedCard(folder=PurePath("/mnt/cam"), card=card, is_ours=card is not None, device_number=1)

    def problem(self, mounted: MountedCard) -> str:
        del mounted
        return "" if self.world.is_powered else "no power"

    def unmount(self, mounted: MountedCard) -> None:
        self.world.call("unmount")
        if self.world.is_busy:
            raise CardBusyError(str(mounted.folder), "in use")
        if mounted in self.world.leftovers:
            self.world.leftovers.remove(mounted)
        else:
            self.world.is_mounted = False

    def leftovers(self) -> tuple[MountedCard, ...]:
        return tuple(self.world.leftovers)


@attrs.frozen
class WorldHost:
    world: World

    def shut_down(self, *, reason: str, cancel: Cancellation) -> None:
        cancel.check()
        power = judged(self.world.registers)
        is_low = power.battery_mv is not None and power.battery_mv - self.world.sag_mv < 3250
        if power.external is ExternalPower.PRESENT or not is_low:
            self.world.never("a shutdown without need")
        if self.world.shut_down_s is not None and self.world.clock.elapsed_s - self.world.shut_down_s < OBEYS_S:
            self.world.never("a second shutdown")
        self.world.call("shutdown")
        self.world.host.shut_down(reason=reason, cancel=cancel)
        self.world.shut_down_s = self.world.clock.elapsed_s

    def boot_id(self) -> str:
        return self.world.host.boot_id()


@attrs.frozen
class WorldOffload:
    world: World

    def staged(self) -> Staged:
        self.world.call("count")
        return Staged(len(self.world.staged), len(self.world.staged) * CLIP_BYTES)

    def room_bytes(self) -> int:
        return self.world.room * CLIP_BYTES

    def copy(
        self, mounted: MountedCard, *, stop: Stop, on_plan: OnPlan, reporter: Reporter, cancel: Cancellation
    ) -> CopyEnd:
        del mounted, reporter
        world, count = self.world, 0
        self._begin("copy")
        on_plan([WaitingClip(PurePosixPath(f"{number}.MP4"), CLIP_BYTES) for number in world.card])
        try:
            while world.card and len(world.staged) < world.room:
                why = stop()
                if why:
                    return self._copied(count, why)
                world.clock.sleep(world.clip_s, cancel=cancel)
                if not (world.is_powered and world.is_mounted and world.is_plugged_in):
                    raise CardLostError("/mnt/cam", "gone")
                world.staged.append(world.card.pop(0))
                count += 1
        finally:
            world.is_moving = ""
        return self._copied(count, "the staging is full" if world.card else "")

    def _copied(self, count: int, why: str) -> CopyEnd:
        left, seconds = len(self.world.card), count * self.world.clip_s
        problems = self.world.unreadable
        is_whole = not left and not problems
        return CopyEnd(
            count, count * CLIP_BYTES, left, problems=problems, is_whole=is_whole, stopped=why, seconds=seconds
        )

    def send(self, *, stop: Stop, reporter: Reporter, cancel: Cancellation) -> SendEnd:
        world, count = self.world, 0
        self._begin("send")
        try:
            while world.staged:
                why = stop()
                if why or not world.is_server_reached:
                    left = len(world.staged)
                    return SendEnd(
                        proven_count=count, removed_count=count, waiting_count=left, is_whole=False, stopped=why
                    )
                reporter.emit(ActionTaken(Command.UPLOAD, "a batch"))
                if world.refusal_of_server:
                    reporter.emit(Failed(world.refusal_of_server))
                    reporter.emit(Warned("the server is slow"))
                    left = len(world.staged)
                    return SendEnd(waiting_count=left, problems=(world.refusal_of_server,), is_whole=False)
                world.clock.sleep(world.clip_s, cancel=cancel)
                reporter.emit(ActionTaken(Command.VERIFY))
                reporter.emit(ActionTaken(Command.REMOVE_STAGED))
                world.proven.append(world.staged.pop(0))
                count += 1
        finally:
            world.is_moving = ""
        return SendEnd(count, count, sent_bytes=count * CLIP_BYTES, seconds=count * world.clip_s)

    def _begin(self, what: str) -> None:
        if self.world.is_moving:
            self.world.never(f"{what} during {self.world.is_moving}")
        if what == "copy" and not self.world.is_mounted:
            self.world.never("a copy without a mount")
        self.world.is_moving = what
        try:
            self.world.call(what)
        except (CamvaultError, AssertionError):
            self.world.is_moving = ""
            raise


_battery: Callable[[World], Battery] = WorldBattery
_reach: Callable[[World], Reach] = WorldReach
_usb: Callable[[World], UsbPort] = WorldUsb
_card: Callable[[World], CameraCard] = WorldCard
_host: Callable[[World], Host] = WorldHost
_offload: Callable[[World], Offload] = WorldOffload
