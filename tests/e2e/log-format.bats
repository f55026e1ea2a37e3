#!/usr/bin/env bats
# --log-format json: every event, as docs/log-format.md describes it.

load lock

setup() {
    lock_setup
    export WITHLOCK_LOG_FORMAT=json
}

teardown() {
    lock_teardown
}

# event NAME JQ-CONDITION [FILE]: is there such an event, and does this hold of the last one?
event() {
    jq -s -e --arg name "$1" "[.[] | select(.event == \$name)] | last | $2" "${3:-err}" >/dev/null ||
        { cat "${3:-err}" >&2; return 1; }
}
events() { # their names in order
    jq -r .event "${1:-err}" | paste -sd' '
}

@test "a run tells of its acquisition, its command's end and its release" {
    gives 3 -p jobs -i me -c 'exit 3'
    [ "$(events)" = 'acquired ended released' ]
    event acquired '.lock == "jobs" and .id == "me" and .token > 0 and .waited_ms >= 100'
    event ended '.status == 3 and .ran_ms >= 0'
    event released '.status == 3 and .held_ms >= 0 and .waited_ms >= 100 and .calls >= 6 and
        .renewals == 0 and .level == "notice"'
    valid log-format.md err lines
}

@test "a waiter is told who is ahead, also when it gives up" {
    hold holder -l nightly -p jobs
    local job=$JOB id
    id=$(holder_of jobs)
    start waiter -p jobs true
    local waiter=$JOB
    wait_until grep -q waiting waiter.err
    event waiting ".holder == \"$id\" and .label == \"nightly\" and .ahead == 1 and .waiters_ahead == 0 and
        .waited_ms >= 1900" waiter.err
    gives 1 -p jobs -w 0.2 true
    event not_obtained ".holder == \"$id\" and .waited_ms >= 200 and .level == \"notice\""
    valid log-format.md err lines
    gives 1 -p jobs -n true
    event not_obtained ".holder == \"$id\""
    WITHLOCK_LOG_FORMAT=text gives 1 -p jobs -n true
    silent
    let_go holder
    ends 0 "$job"
    ends 0 "$waiter"
    valid log-format.md waiter.err lines
}

@test "a signal that ends the wait is told" {
    plant_claim jobs
    start waiter -p jobs true
    local waiter=$JOB
    wait_until group_count 2
    kill -TERM "$waiter"
    ends 143 "$waiter"
    event withdrawn '.signal == 15 and .waited_ms >= 0 and .lock == "jobs"' waiter.err
    valid log-format.md waiter.err lines
    WITHLOCK_LOG_FORMAT=text start waiter -v -p jobs true
    waiter=$JOB
    wait_until group_count 2
    kill -INT "$waiter"
    ends 130 "$waiter"
    grep -qE "^withlock: withdrawn from lock 'jobs' after [0-9.]+ s, by signal 2$" waiter.err
}

@test "renewals are told, with the lease they give" {
    hold holder -t 15 -p jobs
    local job=$JOB
    wait_until grep -q '"renewed"' holder.err
    event renewed '.renewals == 1 and .lease_ms > 10000 and .lease_ms <= 15000' holder.err
    let_go holder
    ends 0 "$job"
    event released '.renewals >= 1' holder.err
    valid log-format.md holder.err lines
}

@test "a loss is told before the command is ended" {
    hold holder -t 15 -p jobs
    local job=$JOB
    take_from "$job" jobs
    ends 74 "$job"
    [ "$(events holder.err)" = 'acquired lost ended released failed' ]
    event failed '.status == 74 and .level == "error" and (.message | contains("lost"))' holder.err
    valid log-format.md holder.err lines
}

@test "what cannot be released is told" {
    hold holder --release-timeout 0.5 -p jobs
    local job=$JOB
    faults '{"deny":["DeleteLogGroup"]}'
    let_go holder
    ends 0 "$job"
    event left '.status == 0' holder.err
    valid log-format.md holder.err lines
}

@test "failures, calls and hostile names are lines of JSON too" {
    faults '{"deny":["CreateLogGroup"]}'
    gives 77 -vv -p jobs true
    event failed '.status == 77'
    valid log-format.md err lines
    faults '{"deny":[]}'
    plant '{"logGroupName":"jobs/x\"y#t900#h#l\u001b[31m\u00e9"}' || plant '{"logGroupName":"jobs/a.b#t900#h#lc"}'
    gives 1 -n -p jobs true
    valid log-format.md err lines
}

@test "-q leaves errors only; a bad format is refused" {
    gives 0 -q -p jobs true
    silent
    unset WITHLOCK_LOG_FORMAT
    gives 64 --log-format xml -p jobs true
    one_line "--log-format 'xml': takes text|json"
}
