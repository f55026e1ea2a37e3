#!/usr/bin/env bats
# Readers, writers and slots: who may hold together, against a service whose listings lag and
# whose clocks disagree. What a command writes into its record is checked by check_overlap.py.

load lock

HERE=$BATS_TEST_DIRNAME
# D = 1 s is more than 2 x lag, and more than 2 x skew + lag + the time of a create.
WEATHER='{"visibility_lag_ms":300,"clock_skew_ms":100,"latency_ms":10}'

setup() {
    lock_setup
    export WITHLOCK_SETTLE=1
    faults "$WEATHER"
}

teardown() {
    touch stop
    lock_teardown
}

# contender NAME SECONDS [OPTION...]: holds for so long, with a record of its own.
contender() {
    local name=$1 seconds=$2
    shift 2
    start "$name" -p locks/a -l "$name" "$@" \
        -- python3 "$HERE/hold.py" "$name.record" "$seconds" "$name"
}

# As HOLD, and it leaves a record: the clock is that of hold.py, in steps of 10 ms.
NOTED='ms() { sed "s/\.\([0-9]*\) .*/\10/" /proc/uptime; }
    echo "start $0 $(ms)" >>"$0.record"; touch "$0.in"
    while [ ! -e "$0.go" ]; do sleep 0.1; done; echo "stop $0 $(ms)" >>"$0.record"'

# role NAME SECONDS: a contender of the role's protocol that does not give up.
role() {
    python3 "$HERE/role_contender.py" --endpoint "$URL" --prefix locks/a --id "$1" --hold "$2" \
        --attempts 1000 --delay 0.5 --jitter 0.5 --record "$1.record" >"$1.out" 2>"$1.err" 3>&- 4>&- &
    JOB=$!
    JOBS+=("$JOB")
}

all_end() { # JOB...
    local job
    for job in "$@"; do
        ends 0 "$job"
    done
}

# at_most N HOLDS RECORD...: never more at once.
at_most() {
    python3 "$HERE/check_overlap.py" --holders "$1" --holds "$2" <(cat "${@:3}")
}

# entered N GLOB: are there so many such files, all in all?
entered() {
    [ "$(compgen -G "$2" | wc -l)" -eq "$1" ]
}

# never_with RECORD OTHER...: none of the others held while the first did.
never_with() {
    local record=$1 other
    shift
    for other in "$@"; do
        python3 "$HERE/check_overlap.py" <(cat "$record" "$other")
    done
}

# creates NAME: how often it was tried.
creates() {
    calls "select(.operation == \"CreateLogGroup\" and .logGroupName == \"$1\") | .sequence" | wc -l
}
tried() { # TIMES NAME
    [ "$(creates "$2")" -ge "$1" ]
}

@test "readers hold together, a writer waits for them, and a reader that comes later for the writer" {
    local writer late
    hold r1 -s -p locks/a
    local r1=$JOB
    hold r2 --shared -p locks/a # r1 is still in
    local r2=$JOB
    start w -p locks/a -l w -- sh -c 'test ! -e r3.in && touch w.in'
    writer=$JOB
    wait_until matching '#lw$'
    sleep 0.5 # clocks differ by up to 0.2 s: who came first shall be beyond doubt
    start r3 -p locks/a -s -l r3 -- sh -c 'test -e w.in && touch r3.in'
    late=$JOB
    wait_until matching '#lr3$'
    gives 1 -s -n -p locks/a true # a reader that does not wait is no exception
    [ ! -e w.in ]
    [ ! -e r3.in ]
    let_go r1
    ends 0 "$r1"
    [ ! -e w.in ]
    let_go r2
    all_end "$r2" "$writer" "$late"
    nothing_left
}

@test "eight readers and three writers: no writer with anybody" {
    local jobs=() number
    for number in 1 2 3; do
        contender "w$number" 0.5
        jobs+=("$JOB")
    done
    for number in 1 2 3 4 5 6 7 8; do
        contender "r$number" 1 -s
        jobs+=("$JOB")
    done
    all_end "${jobs[@]}"
    at_most 1 3 w?.record
    for number in 1 2 3; do
        never_with "w$number.record" r?.record
    done
    at_most 8 8 r?.record
    nothing_left
}

# reads NAME: one reader after the other, until there is a file `stop`.
reads() {
    (while [ ! -e stop ]; do
        env --default-signal "$WITHLOCK" -s -p locks/a -- \
            python3 "$HERE/hold.py" "$1.record" 1.5 "$1" >>"$1.out" 2>>"$1.err" </dev/null || exit
    done) 3>&- 4>&- &
    JOB=$!
    JOBS+=("$JOB")
}

@test "a writer among a stream of readers enters" {
    local jobs=() number
    for number in 1 2 3 4; do
        reads "r$number"
        jobs+=("$JOB")
        sleep 0.4
    done
    wait_until test -s r1.record -a -s r2.record -a -s r3.record -a -s r4.record
    hold reader -s -p locks/a
    local reader=$JOB
    contender w 0.5
    local writer=$JOB
    wait_until matching '#lw$'
    let_go reader
    all_end "$reader" "$writer"
    local before
    before=$(cat r?.record | wc -l)
    more() { [ "$(cat r?.record | wc -l)" -gt "$before" ]; }
    wait_until more # and the stream flows on
    touch stop
    all_end "${jobs[@]}"
    never_with w.record r?.record
    nothing_left
}

@test "three slots for eight: never more than three at once, and three" {
    local jobs=() number name gone=0
    for number in 1 2 3 4 5 6 7 8; do
        start "c$number" -p locks/a --slots 3 -- sh -c "$NOTED" "c$number"
        jobs+=("$JOB")
    done
    wait_until entered 3 'c?.in'
    while [ "$gone" -lt 8 ]; do # for each that leaves another one enters
        name=$(ls c?.in | sed 's/\.in$//' | while read -r name; do
            [ -e "$name.go" ] || echo "$name"
        done | head -1)
        let_go "$name"
        gone=$((gone + 1))
        [ "$gone" -gt 5 ] || wait_until entered $((gone + 3)) 'c?.in'
    done
    all_end "${jobs[@]}"
    at_most 3 8 c?.record
    [ "$(cat c?.err | grep -c warning)" -eq 0 ]
    nothing_left
}

@test "all slots taken: -n is refused; an exclusive run waits for all of them" {
    hold a -N 2 -p locks/a
    local a=$JOB
    gives 0 -n -N 2 -p locks/a true
    hold b -N2 -p locks/a
    local b=$JOB
    gives 1 -n -N 2 -p locks/a true
    silent
    gives 1 -n -s -p locks/a true
    start x -p locks/a -l x -- sh -c "$HOLD" x
    local x=$JOB
    wait_until matching '#lx$'
    let_go a
    ends 0 "$a"
    gives 1 -n -N 2 -p locks/a true # it is not passed by later ones
    [ ! -e x.in ]
    let_go b
    ends 0 "$b"
    wait_until test -e x.in
    gives 1 -n -N 2 -p locks/a true # and has all
    let_go x
    ends 0 "$x"
    nothing_left
}

@test "a role's contender stays out while readers or slots hold, and they while it does" {
    local mode options
    for mode in reader slot; do
        options=-s
        [ $mode = reader ] || options='-N 2'
        hold "$mode-1" $options -p locks/a
        local first=$JOB
        hold "$mode-2" $options --expect 1h -p locks/a # a tag that the role need not know
        local second=$JOB
        role "$mode-role" 5
        local role=$JOB
        wait_until tried 2 "locks/a/$mode-role"
        let_go "$mode-1"
        ends 0 "$first"
        wait_until tried 4 "locks/a/$mode-role"
        [ ! -e "$mode-role.record" ] # the other holds
        let_go "$mode-2"
        ends 0 "$second"
        wait_until test -s "$mode-role.record"
        contender "$mode-3" 0.2 $options
        all_end "$JOB" "$role"
        never_with "$mode-role.record" "$mode-3.record"
        nothing_left
    done
}

@test "who disagrees on the number of slots is told so, once; the smallest number counts" {
    hold a -N 3 -p locks/a
    local a=$JOB
    hold b -N 3 -p locks/a
    local b=$JOB
    gives 1 -w 2 -N 2 -p locks/a true # two hold
    [ "$(grep -c warning err)" -eq 1 ]
    grep -qxE "withlock: warning: '[^']+' takes lock 'locks/a' as one of 3 slots, we as one of 2 slots; the smallest number in sight counts" err
    gives 1 -w 2 -s -p locks/a true
    grep -qE "as one of 3 slots, we shared; they exclude each other" err
    gives 1 -w 2 -N 2 -p locks/a --log-format json true
    valid log-format.md err lines
    jq -se '[.[] | select(.event == "disagreement")] | length == 1 and .[0].lock == "locks/a" and
        (.[0].other | length) > 0' err
    gives 1 -n -q -N 2 -p locks/a true
    silent
    gives 1 -n -p locks/a true # an exclusive run knows what it does
    silent
    let_go a
    let_go b
    all_end "$a" "$b"
    hold c -N 2 -p locks/b
    local c=$JOB
    hold d -N 2 -p locks/b
    local d=$JOB
    gives 1 -n -N 5 -p locks/b true
    let_go c
    let_go d
    all_end "$c" "$d"
}

@test "--status and --break show who shares and who takes a slot" {
    hold r1 -s -p locks/r
    local r1=$JOB
    hold r2 -s -p locks/r
    local r2=$JOB
    hold c -N 5 -p locks/c -i c
    local c=$JOB
    gives 1 -p locks/r --status
    grep -q "^lock 'locks/r' in .*: held by 2, 0 waiting; " out
    [ "$(grep -c '^holder (shared) ' out)" -eq 2 ]
    gives 1 -p locks/r --status --json
    valid status.md out
    jq -e '[.holders[] | [.mode, .slots]] == [["shared", 1], ["shared", 1]]' out
    gives 1 -p locks/c --status --json
    jq -e '[.holders[] | [.mode, .slots]] == [["slots", 5]]' out
    plant '{"logGroupName":"locks/d/c#t60#n5","age_ms":1000}'
    gives 0 -p locks/d --break c --yes
    grep -q '^waiter 1 (slot of 5) *c ' out
    let_go r1
    let_go r2
    let_go c
    all_end "$r1" "$r2" "$c"
}

@test "a killed reader's guardian and an expired slot leave nothing behind" {
    local killed
    hold r -s -p locks/a -k 0
    killed=$JOB
    kill -KILL "$killed"
    wait_until nothing_left
    plant '{"logGroupName":"locks/a/dead#t15#n2#h","age_ms":21000}'
    plant '{"logGroupName":"locks/a/live#t900#g1#q1#n2#h","age_ms":21000}'
    gives 0 -w 10 -N 2 -p locks/a sleep 2
    wait_until group_count 1
    exists 'locks/a/live#t900#g1#q1#n2#h'
}

@test "slots and readers do not go together" {
    gives 64 -p locks/a -N 3 -s true
    one_line "--slots '3' with --shared"
    gives 64 -p locks/a -N 0 true
    one_line "'0'"
    gives 64 -p locks/a -N 1001 true
    one_line '1000'
    no_calls
    WITHLOCK_SHARED=1 gives 0 -p locks/a true
    [ "$(calls 'select(.operation == "CreateLogGroup") | .logGroupName' | grep -c '#s')" -eq 1 ]
    WITHLOCK_SHARED=1 WITHLOCK_SLOTS=2 gives 64 -p locks/a true
}
