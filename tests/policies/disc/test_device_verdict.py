"""Whether a device that was named can be a drive."""

import pytest

from camvault.core.disc.device_verdict import DeviceKind, device_refusal


@pytest.mark.parametrize(
    ("device", "kind", "drives", "said"),
    [
        ("stdio:x.img", DeviceKind.MISSING, (), None),
        ("/dev/sr0", DeviceKind.NODE, (), None),
        ("x.img", DeviceKind.MISSING, (), "--device stdio:x.img"),
        ("x.img", DeviceKind.OTHER, ("/dev/sr0",), "--device stdio:x.img"),
        ("/dev/shm/x.img", DeviceKind.OTHER, (), "--device stdio:/dev/shm/x.img"),
        ("/dev/sr1", DeviceKind.MISSING, ("/dev/sr0", "/dev/sr2"), "the drives of this machine: /dev/sr0, /dev/sr2"),
        ("/dev/sr1", DeviceKind.MISSING, (), "--device stdio:PATH"),
    ],
)
def test_table(device: str, kind: DeviceKind, drives: tuple[str, ...], said: str | None) -> None:
    """What is refused is answered with what to type."""
    refusal = device_refusal(device, kind=kind, drives=drives)
    if said is None:
        assert refusal is None
    else:
        assert refusal is not None
        assert said in refusal
