#!/bin/sh
# Take a disc of camvault as a stranger would who has nothing but its bytes, with its first megabyte gone: the command is
# read from the disc itself, and every file that it names is salvaged and has its SHA-256.
#
#   usage: tools/stranger.sh IMAGE LAB          LAB is a new folder for what is salvaged
#
# Needs sh, coreutils and grep. Ends with 1 if a file is missing or damaged.
set -eu

image=$1 lab=$2
mkdir "$lab"
dd if="$image" of="$lab/rescued.iso" bs=1048576 status=none
dd if=/dev/zero of="$lab/rescued.iso" bs=1048576 count=1 conv=notrunc status=none
cd "$lab"
tr '\0' '\n' <rescued.iso | grep -am1 '^  export LC_ALL=C; tr ' >salvage.sh
files=$(tr '\0' '\n' <rescued.iso | grep -aE '^ *[0-9]+ +[0-9]+ +[0-9]+ [0-9a-f]{64} ' | sort -u | wc -l)
sh salvage.sh >said
cat said
[ "$files" -gt 0 ] && [ "$(grep -ac ': OK$' said)" -eq "$files" ]
