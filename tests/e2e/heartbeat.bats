#!/usr/bin/env bats
# What the heartbeat's thread and the main one do at the same time. Run with the thread sanitizer,
# too: the shortest lock timeout there is, so that there is a renewal every 5 s.

load lock

setup() {
    lock_setup
}

teardown() {
    lock_teardown
}

# renewals N: has the holder made so many generations of its attempt?
renewals() {
    [ "$(calls 'select(.operation == "CreateLogGroup" and .applied).logGroupName' | grep -c '#h')" -gt "$1" ]
}

# in_flight: starts a holder and waits until its first renewal is on its way. Sets HOLDER.
in_flight() {
    start holder -t 15 -p locks/a -- sh -c "$1" holder
    HOLDER=$JOB
    wait_until test -e holder.in
    faults '{"latency_ms":2000}'
    wait_until waiting CreateLogGroup
}

resumed_look() {
    [ -n "$(calls 'select(.resumed and .operation == "DescribeLogGroups")')" ]
}

nothing_under_way() {
    [ "$(control /_waiting)" = '{}' ]
}

@test "a hold over several renewals, with every fault, is kept" {
    faults '{"latency_ms":30,"latency_jitter_ms":100,"visibility_lag_ms":40,"lost_response_rate":0.04,
        "drop_rate":0.04,"error_rate":0.04,"operation_aborted_rate":0.04,"clock_skew_ms":100}'
    AWS_MAX_ATTEMPTS=20 hold holder -t 15 -p locks/a
    local holder=$JOB
    wait_until renewals 1
    wait_until renewals 3
    let_go holder
    ends 0 "$holder"
    wait_until nothing_under_way
    nothing_left
}

@test "a look over TLS resumes the session: no handshake with certificates for each" {
    stop_service
    private_ca
    export AWS_CA_BUNDLE=$CA CURL_CA_BUNDLE=$CA
    start_service --tls-cert "$CERTIFICATE" --tls-key "$KEY"
    export AWS_ENDPOINT_URL=$URL
    hold holder -t 60 -p locks/a # a look every 10 s: the connection of the last is not used again
    local holder=$JOB
    [ -z "$(calls 'select(.resumed)')" ]
    wait_until resumed_look
    let_go holder
    ends 0 "$holder"
    nothing_left
}

@test "the lock is lost while calls go on: the command is ended, and that is 74" {
    hold holder -t 15 -p locks/a
    local holder=$JOB
    faults '{"latency_ms":100,"latency_jitter_ms":100}'
    take_from "$holder" locks/a
    ends 74 "$holder"
    grep -q 'lost the lock' holder.err
    [ ! -e holder.done ]
    wait_until nothing_under_way
    nothing_left
}

@test "what is found while the lock is held is said then, not when it is given back" {
    hold holder -p jobs -t 15
    plant '{"logGroupName":"jobs/another#t60#g1#q1#k7"}'
    wait_until grep -q "warning: 'another' has a lock timeout of 60 s" holder.err
    kill -0 "$JOB"
    let_go holder
    ends 0 "$JOB"
}

@test "TERM while a renewal is in flight: the command's end is its own, and nothing is left" {
    in_flight "trap 'exit 9' TERM; $HOLD"
    kill -TERM "$HOLDER"
    ends 9 "$HOLDER"
    wait_until nothing_under_way
    nothing_left
}

@test "the command ends while a renewal is in flight: the renewal is deleted, too" {
    in_flight "$HOLD"
    let_go holder
    ends 0 "$HOLDER"
    wait_until nothing_under_way
    nothing_left
}

@test "signals rain while the lock is renewed: each goes on to the command" {
    start holder -t 15 -p locks/a -- sh -c "trap 'echo >>rain' USR1; $HOLD" holder
    local holder=$JOB
    wait_until test -e holder.in
    until renewals 1; do kill -USR1 "$holder"; sleep 0.05; done
    wait_until test -s rain
    let_go holder
    ends 0 "$holder"
    nothing_left
}
