"""Workflow, private part: what an offload will take, told before the camera is a disk and once its card was listed."""

from collections.abc import Sequence

import attrs

from camvault.core.dashcam.battery_minutes import battery_minutes
from camvault.core.dashcam.discharge import Discharge
from camvault.core.dashcam.offload_plan import WaitingClip, plan_offload
from camvault.core.dashcam.rates import MeasuredRates, rates_document, rates_of
from camvault.core.power.readings import PowerReading
from camvault.core.power.states import PowerMemory
from camvault.core.power.table import LOADED
from camvault.core.workflows.dashcam.records_of_service import RATES_NAME, ServiceRecords
from camvault.core.workflows.dashcam.service_ports import CopyResult, Sent, ServiceOptions, ServicePorts
from camvault.core.workflows.dashcam.telling import Telling
from camvault.ports.errors import CamvaultError


@attrs.define
class Plans:
    """What was measured of this box, and what follows from it for the next offload.

    Attributes:
        discharge: How fast the battery fell lately.
        reading: The power as it was seen last.
        is_loaded: Whether that was with a camera that had power.
        waiting: What is known to wait on the card; None if that is not known before it is mounted.
    """

    options: ServiceOptions
    ports: ServicePorts
    telling: Telling
    records: ServiceRecords
    discharge: Discharge = attrs.field(factory=Discharge)
    reading: PowerReading | None = None
    is_loaded: bool = False
    waiting: tuple[WaitingClip, ...] | None = None
    _rates: MeasuredRates | None = None

    @property
    def rates(self) -> MeasuredRates:
        """How fast this box copies and sends."""
        if self._rates is None:
            self._rates = rates_of(self.records.read(RATES_NAME))
        return self._rates

    def looked(self, reading: PowerReading, memory: PowerMemory) -> None:
        """After a look, before it is decided."""
        self.reading, self.is_loaded = reading, memory.state in LOADED
        self.discharge = self.discharge.read(reading, state=memory.state, now_s=self.ports.clock.monotonic_s())

    def tell_before(self, memory: PowerMemory) -> None:
        """What is known before the card can be listed; nothing if nothing is known to wait."""
        self._tell(self.waiting or (), sag_mv=0 if self.is_loaded else memory.supply.sag_mv)

    def listed(self, clips: Sequence[WaitingClip]) -> None:
        """The card was listed."""
        self.waiting = tuple(clips)
        self._tell(self.waiting, sag_mv=0)

    def copied(self, report: CopyResult) -> None:
        """A copy has ended."""
        self.waiting = () if report.is_whole else self.waiting
        self._measured(self.rates.with_copy(report.copied_bytes, report.seconds))

    def sent(self, report: Sent) -> None:
        """An upload has ended."""
        self._measured(self.rates.with_upload(report.sent_bytes, report.seconds))

    def _measured(self, rates: MeasuredRates) -> None:
        if rates != self.rates:
            self._rates = rates
            self.records.write(RATES_NAME, rates_document(rates))

    def _tell(self, clips: Sequence[WaitingClip], *, sag_mv: int) -> None:
        try:
            staged_bytes = self.ports.offload.staged().size_bytes
            room_bytes = self.ports.offload.room_bytes()
        except CamvaultError as error:
            self.telling.problem("plan", f"What an offload takes cannot be reckoned: {error}", is_error=False)
            return
        self.telling.fine("plan")
        if self.reading is None or not (clips or staged_bytes):
            return
        disconnect = self.options.config.thresholds.thresholds.disconnect
        battery = battery_minutes(self.reading, disconnect, self.discharge, sag_mv=sag_mv)
        plan = plan_offload(clips, staged_bytes=staged_bytes, room_bytes=room_bytes, rates=self.rates, battery=battery)
        for sentence in plan.sentences:
            self.telling.note(f"plan: {sentence}")
