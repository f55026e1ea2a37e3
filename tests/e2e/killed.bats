#!/usr/bin/env bats
# I4: withlock killed at random moments; a thousand in the long mode.

kill_all() { # RUNS OPTION...
    local runs=$1
    shift
    [ -z "${WITHLOCK_TEST_LONG:-}" ] || runs=1000
    run python3 "$BATS_TEST_DIRNAME/killed.py" --build "$WITHLOCK_BUILD" --runs $runs "$@"
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "I4 kill -9 at random moments: command and descendants end, nothing is left" {
    kill_all 24
}

@test "I4 kill -9 without a settle wait, where listings lag: what is not in sight is deleted, too" {
    kill_all 16 --settle 0 --lag 800
}
