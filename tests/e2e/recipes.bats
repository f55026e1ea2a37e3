#!/usr/bin/env bats
# Every block of docs/recipes.md, run as it stands there against cwlogs-local. Programs that belong
# to the reader (deploy.sh, terraform, aws) are scripts here that say who called them, under which
# lock; where two are to meet they hold until they are told to end.

load lock

RECIPES=$(cd "$BATS_TEST_DIRNAME/../../docs" && pwd)/recipes.md

setup_file() {
    # Code blocks into files: sh.1, make.1, ...; text.1 has no language.
    awk -v dir="$BATS_FILE_TMPDIR" '
        /^ *```/ && file { file = ""; next }
        /^ *```/ { sub(/^ *```/, ""); language = $0 ? $0 : "text"; file = dir "/" language "." ++count[language]; next }
        file { print > file }' "$RECIPES"
}

setup() {
    lock_setup
    BLOCKS=$BATS_FILE_TMPDIR
    mkdir bin
    PATH=$PWD/bin:$WITHLOCK_BUILD/src:$PATH
    export SHELL=/bin/sh
}

teardown() {
    lock_teardown
}

# caller NAME...: programs that append their name, words and lock to `calls`; while there is a file
# NAME.hold they do not end.
caller() {
    local path
    for path in "$@"; do
        cat >"$path" <<END
#!/bin/sh
echo "\${0##*/} \$* under \${WITHLOCK_HELD_PREFIX:-nothing}" >>"$PWD/calls"
while [ -e "\$0.hold" ]; do sleep 0.1; done
END
        chmod +x "$path"
    done
}

called() {
    diff - calls
}

# run_block FILE: by bash, as a CI job's shell does it. Its output in out and err.
run_block() {
    bash -eu "$BLOCKS/$1" >out 2>err </dev/null 3>&- || { cat out err >&2; return 1; }
}

needs() {
    if ! command -v "$1" >/dev/null; then
        skip "$1 is not installed"
    fi
}

# crontab_line FILE PATTERN: the command of a crontab's line, and its settings as assignments.
crontab_settings() {
    grep -E '^[A-Z_]+=' "$1" | grep -v '^PATH='
}
crontab_command() {
    grep -E '^[0-9*]' "$1" | sed -E 's/^([^ ]+ +){5}//'
}

# A block of shell is run as a whole, line by line; of the others, which are read as their tool does
# it, it is known here how many lines have to be run. What is added must be run as well.
@test "the blocks are known here, and in each the command lines" {
    (cd "$BLOCKS" && find . -name '*.[0-9]*' -printf '%P\n' | sort) >known
    printf '%s\n' cron.{1,2} groovy.1 ini.{1,2,3,4} make.{1,2} sh.{1,2,3,4,5,6,7,8,9} sh.1{0,1,2,3,4,5} sql.1 \
        text.1 yaml.{1,2,3,4} | sort | diff - known
    (cd "$BLOCKS" && awk '
        /^#/ { next }
        FILENAME ~ /^make/ && /^\t/ || FILENAME ~ /^cron/ && /^[@0-9*]/ || /^Exec/ || /(^| )(sh|bat) / ||
            FILENAME ~ /^yaml/ && /^[ -]*(run|command|args|script|exec): *[^ ]|^ +- [^:]*$|&&/ { count[FILENAME]++ }
        END { for (file in count) print file, count[file] }' cron.* groovy.* ini.* make.* yaml.*) | sort >known
    tr ' ' '\n' <<<'cron.1=1 cron.2=1 groovy.1=1 ini.1=1 ini.3=1 ini.4=1 make.1=2 make.2=3 yaml.1=1 yaml.2=2 yaml.3=1 yaml.4=1' |
        tr = ' ' | diff - known
}

@test "make: a line of a recipe" {
    needs make
    caller build.sh deploy.sh
    make -f "$BLOCKS/make.1" deploy >out 2>err
    called <<<$'build.sh  under nothing\ndeploy.sh production under locks/deploy'
    nothing_left
}

@test "make: a whole recipe, by one run of withlock; what it depends on is not under the lock" {
    needs make
    caller build.sh deploy.sh prepare.sh
    cp "$BLOCKS/make.2" Makefile
    printf 'prepare:\n\t./prepare.sh\n\nrelease: prepare\n' >>Makefile
    make release >out 2>err
    called <<END
prepare.sh  under nothing
build.sh  under locks/deploy
deploy.sh staging under locks/deploy
deploy.sh production under locks/deploy
END
    [ "$(calls 'select(.operation == "CreateLogGroup" and .applied) | .logGroupName' |
        grep -vF '/#mutex' | cut -d'#' -f1 | sort -u | wc -l)" -eq 1 ]
    matching . && return 1
    # It ends at the first line that fails, and make knows.
    printf '#!/bin/sh\nexit 3\n' >build.sh
    run -2 make release
    [ "$(grep -c '^deploy' calls)" -eq 2 ]
}

@test "cron: hosts that come one after the other run the job once" {
    caller bin/nightly-report
    crontab_settings "$BLOCKS/cron.1" >settings
    crontab_command "$BLOCKS/cron.1" >command
    [ "$(wc -l <command)" -eq 1 ]
    # exec, so that JOB is withlock, as it is for a cron that has a shell like that.
    (set -a && . ./settings && exec sh -c "exec $(cat command)" >first 2>&1 3>&-) &
    JOB=$!
    JOBS+=("$JOB")
    wait_until grep -qs nightly-report calls
    for host in 2 3; do
        (set -a && . ./settings && exec sh -c "$(cat command)" >next 2>&1 3>&-)
        [ ! -s next ]
    done
    called <<<'nightly-report  under locks/nightly'
    kill -TERM "$JOB" # or it would be held for the rest of five minutes
    ends 0 "$JOB"
    [ ! -s first ]
    nothing_left
}

@test "cron: each host, one after the other" {
    caller bin/reindex
    crontab_command "$BLOCKS/cron.2" >command
    touch bin/reindex.hold
    local jobs=()
    for host in 1 2; do
        sh -c "$(cat command)" >host.$host 2>&1 3>&- &
        jobs+=($!)
        JOBS+=($!)
    done
    wait_until test -e calls
    wait_until matching 'locks/reindex/.*#h'
    [ "$(wc -l <calls)" -eq 1 ]
    rm bin/reindex.hold
    ends 0 "${jobs[0]}"
    ends 0 "${jobs[1]}"
    called <<<$'reindex --all under locks/reindex\nreindex --all under locks/reindex'
}

@test "systemd: the units are right" {
    needs systemd-analyze
    local number name
    for number in 1 2 3 4; do
        name=$(sed -n '1s|^# /etc/systemd/system/||p' "$BLOCKS/ini.$number")
        sed "s|^ExecStart=withlock|ExecStart=$WITHLOCK|" "$BLOCKS/ini.$number" >"$name"
        systemd-analyze verify "./$name" >verified 2>&1 || { cat verified >&2; return 1; }
        grep -F "$name" verified && return 1
    done
    # A service that is stopped has not failed: see the status in the next test.
    grep -qx 'SuccessExitStatus=143' "$BLOCKS/ini.3"
}

@test "systemd: what the service runs" {
    caller bin/nightly-report bin/scheduler
    touch bin/scheduler.hold
    sh -c "exec $(sed -n 's|^ExecStart=||; s|%H|host-1|p' "$BLOCKS/ini.3")" 2>err 3>&- &
    JOB=$!
    JOBS+=("$JOB")
    wait_until test -e calls
    matching 'locks/scheduler/.*lhost-1$'
    called <<<'scheduler  under locks/scheduler'
    kill -TERM "$JOB"
    ends 143 "$JOB"
    nothing_left
    WITHLOCK_MIN_HOLD=0 sh -c "$(sed -n 's|^ExecStart=||; s|--min-hold 5m||p' "$BLOCKS/ini.1")"
    tail -1 calls | grep -qx 'nightly-report  under locks/nightly'
}

@test "systemd: a service below withlock reports for itself" {
    cat >bin/worker <<'END'
#!/usr/bin/env python3
import os, socket
assert "WATCHDOG_PID" not in os.environ and os.environ["WATCHDOG_USEC"] == "30000000"
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
    to.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
END
    cat >listen <<'END'
import socket
at = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
at.bind("notify")
at.settimeout(20)
print("ready", flush=True)
print(at.recv(100).decode())
END
    chmod +x bin/worker
    python3 listen >heard 3>&- &
    local listener=$!
    JOBS+=("$listener")
    wait_until grep -q ready heard
    NOTIFY_SOCKET=$PWD/notify WATCHDOG_USEC=30000000 WATCHDOG_PID=$$ \
        sh -c "$(sed -n 's|^ExecStart=||; s|%H|host-1|p' "$BLOCKS/ini.4")"
    ends 0 "$listener"
    grep -qx READY=1 heard
    calls .logGroupName | grep -q 'locks/worker/.*lhost-1'
}

@test "a script that locks itself" {
    install -m 755 "$BLOCKS/sh.1" script
    echo 'echo "$* under $WITHLOCK_HELD_PREFIX"' >>script
    ./script 'to the west' >out
    diff out - <<<$'deploying to the west\nto the west under locks/deploy'
    # Under another lock it takes its own as well, and within its own not again.
    withlock -p other -- ./script east >out
    grep -qx 'east under other locks/deploy' out
    withlock -p locks/deploy -- ./script east >out
    grep -qx 'east under locks/deploy' out
    # By its name alone, and without the right to be executed.
    chmod -x script
    sh script north >out
    grep -qx 'north under locks/deploy' out
    nothing_left
}

# yaml FILE JQ-FILTER
yaml() {
    /usr/bin/env python3 -c 'import json, sys, yaml
json.dump(yaml.safe_load(sys.stdin), sys.stdout)' <"$1" >read.json
    jq -er "$2" read.json
}

yaml_is_there() {
    python3 -c 'import yaml' 2>/dev/null || skip 'python3-yaml is not installed'
}

@test "GitHub Actions" {
    yaml_is_there
    caller deploy.sh
    # "on" is a boolean in YAML 1.1, and a word for GitHub.
    yaml "$BLOCKS/yaml.1" '.true.push.branches[0]' | grep -qx main
    yaml "$BLOCKS/yaml.1" '.permissions["id-token"]' | grep -qx write
    yaml "$BLOCKS/yaml.1" '[.jobs[].steps[] | has("uses") != has("run")] | all'
    yaml "$BLOCKS/yaml.1" '.jobs.deploy.steps[] | .run // empty | select(test("^exec withlock "))' >step
    [ -s step ]
    GITHUB_RUN_ID=77 bash -e step
    called <<<'deploy.sh production under locks/deploy'
    matching . && return 1
    calls .logGroupName | grep -q 'lrun-77'
}

@test "GitLab CI" {
    yaml_is_there
    caller deploy.sh
    yaml "$BLOCKS/yaml.2" '.deploy.id_tokens.AWS_ID_TOKEN.aud' | grep -q ^https:
    yaml "$BLOCKS/yaml.2" '.deploy | .before_script[], .script[]' >job
    export CI_PROJECT_DIR=$PWD CI_JOB_ID=78 AWS_ID_TOKEN=to.ke.n
    export AWS_WEB_IDENTITY_TOKEN_FILE=$(eval "echo $(yaml "$BLOCKS/yaml.2" \
        .deploy.variables.AWS_WEB_IDENTITY_TOKEN_FILE)")
    bash -e job
    called <<<'deploy.sh production under locks/deploy'
    [ "$(cat .aws-token) $(stat -c %a .aws-token)" = 'to.ke.n 600' ]
    calls .logGroupName | grep -q 'ljob-78'
}

@test "Buildkite" {
    yaml_is_there
    caller deploy.sh
    yaml "$BLOCKS/yaml.3" '.steps[0].command' >step
    BUILDKITE_BUILD_NUMBER=79 bash -e step
    called <<<'deploy.sh production under locks/deploy'
    calls .logGroupName | grep -q 'lbuild-79'
}

@test "Jenkins" {
    caller deploy.sh
    sed -n "s/^ *sh '\(.*\)'$/\1/p" "$BLOCKS/groovy.1" >step
    [ "$(wc -l <step)" -eq 1 ]
    BUILD_TAG=jenkins-deploy-80 sh -xe step
    called <<<'deploy.sh production under locks/deploy'
    calls .logGroupName | grep -q 'ljenkins-deploy-80'
}

@test "Kubernetes: what the pod of a CronJob runs" {
    yaml_is_there
    caller bin/nightly-report
    yaml "$BLOCKS/yaml.4" '.spec.jobTemplate.spec.template.spec.containers[0].command[]' >words
    mapfile -t words <words
    WITHLOCK_MIN_HOLD= "${words[@]/5m/0.1}" 3>&-
    called <<<'nightly-report  under locks/nightly'
    [ "$(yaml "$BLOCKS/yaml.4" '[.. | .terminationGracePeriodSeconds? // empty][0]')" -ge 30 ]
}

@test "Terraform: plan and application under one lock" {
    caller bin/terraform
    run_block sh.2
    called <<END
terraform plan -out=plan.bin under locks/network
terraform apply plan.bin under locks/network
END
}

@test "database migrations: the lock is kept for the migration only" {
    caller manage.py serve
    run_block sh.3
    called <<<$'manage.py migrate under locks/shop-migrate\nserve  under nothing'
    nothing_left
    # Who cannot have the lock, or whose migration fails, does not serve.
    printf '#!/bin/sh\nexit 4\n' >manage.py
    run -4 bash "$BLOCKS/sh.3"
    [ "$(grep -c '^serve' calls)" -eq 1 ]
}

@test "together with a playbook's contender" {
    caller bin/aws
    AWS_ENDPOINT_URL=$URL python3 "$BATS_TEST_DIRNAME/role_contender.py" --endpoint "$URL" \
        --prefix ses-rules/lock --id playbook --attempts 1 -- \
        sh -c 'echo playbook begins >>calls; while [ ! -e go ]; do sleep 0.1; done
            echo playbook ends >>calls' 3>&- &
    local playbook=$!
    JOBS+=("$playbook")
    wait_until grep -qs begins calls
    bash -eu "$BLOCKS/sh.4" 2>err 3>&- &
    local command=$!
    JOBS+=("$command")
    wait_until group_count 2 ses-rules/lock/
    touch go
    ends 0 "$command"
    ends 0 "$playbook"
    called <<END
playbook begins
playbook ends
aws ses set-active-receipt-rule-set --rule-set-name main under ses-rules/lock
END
}

# A table, and a writer under the lock; then a late one with an older token.
@test "the fencing token, with DynamoDB" {
    needs aws
    needs moto_server
    local port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    moto_server -H 127.0.0.1 -p "$port" >moto.log 2>&1 3>&- &
    JOBS+=($!)
    export AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:$port AWS_DEFAULT_REGION=eu-west-1
    local up=(curl -s -o /dev/null "$AWS_ENDPOINT_URL_DYNAMODB")
    wait_until "${up[@]}"
    aws dynamodb create-table --table-name deploys --billing-mode PAY_PER_REQUEST \
        --attribute-definitions AttributeName=what,AttributeType=S \
        --key-schema AttributeName=what,KeyType=HASH >created
    cat "$BLOCKS/sh.5" "$BLOCKS/sh.6" >write
    version=1 gives 0 -p outer -- "$WITHLOCK" -p a -- bash -eu -c '. ./write; echo "$token" >first'
    version=2 gives 0 -p a -- bash -eu write
    version=3 WITHLOCK_HELD_TOKEN=$(cat first) run bash -eu write
    [ "$status" -ne 0 ]
    [[ $output == *ConditionalCheckFailed* ]]
    aws dynamodb get-item --table-name deploys --key '{"what": {"S": "site"}}' |
        jq -e '.Item.version.S == "2"'
}

@test "the fencing token, with SQL" {
    local token=$BATS_TEST_TMPDIR/token
    withlock -p a -- bash -eu -c '. "$1"; echo "$token" >old' - "$BLOCKS/sh.5"
    withlock -p a -- bash -eu -c '. "$1"; echo "$token" >new' - "$BLOCKS/sh.5"
    python3 - "$(cat old)" "$(cat new)" "$BLOCKS/sql.1" <<'END'
import sqlite3, sys
old, new, statement = int(sys.argv[1]), int(sys.argv[2]), open(sys.argv[3]).read()
base = sqlite3.connect(":memory:")
base.execute("CREATE TABLE deploys (what TEXT, version TEXT, token INTEGER)")
base.execute("INSERT INTO deploys VALUES ('site', '0', 0)")
changed = [base.execute(statement, {"version": version, "token": token}).rowcount
           for version, token in (("1", new), ("2", old), ("3", new))]
assert changed == [1, 0, 1], changed
END
}

@test "xargs: a lock for each item" {
    caller deploy.sh
    hold other -p locks/deploy-us
    bash -eu "$BLOCKS/sh.7" 2>err 3>&- &
    local list=$!
    JOBS+=("$list")
    wait_until grep -qs ' ap ' calls
    wait_until grep -qs ' eu ' calls
    grep ' us ' calls && return 1
    let_go other
    ends 0 "$list"
    sort calls >sorted
    diff sorted - <<END
deploy.sh ap under locks/deploy-ap
deploy.sh eu under locks/deploy-eu
deploy.sh us under locks/deploy-us
END
}

@test "GNU parallel: a lock for each item, or one for all" {
    needs parallel
    parallel --version | grep -q '^GNU parallel' || skip 'parallel is another program'
    caller deploy.sh
    hold other -p locks/deploy-us
    run_block sh.8
    sort calls >sorted
    diff sorted - <<<$'deploy.sh ap under locks/deploy-ap\ndeploy.sh eu under locks/deploy-eu'
    rm calls
    run_block sh.9
    [ "$(grep -c ' under locks/deploy$' calls)" -eq 3 ]
    let_go other
}

# The program that asks stands in: what follows the name of the place is run here.
@test "work that is no descendant: withlock is where the work is" {
    caller deploy.sh
    local number
    for number in docker:10 kubectl:11 ssh:12 systemd-run:13; do
        cat >"bin/${number%:*}" <<'END'
#!/bin/sh
while [ "$1" != withlock ]; do shift; done
exec "$@"
END
        chmod +x "bin/${number%:*}"
        rm -f calls
        run_block "sh.${number#*:}"
        called <<<'deploy.sh production under locks/deploy'
    done
    printf '#!/bin/sh\n[ "$1" = 03:00 ] && exec sh\n' >bin/at
    chmod +x bin/at
    rm calls
    run_block sh.14
    called <<<'deploy.sh production under locks/deploy'
    nothing_left
}

# cloudtrail EVENT: what lookup-events would give of it, made of the service's own record. An event
# that AWS has documented is the pattern; the name, the time and what it was are ours.
cloudtrail() {
    control /_log | jq --arg event "$1" --slurpfile pattern \
        "$BATS_TEST_DIRNAME/../vectors/cloudtrail/$1.json" '
        {Events: [.[] | select(.operation == $event) |
            . as $call | $pattern[0] |
            .eventTime = ($call.wall_ms / 1000 | floor | todate) |
            .requestParameters.logGroupName = $call.logGroupName |
            if $call.applied then . else .errorCode = "ResourceAlreadyExistsException" end |
            {EventId: .eventID, EventName: .eventName, EventTime: .eventTime, EventSource: .eventSource,
             ReadOnly: "false", Resources: [], Username: "deploy", CloudTrailEvent: tojson}]}'
}

@test "who held the lock last night: out of CloudTrail's events" {
    needs jq
    local first second
    hold first -l anna -p locks/deploy
    first=$(holder_of locks/deploy)
    start second -i ben -p locks/deploy -- sleep 1.1
    second=$JOB
    wait_until matching 'locks/deploy/ben#'
    withlock -p locks/deploy/eu -l nested true
    withlock -p locks/deploy-us -l beside true
    sleep 1.1 # times of CloudTrail are whole seconds
    let_go first
    ends 0 "$second"
    withlock -i ben -p locks/deploy -- sleep 1.1 # another run of the same ID
    for event in CreateLogGroup DeleteLogGroup; do cloudtrail $event >$event.json; done
    cat >bin/aws <<END
#!/bin/sh
case "\$*" in
"cloudtrail lookup-events --start-time 20"*AttributeValue=CreateLogGroup) cat "$PWD/CreateLogGroup.json" ;;
"cloudtrail lookup-events --start-time 20"*AttributeValue=DeleteLogGroup) cat "$PWD/DeleteLogGroup.json" ;;
*) exit 64 ;;
esac
END
    chmod +x bin/aws
    run_block sh.15
    cut -f3,4,5 out | diff - <(
        printf '%s\t%s\tarn:aws:sts::111122223333:assumed-role/deploy/ci\n' "$first" anna ben - ben -)
    # each begins when the one before has ended, or later
    awk -F'\t' '$1 >= $2 || $1 < last { bad = 1 } { last = $2 } END { exit bad || NR != 3 }' out ||
        { cat out >&2; return 1; }
    # a holder that has not ended; what was refused does not count
    sed -i 's/"DeleteLogGroup"/"DeleteNothing"/g; s/\\"eventName\\":\\"DeleteLogGroup/\\"eventName\\":\\"Nothing/g' DeleteLogGroup.json
    run_block sh.15
    [ "$(cut -f2 out | sort -u)" = 'not released' ]
}
