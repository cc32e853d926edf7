"""Adapter for executors: an archiver and an encoder whose work is done by a farm."""

from collections.abc import Callable
from functools import partial
from pathlib import PurePath

import attrs

from camvault.adapters.farm.order import Farm, OrderCancellation, worked_on
from camvault.ports.archiving import ArchiveMade, Archiver, ArchiveSettings, Sound
from camvault.ports.cancellation import Cancellation
from camvault.ports.media import EncodedFile, Encoder, EncodeSettings
from camvault.ports.quality import MeasuredSample, QualityMeasure, QualityMeter

MakeArchiver = Callable[[], Archiver]
"""Called by a worker, which finds its own programs and devices. It is sent to it: a function of a module, or a partial
of one."""

MakeEncoder = Callable[[], Encoder]
"""The same for an encoder."""

MakeMeter = Callable[[], QualityMeter]
"""The same for a meter."""


def _ignore(_seconds: float) -> None:
    """A worker's position is not sent back."""


def archive_order(
    order: PurePath, /, *, make: MakeArchiver, source: PurePath, settings: ArchiveSettings
) -> tuple[ArchiveMade, PurePath]:
    """In a worker: make an archive, and prove it there."""
    with worked_on(order) as (attempt, cancel):
        made = make().archive(source, target=attempt, settings=settings, on_seconds=_ignore, cancel=cancel)
    return made, attempt


def encode_order(
    order: PurePath, /, *, make: MakeEncoder, source: PurePath, settings: EncodeSettings
) -> tuple[EncodedFile, PurePath]:
    """In a worker: encode a clip."""
    with worked_on(order) as (attempt, cancel):
        made = make().encode(source, target=attempt, settings=settings, on_seconds=_ignore, cancel=cancel)
    return made, attempt


def sample_order(
    *, make: MakeEncoder, source: PurePath, start_s: float, length_s: float, settings: EncodeSettings
) -> int:
    """In a worker: encode a stretch of some seconds."""
    # the order of a sample is its source: nobody takes that away to stop it
    cancel = OrderCancellation(source)
    return make().sample(source, start_s=start_s, length_s=length_s, settings=settings, cancel=cancel)


def measure_order(
    *,
    make: MakeMeter,
    source: PurePath,
    start_s: float,
    length_s: float,
    settings: EncodeSettings,
    measure: QualityMeasure,
) -> MeasuredSample:
    """In a worker: encode a stretch of some seconds, and measure it."""
    cancel = OrderCancellation(source)  # as of a sample
    return make().measured_sample(
        source, start_s=start_s, length_s=length_s, settings=settings, measure=measure, cancel=cancel
    )


@attrs.frozen
class FarmArchiver:
    """Archives are made and proven by workers.

    Attributes:
        local: What looks at archives without a record, and is asked nothing else.
        farm: Where the work is done.
        make: Makes the archiver of a worker.
    """

    local: Archiver
    farm: Farm
    make: MakeArchiver

    @property
    def name(self) -> str:
        """Where, and what there is here; each worker has its own."""
        return f"{self.farm.name} (here: {self.local.name})"

    def archive(
        self,
        source: PurePath,
        /,
        *,
        target: PurePath,
        settings: ArchiveSettings,
        on_seconds: Callable[[float], None],
        cancel: Cancellation,
    ) -> ArchiveMade:
        """Give the order and wait; the position is told at the end."""
        cancel.check()
        work = partial(archive_order, make=self.make, source=source, settings=settings)
        made = self.farm.made(work, target=target, cancel=cancel)
        on_seconds(made.duration_s)
        return made

    def doubts(self, archive: PurePath, /, *, source: PurePath, sound: Sound, cancel: Cancellation) -> tuple[str, ...]:
        """Look at it here."""
        return self.local.doubts(archive, source=source, sound=sound, cancel=cancel)


@attrs.frozen
class FarmEncoder:
    """Clips are encoded by workers.

    Attributes:
        local: What says how fine the steps of quality are.
        farm: Where the work is done.
        make: Makes the encoder of a worker.
    """

    local: Encoder
    farm: Farm
    make: MakeEncoder

    @property
    def name(self) -> str:
        """Where, and what there is here; each worker has its own."""
        return f"{self.farm.name} (here: {self.local.name})"

    @property
    def crf_step_quarters(self) -> int:
        """As here: a worker whose steps are coarser rounds."""
        return self.local.crf_step_quarters

    def encode(
        self,
        source: PurePath,
        /,
        *,
        target: PurePath,
        settings: EncodeSettings,
        on_seconds: Callable[[float], None],  # noqa: ARG002 - a worker's position is not sent back
        cancel: Cancellation,
    ) -> EncodedFile:
        """Give the order and wait."""
        cancel.check()
        work = partial(encode_order, make=self.make, source=source, settings=settings)
        return self.farm.made(work, target=target, cancel=cancel)

    def sample(
        self, source: PurePath, /, *, start_s: float, length_s: float, settings: EncodeSettings, cancel: Cancellation
    ) -> int:
        """Have a short stretch encoded; one that runs is not stopped."""
        cancel.check()
        work = partial(
            sample_order, make=self.make, source=source, start_s=start_s, length_s=length_s, settings=settings
        )
        return self.farm.done(work, cancel=cancel)


@attrs.frozen
class FarmQualityMeter:
    """Samples are encoded and measured by workers.

    Attributes:
        local: What says which measures there are: a worker without the one that is asked for measures nothing.
        farm: Where the work is done.
        make: Makes the meter of a worker.
    """

    local: QualityMeter
    farm: Farm
    make: MakeMeter

    @property
    def measures(self) -> tuple[QualityMeasure, ...]:
        """As here."""
        return self.local.measures

    def measured_sample(
        self,
        source: PurePath,
        /,
        *,
        start_s: float,
        length_s: float,
        settings: EncodeSettings,
        measure: QualityMeasure,
        cancel: Cancellation,
    ) -> MeasuredSample:
        """Have a short stretch encoded and measured; one that runs is not stopped."""
        cancel.check()
        work = partial(
            measure_order,
            make=self.make,
            source=source,
            start_s=start_s,
            length_s=length_s,
            settings=settings,
            measure=measure,
        )
        return self.farm.done(work, cancel=cancel)


_conforms_archiver: type[Archiver] = FarmArchiver
_conforms_encoder: type[Encoder] = FarmEncoder
_conforms_meter: type[QualityMeter] = FarmQualityMeter
