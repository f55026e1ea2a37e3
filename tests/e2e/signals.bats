#!/usr/bin/env bats
# INT and TERM at every stage of a run, at random moments: the exit status is as documented, and
# nothing is left in the service. Also in bad weather: latency, lost answers, lagging listings.

load lock

VOLLEY=$([ -n "$LONG" ] && echo 100 || echo 4) # random moments for each stage and signal
AT_ONCE=10

setup() {
    lock_setup --latency-ms 100
}

teardown() {
    lock_teardown
}

# The stages: what has to be true of run NUMBER before the random moment is waited for, and how
# long that is at most, in ms. A stage is reached by what the service or the command shows.
reached_start() { [ "$(cat "/proc/$JOB/comm")" = withlock ]; }
reached_flight() { waiting CreateLogGroup || matching "^locks/$1/"; }
reached_settling() { matching "^locks/$1/"; }
reached_claiming() { matching "^locks/$1/.*#h"; }
reached_waiting() { matching "^held/$1/2"; }
reached_running() { [ -e "in.$1" ]; }
reached_releasing() { [ -e "over.$1" ]; }

fire() { # STAGE SIGNAL NUMBER SPAN-MS: in the background of its own
    local number=$3 status=0 wanted
    case $2 in INT) wanted=130 ;; TERM) wanted=143 ;; esac
    case $1 in
    waiting) start "run$number" -p "held/$number" true ;;
    running) start "run$number" -p "locks/$number" -- sh -c "touch in.$number; sleep 60" ;;
    releasing)
        wanted=7
        start "run$number" -p "locks/$number" -- sh -c "trap '' INT TERM; touch over.$number; exit 7" ;;
    *) start "run$number" -p "locks/$number" -- sleep 60 ;;
    esac
    if ! wait_until "reached_$1" "$number"; then return 1; fi
    sleep "$(random_s "$4")"
    kill "-$2" "$JOB" 2>/dev/null || true # it may be through with releasing
    wait "$JOB" || status=$?
    [ "$status" -eq "$wanted" ] && return 0
    echo "$1 $2 $number: $status, not $wanted" >&2
    cat "run$number.err" >&2
    return 1
}

random_s() { # MS: a random time up to that, in seconds
    local ms=$((RANDOM * 32768 + RANDOM))
    printf '%d.%03d' $((ms % $1 / 1000)) $((ms % $1 % 1000))
}

volley() { # STAGE SPAN-MS
    local stage=$1 span=$2 signal number=0 batch shots failed=0
    for signal in INT TERM; do
        for ((batch = 0; batch < VOLLEY; batch += AT_ONCE)); do
            shots=()
            for ((i = batch; i < VOLLEY && i < batch + AT_ONCE; i++)); do
                number=$((number + 1))
                [ "$stage" != waiting ] || plant_claim "held/$number"
                fire "$stage" "$signal" "$number" "$span" 3>&- &
                shots+=("$!")
            done
            for shot in "${shots[@]}"; do wait "$shot" || failed=$((failed + 1)); done
        done
    done
    echo "$stage: $number signals" >&2
    [ "$failed" -eq 0 ]
    settled() { [ "$(control /_waiting)" = '{}' ]; }
    wait_until settled # what was under way when withlock left it
    nothing_left locks/
    [ "$(groups held/ | grep -cv /another)" -eq 0 ]
}

storm() {
    faults '{"latency_ms":40,"latency_jitter_ms":100,"lost_response_rate":0.1,"drop_rate":0.05,
        "visibility_lag_ms":50,"error_rate":0.05}'
    export AWS_MAX_ATTEMPTS=10
}

@test "before the first call" {
    volley start 60
}

@test "with the first request in flight" {
    volley flight 100
}

@test "while settling" {
    export WITHLOCK_SETTLE=1
    volley settling 1000
}

@test "while claiming, and when the command is about to start" {
    volley claiming 300
}

@test "while waiting behind another" {
    volley waiting 1500
}

@test "while the command runs" {
    volley running 500
}

@test "after the command has ended a signal no longer changes the exit status" {
    export WITHLOCK_VERBOSE=1
    volley releasing 300
}

@test "in bad weather: before the first call and in flight" {
    storm
    volley start 400
}

@test "in bad weather: while settling and claiming" {
    storm
    volley settling 800
}

@test "in bad weather: while waiting" {
    storm
    volley waiting 2000
}

@test "in bad weather: while the command runs" {
    storm
    volley running 500
}

@test "in bad weather: while releasing" {
    storm
    volley releasing 600
}

@test "HUP and QUIT withdraw, too, and one that is ignored on entry stays ignored" {
    plant_claim locks/a
    for signal in HUP:129 QUIT:131; do
        start run -p locks/a true
        local job=$JOB
        wait_until matching '^locks/a/2'
        kill "-${signal%:*}" "$job"
        ends "${signal#*:}" "$job"
        group_count 1 locks/
    done
    (trap '' HUP; exec "$WITHLOCK" -p locks/a true 2>err 3>&- 4>&-) &
    local job=$!
    JOBS+=("$job")
    wait_until matching '^locks/a/2'
    kill -HUP "$job"
    kill -HUP "$job"
    ok DeleteLogGroup '{"logGroupName":"locks/a/another#t900#g1#q1#h#k7"}'
    ends 0 "$job"
    nothing_left
}
