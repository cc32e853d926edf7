#!/bin/bash
# Try the checkout as a newcomer has it: in a fresh Debian, with nothing but what README asks for.
#
#   usage: tools/bare_roots.sh [SUITE...]       bookworm and trixie without SUITE, at once; as root or with sudo
#
# For each suite a minimal Debian is made (mmdebstrap, variant minbase, with python3, make and ca-certificates) and the
# files that git knows are copied into it. There `make demo`, `tools/stranger.sh` on its disc, the set-up of `make test` and, in another release than this
# machine's, the tests that meet the suite's own tools are run. In bookworm the first two are typed by an ordinary user
# with sudo. Ends with 1 if a step fails.
#
# The mirrors, the pip settings and the trusted certificates are those of this machine, read when this runs. Packages
# that were downloaded are kept in .cache/bare_roots; what the set-up makes is not, so that a missing step is noticed.
# Each root stands in a mount and a process namespace of its own, which end before the root is removed: no mount is there
# then, and no process.
set -euo pipefail

project=$(cd "$(dirname "$0")/.." && pwd -P)
cache=$project/.cache/bare_roots

fail() {
    printf 'bare_roots: %s\n' "$@" >&2
    exit 1
}
say() { printf 'bare_roots: %s\n' "$*"; }

# What meets tools that differ between releases: 7-Zip, genisoimage, xorriso, udftools, rsync and sshd, ffmpeg,
# GStreamer, systemd. That the contracts refuse wrong adapters, and what encoders make with ffmpegs that are the same
# everywhere, is shown once, outside.
tests=(
    tests/bodycam/image/test_genisoimage.py
    tests/bodycam/image/test_integrations.py
    tests/contracts
    tests/recording/record/test_e2e.py::test_a_real_server_that_is_frozen_is_noticed_in_time_and_recorded_again
    tests/recording/services/test_integrations.py
)
elsewhere=(test_archiving.py test_media.py test_wrong_adapters.py)

# What pip reads on this machine, as one file; and the files and folders on this disk that it names.
pip_settings() {
    "$project/.venv/bin/python" - <<'PYTHON'
import ast, subprocess, sys
from collections import defaultdict
argv = (sys.executable, "-m", "pip", "config", "list")
lines = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.splitlines()
sections = defaultdict(dict)
for line in sorted(lines, key=lambda line: line.startswith(":env:")):      # variables prevail
    name, _, value = line.partition("=")
    section, _, key = name.removeprefix(":env:.").rpartition(".")
    sections[section or "global"][key] = ast.literal_eval(value)
sections["global"]["cache-dir"] = "/var/cache/pip"
for section, values in sections.items():
    print(f"[{section}]")
    for key, value in values.items():
        print(f"{key} =", *value.split())
PYTHON
}
# The files of an index named "simple" lie beside it
paths_in() { grep -oE '(file://)?/[^ ]+' "$1" | sed 's,^file://,,; s,/simple/*$,,' | sort -u; }

apt_settings() {
    apt-config dump --no-empty --format '%F "%v";%n' | grep -E '^Acquire::(http|https|Check-Valid-Until|Check-Date|Retries)' || true
}

make_root() {
    local suite=$1 root=$2 include=$3
    apt_settings >"$root.apt.conf"
    "$project/tools/debian_sources.sh" "$suite" |
        mmdebstrap --quiet --mode=root --variant=minbase --include="$include" \
            --aptopt="$root.apt.conf" --dpkgopt=force-unsafe-io "$suite" "$root" -
}

# The machine's way to the network, and what programs expect of a running system.
furnish_root() {
    local suite=$1 root=$2 path
    cp -L /etc/resolv.conf "$root/etc/resolv.conf"
    echo "127.0.0.1 localhost $(hostname)" >"$root/etc/hosts"
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
    pip_settings >"$root/etc/pip.conf"
    mount -t proc proc "$root/proc"
    mount --rbind /sys "$root/sys"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs tmpfs "$root/dev/shm"
    mkdir -p "$cache/$suite/"{deb,pip} "$root/var/cache/pip"
    mount --bind "$cache/$suite/deb" "$root/var/cache/apt/archives"
    mount --bind "$cache/$suite/pip" "$root/var/cache/pip"
    paths_in "$root/etc/pip.conf" | while read -r path; do
        if [ -f "$path" ]; then
            install -D -m644 "$path" "$root$path"
        elif [ -d "$path" ] && [ "$path" != /var/cache/pip ]; then
            mkdir -p "$root$path"
            mount --bind -o ro "$path" "$root$path"
        fi
    done
}

# What a clone would hold: the files that git knows, as they are now. Without git, all that it is not told to ignore.
export_project() {
    cd "$project"
    if [ -e .git ]; then
        git -c safe.directory="$project" ls-files -z
    else
        # shellcheck disable=SC2046
        find . -type f -not -path './.git/*' -not -name '*.pyc' $(sed -n 's,^\([^*]*\)/$,-not -path */\1/*,p' .gitignore) -print0
    fi | tar --create --null --files-from=- --ignore-failed-read 2>/dev/null
}

# The guest of the rig as this machine built it: in a root of another release it is built anew.
give_guest() {
    mkdir -p "$1"
    cp "$project/.cache/rig/"{vmlinuz,initrd.img,root.sqfs,recipe} "$1/"
}

# Run a command in a root, in the clone, with nothing of this script's environment but the proxies. dpkg may leave it to the
# kernel when it writes (unsafe-io): the root lives for minutes, and waiting for the disk was half of the time.
in_root() {
    local root=$1 user=$2 clone=$3 name kept=()
    shift 3
    for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
        [ -z "${!name:-}" ] || kept+=("$name=${!name}")
    done
    # shellcheck disable=SC2016
    chroot --userspec="$user" "$root" env -i "${kept[@]}" USER="$user" LANG=C.UTF-8 DPKG_FORCE=unsafe-io \
        HOME="$(chroot "$root" sh -c "echo ~$user")" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        sh -c 'cd "$0" && exec "$@"' "$clone" "$@"
}

step() {
    local suite=$1 what=$2 begun=$SECONDS
    shift 2
    printf '\n== %s\n' "$what"
    "$@" </dev/null
    say "$suite: $what: $((SECONDS - begun)) s" >&3
}

# In the namespaces of the suite, with the log as standard output and the terminal as descriptor 3.
try_suite() {
    local own suite=$1 root=$2 user=root clone=/root/camvault include=python3,make,ca-certificates
    if [ "$suite" = bookworm ]; then
        user=newcomer clone=/home/newcomer/camvault include+=,sudo
    fi
    step "$suite" "a bare Debian" make_root "$suite" "$root" "$include"
    furnish_root "$suite" "$root"
    if [ "$user" != root ]; then
        chroot "$root" useradd --create-home --shell /bin/bash "$user"
        printf '%s\n' "$user ALL=(ALL) NOPASSWD: ALL" 'Defaults env_keep += "DPKG_FORCE"' >"$root/etc/sudoers.d/$user"
    fi
    mkdir "$root$clone"
    export_project | tar --extract --no-same-owner -C "$root$clone"
    own=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
    [ "$suite" != "$own" ] || give_guest "$root$clone/.cache/rig"
    chroot "$root" chown -R "$user:" "$clone" /var/cache/pip
    step "$suite" "make demo" in_root "$root" "$user" "$clone" make demo
    step "$suite" "a stranger and the demo's disc" in_root "$root" "$user" "$clone" tools/stranger.sh demo/disc.img /tmp/lab
    step "$suite" "set-up of make test" in_root "$root" "$user" "$clone" make setup-test
    step "$suite" "pyright starts" in_root "$root" "$user" "$clone" .venv/bin/pyright ports
    [ "$suite" != "$own" ] || return 0      # the tests outside meet the same tools
    step "$suite" "tests, as root" in_root "$root" root "$clone" \
        .venv/bin/python -m pytest -q -m 'not rig' "${elsewhere[@]/#/--ignore=tests/contracts/}" "${tests[@]}"
}

if [ $$ -eq 1 ]; then       # called by itself, see below
    try_suite "$@"
    exit
fi

for program in mmdebstrap unshare; do
    command -v "$program" >/dev/null || fail "$program is missing; please run: tools/setup.sh test"
done
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "$(id -un) is not root, and there is no sudo; please run as root: $0 $*"
    become_root=(sudo --preserve-env)       # pip's variables and the proxies are read
    [ -t 0 ] || become_root+=(--non-interactive)
    "${become_root[@]}" true || fail "sudo does not make $(id -un) root; please run as root: $0 $*"
    exec "${become_root[@]}" "$0" "$@"
fi
namespaces=(unshare --mount --propagation private --pid --fork --kill-child --mount-proc)
"${namespaces[@]}" true || fail "this root may not make namespaces; a container needs --privileged"

[ $# -gt 0 ] || set -- bookworm trixie
mkdir -p "$cache"
exec 4>"$cache/lock"
flock 4                         # one run at a time
rm -rf "$cache"/roots.*         # of a run that was killed
work=$(mktemp -d "$cache/roots.XXXXXX")
chmod 755 "$work"
children=()
stop() {
    trap '' INT TERM HUP
    [ ${#children[@]} -eq 0 ] || { kill -KILL "${children[@]}" && wait; } 2>/dev/null || true   # and with each all in its namespace
    rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT TERM HUP
exec 3>&1
for suite in "$@"; do           # beside each other: half of the time is waiting for mirrors and disks
    "${namespaces[@]}" "$0" "$suite" "$work/$suite" >"$cache/$suite.log" 2>&1 &
    children+=($!)
done
failed=()
for number in "${!children[@]}"; do         # not in the foreground: a signal would have to wait for it
    suite=${*:number+1:1}
    if wait "${children[$number]}"; then
        rm -rf "${work:?}/$suite"
    else
        tail -n 60 "$cache/$suite.log" >&2
        failed+=("$suite failed at the step that the log ends with: $cache/$suite.log")
    fi
done
children=()
[ ${#failed[@]} -eq 0 ] || fail "${failed[@]}"
