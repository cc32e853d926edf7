"""The whole pipeline with originals to be deleted, cut off everywhere: none goes before a disc was read back equal."""

import pytest

from camvault.adapters.memory.burner import MemoryDisc
from camvault.adapters.memory.calls import Call
from camvault.adapters.memory.explorer import Violation, explore, io_error
from camvault.core.workflows.bodycam.burn import DiscVerified
from camvault.ports.errors import BurnError, CamvaultError, DriveError
from camvault.ports.medium import MediumState
from tests.bodycam.pipeline.memory import CLIPS, World

pytestmark = pytest.mark.no_cover  # thousands of runs of the same lines, three times as fast


def drive_error(call: Call) -> CamvaultError | None:
    """What a drive that fails says."""
    if call.operation == "burner.burn":
        return BurnError("/dev/sr0", "write error", is_spoiled=True)
    return DriveError("/dev/sr0", "it hangs") if call.operation.startswith("drives.") else None


def whole_discs(world: World) -> list[MemoryDisc]:
    """The discs that are finished and hold every clip."""
    return [
        disc
        for disc in world.discs
        if disc.state is MediumState.CLOSED and all(content in disc.content for content in CLIPS.values())
    ]


def what_is_gone_is_on_a_verified_disc(world: World) -> bool:
    """INV-1."""
    if world.clips_left() == set(CLIPS):
        return True
    return bool(whole_discs(world)) and bool(world.reporter.of(DiscVerified))


def outcome(world: World) -> dict[str, object]:
    return {"originals": world.clips_left(), "is on a disc": bool(whole_discs(world))}


def test_cut_off_everywhere(every: int) -> None:
    """An original is there, or a verified disc holds it; in the end all are gone, and the disc is there."""
    found = explore(
        World.new,
        World.run,
        rerun=World.run_again,
        snapshot=outcome,
        invariants={"what is gone is on a verified disc": what_is_gone_is_on_a_verified_disc},
        restart=World.restart,
        stop=lambda world: world.cancel.request(),
        errors=(io_error, drive_error),
        pairs=100,
        every=every,
    )
    assert found.cut_count >= 90 / every


def test_the_explorer_would_notice_originals_that_go_when_prepare_ends() -> None:
    """The invariant above can fail."""

    def careless(world: World) -> None:
        for path in CLIPS:
            world.storage.tree.discard(path)
        world.storage.entry(next(iter(CLIPS)))

    with pytest.raises(Violation, match="what is gone is on a verified disc"):
        explore(
            World.new,
            careless,
            snapshot=outcome,
            invariants={"what is gone is on a verified disc": what_is_gone_is_on_a_verified_disc},
            restart=World.restart,
        )
