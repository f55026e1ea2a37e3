#!/usr/bin/env bats
# The basic cases once more, against moto_server: a stand-in that others wrote, of what AWS does.

load lock

setup_file() {
    command -v moto_server >/dev/null || return 0 # setup() skips
    moto_server -H 127.0.0.1 -p 0 >"$BATS_FILE_TMPDIR/moto" 2>&1 3>&- 4>&- &
    export MOTO_PID=$!
    wait_until grep -q 'Running on http' "$BATS_FILE_TMPDIR/moto"
    export MOTO_URL=$(sed -n 's/.*Running on \(http[^ ]*\).*/\1/p' "$BATS_FILE_TMPDIR/moto" | head -n 1)
}

teardown_file() {
    [ -z "${MOTO_PID:-}" ] || kill "$MOTO_PID"
}

setup() {
    command -v moto_server >/dev/null || skip 'moto_server is not installed'
    lock_setup # cwlogs-local is there, and unused
    URL=$MOTO_URL
    export AWS_ENDPOINT_URL=$URL
    curl -sf -X POST "$URL/moto-api/reset" >/dev/null
}

teardown() {
    lock_teardown
}

# listed PREFIX: the log groups moto has, one to a line.
listed() {
    ok DescribeLogGroups "{\"logGroupNamePrefix\":\"$1\"}" -H \
        'Authorization: AWS4-HMAC-SHA256 Credential=A/20260101/eu-west-1/logs/aws4_request, SignedHeaders=host, Signature=0'
    jq -r '.logGroups[].logGroupName' <<<"$BODY"
}
moto_empty() {
    [ -z "$(listed locks/)" ]
}

# runs_in_sight: the mutex is nobody's.
runs_in_sight() {
    listed locks/a/ | grep -vF '/#mutex' | sed 's/#.*//' | sort -u | wc -l
}

@test "a command runs under the lock, its status comes through, nothing is left" {
    gives 7 -v -p locks/a -c 'echo "$WITHLOCK_HELD_PREFIX"; exit 7'
    [ "$(cat out)" = locks/a ]
    grep -q "acquired lock 'locks/a'" err
    moto_empty
}

@test "a held lock is refused with -n and after -w, and entered when it is free" {
    hold holder -p locks/a
    local holder=$JOB
    listed locks/a/ | grep -q '#h'
    gives 1 -n -p locks/a touch entered
    gives 5 -w 1 -E 5 -p locks/a touch entered
    [ ! -e entered ]
    start waiter -p locks/a touch entered
    local waiter=$JOB
    two_wait() { [ "$(runs_in_sight)" -eq 2 ]; }
    wait_until two_wait
    let_go holder
    ends 0 "$holder"
    ends 0 "$waiter"
    moto_empty
}

@test "contenders enter one at a time" {
    local jobs=() number
    for number in 1 2 3 4; do
        start "run$number" -p locks/a -- sh -c \
            'mkdir inside && sleep 0.3 && rmdir inside'
        jobs+=("$JOB")
    done
    for number in "${jobs[@]}"; do ends 0 "$number"; done
    moto_empty
}

@test "a signal while waiting withdraws" {
    hold holder -p locks/a
    local holder=$JOB
    start waiter -p locks/a true
    local waiter=$JOB
    two_wait() { [ "$(runs_in_sight)" -eq 2 ]; }
    wait_until two_wait
    kill -TERM "$waiter"
    ends 143 "$waiter"
    [ "$(runs_in_sight)" -eq 1 ]
    let_go holder
    ends 0 "$holder"
    moto_empty
}

@test "more attempts than a page holds" {
    local number
    for number in $(seq 100 160); do
        ok CreateLogGroup "{\"logGroupName\":\"locks/0other/$number\"}" -H \
            'Authorization: AWS4-HMAC-SHA256 Credential=A/20260101/eu-west-1/logs/aws4_request, SignedHeaders=host, Signature=0'
    done
    gives 0 -w 30 -p locks true
    hold holder -p locks
    local holder=$JOB
    gives 1 -n -p locks true
    let_go holder
    ends 0 "$holder"
}

@test "a prefix that the service would refuse is refused before it is asked" {
    gives 64 -p 'a b' true
    one_line "'a b'"
}
