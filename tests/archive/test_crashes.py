"""An archive run that is cut off everywhere: after every removal a readable copy with the recorded digest exists."""

import hashlib
from collections.abc import Callable
from pathlib import PurePath

import attrs
import pytest

from camvault.adapters.memory import Calls
from camvault.adapters.memory.explorer import explore
from camvault.core.segments.ledger import ProofKind, parse_ledger
from tests.archive.helpers import CAMERA, OUT, TRASH, Cameras

pytestmark = pytest.mark.no_cover  # thousands of runs of the same lines, three times as fast

ELSEWHERE = PurePath("/nas/trash")


def make_cameras(calls: Calls, *, trash: PurePath | None = TRASH) -> Cameras:
    """A clip with its picture, and another one; in the trash of the same disk, also two cameras of one second."""
    cameras = Cameras(calls, trash=trash)
    if trash == ELSEWHERE:
        cameras.storage.mount(ELSEWHERE.parent, name="8:1")
    cameras.clip(has_picture=True)
    if trash == TRASH:
        cameras.clip(camera="back")
    return cameras


def make_old_archive(calls: Calls) -> Cameras:
    """A clip that was archived before there were records."""
    cameras = Cameras(calls)
    old = cameras.clip(has_picture=True)
    cameras.archived_before(old)
    return cameras


def archived_contents(cameras: Cameras) -> set[str]:
    """The digests of the sources of which the recorded archive is there and holds what was recorded."""
    files = {path: hashlib.sha256(content).hexdigest() for path, content in cameras.storage.files(OUT).items()}
    found = set()
    for path, content in cameras.storage.files(OUT / ".camvault-archive").items():
        if path.suffix != ".ledger":
            continue
        entries = parse_ledger(content.decode()).entries
        for entry in entries.values():
            if entry.kind is ProofKind.ENCODED and files.get(OUT / entry.path.relative_to("output")) == entry.sha256:
                found.add(entry.where)
    return found


def make_checks(started: Cameras) -> dict[str, Callable[[Cameras], object]]:
    trash = started.trash
    sources = {
        hashlib.sha256(content).hexdigest()
        for path, content in started.storage.files(CAMERA).items()
        if path.suffix == ".mp4" and not path.is_relative_to(OUT)
    }
    pictures = {content for path, content in started.storage.files().items() if path.suffix == ".jpg"}

    def nothing_is_lost(cameras: Cameras) -> str:
        there = {hashlib.sha256(content).hexdigest() for content in cameras.storage.files().values()}
        missing = sources - there - archived_contents(cameras)
        return f"{len(missing)} clips are neither here nor archived" if missing else ""

    def sources_go_only_when_archived(cameras: Cameras) -> bool:
        here = {
            hashlib.sha256(content).hexdigest()
            for path, content in cameras.storage.files(CAMERA).items()
            if not path.is_relative_to(TRASH) and not path.is_relative_to(OUT)
        }
        return sources - here <= archived_contents(cameras)

    def no_picture_is_an_orphan(cameras: Cameras) -> bool:
        names = cameras.inputs()
        return all(name.replace(".jpg", ".mp4") in names for name in names if name.endswith(".jpg"))

    def pictures_are_kept(cameras: Cameras) -> bool:
        return trash is None or pictures <= set(cameras.storage.files().values())

    def no_archive_is_half(cameras: Cameras) -> bool:
        archives = (path for path in cameras.storage.files(OUT) if path.name.startswith("archived-"))
        return all(b"camvault memory" in cameras.storage.content(path)[:20] for path in archives)

    return {
        "no clip is lost": lambda cameras: nothing_is_lost(cameras) or None,
        "a clip leaves the input only when its archive is there": sources_go_only_when_archived,
        "no picture is left without its clip": no_picture_is_an_orphan,
        "pictures are in the input or in the trash": pictures_are_kept,
        "no archive is half done under its name": no_archive_is_half,
    }


def snapshot(cameras: Cameras) -> object:
    """Which footage is where; twins may have their numbers in another order."""
    files = cameras.storage.files()
    found = [
        (str(path.parent), path.suffix, hashlib.sha256(content).hexdigest())
        for path, content in files.items()
        if path.suffix in (".mp4", ".jpg")
    ]
    leftovers = [str(path) for path in files if path.name.endswith(".camvault-part")]
    return sorted(found), leftovers


@pytest.mark.parametrize(
    "trash",
    [pytest.param(TRASH, marks=pytest.mark.nightly), ELSEWHERE, None],
    ids=["trash", "trash elsewhere", "deleted"],
)
def test_cut_off_everywhere(trash: PurePath | None, every: int) -> None:
    explore(
        lambda calls: make_cameras(calls, trash=trash),
        Cameras.run,
        snapshot=snapshot,
        invariants=make_checks(make_cameras(Calls(), trash=trash)),
        restart=Cameras.restart,
        stop=lambda cameras: cameras.cancel.request(),
        pairs=20,
        every=every,
    )


def test_an_archive_of_before_is_verified_and_recorded_wherever_that_is_cut_off(every: int) -> None:
    explore(
        make_old_archive,
        Cameras.run,
        snapshot=snapshot,
        invariants=make_checks(make_old_archive(Calls())),
        restart=Cameras.restart,
        pairs=10,
        every=every,
    )


def make_archived_twice(calls: Calls) -> Cameras:
    """A clip with an archive, of which another encoder is to make a new one."""
    cameras = Cameras(calls)
    clip = cameras.clip()
    content = cameras.storage.content(clip)
    cameras.run()
    cameras.storage.tree.discard(TRASH / "input" / clip.relative_to(CAMERA))
    cameras.storage.put(clip, content, mtime_ns=cameras.ns(300))
    cameras.archiver.encoder = "another"
    cameras.options = attrs.evolve(cameras.options, is_made_anew=True)
    calls.log.clear()
    return cameras


def test_a_new_archive_takes_the_place_of_the_old_one_wherever_that_is_cut_off(every: int) -> None:
    """Of the two archives one is always there and recorded while the clip is not in the input."""
    checks = make_checks(make_archived_twice(Calls()))
    explore(
        make_archived_twice,
        Cameras.run,
        snapshot=lambda cameras: sorted(cameras.names(CAMERA)),
        invariants=checks,
        restart=Cameras.restart,
        pairs=10,
        every=every,
    )


def make_old_footage(calls: Calls) -> Cameras:
    """A pair and an archive that are too old."""
    cameras = Cameras(calls, trash=ELSEWHERE)
    cameras.storage.mount(ELSEWHERE.parent, name="8:1")
    cameras.clip("20230101120000", has_picture=True)
    cameras.archive("20230101110000")
    cameras.options = attrs.evolve(cameras.options, is_cleanup=True, is_output_cleaned=True)
    return cameras


def test_a_cleanup_that_is_cut_off_loses_nothing(every: int) -> None:
    contents = set(make_old_footage(Calls()).storage.files().values())
    explore(
        make_old_footage,
        Cameras.run,
        snapshot=snapshot,
        invariants={"all is here or in the trash": lambda cameras: contents <= set(cameras.storage.files().values())},
        restart=Cameras.restart,
        pairs=10,
        every=every,
    )
