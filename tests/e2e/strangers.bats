#!/usr/bin/env bats
# What lies under the prefix and is no attempt: never deleted, and in nobody's way.

load lock

OLD=2000000 # ms; older than the timeouts of 900 s and their grace

setup() {
    lock_setup
}

teardown() {
    lock_teardown
}

# stays JSON [N]: planted (with N others there), it is in nobody's way, and is there afterwards as it was before.
stays() {
    local name
    name=$(jq -r .logGroupName <<<"$1")
    plant "$1"
    control /_groups | jq -c --arg name "$name" '.[] | select(.logGroupName == $name)' >before
    gives 0 -w 30 -p locks -- curl -sf "$URL/_groups"
    jq -e --arg name "$name" 'any(.[]; .logGroupName == $name)' out
    control /_groups | jq -c --arg name "$name" '.[] | select(.logGroupName == $name)' | diff before -
    # nor was a delete of it even tried
    [ -z "$(calls "select(.operation == \"DeleteLogGroup\" and .logGroupName == \"$name\")")" ]
    group_count $((1 + ${2:-0}))
    curl -sf -X POST "$URL/_reset"
}

@test "a log group with stored bytes, older than the timeout, is left alone and stops nobody" {
    stays "{\"logGroupName\":\"locks/app\",\"age_ms\":$OLD,\"storedBytes\":1}"
    one_line "'locks/app'"
}

@test "so is one whose bytes are not counted yet, but which has a stream" {
    stays "{\"logGroupName\":\"locks/app\",\"age_ms\":$OLD,\"streams\":1}"
    one_line "'locks/app'"
}

@test "so is one that is protected, or has metric filters" {
    stays "{\"logGroupName\":\"locks/app\",\"age_ms\":$OLD,\"deletionProtectionEnabled\":true}"
    one_line "'locks/app'"
    stays "{\"logGroupName\":\"locks/app\",\"age_ms\":$OLD,\"metricFilterCount\":2}"
    one_line "'locks/app'"
}

@test "so is one that may not be looked into" {
    faults '{"deny":["DescribeLogStreams"]}'
    plant "{\"logGroupName\":\"locks/app\",\"age_ms\":$OLD}"
    gives 0 -w 30 -p locks true
    one_line "'locks/app'"
    exists locks/app
    group_count 1
}

@test "so is one that has the name of an attempt, and content" {
    stays "{\"logGroupName\":\"locks/x#t900\",\"age_ms\":$OLD,\"storedBytes\":5}"
}

@test "what has content stops nobody though it is young" {
    plant '{"logGroupName":"locks/app","storedBytes":1}'
    gives 0 -w 30 -p locks true
    exists locks/app
    group_count 1
}

@test "what lies deeper belongs to another lock: neither waited for nor deleted" {
    plant '{"logGroupName":"locks/inner/somebody#t900#g1#q1#h#k1"}'
    stays "{\"logGroupName\":\"locks/inner/role-attempt\",\"age_ms\":$OLD}" 1
    silent
}

@test "what merely begins alike is not looked at" {
    plant '{"logGroupName":"locks2/somebody#t900#g1#q1#h#k1"}'
    plant "{\"logGroupName\":\"locks\",\"age_ms\":$OLD}"
    gives 0 -n -p locks true
    silent
    group_count 2
}

@test "attempts of others that have expired are cleaned up, and those of the role first" {
    plant "{\"logGroupName\":\"locks/dead-role\",\"age_ms\":$OLD}"
    plant "{\"logGroupName\":\"locks/dead#t900#g1#q1#h#k7\",\"age_ms\":$OLD}"
    faults '{"latency_ms":300}' # to be deleted takes longer than to look what is there
    gives 0 -w 30 -p locks -c "curl -sf $URL/_groups
        until ! curl -sf $URL/_groups | grep -q /dead#; do sleep 0.05; done"
    jq -e 'any(.[]; .logGroupName == "locks/dead-role") | not' out
    nothing_left
}

@test "an attempt of the role that is young is waited for until it is gone" {
    plant '{"logGroupName":"locks/role-attempt"}'
    gives 1 -v -n -p locks touch entered
    one_line "held by 'role-attempt'"
    start waiter -p locks touch entered
    local waiter=$JOB
    wait_until call_count 6 DescribeLogGroups
    [ ! -e entered ]
    ok DeleteLogGroup '{"logGroupName":"locks/role-attempt"}'
    ends 0 "$waiter"
    [ -e entered ]
    nothing_left
}

@test "a hundred and twenty dead attempts in front, on three pages" {
    local number
    for number in $(seq 100 219); do
        plant "{\"logGroupName\":\"locks/00dead$number#t60\",\"age_ms\":$OLD}"
    done
    gives 0 -w 60 -p locks true
    plant '{"logGroupName":"locks/zz-another#t900#g1#q1#h#k7"}' # sorts behind them all
    gives 1 -n -p locks touch entered
    [ ! -e entered ]
}
