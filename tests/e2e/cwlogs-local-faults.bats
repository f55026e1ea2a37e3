#!/usr/bin/env bats
# Every fault of the stand-in, and the paths by which tests steer and question it.

load stand_in

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
