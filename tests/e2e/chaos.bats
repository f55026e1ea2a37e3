#!/usr/bin/env bats
# Half a minute of chaos with real processes; in the long mode ten minutes with 20 of them, and ten
# more where listings are late by up to 5 s.

@test "I1 I4 I8: chaos: nobody together, nothing left, nothing lost" {
    local seconds=30 processes=10 lags=(0) lag
    [ -z "${WITHLOCK_TEST_LONG:-}" ] || { seconds=600 processes=20 lags=(0 5); }
    for lag in "${lags[@]}"; do
        run python3 "$BATS_TEST_DIRNAME/../chaos/chaos.py" --build "$WITHLOCK_BUILD" --lag "$lag" \
            --seconds $seconds --processes $processes --seed "${WITHLOCK_CHAOS_SEED:-1}"
        echo "$output"
        [ "$status" -eq 0 ]
    done
}

@test "chaos would notice two at once: a launcher that does not wait for others" {
    # two holds of one record that overlap by hand are what the checker must find
    local record="$BATS_TEST_TMPDIR/record"
    printf 'start a 100\nbeat a 200\nstart b 150\nstop b 300\n' >"$record"
    run python3 - "$BATS_TEST_DIRNAME/../chaos" "$record" <<'PYTHON'
import collections, sys
sys.path.insert(0, sys.argv[1])
import chaos
world = chaos.World.__new__(chaos.World)
world.record, world.failures, world.done = sys.argv[2], [], collections.Counter()
world.check_overlap()
sys.exit(0 if any("two at once" in failure for failure in world.failures) else 1)
PYTHON
    [ "$status" -eq 0 ]
}
