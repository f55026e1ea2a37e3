#!/usr/bin/env bats
# I4: withlock killed at random moments; a thousand in the long mode.

@test "I4 kill -9 at random moments: command and descendants end, nothing is left" {
    local runs=24
    [ -z "${WITHLOCK_TEST_LONG:-}" ] || runs=1000
    run python3 "$BATS_TEST_DIRNAME/killed.py" --build "$WITHLOCK_BUILD" --runs $runs
    echo "$output"
    [ "$status" -eq 0 ]
}
