"""Adapter for the operating system: how a missing tool is installed on this distribution."""

import sys
from collections.abc import Mapping
from pathlib import Path

import attrs

_OS_RELEASE = (Path("/etc/os-release"), Path("/usr/lib/os-release"))
"""In this order. Source: os-release(5)."""


@attrs.frozen
class _Family:
    """Distributions with the same package manager; `packages` are those that are not called like their tool."""

    install: str
    packages: Mapping[str, str] = attrs.field(factory=dict)


_FFMPEG = {"ffprobe": "ffmpeg"}
_DISC = {"growisofs": "dvd+rw-tools"}
_FAMILIES: Mapping[str, _Family] = {
    "debian": _Family("apt install", {**_FFMPEG, "ssh": "openssh-client"}),
    "fedora": _Family(
        "dnf install", {"ffmpeg": "ffmpeg-free", "ffprobe": "ffmpeg-free", "ssh": "openssh-clients", **_DISC}
    ),
    "arch": _Family("pacman -S", {**_FFMPEG, "xorriso": "libisoburn", "ssh": "openssh", **_DISC}),
    "suse": _Family("zypper install", {**_FFMPEG, "ssh": "openssh-clients", **_DISC}),
    "alpine": _Family("apk add", {**_FFMPEG, "genisoimage": "cdrkit", "ssh": "openssh-client", **_DISC}),
    "macos": _Family("brew install", {**_FFMPEG, "ssh": "openssh", **_DISC}),
}
"""Debian's names were looked up with apt-cache, on 12 and 13; those of the others could not be tried."""
_INSTALLABLE = frozenset({"ffmpeg", "ffprobe", "genisoimage", "growisofs", "rsync", "ssh", "xorriso"})
_BEST = {"burner": "xorriso"}
"""What to install where any of several tools will do."""
_NOT_PACKAGED = frozenset({("arch", "genisoimage"), ("suse", "genisoimage"), ("macos", "genisoimage")})


_RELATIVES: Mapping[str, frozenset[str]] = {
    "debian": frozenset({"debian", "ubuntu", "raspbian"}),
    "fedora": frozenset({"fedora", "rhel", "centos"}),
    "arch": frozenset({"arch"}),
    "suse": frozenset({"suse", "opensuse", "opensuse-leap", "opensuse-tumbleweed"}),
    "alpine": frozenset({"alpine"}),
}


def install_command(tool: str, *, family: str | None) -> str | None:
    """The command that installs `tool`; its bare name where the distribution is not known; None where none would help.

    `family` is a result of `family_of`, or None.
    """
    tool = _BEST.get(tool, tool)
    if tool not in _INSTALLABLE:
        return None
    if family is None or (family, tool) in _NOT_PACKAGED:
        return tool
    known = _FAMILIES[family]
    return f"{known.install} {known.packages.get(tool, tool)}"


def family_of(os_release: str) -> str | None:
    """Whose packages are installed on the system that this `os-release` describes; None if that is not known.

    `ID` comes first, then `ID_LIKE` from the nearest to the farthest relative. Source: os-release(5).
    """
    fields = dict(line.split("=", 1) for line in os_release.splitlines() if "=" in line and not line.startswith("#"))
    names = [fields.get("ID", ""), *fields.get("ID_LIKE", "").strip("\"'").split()]
    for name in (name.strip("\"'") for name in names):
        for family, relatives in _RELATIVES.items():
            if name in relatives:
                return family
    return None


def this_family() -> str | None:
    """Whose packages are installed on this machine; None if that is not known."""
    if sys.platform == "darwin":
        return "macos"
    for path in _OS_RELEASE:
        try:
            return family_of(path.read_text(encoding="utf-8", errors="replace"))
        except OSError:
            continue
    return None
