"""Workflow: a folder to a disc image, verified in both of its trees."""

from camvault.core.workflows.bodycam.create_iso.events import (
    BuilderChosen,
    EvidenceLeftOut,
    EvidenceMade,
    FileLeftOut,
    ImageCreated,
    ImageStarted,
    ImageVerified,
    LabelShortened,
    NameSubstituted,
    UnfinishedImageRemoved,
)
from camvault.core.workflows.bodycam.create_iso.request import EvidenceWish, ImageReport, ImageRequest
from camvault.core.workflows.bodycam.create_iso.signing import signed
from camvault.core.workflows.bodycam.create_iso.workflow import create_iso

__all__ = [
    "BuilderChosen",
    "EvidenceLeftOut",
    "EvidenceMade",
    "EvidenceWish",
    "FileLeftOut",
    "ImageCreated",
    "ImageReport",
    "ImageRequest",
    "ImageStarted",
    "ImageVerified",
    "LabelShortened",
    "NameSubstituted",
    "UnfinishedImageRemoved",
    "create_iso",
    "signed",
]
