#!/usr/bin/env bats
# I1 I5 I7: listings that are late by seconds; by half a minute in the long mode.

@test "where listings are late all enter, one after the other, for a bounded number of calls" {
    local cases=("alone 2 s" "crowd 6, 1.5 s")
    [ -z "${WITHLOCK_TEST_LONG:-}" ] || cases=()
    run python3 "$BATS_TEST_DIRNAME/late.py" --build "$WITHLOCK_BUILD" "${cases[@]}"
    echo "$output"
    [ "$status" -eq 0 ]
}
