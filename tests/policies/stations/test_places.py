"""The configured folders, compared with one another: as written, through links, bind mounts and by device and inode."""

from itertools import product
from pathlib import PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.adapters.filesystem.mounts import mount_sources
from camvault.adapters.memory import MemoryStorage
from camvault.core.mounts import spot_of
from camvault.core.stations.configuration import BackupConfig, Camera
from camvault.core.stations.place_record import PLACE_RECORD_NAME, known_mounts_text, parse_known_mounts
from camvault.core.stations.places import (
    ConfiguredPlace,
    PlaceFacts,
    PlacesReport,
    PlaceUse,
    check_places,
    closed_needed,
    configured_places,
)
from camvault.core.workflows.steps.place_facts import places_report
from camvault.ports.errors import DeniedError, StorageError
from camvault.ports.mounts import MountTable

OUT, READY, NAS = "/pi/cameras", "/pi/ready", "/mnt/nas"


def places(out: str = OUT, ready: str = READY, quarantine: str = "", target: str = NAS) -> tuple[ConfiguredPlace, ...]:
    cameras = [Camera(station="ROST1", ip="192.0.2.1", output_dir=out)]
    backup = BackupConfig(
        ready_for_backup_dir=ready,
        quarantine_dir=quarantine,
        nas_target_dir=target,
        success_log_dir="/pi/logs",
        lock_dir="/pi/locks",
    )
    return configured_places(cameras, backup)


def as_written(found: tuple[ConfiguredPlace, ...]) -> PlacesReport:
    return check_places(found, {place.path: PlaceFacts(place.path) for place in found})


def test_the_folders_of_the_templates_lie_apart() -> None:
    assert as_written(places()) == PlacesReport()


def test_the_places_are_what_both_files_name() -> None:
    """Cameras with one output_dir make one place; a target behind ssh is no folder of this machine."""
    cameras = [Camera(station=name, ip="192.0.2.1", output_dir=OUT) for name in ("ROST1", "ROST2")]
    assert configured_places(cameras) == (
        ConfiguredPlace("output_dir", PlaceUse.RECORDING, PurePath(OUT), ("ROST1", "ROST2")),
    )
    uses = [place.use for place in places()]
    assert uses == list(PlaceUse)
    assert [place.use for place in places(target="pi@nas:/video")] == uses[:-1]


@pytest.mark.parametrize(
    ("changed", "keys"),
    [
        ({"ready": OUT}, ("output_dir", "ready_for_backup_dir")),
        ({"ready": "/pi"}, ("output_dir", "ready_for_backup_dir")),
        ({"ready": f"{OUT}/ROST1"}, ("output_dir", "ready_for_backup_dir")),
        ({"ready": f"{OUT}/ROST1/.live"}, ("output_dir", "ready_for_backup_dir")),
        ({"quarantine": OUT}, ("output_dir", "quarantine_dir")),
        ({"quarantine": f"{OUT}/ROST1/broken"}, ("output_dir", "quarantine_dir")),
        ({"quarantine": READY}, ("ready_for_backup_dir", "quarantine_dir")),
        ({"quarantine": f"{READY}/quarantine"}, ("ready_for_backup_dir", "quarantine_dir")),
        ({"quarantine": "/pi/q", "ready": "/pi/q/ready"}, ("ready_for_backup_dir", "quarantine_dir")),
        ({"target": READY}, ("ready_for_backup_dir", "nas_target_dir")),
        ({"target": f"{READY}/nas"}, ("ready_for_backup_dir", "nas_target_dir")),
        ({"target": "/pi/./ready"}, ("ready_for_backup_dir", "nas_target_dir")),
        ({"target": "/pi"}, ("ready_for_backup_dir", "nas_target_dir")),
        ({"target": OUT}, ("output_dir", "nas_target_dir")),
        ({"target": f"{OUT}/ROST1/nas"}, ("output_dir", "nas_target_dir")),
        ({"target": "/pi/quarantine"}, ("quarantine_dir", "nas_target_dir")),
    ],
)
def test_what_would_lose_or_hide_footage_is_refused(changed: dict[str, str], keys: tuple[str, str]) -> None:
    """With both keys, both values, and what to do."""
    found = places(**changed)
    paths = {place.key: place.path for place in found}
    overlaps = as_written(found).overlaps
    assert any(all(f"{key} ({paths[key]})" in words for key in keys) for words in overlaps)
    assert all("Name another folder for" in words for words in overlaps)


@pytest.mark.parametrize("key", ["ready", "quarantine", "target"])
def test_what_looks_like_a_station_is_a_warning(key: str) -> None:
    report = as_written(places(**{key: f"{OUT}/{key}"}))
    assert report.overlaps == ()
    assert any("looks like the folder of a station" in words for words in report.warnings)


def test_folders_that_may_lie_in_one_another() -> None:
    """Logs and locks hold no footage, and a quarantine at the target hides none."""
    assert as_written(places(quarantine=f"{NAS}/quarantine")) == PlacesReport()
    assert as_written(places(ready="/pi/logs/ready")) == PlacesReport()


class TestAliases:
    """One folder by two paths."""

    def test_through_a_link(self) -> None:
        storage = MemoryStorage()
        storage.put_folder(OUT)
        storage.put_link("/pi/ready", OUT)
        (overlap,) = places_report(places(quarantine="/q"), storage=storage, table=MountTable()).overlaps
        assert "output_dir (/pi/cameras) is the same folder as ready_for_backup_dir (/pi/ready)" in overlap

    def test_by_device_and_inode(self) -> None:
        """Where the system lists no mounts."""
        found = places()
        facts = {place.path: PlaceFacts(place.path) for place in found}
        facts |= {PurePath(path): PlaceFacts(PurePath(path), folder=("8:1", 7)) for path in (OUT, READY)}
        assert "is the same folder as" in check_places(found, facts).overlaps[0]

    @pytest.mark.parametrize(
        ("bound", "words"),
        [
            ("/data/cameras", "is the same folder as"),
            ("/data", "lies inside ready_for_backup_dir"),
            ("/data/cameras/ROST1/old", "lies inside the folder of station ROST1"),
        ],
    )
    def test_by_a_bind_mount(self, bound: str, words: str) -> None:
        """READY is a mount of a folder that has to do with /pi/cameras, which is `cameras` of /dev/sdb1."""
        mountinfo = (
            b"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
            b"36 22 8:17 /data/cameras /pi/cameras rw - ext4 /dev/sdb1 rw\n"
            b"37 22 8:17 %s /pi/ready rw - ext4 /dev/sdb1 rw\ntorn\n" % bound.encode()
        )
        table = MountTable(sources=mount_sources(mountinfo))
        assert spot_of(PurePath("/pi/ready/x"), table=table) == ("8:17", PurePath(bound, "x"))
        found = places(quarantine="/q")
        report = places_report(found, storage=MemoryStorage(), table=table)
        assert any(words in overlap for overlap in report.overlaps)

    def test_nothing_is_known_of_mounts(self) -> None:
        assert spot_of(PurePath("/pi"), table=MountTable()) is None


class TestClosed:
    """What must not be written to."""

    def test_a_mount_point_without_its_disk(self) -> None:
        """Also behind a link, and although the folder above it is mounted. The target is asked by whoever uses it."""
        storage = MemoryStorage()
        storage.put_folder("/mnt/ssd/cameras")
        storage.put_folder("/pi")
        storage.put_link("/pi/cameras", "/mnt/ssd/cameras")
        table = MountTable(frozenset(map(PurePath, ("/mnt/ssd", "/mnt/nas", "/pi/logs"))), frozenset({PurePath("/")}))
        closed = places_report(places(), storage=storage, table=table).closed
        assert set(closed) == {PurePath(OUT), PurePath("/pi/logs")}
        assert closed[PurePath(OUT)].startswith("output_dir (/pi/cameras): nothing is mounted at /mnt/ssd")
        assert "Mount it (mount /mnt/ssd)" in closed[PurePath(OUT)]

    def test_a_job_of_the_backup_needs_ready_records_and_locks(self) -> None:
        found = places()
        report = PlacesReport(closed={place.path: f"{place.key} is closed" for place in found})
        assert closed_needed(found, report) == (
            "ready_for_backup_dir is closed",
            "success_log_dir is closed",
            "lock_dir is closed",
        )
        assert closed_needed(found, PlacesReport()) == ()

    def test_a_disk_that_is_mounted_at_the_end_of_a_link(self) -> None:
        """What the way to it looks like says nothing: only where it ends."""
        storage = MemoryStorage()
        storage.put_folder("/mnt/ssd/cameras")
        storage.put_folder("/pi")
        storage.put_link("/pi/cameras", "/mnt/ssd/cameras")
        points = frozenset(map(PurePath, ("/", "/mnt/ssd")))
        table = MountTable(points | {PurePath("/pi/cameras")}, points)
        assert places_report(places(), storage=storage, table=table).closed == {}

    def test_a_folder_that_does_not_answer(self) -> None:
        """Each file system is asked once."""
        asked: list[PurePath] = []

        def answers(folder: PurePath) -> bool:
            asked.append(folder)
            return folder != PurePath(OUT)

        sources = {PurePath("/"): ("8:1", PurePath("/")), PurePath(OUT): ("8:17", PurePath("/"))}
        report = places_report(places(), storage=MemoryStorage(), table=MountTable(sources=sources), answers=answers)
        assert list(report.closed) == [PurePath(OUT)]
        assert "it does not answer" in report.closed[PurePath(OUT)]
        assert asked == [PurePath(OUT), PurePath(READY)]

    def test_a_folder_that_cannot_be_looked_at_is_told_by_who_uses_it(self) -> None:
        storage = MemoryStorage()
        storage.calls.fail("storage.entry", DeniedError(PurePath(OUT)))
        assert places_report(places(), storage=storage, table=MountTable()) == PlacesReport()


class TestVanished:
    """A folder of footage whose disk is in no /etc/fstab: where it was mounted is written down when a job used it."""

    DISK = PurePath("/media/usb")
    FOUND = places(ready="/media/usb/ready")

    def world(self) -> MemoryStorage:
        storage = MemoryStorage()
        for folder in ("/pi/logs", "/pi/locks", "/media/usb"):
            storage.put_folder(folder)
        return storage

    def report(self, storage: MemoryStorage, *mounted: str, is_noted: bool = True) -> PlacesReport:
        table = MountTable(mounted=frozenset(map(PurePath, ("/", *mounted))))
        return places_report(self.FOUND, storage=storage, table=table, is_noted=is_noted)

    def test_is_closed_when_its_disk_is_away_and_open_when_it_is_back(self) -> None:
        storage = self.world()
        assert self.report(storage, "/media/usb").closed == {}
        problem = self.report(storage).closed[self.DISK / "ready"]
        assert problem.startswith(
            "ready_for_backup_dir (/media/usb/ready): nothing is mounted at /media/usb, where its"
        )
        assert self.report(storage).closed
        assert self.report(storage, "/media/usb").closed == {}

    @pytest.mark.parametrize("lost", ["/pi/logs", "/pi/locks"])
    def test_either_record_will_do(self, lost: str) -> None:
        storage = self.world()
        self.report(storage, "/media/usb")
        del storage.tree.nodes[PurePath(lost, PLACE_RECORD_NAME)]
        assert self.report(storage).closed

    def test_a_record_that_cannot_be_read_says_nothing(self) -> None:
        storage = self.world()
        self.report(storage, "/media/usb")
        for folder in ("/pi/logs", "/pi/locks"):
            storage.unreadable.add(PurePath(folder, PLACE_RECORD_NAME))
        assert self.report(storage).closed == {}

    def test_a_dry_run_and_a_folder_that_is_not_there_note_nothing(self) -> None:
        storage = self.world()
        del storage.tree.nodes[PurePath("/pi/locks")]
        self.report(storage, "/media/usb", is_noted=False)
        assert storage.tree.find(PurePath("/pi/logs", PLACE_RECORD_NAME)) is None
        self.report(storage, "/media/usb")
        assert storage.tree.find(PurePath("/pi/logs", PLACE_RECORD_NAME)) is not None
        assert storage.tree.find(PurePath("/pi/locks")) is None

    def test_what_is_written_already_is_not_written_again(self) -> None:
        storage = self.world()
        self.report(storage, "/media/usb")
        storage.calls.fail("storage.write_text", StorageError(PurePath("/pi")), times=None)
        written = len(storage.calls.log)
        self.report(storage, "/media/usb")
        assert "storage.write_text" not in {call.operation for call in storage.calls.log[written:]}

    def test_once_it_is_known_that_it_is_on_the_system_s_disk_nothing_is_missing(self) -> None:
        """The user removes the record, as the message says."""
        storage = self.world()
        self.report(storage, "/media/usb")
        for folder in ("/pi/logs", "/pi/locks"):
            del storage.tree.nodes[PurePath(folder, PLACE_RECORD_NAME)]
        assert self.report(storage).closed == {}
        assert storage.tree.find(PurePath("/pi/logs", PLACE_RECORD_NAME)) is None

    def test_a_link_that_leads_elsewhere_now_is_another_folder(self) -> None:
        storage = self.world()
        storage.put_folder("/media/usb/footage")
        storage.put_folder("/srv/footage")
        found = places(ready="/pi/ready")
        storage.put_link("/pi/ready", "/media/usb/footage")
        on = MountTable(mounted=frozenset({PurePath("/"), self.DISK}))
        off = MountTable(mounted=frozenset({PurePath("/")}))
        places_report(found, storage=storage, table=on, is_noted=True)
        assert places_report(found, storage=storage, table=off).closed
        del storage.tree.nodes[PurePath("/pi/ready")]
        storage.put_link("/pi/ready", "/srv/footage")
        assert places_report(found, storage=storage, table=off).closed == {}

    def test_a_system_that_lists_no_mounts_closes_nothing(self) -> None:
        storage = self.world()
        self.report(storage, "/media/usb")
        assert places_report(self.FOUND, storage=storage, table=MountTable()).closed == {}

    def test_what_another_configuration_noted_stays(self) -> None:
        storage = self.world()
        self.report(storage, "/media/usb")
        other = places(ready="/pi/ready")
        places_report(other, storage=storage, table=MountTable(mounted=frozenset({PurePath("/")})), is_noted=True)
        assert self.report(storage).closed


@given(st.dictionaries(*(st.text(st.characters(codec="utf-8"), min_size=1).map(lambda t: PurePath("/", t)),) * 2))
def test_the_record_of_mounts_is_read_as_it_was_written(known: dict[PurePath, PurePath]) -> None:
    assert parse_known_mounts(known_mounts_text(known)) == known


def test_damaged_lines_of_the_record_say_nothing() -> None:
    assert parse_known_mounts("/a\n\n/b\t\n/c\t/d\t/e\n\\x\t/f\n/g\t/h") == {PurePath("/g"): PurePath("/h")}


_FOLDERS = [f"/a{b}{c}" for b, c in product(("", "/b", "/c"), ("", "/ROST1", "/d"))]


@given(st.lists(st.sampled_from(_FOLDERS), min_size=4, max_size=4), st.booleans())
def test_ready_and_what_else_holds_footage_are_never_one(paths: list[str], is_bound: bool) -> None:
    """By whatever path, through a bind mount of /a at /m too."""
    out, ready, quarantine, target = paths
    table = MountTable(sources={PurePath("/"): ("8:1", PurePath("/")), PurePath("/m"): ("8:1", PurePath("/a"))})
    there = ready.replace("/a", "/m", 1) if is_bound else ready
    found = places(out, there, quarantine, target)
    report = places_report(found, storage=MemoryStorage(), table=table)
    for other in (out, quarantine, target):
        if PurePath(other).is_relative_to(ready):
            assert report.overlaps
