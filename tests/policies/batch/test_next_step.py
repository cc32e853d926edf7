"""What becomes of a build directory, and how the user can go on."""

from pathlib import PurePath
from typing import Any

import pytest

from camvault.apps import prepare_bodycam
from camvault.core.batch.left_out import ClipsLeftOutError
from camvault.core.batch.next_step import (
    BuildDirFate,
    FailureKind,
    NextCommand,
    PipelineStage,
    RecordFound,
    WhatIsLeft,
    failure_kind,
    fate_after_failure,
    next_step,
)
from camvault.core.batch.plan import OutputsTooBigError
from camvault.core.batch.resuming import ContradictedError
from camvault.ports.errors import (
    BusyError,
    ChangedError,
    MediumError,
    MissingToolError,
    RecordError,
    StorageError,
    ToolError,
    UsageError,
)

PREPARE = PipelineStage.PREPARE
NONE, READABLE, BROKEN = RecordFound
PATH = PurePath("/x")


class TestKind:
    @pytest.mark.parametrize(
        ("error", "kind"),
        [
            (UsageError("x"), FailureKind.REFUSED),
            (MissingToolError("ffmpeg", "it"), FailureKind.REFUSED),
            (MediumError("/dev/sr0", "it is closed"), FailureKind.REFUSED),
            (BusyError(PATH), FailureKind.REFUSED),
            (OutputsTooBigError(2, 1, 2), FailureKind.TOO_BIG),
            (ClipsLeftOutError((), 2), FailureKind.LEFT_OUT),
            (RecordError(PATH, "torn"), FailureKind.NO_RECORD),
            (ContradictedError(PATH, "--preset is 3"), FailureKind.CONTRADICTED),
            (StorageError(PATH), FailureKind.BROKEN),
            (ChangedError(PATH), FailureKind.BROKEN),
            (ToolError("ffmpeg", 1), FailureKind.BROKEN),
            (ZeroDivisionError(), FailureKind.BROKEN),
        ],
        ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value.value,
    )
    def test_table(self, error: Exception, kind: FailureKind) -> None:
        """The kinds and the exit codes of `prepare_bodycam` draw the same lines."""
        assert failure_kind(error) is kind
        codes = {FailureKind.REFUSED: 1, FailureKind.TOO_BIG: 2, FailureKind.NO_RECORD: 3, FailureKind.CONTRADICTED: 3}
        assert prepare_bodycam.STAGE.exit_codes.code_of(error) == codes.get(kind, 4)


class TestFate:
    @pytest.mark.parametrize("stage", PipelineStage)
    @pytest.mark.parametrize("kind", FailureKind)
    @pytest.mark.parametrize("is_new", [True, False])
    def test_table(self, stage: PipelineStage, kind: FailureKind, is_new: bool) -> None:
        """It goes after refused input, if this run made it, and in no other case."""
        fate = fate_after_failure(stage, kind=kind, is_new=is_new)
        assert (fate is BuildDirFate.REMOVED) == (stage is PREPARE and kind is FailureKind.REFUSED and is_new)


class TestNextStep:
    @pytest.mark.parametrize(
        ("stage", "kind", "facts", "way"),
        [
            ("prepare", FailureKind.BROKEN, {}, NextCommand.RESUME),
            ("prepare", None, {}, NextCommand.RESUME),
            ("prepare", None, {"record": NONE}, NextCommand.START),
            ("prepare", FailureKind.BROKEN, {"record": NONE}, NextCommand.START),
            ("prepare", None, {"record": NONE, "is_new": False}, None),
            ("prepare", FailureKind.BROKEN, {"record": BROKEN}, None),
            ("prepare", FailureKind.NO_RECORD, {}, None),
            ("prepare", FailureKind.NO_RECORD, {"record": NONE}, None),
            ("prepare", FailureKind.CONTRADICTED, {}, NextCommand.RESUME_AS_RECORDED),
            ("prepare", FailureKind.TOO_BIG, {}, None),
            ("prepare", FailureKind.LEFT_OUT, {}, NextCommand.RESUME),
            ("prepare", FailureKind.REFUSED, {}, NextCommand.RESUME),
            ("image", FailureKind.BROKEN, {}, NextCommand.RESUME),
            ("image", FailureKind.NO_RECORD, {}, NextCommand.RESUME),
            ("image", FailureKind.NO_RECORD, {"record": BROKEN}, None),
            ("burn", FailureKind.BROKEN, {}, NextCommand.BURN),
            ("burn", FailureKind.TOO_BIG, {}, NextCommand.BURN),
            ("burn", None, {}, NextCommand.BURN),
            ("burn", FailureKind.BROKEN, {"is_image_good": False}, NextCommand.RESUME),
            ("burn", FailureKind.BROKEN, {"is_image_good": False, "record": BROKEN}, None),
            ("burn", FailureKind.BROKEN, {"is_deleting": True}, NextCommand.RESUME),
            ("release", FailureKind.BROKEN, {"is_deleting": True}, NextCommand.RELEASE),
            ("clean", FailureKind.BROKEN, {}, NextCommand.CLEAN),
        ],
    )
    def test_table(self, stage: str, kind: FailureKind | None, facts: dict[str, Any], way: NextCommand | None) -> None:
        """No resume is recommended that must fail in the same way; no burn of an image that is another one."""
        found = next_step(PipelineStage(stage), kind=kind, left=WhatIsLeft(**{"record": READABLE, **facts}))
        assert found.way is way
        assert found.words

    @pytest.mark.parametrize("stage", [PREPARE, PipelineStage.IMAGE])
    def test_what_was_refused_is_refused_again_until_it_is_mended(self, stage: PipelineStage) -> None:
        found = next_step(stage, kind=FailureKind.REFUSED, left=WhatIsLeft(record=READABLE, is_new=False))
        assert found.words.startswith("It will be refused again until what the error names is mended")

    @pytest.mark.parametrize("is_keeping_going", [True, False])
    def test_to_go_on_without_what_is_left_out_is_said_to_whom_did_not(self, is_keeping_going: bool) -> None:
        left = WhatIsLeft(record=READABLE, is_keeping_going=is_keeping_going)
        found = next_step(PREPARE, kind=FailureKind.LEFT_OUT, left=left)
        assert ("--prep-keep-going" in found.words) is not is_keeping_going
