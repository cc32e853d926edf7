"""What goes first."""

from pathlib import PurePosixPath

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camvault.core.dashcam.clip_order import EVENTS_OLDEST, NEWEST, in_order, is_event
from camvault.ports.entries import FileIdentity


@attrs.frozen
class Clip:
    path: PurePosixPath
    identity: FileIdentity


def clip(path: str, at_s: int) -> Clip:
    return Clip(PurePosixPath(path), FileIdentity(1, at_s))


CLIPS = [clip("Normal/2.MP4", 2), clip("Event/3.MP4", 3), clip("Normal/1.MP4", 1), clip("Event/4.MP4", 4)]


class TestOrder:
    @pytest.mark.parametrize(
        ("order", "times"), [("events-oldest", [3, 4, 1, 2]), ("oldest", [1, 2, 3, 4]), ("newest", [4, 3, 2, 1])]
    )
    def test_it_is_as_configured(self, order: str, times: list[int]) -> None:
        assert [each.identity.mtime_ns for each in in_order(CLIPS, order=order)] == times

    @given(
        st.lists(
            st.builds(clip, st.sampled_from(["Event/a", "b", "RO/c", "Normal/d"]), st.integers(0, 5)), max_size=12
        ),
        st.sampled_from([EVENTS_OLDEST, NEWEST, "oldest"]),
    )
    def test_no_clip_is_lost_or_doubled_and_the_order_is_the_same_each_time(
        self, clips: list[Clip], order: str
    ) -> None:
        ordered = in_order(clips, order=order)
        assert sorted(map(str, ordered)) == sorted(map(str, clips))
        assert in_order(reversed(ordered), order=order) == ordered
        if order == EVENTS_OLDEST:
            assert [is_event(each.path) for each in ordered] == sorted((is_event(c.path) for c in clips), reverse=True)


@pytest.mark.parametrize(
    "path",
    [
        "DCIM/Movie/RO/2025_0528_152000_0001F.MP4",  # VIOFO, locked
        "DCIM/Movie/Parking/2025_0528_152000_0001PF.MP4",
        "Event/Front/EV20250528-152000-000001F.MP4",  # 70mai
        "Front_EV20250528.MP4".replace("Front_", "EV/"),
        "Parking/PA20250528-152000-000001F.MP4",
        "evt_rec/REC_2025_05_28_15_20_00_F.MP4",  # Thinkware
        "parking_rec/x.mp4",
        "motion_timelapse_rec/x.mp4",
        "EVENT/x.avi",
        "EMR/x.mp4",
        "Emergency/FILE0001.MOV",
        "DCIM/100EVENT/GRMN0001.MP4",  # Garmin
        "DCIM/Saved/x.mp4",
        "TeslaCam/SentryClips/2025-05-28_15-20-00/front.mp4",
        "TeslaCam/SavedClips/2025-05-28_15-20-00/event.json",
        "SOS/x.mp4",
        "Locked Files/x.mp4",
        "Record/20250528_152000_EF.mp4",  # BlackVue
        "Record/20250528_152000_IR.mp4",
        "Record/20250528_152000_MF.mp4",
        "Record/20250528_152000_E.gps",
        "Blackbox/05/28/15/EDR0_20250528_152000.avi",  # Urive
        "20250528_152000_EMR.mp4",
        "2025-05-28 15.20.00 SOS.mp4",
        "clip_event_F.mp4",
    ],
)
def test_cameras_mark_events_so(path: str) -> None:
    assert is_event(PurePosixPath(path))


@pytest.mark.parametrize(
    "path",
    [
        "DCIM/Movie/2025_0528_152000_0001F.MP4",
        "Normal/Front/NO20250528-152000-000001F.MP4",
        "cont_rec/REC_2025_05_28_15_20_00_F.MP4",
        "TeslaCam/RecentClips/2025-05-28_15-20-00-front.mp4",
        "DCIM/105UNSVD/GRMN0001.MP4",
        "Record/20250528_152000_NF.mp4",
        "Record/20250528_152000_PF.mp4",
        "Record/20250528_152000_NR.thm",
        "Sparks/prospects.mp4",
        "Romania/rome.mp4",
        "eventually.mp4",
    ],
)
def test_these_are_none(path: str) -> None:
    assert not is_event(PurePosixPath(path))
