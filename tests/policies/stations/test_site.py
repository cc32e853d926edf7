"""Which stations there are: configured cameras first, then the folders that were seen."""

from pathlib import PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.adapters.memory.storage import MemoryStorage
from camvault.core.segments.names import is_station
from camvault.core.stations.configuration import Camera
from camvault.core.stations.site import Site, Station, configured_stations, roots_of, site_of
from camvault.core.workflows.steps.station_folders import folders_seen
from camvault.ports.errors import NotFoundError, StorageError

OUT, OTHER = PurePath("/out"), PurePath("/other")
CAMERAS = (
    Camera(station="ROST2", ip="192.0.2.2", output_dir="/out", segment_time=300),
    Camera(station="ROST1", ip="192.0.2.1", output_dir="/other", segment_time=900),
)
CONFIGURED = configured_stations(CAMERAS)
names = st.one_of(st.text(max_size=6), st.sampled_from(["ROST1", "ROST2", "OLD", ".live", "two words"])).filter(
    lambda name: name not in {"", "."} and "/" not in name
)


def found(name: str, root: PurePath, segment_s: int) -> Station:
    return Station(name, root / name, segment_s, is_configured=False)


class TestSite:
    def test_a_configured_camera_is_a_station_without_any_folder(self) -> None:
        """In the order of cameras.json."""
        assert site_of(CONFIGURED, folders={}).stations == (
            Station("ROST2", OUT / "ROST2", 300),
            Station("ROST1", OTHER / "ROST1", 900),
        )

    def test_a_folder_beside_them_is_one_after_them(self) -> None:
        """By root and name; its segments may be as long as those of any camera."""
        site = site_of(CONFIGURED, folders={OTHER: ["Z", "OLD", "ROST1"], OUT: ["ROST2"]})
        assert site.stations == (*CONFIGURED, found("OLD", OTHER, 900), found("Z", OTHER, 900))
        assert site.strays == ()

    def test_the_length_of_what_was_found_may_be_given(self) -> None:
        """Without one and without a camera it is 0."""
        assert site_of(CONFIGURED, folders={OUT: ["OLD"]}, segment_s=60).stations[-1] == found("OLD", OUT, 60)
        assert site_of((), folders={OUT: ["OLD"]}).stations == (found("OLD", OUT, 0),)

    def test_footage_of_a_camera_in_another_folder_is_a_station_of_the_same_name(self) -> None:
        """By its name, the configured one answers."""
        site = site_of(CONFIGURED, folders={OUT: ["ROST1", "ROST2"]})
        assert site.stations == (*CONFIGURED, found("ROST1", OUT, 900))
        assert list(site.by_name().values()) == list(CONFIGURED)

    def test_a_hidden_folder_is_nothing_and_any_other_a_stray(self) -> None:
        """No station may have such a name."""
        site = site_of(CONFIGURED, folders={OUT: [".Trash", "two words", "ROST2"]})
        assert site == Site(CONFIGURED, (OUT / "two words",))

    def test_more_roots_can_follow(self) -> None:
        """What is known already is not found again."""
        first = site_of(CONFIGURED, folders={OUT: ["OLD"]})
        assert site_of(first.stations, folders={OUT: ["OLD", "ROST2"]}) == first

    def test_the_roots(self) -> None:
        """Each once, in order."""
        assert roots_of((*CONFIGURED, found("OLD", OUT, 0))) == (OUT, OTHER)

    @given(st.dictionaries(st.sampled_from([OUT, OTHER]), st.lists(names)))
    def test_each_folder_is_one_of_three_things(self, folders: dict[PurePath, list[str]]) -> None:
        """Every configured camera is there, every folder once, and every station has a name that it may have."""
        site = site_of(CONFIGURED, folders=folders)
        hidden = {root / name for root, seen in folders.items() for name in seen if name.startswith(".")}
        of_stations = [station.folder for station in site.stations]
        assert site.stations[:2] == CONFIGURED
        assert all(is_station(station.name) for station in site.stations)
        assert len({*of_stations}) == len(of_stations)
        seen = {root / name for root, names in folders.items() for name in names}
        assert {*of_stations, *site.strays} - {each.folder for each in CONFIGURED} <= seen
        assert seen <= {*of_stations, *site.strays, *hidden}


class TestFoldersSeen:
    @pytest.fixture
    def storage(self) -> MemoryStorage:
        storage = MemoryStorage()
        storage.put_folder(OUT / "ROST1")
        storage.put(OUT / "file", b"x")
        storage.put_folder(OTHER / "ROST2")
        storage.put_link(OUT / "LINKED", str(OTHER / "ROST2"))
        storage.put_link(OUT / "TO_FILE", str(OUT / "file"))
        storage.put_link(OUT / "TO_NOTHING", str(OUT / "nothing"))
        return storage

    def test_folders_and_not_links(self, storage: MemoryStorage) -> None:
        """By root."""
        assert folders_seen((OUT, OTHER), storage) == {OUT: ("ROST1",), OTHER: ("ROST2",)}

    def test_links_to_folders_if_asked(self, storage: MemoryStorage) -> None:
        """Not those to a file or to nothing."""
        assert folders_seen((OUT,), storage, are_links_followed=True) == {OUT: ("ROST1", "LINKED")}

    def test_a_root_that_is_not_there(self, storage: MemoryStorage) -> None:
        """Is an error, or told of and taken for empty."""
        gone, told = PurePath("/gone"), list[StorageError]()
        with pytest.raises(NotFoundError):
            folders_seen((gone,), storage)
        assert folders_seen((gone, OTHER), storage, on_problem=told.append) == {gone: (), OTHER: ("ROST2",)}
        assert [error.path for error in told] == [gone]
