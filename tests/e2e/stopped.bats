#!/usr/bin/env bats
# I1 I3: a holder stopped for longer than its lease, or on a machine that was suspended.

stop() {
    run python3 "$BATS_TEST_DIRNAME/stopped.py" --build "$WITHLOCK_BUILD" "$1"
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "I3 SIGSTOP of withlock past its lease: the guardian ends the command before a rival enters" {
    stop withlock
}

@test "SIGSTOP of the guardian: the lock is kept, its end comes through" {
    stop guardian
}

@test "SIGSTOP of all past the lease: what is continued ends itself, the rival keeps its lock" {
    stop all
}

@test "I3 a machine suspended past the lease: the command is ended first of all" {
    stop suspend
}
