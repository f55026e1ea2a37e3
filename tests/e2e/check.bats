#!/usr/bin/env bats
# --check: permissions, and what it measures against what the service was told to do.

load lock

setup() {
    lock_setup
}

teardown() {
    lock_teardown
}

# checked STATUS [OPTION...]: the report as JSON in `out`. json JQ-CONDITION: does it hold?
checked() {
    local wanted=$1
    shift
    gives "$wanted" -p jobs --check --json "$@"
    valid check.md out
}
json() {
    jq -e "$1" out >/dev/null || { jq . out >&2; return 1; }
}

@test "all is well, and nothing is left or disturbed" {
    hold holder -p jobs
    local job=$JOB held
    wait_until group_count 2 jobs/ # its claim, and the mutex
    held=$(groups jobs/)
    checked 0
    json '.ok and .lock == "jobs" and .probes == "jobs/check" and .region == "eu-west-1" and
        .credentials == {"source": "the environment", "key": "****MPLE",
            "account": "123456789012", "expires": null} and
        (.permissions | length == 4 and all(. == "allowed")) and (has("missing_statements") | not)'
    json ".made_once and .endpoint == \"$URL\" and .create_lag.rounds == 24 and .delete_lag.rounds == 24 and
        .settle.enough and .round_trip_ms.lowest <= .round_trip_ms.median"
    [ "$(groups jobs/check)" = '' ]
    [ "$(groups jobs/)" = "$held" ]
    let_go holder
    ends 0 "$job"
    gives 0 -p jobs --check
    grep -q '^permission     logs:CreateLogGroup: allowed$' out
    grep -q '^listing lag    creates: ' out
    grep -qE "^clock          the service's and ours agree to [0-9]+ ms$" out
    ! grep -qF "$SECRET" out err || return 1
    nothing_left
}

@test "lag, skew and clock difference are found within 20% or one round trip" {
    faults '{"visibility_lag_ms":500,"clock_skew_ms":300,"date_offset_s":-77,"seed":11}'
    checked 78
    # What chance made of it: how many listings come between two changes, and so what is drawn for
    # a change, depends on how fast the machine is.
    local drawn
    drawn=$(control /_log | jq -c '[.[] | select(.applied)] |
        [.[] | select(.operation == "CreateLogGroup")] as $creates |
        [.[] | select(.operation == "DeleteLogGroup")] as $deletes |
        [$creates[] | .skew_ms // 0] as $skews |
        {create: ([$creates[].lag_ms // 0] | max), delete: ([$deletes[].lag_ms // 0] | max),
            skew: (($skews | max) - ($skews | min) | . / 2)}')
    json "$drawn"' as $drawn | .round_trip_ms.highest as $trip |
        def near($wanted): (. - $wanted | fabs) <= ([0.2 * $wanted, $trip] | max);
        (.create_lag.longest_ms | near($drawn.create)) and
        (.delete_lag.longest_ms | near($drawn.delete)) and
        (.creation_time_skew_ms | near($drawn.skew)) and
        ((.clock_ahead_ms + 77000 | fabs) <= .clock_doubt_ms + 300 + $trip) and
        .settle.needed_ms >= 1.8 * ([$drawn.create, $drawn.delete] | max)' ||
        { echo "$drawn" >&2; return 1; }
    json '.create_lag.late > 12 and .settle.is_ms == 100 and
        .settle.enough == false and .settle.needed_with_roles_ms > .settle.needed_ms and (.ok | not)'
    one_line 'measuring how late listings are'
    nothing_left
}

@test "with a longer --settle it is enough" {
    faults '{"visibility_lag_ms":120,"seed":7}'
    checked 0 --settle 2
    json '.ok and .settle.is_ms == 2000 and .settle.needed_ms <= 600'
    gives 78 -p jobs --check --settle 0.02
    grep -q 'it is 0.0: NOT ENOUGH' out
}

@test "each permission denied in turn is named, with the statement that is missing" {
    local action
    for action in CreateLogGroup DeleteLogGroup DescribeLogGroups; do
        faults "{\"deny\":[\"$action\"]}"
        checked 77
        json ".permissions.\"logs:$action\" == \"denied\" and (.ok | not) and
            ([.permissions[] | select(. == \"denied\")] | length == 1) and
            (.missing_statements | length == 1) and .missing_statements[0].Action == [\"logs:$action\"]"
        if [ "$action" = DescribeLogGroups ]; then
            json '.missing_statements[0].Resource == "*"'
        else
            json '.missing_statements[0].Resource | test("^arn:.*:logs:eu-west-1:.*:log-group:jobs/\\*$")'
        fi
        gives 77 -p jobs --check
        grep -q "^permission     logs:$action: NOT ALLOWED$" out
        grep -q 'allow it' out && return 1 # that would be for probes only
        grep -q "^\[{\"Effect\":\"Allow\",\"Action\":\[\"logs:$action\"\]," out
        nothing_left
    done
    faults '{"deny":["DescribeLogStreams"]}'
    checked 0
    json '.permissions."logs:DescribeLogStreams" == "denied" and .ok and
        .missing_statements[0].Action == ["logs:DescribeLogStreams"]'
    faults '{"deny":["CreateLogGroup","DescribeLogGroups","DeleteLogGroup"]}'
    checked 77
    json '.missing_statements | length == 2'
    nothing_left
}

@test "--tags needs logs:TagResource" {
    checked 0 --tags team=a
    json '.permissions."logs:TagResource" == "allowed"'
    faults '{"deny":["TagResource"]}'
    checked 77 --tags team=a
    json '.permissions."logs:TagResource" == "denied" and
        .missing_statements[0].Action == ["logs:TagResource"]'
    nothing_left
}

@test "an expired probe of an earlier check is cleared away, nothing else" {
    plant '{"logGroupName":"jobs/check/old#t900#g3","age_ms":1000000}'
    plant '{"logGroupName":"jobs/check/young#t900#g3","age_ms":1000}'
    plant '{"logGroupName":"jobs/check/role","age_ms":9000000}'
    plant '{"logGroupName":"jobs/old#t900#g3","age_ms":1000000}'
    checked 0
    [ "$(groups '' | sort | paste -sd' ')" = \
        'jobs/check/role jobs/check/young#t900#g3 jobs/old#t900#g3' ]
}

@test "a signal ends it, and the probe goes" {
    faults '{"visibility_lag_ms":3000,"seed":2}'
    start check -p jobs --check
    local job=$JOB
    wait_until matching '^jobs/check/'
    kill -TERM "$job"
    ends 143 "$job"
    faults '{"visibility_lag_ms":0}'
    nothing_left
}

@test "a signal that is read while a request is answered ends it too" {
    faults '{"latency_ms":300}'
    start check -p jobs --check
    wait_until call_count 1 DescribeLogGroups # and the next are under way
    kill -TERM "$JOB"
    ends 143 "$JOB"
    nothing_left
}

@test "what does not work at all is told as always" {
    AWS_MAX_ATTEMPTS=1 gives 69 -p jobs --check --connect-timeout 0.2 --endpoint-url http://127.0.0.1:1
    [ ! -s out ]
    env -u AWS_REGION "$WITHLOCK" -p jobs --check 2>err || [ $? -eq 78 ]
    one_line region
    gives 64 -p jobs --check true
    gives 64 -p jobs --check --status
}

@test "a service that makes what is there already is found out" {
    python3 "$BATS_TEST_DIRNAME/lenient_relay.py" "${URL##*:}" >port 3>&- &
    JOBS+=($!)
    wait_until test -s port
    AWS_ENDPOINT_URL=http://127.0.0.1:$(cat port) checked 78
    json '.made_once == false and (.ok | not) and .settle.enough'
    [ "$(groups jobs/check)" = '' ]
    AWS_ENDPOINT_URL=http://127.0.0.1:$(cat port) gives 78 -p jobs --check
    grep -q '^mutex          A NAME CAN BE MADE TWICE' out
}
