"""Only the one disk below the one port is found, and whatever is not clear is refused by name."""

from pathlib import Path, PurePath
from typing import Any

import attrs
import pytest

from camvault.adapters.usbdisk.sysfs import UsbNode
from camvault.ports.camera_card import Card, CardError
from tests.dashcam.loop_card import UUID, FakeSysfs, LoopCardHarness


def found(camera: LoopCardHarness, **changes: Any) -> Card:
    return attrs.evolve(camera.cards, **changes).find(within_s=0.6, cancel=camera.cancel)


def why_not(camera: LoopCardHarness, **changes: Any) -> str:
    with pytest.raises(CardError) as caught:
        found(camera, **changes)
    return str(caught.value)


def other_loop(camera: LoopCardHarness, content: bytes = bytes(8192)) -> str:
    path = camera.image.with_name("other.img")
    path.write_bytes(content)
    return camera.loops.attach(path)


def test_a_disk_without_partitions_is_the_card(camera: LoopCardHarness) -> None:
    camera.plug_in()
    assert found(camera) == Card(device=PurePath("/dev", camera.node), filesystem="ext4", uuid=UUID, attachment="1")


def test_a_partition_is_the_card_and_not_the_disk(camera: LoopCardHarness) -> None:
    camera.sysfs.plug_in()
    disk = camera.sysfs.add_disk("sda", other_loop(camera), diskseq=7)
    card = camera.loops.attach(camera.image)
    camera.sysfs.add_partition(disk, "sda1", card)
    assert (found(camera).device, found(camera).attachment) == (PurePath("/dev", card), "7")


def test_a_disk_whose_partitions_are_not_there_yet_is_waited_for(camera: LoopCardHarness) -> None:
    camera.sysfs.plug_in()
    camera.sysfs.add_disk("sda", other_loop(camera))
    assert why_not(camera) == "1-1 port 1: no card within 0.6 s: no vfat, exfat or ext4 on sda"


def test_two_disks_are_refused_by_name(camera: LoopCardHarness) -> None:
    camera.plug_in()
    camera.sysfs.add_disk("sdb", other_loop(camera), lun=1)
    assert "sda, sdb in 1-1.1, expected one" in why_not(camera)


def test_an_empty_slot_of_a_reader_is_no_disk(camera: LoopCardHarness) -> None:
    camera.plug_in()
    camera.sysfs.add_disk("sdb", other_loop(camera), lun=1, size=0)
    assert found(camera).uuid == UUID


def test_two_file_systems_are_refused_by_name(camera: LoopCardHarness) -> None:
    camera.sysfs.plug_in()
    disk = camera.sysfs.add_disk("sda", other_loop(camera))
    for name in ("sda1", "sda2"):
        camera.sysfs.add_partition(disk, name, camera.loops.attach(camera.image))
    assert "more than one file system: ext4 on sda1, ext4 on sda2; expected one" in why_not(camera)


def test_a_partition_that_cannot_be_read_may_be_the_card(camera: LoopCardHarness) -> None:
    camera.sysfs.plug_in()
    disk = camera.sysfs.add_disk("sda", other_loop(camera))
    camera.sysfs.add_partition(disk, "sda1", camera.loops.attach(camera.image))
    camera.sysfs.add_partition(disk, "sda2", "")
    assert "cannot be read" in why_not(camera)


def test_a_node_of_another_device_is_not_read(camera: LoopCardHarness, tmp_path: Path) -> None:
    camera.plug_in()
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / camera.node).symlink_to(f"/dev/{other_loop(camera)}")
    assert "it is the node of another device" in why_not(camera, dev=tmp_path / "dev")
    (tmp_path / "dev" / camera.node).unlink()
    (tmp_path / "dev" / camera.node).write_bytes(camera.image.read_bytes())
    assert "it is the node of another device" in why_not(camera, dev=tmp_path / "dev")


@pytest.mark.parametrize(("vendor", "product"), [("", ""), ("0603", ""), ("abcd", "EF01"), ("ABCD", "ef01")])
def test_vendor_and_product_are_compared_if_configured(camera: LoopCardHarness, vendor: str, product: str) -> None:
    camera.sysfs.plug_in(vendor="0603" if vendor == "0603" else "aBcD", product="Ef01")
    camera.sysfs.add_disk("sda", camera.loops.attach(camera.image))
    assert found(camera, vendor=vendor, product=product).uuid == UUID


def test_another_vendor_or_product_is_refused_by_name(camera: LoopCardHarness) -> None:
    camera.plug_in()
    assert "the device in 1-1.1 has vendor 0603, expected 1234" in why_not(camera, vendor="1234")
    assert "the device in 1-1.1 has product 8611, expected abcd" in why_not(camera, vendor="0603", product="ABCD")


def test_ids_that_cannot_be_read_are_not_the_right_ones(camera: LoopCardHarness) -> None:
    camera.plug_in()
    (camera.sysfs.device / "idVendor").unlink()
    assert "has vendor unknown, expected 0603" in why_not(camera, vendor="0603")


def test_a_device_that_may_not_be_used_is_told(camera: LoopCardHarness) -> None:
    camera.sysfs.plug_in(authorized="0")
    assert "not allowed to be used (authorized is 0)" in why_not(camera)


def test_a_port_without_a_device_is_told(camera: LoopCardHarness) -> None:
    assert why_not(camera) == "1-1 port 1: no card within 0.6 s: no device in 1-1.1"


def test_the_disk_of_another_port_or_behind_a_hub_in_this_one_is_not_taken(camera: LoopCardHarness) -> None:
    neighbour = FakeSysfs(camera.sysfs.root, "1-1.10")
    neighbour.plug_in()
    neighbour.add_disk("sda", camera.loops.attach(camera.image))
    assert "no device in 1-1.1" in why_not(camera)
    camera.sysfs.plug_in()
    behind = camera.sysfs.device / "1-1.1.2/1-1.1.2:1.0/host1/target1:0:0/1:0:0:0/block/sdb"
    (camera.sysfs.device / "1-1.1.2").mkdir()
    behind.mkdir(parents=True)
    assert "no disk in 1-1.1" in why_not(camera)
    node = UsbNode(camera.sysfs.root, Path("/dev"), "1-1.1")
    mine = camera.sysfs.add_disk("sdc", camera.loops.attach(camera.image))
    blocks = [
        node.block(folder) for folder in (mine, neighbour.device / "1-1.10:1.0/host0/target0:0:0/0:0:0:0/block/sda")
    ]
    assert [node.is_mine(block) for block in blocks if block] == [True, False]


def test_a_disk_that_is_another_one_at_each_look_is_not_taken(
    camera: LoopCardHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera.plug_in()
    numbers = iter(range(100))
    monkeypatch.setattr(UsbNode, "attachment", lambda *_: str(next(numbers)))
    assert "came this moment" in why_not(camera)


def test_an_old_kernel_knows_an_attachment_by_the_number_on_the_bus(camera: LoopCardHarness) -> None:
    camera.sysfs.plug_in()
    camera.sysfs.add_disk("sda", camera.loops.attach(camera.image), diskseq=None)
    assert found(camera).attachment == ""
    (camera.sysfs.device / "devnum").write_text("5\n")
    card = found(camera)
    assert card.attachment == "devnum 5"
    mounted = camera.cards.mount(card, cancel=camera.cancel)
    (camera.sysfs.device / "devnum").write_text("6\n")
    assert "it was plugged in again (attachment devnum 6, expected devnum 5)" in camera.cards.problem(mounted)
