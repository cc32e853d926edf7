#!/bin/sh
# Prints what the LiFePO4wered/Pi says of the power as one JSON object: volts, amperes and watts with two decimals.
#
# Seven registers, and the threshold of the input, are asked for by name, once each; the dump of all registers is never
# asked for, because it ends with 0 whatever is in it. What was not read, or is outside of the bounds of its register
# (a disturbed bus says 41981), is null, and told on stderr.
#
# exit codes: 0 done; 1 VBAT or VIN is not believed, or it cannot be printed; 2 lifepo4wered-cli is not on PATH; 124 it did not answer in time;
#             else that of lifepo4wered-cli for VBAT or VIN. IOUT is not in all boards, and null then.
set -u
export LC_ALL=C

say() { printf 'battery-info.sh: %s\n' "$1" >&2; }

if ! command -v lifepo4wered-cli >/dev/null 2>&1; then
    say 'lifepo4wered-cli not found in PATH'
    exit 2
fi

# read_register NAME LEAST MOST: sets `value` (empty if it is not known) and `code`
read_register() {
    value=$(timeout -k 1 5 lifepo4wered-cli get "$1" 2>/dev/null)
    code=$?
    shown=$(printf '%.40s' "$value" | tr -c '[:alnum:]._ -' '?')
    case $value in '' | *[!0-9]* | ????????*) is_number=no ;; *) is_number=yes ;; esac
    if [ "$code" -ne 0 ]; then
        say "$1: lifepo4wered-cli ended with $code: '$shown'"
    elif [ "$is_number" = no ]; then
        say "$1: found '$shown', expected a number"
    else
        value=${value#"${value%%[!0]*}"}    # 0012 would be octal
        value=${value:-0}
        if [ "$value" -ge "$2" ] && [ "$value" -le "$3" ]; then return; fi
        say "$1: found $value, expected $2 to $3"
    fi
    value=
    [ "$code" -ne 0 ] || code=1
}

# Thousandths as a number with two decimals, rounded
decimals() {
    if [ -z "$1" ]; then
        printf null
    else
        hundredths=$((($1 + 5) / 10))
        printf '%d.%02d' $((hundredths / 100)) $((hundredths % 100))
    fi
}

percent() {
    if [ -z "$1" ]; then printf null
    elif [ "$1" -ge 3650 ]; then printf 100
    elif [ "$1" -ge 3600 ]; then printf 95
    elif [ "$1" -ge 3550 ]; then printf 90
    elif [ "$1" -ge 3500 ]; then printf 80
    elif [ "$1" -ge 3450 ]; then printf 70
    elif [ "$1" -ge 3400 ]; then printf 60
    elif [ "$1" -ge 3350 ]; then printf 50
    elif [ "$1" -ge 3300 ]; then printf 40
    elif [ "$1" -ge 3250 ]; then printf 30
    elif [ "$1" -ge 3200 ]; then printf 20
    elif [ "$1" -ge 3100 ]; then printf 10
    else printf 5
    fi
}

external() {
    if [ -z "$1" ] || [ "${2:-0}" -eq 0 ]; then printf null
    elif [ "$1" -ge "$2" ]; then printf true
    else printf false
    fi
}

read_register VBAT 2000 4000
vbat=$value exit_code=$code
read_register VIN 0 6500
vin=$value
[ "$exit_code" -ne 0 ] || exit_code=$code
read_register VIN_THRESHOLD 3600 6500
threshold=$value
read_register VOUT 0 6500
vout=$value
read_register IOUT 0 10000
iout=$value
read_register PI_RUNNING 0 1
running=$value
read_register WAKE_TIME 0 65535
wake=$value
read_register AUTO_SHDN_TIME 0 65535
auto_shutdown=$value
power=
if [ -n "$vout" ] && [ -n "$iout" ]; then power=$((vout * iout / 1000)); fi

if ! cat <<END
{
  "battery_voltage": $(decimals "$vbat"),
  "battery_percent": $(percent "$vbat"),
  "input_voltage": $(decimals "$vin"),
  "external_power": $(external "$vin" "$threshold"),
  "output_voltage": $(decimals "$vout"),
  "output_current": $(decimals "$iout"),
  "output_power": $(decimals "$power"),
  "pi_running": ${running:-null},
  "wake_timer_remaining": ${wake:-null},
  "auto_shutdown_time": ${auto_shutdown:-null}
}
END
then
    [ "$exit_code" -ne 0 ] || exit_code=1
fi
exit "$exit_code"
