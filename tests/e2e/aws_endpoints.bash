# aws_endpoints.bash - for bats: aws_endpoints.py, a home of one's own, show-credentials.
#
# SHOW_CREDENTIALS is set by meson. Nothing here asks any address but loopback.

HERE="${BATS_TEST_DIRNAME:-.}"

# jq takes 20 ms to start; the same in Go, where it is installed, 2. It sorts keys without being asked.
! type -P gojq >/dev/null || jq() { [[ $1 == -*S ]] && set -- "${1%S}" "${@:2}"; gojq "$@"; }

start_endpoints() {
    python3 "$HERE/aws_endpoints.py" "$@" >"$BATS_TEST_TMPDIR/endpoints.out" 3>&- &
    ENDPOINTS_PID=$!
    local tries=0
    until grep -qs "^listening on " "$BATS_TEST_TMPDIR/endpoints.out"; do
        tries=$((tries + 1))
        [ "$tries" -lt 600 ] || { echo "aws_endpoints.py does not start" >&2; return 1; }
        sleep 0.05
    done
    BASE=$(sed -n 's/^listening on //p' "$BATS_TEST_TMPDIR/endpoints.out")
}

stop_endpoints() {
    [ -z "${ENDPOINTS_PID:-}" ] || kill "$ENDPOINTS_PID" 2>/dev/null || true
}

# A clean environment: nothing of the user's AWS settings, no network but loopback.
fresh_home() {
    for name in $(compgen -e | grep -E '^AWS_|_PROXY$|_proxy$|^REQUESTS_'); do unset "$name"; done
    export HOME="$BATS_TEST_TMPDIR/home"
    mkdir -p "$HOME/.aws/sso/cache" "$HOME/.aws/login/cache"
    export AWS_EC2_METADATA_DISABLED=true AWS_REGION=us-east-1
}

config() { cat >"$HOME/.aws/config"; }
credentials() { cat >"$HOME/.aws/credentials"; }
tell() { curl -sS --noproxy '*' -o "$BATS_TEST_TMPDIR/told" -d "$1" "$BASE/_set"; }
requests() { curl -sS --noproxy '*' "$BASE/_log"; }

# The part of what show-credentials prints that depends on secret and token.
digest() { printf '%s\n%s' "$1" "$2" | sha256sum | cut -c1-16; }

show() { run --separate-stderr "$SHOW_CREDENTIALS" "$@"; no_secrets; }

# Z1: none of the secrets that the test knows of, in any output.
no_secrets() {
    local secret
    for secret in static-secret secret- token- sso-token client-secret refresh- web-token \
        do-not-print imds-token container-token 987321; do
        case "$output$stderr" in
        *"$secret"*) echo "secret '$secret' printed: $output $stderr" >&2; return 1 ;;
        esac
    done
}

# found ID SECRET TOKEN: the keys on the last line.
found() {
    [ "$status" -eq 0 ] || { echo "status $status: $stderr" >&2; return 1; }
    local last="${lines[${#lines[@]} - 1]}"
    case "$last" in
    "id $1 digest $(digest "$2" "$3") "*) ;;
    *) echo "found '$last'" >&2; return 1 ;;
    esac
}

# failed STATUS WORD...: one line on standard error that holds every word.
failed() {
    local wanted=$1 word
    shift
    [ "$status" -eq "$wanted" ] || { echo "status $status: $output $stderr" >&2; return 1; }
    [ "$(printf '%s\n' "$stderr" | wc -l)" -eq 1 ] || { echo "lines: $stderr" >&2; return 1; }
    for word; do
        case "$stderr" in
        *"$word"*) ;;
        *) echo "no '$word' in: $stderr" >&2; return 1 ;;
        esac
    done
}

# static_keys PROFILE: its section, with the key that aws_endpoints.py knows.
static_keys() {
    printf '[%s]\naws_access_key_id = AKIDSTATIC\naws_secret_access_key = static-secret\n' "$1"
}

sso_profile() {
    cat <<EOF
[profile s]
sso_session = my
sso_account_id = 001234567890
sso_role_name = My Role
[sso-session my]
sso_start_url = https://x.example/start
sso_region = eu-west-1
EOF
}

# sso_cache NAME EXPIRES_IN_SECONDS
sso_cache() {
    local file until
    file=$HOME/.aws/sso/cache/$(printf %s "$1" | sha1sum | cut -c1-40).json
    until=$(date -u -d "$2 seconds" +%Y-%m-%dT%H:%M:%SZ)
    cat >"$file" <<EOF
{"startUrl": "https://x.example/start", "region": "eu-west-1", "accessToken": "sso-token",
 "expiresAt": "$until", "clientId": "client", "clientSecret": "client-secret",
 "registrationExpiresAt": "2099-01-01T00:00:00Z", "refreshToken": "refresh-0", "kept": [1, {"x": null}]}
EOF
    echo "$file"
}

# login_cache EXPIRES_IN_SECONDS
login_cache() {
    local file until key
    openssl ecparam -name prime256v1 -genkey -noout -out "$BATS_TEST_TMPDIR/key.pem"
    key=$(awk '{printf "%s\\n", $0}' "$BATS_TEST_TMPDIR/key.pem")
    file=$HOME/.aws/login/cache/$(printf %s arn:me | sha256sum | cut -c1-64).json
    until=$(date -u -d "$1 seconds" +%Y-%m-%dT%H:%M:%SZ)
    cat >"$file" <<EOF
{"accessToken": {"accessKeyId": "CACHED", "secretAccessKey": "secret-cached",
 "sessionToken": "token-cached", "accountId": "0012", "expiresAt": "$until"}, "tokenType": "x",
 "clientId": "arn:aws:signin:::devtools/same-device", "refreshToken": "refresh-0",
 "dpopKey": "$key", "idToken": "kept"}
EOF
    echo "$file"
}
