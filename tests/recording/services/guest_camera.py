"""The fake camera as a program, for the guest: `guest_camera FOOTAGE PASSWORD_FILE PORT_FILE`, until it is killed."""

import base64
import json
import sys
import threading
from pathlib import Path

import attrs

from tests.recording.fake_camera import FakeCamera, Footage

USER = "viewer"


def packed(footage: Footage) -> str:
    """Footage as text."""
    return json.dumps(attrs.asdict(footage), default=lambda data: base64.b64encode(data).decode())


def unpacked(text: str) -> Footage:
    """What `packed` made."""
    values = json.loads(text)

    def raw(items: list[str]) -> tuple[bytes, ...]:
        return tuple(map(base64.b64decode, items))

    first, second = raw(values["parameter_sets"])
    units = tuple(raw(access) for access in values["access_units"])
    return Footage(units, values["frame_rate"], (first, second))


def main(footage: str, password: str, port: str) -> None:
    secret = Path(password).read_text(encoding="utf-8").rstrip("\n")
    with FakeCamera(unpacked(Path(footage).read_text()), user=USER, password=secret) as camera:
        Path(port).write_text(f"{camera.port}\n")
        threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
