#!/usr/bin/env bats
# Holders and waiters whose keys live shorter than they do, with every source that can be renewed,
# all at once: they get new keys and keep the lock, or their place; where the source is gone, holders
# end in time. The SSO login expires as its keys do, the web identity's token is replaced on disk
# and the old one refused, and the chain assumes two roles.
#
# Keys live for 4 s here, and for 20 s with WITHLOCK_TEST_LONG.

load lock
load aws_endpoints

LIFETIME_S=$([ -n "$LONG" ] && echo 20 || echo 4)
SOURCES='role chain web sso login container process'
KEYS_MAX=10 # of each source, that the service accepts

setup() {
    local options=() source n
    ENDPOINTS_PID=
    fresh_home
    for source in $SOURCES static; do
        for ((n = 1; n <= KEYS_MAX; n++)); do
            options+=(--credentials "$source-$n:secret-$source-$n:token-$source-$n")
        done
    done
    lock_setup "${options[@]}"
    unset AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    export HOME="$BATS_TEST_TMPDIR/home" AWS_ENDPOINT_URL_CLOUDWATCH_LOGS=$URL
    start_endpoints
    tell "{\"lifetime_s\": $LIFETIME_S, \"token_lifetime_s\": $LIFETIME_S, \"bearer\": {}}"
    every_source
}

teardown() {
    stop_endpoints
    lock_teardown
}

# A profile named as the source, for each but the container.
every_source() {
    static_keys base | credentials
    rotate 1
    sso_cache my -1 >/dev/null
    login_cache 1 >/dev/null
    cat >"$HOME/process" <<'END'
#!/bin/sh
[ ! -e "$HOME/process.down" ] || { echo 'no more keys' >&2; exit 5; }
echo run >>"$HOME/process.runs"
n=$(wc -l <"$HOME/process.runs")
until=$(date -u -d "$1 seconds" +%Y-%m-%dT%H:%M:%S.%NZ)
printf '{"Version":1,"AccessKeyId":"%s","SecretAccessKey":"secret-%s","SessionToken":"token-%s","Expiration":"%s"}\n' \
    process-$n process-$n process-$n "$until"
END
    chmod +x "$HOME/process"
    {
        sso_profile | sed 's/^\[profile s\]/[profile sso]/'
        printf '[profile role]\nrole_arn = R\nsource_profile = base\n'
        printf '[profile first]\nrole_arn = FIRST\nsource_profile = base\n'
        printf '[profile chain]\nrole_arn = CHAIN\nsource_profile = first\n'
        printf '[profile web]\nrole_arn = W\nweb_identity_token_file = %s\n' "$HOME/web-token"
        printf '[profile login]\nlogin_session = arn:me\n'
        printf '[profile process]\ncredential_process = %s %s\n' "$HOME/process" "$LIFETIME_S"
    } | config
    export AWS_ENDPOINT_URL_STS=$BASE AWS_ENDPOINT_URL_SSO=$BASE AWS_ENDPOINT_URL_SIGNIN=$BASE
    export AWS_ENDPOINT_URL_SSO_OIDC=$BASE
}

# A command that lives until it is told to end, and notes the moment when it is made to.
COMMAND='trap "date +%s%3N >$0.ended; exit 3" TERM; touch "$0.in"
while [ ! -e "$0.go" ]; do sleep 0.05; done'

# with_keys_of SOURCE OPTION...: withlock with them and that command.
with_keys_of() {
    local source=$1 choice=AWS_PROFILE=$1
    shift
    [ "$source" != container ] || choice=AWS_CONTAINER_CREDENTIALS_FULL_URI=$BASE/container
    (export "$choice"; exec env --default-signal=INT,QUIT,PIPE "$WITHLOCK" "$@" -k 2 \
        --release-timeout 1 -- sh -c "$COMMAND" "$source" >"$source.out" 2>"$source.err" \
        </dev/null 3>&- 4>&-) &
    JOBS+=($!)
}

# One holder for each source, of a lock of its own; SECONDS is their lease.
holders() { # SECONDS
    local source
    for source in $SOURCES; do
        with_keys_of "$source" -p "$source" -t "$1"
    done
    for source in $SOURCES; do
        wait_until test -e "$source.in"
    done
}

# lived N: has each source given out its Nth keys? Those before have ended by then.
lived() {
    local source
    [ "$(wc -l <"$HOME/process.runs")" -ge "$1" ] || return 1
    curl -sS --noproxy '*' "$BASE/_counts" >counts
    for source in role chain web sso login container; do
        jq -e --arg source "$source" ".[\$source] >= $1" counts >/dev/null || return 1
    done
}

# rotate N: another token of the web identity; the one before the last is refused by now.
rotate() {
    tell "{\"identity\": [\"web-token-$(($1 - 1))\", \"web-token-$1\"]}"
    printf 'web-token-%s' "$1" >"$HOME/web-token.new"
    mv "$HOME/web-token.new" "$HOME/web-token"
}

# Each source gives out keys four times: three lifetimes are over.
live_on() {
    local n
    for n in 2 3 4; do
        rotate "$n"
        for ((wait = 0; wait < LIFETIME_S; wait += 4)); do
            wait_until lived "$n" 2>/dev/null && break
        done
        lived "$n" || { cat counts ./*.err >&2; return 1; }
    done
    jq -e '.["refresh-oidc"] >= 4 and .["refresh-signin"] >= 4' counts >/dev/null
}

@test "T2 T3 holders with every source keep their locks over three lifetimes of their keys" {
    local source number=0
    holders 15
    live_on
    for source in $SOURCES; do
        touch "$source.go"
        ends 0 "${JOBS[number++]}"
        [ ! -s "$source.err" ] || { cat "$source.err" >&2; return 1; }
    done
    nothing_left
}

@test "T2 T3 waiters with every source keep their places over three lifetimes of their keys" {
    local source number=1
    AWS_ACCESS_KEY_ID=static-1 AWS_SECRET_ACCESS_KEY=secret-static-1 \
        AWS_SESSION_TOKEN=token-static-1 hold holder -p queue -t 15
    for source in $SOURCES; do
        touch "$source.go"
        with_keys_of "$source" -p queue -t 15
    done
    live_on
    [ -z "$(ls ./*.in | grep -v holder)" ]
    let_go holder
    ends 0 "${JOBS[0]}"
    for source in $SOURCES; do
        ends 0 "${JOBS[number++]}"
        [ -e "$source.in" ]
        ! grep -v '^withlock: waiting for lock ' "$source.err" || return 1
    done
    nothing_left
}

@test "T5 with the source gone, the command ends before the lease does, and it says why" {
    local source number=0 claimed ended
    holders 15
    tell '{"down": {"sts": 400, "portal": 400, "signin": 400, "container": 400}}'
    touch "$HOME/process.down"
    for source in $SOURCES; do
        ends 74 "${JOBS[number++]}"
        claimed=$(control /_groups | jq --arg prefix "$source/" \
            '[.[] | select(.logGroupName | startswith($prefix)) | .creationTime] | max')
        ended=$(cat "$source.ended")
        echo "$source: ended $((ended - claimed)) ms after its last claim was made"
        [ "$ended" -gt "$claimed" ] && [ $((ended - claimed)) -lt 15000 ]
        [ "$(grep -c 'warning: .*have expired' "$source.err")" -eq 1 ]
    done
    cat ./*.err
    grep -q 'lost .*AssumeRole of role .R.*400' role.err
    grep -q 'lost .*AssumeRoleWithWebIdentity of role .W.*400' web.err
    grep -q 'lost .*SSO.*400' sso.err
    grep -q 'lost .*aws login' login.err
    grep -q 'lost .*container credentials.*400' container.err
    grep -q 'lost .*credential_process.*no more keys' process.err
}
