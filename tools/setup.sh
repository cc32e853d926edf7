#!/bin/bash
# Make a clone ready. Can be run again at any time: what is there is kept.
#
#   usage: tools/setup.sh demo     the programs, in .venv
#          tools/setup.sh docs     what the documentation is built with, in .venv
#          tools/setup.sh check    the programs and what `make check` runs, in .venv
#          tools/setup.sh test     and everything that the tests need: Debian packages, two more ffmpegs, the guest of
#                                  the emulated rig
#
# Needs Python 3.11 or newer (python3, or the one named by $PYTHON). Debian packages are installed as root or with
# sudo; without either, what is missing is named. What is downloaded is announced with its size.
set -euo pipefail
cd "$(dirname "$0")/.."

mode=${1:-demo}
python=${PYTHON:-python3}
cache=.cache
has_terminal=$([ -t 0 ] && echo yes || echo no)

fail() {
    printf 'setup: %s\n' "$@" >&2
    exit 1
}
say() { echo "setup: $*"; }

can_be_root() {
    [ "$(id -u)" -eq 0 ] && return 0
    command -v sudo >/dev/null || return 1
    [ "$has_terminal" = yes ] || sudo -n true 2>/dev/null
}

# Run something as root; only where can_be_root. sudo asks for a password at the terminal, whatever stdin is.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif [ "$has_terminal" = yes ]; then
        sudo -- "$@"
    else
        sudo -n -- "$@"
    fi
}

# Why this cannot become root, as the end of a sentence.
no_root() {
    if command -v sudo >/dev/null; then
        echo "sudo asks for a password, and there is no terminal to ask at"
    else
        echo "$(id -un) is not root, and there is no sudo"
    fi
}

# What pip, apt and mmdebstrap say when the cause is outside of this machine; what tells most comes first
no_network='Temporary failure[a-z ]*|Could not resolve|Network is unreachable|Connection (refused|reset|broken|timed out|failed)'
no_network+='|Could not connect|Unable to connect|Cannot initiate the connection'
no_answer='ProxyError|ReadTimeout|ConnectTimeout|IncompleteRead|NameResolutionError|NewConnectionError|Max retries exceeded'
no_answer+='|Failed to fetch|apt-get update [^ ]* .*failed'
no_trust='CERTIFICATE_VERIFY_FAILED|certificate verify failed|Certificate verification failed'

# Run a command that downloads $1. What it says on stderr is shown only when it fails, and no more of it than tells why.
download() {
    local what=$1 said cause
    shift
    said=$(mktemp)
    if "$@" 2>"$said" </dev/null; then rm -f "$said"; return 0; fi
    cause=$({ grep -oE "$no_trust" "$said" || grep -oE "$no_network" "$said" || grep -oE "$no_answer" "$said"; } | head -1 || true)
    if [ -z "$cause" ]; then
        tail -n 20 "$said" >&2
        rm -f "$said"
        fail "$what: this did not work; the lines above say why"
    fi
    rm -f "$said"
    if [[ $cause =~ ^($no_trust)$ ]]; then
        fail "network: $what could not be downloaded: $cause" \
            "the server shows a certificate that this machine does not trust" \
            "please run as root: apt-get install ca-certificates; an authority of your own is named to pip in PIP_CERT"
    fi
    fail "network: $what could not be downloaded: $cause" \
        "is this machine online, and does it need a proxy (http_proxy, https_proxy)?" \
        "then please run the same command again: what is there is kept"
}

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

install_packages() {
    local options=(-qq -y --no-install-recommends)
    as_root env LC_ALL=C apt-get -qq update
    say "apt: $(env LC_ALL=C apt-get --print-uris "${options[@]}" install "$@" 2>/dev/null | awk '$3 ~ /^[0-9]+$/ { n++; bytes += $3 }
        END { printf "%d packages, %d MB to download", n, (bytes + 999999) / 1000000 }')"
    as_root env LC_ALL=C DEBIAN_FRONTEND=noninteractive apt-get "${options[@]}" install "$@" >/dev/null
}

need_packages() {
    local missing=() package
    command -v apt-get >/dev/null || fail "this is not a Debian system; please install what corresponds to: $*"
    for package in "$@"; do is_installed "$package" || missing+=("$package"); done
    [ ${#missing[@]} -gt 0 ] || return 0
    can_be_root || fail "these Debian packages are missing, and $(no_root):" \
        "    ${missing[*]}" "please run as root: apt-get install ${missing[*]}"
    say "Debian packages: ${missing[*]}"
    download "Debian packages" install_packages "${missing[@]}"
}

need_python() {
    command -v "$python" >/dev/null || fail "$python is missing; Python 3.11 or newer is needed" \
        "on Debian 12 or 13: apt-get install python3"
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "Python 3.11 or newer is needed; $(command -v "$python") is $("$python" --version)" \
            "if there is another one, name it: PYTHON=python3.13 make demo"
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        need_packages "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    fi
}

pip() { .venv/bin/python -m pip "$@"; }

venv_state() { pwd; "$python" --version; cat pyproject.toml tools/setup.sh tools/requirements*.txt; }

# $1: what is installed; $2: what else that contains; $3: megabytes; the rest are what pip is told.
need_venv() {
    local name=$1 contained=$2 size_mb=$3
    shift 3
    if [ "$(cat ".venv/setup-$name" 2>/dev/null)" = "$(venv_state)" ]; then return 0; fi
    # A virtual environment does not survive a move of its folder, nor an interrupted set-up
    if ! { [ "$(cat .venv/setup-place 2>/dev/null)" = "$(pwd)" ] && pip --version >/dev/null 2>&1; }; then
        say "virtual environment in .venv"
        "$python" -m venv --clear .venv
        pwd >.venv/setup-place
    fi
    say "Python packages for '$name' (about $size_mb MB to download, less what is there)"
    download "Python packages" pip install --quiet --disable-pip-version-check "$@"
    download "camvault itself" pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
    for name in "$name" $contained; do venv_state >".venv/setup-$name"; done
}

need_programs() { need_venv demo "" 107 --requirement tools/requirements.txt; }
need_docs() {
    need_venv docs "" 21 --constraint tools/requirements.txt --requirement tools/requirements-docs.txt attrs hatchling
}
need_checkers() {
    need_venv check "demo docs" 270 --requirement tools/requirements.txt --requirement tools/requirements-dev.txt
}

need_ffmpeg() {
    local suite=$1
    [ -e "$cache/ffmpeg-$suite/complete" ] || say "ffmpeg of Debian $suite in $cache/ffmpeg-$suite (about 145 MB to download)"
    download "ffmpeg of Debian $suite" tools/fetch_debian_ffmpeg.sh "$suite" "$cache/ffmpeg-$suite"
}

# The Python packages of the guest, which has its own Python: only what burn_iso runs on, and no video libraries.
need_guest_packages() {
    local target=$cache/rig/python wanted
    wanted=$(sed '/^# The build backend/,$d' tools/requirements.txt | grep -Ev '^(#|av=|imageio-ffmpeg=|$)')
    if [ "$(cat "$target/wanted" 2>/dev/null)" = "$wanted" ]; then return 0; fi
    say "Python packages for the rig's guest in $target (about 5 MB to download)"
    rm -rf "$target"
    mkdir -p "$target"
    # shellcheck disable=SC2086
    download "Python packages" pip install --quiet --disable-pip-version-check --no-deps --target "$target" \
        --python-version 3.11 --platform manylinux_2_28_x86_64 --platform manylinux_2_17_x86_64 --only-binary :all: $wanted
    printf '%s\n' "$wanted" >"$target/wanted"
}

need_rig() {
    local recipe
    mkdir -p "$cache/rig"
    need_guest_packages
    recipe=$(cat tests/rig/build.sh tests/rig/guest/* | sha256sum | cut -d' ' -f1)      # as build.sh has it
    if [ "$(cat "$cache/rig/recipe" 2>/dev/null)" = "$recipe" ]; then return 0; fi
    can_be_root || fail "the guest of the emulated rig is built as root or with sudo, and $(no_root)" \
        "please run as root: tests/rig/build.sh $cache/rig"
    say "guest of the emulated rig in $cache/rig (built once: about 200 MB to download, about two minutes)"
    download "the guest of the emulated rig" as_root tests/rig/build.sh "$cache/rig"
}

test_packages=(
    rsync openssh-server openssh-client                         # the backup, over a real sshd
    rclone                                                      # the upload of the dashcam, to a real S3 server
    gcc libc6-dev git                                           # the emulated BD-R writer
    genisoimage xorriso growisofs dvd+rw-tools 7zip udftools    # mastering, burning and reading discs
    e2fsprogs dosfstools mtools btrfs-progs mount procps strace systemd
    mergerfs                                                    # unions of folders: what is a second copy in them?
    qemu-system-x86 qemu-utils seabios                          # the rig, and building its guest
    mmdebstrap squashfs-tools cpio zstd xz-utils busybox-static kmod
    debian-archive-keyring
    python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good     # a real RTSP server
    chromium fonts-dejavu-core                                  # looks at the page of archive_report
)
if grep -qs '^VERSION_CODENAME=bookworm' /etc/os-release; then
    test_packages+=(unionfs-fuse)                               # another union, which Debian 13 does not have
fi

case $mode in
    demo)
        need_python
        need_programs
        ;;
    docs)
        need_python
        need_docs
        ;;
    check)
        need_python
        need_checkers
        ;;
    test)
        need_python
        need_packages "${test_packages[@]}"
        need_checkers
        need_ffmpeg trixie
        need_ffmpeg bookworm
        need_rig
        ;;
    *) fail "usage: tools/setup.sh demo|docs|check|test" ;;
esac
