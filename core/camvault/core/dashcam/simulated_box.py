"""Pure, part of the simulation: a camera, its card and the staging, as they are assumed."""

from collections.abc import Sequence
from math import ceil, inf

import attrs

from camvault.core.dashcam.configuration import BoxConfig
from camvault.core.dashcam.progress import OffloadProgress, recheck_s
from camvault.core.power.table import Command

_OF_THE_PORT = frozenset({Command.PORT_OFF, Command.POWER_ON, Command.DATA_ON})
_LISTING_S = 1.0
"""To find out that there is nothing to do takes a moment too."""


@attrs.frozen(kw_only=True)
class OffloadRates:
    """What is assumed: of the camera and the transfers in bytes for each second, of a clip and of staging in bytes."""

    recorded: float = 2e6
    copied: float = 20e6
    sent: float = 5e6
    clip_bytes: float = 120e6
    staging_bytes: float = 32e9


@attrs.define
class SimulatedBox:
    """What is on the card and in staging, and what runs."""

    config: BoxConfig
    rates: OffloadRates
    card_bytes: float = 0
    staged_bytes: float = 0
    running: Command | None = None
    port: Command | None = None
    """How the port was switched last; None: it was not, and nothing is taken for granted."""
    ready_s: float = 0
    """When the camera has been off for long enough."""
    progress: OffloadProgress = attrs.field(factory=OffloadProgress)

    @property
    def is_powered(self) -> bool:
        """Whether the camera has power."""
        return self.port in {Command.POWER_ON, Command.DATA_ON}

    @property
    def is_recording(self) -> bool:
        """Whether it has, and no data."""
        return self.port is Command.POWER_ON

    @property
    def room_bytes(self) -> float:
        """What staging still takes."""
        return self.rates.staging_bytes - self.staged_bytes

    @property
    def staged_count(self) -> int:
        """How many clips are staged."""
        return ceil(self.staged_bytes / self.rates.clip_bytes)

    def is_camera_due(self, now_s: float) -> bool:
        """Whether the camera is to be asked."""
        return self.progress.is_camera_due(now_s, recheck_s=recheck_s(self.config.poll))

    def carry_out(self, commands: Sequence[Command], now_s: float, *, is_going_on: bool) -> None:
        """Do what a look decided; `is_going_on`: what runs is not ended by it."""
        if not is_going_on:
            self._end(now_s, is_failed=False)
            self.running = next((each for each in (Command.COPY, Command.UPLOAD) if each in commands), None)
        if Command.PORT_OFF in commands:
            self.ready_s = now_s + self.config.camera.off_seconds
        self.port = next((each for each in reversed(commands) if each in _OF_THE_PORT), self.port)

    def given(self, commands: Sequence[Command]) -> tuple[Command, ...]:
        """The commands that the service gives: a disk is switched off before it records, and nothing is so twice."""
        given, port = [], self.port
        for command in commands:
            if command is port and command is not Command.DATA_ON:
                continue
            if command is Command.POWER_ON and port is Command.DATA_ON:
                given.append(Command.PORT_OFF)
            given.append(command)
            port = command if command in _OF_THE_PORT else port
        return tuple(given)

    def pass_time(self, now_s: float, until_s: float, *, is_camera_there: bool) -> float:
        """Let time pass until then, or until what runs ends; the time that it is."""
        is_failed = self.running is Command.COPY and not is_camera_there
        end_s = max(now_s + _LISTING_S, self._ends_s(now_s, is_failed=is_failed))
        reached_s = min(until_s, end_s)
        ready_seconds = max(0.0, reached_s - max(now_s, self.ready_s))
        if self.is_recording and is_camera_there:
            self.card_bytes += self.rates.recorded * ready_seconds
        if self.running is Command.UPLOAD:
            sent = self.rates.sent * (reached_s - now_s)
            self.staged_bytes = 0 if reached_s == end_s else max(0.0, self.staged_bytes - sent)
        elif self.running is Command.COPY and is_camera_there:
            most = min(self.card_bytes, self.room_bytes)
            copied = most if reached_s == end_s else min(most, self.rates.copied * ready_seconds)
            self.card_bytes -= copied
            self.staged_bytes += copied
        if self.running is not None and reached_s == end_s:
            self._end(reached_s, is_failed=is_failed)
        return reached_s

    def _ends_s(self, now_s: float, *, is_failed: bool) -> float:
        """When what runs is done."""
        begin_s = max(now_s, self.ready_s)
        if is_failed:
            return begin_s + self.config.poll.mount_timeout_seconds
        if self.running is Command.COPY:
            return begin_s + min(self.card_bytes, self.room_bytes) / self.rates.copied
        return now_s + self.staged_bytes / self.rates.sent if self.running is Command.UPLOAD else inf

    def _end(self, now_s: float, *, is_failed: bool) -> None:
        if self.running is Command.COPY:
            is_whole = not self.card_bytes and not is_failed
            self.progress = self.progress.copied(now_s, is_whole=is_whole, is_interrupted=not is_failed)
        self.running = None
