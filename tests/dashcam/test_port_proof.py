"""The guided look at the camera's port: what is recorded, and that the port is left as it was."""

from collections.abc import Callable, Mapping
from pathlib import PurePath

import attrs
import pytest

from camvault.adapters._shared.usb_switching import Patience
from camvault.adapters.jsonfile import JsonDocuments
from camvault.adapters.memory import MemoryCancellation, MemoryClock, MemoryReporter, MemoryStorage, Phase
from camvault.adapters.memory.camera_card import MemoryCameraCard
from camvault.adapters.memory.usb import MemoryUsbPort, UsbFault
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.core.workflows.dashcam.port_proof import (
    RECORD_NAME,
    PortVerdict,
    ProofPorts,
    ProofQuestion,
    port_doubt,
    prove_port,
)
from camvault.ports.camera_card import CardBusyError
from camvault.ports.errors import Cancelled, NotFoundError, StorageError
from camvault.ports.usb import UsbPortError

FOLDERS = BoxFolders(PurePath("/staging"))
RECORD = FOLDERS.records / RECORD_NAME
OFF_S = 30.0
Q = ProofQuestion
NOTHING_RECORDED = "nothing was recorded"


@attrs.define
class Scene:
    """A camera at a port, and a person who answers what they see, or what they were told to answer."""

    usb: MemoryUsbPort = attrs.field(factory=lambda: MemoryUsbPort(patience=Patience(recheck_s=1.0)))
    clock: MemoryClock = attrs.field(factory=MemoryClock)
    storage: MemoryStorage = attrs.field(factory=MemoryStorage)
    reporter: MemoryReporter = attrs.field(factory=MemoryReporter)
    answers: Mapping[ProofQuestion, bool | None] = attrs.field(factory=dict)
    asked: list[ProofQuestion] = attrs.field(factory=list)
    on_question: Callable[[ProofQuestion], None] = lambda _: None
    cancel: MemoryCancellation = attrs.field(init=False)
    card: MemoryCameraCard = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.storage.make_folder(FOLDERS.staging)
        self.usb.clock = self.clock
        self.cancel = MemoryCancellation(self.clock)
        self.card = MemoryCameraCard(self.storage, self.clock)

    def prove(self) -> PortVerdict:
        ports = ProofPorts(
            usb=self.usb,
            card=self.card,
            storage=self.storage,
            documents=JsonDocuments(self.storage),
            clock=self.clock,
            reporter=self.reporter,
            cancel=self.cancel,
            final_cancel=lambda _: MemoryCancellation(self.clock),
        )
        return prove_port(ports=ports, folders=FOLDERS, off_seconds=OFF_S, ask=self._answer)

    def doubt(self, *, port: str = "1-1 port 1", hub: str = "0409:55aa") -> str:
        return port_doubt(documents=JsonDocuments(self.storage), folders=FOLDERS, port=port, hub=hub)

    @property
    def actions(self) -> list[str]:
        return [str(event) for event in self.reporter.events]

    def _answer(self, question: ProofQuestion) -> bool | None:
        self.asked.append(question)
        self.on_question(question)
        runs = self.usb.is_camera_running
        return self.answers.get(question, not runs if question is Q.IS_DARK else runs)


def test_a_port_that_cuts_the_power_is_recorded_and_left_as_it_was() -> None:
    scene = Scene()
    assert scene.doubt().startswith("Nobody has looked yet whether USB port 1-1 port 1")
    begun_s = scene.clock.monotonic_s()
    assert scene.prove() == PortVerdict(is_cutting=True, words="USB port 1-1 port 1 cuts the power of the camera")
    assert scene.asked == [Q.IS_ON, Q.IS_DARK, Q.IS_BACK]
    assert scene.actions == ["action=port_off 1-1 port 1", "action=power_on 1-1 port 1"]
    assert scene.clock.monotonic_s() - begun_s >= OFF_S
    assert scene.doubt() == ""
    assert '"camera": "2ca3:001f"' in (scene.storage.read_text(RECORD) or "")
    assert (scene.usb.is_powered, scene.usb.is_data_on) == (True, True)


def test_a_hub_that_lies_is_found_out_and_recorded() -> None:
    scene = Scene()
    scene.usb.is_cutting = False
    verdict = scene.prove()
    assert verdict.is_cutting is False
    assert verdict.words == "USB port 1-1 port 1 does not cut the power: the camera is on 30 s after the port went off"
    assert "not to cut the power of the camera, which drains the battery" in scene.doubt()
    assert scene.usb.is_powered


def test_the_record_is_for_this_port_of_this_hub() -> None:
    scene = Scene()
    scene.prove()
    assert "which is not 1-1 port 2" in scene.doubt(port="1-1 port 2")
    assert "with another hub" in scene.doubt(hub="2109:3431")


@pytest.mark.parametrize(
    ("question", "answer", "asked"),
    [
        (Q.IS_ON, False, [Q.IS_ON]),
        (Q.IS_ON, None, [Q.IS_ON]),
        (Q.IS_DARK, None, [Q.IS_ON, Q.IS_DARK]),
        (Q.IS_BACK, False, [Q.IS_ON, Q.IS_DARK, Q.IS_BACK]),
        (Q.IS_BACK, None, [Q.IS_ON, Q.IS_DARK, Q.IS_BACK]),
    ],
)
def test_what_was_not_seen_is_not_recorded(
    question: ProofQuestion, answer: bool | None, asked: list[ProofQuestion]
) -> None:
    scene = Scene(answers={question: answer})
    verdict = scene.prove()
    assert verdict.is_cutting is None
    assert verdict.words.endswith(NOTHING_RECORDED)
    assert scene.asked == asked
    assert scene.storage.read_text(RECORD) is None
    assert (scene.usb.is_powered, scene.usb.is_data_on) == (True, True)


def test_an_earlier_record_outlives_a_look_at_which_nothing_was_seen() -> None:
    scene = Scene()
    scene.prove()
    scene.answers = {Q.IS_DARK: None}
    scene.prove()
    assert scene.doubt() == ""


def test_a_camera_without_ids_is_recorded_without_them() -> None:
    scene = Scene()
    scene.usb.vendor = scene.usb.product = ""
    assert scene.prove().is_cutting
    assert '"camera": ""' in (scene.storage.read_text(RECORD) or "")


@pytest.mark.parametrize("is_data_on", [True, False])
def test_a_camera_that_recorded_records_afterwards(is_data_on: bool) -> None:
    scene = Scene()
    scene.usb.is_data_on = is_data_on
    scene.prove()
    assert (scene.usb.is_powered, scene.usb.is_data_on) == (True, is_data_on)


def test_a_port_that_was_off_is_off_afterwards() -> None:
    scene = Scene()
    scene.usb.is_powered = False
    assert scene.prove().is_cutting
    assert not scene.usb.is_powered
    assert scene.actions[0] == "action=power_on 1-1 port 1"


@pytest.mark.parametrize("question", Q)
@pytest.mark.parametrize("is_data_on", [True, False])
def test_a_camera_is_not_left_in_the_dark_by_who_stops_at_a_question(question: ProofQuestion, is_data_on: bool) -> None:
    scene = Scene()
    scene.usb.is_data_on = is_data_on

    def stop(asked: ProofQuestion) -> None:
        if asked is question:
            scene.cancel.request()
            scene.cancel.check()

    scene.on_question = stop
    with pytest.raises(Cancelled):
        scene.prove()
    assert (scene.usb.is_powered, scene.usb.is_data_on) == (True, is_data_on)
    assert scene.storage.read_text(RECORD) is None


def test_a_camera_is_not_left_in_the_dark_by_an_error() -> None:
    scene = Scene()
    scene.usb.calls.fail("usb.switch_power", UsbPortError("1-1 port 1", "it lies"), when=Phase.AFTER)
    with pytest.raises(UsbPortError, match="it lies"):
        scene.prove()
    assert scene.usb.is_powered


def test_an_error_is_told_although_the_port_cannot_be_left_as_it_was() -> None:
    scene = Scene()

    def fail(asked: ProofQuestion) -> None:
        if asked is Q.IS_DARK:
            scene.usb.calls.fail("usb.state", UsbPortError("1-1 port 1", "second"), times=None)
            raise UsbPortError("1-1 port 1", "first")

    scene.on_question = fail
    with pytest.raises(UsbPortError, match="first"):
        scene.prove()


def test_a_port_that_must_not_be_switched_is_refused_before_a_question() -> None:
    scene = Scene()
    scene.usb.refused = "the network interface wlan0 is behind it"
    with pytest.raises(UsbPortError, match="wlan0") as caught:
        scene.prove()
    assert caught.value.is_refused
    assert (scene.asked, scene.actions) == ([], [])


def test_a_port_whose_power_is_not_known_is_an_error_and_is_not_restored_to_a_guess() -> None:
    scene = Scene()
    scene.usb.fault = UsbFault.SILENT
    with pytest.raises(UsbPortError, match="cannot be told whether it has power"):
        scene.prove()
    assert scene.asked == []


def test_a_card_that_is_left_mounted_is_unmounted_before_the_port_is_switched() -> None:
    scene = Scene()
    mounted = scene.card.mount(scene.card.find(within_s=1.0, cancel=scene.cancel), cancel=scene.cancel)
    assert scene.prove().is_cutting
    assert scene.actions[0] == f"action=unmount {mounted.folder}"
    assert scene.card.leftovers() == ()


def test_a_card_in_use_is_not_cut_off() -> None:
    scene = Scene()
    scene.card.mount(scene.card.find(within_s=1.0, cancel=scene.cancel), cancel=scene.cancel)
    scene.card.is_busy = True
    with pytest.raises(CardBusyError):
        scene.prove()
    assert (scene.asked, scene.usb.is_powered) == ([], True)


def test_a_record_that_cannot_be_written_is_an_error_and_the_port_is_as_it_was() -> None:
    scene = Scene()
    scene.storage.calls.fail("storage.write_text", StorageError(RECORD, "input/output error"))
    with pytest.raises(StorageError):
        scene.prove()
    assert scene.usb.is_powered
    assert scene.doubt().startswith("Nobody has looked yet")


def test_a_record_that_cannot_be_read_is_a_doubt_with_its_cause() -> None:
    scene = Scene()
    scene.storage.put(RECORD, b"{")
    assert scene.doubt().startswith("It is not known whether USB port 1-1 port 1 really cuts the power of the camera: ")
    assert "not JSON" in scene.doubt()


def test_a_box_without_a_folder_for_records_has_no_record() -> None:
    scene = Scene()
    scene.storage.calls.fail("storage.read_text", NotFoundError(RECORD, "no such folder"))
    assert scene.doubt().startswith("Nobody has looked yet")
