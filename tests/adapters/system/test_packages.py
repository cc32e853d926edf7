"""How a missing tool is installed on this distribution."""

import pytest

from camvault.adapters.system import packages
from camvault.adapters.system.packages import family_of, install_command

DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n'
MINT = '# a comment\nID=linuxmint\nID_LIKE="ubuntu debian"\n'
TUMBLEWEED = 'ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\n'
ALMA = 'ID="almalinux"\nID_LIKE="rhel centos fedora"\n'


@pytest.mark.parametrize(
    ("os_release", "family"),
    [
        (DEBIAN, "debian"),
        ("ID=ubuntu\nID_LIKE=debian\n", "debian"),
        (MINT, "debian"),
        ("ID=fedora\n", "fedora"),
        (ALMA, "fedora"),
        ("ID=arch\n", "arch"),
        ("ID=manjaro\nID_LIKE=arch\n", "arch"),
        (TUMBLEWEED, "suse"),
        ("ID=alpine\n", "alpine"),
        ("ID=nixos\n", None),
        ("", None),
    ],
)
def test_the_family_of_a_distribution(os_release: str, family: str | None) -> None:
    assert family_of(os_release) == family


@pytest.mark.parametrize(
    ("tool", "family", "command"),
    [
        ("rsync", "debian", "apt install rsync"),
        ("ffprobe", "debian", "apt install ffmpeg"),
        ("ffmpeg", "fedora", "dnf install ffmpeg-free"),
        ("burner", "arch", "pacman -S libisoburn"),
        ("growisofs", "suse", "zypper install dvd+rw-tools"),
        ("genisoimage", "alpine", "apk add cdrkit"),
        ("rsync", "macos", "brew install rsync"),
        ("genisoimage", "arch", "genisoimage"),
        ("rsync", None, "rsync"),
        ("apprise", "debian", None),
        ("/opt/x/ffmpeg", "debian", None),
    ],
)
def test_what_to_type(tool: str, family: str | None, command: str | None) -> None:
    """The bare name where the distribution or its package is not known; nothing for what is no package."""
    assert install_command(tool, family=family) == command


def test_a_machine_without_os_release(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "_OS_RELEASE", ())
    assert packages.this_family() is None


def test_a_mac(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("camvault.adapters.system.packages.sys.platform", "darwin")
    assert packages.this_family() == "macos"
