#!/usr/bin/env bats
# Many contenders for one lock, withlock's own and the Ansible role's, against a service whose
# listings lag, whose clocks disagree and whose answers get lost.

load lock

HERE=$BATS_TEST_DIRNAME
# D = 1 s is more than 2 x lag, and more than 2 x skew + lag + the time of a create.
WEATHER='{"visibility_lag_ms":300,"clock_skew_ms":100,"latency_ms":20,"lost_response_rate":0.02}'

setup() {
    lock_setup
    export WITHLOCK_SETTLE=1
    faults "$WEATHER"
    faults "{\"seed\":$(seed)}"
}

teardown() {
    lock_teardown
}

# Another one with every run; shown, so that a failure can be played again.
seed() {
    local seed=${WITHLOCK_TEST_SEED:-$((RANDOM * 32768 + RANDOM))}
    echo "seed $seed" >&2
    echo "$seed"
}

# role NAME ARGUMENT...: a contender of the role's protocol in the background; JOB is its process.
# Each has a record of its own: two of its kind do exclude each other only most of the time.
role() {
    local name=$1
    shift
    python3 "$HERE/role_contender.py" --endpoint "$URL" --prefix locks/a --id "$name" \
        --attempts 1000 --record "$name.record" "$@" >"$name.out" 2>"$name.err" 3>&- 4>&- &
    JOB=$!
    JOBS+=("$JOB")
}

# contender NAME SECONDS [OPTION...]
contender() {
    local name=$1 seconds=$2
    shift 2
    start "$name" -p locks/a -l "$name" "$@" -- python3 "$HERE/hold.py" record "$seconds" "$name"
}

never_two_at_once() { # HOLDS-OF-WITHLOCK ROLE...
    local holds=$1 name
    python3 "$HERE/check_overlap.py" --holds "$holds" record
    shift
    for name in "$@"; do
        python3 "$HERE/check_overlap.py" --holds 1 "$name.record"
        cat record "$name.record" >both
        python3 "$HERE/check_overlap.py" both
    done
}

all_end() { # JOB...
    local job
    for job in "$@"; do
        ends 0 "$job"
    done
}

# creates REGEX [FROM-MS TO-MS]: how many there were of such names.
creates() {
    calls "select(.operation == \"CreateLogGroup\" and (.logGroupName | test(\"$1\")) and
        .mono_ms >= ${2:-0} and .mono_ms <= ${3:-9e15}) | .sequence" | wc -l
}

six_and_two() {
    local jobs=() number
    role role-1 --hold 0.5 --delay 2 --jitter 3
    jobs+=("$JOB")
    for number in 1 2 3 4 5 6; do
        contender "w$number" 0.5
        jobs+=("$JOB")
        sleep 0.1 # all of them arrive within a second
        [ "$number" -ne 3 ] || { role role-2 --hold 0.5 --delay 2 --jitter 3; jobs+=("$JOB"); }
    done
    all_end "${jobs[@]}"
    never_two_at_once 6 role-1 role-2
    nothing_left
}

@test "six of ours and two of the role's all enter, never two at once, and leave nothing" {
    local round
    for ((round = 0; round < ${LONG:+10} + 1; round++)); do
        rm -f ./*record*
        six_and_two
    done
}

# Also: who waits for several lock timeouts still has a live attempt, and its place in the queue.
@test "three times the lock timeout: the lock is kept, the role stays out, ours enter in order" {
    local jobs=() number options='-t 15 --role-timeout 15'
    contender w0 45 $options
    jobs+=("$JOB")
    wait_until test -s record
    role role-1 --timeout 15 --hold 0.2 --delay 1 --jitter 1
    local role_1=$JOB
    role role-2 --timeout 15 --hold 0.2 --delay 1 --jitter 1
    local role_2=$JOB
    for number in 1 2 3; do
        contender "w$number" 0.5 $options
        jobs+=("$JOB")
        wait_until matching "#lw$number"
        sleep 0.3 # clocks differ by up to 0.2 s: what order they arrived in shall be beyond doubt
    done
    ends 0 "${jobs[0]}"
    all_end "${jobs[@]:1}" "$role_1" "$role_2"
    [ "$(grep start record | sort -nk3 | cut -d' ' -f2 | tr '\n' ' ')" = 'w0 w1 w2 w3 ' ]
    never_two_at_once 4 role-1 role-2
    nothing_left
    # and it was put to the test: the role tried meanwhile, holder and waiters renewed
    [ "$(creates 'locks/a/role-1$' $(sed -n 's/^[a-z]* w0 //p' record))" -ge 5 ]
    [ "$(creates '#lw0$')" -ge 6 ]
    [ "$(creates '#lw3$')" -ge 6 ]
}
