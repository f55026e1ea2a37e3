#!/usr/bin/env bats
# I3: whatever takes the lock away, nothing of the command is alive at the end of the lease.
# Two commands of each kind; 50 in the long mode.

lose() {
    local runs=3
    [ -z "${WITHLOCK_TEST_LONG:-}" ] || runs=50
    run python3 "$BATS_TEST_DIRNAME/loss.py" --build "$WITHLOCK_BUILD" --runs $runs "$1"
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "I3 loss: the attempts are deleted behind its back" {
    lose deleted
}

@test "I3 loss: the service refuses connections" {
    lose refuse
}

@test "I3 loss: the service accepts and never answers" {
    lose hang
}

@test "I3 loss: the service answers 500 for ever" {
    lose errors
}

@test "I3 loss: AWS refuses for ever" {
    lose denied
}

@test "I3 loss: the credentials have expired for good" {
    lose expired
}

@test "I3 loss: packets vanish" {
    local name=withlock-try-$$ may=no
    ip netns add "$name" 2>/dev/null && ip -n "$name" link set lo up 2>/dev/null && may=yes
    ip netns del "$name" 2>/dev/null || true
    [ $may = yes ] || skip "not installed: no right to make a network namespace"
    lose blackhole
}

@test "loss: an outage shorter than the lease is not noticed" {
    lose short
}

@test "loss: --on-lost warn says so and goes on" {
    lose warn
}
