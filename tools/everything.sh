#!/bin/bash
# Everything that is checked: `make bare check docs` beside the tests, because half of either is waiting (for mirrors and
# disks, for cameras and clocks).
#
#   usage: tools/everything.sh             as root, after tools/setup.sh test
#
# What the others say is printed in one piece when they are done, which is long before the tests are; the last words are
# pytest's. Ends with 1 if anything failed.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

others_log=.cache/everything.log
others=
stop() {
    trap '' INT TERM HUP
    [ -z "$others" ] || kill -TERM -- "-$others" 2>/dev/null
}
trap stop EXIT
trap 'exit 130' INT TERM HUP

set -m                                  # a process group of its own, which can be stopped as a whole
(
    env -u MAKEFLAGS -u MAKEOVERRIDES -u MAKELEVEL \
        make --no-print-directory --jobs=3 --output-sync=target BESIDE=yes bare check docs >"$others_log" 2>&1
    code=$?
    cat "$others_log"
    exit $code
) &
others=$!
set +m

# One test module of the rig, one of a loop device: what shares a thing stays on one worker (loadgroup)
.venv/bin/python -m pytest -n 3 --dist loadgroup -m "not nightly" --cov --cov-report= --core-coverage=100
tests=$?
wait "$others"
checks=$?
others=
[ $checks -eq 0 ] || printf 'everything: bare, check or docs failed, and said why: %s\n' "$others_log" >&2
[ $tests -eq 0 ] && [ $checks -eq 0 ]
