"""Composition root, shared part: whether a recorder may write into its folder.

Apart from the other places: a recorder runs for months, and needs neither the other configurations nor their readers.
"""

from pathlib import PurePath

from camvault.adapters.filesystem import LocalStorage, read_mount_table
from camvault.core.stations.places import ConfiguredPlace, PlaceUse
from camvault.core.workflows.steps.place_facts import places_report


def recording_problem(folder: PurePath) -> str:
    """Why nothing may be recorded into an `output_dir`; "" if it may. It is looked at before each session."""
    place = ConfiguredPlace("output_dir", PlaceUse.RECORDING, folder)
    return places_report((place,), storage=LocalStorage(), table=read_mount_table()).closed.get(folder, "")
