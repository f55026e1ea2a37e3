#!/usr/bin/env bats
# Proxy URLs of every odd kind, against every command, text and JSON, quiet to -vvv: the
# password is nowhere in what withlock says, and what is no URL of a proxy is found out (78) before
# anything is done.
#
# Each URL meets two of the combinations, in turn; with WITHLOCK_TEST_LONG all of them.

load lock

PASSWORD=pA55w0rDpA55

setup() {
    lock_setup
    export AWS_MAX_ATTEMPTS=1
}

teardown() {
    lock_teardown
}

# STATUS URL: PW is the password. 69: good, but nobody is there.
urls() {
    sed "s/PW/$PASSWORD/g" <<'END'
78 http://u:PW/x@127.0.0.1:1
78 http://u:/PW@127.0.0.1:1
78 http://u:PW?x@127.0.0.1:1
78 http://u:PW#x@127.0.0.1:1
78 http://u:PW@x@127.0.0.1:1
78 http://u:@PW@127.0.0.1:1
78 http://u:PW%@127.0.0.1:1
78 http://u:PW%zz@127.0.0.1:1
78 http://u:PW%00@127.0.0.1:1
78 http://u:PW x@127.0.0.1:1
78 http://u:PW@127.0.0.1: 1
78 http://u:PW@127.0.0.1:port
78 http://u:PW@127.0.0.1:0
78 http://u:PW@127.0.0.1:-1
78 http://u:PW@127.0.0.1:65536
78 http://u:PW@127.0.0.1:1x
78 http://u:PW@
78 http://u:PW@/
78 http://u:PW@:1
78 http://u:PW
78 u:PW
78 u:PW@
78 ftp://u:PW@127.0.0.1:1
78 httpss://u:PW@127.0.0.1:1
78 PW://127.0.0.1:1
78 ://u:PW@127.0.0.1:1
78 http:/u:PW@127.0.0.1:1
78 http//u:PW@127.0.0.1:1
78 u:PW://x@127.0.0.1:1
78 http://u:PW@[::1
78 http://u:PW@[::1]1
78 http://u:PW@[PW]:1
78 http://u:PW@::1
78 http://u:PW@127.0.0.1:1?x
78 http://u:PW@127.0.0.1:1#PW
78 http://u:PW@127.0.0.1:1/@PW
78 http://u:PW@*:1
78 http://u:PW@%31:1
78 http://u:PW@127.0.0.1\PW
69 http://u:PW@127.0.0.1:1
69 http://u:PW:x@127.0.0.1:1
69 http://u:PW%2Fx@127.0.0.1:1
69 http://PW@127.0.0.1:1
69 http://:PW@127.0.0.1:1
69 u:PW@127.0.0.1:1
69 http://u:PW@127.0.0.1:1/path
69 HTTP://u:PW@127.0.0.1:1
69 https://u:PW@127.0.0.1:1
69 socks5://u:PW@127.0.0.1:1
69 socks5h://u:PW@127.0.0.1:1
69 http://u:PW@[::1]:1
69 http://u:PW@host.invalid:1
69 http://u:PW@host.invalid
END
}

COMMANDS=('-w 1 -p jobs -- true' '-n -p jobs -- true' '-p jobs --status' '-p jobs --status --json'
    '-p jobs --check' '-p jobs --break somebody --yes' '-p jobs --list')
LEVELS=('-q' '' '-v' '-vvv' '--log-format json' '-vvv --log-format json')

@test "no command says a proxy's password, whatever the URL is like" {
    local status url got turn=0 each=2 count=0
    [ -z "$LONG" ] || each=$((${#COMMANDS[@]} * ${#LEVELS[@]}))
    while IFS=' ' read -r status url; do
        for ((n = 0; n < each; n++, turn++)); do
            got=0
            HTTP_PROXY=$url withlock ${LEVELS[turn % ${#LEVELS[@]}]} \
                ${COMMANDS[turn / ${#LEVELS[@]} % ${#COMMANDS[@]}]} >out 2>err </dev/null || got=$?
            if grep -qF "$PASSWORD" out err || [ "$got" -ne "$status" ]; then
                echo "$url, turn $turn: $got, not $status" >&2
                cat out err >&2
                return 1
            fi
            [ "$status" -ne 78 ] || grep -q 'HTTP_PROXY.*percent-encoded' err
            count=$((count + 1))
        done
    done < <(urls)
    echo "$count runs"
    [ "$count" -ge 100 ]
    no_calls
}

@test "the sources of credentials say none, either" {
    printf '[default]\nrole_arn = arn:r\nsource_profile = base\n' >config
    printf '[base]\naws_access_key_id = A\naws_secret_access_key = B\n' >credentials
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_ENDPOINT_URL
    export AWS_CONFIG_FILE=$PWD/config AWS_SHARED_CREDENTIALS_FILE=$PWD/credentials
    export AWS_ENDPOINT_URL_CLOUDWATCH_LOGS=$URL AWS_ENDPOINT_URL_STS=https://127.0.0.1:1
    HTTPS_PROXY="http://u:$PASSWORD/@127.0.0.1:1" gives 78 -vvv -p jobs true
    grep -q 'HTTPS_PROXY.*percent-encoded' err
    run ! grep -F "$PASSWORD" err
    no_calls
}
