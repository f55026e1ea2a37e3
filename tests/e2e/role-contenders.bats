#!/usr/bin/env bats
# Contenders that speak the role's protocol, and the checker of overlaps: both have to be able to
# show two holders before anything they say about withlock counts.

load service

setup() {
    SERVICE_PID=
    RECORD="$BATS_TEST_TMPDIR/record"
}

teardown() {
    stop_service
}

contender() {
    python3 "$BATS_TEST_DIRNAME/role_contender.py" --endpoint "$URL" --prefix p "$@"
}

check() {
    python3 "$BATS_TEST_DIRNAME/check_overlap.py" "$@"
}

# four RECORD: four contenders that arrive within 50 ms and hold for 1.5 s; fails if none held.
four() {
    local at=$(python3 -c 'import time; print(int(time.clock_gettime(time.CLOCK_BOOTTIME) * 1000) + 1500)')
    local pids=()
    for number in 1 2 3 4; do
        contender --id "c$number" --at $((at + RANDOM % 50)) --hold 1.5 --attempts 3 --delay 1 --jitter 1 \
            --record "$1" 3>&- &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do
        wait "$pid" || [ $? -eq 1 ] # not everybody gets it
    done
    [ -s "$1" ]
}

@test "the checker finds overlaps, and only those" {
    printf '%s\n' 'start a 10' 'stop a 20' 'start b 20' 'start a 30' 'stop b 30' 'stop a 40' >"$RECORD"
    check --holds 3 "$RECORD"
    printf '%s\n' 'start a 10' 'start b 19' 'stop a 20' 'stop b 30' >"$RECORD"
    run check "$RECORD"
    [ "$status" -eq 1 ]
    [ "$output" = 'at 19 b began while there held: a (10 to 20)' ]
    check --holders 2 "$RECORD"
    printf '%s\n' 'start a 10' 'stop b 12' 'start c 12' 'start b 11' 'stop a 50' 'stop c 13' >"$RECORD"
    run check "$RECORD"
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 2 ]
    printf '%s\n' 'start a 10' 'start b 12' 'stop b 40' 'start c 14' 'stop c 15' 'stop a 20' >"$RECORD"
    run check --holders 2 "$RECORD"
    [ "$status" -eq 1 ]
    for bad in '' 'start a 10' 'stop a 10' $'start a 1\nstart a 2\nstop a 3\nstop a 4' 'start a x' 'begin a 1'; do
        printf '%s' "$bad" >"$RECORD"
        run check "$RECORD"
        [ "$status" -eq 2 ]
    done
    printf '%s\n' 'start a 10' 'stop a 20' >"$RECORD"
    run check --holds 2 "$RECORD"
    [ "$status" -eq 2 ]
}

@test "a contender takes the lock, runs its command, and leaves nothing" {
    start_service --credentials AKID:secret
    export AWS_ACCESS_KEY_ID=AKID AWS_SECRET_ACCESS_KEY=secret
    contender --id a --record "$RECORD" -- curl -sf "$URL/_groups" -o "$BATS_TEST_TMPDIR/while"
    [ "$(jq -c 'map(.logGroupName)' "$BATS_TEST_TMPDIR/while")" = '["p/a"]' ]
    check --holds 1 "$RECORD"
    local status=0
    contender --id a -- sh -c 'exit 7' || status=$?
    [ "$status" -eq 7 ]
    [ "$(control /_groups)" = '[]' ]
}

@test "a contender stays out while an earlier attempt is there, and not after it has expired" {
    start_service
    curl -sf -d '{"logGroupName":"p/zzz","age_ms":60000}' "$URL/_groups"
    local status=0
    contender --id a --record "$RECORD" --attempts 2 --delay 0.1 --jitter 0 --timeout 900 || status=$?
    [ "$status" -eq 1 ]
    [ ! -e "$RECORD" ]
    [ "$(control /_groups | jq -c 'map(.logGroupName)')" = '["p/zzz"]' ]
    contender --id a --record "$RECORD" --attempts 1 --timeout 30
    check --holds 1 "$RECORD"
    [ "$(control /_groups)" = '[]' ]
}

@test "a contender that is told to end deletes its attempt" {
    start_service
    # not by the function: the signal would reach its shell
    python3 "$BATS_TEST_DIRNAME/role_contender.py" --endpoint "$URL" --prefix p --id a --hold 600 \
        --record "$RECORD" 3>&- &
    local pid=$!
    wait_until test -s "$RECORD"
    exists p/a
    kill -TERM "$pid"
    local status=0
    wait "$pid" || status=$?
    [ "$status" -eq 143 ]
    [ "$(control /_groups)" = '[]' ]
    check --holds 1 "$RECORD"
}

@test "contenders enter in spite of lost answers, errors and lag" {
    start_service --lost-response-rate 0.2 --error-rate 0.1 --drop-rate 0.1 --visibility-lag-ms 100 --seed 4
    for id in a b c; do
        contender --id "$id" --attempts 20 --delay 0.1 --jitter 0.2 --record "$RECORD"
    done
    check --holds 3 "$RECORD"
    [ "$(control /_groups)" = '[]' ]
}

@test "alone among themselves they overlap within ten runs under skew and lag" {
    start_service --clock-skew-ms 500 --visibility-lag-ms 300 --latency-ms 20
    local overlapped=0
    for run in {1..10}; do
        faults "{\"seed\":$run}"
        four "$RECORD.$run"
        run check "$RECORD.$run"
        [ "$status" -le 1 ]
        if [ "$status" -eq 1 ]; then
            echo "run: $output"
            overlapped=1
            break
        fi
        [ "$(control /_groups)" = '[]' ]
    done
    [ "$overlapped" -eq 1 ]
}

@test "with exact clocks and listings they do not overlap" {
    start_service
    for run in 1 2; do
        four "$RECORD.$run"
        check "$RECORD.$run"
        [ "$(control /_groups)" = '[]' ]
    done
}
