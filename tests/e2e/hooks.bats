#!/usr/bin/env bats
# --max-hold, --on-acquire, --on-lost-run: exit statuses, signals, loss, and that nothing of them
# changes what becomes of the lock.

load lock

setup() {
    lock_setup
}

teardown() {
    lock_teardown
}

# When the claim was deleted, in ms. alive PID: it is a process, and no zombie.
released_at() {
    calls 'select(.operation == "DeleteLogGroup" and (.logGroupName | test("#h"))) | .wall_ms' | head -n 1
}
alive() {
    grep -q '^State:[[:blank:]][^ZX]' "/proc/$1/status" 2>/dev/null
}

@test "--max-hold ends the command: TERM, status 124, and the lock is free when it is dead" {
    gives 124 -p jobs --max-hold 3 -- sh -c 'trap "date +%s%3N >termed; exit 9" TERM; touch in; sleep 60 & wait'
    one_line "held lock 'jobs' for 3.000 s, the time that --max-hold allows; the command is ended"
    [ -e termed ]
    [ "$(released_at)" -ge "$(cat termed)" ]
    nothing_left
}

@test "--max-hold: KILL for one that ignores TERM, with all that it has started" {
    gives 124 -p jobs --max-hold 3 -k 1 -- sh -c 'trap "" TERM
        setsid sh -c "trap \"\" TERM; echo \$\$ >child; while :; do date +%s%3N >>alive; sleep 0.05; done" &
        while :; do sleep 0.1; done'
    alive "$(cat child)" && return 1
    [ "$(released_at)" -ge "$(tail -n 1 alive)" ]
    nothing_left
}

@test "--max-hold leaves alone what ends before, and is told with -q and as JSON" {
    gives 3 -p jobs --max-hold 1m -- sh -c 'exit 3'
    silent
    WITHLOCK_MAX_HOLD=1 gives 124 -q -p jobs -- sleep 60
    one_line '--max-hold'
    gives 124 --log-format json -p jobs --max-hold 0.5 -- sleep 60
    valid log-format.md err lines
    [ "$(jq -r .event err | paste -sd' ')" = 'acquired max_hold ended released' ]
    jq -se 'map(select(.event == "max_hold"))[0].held_ms == 500' err
    gives 124 --on-lost warn -p jobs --max-hold 0.5 -- sleep 60
    nothing_left
}

@test "--max-hold and --min-hold, and wrong words" {
    gives 124 -p jobs --min-hold 0.5 --max-hold 0.5 -- sleep 60
    gives 64 -p jobs --min-hold 2m --max-hold 1m -- true
    one_line "--min-hold '120' is more than --max-hold of 60 s"
    gives 64 -p jobs --max-hold 0 -- true
    one_line "--max-hold '0'"
    gives 64 -p jobs --max-hold -1 -- true
    gives 64 -p jobs --max-hold long -- true
}

@test "a lock that is lost while --max-hold ends the command is lost" {
    hold holder -t 15 -k 5 --max-hold 2 -p jobs -- sh -c 'trap "" TERM; touch holder.in; while :; do sleep 0.1; done'
    local job=$JOB
    wait_until grep -qs 'max-hold' holder.err
    take_from "$job" jobs
    ends 74 "$job"
    grep -q "lost the lock 'jobs'" holder.err
}

@test "--on-acquire runs before the command, under the lock, with its facts, beside its output" {
    gives 5 -p jobs -i me --on-acquire 'echo "$WITHLOCK_HELD_PREFIX $WITHLOCK_HELD_ID $WITHLOCK_HELD_ENDPOINT"
        echo "$WITHLOCK_HELD_TOKEN" >token; cat; ls /proc/self/fd | wc -l >fds; echo hook >>order' -- \
        sh -c 'echo command >>order; echo "$WITHLOCK_HELD_TOKEN" | cmp - token; exit 5' <<<'not for the hook'
    [ ! -s out ]
    diff err - <<<"jobs me $URL"
    [ "$(paste -sd' ' order)" = 'hook command' ]
    [ "$(cat fds)" -eq 4 ] # its three, and that of ls
    # within another lock, whose names are in the list
    gives 0 -p outer -- "$WITHLOCK" -p inner --on-acquire 'echo "$WITHLOCK_HELD_PREFIX"' true
    diff err - <<<'outer inner'
    nothing_left
}

@test "--on-acquire that fails, or takes too long, is told and changes nothing" {
    gives 0 -p jobs --on-acquire 'exit 3' -- touch one
    one_line 'warning: --on-acquire failed with status 3'
    gives 0 -p jobs --on-acquire 'kill -USR1 $$' -- touch two
    one_line 'warning: --on-acquire was ended by signal 10'
    gives 0 -p jobs --on-acquire '/nonsense' -- touch three
    grep -q 'failed with status 127' err
    gives 0 -t 15 -p jobs --on-acquire 'sleep 600 & echo $! >left; sleep 600' -- touch four
    one_line 'warning: --on-acquire took longer than 10 s; it was killed'
    alive "$(cat left)" && return 1
    [ -e one ] && [ -e two ] && [ -e three ] && [ -e four ]
    # the lock was renewed meanwhile
    calls 'select(.operation == "CreateLogGroup") | .logGroupName' | grep -q '#t15#g[2-9]'
    nothing_left
}

@test "a lock that is broken while --on-acquire runs: nothing was run, and one line says so" {
    gives 71 -t 15 -p jobs -i me --on-acquire "$WITHLOCK -q -p jobs --break me --yes >/dev/null; sleep 6" touch ran
    one_line "did not start 'touch': lost the lock 'jobs': its attempts were deleted by somebody else"
    [ ! -e ran ]
    nothing_left
}

@test "--on-acquire goes on if withlock is killed" {
    start job -p jobs --on-acquire 'touch began; while [ ! -e go ]; do sleep 0.05; done; touch went-on' touch entered
    wait_until test -e began
    kill -KILL "$JOB"
    wait "$JOB" || true
    wait_until nothing_left
    [ ! -e went-on ]
    touch go
    wait_until test -e went-on
    [ ! -e entered ]
}

@test "a signal while --on-acquire runs: no command, and the lock is released" {
    local signal
    for signal in TERM INT HUP; do
        rm -f begun
        start job -p jobs --on-acquire 'touch begun; sleep 600' -- touch entered
        wait_until test -e begun
        kill -$signal "$JOB"
        ends $((128 + $(kill -l $signal))) "$JOB"
        [ ! -e entered ]
        nothing_left
    done
}

@test "no hook where the lock is not obtained, and none for a loss that is none" {
    plant_claim jobs
    gives 1 -n -p jobs --on-acquire 'touch hooked' --on-lost-run 'touch lost' true
    [ ! -e hooked ]
    gives 0 -p other --on-acquire 'touch hooked' --on-lost-run 'touch lost' true
    [ -e hooked ]
    gives 124 -p other --max-hold 0.2 --on-lost-run 'touch lost' sleep 60
    [ ! -e lost ]
}

@test "--on-lost-run runs at the loss, while the command is being ended, with the reason" {
    start holder -t 15 -k 4 -p jobs --on-lost-run 'date +%s%3N >hooked; echo "$WITHLOCK_LOST_REASON, $WITHLOCK_HELD_PREFIX"' -- \
        sh -c 'trap "" TERM; touch in; while :; do date +%s%3N >alive.new; mv alive.new alive; sleep 0.05; done'
    local job=$JOB
    wait_until test -e in
    take_from "$job" jobs
    ends 74 "$job"
    [ "$(cat hooked)" -lt "$(cat alive)" ]
    [ "$(grep -c 'lost the lock' holder.err)" -eq 2 ] # ours, and the hook's
    grep -qx "lost the lock 'jobs': its attempts were deleted by somebody else, jobs" holder.err
}

@test "--on-lost-run that hangs delays neither the command's end nor the release; once with warn" {
    hold holder -t 15 -k 1 -p jobs --on-lost-run 'echo begun >>hooked; sleep 600'
    local job=$JOB
    delete_all jobs
    wait_until test -e hooked
    wait_until nothing_left
    kill -0 "$job" # it waits for the hook, ten seconds at most
    ends 74 "$job"
    grep -qx 'withlock: warning: --on-lost-run took longer than 10 s; it was killed' holder.err
    start warned -t 15 --on-lost warn -p jobs --on-lost-run 'echo warned >>hooked' -- sh -c "$HOLD" warned
    job=$JOB
    wait_until test -e warned.in
    delete_all jobs
    wait_until grep -qx warned hooked
    let_go warned
    ends 0 "$job"
    [ "$(paste -sd' ' hooked)" = 'begun warned' ]
}

# The command dies and the lock is free again, whenever withlock is killed, or its guardian.
@test "kill -9 at random moments, with hooks and --max-hold" {
    local round rounds=${LONG:+200} victim
    for ((round = 0; round < ${rounds:-20}; round++)); do
        rm -f pid
        start job -k 0.5 -p jobs --max-hold 0.4 --on-acquire 'sleep 0.2' --on-lost-run 'sleep 0.2' -- \
            sh -c 'trap "" TERM; echo $$ >pid; while :; do sleep 0.05; done'
        sleep "0.$((RANDOM % 9))$((RANDOM % 10))"
        victim=$JOB
        ((round % 3)) || victim=$(pgrep -P "$JOB" withlock-guard) || victim=$JOB
        kill -KILL "$victim" 2>/dev/null || true
        wait "$JOB" || true
        wait_until nothing_left
        [ ! -e pid ] || ! alive "$(cat pid)" || { echo "round $round: alive" >&2; return 1; }
    done
}
