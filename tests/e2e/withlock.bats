#!/usr/bin/env bats
# withlock against cwlogs-local: what a user meets when nothing goes wrong, and when somebody
# else has the lock.

load lock

setup() {
    lock_setup
}

teardown() {
    lock_teardown
}

@test "the command runs under a claim, and nothing is left" {
    gives 0 -p jobs/nightly -- curl -sf "$URL/_groups"
    silent
    # the first attempt stays until the claim has stood for a while
    jq -e '[.[].logGroupName | select(startswith("jobs/nightly/"))] | length == 1 or length == 2' out
    jq -e 'any(.[].logGroupName; test("#h#k[0-9]+$"))' out
    nothing_left
}

@test "standard output and input are the command's, byte for byte" {
    head -c 100000 /dev/urandom >input
    withlock -vv -p jobs -- cat <input >output 2>err
    cmp input output
}

@test "the command's exit status comes through, and frees the lock" {
    for status in 0 1 2 64 69 74 77 78 126 127 130 143 255; do
        gives $status -p jobs -- sh -c "exit $status"
        silent
        nothing_left
    done
}

@test "death by signal comes as 128 plus its number" {
    for number in 1 2 3 6 9 11 13 15; do
        gives $((128 + number)) -p jobs -- sh -c "ulimit -c 0; kill -$number \$\$"
        nothing_left
    done
}

@test "the command's own options are not ours" {
    gives 0 -p jobs echo -n -v --help
    [ "$(cat out)" = '-v --help' ]
    gives 0 -p jobs -- echo -p other
    [ "$(cat out)" = '-p other' ]
    gives 0 -p jobs printf '%s|' '' ' ' "it's" '*' '--'
    [ "$(cat out)" = "| |it's|*|--|" ]
}

@test "-c runs a string by SHELL, or sh" {
    SHELL='' gives 3 -p jobs -c 'echo "$0 says  hello"; exit 3'
    [[ "$(cat out)" == *"sh says  hello" ]]
    SHELL=/bin/bash gives 0 -p jobs -c 'echo ${BASH_VERSION:+bash}'
    [ "$(cat out)" = bash ]
}

@test "a command that is not there is found out before any call" {
    touch plain
    gives 127 -p jobs no-such-command-anywhere
    one_line no-such-command-anywhere
    gives 126 -p jobs ./plain
    one_line ./plain
    SHELL=/no/such/shell gives 127 -p jobs -c true
    one_line /no/such/shell
    no_calls
}

@test "the command knows what is held for it" {
    gives 0 -p jobs -i one env
    grep -qx 'WITHLOCK_HELD_PREFIX=jobs' out
    grep -qx 'WITHLOCK_HELD_ID=one' out
    grep -qxE 'WITHLOCK_HELD_TOKEN=[0-9]+' out
    grep -qx "WITHLOCK_HELD_ENDPOINT=$URL" out
    env | sort | grep -v '^_=' >before
    sort out | grep -v '^\(_\|WITHLOCK_HELD_[A-Z]*\)=' | diff before -
}

@test "the token grows from holder to holder" {
    local last=0 token
    for _ in 1 2 3; do
        gives 0 -p jobs -c 'echo $WITHLOCK_HELD_TOKEN'
        token=$(cat out)
        [ "$token" -gt "$last" ]
        last=$token
    done
}

@test "-n enters a free lock, and a held one is refused at once and in silence" {
    gives 0 -n -p jobs true
    hold holder -l nightly -p jobs
    local job=$JOB
    for option in -n --nonblock --nb --nonblocking '-w 0' '--timeout=0'; do
        gives 1 $option -p jobs touch entered
        silent
    done
    gives 1 -v -n -p jobs touch entered
    one_line "held by '$(holder_of jobs)' (nightly) since"
    [ ! -e entered ]
    none_but "$(holder_of jobs)"
    let_go holder
    ends 0 "$job"
    nothing_left
}

@test "of those who try once at the same time, one enters" {
    local jobs=() entered=0 refused=0 status
    for name in a b c d; do
        start $name -n -p jobs -- sh -c "$HOLD" $name
        jobs+=("$JOB")
    done
    others_out() { [ "$(jobs -rp | wc -l)" -eq 2 ] && compgen -G '*.in' >/dev/null; } # and the service
    wait_until others_out
    for name in a b c d; do let_go $name; done
    for job in "${jobs[@]}"; do
        status=0
        wait "$job" || status=$?
        case $status in
        0) entered=$((entered + 1)) ;;
        1) refused=$((refused + 1)) ;;
        esac
    done
    [ "$entered" -eq 1 ]
    [ "$refused" -eq 3 ]
    nothing_left
}

@test "-w gives up when its time is over, not before, and leaves nothing" {
    hold holder -p jobs
    local job=$JOB before after
    before=$(date +%s%N)
    gives 1 -w 1.3 -p jobs touch entered
    after=$(date +%s%N)
    [ $((after - before)) -ge 1300000000 ]
    one_line "lock 'jobs' not obtained: held by"
    [ ! -e entered ]
    none_but "$(holder_of jobs)"
    # also when there is time for one look only
    WITHLOCK_SETTLE=1 gives 1 -w 0.1 -p jobs touch entered
    one_line "lock 'jobs' not obtained: held by '$(holder_of jobs)'"
    let_go holder
    ends 0 "$job"
}

@test "-w limits the wait, not the command" {
    gives 0 -w 1 -p jobs -- sh -c 'sleep 1.5; touch ended'
    silent
    [ -e ended ]
}

@test "each limit of the wait ends it, however late listings are" {
    faults '{"visibility_lag_ms":60000,"visibility_lag_min_ms":60000}' # nothing is shown, all the time
    hold holder -p jobs
    local holder=$JOB option before
    for option in -n '-w 1' '--max-attempts 2' '--max-waiters 0'; do
        before=$SECONDS
        gives 1 $option -p jobs touch entered
        [ $((SECONDS - before)) -le 20 ] || { echo "$option: $((SECONDS - before)) s" >&2; return 1; }
    done
    [ ! -e entered ]
    let_go holder
    ends 0 "$holder"
}

@test "no file is kept, nor made" {
    local home=$PWD/home
    mkdir "$home"
    (cd home && HOME=$home TMPDIR=$home XDG_CACHE_HOME=$home XDG_STATE_HOME=$home XDG_RUNTIME_DIR=$home \
        "$WITHLOCK" -p jobs -- sleep 1) # long enough for a look while the lock is held
    [ -z "$(find home -mindepth 1)" ]
}

@test "--settle 0 warns of what may be a playbook's" {
    plant '{"logGroupName":"jobs/role-peer"}'
    gives 1 --settle 0 -w 0.2 -p jobs true
    grep -q "^withlock: warning: 'jobs/role-peer' is no withlock's: if it is a playbook's, --settle 0 does not" err
    gives 1 -w 0.2 -p jobs true
    ! grep -q warning err || false
}

@test "-w enters when the lock is freed in time" {
    hold holder -p jobs
    local holder=$JOB
    start waiter -w 5m -p jobs true
    local waiter=$JOB
    wait_until call_count 4 DescribeLogGroups
    let_go holder
    ends 0 "$holder"
    ends 0 "$waiter"
    nothing_left
}

@test "-E says how 'not obtained' ends" {
    plant_claim jobs
    gives 75 -n -E 75 -p jobs true
    gives 0 -n -E 0 -p jobs true
    gives 5 -w 0.2 --conflict-exit-code=5 -p jobs true
    group_count 1
}

@test "--max-attempts counts looks that found somebody ahead" {
    plant_claim jobs
    gives 1 --max-attempts 2 --retry-delay 0.05 -p jobs true
    one_line "lock 'jobs' not obtained: held by 'another'"
    [ "$(control /_stats | jq .DescribeLogGroups.ok)" -eq 2 ]
    group_count 1
}

@test "--retry-delay says how often to look" {
    plant_claim jobs
    gives 1 --max-attempts 4 --retry-delay 0.6 -p jobs true
    calls 'select(.operation == "DescribeLogGroups") | .mono_ms' >looks
    awk 'NR > 1 && $1 - last < 600 { exit 1 } { last = $1 } END { exit NR != 4 }' looks
    curl -sf -X POST "$URL/_reset"
    plant_claim jobs
    gives 1 --max-attempts 12 --retry-delay 0.1 -p jobs true # by position it would be 0.8 s at least
    calls 'select(.operation == "DescribeLogGroups") | .mono_ms' >looks
    awk 'NR > 1 && $1 - last < 700 { soon++ } { last = $1 } END { exit soon < 6 }' looks
}

@test "--no-queue keeps no place while it waits" {
    plant_claim jobs
    start loser --no-queue --retry-delay 0.2 -p jobs true
    local job=$JOB
    wait_until call_count 4 DescribeLogGroups
    ! call_count 2 CreateLogGroup # one was planted
    ok DeleteLogGroup '{"logGroupName":"jobs/another#t900#g1#q1#h#k7"}'
    ends 0 "$job"
    nothing_left
}

@test "-i names the contender; a newer run of it takes the place of one that waits" {
    hold holder -p jobs
    local holder=$JOB
    start older -i deploy -p jobs touch older.entered
    local older=$JOB
    wait_until matching '^jobs/deploy#t900#u[0-9a-f]{8}$'
    wait_until call_count 4 DescribeLogGroups
    start newer -i deploy -p jobs touch newer.entered
    local newer=$JOB
    ends 1 "$older"
    grep -q "a newer run with the ID 'deploy' has taken our place" older.err
    let_go holder
    ends 0 "$holder"
    ends 0 "$newer"
    [ -e newer.entered ]
    [ ! -e older.entered ]
    nothing_left
}

@test "-i: what an earlier run left waiting is taken over, what it holds is not" {
    plant '{"logGroupName":"jobs/deploy#t900#u12345678","age_ms":20000}'
    gives 0 -i deploy -w 30 -p jobs true
    nothing_left
    hold first -i deploy -p jobs
    local first=$JOB claims
    claims=$(groups jobs/ | grep -c '#h')
    gives 1 -n -i deploy -p jobs touch entered
    [ ! -e entered ]
    [ "$(groups jobs/ | grep -c '#h')" -eq "$claims" ]
    let_go first
    ends 0 "$first"
}

@test "what is left waiting under another ID is waited for" {
    plant '{"logGroupName":"jobs/deploy2#t900#u12345678","age_ms":20000}'
    gives 1 -i deploy -w 0.3 -p jobs true
    group_count 1
}

@test "-l is for others to see, and what is odd in it becomes -" {
    hold holder -l 'build 17/é; rm' -p jobs
    local job=$JOB
    matching '#lbuild-17-'
    gives 1 -v -n -p jobs true
    one_line '(build-17-'
    let_go holder
    ends 0 "$job"
}

@test "-v says what was done, -vv every call, -q nothing" {
    gives 3 -v -p jobs -i me -c 'exit 3'
    grep -q "^withlock: acquired lock 'jobs' as 'me' after [0-9.]* s" err
    grep -q "^withlock: released lock 'jobs' after .*the command's status is 3" err
    [ "$(wc -l <err)" -eq 2 ]
    gives 0 -vv -p jobs true
    grep -q '^withlock: CreateLogGroup .*: done, [0-9]* ms' err
    grep -q '^withlock: DescribeLogGroups .*: done' err
    grep -q '^withlock: DeleteLogGroup .*: done' err
    plant_claim jobs
    gives 1 -q -w 0.2 -p jobs true
    silent
}

@test "-V and -h answer on standard output, whatever else is said, and make no call" {
    gives 0 --version
    head -n 1 out | grep -qxE 'withlock [0-9]+\.[0-9]+\.[0-9]+'
    sed 1d out | grep -qxE 'libcurl [0-9][^ ]+, OpenSSL [0-9][^ ]+, yajl [0-9.]+'
    silent
    WITHLOCK_LOCK_TIMEOUT=nonsense gives 0 -h
    silent
    for option in prefix id label timeout nonblock max-attempts retry-delay no-queue \
        conflict-exit-code lock-timeout role-timeout settle command region profile endpoint-url \
        ca-bundle verbose quiet version help; do
        grep -qE -- "--$option( |$)" out || { echo "no --$option" >&2; return 1; }
    done
    no_calls
}

@test "every setting can be preset, and the command line wins" {
    WITHLOCK_PREFIX=jobs WITHLOCK_ID=me WITHLOCK_LOCK_TIMEOUT=60 WITHLOCK_LABEL=x \
        gives 0 -- curl -sf "$URL/_groups"
    jq -e 'all(.[].logGroupName; test("^jobs/(me#t60#|#mutex)"))' out
    WITHLOCK_LOCK_TIMEOUT=60 gives 0 -p jobs -t 2m -- curl -sf "$URL/_groups"
    jq -e 'any(.[].logGroupName; test("#t120"))' out
    plant_claim jobs
    WITHLOCK_NONBLOCK=1 gives 1 -p jobs true
    WITHLOCK_NONBLOCK=true WITHLOCK_CONFLICT_EXIT_CODE=9 gives 9 -p jobs true
    WITHLOCK_NONBLOCK=0 WITHLOCK_TIMEOUT=0.2 gives 1 -p jobs true
    WITHLOCK_MAX_ATTEMPTS=1 gives 1 -p jobs true
    WITHLOCK_VERBOSE=1 gives 1 -n -p jobs true
    one_line "held by 'another'"
    WITHLOCK_QUIET=true gives 1 -w 0.2 -p jobs true
    silent
    WITHLOCK_NONBLOCK= gives 1 -w 0.2 -p jobs true # empty is unset
    for bad in NONBLOCK=maybe LOCK_TIMEOUT=14 TIMEOUT=x NO_QUEUE=2 CONFLICT_EXIT_CODE=256; do
        local status=0
        env "WITHLOCK_$bad" "$WITHLOCK" -p jobs true 2>err || status=$?
        [ "$status" -eq 64 ]
        one_line "WITHLOCK_${bad%%=*} '${bad#*=}'"
    done
}

@test "withlock inside withlock: the same lock is refused, another is not" {
    gives 64 -p jobs -- "$WITHLOCK" -p jobs touch entered
    one_line WITHLOCK_HELD_PREFIX
    [ ! -e entered ]
    gives 64 -p jobs -- "$WITHLOCK" -p jobs/inner -- "$WITHLOCK" -p jobs touch entered
    gives 0 -p jobs -- "$WITHLOCK" -p jobs/inner -- "$WITHLOCK" -p other env
    grep -qx 'WITHLOCK_HELD_PREFIX=jobs jobs/inner other' out
    grep -qx "WITHLOCK_HELD_ENDPOINT=$URL $URL $URL" out
    [ "$(sed -n 's/^WITHLOCK_HELD_TOKEN=//p' out | wc -w)" -eq 3 ]
    [ "$(sed -n 's/^WITHLOCK_HELD_ID=//p' out | wc -w)" -eq 3 ]
    # of another endpoint it would be another lock; and what is unset is not known
    gives 1 -p jobs -- "$WITHLOCK" -n -p jobs --endpoint-url "${URL/127.0.0.1/localhost}" true
    gives 1 -p jobs -- env -u WITHLOCK_HELD_PREFIX "$WITHLOCK" -n -p jobs true
    nothing_left
}

@test "withlock killed: TERM comes within two seconds" {
    local killed
    start job -p jobs -- sh -c 'trap "date +%s%3N >termed; exit" TERM; touch in; while :; do sleep 0.05; done'
    wait_until test -e in
    killed=$(date +%s%3N)
    kill -KILL "$JOB"
    wait_until test -s termed
    [ $(($(cat termed) - killed)) -le 2000 ]
    wait_until nothing_left
}

@test "withlock or its guardian killed: locks inside are given back, whatever their command ignores" {
    local victim
    for victim in withlock guardian; do
        start outer -k 0.5 -p jobs -- "$WITHLOCK" -p inner -- "$WITHLOCK" -p innermost -- \
            sh -c 'trap "" TERM; touch in; while :; do sleep 0.05; done'
        wait_until test -e in
        [ $victim = withlock ] || JOB=$(pgrep -P "$JOB" withlock-guard)
        kill -KILL "$JOB"
        wait_until nothing_left
        rm in
    done
}

@test "who waits is told who holds the lock, since when, and how many wait before it" {
    hold holder -l nightly -p jobs
    local holder=$JOB id
    id=$(holder_of jobs)
    start second -l tests -p jobs true
    local second=$JOB
    wait_until matching '#ltests'
    start third -p jobs true
    local third=$JOB
    wait_until grep -q . second.err
    wait_until grep -q . third.err
    grep -qE "^withlock: waiting for lock 'jobs' \([0-9]+ s\): held by '$id' \(nightly\) since 20[0-9-]{8}T[0-9:]{8}Z$" second.err
    grep -qE "^withlock: waiting for lock 'jobs' \([0-9]+ s\) behind 1; held by '$id' \(nightly\) since 20" third.err
    let_go holder
    ends 0 "$holder"
    ends 0 "$second"
    ends 0 "$third"
    [ ! -s second.out ]
    [ ! -s third.out ]
    [ "$(wc -l <second.err)" -eq 1 ] # repeated every 60 s only
    start quiet -q -n -p jobs true
    ends 0 "$JOB"
    [ ! -s quiet.err ]
}

@test "a guardian that is killed while the lock is waited for ends the wait" {
    plant_claim jobs
    start waiter -p jobs touch entered
    local waiter=$JOB
    wait_until matching '^jobs/2'
    kill -KILL "$(pgrep -P "$waiter" withlock-guard)"
    ends 71 "$waiter"
    grep -qx 'withlock: the guardian process has died, or did not answer' waiter.err
    group_count 1
    [ ! -e entered ]
}

@test "on a terminal of 80 columns the line has room for all that" {
    local wanted="held by nightly since (20[0-9-]{8}T)?[0-9:]{8}Z" name
    hold holder -l nightly -p an/inconveniently/long-name/for-a-lock
    local holder=$JOB
    script -qec "stty cols 80; exec '$WITHLOCK' -w 4 -p an/inconveniently/long-name/for-a-lock true" \
        /dev/null >seen 3>&- </dev/null || [ $? -eq 1 ]
    tr '\r' '\n' <seen | grep -qE "withlock: waiting \([0-9] s\): $wanted$"
    [ "$(tr '\r' '\n' <seen | grep 'waiting' | awk 'length > 83' | wc -l)" -eq 0 ] # ESC [ K
    let_go holder
    ends 0 "$holder"
    # Where the lock's name fits it is there, too; who has no label is named by host and process.
    hold unnamed -p jobs
    holder=$JOB
    script -qec "stty cols 80; exec '$WITHLOCK' -w 4 -p jobs true" /dev/null >seen 3>&- </dev/null ||
        [ $? -eq 1 ]
    name=$(hostname | sed 's/\..*//; s/[^A-Za-z0-9]/-/g' | cut -c1-20)
    tr '\r' '\n' <seen | grep -qE "held by $name.* since"
    let_go unnamed
    ends 0 "$holder"
}

@test "standard error that nobody reads does not stop a run" {
    mkfifo full
    exec 9<>full
    timeout 1 cat /dev/zero >full || true
    local status=0
    WITHLOCK_TIMEOUT=60 withlock -v -p jobs sh -c 'exit 3' 2>full 9>&- || status=$?
    exec 9>&-
    [ "$status" -eq 3 ]
    nothing_left
}

@test "locks whose names begin alike do not wait for each other" {
    local name jobs=() number=0
    for name in a a/b ab a.b a-1 a_; do
        number=$((number + 1))
        hold "holder$number" -p "$name"
        jobs+=("$JOB")
    done
    [ "$(groups '' | grep -c '#h')" -eq 6 ]
    for ((; number > 0; number--)); do let_go "holder$number"; done
    for name in "${jobs[@]}"; do ends 0 "$name"; done
    nothing_left
}
