#!/bin/bash
# Print the package sources of another Debian SUITE, from the mirrors that this machine already uses.
#
#   usage: tools/debian_sources.sh SUITE
#
# Every line names the Debian archive keyring, so that nothing but Debian's own packages is accepted.
# Works as root or not, and does not need the package lists to be there.
set -euo pipefail

suite=$1
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -e "$keyring" ] || { echo "$keyring is missing: install debian-archive-keyring" >&2; exit 1; }

repositories() {
    # shellcheck disable=SC2016
    apt-get "$@" indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 'Origin: Debian' | sort -u
}

found=$(repositories)
if [ -z "$found" ]; then    # the lists were never fetched, or cleaned away: fetch them privately
    lists=$(mktemp -d)
    trap 'rm -rf "$lists"' EXIT
    chmod 755 "$lists"
    private=(-o Dir::State::Lists="$lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User= -o Debug::NoLocking=1)
    apt-get -qq "${private[@]}" update >&2
    found=$(repositories "${private[@]}")
fi
[ -n "$found" ] || { echo "no Debian mirror is configured in /etc/apt" >&2; exit 1; }

while read -r uri release; do
    case $release in
        *-updates | *-backports) ;;
        *-security) echo "deb [signed-by=$keyring] $uri $suite-security main" ;;
        *) echo "deb [signed-by=$keyring] $uri $suite main" ;;
    esac
done <<<"$found" | sort -u
