"""prepare, in memory: what a run replaces stays until its replacement is proven."""

import pytest

from camvault.adapters.memory.calls import Call, Phase, PowerCut
from camvault.adapters.memory.media import MemoryClip
from camvault.core.batch.left_out import ClipsLeftOutError
from camvault.core.capacity.budget import Budget
from camvault.core.workflows.bodycam.prepare.events import ClipRedone, OutputSetAside, ReplacedKept
from camvault.core.workflows.steps.target_claim import temporary_path
from camvault.ports.errors import ChangedError
from tests.bodycam.prepare.helpers import BUILD, COMPLETED, World

SIZE = 100_000


def encoding_world(*seconds: float) -> World:
    """Clips of different length, to be encoded; originals are to be deleted."""
    world = World(is_deleting=True, budget=Budget(45_000 * len(seconds), 0))
    for index, length_s in enumerate(seconds):
        world.add(f"c{index}.mp4", SIZE, MemoryClip(duration_s=length_s, bytes_per_s=30_000.0))
    return world


def test_what_stands_under_the_temporary_name_is_taken_only_if_the_encoder_made_it() -> None:
    """Another process, or another encode, may have put its own file there meanwhile."""
    world = encoding_world(1.0)
    made = temporary_path(BUILD / "c0.mp4")
    foreign = MemoryClip(duration_s=1.0).content(20_000)
    world.storage.calls.hook("storage.digest", lambda: world.storage.put(made, foreign), when=Phase.AFTER, times=2)
    with pytest.raises(ChangedError, match=r"is not the file that the encoder made of c0\.mp4"):
        world.run()
    assert world.clips_left() == set(world.sources)


@pytest.mark.parametrize("is_gone", [False, True])
def test_a_copy_of_what_was_swapped_in_goes_only_beside_it(is_gone: bool) -> None:
    """Another card was plugged in, copied, and pulled again: the copy may be the only one of its clip."""
    world = World(is_deleting=True)
    source = world.add("c0.mp4")
    storage, later = world.storage, b"another card's clip"
    storage.calls.hook("storage.copy", lambda: storage.put(source, later, mtime_ns=1))
    if is_gone:
        storage.calls.hook("storage.copy", lambda: storage.tree.discard(source), when=Phase.AFTER)
    with pytest.raises(ClipsLeftOutError):
        world.run()
    copies = [path for path, content in storage.files().items() if content == later]
    assert copies == [BUILD / ".camvault-aside-1-c0.mp4" if is_gone else source]
    assert world.outputs() == {}


@pytest.mark.parametrize("is_resumed", [True, False])
def test_an_output_that_only_the_marker_knows_is_replaced_and_goes(is_resumed: bool) -> None:
    """The power failed before it was set aside, when its record was gone: it is no copy of its original."""
    world = encoding_world(1.0)
    world.is_deleting = False
    world.run()

    def cut(call: Call, phase: Phase) -> None:
        if call.operation == "storage.rename" and call.arguments[0] == BUILD / "c0.mp4" and phase is Phase.BEFORE:
            raise PowerCut

    world.storage.calls.watchers.append(cut)
    with pytest.raises(PowerCut):
        world.run()
    world.storage.calls.watchers.remove(cut)
    world.storage.restart()
    assert (world.states(), set(world.outputs())) == ({"c0.mp4": "pending"}, {"c0.mp4"})

    if is_resumed:
        world.resume()
    else:
        world.run()

    assert world.states(COMPLETED) == {"c0.mp4": "done"}
    assert set(world.outputs()) == {"c0.mp4"}
    assert [event.path for event in world.reporter.of(OutputSetAside)] == [BUILD / "c0.mp4"]
    assert not [path for path in world.storage.files(BUILD) if path.name.startswith(".camvault-aside")]


def test_a_clip_that_is_made_again_is_told_as_that_alone() -> None:
    """A correction is no output of an earlier job: what it replaces is set aside, and goes, without more words."""
    world = encoding_world(1.0)
    world.run()
    assert [event.name for event in world.reporter.of(ClipRedone)] == ["c0.mp4"]
    assert not world.reporter.of(OutputSetAside)
    assert not [path for path in world.storage.files(BUILD) if path.name.startswith(".camvault-aside")]


def finished(*, is_deleting: bool = False) -> World:
    """A job of one copied clip that is done, to be started again."""
    world = World()
    world.add("c0.mp4")
    world.run()
    world.is_deleting = is_deleting
    return world


def test_a_copy_that_cannot_be_compared_is_set_aside() -> None:
    world = World()
    source, storage = world.add("c0.mp4"), world.storage
    storage.calls.hook("storage.copy", lambda: storage.put(source, b"another", mtime_ns=1))
    storage.calls.hook("storage.copy", lambda: storage.hidden_damage.update({source: 0}), when=Phase.AFTER)
    with pytest.raises(ClipsLeftOutError):
        world.run()
    assert storage.content(BUILD / ".camvault-aside-1-c0.mp4") == b"another"


def test_an_old_output_that_cannot_be_read_stays() -> None:
    world = finished()
    aside = BUILD / ".camvault-aside-1-c0.mp4"
    world.storage.hidden_damage[aside] = 0
    world.run()
    assert world.storage.tree.find(aside) is not None


def test_an_old_output_whose_place_vanishes_is_kept_and_said() -> None:
    """Both copies are unreadable in the moment in which it was to go."""
    world = finished()
    storage, aside = world.storage, BUILD / ".camvault-aside-1-c0.mp4"

    def die() -> None:
        storage.hidden_damage |= {BUILD / "c0.mp4": 0, world.sources[0]: 0}

    storage.calls.hook("storage.children", die)
    world.run()
    assert storage.tree.find(aside) is not None
    assert "cannot be read" in str(world.reporter.of(ReplacedKept)[0])


def test_what_somebody_set_aside_stays() -> None:
    """A file, a folder and a link of such names that no marker knows."""
    world = finished()
    world.storage.put(BUILD / ".camvault-aside-7-x", b"somebody's")
    world.storage.put_folder(BUILD / ".camvault-aside-8")
    world.run()
    assert world.storage.content(BUILD / ".camvault-aside-7-x") == b"somebody's"
    assert world.storage.tree.find(BUILD / ".camvault-aside-1-c0.mp4") is None


def test_an_old_output_of_a_clip_that_is_not_in_the_new_job_goes_beside_its_original() -> None:
    world = finished()
    world.sources = ()
    world.add("c1.mp4")
    world.run()
    assert set(world.outputs()) == {"c1.mp4"}
    assert not [path for path in world.storage.files(BUILD) if path.name.startswith(".camvault-aside")]
