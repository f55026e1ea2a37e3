#!/usr/bin/env bats
# The stand-in's own surface: command line, API shapes and errors, every fault, control paths.

load service

setup() {
    SERVICE_PID=
}

teardown() {
    stop_service
}

# one_line STATUS TEXT ARGUMENT...: the program refuses with this status and one line on stderr.
one_line() {
    local wanted=$1 text=$2 status=0
    shift 2
    "$CWLOGS_LOCAL" "$@" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" </dev/null || status=$?
    echo "cwlogs-local $*: $status, $(cat "$BATS_TEST_TMPDIR/err")"
    [ "$status" -eq "$wanted" ]
    [ ! -s "$BATS_TEST_TMPDIR/out" ]
    [ "$(cat "$BATS_TEST_TMPDIR/err")" = "cwlogs-local: $text" ]
}

# cut_off: the last call was cut off without an answer.
cut_off() {
    [ "$HTTP" = 000 ] || { echo "answered with $HTTP" >&2; return 1; }
    [ "$CURL" -ne 0 ]
}

@test "help and version" {
    run "$CWLOGS_LOCAL" --help
    [ "$status" -eq 0 ]
    start_service
    local names=$(control /_faults | jq -r 'keys[]')
    [ "$(wc -w <<<"$names")" -ge 15 ]
    for name in $names; do
        [[ "$output" == *"--${name//_/-} "* ]]
    done
    run "$CWLOGS_LOCAL" --version
    [ "$status" -eq 0 ]
    [[ "$output" =~ ^cwlogs-local\ .*[0-9]+\.[0-9]+\.[0-9]+$ ]]
}

@test "wrong usage is one line and 64" {
    one_line 64 "there is no option '--nonsense'" --nonsense
    one_line 64 "there is no option '-x'" -x
    one_line 64 "option '--seed' needs a value" --seed
    one_line 64 "unexpected argument 'serve'" serve
    one_line 64 "latency_ms: 'x' is not a whole number from 0 to 86400000" --latency-ms x
    one_line 64 "drop_rate: '2' is not a number from 0 to 1" --drop-rate 2
    one_line 64 "deny: 'Nothing' is not an operation" --deny Nothing
    one_line 64 "outage: 'maybe' is not none, refuse or hang" --outage maybe
    one_line 64 "--tls-cert and --tls-key go together" --tls-cert /dev/null
    one_line 64 "credentials must be KEYID:SECRET[:TOKEN]" --credentials AKID
    one_line 64 "'4586' is not HOST:PORT with a port from 0 to 65535" --listen 4586
    one_line 64 "'127.0.0.1:70000' is not HOST:PORT with a port from 0 to 65535" --listen 127.0.0.1:70000
}

@test "a port that is taken is one line and 71" {
    start_service
    one_line 71 "cannot listen on ${URL#http://}: Address already in use" --listen "${URL#http://}"
}

@test "certificates that are no good are one line and 78" {
    one_line 78 "there is no file '$BATS_TEST_TMPDIR/none'" --tls-cert "$BATS_TEST_TMPDIR/none" --tls-key /dev/null
    echo nonsense >"$BATS_TEST_TMPDIR/bad.pem"
    run "$CWLOGS_LOCAL" --listen 127.0.0.1:0 --tls-cert "$BATS_TEST_TMPDIR/bad.pem" --tls-key "$BATS_TEST_TMPDIR/bad.pem"
    [ "$status" -eq 78 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ "$output" == "cwlogs-local: cannot start the server: "* ]]
}

@test "it ends with 0 on INT and TERM, also with requests under way" {
    for signal in INT TERM; do
        start_service --latency-ms 86400000
        curl -s --max-time 60 -H 'X-Amz-Target: Logs_20140328.TagResource' -d '{}' "$URL/" 3>&- &
        local slow=$!
        wait_until waiting TagResource
        faults '{"outage":"hang"}'
        curl -s --max-time 60 -H 'X-Amz-Target: Logs_20140328.UntagResource' -d '{}' "$URL/" 3>&- &
        local hanging=$!
        wait_until waiting UntagResource
        kill "-$signal" "$SERVICE_PID"
        stop_service
        wait "$slow" || true
        wait "$hanging" || true
    done
}

@test "a log group is created, listed and deleted in the service's shapes" {
    start_service
    ok CreateLogGroup '{"logGroupName":"p/a"}'
    [ -z "$BODY" ]
    grep -qix 'content-type: application/x-amz-json-1.1' <<<"$HEADERS"
    grep -qiE '^x-amzn-RequestId: [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' <<<"$HEADERS"
    [ "$(grep -ciE '^date: [A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT$' <<<"$HEADERS")" -eq 1 ]
    local now=$(date +%s%3N)
    ok DescribeLogGroups '{"logGroupNamePrefix":"p/"}'
    body "(.logGroups[0].creationTime - $now | fabs) < 60000"
    body '(.logGroups[0] | del(.creationTime)) == {
        logGroupName: "p/a", metricFilterCount: 0, storedBytes: 0, logGroupClass: "STANDARD",
        arn: "arn:aws:logs:us-east-1:123456789012:log-group:p/a:*",
        logGroupArn: "arn:aws:logs:us-east-1:123456789012:log-group:p/a",
        deletionProtectionEnabled: false}'
    body 'has("nextToken") | not'
    ok DeleteLogGroup '{"logGroupName":"p/a"}'
    [ -z "$BODY" ]
    ok DescribeLogGroups '{}'
    body '. == {logGroups: []}'
}

@test "errors have the service's codes and words" {
    start_service
    ok CreateLogGroup '{"logGroupName":"p/a"}'
    refused ResourceAlreadyExistsException CreateLogGroup '{"logGroupName":"p/a"}'
    [ "$BODY" = '{"__type":"ResourceAlreadyExistsException","message":"The specified log group already exists"}' ]
    refused ResourceNotFoundException DeleteLogGroup '{"logGroupName":"p/b"}'
    body '.message == "The specified log group does not exist."'
    refused ResourceNotFoundException DescribeLogStreams '{"logGroupName":"p/b"}'
    refused ResourceNotFoundException ListTagsForResource '{"resourceArn":"arn:aws:logs:r:1:log-group:p/b"}'
    refused ResourceNotFoundException CreateLogStream '{"logGroupName":"p/b","logStreamName":"s"}'
    refused ResourceNotFoundException PutRetentionPolicy '{"logGroupName":"p/b","retentionInDays":1}'
    refused InvalidParameterException PutRetentionPolicy '{"logGroupName":"p/a","retentionInDays":2}'
    refused InvalidParameterException CreateLogGroup '{"logGroupName":"q","tags":{}}'
    refused InvalidParameterException CreateLogGroup '{"logGroupName":"aws/q"}'
    body '.message == "Log groups starting with AWS/ are reserved for AWS."'
    refused InvalidParameterException CreateLogGroup '{}'
    refused InvalidParameterException CreateLogGroup '{"logGroupName":""}'
    refused InvalidParameterException DeleteLogGroup '{"logGroupName":"a:b"}'
    refused InvalidParameterException DescribeLogGroups '{"logGroupNamePrefix":"p","logGroupNamePattern":"p"}'
    body '.message == "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."'
    refused InvalidParameterException DescribeLogGroups '{"limit":51}'
    refused InvalidParameterException DescribeLogGroups '{"limit":0}'
    for arn in p/a log-group:p/a xrn:aws:logs:r:1:log-group:p/a arn:aws:sqs:r:1:log-group:p/a \
        arn:aws:logs:r:1:alarm:p/a arn:aws:logs:r:1:log-group: arn:aws:logs:r:1:log-group:p/a:x; do
        refused InvalidParameterException ListTagsForResource "{\"resourceArn\":\"$arn\"}"
    done
    refused SerializationException CreateLogGroup '{"logGroupName":'
    refused SerializationException CreateLogGroup '{"logGroupName":7}'
    refused SerializationException CreateLogGroup '[]'
    refused UnknownOperationException Nothing '{}'
    call CreateLogGroup '{"logGroupName":"q"}' -X PUT
    body '.__type == "UnknownOperationException"'
    [ "$(control /_groups | jq length)" -eq 1 ]
}

@test "names have 1 to 512 characters of the right kind" {
    start_service
    local long=$(printf 'a%.0s' {1..511})
    ok CreateLogGroup "{\"logGroupName\":\"${long}b\"}"
    refused InvalidParameterException CreateLogGroup "{\"logGroupName\":\"${long}bb\"}"
    body '.message == "Invalid LogGroup or LogStream, both must have length less than or equal to 512."'
    ok CreateLogGroup '{"logGroupName":"./_-#AZaz09//"}'
    ok CreateLogGroup '{"logGroupName":"/aws/x"}'
    for name in 'a b' 'a:b' 'a*' 'a\u00e4' 'a+b' 'a@b' 'a\\b' 'a\nb'; do
        refused InvalidParameterException CreateLogGroup "{\"logGroupName\":\"$name\"}"
    done
}

@test "tags are set on create, added, replaced and removed, by either set of calls" {
    start_service
    local arn='"resourceArn":"arn:aws:logs:us-east-1:123456789012:log-group:p/a#t15"'
    ok CreateLogGroup '{"logGroupName":"p/a#t15","tags":{"team.x":"ci","b":""}}'
    ok ListTagsForResource "{$arn}"
    body '. == {tags: {"team.x": "ci", b: ""}}'
    ok TagResource "{$arn,\"tags\":{\"b\":\"2\",\"c\":\"3\"}}"
    ok UntagResource "{$arn,\"tagKeys\":[\"team.x\",\"none\"]}"
    ok ListTagsForResource "{$arn}"
    body '. == {tags: {b: "2", c: "3"}}'
    ok TagLogGroup '{"logGroupName":"p/a#t15","tags":{"d":"4"}}'
    ok UntagLogGroup '{"logGroupName":"p/a#t15","tags":["b"]}'
    ok ListTagsLogGroup '{"logGroupName":"p/a#t15"}'
    body '. == {tags: {c: "3", d: "4"}}'
    refused InvalidParameterException TagResource "{$arn,\"tags\":{}}"
    refused InvalidParameterException TagResource "{$arn,\"tags\":{\"aws:x\":\"1\"}}"
    refused SerializationException TagResource "{$arn,\"tags\":{\"x\":1}}"
    local many=$(jq -nc '[range(49) | {key: "k\(.)", value: "v"}] | from_entries')
    refused TooManyTagsException TagResource "{$arn,\"tags\":$many}"
}

@test "retention is kept and taken back" {
    start_service
    ok CreateLogGroup '{"logGroupName":"p/a"}'
    ok PutRetentionPolicy '{"logGroupName":"p/a","retentionInDays":7}'
    ok DescribeLogGroups '{}'
    body '.logGroups[0].retentionInDays == 7'
    ok DeleteRetentionPolicy '{"logGroupName":"p/a"}'
    ok DescribeLogGroups '{}'
    body '.logGroups[0] | has("retentionInDays") | not'
}

@test "listings come in pages of 50, sorted, and go on where the last one ended" {
    start_service
    for i in {001..120}; do
        curl -sf -d "{\"logGroupName\":\"p/$i\"}" "$URL/_groups"
    done
    curl -sf -d '{"logGroupName":"p0"}' "$URL/_groups"
    ok DescribeLogGroups '{"logGroupNamePrefix":"p/"}'
    body '.logGroups | length == 50 and .[0].logGroupName == "p/001" and .[49].logGroupName == "p/050"'
    local token=$(jq .nextToken <<<"$BODY")
    # the one the page ended with goes, one appears before and one after it
    ok DeleteLogGroup '{"logGroupName":"p/050"}'
    ok CreateLogGroup '{"logGroupName":"p/0490"}'
    ok CreateLogGroup '{"logGroupName":"p/0501"}'
    ok DescribeLogGroups "{\"logGroupNamePrefix\":\"p/\",\"nextToken\":$token}"
    body '.logGroups | length == 50 and .[0].logGroupName == "p/0501" and .[1].logGroupName == "p/051"'
    ok DescribeLogGroups "{\"logGroupNamePrefix\":\"p/\",\"nextToken\":$(jq .nextToken <<<"$BODY"),\"limit\":21}"
    body '(.logGroups | length == 21 and .[20].logGroupName == "p/120") and (has("nextToken") | not)'
    ok DescribeLogGroups '{"logGroupNamePrefix":"p/","limit":3}'
    body '(.logGroups | length == 3) and has("nextToken")'
}

@test "an invalid token gives an empty list" {
    start_service
    ok CreateLogGroup '{"logGroupName":"p/a"}'
    ok CreateLogGroup '{"logGroupName":"p/b"}'
    ok DescribeLogGroups '{"logGroupNamePrefix":"p/","limit":1}'
    local token=$(jq .nextToken <<<"$BODY")
    for other in "\"logGroupNamePrefix\":\"p\",\"nextToken\":$token" '"nextToken":"p/a"' '"nextToken":""'; do
        ok DescribeLogGroups "{$other}"
        body '. == {logGroups: []}'
    done
}

@test "a listing by pattern finds substrings and tells less" {
    start_service
    for name in a/xy/1 b/XY xy c; do ok CreateLogGroup "{\"logGroupName\":\"$name\"}"; done
    ok DescribeLogGroups '{"logGroupNamePattern":"xy"}'
    body '[.logGroups[].logGroupName] == ["a/xy/1", "xy"]'
    body '.logGroups[0] | (has("storedBytes") or has("deletionProtectionEnabled")) | not'
    ok DescribeLogGroups "{\"logGroupNamePattern\":\"xy\",\"nextToken\":$(jq .nextToken <<<"$BODY")}"
    body '. == {logGroups: []}'
}

@test "streams and events: listed both ways, in pages; stored bytes come late" {
    start_service --stored-bytes-lag-ms 86400000
    ok CreateLogGroup '{"logGroupName":"p/a"}'
    for name in a b c; do
        ok CreateLogStream "{\"logGroupName\":\"p/a\",\"logStreamName\":\"$name\"}"
    done
    refused ResourceAlreadyExistsException CreateLogStream '{"logGroupName":"p/a","logStreamName":"a"}'
    for name in '' 'a:b' 'a*' "$(printf 'a%.0s' {1..513})"; do
        refused InvalidParameterException CreateLogStream \
            "{\"logGroupName\":\"p/a\",\"logStreamName\":\"$name\"}"
    done
    ok DescribeLogStreams '{"logGroupName":"p/a","nextToken":"1 a"}'
    body '. == {logStreams: []}'
    refused ResourceNotFoundException PutLogEvents \
        '{"logGroupName":"p/a","logStreamName":"x","logEvents":[{"timestamp":1,"message":"m"}]}'
    ok PutLogEvents '{"logGroupName":"p/a","logStreamName":"b","logEvents":[{"timestamp":5,"message":"m"},{"timestamp":6,"message":"mm"}]}'
    ok PutLogEvents '{"logGroupName":"p/a","logStreamName":"a","logEvents":[{"timestamp":2,"message":"m"}]}'
    refused InvalidParameterException PutLogEvents \
        '{"logGroupName":"p/a","logStreamName":"a","logEvents":[{"timestamp":3,"message":"m"},{"timestamp":2,"message":"m"}]}'
    refused InvalidParameterException PutLogEvents '{"logGroupName":"p/a","logStreamName":"a","logEvents":[]}'
    refused InvalidParameterException PutLogEvents '{"logGroupName":"p/a","logStreamName":"a","logEvents":[{"timestamp":3}]}'
    ok DescribeLogStreams '{"logGroupName":"p/a","limit":2}'
    body '[.logStreams[].logStreamName] == ["a", "b"]'
    body '.logStreams[1] | .firstEventTimestamp == 5 and .lastEventTimestamp == 6 and .storedBytes == 0'
    ok DescribeLogStreams "{\"logGroupName\":\"p/a\",\"limit\":2,\"nextToken\":$(jq .nextToken <<<"$BODY")}"
    body '[.logStreams[].logStreamName] == ["c"] and (has("nextToken") | not)'
    ok DescribeLogStreams '{"logGroupName":"p/a","orderBy":"LastEventTime","descending":true,"limit":1}'
    body '[.logStreams[].logStreamName] == ["b"]'
    ok DescribeLogStreams "{\"logGroupName\":\"p/a\",\"orderBy\":\"LastEventTime\",\"descending\":true,\"limit\":1,\"nextToken\":$(jq .nextToken <<<"$BODY")}"
    body '[.logStreams[].logStreamName] == ["a"]'
    ok DescribeLogGroups '{}'
    body '.logGroups[0].storedBytes == 0'
    faults '{"stored_bytes_lag_ms":0}'
    ok CreateLogGroup '{"logGroupName":"p/b"}'
    ok CreateLogStream '{"logGroupName":"p/b","logStreamName":"s"}'
    ok PutLogEvents '{"logGroupName":"p/b","logStreamName":"s","logEvents":[{"timestamp":5,"message":"four"}]}'
    ok DescribeLogGroups '{"logGroupNamePrefix":"p/b"}'
    body '.logGroups[0].storedBytes == 30'
}

@test "with a lag creates and deletes are exact at once and listed late" {
    start_service --visibility-lag-ms 86400000
    ok CreateLogGroup '{"logGroupName":"p/a"}'
    refused ResourceAlreadyExistsException CreateLogGroup '{"logGroupName":"p/a"}'
    [ -z "$(names p/)" ]
    exists p/a
    ok DescribeLogStreams '{"logGroupName":"p/a"}'
    faults '{"visibility_lag_ms":0}'
    ok CreateLogGroup '{"logGroupName":"p/b"}'
    [ "$(names p/)" = p/b ]
    faults '{"visibility_lag_ms":86400000}'
    ok DeleteLogGroup '{"logGroupName":"p/b"}'
    refused ResourceNotFoundException DeleteLogGroup '{"logGroupName":"p/b"}'
    [ "$(names p/)" = p/b ]
    faults '{"visibility_lag_ms":300}'
    ok CreateLogGroup '{"logGroupName":"q/a"}'
    wait_until eval '[ "$(names q/)" = q/a ]'
    ok DeleteLogGroup '{"logGroupName":"q/a"}'
    wait_until eval '[ -z "$(names q/)" ]'
}

@test "creates and deletes can each have a lag of their own, and a least one" {
    start_service --visibility-lag-min-ms 86400000 --create-lag-min-ms 0
    ok CreateLogGroup '{"logGroupName":"p/a"}'
    [ "$(names p/)" = p/a ]
    ok DeleteLogGroup '{"logGroupName":"p/a"}'
    [ "$(names p/)" = p/a ]
    faults '{"delete_lag_min_ms":0,"create_lag_ms":86400000,"create_lag_min_ms":86400000}'
    ok CreateLogGroup '{"logGroupName":"p/b"}'
    [ "$(names p/)" = p/a ]
    faults '{"visibility_lag_ms":0,"visibility_lag_min_ms":0}'
    ok CreateLogGroup '{"logGroupName":"p/c"}'
    ok DeleteLogGroup '{"logGroupName":"p/c"}'
    [ "$(names p/)" = p/a ]
    # never sooner than the least, whatever is drawn; so the first look that shows it is late enough
    faults '{"visibility_lag_ms":900,"visibility_lag_min_ms":400}'
    local before=$(date +%s%3N)
    ok CreateLogGroup '{"logGroupName":"q/a"}'
    wait_until eval '[ "$(names q/)" = q/a ]'
    [ $(($(date +%s%3N) - before)) -ge 400 ]
}

@test "clock skew moves creation times either way, request by request" {
    start_service --clock-skew-ms 3600000
    local now=$(date +%s%3N)
    for i in {1..30}; do ok CreateLogGroup "{\"logGroupName\":\"p/$i\"}"; done
    ok DescribeLogGroups '{}'
    body "[.logGroups[].creationTime - $now] | min < -600000 and max > 600000"
    body "[.logGroups[].creationTime - $now | fabs] | max < 3660000"
}

@test "the clock's offset shows in the Date header and in creation times" {
    start_service --date-offset-s 31536000
    ok CreateLogGroup '{"logGroupName":"p/a"}'
    local now=$(date +%s) date=$(sed -n 's/^[Dd]ate: //p' <<<"$HEADERS")
    [ $(($(date -d "$date" +%s) - now - 31536000)) -le 60 ]
    [ $(($(date -d "$date" +%s) - now - 31536000)) -ge -60 ]
    ok DescribeLogGroups '{}'
    body "(.logGroups[0].creationTime - ($now + 31536000) * 1000 | fabs) < 60000"
}

@test "a rate limit throttles each operation by itself" {
    start_service --rate-limit 0.001
    ok CreateLogGroup '{"logGroupName":"p/a"}'
    refused ThrottlingException CreateLogGroup '{"logGroupName":"p/b"}'
    [ "$BODY" = '{"__type":"ThrottlingException","message":"Rate exceeded"}' ]
    ok DescribeLogGroups '{}'
    refused ThrottlingException DescribeLogGroups '{}'
    faults '{"rate_limit":{"DeleteLogGroup":0.001}}'
    ok CreateLogGroup '{"logGroupName":"p/b"}'
    ok CreateLogGroup '{"logGroupName":"p/c"}'
    ok DeleteLogGroup '{"logGroupName":"p/b"}'
    refused ThrottlingException DeleteLogGroup '{"logGroupName":"p/c"}'
    curl -sf -X POST "$URL/_reset"
    refused ResourceNotFoundException DeleteLogGroup '{"logGroupName":"p/c"}' # not throttled
    ok CreateLogGroup '{"logGroupName":"p/c"}'
    faults '{"rate_limit":0}'
    ok DeleteLogGroup '{"logGroupName":"p/c"}'
}

@test "a bucket holds what it is told to, or a second's calls, for all clients together" {
    start_service
    crowd() { # 40 calls at once, of which so many are served
        for i in {1..40}; do echo 'url = "'"$URL"'/"'; done >"$BATS_TEST_TMPDIR/urls"
        curl -sZ --parallel-max 40 -o /dev/null -w '%{http_code}\n' -d '{}' \
            -H 'X-Amz-Target: Logs_20140328.DescribeLogGroups' -K "$BATS_TEST_TMPDIR/urls" >/dev/null
        control /_stats | jq .DescribeLogGroups.ok
    }
    faults '{"rate_limit":0.001,"rate_burst":10}'
    [ "$(crowd)" -eq 10 ]
    curl -sf -X POST "$URL/_reset"
    faults '{"rate_limit":{"DescribeLogGroups":0.001,"CreateLogGroup":10},"rate_burst":25}'
    [ "$(crowd)" -eq 25 ]
    ok CreateLogGroup '{"logGroupName":"p/a"}'
}

@test "errors of the service apply nothing" {
    start_service --error-rate 1
    local seen=
    for i in {1..20}; do
        call CreateLogGroup "{\"logGroupName\":\"p/$i\"}"
        [ "$HTTP" = 500 ] || [ "$HTTP" = 503 ]
        body '.__type == "ServiceUnavailableException"'
        seen+=" $HTTP"
    done
    [[ "$seen" == *500* && "$seen" == *503* ]]
    [ "$(control /_groups)" = '[]' ]
}

@test "a lost response was applied, a dropped request was not" {
    start_service --lost-response-rate 1
    call CreateLogGroup '{"logGroupName":"p/lost"}'
    cut_off
    exists p/lost
    faults '{"lost_response_rate":0,"drop_rate":1}'
    call CreateLogGroup '{"logGroupName":"p/dropped"}'
    cut_off
    absent p/dropped
    [ "$(control /_log | jq -c 'map([.outcome, .applied, .logGroupName])')" = \
        '[["lost",true,"p/lost"],["dropped",false,"p/dropped"]]' ]
}

@test "a request may be applied after its connection was cut" {
    start_service --lost-response-rate 1 --apply-delay-ms 86400000
    call CreateLogGroup '{"logGroupName":"p/late"}'
    cut_off
    waiting CreateLogGroup
    absent p/late
    faults '{"apply_delay_ms":300}'
    call CreateLogGroup '{"logGroupName":"p/a"}'
    cut_off
    wait_until exists p/a
    [ "$(control /_log | jq -r '.[0].outcome')" = lost ]
}

@test "an aborted operation is refused, and half of them applied all the same" {
    start_service --operation-aborted-rate 1
    for i in {1..20}; do
        refused OperationAbortedException CreateLogGroup "{\"logGroupName\":\"p/$i\"}"
    done
    ok DescribeLogGroups '{}'
    body '.logGroups | length > 2 and length < 18'
    [ "$(control /_log | jq '[.[] | select(.applied and .operation == "CreateLogGroup")] | length')" = \
        "$(jq '.logGroups | length' <<<"$BODY")" ]
}

@test "denied operations name user, action and resource" {
    start_service --deny CreateLogGroup,DescribeLogGroups
    refused AccessDeniedException CreateLogGroup '{"logGroupName":"p/a"}'
    body '.message | startswith("User: arn:aws:iam::123456789012:user/cwlogs-local is not authorized to perform: logs:CreateLogGroup on resource: arn:aws:logs:us-east-1:123456789012:log-group:p/a:log-stream: ")'
    refused AccessDeniedException DescribeLogGroups '{"logGroupNamePrefix":"p/"}'
    body '.message | contains(":log-group::log-stream:")'
    faults '{"deny":["TagResource"]}'
    ok CreateLogGroup '{"logGroupName":"p/a"}'
    refused AccessDeniedException CreateLogGroup '{"logGroupName":"p/b","tags":{"a":"b"}}'
    body '.message | contains("logs:TagResource")'
    absent p/b
}

@test "an outage refuses or hangs, applies nothing, and leaves the control paths alone" {
    start_service --outage refuse
    call CreateLogGroup '{"logGroupName":"p/refused"}'
    cut_off
    faults '{"outage":"hang"}'
    call CreateLogGroup '{"logGroupName":"p/hung"}' --max-time 1
    cut_off
    [ "$CURL" -eq 28 ]
    control /_stats >/dev/null
    control /_log >/dev/null
    curl -s -o /dev/null --max-time 20 -H 'X-Amz-Target: Logs_20140328.CreateLogGroup' \
        -d '{"logGroupName":"p/waits"}' "$URL/" 3>&- &
    local hanging=$!
    wait_until waiting CreateLogGroup
    faults '{"outage":"none"}'
    local status=0
    wait "$hanging" || status=$?
    [ "$status" -eq 52 ] # cut
    absent p/waits
    ok CreateLogGroup '{"logGroupName":"p/a"}'
    absent p/refused
    absent p/hung
    wait_until eval '[ "$(control /_stats | jq -c "[.CreateLogGroup.refused, .CreateLogGroup.hung]")" = "[1,2]" ]'
}

@test "a request that waits delays no other" {
    start_service --latency-ms 86400000
    curl -s -H 'X-Amz-Target: Logs_20140328.TagResource' -d '{}' "$URL/" >/dev/null 3>&- &
    local slow=$!
    wait_until waiting TagResource
    faults '{"latency_ms":0,"latency_jitter_ms":3}'
    for i in {1..20}; do ok DescribeLogGroups '{}'; done
    waiting TagResource
    kill "$slow"
}

@test "latency is waited out" {
    start_service --latency-ms 400
    local before=$(date +%s%3N)
    ok DescribeLogGroups '{}'
    [ $(($(date +%s%3N) - before)) -ge 400 ]
}

@test "faults are changed all or nothing, with one clear line" {
    start_service --seed 9 --latency-ms 1
    local before=$(control /_faults)
    [ "$(jq -c '[.seed, .latency_ms]' <<<"$before")" = '[9,1]' ]
    post() { curl -s -w '%{http_code}' --data-binary "$1" "$URL/_faults"; }
    [ "$(post '{"latency_ms":5,"lag":1}')" = $'there is no fault \'lag\'\n400' ]
    [ "$(post '{"latency_ms":5,"outage":"x"}')" = $'outage: \'x\' is not none, refuse or hang\n400' ]
    [ "$(post '{"latency_ms":"5"}')" = $'latency_ms: a value of this type is not allowed\n400' ]
    [ "$(post '{"latency_ms":5')" = $'not JSON (byte 15 of 15)\n400' ]
    [ "$(control /_faults)" = "$before" ]
    [ "$(curl -s -d '{"latency_ms":5}' "$URL/_faults")" = "$(control /_faults)" ]
    [ "$(control /_faults | jq -c '[.seed, .latency_ms]')" = '[9,5]' ]
}

@test "one seed gives one run" {
    start_service --drop-rate 0.5 --seed 5
    tries() { for i in {1..24}; do call DescribeLogGroups '{}'; echo -n "$HTTP "; done; }
    local first=$(tries)
    [[ "$first" == *200* && "$first" == *000* ]]
    faults '{"seed":5}'
    [ "$(tries)" = "$first" ]
    curl -sf -X POST "$URL/_reset"
    [ "$(tries)" = "$first" ]
    faults '{"seed":6}'
    [ "$(tries)" != "$first" ]
}

@test "log and counts tell what happened; reset forgets groups, log and counts, not faults" {
    start_service
    local before=$(date +%s%3N)
    ok CreateLogGroup '{"logGroupName":"p/a"}'
    refused ResourceAlreadyExistsException CreateLogGroup '{"logGroupName":"p/a"}'
    refused UnknownOperationException Nothing '{}'
    ok ListTagsForResource '{"resourceArn":"arn:aws:logs:us-east-1:123456789012:log-group:p/a"}'
    ok DescribeLogGroups '{}'
    [ "$(control /_stats)" = '{"CreateLogGroup":{"ok":1,"ResourceAlreadyExistsException":1},"DescribeLogGroups":{"ok":1},"ListTagsForResource":{"ok":1},"Unknown":{"UnknownOperationException":1}}' ]
    [ "$(control /_log | jq -c 'map([.sequence, .operation, .outcome, .applied, .logGroupName])')" = \
        '[[1,"CreateLogGroup","ok",true,"p/a"],[2,"CreateLogGroup","ResourceAlreadyExistsException",false,"p/a"],[3,"Unknown","UnknownOperationException",false,null],[4,"ListTagsForResource","ok",true,"p/a"],[5,"DescribeLogGroups","ok",true,null]]' ]
    control /_log | jq -e "map(.wall_ms) | . == sort and .[0] >= $before" >/dev/null
    control /_log | jq -e 'map(.mono_ms) | . == sort' >/dev/null
    [ "$(control '/_log?after=4' | jq -c 'map(.sequence)')" = '[5]' ]
    faults '{"latency_ms":1}'
    curl -sf -X POST "$URL/_reset"
    [ "$(control /_log)$(control /_stats)$(control /_groups)" = '[]{}[]' ]
    [ "$(control /_faults | jq .latency_ms)" = 1 ]
    [ -z "$(names p/)" ]
}

@test "groups can be planted with age, bytes, streams and protection" {
    start_service --visibility-lag-ms 86400000
    curl -sf -d '{"logGroupName":"p/old","age_ms":3600000,"storedBytes":7,"streams":2,
        "metricFilterCount":1,"deletionProtectionEnabled":true,"tags":{"a":"b"}}' "$URL/_groups"
    local now=$(date +%s%3N)
    ok DescribeLogGroups '{}'
    body '.logGroups[0] | .storedBytes == 7 and .metricFilterCount == 1 and .deletionProtectionEnabled'
    body "(.logGroups[0].creationTime - ($now - 3600000) | fabs) < 60000"
    ok DescribeLogStreams '{"logGroupName":"p/old"}'
    body '.logStreams | length == 2'
    ok ListTagsLogGroup '{"logGroupName":"p/old"}'
    body '.tags == {a: "b"}'
    refused ValidationException DeleteLogGroup '{"logGroupName":"p/old"}'
    faults '{"date_offset_s":31536000}'
    curl -sf -d '{"logGroupName":"p/next-year"}' "$URL/_groups"
    ok DescribeLogGroups '{"logGroupNamePrefix":"p/next"}'
    body "(.logGroups[0].creationTime - ($now + 31536000000) | fabs) < 60000"
    plant() { curl -s -w '%{http_code}' -d "$1" "$URL/_groups"; }
    [ "$(plant '{"logGroupName":"p/old"}')" = $'the log group exists already\n400' ]
    [ "$(plant '{"logGroupName":""}')" = $'logGroupName must be the name of a log group\n400' ]
    [ "$(plant '{"logGroupName":"x","age_ms":-1}')" = $'age_ms must be a whole number from 0 to 315360000000\n400' ]
}

@test "control paths refuse what they do not take" {
    start_service --credentials AKID:secret
    [ "$(curl -s -w '%{http_code}' "$URL/_nothing")" = $'there is no such path; see cwlogs-local --help\n404' ]
    [ "$(curl -s -w '%{http_code}' "$URL/_reset")" = $'this path does not take this method\n405' ]
    [ "$(curl -s -w '%{http_code}' "$URL/_log?x=1")" = $'the query may be after=SEQUENCE\n400' ]
}

@test "signatures are verified where credentials are given" {
    start_service --credentials AKID:secret --credentials AKIDT:secret2:token --region us-east-1
    signed() { call DescribeLogGroups '{}' --aws-sigv4 "aws:amz:${2:-us-east-1}:logs" --user "$1" "${@:3}"; }
    refused MissingAuthenticationTokenException DescribeLogGroups '{}'
    call DescribeLogGroups '{}' -H 'Authorization: Basic x'
    body '.__type == "IncompleteSignatureException"'
    signed AKID:secret
    [ "$HTTP" = 200 ]
    signed AKID:wrong
    body '.__type == "InvalidSignatureException" and (.message | startswith("The request signature we calculated"))'
    signed NOBODY:secret
    body '.__type == "UnrecognizedClientException"'
    signed AKIDT:secret2
    body '.__type == "UnrecognizedClientException"'
    signed AKIDT:secret2 us-east-1 -H 'X-Amz-Security-Token: token'
    [ "$HTTP" = 200 ]
    signed AKIDT:secret2 us-east-1 -H 'X-Amz-Security-Token: tokem'
    body '.__type == "UnrecognizedClientException"'
    signed AKID:secret us-west-2
    body '.__type == "InvalidSignatureException" and (.message | contains("valid region, not '"'us-west-2'"'"))'
    faults '{"expired_key":"AKID"}'
    signed AKID:secret
    body '.__type == "ExpiredTokenException"'
    faults '{"expired_key":"","date_offset_s":400}'
    signed AKID:secret
    body '.__type == "InvalidSignatureException" and (.message | test("^Signature expired: [0-9TZ]+ is now earlier than [0-9TZ]+ \\([0-9TZ]+ - 5 min.\\)$"))'
    faults '{"date_offset_s":-400}'
    signed AKID:secret
    body '.__type == "InvalidSignatureException" and (.message | test("^Signature not yet current: .* is still later than .* \\+ 5 min.\\)$"))'
    faults '{"date_offset_s":200}'
    signed AKID:secret
    [ "$HTTP" = 200 ]
    [ "$(control /_stats | jq .DescribeLogGroups.ok)" -eq 3 ]
}

@test "TLS with a private CA" {
    private_ca
    start_service --tls-cert "$CERTIFICATE" --tls-key "$KEY"
    [[ "$URL" == https://127.0.0.1:* ]]
    call CreateLogGroup '{"logGroupName":"p/a"}'
    cut_off
    [ "$CURL" -eq 60 ] # the certificate's issuer is not known
    call CreateLogGroup '{"logGroupName":"p/a"}' -k --tls-max 1.1
    cut_off
    ok CreateLogGroup '{"logGroupName":"p/a"}' --cacert "$CA"
    call DescribeLogGroups '{}' --cacert "$CA"
    body '.logGroups | length == 1'
    [ "$(curl -s --cacert "$CA" -o /dev/null -o /dev/null -w '%{num_connects} ' -d '{}' "$URL/" "$URL/")" = '1 0 ' ]
    run curl -s "http://${URL#https://}/_stats" # not even HTTP
    [ "$status" -ne 0 ]
    curl -sf --cacert "$CA" -d '{"lost_response_rate":1}' "$URL/_faults" >/dev/null
    call DeleteLogGroup '{"logGroupName":"p/a"}' --cacert "$CA"
    cut_off
    [ "$(curl -sf --cacert "$CA" "$URL/_groups")" = '[]' ]
}

@test "connections are kept alive" {
    start_service
    run curl -s -o /dev/null -o /dev/null -w '%{num_connects} ' -d '{}' "$URL/" "$URL/"
    [ "$output" = '1 0 ' ]
}

@test "what is no request of the API does no harm" {
    start_service
    [ "$(curl -s "$URL/" | jq -r .__type)" = UnknownOperationException ]
    [ "$(curl -s -d '{}' "$URL/some/where" | jq -r .__type)" = UnknownOperationException ]
    exec 9<>"/dev/tcp/127.0.0.1/${URL##*:}"
    printf 'nonsense\r\n\r\n' >&9
    exec 9>&-
    exec 9<>"/dev/tcp/127.0.0.1/${URL##*:}"
    printf 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{' >&9 # and gone
    exec 9>&-
    head -c 3000000 /dev/zero | tr '\0' 'a' >"$BATS_TEST_TMPDIR/large"
    [ "$(curl -s -o /dev/null -w '%{http_code}' -H 'X-Amz-Target: Logs_20140328.DescribeLogGroups' \
        --data-binary "@$BATS_TEST_TMPDIR/large" "$URL/")" = 413 ]
    ok DescribeLogGroups ''
    ok DescribeLogGroups '{"unknown":[{"a":1}],"nextToken":null}'
}
