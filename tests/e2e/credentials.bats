#!/usr/bin/env bats
# Each source of credentials against a server that speaks its protocol, with expiry and renewal.

bats_require_minimum_version 1.5.0
load aws_endpoints

setup() {
    fresh_home
    start_endpoints
}

teardown() {
    stop_endpoints
}

# Asks twice, with keys that have ended in between.
show_twice() { show --times 2 --every 3200 "$@"; }

@test "P5 P11 static keys are found, whatever the number of questions" {
    static_keys default | credentials
    show --times 2 --every 10
    found AKIDSTATIC static-secret ""
    [ "${#lines[@]}" -eq 2 ]
}

@test "P2 R2 R7 a role is assumed with a signed request, and assumed anew when its keys end" {
    static_keys base | credentials
    printf '[profile r]\nrole_arn = arn:aws:iam::1:role/R\nsource_profile = base\nexternal_id = a b&c\n' | config
    export AWS_PROFILE=r AWS_ENDPOINT_URL_STS=$BASE
    tell '{"lifetime_s": 3}'
    show_twice
    found role-2 secret-role-2 token-role-2
    [[ "${lines[0]}" == "id role-1 "*"renewable yes"* ]]
    requests | grep -q '"ExternalId": "a b&c"'
    requests | grep -q '"region": "us-east-1"'
}

@test "R2 a chain of roles signs each request with the keys before" {
    static_keys base | credentials
    printf '[profile a]\nrole_arn = A\nsource_profile = b\n[profile b]\nrole_arn = B\nsource_profile = base\n' | config
    AWS_PROFILE=a AWS_ENDPOINT_URL_STS=$BASE show
    found role-2 secret-role-2 token-role-2
    requests | grep -q '"by": "AKIDSTATIC".*"by": "role-1"'
}

@test "R9 E8 a refusal of STS is told and nothing else is tried" {
    static_keys base | credentials
    printf '[default]\nrole_arn = arn:R\nsource_profile = base\n' | config
    tell '{"refuse": "AccessDenied"}'
    AWS_ENDPOINT_URL_STS=$BASE show
    failed 77 AssumeRole arn:R AccessDenied 'not <you> & not now'
    [ "$(requests | grep -o '"source"' | wc -l)" -eq 1 ]
}

@test "Y1 Y2 5xx of STS is tried again, and told when attempts are used up" {
    static_keys base | credentials
    printf '[default]\nrole_arn = R\nsource_profile = base\n' | config
    export AWS_ENDPOINT_URL_STS=$BASE
    tell '{"fail": {"sts": [503, 500]}}'
    show
    found role-1 secret-role-1 token-role-1
    tell '{"fail": {"sts": [503, 500]}}'
    AWS_MAX_ATTEMPTS=2 show
    failed 69 AssumeRole 500
}

@test "V5 a clock that is wrong is corrected from the Date of the answer" {
    static_keys base | credentials
    printf '[default]\nrole_arn = R\nsource_profile = base\n' | config
    tell '{"skew_s": 7200}'
    AWS_ENDPOINT_URL_STS=$BASE show
    found role-1 secret-role-1 token-role-1
    [ "$(requests | grep -o '"source"' | wc -l)" -eq 2 ]
}

@test "R4 the environment as the source of a role" {
    printf '[profile e]\nrole_arn = R\ncredential_source = Environment\n' | config
    AWS_ACCESS_KEY_ID=AKIDSTATIC AWS_SECRET_ACCESS_KEY=static-secret AWS_ENDPOINT_URL_STS=$BASE \
        show --profile e
    found role-1 secret-role-1 token-role-1
}

@test "P3 W1 W3 a web identity, with its token read anew" {
    printf web-token >"$HOME/token"
    export AWS_WEB_IDENTITY_TOKEN_FILE=$HOME/token AWS_ROLE_ARN=arn:W AWS_ENDPOINT_URL_STS=$BASE
    tell '{"lifetime_s": 3}'
    show_twice
    found web-2 secret-web-2 token-web-2
    printf stale >"$HOME/token"
    show
    failed 77 AssumeRoleWithWebIdentity arn:W InvalidIdentityToken
}

@test "P4 O5 keys of SSO, and new ones when they end" {
    sso_profile | config
    sso_cache my 7200
    export AWS_ENDPOINT_URL_SSO=$BASE AWS_PROFILE=s
    tell '{"lifetime_s": 3}'
    show_twice
    found sso-2 secret-sso-2 token-sso-2
    requests | grep -q '"account_id": "001234567890", "role_name": "My Role"'
}

@test "O4 Z3 a token of SSO is renewed, and left for the CLI with mode 600" {
    sso_profile | config
    file=$(sso_cache my 600)
    chmod 644 "$file"
    AWS_ENDPOINT_URL=$BASE AWS_PROFILE=s show
    found sso-1 secret-sso-1 token-sso-1
    [ "$(stat -c %a "$file")" = 600 ]
    python3 - "$file" <<'EOF'
import datetime, json, sys
cache = json.load(open(sys.argv[1]))
assert cache["accessToken"] == "sso-token-1" and cache["refreshToken"] == "refresh-1", cache
assert cache["kept"] == [1, {"x": None}] and cache["clientSecret"] == "client-secret", cache
left = datetime.datetime.fromisoformat(cache["expiresAt"].replace("Z", "+00:00")) - \
    datetime.datetime.now(datetime.timezone.utc)
assert 3000 < left.total_seconds() <= 3600, left
EOF
    [ "$(ls "$HOME/.aws/sso/cache" | wc -l)" -eq 1 ]
}

@test "O2 O3 E11 without a token, or with an expired one, it says how to log in" {
    sso_profile | config
    AWS_ENDPOINT_URL=$BASE AWS_PROFILE=s show
    failed 77 "'s'" "aws sso login" "--sso-session my"
    printf '[profile old]\nsso_start_url = https://x.example/start\nsso_region = eu-west-1\nsso_account_id = 1\nsso_role_name = R\n' | config
    sso_cache https://x.example/start -5
    AWS_ENDPOINT_URL=$BASE show --profile old
    failed 77 "aws sso login" "--profile old" expired
    [ "$(requests)" = "[]" ]
}

@test "O5 E11 a token that the portal refuses" {
    sso_profile | config
    sso_cache my 7200
    tell '{"bearer": {}}'
    AWS_ENDPOINT_URL=$BASE AWS_PROFILE=s show
    failed 77 "aws sso login"
}

@test "P6 L1 keys of a console login come from its cache" {
    printf '[default]\nlogin_session = arn:me\n' | config
    login_cache 800
    AWS_ENDPOINT_URL_SIGNIN=$BASE show
    found CACHED secret-cached token-cached
    [ "$(requests)" = "[]" ]
}

@test "L2 they are renewed with a proof that stands up, again and again" {
    printf '[default]\nlogin_session = arn:me\n' | config
    file=$(login_cache 200)
    tell '{"lifetime_s": 3}'
    export AWS_ENDPOINT_URL_SIGNIN=$BASE
    show_twice
    found login-2 secret-login-2 token-login-2
    python3 - "$file" <<'EOF'
import json, sys
cache = json.load(open(sys.argv[1]))
assert cache["accessToken"]["accessKeyId"] == "login-2" and cache["refreshToken"] == "refresh-2"
assert cache["accessToken"]["accountId"] == "0012" and cache["idToken"] == "kept"
EOF
    tell '{"refresh_token": {"signin": "other"}}'
    show
    failed 77 "aws login" "'default'" invalid_grant
}

@test "P7 C1 C2 C3 Z2 a program's keys, and run again when they end" {
    cat >"$HOME/helper" <<'EOF'
#!/bin/sh
[ "$1" = 'an argument' ] && [ "$2" = '$HOME' ] && [ -z "$(cat)" ] || exit 9
head -c 150000 /dev/zero | tr '\0' x >&2
echo run >>"$HOME/runs"
cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' '\n' | grep -q '^secret-1$\|^token-1$' && touch "$HOME/leak"
env | grep -q 'secret-1\|token-1' && touch "$HOME/leak"
n=$(wc -l <"$HOME/runs")
until=$(date -u -d '3 seconds' +%Y-%m-%dT%H:%M:%S.%NZ)
printf '{"Version":1,"AccessKeyId":"HELPER%s","SecretAccessKey":"secret-%s","SessionToken":"token-%s","Expiration":"%s"}\n' $n $n $n "$until"
EOF
    chmod +x "$HOME/helper"
    printf '[default]\ncredential_process = %s "an argument" $HOME\n' "$HOME/helper" | config
    show_twice
    found HELPER2 secret-2 token-2
    [ "$(wc -l <"$HOME/runs")" -eq 2 ]
    [ ! -e "$HOME/leak" ]
}

@test "P11 keys that do not end are looked for once" {
    printf '#!/bin/sh\necho run >>"%s"\nprintf %s\n' "$HOME/runs" \
        "'{\"Version\":1,\"AccessKeyId\":\"HELPER\",\"SecretAccessKey\":\"secret-1\"}'" >"$HOME/helper"
    chmod +x "$HOME/helper"
    printf '[default]\ncredential_process = %s\n' "$HOME/helper" | config
    show --times 5 --every 10
    found HELPER secret-1 ""
    [ "$(wc -l <"$HOME/runs")" -eq 1 ]
}

@test "C4 E10 programs that fail, and those that are not there" {
    printf '[default]\ncredential_process = sh -c "echo secret-x; echo why >&2; exit 3"\n' | config
    show
    failed 77 credential_process "'default'" "status 3" why
    printf '[default]\ncredential_process = no-such-helper\n' | config
    show
    failed 78 credential_process no-such-helper
    printf '[default]\ncredential_process = echo secret-x\n' | config
    show
    failed 78 credential_process "'default'"
}

@test "P9 K3 K4 keys of a container, with a token file that changes" {
    printf container-token >"$HOME/token"
    tell '{"lifetime_s": 3, "authorization": "container-token"}'
    export AWS_CONTAINER_CREDENTIALS_FULL_URI=$BASE/container?x=1
    export AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=$HOME/token
    show_twice
    found container-2 secret-container-2 token-container-2
    printf wrong >"$HOME/token"
    show
    failed 77 container 403
}

@test "K4 three attempts, then the status" {
    export AWS_CONTAINER_CREDENTIALS_FULL_URI=$BASE/container
    tell '{"fail": {"container": [500, 429]}}'
    show
    found container-1 secret-container-1 token-container-1
    tell '{"fail": {"container": [500, 500, 503]}}'
    show
    failed 69 container 503
}

@test "K2 E13 a host that must not see the token is not asked" {
    AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1.example/x show
    failed 77 container 127.0.0.1.example
}

metadata() {
    unset AWS_EC2_METADATA_DISABLED AWS_REGION
    export AWS_EC2_METADATA_SERVICE_ENDPOINT=$BASE/ AWS_METADATA_SERVICE_TIMEOUT=20
}

@test "P10 G1 M2 keys and region from instance metadata" {
    metadata
    show
    found imds-1 secret-imds-1 token-imds-1
    [[ "$output" == *"region eu-central-1 endpoint https://logs.eu-central-1.amazonaws.com"* ]]
}

# forty_starts FIRST LOG: at once, as applications FIRST to FIRST + 39; all find their keys. In LOG
# what metadata says it was asked, in SPAN_S the longest time from the first question of one to its
# last, by the clock of metadata.
forty_starts() {
    local n first=$1 log=$2 pids=() seen=$(requests | jq length)
    for ((n = first; n < first + 40; n++)); do
        AWS_SDK_UA_APP_ID=$n "$SHOW_CREDENTIALS" >"$HOME/keys.$n" 2>&1 3>&- &
        pids+=($!)
    done
    for ((n = first; n < first + 40; n++)); do
        wait "${pids[n - first]}" || { cat "$HOME/keys.$n" >&2; return 1; }
        grep -q '^id imds-' "$HOME/keys.$n" || return 1
    done
    requests | jq ".[$seen:]" >"$log"
    SPAN_S=$(jq 'group_by(.agent) | if length != 40 then error("\(length) agents") else
        map(map(.at) | max - min) | max end' "$log")
}

@test "M3 forty starts in a second find their keys, though metadata is too busy for half of them" {
    metadata
    export AWS_METADATA_SERVICE_TIMEOUT=20
    forty_starts 101 "$HOME/idle"
    local idle_s=$SPAN_S
    tell '{"busy": 2}' # 503 twice for each request of every second one
    forty_starts 1 "$HOME/log"
    # what it takes while others wait for the processor, too; three times as many questions; pauses
    jq -en "$SPAN_S < 3 * $idle_s + 5" || { echo "$SPAN_S s, and $idle_s s when idle" >&2; return 1; }
    jq -e '[.[] | select(.agent | endswith("app/1"))] | length == 16' "$HOME/log"
}

@test "M7 metadata's old keys are used, and not asked for at each question" {
    metadata
    tell '{"lifetime_s": -100}'
    show --times 3 --every 10
    found imds-1 secret-imds-1 token-imds-1
}

@test "T4 keys that the service rejects are asked for anew" {
    metadata
    show --times 2 --every 10 --reject
    found imds-2 secret-imds-2 token-imds-2
    static_keys default | credentials
    AWS_REGION=us-east-1 show --times 2 --every 10 --reject
    [[ "$output" == *"rejected no"* ]]
}

@test "M5 version 1 where version 2 is blocked, unless it is switched off" {
    metadata
    tell '{"imds": "v1"}'
    show
    found imds-1 secret-imds-1 token-imds-1
    AWS_REGION=us-east-1 AWS_EC2_METADATA_V1_DISABLED=true show
    failed 77 credentials AWS_ACCESS_KEY_ID "version 1 is disabled"
}

@test "M6 E1 an instance without a role" {
    metadata
    tell '{"imds": "none"}'
    show
    failed 77 credentials AWS_ACCESS_KEY_ID "'default'" "$HOME/.aws/credentials" "no role"
}

@test "E2 no region anywhere" {
    unset AWS_REGION
    static_keys default | credentials
    show
    failed 78 region AWS_REGION "'default'" "$HOME/.aws/config"
}

# Starts show-credentials in the background; once it has keys, STS refuses.
show_and_refuse() {
    static_keys base | credentials
    printf '[default]\nrole_arn = R\nsource_profile = base\n' | config
    export AWS_ENDPOINT_URL_STS=$BASE AWS_MAX_ATTEMPTS=1
    "$SHOW_CREDENTIALS" "$@" >"$HOME/out" 2>"$HOME/err" &
    pid=$!
    until grep -q role-1 "$HOME/out"; do sleep 0.05; done
    tell '{"refuse": "AccessDenied"}'
    status=0
    wait "$pid" || status=$?
}

@test "T2 keys that cannot be renewed serve until they end, with one warning" {
    show_and_refuse --times 3 --every 3000 --reject
    [ "$status" -eq 0 ]
    [ "$(grep -c '^id role-1 ' "$HOME/out")" -eq 3 ]
    [ "$(grep -c 'warning: .*AccessDenied' "$HOME/err")" -eq 1 ]
}

@test "T2 T5 once they have ended the failure is told, and attempts go on" {
    tell '{"lifetime_s": 3}'
    show_and_refuse --times 3 --every 3200
    [ "$status" -eq 77 ]
    [ "$(grep -c '^id ' "$HOME/out")" -eq 1 ]
    [ "$(grep AccessDenied "$HOME/err" | grep -vc warning)" -eq 2 ]
    [ "$(grep -c 'warning: .*have expired: .*AccessDenied' "$HOME/err")" -eq 1 ]
    [ "$(requests | grep -o '"source"' | wc -l)" -eq 3 ]
}

@test "E16 nobody listens: the host is named" {
    static_keys base | credentials
    printf '[default]\nrole_arn = R\nsource_profile = base\n' | config
    AWS_ENDPOINT_URL_STS=http://127.0.0.1:1 AWS_MAX_ATTEMPTS=1 show
    failed 69 AssumeRole 127.0.0.1:1
}

@test "X3 the agent is ours" {
    static_keys base | credentials
    printf '[default]\nrole_arn = R\nsource_profile = base\n' | config
    AWS_SDK_UA_APP_ID='my app' AWS_ENDPOINT_URL_STS=$BASE show
    found role-1 secret-role-1 token-role-1
    requests | grep -q '"agent": "withlock/[0-9.]* app/my-app"'
}

mfa_profile() {
    static_keys base | credentials
    printf '[default]\nrole_arn = R\nsource_profile = base\nmfa_serial = arn:mfa/me\n' | config
    export AWS_ENDPOINT_URL_STS=$BASE
    tell '{"mfa": "987321", "lifetime_s": 3}'
}

@test "R6 T6 a code is asked for on the terminal, not shown, and never twice" {
    mfa_profile
    cat >"$HOME/type.py" <<'EOF'
import os, pty, sys
said = b""
def read(fd):
    global said
    data = os.read(fd, 1000)
    said += data
    if b"MFA code for arn:mfa/me: " in said and not read.typed:
        read.typed = True
        os.write(fd, b"987321\n")
    return data
read.typed = False
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:], read)))
EOF
    run python3 "$HOME/type.py" "$SHOW_CREDENTIALS" --times 2 --every 3200 </dev/null
    [ "$status" -eq 77 ]
    [[ "$output" == *"id role-1 digest $(digest secret-role-1 token-role-1)"*"renewable no"* ]]
    [[ "$output" == *"expired and cannot be renewed"* ]]
    [[ "$output" != *987321* ]]
    [ "$(grep -o 'MFA code' <<<"$output" | wc -l)" -eq 1 ]
}

@test "R6 E14 without a terminal the serial is named" {
    mfa_profile
    run --separate-stderr setsid -w "$SHOW_CREDENTIALS" </dev/null
    failed 78 mfa_serial "'arn:mfa/me'" terminal
    [ "$(requests)" = "[]" ]
}

@test "P1 E17 keys that end soon and cannot be renewed are warned of, once, in advance" {
    export AWS_ACCESS_KEY_ID=AKIDSTATIC AWS_SECRET_ACCESS_KEY=static-secret
    AWS_CREDENTIAL_EXPIRATION=$(date -u -d '600 seconds' +%Y-%m-%dT%H:%M:%SZ) show --times 3 --every 10
    found AKIDSTATIC static-secret ""
    [ "$(grep -c 'warning: .*the environment expire in .* cannot be renewed' <<<"$stderr")" -eq 1 ]
    AWS_CREDENTIAL_EXPIRATION=$(date -u -d '1000 seconds' +%Y-%m-%dT%H:%M:%SZ) show
    found AKIDSTATIC static-secret ""
    [ -z "$stderr" ]
    AWS_CREDENTIAL_EXPIRATION=$(date -u -d '-1 seconds' +%Y-%m-%dT%H:%M:%SZ) show
    failed 77 expired environment
}
