#!/usr/bin/env bats
# What cannot work: one clear line, the right exit status, no call where none was needed.

load lock

setup() {
    lock_setup
}

teardown() {
    if [ -n "${ODD_PID:-}" ]; then kill "$ODD_PID"; fi
    ODD_PID=
    lock_teardown
}

# repeat CHARACTER TIMES
repeat() {
    printf "%$2s" '' | tr ' ' "$1"
}

# odd_server KIND: sets ODD, its URL.
odd_server() {
    if [ -n "${ODD_PID:-}" ]; then kill "$ODD_PID"; fi
    rm -f odd.url
    python3 "$BATS_TEST_DIRNAME/odd_server.py" "$1" >odd.url 3>&- 4>&- &
    ODD_PID=$!
    wait_until grep -q http odd.url
    ODD=$(cat odd.url)
}

# bad STATUS TEXT ARGUMENT...: refused without any call, in one line with TEXT in it.
bad() {
    local status=$1 text=$2
    shift 2
    gives "$status" "$@"
    one_line "$text"
    [ ! -s out ]
    [ ! -e entered ]
}

# useless KIND STATUS TEXT: withlock at such a server ends in one line.
useless() {
    odd_server "$1"
    echo "server: $1" >&2
    gives "$2" --endpoint-url "$ODD" --read-timeout 1 --release-timeout 1 -p locks/a touch entered
    sed -i '/^withlock: waiting for lock /d' err # on a slow machine it may take more than 2 s
    one_line "$3"
    [ ! -e entered ]
}

@test "prefixes" {
    bad 64 "prefix" -p '' true
    bad 64 "-p PREFIX" true
    bad 64 "'locks/'" -p locks/ true
    bad 64 "'aws/lambda'" -p aws/lambda true
    bad 64 "'/aws/lambda'" -p /aws/lambda true
    bad 64 "'my-aws-controltower'" -p my-aws-controltower true
    bad 64 "512" -p "$(repeat x 513)" true
    bad 64 "512" -p "$(repeat x 480)" true # no room for ID and tags
    local odd
    for odd in 'a b' 'a:b' 'a*b' 'a"b' 'a\b' 'a,b' 'a@b'; do
        bad 64 "$odd" -p "$odd" true
    done
    bad 64 "'??'" -p 'ä' true
    bad 64 "'a?b'" -p $'a\nb' true # shown in a way that keeps it on one line
    no_calls
}

@test "IDs" {
    bad 64 "'a/b'" -p locks -i a/b true
    bad 64 "'a#b'" -p locks -i 'a#b' true
    bad 64 "'a b'" -p locks -i 'a b' true
    bad 64 "512" -p locks -i "$(repeat i 500)" true
    no_calls
}

@test "a list of held locks that this one does not fit in" {
    local name
    for name in PREFIX ID TOKEN ENDPOINT; do
        export "WITHLOCK_HELD_$name=$(repeat h 17000)"
        bad 64 "WITHLOCK_HELD_$name has 17000 bytes" -p locks true
        unset "WITHLOCK_HELD_$name"
    done
    no_calls
}

@test "numbers and durations" {
    local value
    for value in 0 14 x -1 15.5 1e3 '' 99999999999999999999 15w 1h30 32d nan; do
        bad 64 "--lock-timeout '$value'" -p locks -t "$value" true
    done
    for value in x -1 1,5 inf 1w '5 '; do
        bad 64 "--timeout '$value'" -p locks -w "$value" true
    done
    for value in 256 -1 x 1.5; do
        bad 64 "--conflict-exit-code '$value'" -p locks -E "$value" true
    done
    bad 64 "--max-attempts '0'" -p locks --max-attempts 0 true
    bad 64 "--retry-delay '-3'" -p locks --retry-delay -3 true
    bad 64 "--settle '91'" -p locks --settle 91 true
    bad 64 "--settle 'soon'" -p locks --settle soon true
    bad 64 "--role-timeout '60'" -p locks -t 120 --role-timeout 60 true
    bad 64 "--kill-after '301'" -p locks -k 301 true
    no_calls
}

@test "words" {
    bad 64 "command" -p locks
    bad 64 "command" -p locks --
    bad 64 "-c" -p locks -c
    bad 64 "'true'" -p locks -c true true
    bad 64 "'--nonsense'" -p locks --nonsense true
    bad 64 "'-Z'" -p locks -Z true
    no_calls
}

@test "hints for what a newcomer writes" {
    bad 64 "; 'locks/x' was taken for the command" locks/x echo hi
    bad 127 "; the lock is named by -p, what follows is the command" -p locks locks/x echo hi
    bad 127 "; a line of shell is run by -c, a command goes without quotes" -p locks 'echo hi there'
    bad 127 "; to set a variable for the command put 'env' before it" -p locks A=b true
    local word
    for word in source export alias '[[' if '{'; do
        bad 127 "; '$word' is a word of the shell: run the line by -c" -p locks -- "$word" /tmp
    done
    bad 127 "'nonsense': No such file or directory" -p locks nonsense echo hi
    grep -q ';' err && return 1
    bad 127 "'./nonsense/x': No such file or directory" -p locks ./nonsense/x echo hi
    grep -q ';' err && return 1
    gives 127 -p locks -c 'exit 127' # the command's own
    silent
}

@test "a setting with a wrong name is warned of, once for each, and changes nothing" {
    WITHLOCK_TIMOUT=0 WITHLOCK_LOCKTIMEOUT=5 gives 0 -p locks true
    diff <(sort err) - <<END
withlock: warning: WITHLOCK_LOCKTIMEOUT is not read; WITHLOCK_LOCK_TIMEOUT is
withlock: warning: WITHLOCK_TIMOUT is not read; WITHLOCK_TIMEOUT is
END
    WITHLOCK_TIMOUT=0 gives 0 -q -p locks true
    silent
}

@test "wrong usage is told in JSON to those who read JSON" {
    gives 64 --log-format json -p locks -w soon true
    valid log-format.md err lines
    jq -e '.event == "failed" and .status == 64 and .level == "error" and
        (.message | startswith("--timeout '"'soon'"'"))' err
    WITHLOCK_LOG_FORMAT=json gives 64 --nonsense
    valid log-format.md err lines
    WITHLOCK_LOG_FORMAT=json gives 64 --log-format text --nonsense
    one_line "'--nonsense'"
    no_calls
}

@test "no region, and one that is no host label" {
    unset AWS_REGION
    bad 78 "region" -p locks true
    grep -q AWS_REGION err
    bad 78 "'no such region'" --region 'no such region' -p locks true
    bad 78 "'-x'" --region=-x -p locks true
    AWS_REGION='evil.example/' bad 78 "evil.example/" -p locks true
    no_calls
}

@test "no credentials, and halves of them" {
    AWS_SECRET_ACCESS_KEY='' bad 77 AWS_SECRET_ACCESS_KEY -p locks true
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    bad 77 credentials -p locks true
    no_calls
}

@test "files, profiles, endpoints" {
    bad 78 "'nobody'" --profile nobody -p locks true
    AWS_PROFILE=nobody bad 78 "'nobody'" -p locks true
    mkdir .aws
    printf '[default\nregion = x\n' >.aws/config
    bad 78 "$HOME/.aws/config" -p locks true
    printf '[default]\nnonsense\n' >.aws/config
    bad 78 "$HOME/.aws/config" -p locks true
    rm .aws/config
    mkdir .aws/config # something that cannot be read
    bad 78 "$HOME/.aws/config" -p locks true
    rmdir .aws/config
    bad 78 "'ftp://x/'" --endpoint-url ftp://x/ -p locks true
    bad 78 "'nonsense'" --endpoint-url nonsense -p locks true
    AWS_ENDPOINT_URL=http:// bad 78 "'http://'" -p locks true
    bad 78 "$PWD/none.pem" --endpoint-url https://127.0.0.1:9 --ca-bundle "$PWD/none.pem" -p locks true
    no_calls
}

@test "a wrong secret, an expired and a forbidden key are 77, and say what is wrong" {
    stop_service
    start_service --credentials "AKIDEXAMPLE:$SECRET" --region eu-west-1
    export AWS_ENDPOINT_URL=$URL
    gives 0 -p locks true
    AWS_SECRET_ACCESS_KEY=wrong bad 77 "InvalidSignatureException" -p locks touch entered
    grep -q 'with the credentials from the environment: ' err
    AWS_ACCESS_KEY_ID=AKIDOTHER bad 77 "UnrecognizedClientException" -p locks touch entered
    AWS_REGION=us-east-1 bad 77 "us-east-1" -p locks touch entered
    faults '{"expired_key":"AKIDEXAMPLE"}'
    bad 77 "ExpiredTokenException" -p locks touch entered
    faults '{"expired_key":"","deny":["CreateLogGroup"]}'
    bad 77 "logs:CreateLogGroup" -p locks touch entered
    faults '{"deny":["DescribeLogGroups"]}'
    bad 77 "logs:DescribeLogGroups" -p locks touch entered
    nothing_left
}

@test "a host that is not known, a port that refuses, TLS where there is none" {
    bad 69 "no-such-host.invalid" --endpoint-url http://no-such-host.invalid -p locks true
    bad 69 "127.0.0.1:1" --endpoint-url http://127.0.0.1:1 -p locks true
    bad 69 "${URL#http://}" --endpoint-url "https://${URL#http://}" -p locks true
    no_calls
}

@test "a server that is not CloudWatch Logs" {
    useless garbage 69 "127.0.0.1"
    useless html 69 "not CloudWatch Logs"
    useless html-404 69 "not CloudWatch Logs"
    useless redirect 69 "not CloudWatch Logs"
    useless bytes 69 "not CloudWatch Logs"
    useless error-text 77 "NoSuchThing"
}

@test "a server that answers with JSON of no use" {
    useless empty-200 69 "DescribeLogGroups"
    useless truncated 69 "not CloudWatch Logs"
    useless wrong-types 69 "DescribeLogGroups"
    useless no-groups 69 "DescribeLogGroups"
    useless deep 69 "LogGroup"
    useless unterminated 69 "not CloudWatch Logs"
}

@test "a server that never comes to an end, or says nothing" {
    useless endless 69 "longer than 1048576 bytes"
    useless deaf 69 "127.0.0.1"
    useless shut 69 "127.0.0.1"
    useless half 69 "127.0.0.1"
    useless html-502 69 "502"
    useless rot13 69 "content encoding"
    useless long-header 69 "the header of the answer of 127.0.0.1"
}

@test "an answer that is compressed is read, a Date centuries off is not believed" {
    odd_server gzip
    if ldd "$WITHLOCK" | grep -q libz; then
        gives 0 --endpoint-url "$ODD" -p locks/a --status
        grep -q free out
    else # as in the static program
        gives 69 --endpoint-url "$ODD" -p locks/a --status
        one_line "has a content encoding that cannot be read"
    fi
    useless far-future 77 "Date 'Fri, 31 Dec 9999 23:59:59 GMT' is not believed"
}

@test "-n and -w are kept to though the service is deaf, and that is 69" {
    local begin option
    odd_server deaf
    for option in -n '-w 1'; do
        begin=$SECONDS
        gives 69 $option --endpoint-url "$ODD" --read-timeout 100 -p locks/a touch entered
        [ $((SECONDS - begin)) -lt 90 ] # not the time limit of the request
        one_line 127.0.0.1
    done
    [ ! -e entered ]
}

@test "control characters in another's name and label come out harmless" {
    odd_server labels
    gives 1 -v -n --endpoint-url "$ODD" -p locks/a touch entered
    one_line "'evil?]0;owned?'"
    ! LC_ALL=C grep -q $'[\x01-\x09\x0b-\x1f\x7f]' err || return 1
}

@test "no secret is in any message, however much is said" {
    export AWS_SESSION_TOKEN=$TOKEN
    stop_service
    start_service --credentials "AKIDEXAMPLE:$SECRET:$TOKEN"
    export AWS_ENDPOINT_URL=$URL
    local how
    for how in 0 'endpoint 69' 'secret 77' 'deny 77' 'profile 78'; do
        case $how in
        0) gives 0 -vvvv -p locks true ;;
        endpoint*) gives 69 -vvvv --endpoint-url http://127.0.0.1:1 -p locks true ;;
        secret*) AWS_SESSION_TOKEN=$TOKEN-x gives 77 -vvvv -p locks true ;;
        deny*) faults '{"deny":["CreateLogGroup"]}'; gives 77 -vvvv -p locks true ;;
        profile*)
            mkdir -p .aws
            printf '[a]\naws_access_key_id = x y\naws_secret_access_key = %s\n%s\n' \
                "$SECRET" "$SECRET" >.aws/credentials
            gives 78 -vvvv --profile a -p locks true ;;
        esac
        cat err >>all
    done
    [ -s all ]
    ! grep -qE "$SECRET|$TOKEN|Signature=|AWS4-HMAC" all || return 1
}

@test "a line end in a key, wherever it is" {
    AWS_SESSION_TOKEN=$'x\ny' bad 78 "AWS_SESSION_TOKEN" -p locks true
    AWS_SECRET_ACCESS_KEY=$'x\r' bad 78 "AWS_SECRET_ACCESS_KEY" -p locks true
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    mkdir -p .aws
    printf '[default]\naws_access_key_id = a\raws_secret_access_key = b\naws_secret_access_key = c\n' >.aws/credentials
    bad 78 "$PWD/.aws/credentials" -p locks true
    no_calls
}

@test "a value for an option that takes none" {
    bad 64 "'--nonblock' takes no value" -p locks --nonblock=1 true
    bad 64 "unknown option '--no=1'" -p locks --no=1 true
}

@test "too few file descriptors" {
    local limit
    for limit in 8 13 20; do
        status=0
        prlimit --nofile="$limit" "$WITHLOCK_BUILD/src/withlock" -p locks true 2>err 3>&- 4>&- ||
            status=$?
        [ "$status" -eq 71 ]
        one_line "ulimit -n"
    done
    no_calls
}

@test "too small a stack, or one that the environment fills" {
    local limit
    for limit in 65536 131072; do
        status=0
        prlimit --stack="$limit" "$WITHLOCK_BUILD/src/withlock" -p locks true 2>err || status=$?
        [ "$status" -eq 71 ]
        one_line "ulimit -s"
    done
    no_calls
}

@test "a script with the line ends of Windows is found out before the lock is asked for" {
    printf '#!/bin/sh\r\necho hi\r\n' >script
    chmod +x script
    bad 127 "CR LF" -p locks ./script
}

@test "standard output is closed" {
    local option
    for option in --status --check --help --version; do
        status=0
        "$WITHLOCK" -p locks "$option" 2>err >&- || status=$?
        [ "$status" -eq 71 ]
        one_line "standard output"
    done
}

@test "a path at the endpoint where there is no service" {
    export AWS_MAX_ATTEMPTS=1
    bad 69 "'$URL/elsewhere'" --endpoint-url "$URL/elsewhere" -p locks true
    one_line "is the endpoint right?"
}
