#!/usr/bin/env bats
# Clients that were not written for the stand-in work against it as they are: each AWS CLI and
# boto3 there is (on PATH and Debian's own), the AWS SDK for JavaScript (which scripts/test has
# scripts/install-sdk put into the build folder), curl's signer, and Ansible's modules.

load service

setup() {
    SERVICE_PID=
    export AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY
    export AWS_DEFAULT_REGION=eu-central-1 AWS_EC2_METADATA_DISABLED=true AWS_PAGER= AWS_MAX_ATTEMPTS=1
    export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
    unset AWS_PROFILE AWS_SESSION_TOKEN AWS_CA_BUNDLE
    KEYS="$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"
}

teardown() {
    stop_service
}

# each CANDIDATE...: those that are installed, one to a line, none twice.
each() {
    for candidate in "$@"; do type -P "$candidate" || true; done | sort -u
}

# clis, pythons: what there is; the test is skipped if it is nothing.
clis() {
    mapfile -t CLIS < <(each aws /usr/bin/aws)
    [ "${#CLIS[@]}" -gt 0 ] || skip "skipped: not installed"
}
pythons() {
    PYTHONS=()
    for python in $(each python3 /usr/bin/python3); do
        if "$python" -c 'import boto3' 2>/dev/null; then PYTHONS+=("$python"); fi
    done
    [ "${#PYTHONS[@]}" -gt 0 ] || skip "skipped: not installed"
}

# cli_round AWS-CLI: everything the lock's users do by hand.
cli_round() {
    local aws=("$1" --endpoint-url "$URL" logs)
    "${aws[@]}" create-log-group --log-group-name p/a --tags team=ci,x=1
    "${aws[@]}" create-log-group --log-group-name p/b
    [ "$("${aws[@]}" describe-log-groups --log-group-name-prefix p/ --page-size 1 --output json |
        jq -c '[.logGroups[].logGroupName]')" = '["p/a","p/b"]' ] # two pages
    local arn=$("${aws[@]}" describe-log-groups --log-group-name-prefix p/a --query 'logGroups[0].arn' --output text)
    [ "$arn" = 'arn:aws:logs:eu-central-1:123456789012:log-group:p/a:*' ]
    [ "$("${aws[@]}" list-tags-log-group --log-group-name p/a --query tags.team --output text)" = ci ]
    run "${aws[@]}" create-log-group --log-group-name p/a
    [ "$status" -ne 0 ]
    [[ "$output" == *"(ResourceAlreadyExistsException)"*"The specified log group already exists"* ]]
    "${aws[@]}" delete-log-group --log-group-name p/a
    "${aws[@]}" delete-log-group --log-group-name p/b
    run "${aws[@]}" delete-log-group --log-group-name p/a
    [[ "$output" == *"(ResourceNotFoundException)"* ]]
}

@test "the AWS CLI, signatures verified" {
    clis
    start_service --credentials "$KEYS" --region eu-central-1
    for cli in "${CLIS[@]}"; do
        "$cli" --version
        cli_round "$cli"
    done
    [ "$(control /_stats | jq '[.[] | to_entries[] | select(.key | test("Signature|Client|Token")) | .value] | add')" = null ]
}

@test "the AWS CLI is told what is wrong with its signature" {
    clis
    start_service --credentials "$KEYS" --credentials "AKIDSESSION:other:token"
    local aws=("${CLIS[0]}" --endpoint-url "$URL" logs describe-log-groups)
    AWS_SECRET_ACCESS_KEY=wrong run "${aws[@]}"
    [[ "$output" == *"(InvalidSignatureException)"*"The request signature we calculated does not match"* ]]
    AWS_ACCESS_KEY_ID=NOBODY run "${aws[@]}"
    [[ "$output" == *"(UnrecognizedClientException)"* ]]
    AWS_ACCESS_KEY_ID=AKIDSESSION AWS_SECRET_ACCESS_KEY=other run "${aws[@]}"
    [[ "$output" == *"(UnrecognizedClientException)"* ]]
    AWS_ACCESS_KEY_ID=AKIDSESSION AWS_SECRET_ACCESS_KEY=other AWS_SESSION_TOKEN=token run "${aws[@]}"
    [ "$status" -eq 0 ]
    faults '{"date_offset_s":600}'
    run "${aws[@]}"
    [[ "$output" == *"(InvalidSignatureException)"*"Signature expired: "*" - 5 min.)"* ]]
}

@test "boto3, signatures verified" {
    pythons
    start_service --credentials "$KEYS" --region eu-central-1
    for python in "${PYTHONS[@]}"; do
        "$python" "$BATS_TEST_DIRNAME/boto3_client.py" "$URL" boto/three
    done
}

@test "every answer and every refusal is what the service's model in botocore describes" {
    pythons
    start_service
    local operations=$("$CWLOGS_LOCAL" --help | sed -n '/^Operations:$/,/^$/{/^ /p}')
    for python in "${PYTHONS[@]}"; do
        "$python" "$BATS_TEST_DIRNAME/service_model.py" "$URL" $operations
    done
}

@test "boto3 and the AWS CLI over TLS with a private CA" {
    clis
    pythons
    private_ca
    start_service --credentials "$KEYS" --tls-cert "$CERTIFICATE" --tls-key "$KEY"
    [[ "$URL" == https://127.0.0.1:* ]]
    run "${CLIS[0]}" --endpoint-url "$URL" logs describe-log-groups
    [ "$status" -ne 0 ] # nobody told it of the CA
    [[ "$output" == *"SSL validation failed"* ]]
    export AWS_CA_BUNDLE="$CA"
    control() { curl -sf --cacert "$CA" "$URL$1"; }
    for cli in "${CLIS[@]}"; do # what it can do is tried above
        "$cli" --endpoint-url "$URL" logs create-log-group --log-group-name p/a
        [ "$("$cli" --endpoint-url "$URL" logs describe-log-groups --output json |
            jq -c '[.logGroups[].logGroupName]')" = '["p/a"]' ]
        "$cli" --endpoint-url "$URL" logs delete-log-group --log-group-name p/a
    done
    for python in "${PYTHONS[@]}"; do
        "$python" "$BATS_TEST_DIRNAME/boto3_client.py" "$URL" boto/three
    done
    [ "$(control /_groups)" = '[]' ]
}

@test "boto3 retries what it is to retry: throttling and errors of the service" {
    pythons
    start_service --credentials "$KEYS" --error-rate 0.2 --rate-limit 5 --seed 3
    for python in "${PYTHONS[@]}"; do
        AWS_MAX_ATTEMPTS=10 AWS_RETRY_MODE=standard "$python" -c '
import boto3, sys
logs = boto3.client("logs", endpoint_url=sys.argv[1])
for number in range(40):
    logs.create_log_group(logGroupName=f"{sys.argv[2]}/{number}")
' "$URL" "retry${python//[^a-z0-9]/}"
    done
    [ "$(control /_groups | jq length)" -eq $((40 * ${#PYTHONS[@]})) ]
    control /_stats | jq -e '.CreateLogGroup | .ServiceUnavailableException > 0 and .ThrottlingException > 0'
}

# sdk: sets NODE to run a program with the AWS SDK for JavaScript.
sdk() {
    export NODE_PATH="$WITHLOCK_BUILD/sdk/node_modules" AWS_REGION=eu-central-1
    type -P node >/dev/null && [ -d "$NODE_PATH" ] || skip "skipped: not installed"
}

@test "the AWS SDK for JavaScript: tags, pages, a hundred at once, events; signatures verified" {
    sdk
    start_service --credentials "$KEYS" --region eu-central-1
    node "$BATS_TEST_DIRNAME/sdk_client.js" "$URL"
    [ "$(control /_groups)" = '[]' ]
    control /_stats | jq -e '.CreateLogGroup.ok >= 100 and (.CreateLogGroup | has("InvalidSignatureException") | not)'
}

@test "the AWS SDK for JavaScript over TLS with a private CA" {
    sdk
    private_ca
    start_service --credentials "$KEYS" --tls-cert "$CERTIFICATE" --tls-key "$KEY"
    run node "$BATS_TEST_DIRNAME/sdk_client.js" "$URL"
    [ "$status" -ne 0 ] # nobody told it of the CA
    NODE_EXTRA_CA_CERTS="$CA" node "$BATS_TEST_DIRNAME/sdk_client.js" "$URL"
    [ "$(curl -sf --cacert "$CA" "$URL/_groups")" = '[]' ]
}

@test "the AWS SDK for JavaScript retries throttling, errors and lost answers" {
    sdk
    start_service --credentials "$KEYS" --error-rate 0.2 --lost-response-rate 0.1 --seed 3 \
        --rate-limit CreateLogGroup=5
    node "$BATS_TEST_DIRNAME/sdk_client.js" "$URL" retries
    [ "$(control /_groups | jq length)" -eq 20 ]
    control /_stats | jq -e '.CreateLogGroup | .ServiceUnavailableException > 0 and .lost > 0'
}

@test "curl's signer, with a session token, over TLS" {
    private_ca
    start_service --credentials AKIDTOKEN:secret:token --tls-cert "$CERTIFICATE" --tls-key "$KEY" --region eu-central-1
    signed() {
        call "$1" "$2" --cacert "$CA" --aws-sigv4 aws:amz:eu-central-1:logs --user AKIDTOKEN:secret \
            -H 'X-Amz-Security-Token: token'
        [ "$HTTP" = 200 ]
    }
    signed CreateLogGroup '{"logGroupName":"p/a#t15","tags":{"größe":"你好"}}'
    signed ListTagsForResource '{"resourceArn":"arn:aws:logs:eu-central-1:123456789012:log-group:p/a#t15"}'
    body '.tags == {"größe": "你好"}'
    signed DescribeLogGroups '{"logGroupNamePrefix":"p/"}'
    body '.logGroups[0].logGroupArn == "arn:aws:logs:eu-central-1:123456789012:log-group:p/a#t15"'
    signed DeleteLogGroup '{"logGroupName":"p/a#t15"}'
}

@test "the modules of Ansible" {
    type -P ansible >/dev/null && ansible-doc amazon.aws.cloudwatchlogs_log_group >/dev/null 2>&1 ||
        skip "skipped: not installed"
    start_service --credentials "$KEYS"
    export HOME="$BATS_TEST_TMPDIR" ANSIBLE_LOCALHOST_WARNING=False ANSIBLE_NOCOLOR=1
    module() {
        run ansible localhost -c local -e ansible_python_interpreter=/usr/bin/python3 \
            -m "amazon.aws.cloudwatchlogs_log_group$1" -a "endpoint_url=$URL region=eu-central-1 $2"
        echo "$output"
        [ "$status" -eq 0 ]
    }
    module '' 'log_group_name=p/a overwrite=true'
    [[ "$output" == *CHANGED* ]]
    module '' 'log_group_name=p/a overwrite=true tags={"team":"ci"} retention=7'
    [[ "$output" == *CHANGED*'"team": "ci"'* ]]
    module '' 'log_group_name=p/a tags={"team":"ops"} purge_retention_policy=true'
    [[ "$output" == *CHANGED*'"team": "ops"'* ]]
    module _info 'log_group_name=p/'
    [[ "$output" == *'"log_group_name": "p/a"'* ]]
    module '' 'log_group_name=p/a state=absent'
    [ "$(control /_groups)" = '[]' ]
}
