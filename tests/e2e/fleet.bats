#!/usr/bin/env bats
# What fleets of hosts need: --min-hold, --max-waiters, --expect.

load lock

setup() {
    lock_setup
}

teardown() {
    lock_teardown
}

@test "--min-hold keeps the lock after the command has ended" {
    start holder -v --min-hold 3 -p jobs touch ran
    local job=$JOB
    wait_until test -e ran
    wait_until grep -q 'the command has ended; holding' holder.err
    gives 1 -n -p jobs touch entered
    [ ! -e entered ]
    ends 0 "$job"
    [ "$(sed -n "s/.*released lock 'jobs' after \([0-9]*\)\..*/\1/p" holder.err)" -ge 3 ]
    nothing_left
}

@test "a cron job runs once on a fleet whose clocks differ by less than --min-hold" {
    local host jobs=() ended=0 status
    for host in 1 2 3 4 5 6; do
        start "host$host" -n -E 0 --min-hold 4 -p jobs sh -c 'echo "$0" >>ran' "host$host"
        jobs+=("$JOB")
        sleep 0.2 # the hosts' clocks differ
    done
    for host in "${jobs[@]}"; do ends 0 "$host"; done
    [ "$(wc -l <ran)" -eq 1 ]
    nothing_left
}

@test "--min-hold: a status other than 0 counts, a signal ends it early" {
    gives 7 --min-hold 0.5 -p jobs -c 'exit 7'
    start holder -v --min-hold 1h -p jobs true
    local job=$JOB
    wait_until grep -q 'holding' holder.err
    kill -TERM "$job"
    ends 0 "$job"
    nothing_left
}

@test "--min-hold: a loss after the command has ended is a warning" {
    start holder -v -t 15 --min-hold 1h -p jobs true
    local job=$JOB
    wait_until grep -q 'holding' holder.err
    take_from "$job" jobs
    ends 0 "$job"
    grep -q "warning: lost the lock 'jobs': .*after the command had ended" holder.err
}

renewed() {
    groups jobs/ | grep -q '#g[2-9].*#h.*#e5400$'
}

@test "--expect: all claims of a run have its word, and who waits is told" {
    hold holder -t 15 --expect 89m59.5s -p jobs
    local holder=$JOB waiter
    groups jobs/ | grep -q '#h.*#e5400$'
    wait_until renewed
    WITHLOCK_EXPECT=5 start waiter -t 15 -p jobs true
    waiter=$JOB
    wait_until grep -qE "held by '[^']+' since 20[^ ]+Z, probably until 20[^ ]+Z$" waiter.err
    [ "$(groups jobs/ | grep -vc '#h')" -ge 1 ]
    ! groups jobs/ | grep -v '#h' | grep '#e' # who only waits has said nothing
    gives 1 -n -v -p jobs true
    grep -q "not obtained: held by .*, probably until 20" err
    gives 1 -p jobs --status
    grep -qE "^'[^']+' expects to end at 20[0-9T:-]+Z$" out
    gives 1 -p jobs --status --json
    jq -e '(.holders[0] | (.expected_end | fromdate) - (.since | fromdate)) == 5400 and
        (.waiters[0] | has("expected_end") | not)' out
    gives 0 -p jobs --list --json
    jq -e '.locks[0].holders[0].expected_end > "20"' out
    let_go holder
    ends 0 "$holder"
    ends 0 "$waiter" # freed long before the time
    nothing_left
}

@test "who has another lock timeout is told so, once, and what it means" {
    plant '{"logGroupName":"jobs/another#t60#g1#q1#h#k7"}'
    gives 1 -w 1 -p jobs true
    grep -v 'not obtained' err >warned
    diff warned - <<<"withlock: warning: 'another' has a lock timeout of 60 s at lock 'jobs', we of 900 s; each counts as abandoned after its own"
    gives 1 -w 0.5 --log-format json -p jobs true
    valid log-format.md err lines
    jq -se '[.[] | select(.event == "disagreement")] | length == 1 and .[0].other == "another"' err
    gives 1 -n -q -p jobs true
    silent
    gives 1 -n -t 60 -p jobs true
    silent
}

@test "--max-waiters gives up at once where so many wait already" {
    hold holder -p jobs
    local holder=$JOB first second
    gives 1 --max-waiters 0 -p jobs touch entered
    one_line 'held by'
    grep -q behind err && return 1
    start first --max-waiters 1 -l first -p jobs touch first.entered
    first=$JOB
    wait_until call_count 3 DescribeLogGroups
    wait_until matching '#lfirst'
    sleep 0.5 # beyond the settle time: it waits for good
    gives 1 --max-waiters 1 -p jobs touch entered
    one_line '; behind 1' # that is why
    start second --max-waiters 2 -l second -p jobs touch second.entered
    second=$JOB
    wait_until matching '#lsecond'
    sleep 0.5
    gives 1 --max-waiters 2 -p jobs touch entered
    let_go holder
    ends 0 "$holder"
    ends 0 "$first"
    ends 0 "$second"
    [ ! -e entered ]
    [ -e first.entered ]
    [ -e second.entered ]
    gives 0 --max-waiters 0 -p jobs true # a free lock is taken
    nothing_left
}

@test "--max-waiters counts those on further pages" {
    local number
    plant_claim jobs
    for number in $(seq 60); do
        plant "{\"logGroupName\":\"jobs/w$number#t900#q$number\"}"
    done
    gives 1 -i me --max-waiters 60 -w 0.5 -p jobs true # it may wait
    [ "$(calls 'select(.operation == "DescribeLogGroups") | .sequence' | wc -l)" -ge 2 ]
    curl -sf -X POST "$URL/_reset"
    plant_claim jobs
    for number in $(seq 60); do
        plant "{\"logGroupName\":\"jobs/w$number#t900#q$number\"}"
    done
    gives 1 -i me --max-waiters 59 -p jobs true
}
