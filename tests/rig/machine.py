"""The machine the guest runs on: QEMU without KVM, with a switchable USB hub, disks, and a state that can be saved."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs

from tests.rig.guest import Guest, GuestError, Monitor

MEMORY_MB: Final = 512
DATA_BYTES: Final = 256 << 20
_BOOT_DEADLINE_S: Final = 400  # 20 to 160 s were measured without KVM
_RESUME_DEADLINE_S: Final = 120
_DIES_WITH_ITS_PARENT: Final = ("setpriv", "--pdeathsig", "KILL")
"""A test run that is killed cannot end what it started."""


@attrs.frozen
class Machine:
    """One guest that can be started, from power-on or from a saved state, and killed at any moment.

    Attributes:
        image: The folder with `vmlinuz`, `initrd.img` and `root.sqfs`; shared by all machines.
        folder: What belongs to this machine: the scratch disk (which survives a kill, as a disk survives a power cut),
            the sockets and the console's text.
    """

    image: Path
    folder: Path

    @contextlib.contextmanager
    def running(self, *, saved: Path | None = None) -> Iterator[Guest]:
        """A guest that answers: booted, or continued from `saved`. On leaving it loses its power.

        Raises:
            GuestError: It did not come up; the message carries what QEMU and the console said last.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in ("data.img", "stick.img"):
            if not (self.folder / name).exists():
                with (self.folder / name).open("wb") as disk:
                    disk.truncate(DATA_BYTES)
        with (self.folder / "qemu.log").open("wb") as log:
            argv = (*_DIES_WITH_ITS_PARENT, *self._argv(saved))
            qemu = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        try:
            guest = self._first_answer(qemu, deadline_s=_RESUME_DEADLINE_S if saved else _BOOT_DEADLINE_S)
            guest.set_clock()
            yield guest
            guest.close()
            guest.monitor.close()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(qemu.pid, signal.SIGKILL)
            qemu.wait()

    @staticmethod
    def save(guest: Guest, target: Path) -> None:
        """Write the guest's memory and devices to a file. The guest stands still afterwards.

        Raises:
            GuestError: QEMU could not.
        """
        guest.monitor.command("stop")
        guest.monitor.command("migrate-set-parameters", max_bandwidth=1 << 40)
        guest.monitor.command("migrate", uri=f"exec:zstd -q -1 -f -o '{target}'")
        while (status := guest.monitor.command("query-migrate").get("status")) != "completed":
            if status == "failed":
                raise GuestError(f"the state could not be saved to {target}")
            time.sleep(0.1)

    def _first_answer(self, qemu: subprocess.Popen[bytes], *, deadline_s: float) -> Guest:
        deadline = time.monotonic() + deadline_s
        while time.monotonic() < deadline and qemu.poll() is None:
            try:
                monitor = Monitor(self.folder / "monitor.sock")
            except (OSError, GuestError):
                time.sleep(0.1)
                continue
            with contextlib.suppress(OSError, GuestError):
                return self._answer(monitor, deadline=deadline)
            monitor.close()
        raise GuestError(f"the guest did not answer\n{self._last_words()}")

    def _answer(self, monitor: Monitor, *, deadline: float) -> Guest:
        while monitor.command("query-status")["status"] == "inmigrate":
            if time.monotonic() > deadline:
                raise GuestError("the saved state was not taken in")
            time.sleep(0.05)
        if not monitor.command("query-status")["running"]:
            monitor.command("cont")
        return Guest(self.folder / "agent.sock", monitor, timeout_s=1.5)

    def _last_words(self) -> str:
        texts = [self.folder / "qemu.log", self.folder / "console.log"]
        return "\n".join(text.read_text(errors="replace")[-2000:] for text in texts if text.exists())

    def _argv(self, saved: Path | None) -> tuple[str, ...]:
        """The machine. A state can only be continued on exactly the one it was saved on."""
        own = self.folder
        return (
            *(
                "qemu-system-x86_64",
                "-name",
                "rig",
                "-machine",
                "pc",
                "-accel",
                "tcg,thread=multi,tb-size=256",
                "-cpu",
                "max",
            ),
            *("-smp", "2", "-m", str(MEMORY_MB), "-nodefaults", "-no-user-config", "-display", "none"),
            *("-kernel", str(self.image / "vmlinuz"), "-initrd", str(self.image / "initrd.img")),
            *("-append", "console=ttyS0 quiet panic=-1 systemd.show_status=0 random.trust_cpu=on"),
            *("-serial", f"file:{own / 'console.log'}", "-qmp", f"unix:{own / 'monitor.sock'},server=on,wait=off"),
            *("-device", "virtio-serial", "-chardev", f"socket,id=agent,path={own / 'agent.sock'},server=on,wait=off"),
            *("-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0"),
            *("-object", "rng-random,filename=/dev/urandom,id=random", "-device", "virtio-rng,rng=random"),
            *("-drive", f"if=none,id=root,file={self.image / 'root.sqfs'},format=raw,readonly=on"),
            *("-device", "virtio-blk,drive=root"),
            # /dev/disk/by-id/virtio-DATA
            *("-drive", f"if=none,id=data,file={own / 'data.img'},format=raw,cache=writeback"),
            *("-device", "virtio-blk,drive=data,serial=DATA"),
            # A hub whose ports lose their power when uhubctl says so, and a stick in its second port
            *("-device", "qemu-xhci,id=xhci", "-device", "usb-hub,id=hub,bus=xhci.0,port=1,ports=4,port-power=on"),
            *("-drive", f"if=none,id=stick,file={own / 'stick.img'},format=raw"),
            *("-device", "usb-storage,id=usbstick,bus=xhci.0,port=1.2,drive=stick,serial=RIG0001"),
            # Disks are plugged in here
            *("-device", "virtio-scsi,id=scsi"),
            *(("-incoming", f"exec:zstd -dcq '{saved}'") if saved else ()),
        )
