# lock.bash - withlock against a cwlogs-local of its own, for bats files. Loads service.bash.
#
# Every test begins with a service, an environment in which withlock finds it, and an empty
# working directory; it fails if a sanitizer complained anywhere or the service ended badly.
# $WITHLOCK has a short settle wait preset; files with faults set WITHLOCK_SETTLE anew.

bats_require_minimum_version 1.5.0
load "${LOCK_BASH_DIR:-$BATS_TEST_DIRNAME}/service"

WITHLOCK="$WITHLOCK_BUILD/src/withlock"
LONG=${WITHLOCK_TEST_LONG:-}
SECRET=topSECRETkeyTOP
TOKEN=topSECRETtokenTOP

lock_setup() { # OPTION-OF-THE-SERVICE...
    SERVICE_PID=
    JOBS=()
    cd "$BATS_TEST_TMPDIR" || return 1
    ulimit -c 0
    lock_sanitizers
    lock_environment
    start_service "$@"
    export AWS_ENDPOINT_URL=$URL
}

# A report of a sanitizer must not pass for an exit status of withlock's.
lock_sanitizers() {
    export ASAN_OPTIONS="${ASAN_OPTIONS:-}:exitcode=99:log_path=$PWD/sanitizer"
    export UBSAN_OPTIONS="${UBSAN_OPTIONS:-}:exitcode=99:log_path=$PWD/sanitizer"
    export TSAN_OPTIONS="${TSAN_OPTIONS:-}:exitcode=99:log_path=$PWD/sanitizer"
}

lock_environment() {
    local name
    for name in $(env | sed -n 's/^\(\(AWS\|WITHLOCK\)_[A-Z0-9_]*\)=.*/\1/p'); do
        [[ $name == WITHLOCK_BUILD || $name == WITHLOCK_TEST_* ]] || unset "$name"
    done
    export HOME=$PWD AWS_EC2_METADATA_DISABLED=true
    export AWS_REGION=eu-west-1 AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=$SECRET
    export WITHLOCK_SETTLE=0.1
}

lock_teardown() {
    local job
    for job in "${JOBS[@]}"; do
        kill -KILL "$job" 2>/dev/null && wait "$job" 2>/dev/null || true
    done
    stop_service
    if compgen -G "$BATS_TEST_TMPDIR/sanitizer*" >/dev/null; then
        cat "$BATS_TEST_TMPDIR"/sanitizer*
        return 1
    fi
}

# withlock with the dispositions of a shell's foreground, though it runs in the background.
withlock() {
    env --default-signal "$WITHLOCK" "$@" 3>&- 4>&-
}

# gives STATUS ARGUMENT...: runs it to its end; leaves standard output in `out`, errors in `err`.
gives() {
    local wanted=$1 status=0
    shift
    withlock "$@" >out 2>err </dev/null || status=$?
    [ "$status" -eq "$wanted" ] && return 0
    echo "withlock $*: $status, not $wanted" >&2
    cat err >&2
    return 1
}

# silent: nothing on standard error. one_line TEXT: one line, and TEXT is in it.
silent() {
    [ ! -s err ] || { cat err >&2; return 1; }
}
one_line() {
    if [ "$(wc -l <err)" -eq 1 ] && grep -qF -- "$1" err && grep -q '^withlock: ' err; then
        return 0
    fi
    echo "wanted one line with '$1':" >&2
    cat err >&2
    return 1
}

# start NAME ARGUMENT...: in the background; JOB is its process. Output in NAME.out, NAME.err.
# It is exec'd, so that JOB is withlock itself.
start() {
    local name=$1
    shift
    (exec env --default-signal "$WITHLOCK" "$@" \
        >"$name.out" 2>"$name.err" </dev/null 3>&- 4>&-) &
    JOB=$!
    JOBS+=("$JOB")
}

# ends STATUS JOB: waits for it, and fails after ENDS_TRIES.
ENDS_TRIES=$((5 * WAIT_TRIES)) # what waits for a lock may wait for others that do
ends() {
    local status=0
    WAIT_TRIES=$ENDS_TRIES wait_until has_ended "$2" || { cat ./*.err >&2; return 1; }
    wait "$2" || status=$?
    [ "$status" -eq "$1" ] || { echo "ended with $status, not $1" >&2; cat ./*.err >&2; return 1; }
}

# A command that says when it begins and holds until it is told to end; it leaves TERM its way.
HOLD='touch "$0.in"; while [ ! -e "$0.go" ]; do sleep 0.1; done; touch "$0.done"'

# hold NAME ARGUMENT...: starts a holder and waits until it is in. let_go NAME ends its command.
hold() {
    local name=$1
    shift
    start "$name" "$@" -- sh -c "$HOLD" "$name"
    wait_until test -e "$name.in"
}
let_go() {
    touch "$1.go"
}

# groups PREFIX: the log groups that exist below it, one to a line.
groups() {
    control /_groups | jq -r --arg prefix "$1" '.[].logGroupName | select(startswith($prefix))'
}

# group_count N [PREFIX]: are there so many? nothing_left [PREFIX]: there are none.
group_count() {
    [ "$(groups "${2:-}" | wc -l)" -eq "$1" ]
}
nothing_left() {
    group_count 0 "${1:-}" && return 0
    groups "${1:-}" >&2
    return 1
}

# holder_of PREFIX: the ID in a claim. none_but ID: no other ID's attempts are left (the mutex is
# no attempt).
holder_of() {
    groups "$1/" | sed -n 's/#.*#h.*//p' | sed "s|^$1/||" | sort -u
}
none_but() {
    ! groups '' | grep -vF -e "/$1#" -e '/#mutex' >&2
}

# delete_all PREFIX: the attempts there are, of which the holder may just be deleting some itself.
# take_from JOB PREFIX: deletes what there is, once and again, until the job has ended; a renewal may
# be on its way.
delete_all() {
    local name
    for name in $(groups "$1/"); do call DeleteLogGroup "{\"logGroupName\":\"$name\"}"; done
}
take_once() {
    delete_all "$2"
    has_ended "$1"
}
take_from() {
    wait_until take_once "$@"
}

# matching REGEX: is there a log group whose name matches?
matching() {
    groups '' | grep -qE "$1"
}

# calls JQ-FILTER: of the objects of /_log, one line each. call_count N OPERATION...: at least.
calls() {
    control /_log | jq -c ".[] | $1"
}
call_count() {
    [ "$(calls "select(.operation == \"$2\") | .sequence" | wc -l)" -ge "$1" ]
}

# no_calls: nothing was asked of the service.
no_calls() {
    [ "$(control /_stats)" = '{}' ] || { control /_stats >&2; return 1; }
}

# plant JSON: a log group as POST /_groups takes it. plant_claim PREFIX: somebody holds it.
plant() {
    curl -sf --data-binary "$1" "$URL/_groups" >/dev/null
}
plant_claim() {
    plant "{\"logGroupName\":\"$1/another#t900#g1#q1#h#k7\"}"
}

# valid DOCUMENT FILE [LINES]: JSON as the schema in docs/DOCUMENT says (each line of it)?
valid() {
    local status=0
    /usr/bin/python3 "$BATS_TEST_DIRNAME/validate_json.py" "$BATS_TEST_DIRNAME/../../docs/$1" \
        ${3:+"$3"} <"$2" || status=$?
    [ "$status" -ne 77 ] || skip 'python3-jsonschema is not installed'
    return "$status"
}
