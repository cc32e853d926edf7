#!/bin/bash
# Put the ffmpeg and ffprobe of a Debian SUITE beside the system's own, without installing anything.
#
#   usage: tools/fetch_debian_ffmpeg.sh SUITE PREFIX
#   then:  PREFIX/wrap/ffmpeg -version, PREFIX/wrap/ffprobe -version
#
# The packages are resolved against an empty package database, checked with the Debian archive keyring, and unpacked
# below PREFIX with their own C library. The system's packages are neither read nor changed; root is not needed.
# Does nothing if PREFIX is complete.
set -euo pipefail

suite=$1
prefix=$2
here=$(cd "$(dirname "$0")" && pwd)

if [ -e "$prefix/complete" ] && "$prefix/wrap/ffmpeg" -version >/dev/null && "$prefix/wrap/ffprobe" -version >/dev/null; then
    exit 0
fi
sources=$("$here/debian_sources.sh" "$suite")

mkdir -p "$(dirname "$prefix")"
tree=$(mktemp -d "$prefix.XXXXXX")      # becomes PREFIX when it is complete
work=$(mktemp -d)
trap 'rm -rf "$work" "$tree"' EXIT
chmod 755 "$tree"
mkdir -p "$work"/etc/{preferences.d,sources.list.d} "$work/lists/partial" "$work/cache/archives/partial"
: >"$work/status"
printf '%s\n' "$sources" >"$work/etc/sources.list"

private_apt() {
    apt-get -qq -y \
        -o Dir::Etc="$work/etc" \
        -o Dir::Etc::sourcelist="$work/etc/sources.list" \
        -o Dir::Etc::sourceparts="$work/etc/sources.list.d" \
        -o Dir::Etc::preferencesparts="$work/etc/preferences.d" \
        -o Dir::Etc::trusted=/dev/null \
        -o Dir::Etc::trustedparts=/nonexistent \
        -o Dir::State::status="$work/status" \
        -o Dir::State::Lists="$work/lists" \
        -o Dir::State::extended_states="$work/extended_states" \
        -o Dir::Cache="$work/cache" \
        -o APT::Sandbox::User= \
        -o APT::Install-Recommends=0 \
        -o APT::Get::List-Cleanup=0 \
        -o Debug::NoLocking=1 \
        "$@"
}
private_apt -o APT::Update::Error-Mode=any update
private_apt --download-only install ffmpeg >/dev/null

# Debian's own merged layout must stand before packages that still name /lib are unpacked
for name in bin sbin lib lib64; do
    mkdir -p "$tree/usr/$name"
    ln -sfn "usr/$name" "$tree/$name"
done
for package in "$work"/cache/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" |
        tar -x -C "$tree" --no-same-owner --keep-directory-symlink --exclude='./usr/share/doc' --exclude='./usr/share/man' --exclude='./dev'
done

# The programs run with the tree's own loader and libraries. No post-installation script ran, so the alternatives
# (blas, lapack) and pulseaudio's private folder have to be named.
mkdir -p "$tree/wrap"
cat >"$tree/wrap/ffmpeg" <<'WRAPPER'
#!/bin/sh
tree=$(dirname "$(dirname "$(readlink -f "$0")")")
name=$(basename "$0")
for lib in "$tree"/usr/lib/*-linux-gnu; do :; done
for loader in "$lib"/ld-linux*.so.* "$tree"/usr/lib/ld-linux*.so.*; do [ ! -e "$loader" ] || break; done
exec "$loader" --argv0 "$name" --library-path "$lib:$lib/blas:$lib/lapack:$lib/pulseaudio" "$tree/usr/bin/$name" "$@"
WRAPPER
cp "$tree/wrap/ffmpeg" "$tree/wrap/ffprobe"
chmod 755 "$tree/wrap/ffmpeg" "$tree/wrap/ffprobe"
"$tree/wrap/ffprobe" -version >/dev/null
"$tree/wrap/ffmpeg" -version | head -1
: >"$tree/complete"

chmod -R u+w "$tree"
rm -rf "$prefix"
mv "$tree" "$prefix"
trap 'rm -rf "$work"' EXIT
