"""Workflow: one image to one blank disc, read back and compared."""

from camvault.core.workflows.bodycam.burn.events import (
    BurnerChosen,
    BurnStarted,
    BurnStoppedUnverified,
    BurnSucceeded,
    DiscAtRisk,
    DiscAwaited,
    DiscSpoiled,
    DiscVerified,
    DiscWritten,
    FailedDiscRead,
    VerificationSkipped,
)
from camvault.core.workflows.bodycam.burn.request import BurnReport, BurnRequest, check_image, pick_device
from camvault.core.workflows.bodycam.burn.workflow import burn_image

__all__ = [
    "BurnReport",
    "BurnRequest",
    "BurnStarted",
    "BurnStoppedUnverified",
    "BurnSucceeded",
    "BurnerChosen",
    "DiscAtRisk",
    "DiscAwaited",
    "DiscSpoiled",
    "DiscVerified",
    "DiscWritten",
    "FailedDiscRead",
    "VerificationSkipped",
    "burn_image",
    "check_image",
    "pick_device",
]
