#!/usr/bin/env bats
# --list: all locks of a prefix or of the account. --watch: that, or --status, again and again.

load lock

setup() {
    lock_setup
}

teardown() {
    lock_teardown
}

# json JQ-CONDITION: of the last list, which must be as its schema says.
json() {
    valid list.md out
    jq -e "$1" out >/dev/null || { jq . out >&2; return 1; }
}

# plant_locks FIRST LAST: each with a holder of two names and every third with a waiter.
plant_locks() {
    local number
    for ((number = $1; number <= $2; number++)); do
        printf '{"logGroupName":"many/l%03d/h%d#t900#g1#q1#h#k7#llabel-%d"}\n' $number $number $number
        printf '{"logGroupName":"many/l%03d/h%d#t900#g2#q1#h#k7#llabel-%d"}\n' $number $number $number
        ((number % 3)) || printf '{"logGroupName":"many/l%03d/w#t900#q2"}\n' $number
    done | while read -r group; do
        printf 'next\nurl = "%s/_groups"\nfail\nsilent\ndata-binary = "%s"\noutput = /dev/null\n' "$URL" \
            "${group//\"/\\\"}"
    done | sed 1d | curl -K -
}

# on_terminal COLUMNS ROWS ARGUMENT...: what it writes there goes to seen.
on_terminal() {
    local columns=$1 rows=$2
    shift 2
    TERM=xterm script -qec "stty cols $columns rows $rows; exec $(printf '%q ' "$WITHLOCK" "$@")" /dev/null \
        </dev/null 3>&- 4>&- | tr -d '\r' >seen
}

@test "no lock at all" {
    gives 0 --list
    grep -qxE "0 locks in eu-west-1, 0 held; 20[0-9T:-]{17}Z by the service's clock" out
    plant '{"logGroupName":"app/logs"}'
    plant '{"logGroupName":"app/logs#1"}'
    plant '{"logGroupName":"logs#t900"}' # below no lock
    plant '{"logGroupName":"app/x#t#9"}'
    gives 0 --list
    grep -q '^0 locks' out
    gives 0 -p app --list --json
    json '.below == "app" and .locks == [] and .clock == "service" and .region == "eu-west-1"'
    [ "$(control /_stats | jq -c keys)" = '["DescribeLogGroups"]' ]
}

@test "locks that are held, waited for, nested, shared and abandoned" {
    hold holder -l nightly -p locks/a
    local job=$JOB id
    id=$(holder_of locks/a)
    plant '{"logGroupName":"locks/a/w#t900#q1"}'
    plant '{"logGroupName":"locks/a/b/one#t900#s#h#q1"}'
    plant '{"logGroupName":"locks/a/b/two#t900#s#h#q2"}'
    plant '{"logGroupName":"locks/outer#t900#h"}' # the lock "locks" itself
    plant '{"logGroupName":"locks/dead/x#t60#h","age_ms":99000}'
    plant '{"logGroupName":"locks/dead/logs","storedBytes":5}'
    plant '{"logGroupName":"locks2/x#t900#h"}'
    plant '{"logGroupName":"locks/none/logs","storedBytes":5}'
    gives 0 -p locks --list --json
    json '[.locks[] | [.lock, .held, (.holders, .waiters, .abandoned, .strangers | length)]] ==
        [["locks", true, 1, 0, 0, 0], ["locks/a", true, 1, 1, 0, 0], ["locks/a/b", true, 2, 0, 0, 0],
         ["locks/dead", false, 0, 0, 1, 1]]'
    json ".locks[1].holders[0].id == \"$id\" and .locks[1].holders[0].label == \"nightly\" and
        .locks[1].holders[0].pid == $job and .locks[1].waiters[0].id == \"w\""
    gives 0 -p locks --list
    grep -qE "^4 locks below 'locks' in eu-west-1, 3 held; " out
    sed -n 2p out | grep -qE '^LOCK +STATE +HOLDER +LABEL +SINCE +RENEWED +WAITING +ABANDONED$'
    grep -qE "^locks/a +held +$id +nightly +20.*Z +20.*Z +1 +0$" out
    grep -qE '^locks/a/b +held by 2 +one +- +20' out
    grep -qE '^locks/dead +free +- +- +- +- +0 +1$' out
    # of the account; those that are no withlock's are not among the names asked for
    gives 0 --list --json
    json '.below == null and [.locks[].lock] == ["locks", "locks/a", "locks/a/b", "locks/dead", "locks2"]'
    WITHLOCK_PREFIX=locks2 gives 0 --list
    grep -q "^1 lock below 'locks2'" out
    let_go holder
    ends 0 "$job"
}

@test "a mutex that nobody owns" {
    plant '{"logGroupName":"locks/left/#mutex","age_ms":2000000}'
    plant '{"logGroupName":"locks/taken/#mutex"}'
    plant '{"logGroupName":"locks/taken/one#t900#q1#h"}'
    gives 0 --list --json
    json '[.locks[] | [.lock, .held, .mutexes]] == [["locks/left", false, 1], ["locks/taken", true, 1]]'
    json '(.locks[0].time // .time | fromdate) - (.locks[0].mutex_since | fromdate) >= 1999'
    gives 0 -p locks --list
    grep -qE '^locks/left +mutex left +- ' out
    grep -qE '^locks/taken +held +one ' out
    gives 0 -p locks/left --status
    tail -n 1 out | grep -qE '^a mutex of 20[0-9T:-]*Z is left that no holder owns: who is next removes it$'
    gives 0 -p locks/left --status --json
    valid status.md out
    gives 1 -p locks/taken --status
    grep -q mutex out && return 1
    gives 0 -p locks/none --status
    grep -q mutex out && return 1
    true
}

@test "300 locks over many pages, at 40 and 200 columns and in a pipe" {
    plant_locks 1 300
    gives 0 -p many --list --json
    json '(.locks | length) == 300 and ([.locks[].lock] | . == sort) and all(.locks[]; .held)'
    json '[.locks[] | .waiters | length] | add == 100'
    json '[.locks[] | .holders[0].attempts | length] == [range(300) | 2]'
    [ "$(control /_stats | jq .DescribeLogGroups.ok)" -eq 14 ]
    gives 0 -p many --list
    [ "$(wc -l <out)" -eq 302 ]
    on_terminal 200 24 -p many --list
    diff <(sed 1d seen) <(sed 1d out)
    on_terminal 40 24 -p many --list
    [ "$(sed 1d seen | wc -L)" -le 40 ]
    [ "$(grep -c '^many/l[0-9]*  h[0-9]*  label-' seen)" -eq 300 ]
}

@test "--watch in a pipe: each answer as it is, and once how often it asks" {
    plant_claim jobs
    start watcher -p jobs --status --watch 1
    local job=$JOB
    wait_until grep -qs "^lock 'jobs' in eu-west-1: held" watcher.out
    call DeleteLogGroup '{"logGroupName":"jobs/another#t900#g1#q1#h#k7"}'
    wait_until grep -qs "^lock 'jobs' in eu-west-1: free" watcher.out
    # a service that is away for a while is asked again, and it is said
    faults '{"outage":"refuse"}'
    wait_until grep -qs 'asking again' watcher.err
    faults '{"outage":"none"}'
    plant_claim jobs
    wait_until sh -c "tail -n 1 watcher.out | grep -q another"
    kill -TERM "$job"
    ends 143 "$job"
    [ "$(head -n 1 watcher.err)" = 'withlock: asking every 1 s, calls each time: 1' ]
    [ "$(grep -c $'\e' watcher.out)" -eq 0 ]
}

@test "--watch as JSON: an object in a line each time" {
    plant_claim jobs
    start watcher --list --json --watch=1
    local job=$JOB
    wait_until [ -s watcher.out ]
    wait_until sh -c '[ "$(wc -l <watcher.out)" -ge 3 ]'
    kill -INT "$job"
    ends 130 "$job"
    valid list.md watcher.out lines
}

@test "--watch keeps within the quota: a second for each call" {
    plant_locks 1 120
    start watcher -p many --list --watch 1
    wait_until grep -qs 'asking every 6 s, calls each time: 6' watcher.err
    kill -TERM "$JOB"
    ends 143 "$JOB"
}

@test "wrong words, and what is refused" {
    gives 64 --list true
    one_line "--list takes no command 'true'"
    gives 64 -p jobs --list --status
    gives 64 -p jobs --watch 5 true
    one_line "--watch goes with --status and --list"
    gives 64 --list --watch=0.5
    one_line "--watch '0.5': takes seconds from 1 to 86400"
    gives 64 --list --watch soon
    one_line "--list takes no command 'soon'"
    gives 64 -p jobs/ --list
    faults '{"deny":["DescribeLogGroups"]}'
    gives 77 --list
    one_line logs:DescribeLogGroups
    gives 77 --list --watch
    [ ! -s out ]
}
