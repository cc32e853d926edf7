"""The two channels into a running guest: commands inside it, and the machine it runs on."""

import base64
import itertools
import json
import shlex
import socket
import time
from pathlib import Path
from typing import Any, Final

import attrs

_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PIECE_BYTES: Final = 1 << 20  # what the agent takes in one message


class GuestError(Exception):
    """The guest, or the machine it runs on, refused something or did not answer."""


@attrs.frozen
class Done:
    """How a command in the guest ended. A signal gives 128 and its number, as in a shell."""

    exit_code: int
    stdout: str
    stderr: str


class _JsonLines:
    """One JSON value a line over a Unix socket."""

    def __init__(self, path: Path, *, timeout_s: float) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout_s)
        try:
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise
        self._received = b""

    def close(self) -> None:
        self._socket.close()

    def wait_at_most(self, timeout_s: float) -> None:
        self._socket.settimeout(timeout_s)

    def send(self, value: object, *, first: bytes = b"") -> None:
        self._socket.sendall(first + json.dumps(value).encode() + b"\n")

    def receive(self) -> dict[str, Any]:
        while b"\n" not in self._received:
            piece = self._socket.recv(1 << 20)
            if not piece:
                raise GuestError("the channel was closed")
            self._received += piece
        line, self._received = self._received.split(b"\n", 1)
        value: dict[str, Any] = json.loads(line.lstrip(b"\xff"))
        return value


class Monitor:
    """QEMU's own control channel (QMP)."""

    def __init__(self, path: Path, *, timeout_s: float = 120) -> None:
        self._channel = _JsonLines(path, timeout_s=timeout_s)
        self._channel.receive()  # the greeting
        self.command("qmp_capabilities")

    def close(self) -> None:
        self._channel.close()

    def command(self, name: str, /, **arguments: Any) -> Any:
        """The result of one command; events in between are passed over.

        Raises:
            GuestError: QEMU refused it.
        """
        self._channel.send(
            {"execute": name, "arguments": {key.replace("_", "-"): value for key, value in arguments.items()}}
        )
        while True:
            answer = self._channel.receive()
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise GuestError(f"{name}: {answer['error']['desc']}")


class Guest:
    """Commands inside the guest, as root, over the QEMU guest agent: no network, no shell but where it is asked for."""

    _numbers = itertools.count(time.time_ns() & 0xFFFFFF)

    def __init__(self, path: Path, monitor: Monitor, *, timeout_s: float = 10) -> None:
        self.monitor = monitor
        self._channel = _JsonLines(path, timeout_s=timeout_s)
        try:
            self._synchronise()
        except BaseException:
            self._channel.close()
            raise
        self._channel.wait_at_most(600)

    def close(self) -> None:
        self._channel.close()

    def run(self, *argv: str | Path, stdin: bytes = b"", timeout_s: float = 300) -> Done:
        """Run a program and wait for its end.

        Raises:
            GuestError: It is not there, or did not end in time.
        """
        return self.finish(self.start(*argv, stdin=stdin), timeout_s=timeout_s)

    def check(self, *argv: str | Path, stdin: bytes = b"", timeout_s: float = 300) -> str:
        """The standard output of a program that must end with 0.

        Raises:
            GuestError: It did not.
        """
        done = self.run(*argv, stdin=stdin, timeout_s=timeout_s)
        if done.exit_code:
            raise GuestError(f"{shlex.join(map(str, argv))}: exit {done.exit_code}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def shell(self, script: str, *, timeout_s: float = 300) -> str:
        """Like `check`, for a shell script."""
        return self.check("sh", "-c", script, timeout_s=timeout_s)

    def start(self, *argv: str | Path, stdin: bytes = b"") -> int:
        """Start a program and return its process id."""
        program, *rest = map(str, argv)
        environment = [f"PATH={_PATH}", "HOME=/root", "LC_ALL=C.UTF-8"]
        more = {"input-data": base64.b64encode(stdin).decode()} if stdin else {}
        pid: int = self._call(
            "guest-exec", path=program, arg=rest, env=environment, **{"capture-output": True}, **more
        )["pid"]
        return pid

    def finish(self, pid: int, *, timeout_s: float = 300) -> Done:
        """Wait for a started program.

        Raises:
            GuestError: It did not end in time.
        """
        deadline = time.monotonic() + timeout_s
        pause_s = 0.01
        while not (status := self._call("guest-exec-status", pid=pid))["exited"]:
            if time.monotonic() > deadline:
                raise GuestError(f"process {pid} still runs after {timeout_s} s")
            time.sleep(pause_s)
            pause_s = min(1.5 * pause_s, 0.2)
        exit_code = status.get("exitcode", 128 + status.get("signal", 0))
        stdout, stderr = (
            base64.b64decode(status.get(key, "")).decode(errors="replace") for key in ("out-data", "err-data")
        )
        return Done(exit_code, stdout, stderr)

    def wait_until(self, script: str, *, timeout_s: float = 60) -> None:
        """Wait until a shell script ends with 0.

        Raises:
            GuestError: It did not, in time.
        """
        deadline = time.monotonic() + timeout_s
        while self.run("sh", "-c", script).exit_code:
            if time.monotonic() > deadline:
                raise GuestError(f"not within {timeout_s} s: {script}")
            time.sleep(0.1)

    def put(self, content: bytes, path: str) -> None:
        """Write a file in the guest. For small ones: attach a disk for more than some megabytes."""
        self.check("sh", "-c", ': > "$0"', path)
        for start in range(0, len(content), _PIECE_BYTES):
            self.check("sh", "-c", 'cat >> "$0"', path, stdin=content[start : start + _PIECE_BYTES])

    def attach_disk(self, image: Path, *, name: str) -> str:
        """Plug in a file as a read-only SCSI disk and return its device path, which is there on return.

        Args:
            image: A raw image; its size must be a multiple of 512 bytes.
            name: The serial number, at most 20 letters and digits.
        """
        file = {"driver": "file", "filename": str(image.resolve()), "read-only": True}
        self.monitor.command("blockdev-add", driver="raw", node_name=name, read_only=True, file=file)
        self.monitor.command("device_add", driver="scsi-hd", bus="scsi.0", drive=name, id=name, serial=name)
        device = f"/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_{name}"
        self.wait_until(f"test -b {device}")
        return device

    def set_clock(self) -> None:
        """Give the guest the host's time; a resumed one still has that of its saving."""
        self._call("guest-set-time", time=time.time_ns())

    def _synchronise(self) -> None:
        """Pass over the answers to whoever was connected before."""
        number = next(self._numbers)
        self._channel.send({"execute": "guest-sync-delimited", "arguments": {"id": number}}, first=b"\xff")
        while True:
            try:
                if self._channel.receive().get("return") == number:
                    return
            except ValueError:
                continue  # the second half of such an answer

    def _call(self, name: str, **arguments: object) -> Any:
        self._channel.send({"execute": name, "arguments": arguments})
        answer = self._channel.receive()
        if "error" in answer:
            raise GuestError(f"{name}: {answer['error']['desc']}")
        return answer["return"]
