#!/usr/bin/env bats
# The stand-in's API: shapes, errors, limits and pages of every operation.

load stand_in

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
    service_refuses 64 "there is no option '--nonsense'" --nonsense
    service_refuses 64 "there is no option '-x'" -x
    service_refuses 64 "option '--seed' needs a value" --seed
    service_refuses 64 "unexpected argument 'serve'" serve
    service_refuses 64 "latency_ms: 'x' is not a whole number from 0 to 86400000" --latency-ms x
    service_refuses 64 "drop_rate: '2' is not a number from 0 to 1" --drop-rate 2
    service_refuses 64 "deny: 'Nothing' is not an operation" --deny Nothing
    service_refuses 64 "outage: 'maybe' is not none, refuse or hang" --outage maybe
    service_refuses 64 "--tls-cert and --tls-key go together" --tls-cert /dev/null
    service_refuses 64 "credentials must be KEYID:SECRET[:TOKEN]" --credentials AKID
    service_refuses 64 "'4586' is not HOST:PORT with a port from 0 to 65535" --listen 4586
    service_refuses 64 "'127.0.0.1:70000' is not HOST:PORT with a port from 0 to 65535" --listen 127.0.0.1:70000
}

@test "a port that is taken is one line and 71" {
    start_service
    service_refuses 71 "cannot listen on ${URL#http://}: Address already in use" --listen "${URL#http://}"
}

@test "certificates that are no good are one line and 78" {
    service_refuses 78 "there is no file '$BATS_TEST_TMPDIR/none'" --tls-cert "$BATS_TEST_TMPDIR/none" --tls-key /dev/null
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

@test "the manual and the help tell of each operation there is, and of no other" {
    start_service
    local manual="$BATS_TEST_DIRNAME/../../docs/cwlogs-local.1.scd" names
    names() { tr -cs 'A-Za-z' '\n' | grep -E '^(Create|Delete|Describe|List|Put|Tag|Untag)[A-Za-z]*$' | sort; }
    local helped=$("$CWLOGS_LOCAL" --help | sed -n '/^Operations:$/,/^$/p' | names)
    local told=$(sed -n '/^# OPERATIONS$/,/^# /p' "$manual" | sed '/^Not served/,$d' | names)
    [ "$(wc -l <<<"$helped")" -ge 15 ]
    diff <(echo "$helped") <(echo "$told")
    for name in $helped; do
        call "$name" '{}'
        body '.__type != "UnknownOperationException"' || [ -z "$(jq -r '.__type // empty' <<<"$BODY")" ]
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
    for rest in '"x' '"' '[' '{}' x; do # behind a document that is whole
        refused SerializationException CreateLogGroup "{\"logGroupName\":\"q\"}$rest"
    done
    refused SerializationException CreateLogGroup '{"logGroupName":"q","tags":{"a":"\ud800"}}'
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

@test "tags are of the characters and lengths that the service takes" {
    start_service
    local arn='"resourceArn":"arn:aws:logs:us-east-1:123456789012:log-group:p/a"'
    ok CreateLogGroup '{"logGroupName":"p/a"}'
    local key=$(printf '你%.0s' {1..128}) value=$(printf 'ä%.0s' {1..256})
    ok TagResource "{$arn,\"tags\":{\"$key\":\"$value\",\"a b_.:/=+-@\":\"a b_.:/=+-@\"}}"
    refused InvalidParameterException TagResource "{$arn,\"tags\":{\"${key}k\":\"v\"}}"
    refused InvalidParameterException TagResource "{$arn,\"tags\":{\"k\":\"${value}v\"}}"
    for tag in '"":"v"' '"a*":"v"' '"k":"a,b"' '"k":"\n"' '"😀":"v"' '"k":"→"' '"AWS:x":"v"' '"aws:x":"v"'; do
        refused InvalidParameterException TagResource "{$arn,\"tags\":{$tag}}"
        refused InvalidParameterException CreateLogGroup "{\"logGroupName\":\"p/b\",\"tags\":{$tag}}"
        refused InvalidParameterException TagLogGroup "{\"logGroupName\":\"p/a\",\"tags\":{$tag}}"
    done
    refused SerializationException TagResource "{$arn,\"tags\":[\"k\"]}"
    refused SerializationException UntagLogGroup '{"logGroupName":"p/a","tags":{"k":"v"}}'
    refused InvalidParameterException UntagResource "{$arn,\"tagKeys\":[\"a*\"]}"
    refused InvalidParameterException UntagResource "{$arn}"
    ok UntagResource "{$arn,\"tagKeys\":[]}"
    ok ListTagsForResource "{$arn}"
    body '.tags | length == 2'
}

@test "deletion protection is set, blocks deleting, and is lifted" {
    start_service
    ok CreateLogGroup '{"logGroupName":"p/a","deletionProtectionEnabled":true}'
    refused ValidationException DeleteLogGroup '{"logGroupName":"p/a"}'
    ok DescribeLogGroups '{}'
    body '.logGroups[0].deletionProtectionEnabled'
    refused InvalidParameterException PutLogGroupDeletionProtection '{"logGroupIdentifier":"p/a"}'
    refused InvalidParameterException PutLogGroupDeletionProtection '{"deletionProtectionEnabled":true}'
    refused SerializationException PutLogGroupDeletionProtection \
        '{"logGroupIdentifier":"p/a","deletionProtectionEnabled":"no"}'
    refused ResourceNotFoundException PutLogGroupDeletionProtection \
        '{"logGroupIdentifier":"p/b","deletionProtectionEnabled":false}'
    ok PutLogGroupDeletionProtection '{"logGroupIdentifier":"p/a","deletionProtectionEnabled":false}'
    [ -z "$BODY" ]
    ok PutLogGroupDeletionProtection '{"deletionProtectionEnabled":true,
        "logGroupIdentifier":"arn:aws:logs:us-east-1:123456789012:log-group:p/a"}'
    refused ValidationException DeleteLogGroup '{"logGroupName":"p/a"}'
    ok PutLogGroupDeletionProtection '{"logGroupIdentifier":"p/a","deletionProtectionEnabled":false}'
    ok DeleteLogGroup '{"logGroupName":"p/a"}'
}

@test "streams are listed by a name or by an identifier, not by both" {
    start_service
    ok CreateLogGroup '{"logGroupName":"p/a"}'
    ok CreateLogStream '{"logGroupName":"p/a","logStreamName":"s"}'
    for which in '"logGroupName":"p/a"' '"logGroupIdentifier":"p/a"' \
        '"logGroupIdentifier":"arn:aws:logs:us-east-1:123456789012:log-group:p/a"'; do
        ok DescribeLogStreams "{$which}"
        body '[.logStreams[].logStreamName] == ["s"]'
    done
    for which in '' '"logGroupName":"p/a","logGroupIdentifier":"p/a"' '"logGroupIdentifier":"a b"' \
        '"logGroupIdentifier":""' '"logGroupName":"p/a","logStreamNamePrefix":"a:b"'; do
        refused InvalidParameterException DescribeLogStreams "{$which}"
    done
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
    for other in "\"logGroupNamePrefix\":\"p\",\"nextToken\":$token" '"nextToken":"p/a"'; do
        ok DescribeLogGroups "{$other}"
        body '. == {logGroups: []}'
    done
    refused InvalidParameterException DescribeLogGroups '{"nextToken":""}'
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
    put() { # GROUP STREAM [TIMESTAMP MESSAGE]...
        jq -nc '$ARGS.positional | {logGroupName: .[0], logStreamName: .[1], logEvents: [
            range(2; length; 2) as $i | {timestamp: .[$i] | tonumber, message: $ARGS.positional[$i + 1]}]}' \
            --args "$@"
    }
    local now=$(date +%s%3N)
    refused ResourceNotFoundException PutLogEvents "$(put p/a x $now m)"
    ok PutLogEvents "$(put p/a b $((now - 5)) m $((now - 4)) mm)"
    ok PutLogEvents "$(put p/a a $((now - 9)) m)"
    refused InvalidParameterException PutLogEvents "$(put p/a a $((now - 3)) m $((now - 4)) m)"
    refused InvalidParameterException PutLogEvents "$(put p/a a)"
    refused InvalidParameterException PutLogEvents "$(put p/a a $now '')"
    refused InvalidParameterException PutLogEvents "$(put p/a a -1 m)"
    ok DescribeLogStreams '{"logGroupName":"p/a","limit":2}'
    body '[.logStreams[].logStreamName] == ["a", "b"]'
    body ".logStreams[1] | .firstEventTimestamp == $now - 5 and .lastEventTimestamp == $now - 4 and .storedBytes == 0"
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
    ok PutLogEvents "$(put p/b s $now four)"
    ok DescribeLogGroups '{"logGroupNamePrefix":"p/b"}'
    body '.logGroups[0].storedBytes == 30'
}

@test "events are taken by their time: too old, expired and too new ones are passed over and told of" {
    start_service
    local now=$(date +%s%3N) day=86400000
    put() { # TIMESTAMP...
        jq -nc '{logGroupName: "p/a", logStreamName: "s", logEvents: [$ARGS.positional[] |
            {timestamp: tonumber, message: "m"}]}' --args "$@"
    }
    ok CreateLogGroup '{"logGroupName":"p/a"}'
    ok CreateLogStream '{"logGroupName":"p/a","logStreamName":"s"}'
    ok PutLogEvents "$(put $((now - 15 * day)) $((now - 15 * day)) $((now - day / 2)) $now $((now + day)))"
    body '.rejectedLogEventsInfo == {tooOldLogEventEndIndex: 2, tooNewLogEventStartIndex: 4}'
    ok DescribeLogStreams '{"logGroupName":"p/a"}'
    body ".logStreams[0] | .firstEventTimestamp == $now - $day / 2 and .lastEventTimestamp == $now"
    ok DescribeLogGroups '{}'
    body '.logGroups[0].storedBytes == 54' # the two that were taken
    ok PutLogEvents "$(put $((now - 15 * day)))" # none is
    body '.rejectedLogEventsInfo == {tooOldLogEventEndIndex: 1}'
    refused InvalidParameterException PutLogEvents "$(put $((now - 2 * day)) $((now - day / 2)))"
    body '.message | contains("cannot span more than 24 hours")'
    ok PutRetentionPolicy '{"logGroupName":"p/a","retentionInDays":1}'
    ok PutLogEvents "$(put $((now - 15 * day)) $((now - 2 * day)) $((now - day / 2)))"
    body '.rejectedLogEventsInfo == {tooOldLogEventEndIndex: 1, expiredLogEventEndIndex: 2}'
    ok PutLogEvents "$(put $now)"
    body 'has("rejectedLogEventsInfo") | not'
    faults '{"date_offset_s":-86400}' # the service's clock counts, not ours
    ok PutLogEvents "$(put $now)"
    body '.rejectedLogEventsInfo == {tooNewLogEventStartIndex: 0}'
}

@test "a batch as large as the service allows is taken, however many bytes JSON makes of it" {
    start_service --credentials AKID:secret
    local now=$(date +%s%3N)
    signed() { call "$1" "$2" --aws-sigv4 aws:amz:us-east-1:logs --user AKID:secret; }
    signed CreateLogGroup '{"logGroupName":"p/a"}'
    signed CreateLogStream '{"logGroupName":"p/a","logStreamName":"s"}'
    batch() { # BYTES: of one control character each, which travels as six
        python3 -c '
import json, sys
events = [{"timestamp": int(sys.argv[1]), "message": "\x01" * int(sys.argv[2])}]
print(json.dumps({"logGroupName": "p/a", "logStreamName": "s", "logEvents": events}))' "$now" "$1" \
            >"$BATS_TEST_TMPDIR/batch"
        signed PutLogEvents "@$BATS_TEST_TMPDIR/batch"
    }
    batch $((1048576 - 26))
    [ "$HTTP" = 200 ]
    batch $((1048576 - 25))
    [ "$HTTP" = 400 ]
    body '.__type == "InvalidParameterException" and (.message | contains("Upload too large"))'
    head -c 9000000 /dev/zero | tr '\0' 'a' >"$BATS_TEST_TMPDIR/large"
    signed PutLogEvents "@$BATS_TEST_TMPDIR/large"
    [ "$HTTP" = 413 ] # and is not told that its signature is wrong
    body '.__type == "RequestEntityTooLargeException"'
}
