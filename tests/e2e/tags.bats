# --tags: what attempts are created with, and what happens where policies demand it.

bats_require_minimum_version 1.5.0
load service.bash

setup() {
    export AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
    cd "$BATS_TEST_TMPDIR"
    start_service
    export URL
}

teardown() {
    stop_service
}

withlock() {
    "$WITHLOCK_BUILD/src/withlock" --endpoint-url "$URL" --settle 0 -p jobs/tags "$@"
}

# The tags of every attempt there is, one JSON object a line. Runs as the command.
write_tags_of_all() {
    cat >tags-of-all <<'SCRIPT'
#!/bin/sh
logs() {
    curl -sf -H "X-Amz-Target: Logs_20140328.$1" -H 'Content-Type: application/x-amz-json-1.1' \
        -d "$2" "$URL/"
}
logs DescribeLogGroups '{"logGroupNamePrefix":"jobs/tags/"}' | jq -r '.logGroups[].logGroupArn' |
    while read -r arn; do
        logs ListTagsForResource "{\"resourceArn\":\"$arn\"}" | jq -c .tags
    done
SCRIPT
    chmod +x tags-of-all
}

@test "every attempt carries the tags" {
    write_tags_of_all
    run -0 --separate-stderr withlock --tags 'team=a b,cost=1=2,empty=' -- ./tags-of-all
    [ "${#lines[@]}" -ge 1 ]
    for line in "${lines[@]}"; do
        [ "$(jq -cS . <<<"$line")" = '{"cost":"1=2","empty":"","team":"a b"}' ]
    done
}

@test "without --tags there are none" {
    write_tags_of_all
    run -0 --separate-stderr withlock -- ./tags-of-all
    for line in "${lines[@]}"; do
        [ "$line" = '{}' ]
    done
}

@test "what the service takes is let through: 128 characters are up to 512 bytes" {
    write_tags_of_all
    local key=$(printf '你%.0s' {1..128}) value=$(printf 'ä%.0s' {1..256})
    run -0 --separate-stderr withlock --tags "$key=$value" -- ./tags-of-all
    [ "$(jq -r 'to_entries[] | .key + .value' <<<"${lines[0]}")" = "$key$value" ]
}

@test "bad tags are refused before any call" {
    for tags in team =x 'a=1,a=2' 'aws:x=1' 'AWS:x=1' 'a*=1'; do
        run -64 withlock --tags "$tags" -- true
        [ "${#lines[@]}" -eq 1 ]
    done
    for tags in "$(printf '你%.0s' {1..129})=x" "a=$(printf 'ä%.0s' {1..257})" "$(printf 'k%d=v,' {1..50})k51=v"; do
        run -64 withlock --tags "$tags" -- true
        [ "${#lines[@]}" -eq 1 ]
    done
    [ "$(curl -sf "$URL/_log" | jq length)" -eq 0 ]
    run -0 --separate-stderr withlock --tags "$(printf 'k%d=v,' {1..49})k50=v" -- true
}
