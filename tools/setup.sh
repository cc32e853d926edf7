#!/bin/bash
# Make a clone ready. Can be run again at any time: what is there is kept.
#
#   usage: tools/setup.sh demo     the programs, in .venv
#          tools/setup.sh test     and everything that the checks and tests need: Debian packages, two more ffmpegs,
#                                  the guest of the emulated rig
#
# Needs Python 3.11 or newer (python3, or the one named by $PYTHON). Debian packages are installed as root or with
# sudo; without either, what is missing is named.
set -euo pipefail
cd "$(dirname "$0")/.."

mode=${1:-demo}
python=${PYTHON:-python3}
cache=.cache

fail() {
    printf 'setup: %s\n' "$@" >&2
    exit 1
}
say() { echo "setup: $*"; }

# Run something as root: 1 where that is not possible.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        if [ -t 0 ]; then sudo -- "$@"; else sudo -n -- "$@"; fi
    else
        return 1
    fi
}

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

need_packages() {
    local missing=() package
    command -v apt-get >/dev/null || fail "this is not a Debian system; please install what corresponds to: $*"
    for package in "$@"; do is_installed "$package" || missing+=("$package"); done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "Debian packages: ${missing[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive sh -c \
        'apt-get -qq update && apt-get -qq -y --no-install-recommends install "$@" >/dev/null' sh "${missing[@]}" </dev/null ||
        fail "these Debian packages are missing, and installing them as root or with sudo did not work:" \
            "    ${missing[*]}" "please run: apt-get install ${missing[*]}"
}

need_python() {
    command -v "$python" >/dev/null || fail "$python is missing; Python 3.11 or newer is needed"
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "Python 3.11 or newer is needed; $(command -v "$python") is $("$python" --version)" \
            "if there is another one, name it: PYTHON=python3.13 make demo"
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        need_packages "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    fi
}

# $1: a name for what is installed; the rest are requirement files.
need_venv() {
    local name=$1 state file
    shift
    state=$(pwd; "$python" --version; cat pyproject.toml "$@")
    if [ "$(cat ".venv/setup-$name" 2>/dev/null)" = "$state" ]; then return 0; fi
    # A virtual environment does not survive a move of its folder, nor an interrupted set-up
    if ! { [ "$(cat .venv/setup-place 2>/dev/null)" = "$(pwd)" ] && .venv/bin/python -m pip --version >/dev/null 2>&1; }; then
        say "virtual environment in .venv"
        "$python" -m venv --clear .venv
        pwd >.venv/setup-place
    fi
    say "Python packages from $*"
    local requirements=()
    for file in "$@"; do requirements+=(--requirement "$file"); done
    .venv/bin/python -m pip install --quiet --disable-pip-version-check "${requirements[@]}"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
    printf '%s\n' "$state" >".venv/setup-$name"
}

need_ffmpeg() {
    local suite=$1
    [ -e "$cache/ffmpeg-$suite/complete" ] || say "ffmpeg of Debian $suite in $cache/ffmpeg-$suite"
    tools/fetch_debian_ffmpeg.sh "$suite" "$cache/ffmpeg-$suite"
}

# The Python packages of the guest, which has its own Python: only what burn_iso runs on, and no video libraries.
need_guest_packages() {
    local target=$cache/rig/python wanted
    wanted=$(sed '/^# The build backend/,$d' tools/requirements.txt | grep -Ev '^(#|av=|imageio-ffmpeg=|$)')
    if [ "$(cat "$target/wanted" 2>/dev/null)" = "$wanted" ]; then return 0; fi
    say "Python packages for the rig's guest in $target"
    rm -rf "$target"
    mkdir -p "$target"
    # shellcheck disable=SC2086
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --target "$target" \
        --python-version 3.11 --platform manylinux_2_28_x86_64 --platform manylinux_2_17_x86_64 --only-binary :all: $wanted
    printf '%s\n' "$wanted" >"$target/wanted"
}

need_rig() {
    mkdir -p "$cache/rig"
    need_guest_packages
    say "guest of the emulated rig in $cache/rig (built once, about two minutes)"
    as_root tests/rig/build.sh "$cache/rig" </dev/null || fail "the guest of the emulated rig cannot be built; this needs root or sudo"
}

test_packages=(
    rsync openssh-server openssh-client                         # the backup, over a real sshd
    gcc libc6-dev git                                           # the emulated BD-R writer
    genisoimage xorriso growisofs dvd+rw-tools 7zip udftools    # mastering, burning and reading discs
    e2fsprogs dosfstools mount procps strace systemd
    qemu-system-x86 qemu-utils seabios                          # the rig, and building its guest
    mmdebstrap squashfs-tools cpio zstd xz-utils busybox-static kmod
    debian-archive-keyring
    python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good     # a real RTSP server
)

case $mode in
    demo)
        need_python
        need_venv demo tools/requirements.txt
        ;;
    test)
        need_python
        need_packages "${test_packages[@]}"
        need_venv test tools/requirements.txt tools/requirements-dev.txt
        need_ffmpeg trixie
        need_ffmpeg bookworm
        need_rig
        ;;
    *) fail "usage: tools/setup.sh demo|test" ;;
esac
