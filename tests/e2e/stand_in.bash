# stand_in.bash - for the tests of cwlogs-local itself: each has a service of its own.

load service

setup() {
    SERVICE_PID=
}

teardown() {
    stop_service
}

# service_refuses STATUS TEXT ARGUMENT...: the program refuses with this status and one line on stderr.
service_refuses() {
    local wanted=$1 text=$2 status=0
    shift 2
    "$CWLOGS_LOCAL" "$@" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" </dev/null || status=$?
    echo "cwlogs-local $*: $status, $(cat "$BATS_TEST_TMPDIR/err")"
    [ "$status" -eq "$wanted" ]
    [ ! -s "$BATS_TEST_TMPDIR/out" ]
    [ "$(cat "$BATS_TEST_TMPDIR/err")" = "cwlogs-local: $text" ]
}

# cut_off: the last call was cut off without an answer.
cut_off() {
    [ "$HTTP" = 000 ] || { echo "answered with $HTTP" >&2; return 1; }
    [ "$CURL" -ne 0 ]
}
