"""Adapter for pytest: the contracts of the protocols in `camvault.ports.media`."""

from camvault.adapters.contracts.media.encoder import EncoderContract
from camvault.adapters.contracts.media.harness import MediaHarness
from camvault.adapters.contracts.media.probe import MediaProbeContract

__all__ = ["EncoderContract", "MediaHarness", "MediaProbeContract"]
