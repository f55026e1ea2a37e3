#!/usr/bin/env bats
# --break: deleting another's attempts.

load lock

setup() {
    lock_setup
}

teardown() {
    lock_teardown
}

# asked ANSWER ARGUMENT...: withlock on a terminal of its own, where ANSWER is typed.
asked() {
    local answer=$1 status=0
    shift
    ( sleep 0.3; printf '%s\n' "$answer"; exec sleep 20 ) >typed.fifo 3>&- 4>&- & local typist=$!
    script -qec "$(printf '%q ' "$WITHLOCK" "$@")" /dev/null <typed.fifo >seen 2>&1 || status=$?
    kill "$typist"; wait "$typist" 2>/dev/null || true
    echo "$status" >answered
}

@test "a broken holder ends its command, and says that the lock was lost" {
    hold holder -t 15 -l nightly -p jobs
    local job=$JOB id
    id=$(holder_of jobs)
    LOGNAME=alice gives 0 -p jobs --break "$id" --yes
    one_line "broken: lock 'jobs', contender '$id', "
    grep -qE "attempts? deleted by alice, uid $(id -u) on .* at 20[0-9T:-]*Z$" err
    grep -qE "^holder +$id +nightly " out
    grep -qE '^Its command may still run for [0-9]+ s, until 20[0-9T:-]*Z, when its lease ends' out
    grep -q 'notices within 8 s and ends the command, which takes --kill-after at most (3 s if not set)' out
    ends 74 "$job"
    grep -q "lost the lock 'jobs': its attempts were deleted by somebody else" holder.err
    [ ! -e holder.done ]
    nothing_left
    gives 0 -n -p jobs true
}

@test "one whose command ends before it notices leaves the mutex to the next" {
    hold old -p jobs
    local old=$JOB new
    sleep 5.1 # its claim is believed in for five seconds
    gives 0 -p jobs --break "$(holder_of jobs)" --yes
    nothing_left
    hold new -p jobs
    new=$JOB
    let_go old
    ends 0 "$old"
    grep -q "warning: lost the lock 'jobs': its attempts were deleted by somebody else" old.err
    groups '' | grep -qx 'jobs/#mutex'
    let_go new
    ends 0 "$new"
    nothing_left
}

@test "a waiter that is broken queues again" {
    hold holder -p jobs
    local holder=$JOB waiter
    start waiter -i second -p jobs touch entered
    waiter=$JOB
    wait_until matching '^jobs/second#'
    gives 0 -p jobs --break second --yes
    wait_until matching '^jobs/second#'
    let_go holder
    ends 0 "$holder"
    ends 0 "$waiter"
    [ -e entered ]
    nothing_left
}

@test "the audit line as JSON" {
    plant_claim jobs
    gives 0 --log-format json -p jobs --break another --yes
    jq -s -e 'length == 1 and .[0].event == "broken" and .[0].id == "another" and
        .[0].attempts == 1 and (.[0].by | contains("uid"))' err
    grep -q 'notices within 303 s ' out # of a lock timeout of 900 s
    valid log-format.md err lines
}

@test "abandoned attempts and every generation of one run go, others stay" {
    plant '{"logGroupName":"jobs/dead#t60#u11111111#g1#q1","age_ms":99000}'
    plant '{"logGroupName":"jobs/dead#t60#u11111111#g2#q1","age_ms":98000}'
    plant '{"logGroupName":"jobs/dead2#t60#u11111111","age_ms":99000}'
    plant '{"logGroupName":"jobs/dea"}'
    plant '{"logGroupName":"jobs/sub/dead#t60"}'
    gives 0 -p jobs --break dead --yes
    grep -q '2 attempts deleted' err
    grep -qx 'It has expired: nobody waits for it any more.' out
    [ "$(groups '' | sort | paste -sd' ')" = 'jobs/dea jobs/dead2#t60#u11111111 jobs/sub/dead#t60' ]
}

@test "what lags in listings is deleted too" {
    plant '{"logGroupName":"jobs/killed#t60#u11111111#g1#q1","age_ms":30000}'
    faults '{"visibility_lag_ms":1000}'
    ok CreateLogGroup '{"logGroupName":"jobs/killed#t60#u11111111#g2#q1"}'
    WITHLOCK_SETTLE=1 gives 0 -p jobs --break killed --yes
    grep -q '2 attempts deleted' err
    nothing_left
}

@test "a mutex is deleted once, however long listings show whose it was" {
    plant_claim jobs
    plant '{"logGroupName":"jobs/#mutex"}'
    faults '{"delete_lag_min_ms":600,"delete_lag_ms":600}'
    gives 0 -vvv -p jobs --break another --yes
    [ "$(grep -c "DeleteLogGroup 'jobs/another#.*: done" err)" -eq 1 ]
    [ "$(grep -c "DeleteLogGroup 'jobs/another#" err)" -ge 3 ]
    [ "$(grep -c "DeleteLogGroup 'jobs/#mutex'" err)" -eq 1 ]
    nothing_left
}

@test "a role's attempt can be broken, a log group with content cannot" {
    plant '{"logGroupName":"jobs/role"}'
    plant '{"logGroupName":"jobs/bytes","storedBytes":7}'
    plant '{"logGroupName":"jobs/streams","streams":1}'
    for name in bytes streams; do
        gives 64 -p jobs --break "$name" --yes
        one_line "'$name' is no attempt"
        exists "jobs/$name"
    done
    gives 0 -p jobs --break role --yes
    grep -q 'It is not a withlock: it is not told' out
    absent jobs/role
    # One that is not the first.
    plant_claim jobs
    plant '{"logGroupName":"jobs/role"}'
    gives 0 -p jobs --break role --yes
    grep -qx "It was not made by withlock. It may be a playbook's that waits; then the playbook tries again by itself." out
    one_line "contender 'role', 1 attempt deleted by"
    exists 'jobs/another#t900#g1#q1#h#k7'
}

@test "without a terminal it needs --yes, and nothing is done" {
    plant_claim jobs
    setsid -w "$WITHLOCK" -p jobs --break another >out 2>err </dev/null || [ $? -eq 64 ]
    one_line 'needs --yes'
    grep -q '^holder  *another' out
    group_count 1
}

@test "on a terminal it asks" {
    mkfifo typed.fifo
    plant_claim jobs
    asked n -p jobs --break another
    [ "$(cat answered)" -eq 1 ]
    grep -q "Break 'another'? \[y/N\]" seen
    group_count 1
    asked y -p jobs --break another
    [ "$(cat answered)" -eq 0 ]
    grep -q 'broken: ' seen
    group_count 0
}

@test "it refuses if the attempt was renewed meanwhile" {
    mkfifo typed.fifo
    plant_claim jobs
    ( wait_until grep -qs 'Break .another' seen
      plant '{"logGroupName":"jobs/another#t900#g2#q1#h5#k7"}'; echo y; exec sleep 20 ) >typed.fifo 3>&- 4>&- &
    local typist=$! status=0
    script -qefc "$WITHLOCK -p jobs --break another" /dev/null <typed.fifo >seen 2>&1 || status=$?
    kill "$typist"
    [ "$status" -eq 1 ]
    grep -q "not broken: 'another' has renewed its attempt meanwhile: 'jobs/another#t900#g2" seen
    group_count 2
}

@test "by the label, as the waiting line names it; of several contenders by none" {
    plant '{"logGroupName":"jobs/one#t900#g1#q1#h#k7#lrelease-7"}'
    plant '{"logGroupName":"jobs/two#t900#u11111111#q2#lnightly"}'
    plant '{"logGroupName":"jobs/two#t900#u22222222#q3#lnightly"}'
    plant '{"logGroupName":"jobs/three#t900#q3#lbeta"}'
    plant '{"logGroupName":"jobs/four#t900#q4#lbeta"}'
    plant '{"logGroupName":"jobs/beta2#t900#q5#lbeta2"}'
    gives 1 -p jobs --break beta --yes
    one_line "not broken: 'beta' is the label of 2 contenders: give an ID"
    [ "$(grep -c '^waiter' out)" -eq 2 ]
    grep -qE '^waiter [0-9]+ +three +beta ' out
    grep -qE '^waiter [0-9]+ +four +beta ' out
    gives 1 -p jobs --break release --yes # no beginning will do
    one_line "nothing to break: no attempt of 'release'"
    group_count 6
    gives 0 -p jobs --break 'release 7' --yes # as it was given
    one_line "contender 'one', 1 attempt deleted"
    gives 0 -p jobs --break nightly --yes # two runs of one ID
    one_line "contender 'two', 2 attempts deleted"
    plant '{"logGroupName":"jobs/beta#t900#q9#lx"}'
    gives 0 -p jobs --break beta --yes # an ID goes before a label
    one_line "contender 'beta', 1 attempt deleted"
    [ "$(groups '' | wc -l)" -eq 3 ]
}

@test "nothing to break, no permission, wrong words" {
    gives 1 -p jobs --break nobody --yes
    one_line "nothing to break: no attempt of 'nobody' at lock 'jobs'"
    gives 64 -p jobs --break x --yes true
    gives 64 -p jobs --break '' --yes
    gives 64 -p jobs --yes true
    one_line '--yes goes with --break'
    gives 64 -p jobs --break x --status
    plant_claim jobs
    faults '{"deny":["DeleteLogGroup"]}'
    gives 77 -p jobs --break another --yes
    one_line logs:DeleteLogGroup
    group_count 1
    faults '{"deny":[],"error_rate":0.3,"seed":4}'
    AWS_MAX_ATTEMPTS=20 gives 0 -p jobs --break another --yes
    nothing_left
}
