#!/usr/bin/env bats
# I1 I3: a holder stopped for longer than its lease, or on a machine that was suspended.

load cases

setup_file() {
    for case in withlock guardian all suspend; do
        begin $case python3 "$BATS_TEST_DIRNAME/stopped.py" --build "$WITHLOCK_BUILD" $case
    done
}

@test "I3 SIGSTOP of withlock past its lease: the guardian ends the command before a rival enters" {
    went_well withlock
}

@test "SIGSTOP of the guardian: the lock is kept, its end comes through" {
    went_well guardian
}

@test "SIGSTOP of all past the lease: what is continued ends itself, the rival keeps its lock" {
    went_well all
}

@test "I3 a machine suspended past the lease: the command is ended first of all" {
    went_well suspend
}
