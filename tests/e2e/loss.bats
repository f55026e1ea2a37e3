#!/usr/bin/env bats
# I3: whatever takes the lock away, nothing of the command is alive at the end of the lease.
# Two runs of each kind, all cases at once; 50 of each in the long mode, one case after the other.
# They wait more than they compute; but with 150 side by side two cores are too busy for answers
# to come in time, which is a reason for loss of its own.

load cases

CASES='deleted refuse hang errors denied uncreatable expired blackhole short warn'

lose() { # CASE
    local many='--each 2'
    [ -z "${WITHLOCK_TEST_LONG:-}" ] || many='--each 25 --rounds 2'
    begin "$1" python3 "$BATS_TEST_DIRNAME/loss.py" --build "$WITHLOCK_BUILD" $many "$1"
}

setup_file() {
    may_have_namespace && touch "$BATS_FILE_TMPDIR/may"
    [ -z "${WITHLOCK_TEST_LONG:-}" ] || return 0
    for case in $CASES; do
        [ "$case" = blackhole ] && [ ! -e "$BATS_FILE_TMPDIR/may" ] || lose "$case"
    done
}

may_have_namespace() {
    local name=withlock-try-$$ may=1
    ip netns add "$name" 2>/dev/null && ip -n "$name" link set lo up 2>/dev/null && may=0
    ip netns del "$name" 2>/dev/null || true
    return $may
}

lost() { # CASE
    [ -z "${WITHLOCK_TEST_LONG:-}" ] || lose "$1"
    went_well "$1"
}

@test "I3 loss: the attempts are deleted behind its back" {
    lost deleted
}

@test "I3 loss: the service refuses connections" {
    lost refuse
}

@test "I3 loss: the service accepts and never answers" {
    lost hang
}

@test "I3 loss: the service answers 500 for ever" {
    lost errors
}

@test "I3 loss: AWS refuses for ever" {
    lost denied
}

@test "I3 loss: AWS refuses to create, not to delete: the release waits for the command's end" {
    lost uncreatable
}

@test "I3 loss: the credentials have expired for good" {
    lost expired
}

@test "I3 loss: packets vanish" {
    [ -e "$BATS_FILE_TMPDIR/may" ] || skip 'no network namespaces here'
    lost blackhole
}

@test "loss: an outage shorter than the lease is not noticed" {
    lost short
}

@test "loss: --on-lost warn says so and goes on" {
    lost warn
}
