"""Adapter for pytest: the contracts of the protocols in `camvault.ports.burner`."""

from camvault.adapters.contracts.burner.drives import BurnerContract
from camvault.adapters.contracts.burner.harness import SECTORS, BurnerHarness
from camvault.adapters.contracts.burner.images import ImageMapContract, VolumeReaderContract

__all__ = ["SECTORS", "BurnerContract", "BurnerHarness", "ImageMapContract", "VolumeReaderContract"]
