#!/bin/sh
# Cuts the power of the camera's port. The name is that of the specification: other ports are left alone, because on
# many boards they carry the network.
#
# exit codes: 0 done, and read back; 1 a setting is wrong; 2 uhubctl is not on PATH; 5 read back, it is not so;
#             6 refused: the port carries the network or a hub, or a card of it is mounted; else that of uhubctl.
set -u

# --- the same in start-for-data.sh, start-for-recording.sh and stop-all-ports.sh, so that each can be taken alone -----
HUB=${CAMERA_HUB:-1-1}                      # the place of the hub, as uhubctl -l takes it
PORT=${CAMERA_PORT:-1}                      # the camera's port of it: no other one is switched
SYSFS=${CAMVAULT_SYSFS:-/sys}
WAIT_S=${CAMERA_WAIT_SECONDS:-20}           # how long the camera may take to be seen
SETTLE_S=${CAMERA_SETTLE_SECONDS:-2}        # a port may switch itself back: it is looked at again after that
NODE=$SYSFS/bus/usb/devices/$HUB.$PORT      # the camera's own node; that of the hub would cut off all its devices
export LC_ALL=C

say() { printf '%s: %s\n' "${0##*/}" "$1" >&2; }
fail() {
    say "$2"
    exit "$1"
}

is_whole() { case $1 in '' | *[!0-9]* | 0?* | ????*) return 1 ;; esac; }

is_hub() { case $1 in *[!0-9.-]* | -* | *-*-* | *[.-] | *..*) return 1 ;; *-*) ;; *) return 1 ;; esac; }

check_settings() {
    is_hub "$HUB" || fail 1 "CAMERA_HUB: found '$HUB', expected such as 1-1 or 1-1.4"
    if ! is_whole "$PORT" || [ "$PORT" -lt 1 ] || [ "$PORT" -gt 14 ]; then
        fail 1 "CAMERA_PORT: found '$PORT', expected 1 to 14"
    fi
    is_whole "$WAIT_S" || fail 1 "CAMERA_WAIT_SECONDS: found '$WAIT_S', expected 0 to 999"
    is_whole "$SETTLE_S" || fail 1 "CAMERA_SETTLE_SECONDS: found '$SETTLE_S', expected 0 to 999"
    command -v uhubctl >/dev/null 2>&1 || fail 2 'uhubctl not found in PATH'
}

# A port that carries a hub or the network is not switched, and neither is a camera whose card is mounted
check_device() {
    [ -e "$NODE" ] || return 0
    if [ "$(cat "$NODE/bDeviceClass" 2>/dev/null)" = 09 ]; then
        fail 6 "refused: there is a hub in port $PORT of hub $HUB, and not a camera"
    fi
    node=$(readlink -f "$NODE")
    for device in "$SYSFS"/class/net/*/device; do
        case $(readlink -f "$device") in
            "$node" | "$node"/*) fail 6 "refused: port $PORT of hub $HUB carries the network: $device" ;;
        esac
    done
    for disk in "$NODE"/*/host*/target*/*/block/*; do
        [ -e "$disk" ] || continue
        for part in "$disk" "$disk/${disk##*/}"*; do
            # by any process: a service may have mounts of its own
            if grep -qs "^/dev/${part##*/} " /proc/[0-9]*/mounts; then
                fail 6 "refused: /dev/${part##*/} is mounted, and is to be unmounted first"
            fi
        done
    done
}

# What the hub itself says of the port: on, off or unknown. Decided by the bits: 0x0100 of USB 2, 0x0200 of USB 3
power() {
    timeout -k 2 30 uhubctl -l "$HUB" -p "$PORT" 2>/dev/null | awk -v hub="$HUB" -v port="$PORT:" '
        / status for hub / || /^hub / {
            is_ours = $0 ~ /^hub / ? $2 == hub : $5 == hub
            bits = $0 ~ /USB [3-9]/ ? "[2367abef]" : "[13579bdf]"
        }
        is_ours && $1 == "Port" && $2 == port && $3 ~ /^[0-9a-f][0-9a-f][0-9a-f][0-9a-f]$/ {
            found = substr($3, 2, 1) ~ bits ? "on" : "off"
        }
        END { print found == "" ? "unknown" : found }'
}

# The exit code of uhubctl says little: 0 also where nothing was switched. So the port is looked at, and once more later
switch_power() {
    timeout -k 2 30 uhubctl -l "$HUB" -p "$PORT" -a "$1" >&2
    code=$?
    [ "$code" -eq 0 ] || fail "$code" "uhubctl ended with $code: port $PORT of hub $HUB was not switched $1"
    for pause in 0 "$SETTLE_S"; do
        sleep "$pause"
        found=$(power)
        [ "$found" = "$1" ] || fail 5 "port $PORT of hub $HUB was switched $1, and its power is $found"
    done
}
# --- so far the same --------------------------------------------------------------------------------------------------

check_settings
check_device
switch_power off
if [ -e "$NODE" ]; then
    say "the power is off, and $NODE is still there: an old kernel, or a hub that cuts nothing (dashcam usb prove)"
fi
