#!/usr/bin/env bats
# On a machine that preempts at the wrong moment (tests/tools/jitter.c) no wait goes on for ever:
# locks are kept, and a run ends when it is to end.
#
# 8 holders for 30 s; with WITHLOCK_TEST_LONG 200 for five times the lock timeout, 20 at a time.

load lock

setup() {
    lock_setup
    # what is measured is withlock; its command is not to be slowed down
    local preloaded="$WITHLOCK_BUILD/tests/tools/libjitter.so"
    [ -e "$preloaded" ]
    [[ $(ldd "$WITHLOCK") == *libc.* ]] || skip 'withlock is linked statically'
    JITTERY=(env LD_PRELOAD="$preloaded"
        ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0")
    CALM=(env -u LD_PRELOAD)
}

teardown() {
    lock_teardown
}

# jitter NAME=VALUE...: from here on, in microseconds.
jitter() {
    JITTERY+=("$@")
}

# begin NAME ARGUMENT...: as start, on the machine that preempts.
begin() {
    local name=$1
    shift
    (exec "${JITTERY[@]}" "$WITHLOCK" "$@" >"$name.out" 2>"$name.err" </dev/null 3>&- 4>&-) &
    JOBS+=($!)
}

# hold_side_by_side COUNT SECONDS: each is kept until its command ends by itself.
hold_side_by_side() {
    local n
    JOBS=()
    for ((n = 0; n < $1; n++)); do
        begin "hold-$n" -p "hold/$n" -t 15 -- "${CALM[@]}" sleep "$2"
    done
    for ((n = 0; n < $1; n++)); do
        ends 0 "${JOBS[n]}"
        [ ! -s "hold-$n.err" ]
    done
    JOBS=()
    nothing_left hold/
}

# over JOB...: have all of them ended?
over() {
    ! kill -0 "$@" 2>/dev/null
}

@test "waits that end early and clocks that are read late cost no holder its lock" {
    local round
    if [ -z "$LONG" ]; then
        jitter TEST_WAIT_EARLY_US=3000 TEST_CLOCK_LATE_US=2500
        hold_side_by_side 8 30
        return
    fi
    jitter TEST_WAIT_EARLY_US=5000 TEST_WAIT_LATE_US=5000 TEST_CLOCK_LATE_US=5000
    for ((round = 0; round < 10; round++)); do
        hold_side_by_side 20 75
    done
}

@test "nor do they make --min-hold hold on for ever" {
    local n
    jitter TEST_WAIT_EARLY_US=10000 TEST_CLOCK_LATE_US=5000
    for ((n = 0; n < 60; n++)); do
        begin "min-$n" -p "min/$n" --min-hold 1 -- "${CALM[@]}" true
    done
    for ((n = 0; n < 60; n++)); do
        wait_until over "${JOBS[n]}"
        ends 0 "${JOBS[n]}"
    done
    JOBS=()
    nothing_left min/
}
