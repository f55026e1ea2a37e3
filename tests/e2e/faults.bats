#!/usr/bin/env bats
# What goes wrong while waiting, holding and releasing: answers lost, refused, late; the service
# away; withlock stopped or killed; clocks that are wrong.

load lock

setup() {
    lock_setup
}

teardown() {
    lock_teardown
}

# many N OPTION...: so many runs on locks of their own at once; all must succeed.
many() {
    local number jobs=() job
    for ((number = 0; number < $1; number++)); do
        start "run$number" -p "locks/$number" "${@:2}" -- sh -c 'sleep 0.3; exit 4'
        jobs+=("$JOB")
    done
    for job in "${jobs[@]}"; do ends 4 "$job"; done
}

@test "the answer to a create or delete that was applied is lost: no error, nothing left" {
    export AWS_MAX_ATTEMPTS=20
    faults '{"lost_response_rate":0.2}'
    many 6
    nothing_left
    [ "$(calls 'select(.applied and .outcome != "ok").sequence' | wc -l)" -ge 4 ]
    [ -z "$(cat ./*.err | grep -v ': waiting for lock')" ]
}

@test "calls that conflict with another operation are repeated" {
    export AWS_MAX_ATTEMPTS=20
    faults '{"operation_aborted_rate":0.3}'
    many 6
    nothing_left
}

@test "errors of the service and cut connections are ridden out" {
    export AWS_MAX_ATTEMPTS=20
    faults '{"error_rate":0.1,"drop_rate":0.1,"visibility_lag_ms":30}'
    many 6
    nothing_left
}

@test "a crowd that is throttled gets in one by one, and the holder is not displaced" {
    faults '{"rate_limit":5}'
    local number jobs=() count=${LONG:+50}
    for ((number = 0; number < ${count:-6}; number++)); do
        start "run$number" -p locks/a -- python3 "$BATS_TEST_DIRNAME/hold.py" record 0.2 "$number"
        jobs+=("$JOB")
    done
    for number in "${jobs[@]}"; do ends 0 "$number"; done
    python3 "$BATS_TEST_DIRNAME/check_overlap.py" --holds "${count:-6}" record
    nothing_left
}

@test "our clock is wrong by an hour, either way: signed anew, and no attempt is taken for dead" {
    local offset
    for offset in 3600 -3600; do
        stop_service
        start_service --credentials "AKIDEXAMPLE:$SECRET" --date-offset-s "$offset"
        export AWS_ENDPOINT_URL=$URL
        rm -f holder.*
        hold holder -t 15 -p locks/a
        local holder=$JOB
        gives 1 -w 2 -t 15 -p locks/a touch entered
        [ ! -e entered ]
        let_go holder
        ends 0 "$holder"
        nothing_left
    done
}

@test "a service that is away while the command runs: held while the lease lasts" {
    hold holder -t 15 -p locks/a
    local holder=$JOB
    faults '{"outage":"refuse"}'
    wait_until sh -c "curl -sf $URL/_log | jq -e 'any(.[]; .outcome != \"ok\")' >/dev/null"
    faults '{"outage":"none"}'
    let_go holder
    ends 0 "$holder"
    [ ! -s holder.err ]
    nothing_left
}

@test "a service that stays away: the command is ended within the lease, and that is 74" {
    local beat='trap "" TERM; while :; do cut -d" " -f1 /proc/uptime; sleep 0.1; done'
    start holder -t 15 --release-timeout 1 -p locks/a -- sh -c "$beat"
    local holder=$JOB
    wait_until test -s holder.out
    faults '{"outage":"hang"}'
    ends 74 "$holder" # the longest wait: KILL at 13 s
    grep -q "lost the lock 'locks/a': not renewed in time" holder.err
    awk 'NR == 1 { first = $1 } END { exit $1 - first >= 15 }' holder.out
}

@test "--on-lost warn: says so at once, while the command goes on" {
    start holder --on-lost warn -t 15 -p locks/a -- sh -c "$HOLD" holder
    local holder=$JOB
    wait_until test -e holder.in
    warned() {
        delete_all locks/a
        grep -q "lost the lock 'locks/a': its attempts were deleted" holder.err
    }
    wait_until warned
    [ ! -e holder.done ]
    let_go holder
    ends 0 "$holder"
    [ -e holder.done ]
    [ "$(grep -c lost holder.err)" -eq 1 ]
    nothing_left
}

@test "-w over a service that hangs: 69 once the time is over, from the start or in the queue" {
    local begin=$SECONDS
    faults '{"outage":"hang"}'
    gives 69 -w 1.5 --read-timeout 100 --release-timeout 1 -p locks/a touch entered
    one_line 'no answer'
    [ $((SECONDS - begin)) -lt 90 ] # not the time limit of the request
    faults '{"outage":"none"}'
    plant_claim locks/b
    start waiter -w 5 --release-timeout 1 -p locks/b touch entered
    local waiter=$JOB
    wait_until call_count 3 DescribeLogGroups
    faults '{"outage":"hang"}'
    ends 69 "$waiter"
    grep -q 'no answer' waiter.err
    [ ! -e entered ]
}

@test "the service is away at the release: the command's status counts, and what is left is said" {
    hold holder -t 15 --release-timeout 1 -p locks/a
    local holder=$JOB name
    faults '{"outage":"refuse"}'
    let_go holder
    ends 0 "$holder"
    [ "$(wc -l <holder.err)" -eq 1 ]
    faults '{"outage":"none"}'
    name=$(groups locks/a/ | tail -n 1)
    [ -n "$name" ]
    # an attempt is named, by whose ID --break finds what is left; the mutex is counted
    grep -q "could not delete 'locks/a/$(holder_of locks/a)#t15.*' and 1 more; others wait" holder.err
    # T and the grace of 5 s later; what has expired is deleted beside the command, two a second
    gives 0 -w 60 -t 15 -p locks/a sh -c 'sleep 4'
    nothing_left
}

@test "somebody deletes the holder's attempts: the command is ended, and that is 74" {
    start holder -t 15 -p locks/a -- sh -c 'echo $$ >pid; exec sleep 100'
    local holder=$JOB
    wait_until test -s pid
    take_from "$holder" locks/a
    ends 74 "$holder"
    grep -q "lost the lock 'locks/a': its attempts were deleted" holder.err
    ! kill -0 "$(cat pid)" 2>/dev/null || return 1
    nothing_left
}

@test "withlock is stopped beyond its lease: another gets in, and is not disturbed when it wakes" {
    start sleeper -t 15 -p locks/a -- sh -c 'echo $$ >pid; exec sleep 100'
    local sleeper=$JOB
    wait_until test -s pid
    kill -STOP "$sleeper"
    # T and 5 s later its claim and its mutex count for nothing; then that must be seen for 3 s
    hold other -t 15 -w 60 -p locks/a
    local other=$JOB
    ! kill -0 "$(cat pid)" 2>/dev/null || return 1 # the guardian has ended it, in time
    kill -CONT "$sleeper"
    ends 74 "$sleeper"
    grep -q "lost the lock" sleeper.err
    [ ! -e other.done ]
    kill -0 "$other"
    let_go other
    ends 0 "$other"
    nothing_left
}

@test "withlock is killed, or crashes: the lock is freed at once all the same" {
    local signal pid
    for signal in KILL SEGV; do
        rm -f pid
        start victim -p locks/a -- sh -c 'echo $$ >pid; exec sleep 100'
        local victim=$JOB
        wait_until test -s pid
        kill "-$signal" "$victim"
        wait "$victim" || true
        gone() { ! kill -0 "$(cat pid)" 2>/dev/null; }
        wait_until gone
        gives 0 -w 30 -p locks/a true
        wait_until group_count 0
        rm -f sanitizer* # of the crash that was asked for
    done
}

@test "two runs with the same host name and process ID are two" {
    unshare --pid --fork --mount-proc true 2>/dev/null || skip 'no PID namespaces here'
    local jobs=() number
    for number in 1 2; do
        unshare --pid --fork --mount-proc "$WITHLOCK" -p locks/a -- sh -c \
            'echo $WITHLOCK_HELD_ID; sleep 0.3' >"id$number" 2>&1 3>&- 4>&- &
        jobs+=("$!")
    done
    for number in "${jobs[@]}"; do ends 0 "$number"; done
    [ "$(sed 's/^[^-]*-\(.*\)-[0-9a-f]*$/\1/' id1 id2 | sort -u | wc -l)" -eq 1 ]
    [ "$(sort -u id1 id2 | wc -l)" -eq 2 ]
    nothing_left
}
