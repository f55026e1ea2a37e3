#!/usr/bin/env bats
# --status: a lock with everything that can lie under its prefix.

load lock

setup() {
    lock_setup
}

teardown() {
    lock_teardown
}

# status STATUS [OPTION...]: json in `json`, text in `out`.
status() {
    local wanted=$1
    shift
    gives "$wanted" -p jobs --status --json "$@"
    mv out json
    valid status.md json
    gives "$wanted" -p jobs --status "$@"
}

# json JQ-CONDITION: of the last status.
json() {
    jq -e "$1" json >/dev/null || { jq . json >&2; return 1; }
}

@test "a lock nobody wants is free" {
    status 0
    json '.held == false and .lock == "jobs" and .region == "eu-west-1" and .clock == "service" and
        ([.holders, .waiters, .abandoned, .strangers] | all(. == []))'
    grep -qxE "lock 'jobs' in eu-west-1: free, 0 waiting; 20[0-9T:-]{17}Z by the service's clock" out
    [ "$(control /_stats | jq 'keys == ["DescribeLogGroups"]')" = true ]
}

@test "a holder, twelve waiters over two pages, an abandoned attempt and strangers" {
    local number generation now holder created word
    hold holder -l nightly -p jobs
    local job=$JOB
    holder=$(holder_of jobs)
    now=$(date +%s)000
    for number in 7 3 12 1 9 2 11 4 10 6 5 8; do
        for generation in 1 2 3 4; do # 48 names; with the rest more than a page of 50
            plant "{\"logGroupName\":\"jobs/20261122T064512Z-host-a-$((400 + number))-0000000$((number % 10))#t900#g$generation#q$((now - 100000 + number))#lw$number\",\"age_ms\":$((1000 * (5 - generation)))}"
        done
    done
    plant '{"logGroupName":"jobs/gone#t60#u12345678#h","age_ms":70000}'
    plant '{"logGroupName":"jobs/role-peer","age_ms":500}'
    plant '{"logGroupName":"jobs/old-role","age_ms":910000}'
    plant '{"logGroupName":"jobs/logs","age_ms":90000000,"storedBytes":5}'
    plant '{"logGroupName":"jobs/other/x#t900#h"}' # of another lock
    local before
    before=$(control /_stats | jq .DescribeLogGroups.ok)
    status 1
    [ "$(control /_stats | jq .DescribeLogGroups.ok)" -ge $((before + 4)) ] # two pages, twice
    json ".held and (.holders | length) == 1 and .holders[0].id == \"$holder\" and
        .holders[0].label == \"nightly\" and .holders[0].pid == $job and
        .holders[0].host == \"$(hostname | sed 's/\..*//; s/[^A-Za-z0-9]/-/g')\" and
        .holders[0].token > 0 and .holders[0].lock_timeout_s == 900"
    json '[.waiters[].label] == [range(1; 13) | "w\(.)"]'
    json 'all(.waiters[]; .host == "host-a" and (.attempts | length) == 4 and .mode == "exclusive")'
    json '[.waiters[].pid] == [range(401; 413)]'
    json '[.abandoned[].id] | sort == ["gone", "old-role"]'
    json '[.strangers[] | [.id, .has_content]] | sort == [["logs", true], ["role-peer", false]]'
    json 'all(.strangers[]; (.expires == null) == .has_content)'
    json '(.holders[0].expires | fromdate) - (.holders[0].renewed | fromdate) == 900'
    created=$(control /_groups | jq '.[] | select(.logGroupName | test("-401-.*#g4#")) | .creationTime')
    json "(.waiters[0].renewed | fromdate) == ($created / 1000 | floor) and .time >= .waiters[0].renewed"
    [ "$(head -1 out | sed 's/;.*//')" = "lock 'jobs' in eu-west-1: held, 12 waiting" ]
    sed -n 2p out | grep -qE '^ +ID +LABEL +HOST +PID +SINCE +RENEWED +EXPIRES$'
    sed -n 3p out | grep -qE "^holder +$holder +nightly +[^ ]+ +$job +20.*Z +20.*Z +20.*Z$"
    sed -n 4p out | grep -qE '^waiter 1 +20261122T064512Z-host-a-401-00000001 +w1 +host-a +401 '
    sed -n 15p out | grep -qE '^waiter 12 .* w12 +host-a +412 '
    grep -qE '^abandoned +gone +- +- +- ' out
    grep -qE '^stranger +logs .*never: it has content$' out
    [ "$(sed -n 20p out)" = "1 log group of locks below 'jobs': --list shows which" ]
    json '.log_groups_below == 1'
    [ "$(wc -l <out)" -eq 20 ]
    # as wide as there is room for, and nothing is left out but what is said twice
    local width
    for width in 200 125 80; do
        script -qec "stty cols $width; exec '$WITHLOCK' -p jobs --status" /dev/null \
            </dev/null 3>&- | tr -d '\r' >"seen-$width" || true
        [ "$(wc -L <"seen-$width")" -le $width ]
        for word in "$holder" nightly 20261122T064512Z-host-a-412-00000002 w12 'never: it has content'; do
            grep -qF -- "$word" "seen-$width"
        done
    done
    diff <(sed 's/ 20[^ ]*Z by/ by/' seen-200) <(sed 's/ 20[^ ]*Z by/ by/' out)
    sed -n 2p seen-125 | grep -qE '^ +ID +LABEL +SINCE +RENEWED +EXPIRES$'
    [ "$(wc -l <seen-125)" -eq 20 ]
    sed -n 3,6p seen-80 | tr -s ' \n' ' ' | grep -qE "^ SINCE RENEWED EXPIRES ID LABEL holder ([^ ]+Z ){3}$holder nightly $"
    [ "$(wc -l <seen-80)" -eq 39 ]
    let_go holder
    ends 0 "$job"
}

@test "a role's contender holds it if it is the first of all" {
    plant '{"logGroupName":"jobs/role","age_ms":5000}'
    plant '{"logGroupName":"jobs/role2","age_ms":1000}'
    status 1
    json '[.holders[].id] == ["role"] and .holders[0].withlock == false and
        [.strangers[].id] == ["role2"]'
    plant '{"logGroupName":"jobs/me#t900#h","age_ms":2000}'
    status 1
    json '[.holders[].id] == ["me"] and ([.strangers[].id] | sort == ["role", "role2"])'
    curl -sf -X POST "$URL/_reset"
    plant '{"logGroupName":"jobs/role","age_ms":90000}'
    status 1
    status 0 --role-timeout 60 -t 60 # expired, by this timeout
    json '[.abandoned[].id] == ["role"]'
    curl -sf -X POST "$URL/_reset"
    plant '{"logGroupName":"jobs/logs","age_ms":1000,"metricFilterCount":1}'
    status 0
    json '[.strangers[].id] == ["logs"]'
}

@test "the age of attempts is the service's, whatever this machine's clock says" {
    faults '{"date_offset_s":-7200}'
    hold holder -p jobs
    local job=$JOB
    status 1
    json '(now - (.time | fromdate) | . > 7100 and . < 7300) and .holders[0].since <= .time'
    let_go holder
    ends 0 "$job"
}

@test "shared holders and slots are shown as such" {
    plant '{"logGroupName":"jobs/a#t900#s#h"}'
    plant '{"logGroupName":"jobs/b#t900#s#h"}'
    status 1
    json '[.holders[] | [.id, .mode]] | sort == [["a", "shared"], ["b", "shared"]]'
    grep -qE '^holder \(shared\) ' out
    curl -sf -X POST "$URL/_reset"
    plant '{"logGroupName":"jobs/a#t900#n3#h"}'
    status 1
    json '.holders[0].mode == "slots" and .holders[0].slots == 3'
}

@test "-v says where the past is" {
    gives 0 -v -p jobs --status
    one_line 'aws cloudtrail lookup-events --region eu-west-1 '
}

@test "failures are told as always, wrong words refused before any call" {
    gives 64 -p jobs --status true
    one_line "--status takes no command 'true'"
    gives 64 --status
    gives 64 -p jobs --json true
    one_line '--json goes with --status'
    WITHLOCK_STATUS=1 gives 0 -p jobs true # no preset
    curl -sf -X POST "$URL/_reset"
    faults '{"deny":["DescribeLogGroups"]}'
    gives 77 -p jobs --status
    one_line logs:DescribeLogGroups
    [ ! -s out ]
    faults '{"deny":[]}'
    AWS_MAX_ATTEMPTS=1 gives 69 -p jobs --status --endpoint-url http://127.0.0.1:1
    faults '{"error_rate":0.4,"seed":3}'
    AWS_MAX_ATTEMPTS=20 gives 0 -p jobs --status # tried again
}

@test "of more log groups than are read the first are shown, and nothing is said of a holder among the rest" {
    plant '{"logGroupName":"jobs/#mutex"}'
    plant '{"logGroupName":"jobs/dead#t15#u12345678#h","age_ms":60000}'
    python3 - "$URL" <<'PYTHON'
import http.client, json, sys
connection = http.client.HTTPConnection(sys.argv[1].split("//")[1])
for i in range(20050):
    connection.request("POST", "/_groups", json.dumps({"logGroupName": f"jobs/x{i:05d}#t900"}))
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, answer.status
PYTHON
    plant '{"logGroupName":"jobs/z#t900#h"}'
    status 69
    one_line "more under 'jobs' than is read; what is shown are the first 20000 log groups"
    json '.held == null and .mutexes == 1'
    grep -q "^lock 'jobs' in eu-west-1: held or free is not known, at least 19998 waiting;" out
    ! grep -q 'a mutex' out || false # is left: it is the holder's
    gives 0 -p jobs --list
    grep -qE '^jobs +not known ' out
    gives 0 -p jobs --break dead --yes
    control /_groups | jq -e 'any(.[]; .logGroupName == "jobs/#mutex")'
    gives 69 -p jobs --break z --yes # it is among the rest
    grep -q "no attempt of 'z' among the first 20000 log groups of lock 'jobs'" err
    plant_claim jobs
    gives 1 -p jobs --status
    grep -q another out
    grep -q "^lock 'jobs' in eu-west-1: held, at least 19998 waiting;" out
}
