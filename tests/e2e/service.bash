# service.bash - cwlogs-local for bats files: start it, call it, stop it, see that it ended well.
#
# WITHLOCK_BUILD is meson's build directory.

CWLOGS_LOCAL="$WITHLOCK_BUILD/src/cwlogs-local/cwlogs-local"
# jq takes 20 ms to start; the same in Go, where it is installed, 2. It sorts keys without being asked.
! type -P gojq >/dev/null || jq() { [[ $1 == -*S ]] && set -- "${1%S}" "${@:2}"; gojq "$@"; }

WAIT_TRIES=1200 # of 50 ms and more, for anything that is waited for

# wait_until COMMAND...: until it succeeds; fails after a minute.
wait_until() {
    for ((try = 0; try < WAIT_TRIES; try++)); do
        if "$@"; then return 0; fi
        sleep 0.05
    done
    echo "waited in vain for: $*" >&2
    return 1
}

# has_ended JOB: it is not there any more, and has been reaped by this shell.
has_ended() {
    ! kill -0 "$1" 2>/dev/null
}

# start_service [OPTION...]: sets SERVICE_PID and URL.
start_service() {
    SERVICE_OUT="$BATS_TEST_TMPDIR/service.out"
    SERVICE_ERR="$BATS_TEST_TMPDIR/service.err"
    rm -f "$SERVICE_OUT" # of an earlier one
    "$CWLOGS_LOCAL" --listen 127.0.0.1:0 "$@" >"$SERVICE_OUT" 2>"$SERVICE_ERR" 3>&- &
    SERVICE_PID=$!
    wait_until grep -qs '^listening on ' "$SERVICE_OUT" || { cat "$SERVICE_ERR" >&2; return 1; }
    URL=$(sed -n 's/^listening on //p' "$SERVICE_OUT")
}

# stop_service: ends it, and fails unless it ended with 0 and nothing on standard error.
stop_service() {
    [ -n "${SERVICE_PID:-}" ] || return 0
    local status=0
    kill -TERM "$SERVICE_PID" 2>/dev/null || true # it may have got a signal already
    wait_until has_ended "$SERVICE_PID" || kill -KILL "$SERVICE_PID"
    wait "$SERVICE_PID" || status=$?
    SERVICE_PID=
    cat "$SERVICE_ERR" >&2
    [ "$status" -eq 0 ] && [ ! -s "$SERVICE_ERR" ]
}

# call OPERATION JSON [CURL-OPTION...]: sets HTTP (000 if cut), BODY, HEADERS and CURL (its status).
call() {
    local operation=$1 json=$2
    shift 2
    CURL=0
    HTTP=$(curl -s --max-time 20 -o "$BATS_TEST_TMPDIR/body" -D "$BATS_TEST_TMPDIR/headers" \
        -w '%{http_code}' -H "X-Amz-Target: Logs_20140328.$operation" \
        -H 'Content-Type: application/x-amz-json-1.1' --data-binary "$json" "$@" "$URL/") || CURL=$?
    BODY=$(cat "$BATS_TEST_TMPDIR/body" 2>/dev/null) || true
    HEADERS=$(tr -d '\r' <"$BATS_TEST_TMPDIR/headers" 2>/dev/null) || true
    rm -f "$BATS_TEST_TMPDIR/body" "$BATS_TEST_TMPDIR/headers"
}

# ok OPERATION JSON: as call, and it must be answered with 200.
ok() {
    call "$@"
    [ "$HTTP" = 200 ] || { echo "$1 $2: $HTTP $BODY" >&2; return 1; }
}

# refused CODE OPERATION JSON: as call, and it must be answered with this code and a 400.
refused() {
    local code=$1
    shift
    call "$@"
    [ "$HTTP" = 400 ] && [ "$(jq -r .__type <<<"$BODY")" = "$code" ] && return 0
    echo "$1 $2: wanted $code, got $HTTP $BODY" >&2
    return 1
}

# body JQ-FILTER: is it true of the last answer?
body() {
    jq -e "$1" <<<"$BODY" >/dev/null || { echo "not ($1) in: $BODY" >&2; return 1; }
}

# faults JSON: sets them; control PATH: GETs one of the control paths, by the shell itself without
# TLS: thousands of times by all tests, and curl takes 10 ms of processor time to start.
faults() {
    curl -sf --data-binary "$1" "$URL/_faults" >/dev/null
}
control() {
    [[ $URL == http://* ]] || { curl -sf "$URL$1"; return; }
    local address=${URL#http://} status line wire
    { exec {wire}<>"/dev/tcp/${address%:*}/${address##*:}"; } 2>/dev/null || return 7
    printf 'GET %s HTTP/1.0\r\nHost: %s\r\n\r\n' "$1" "$address" >&"$wire"
    read -r _ status _ <&"$wire"
    while IFS= read -r line <&"$wire" && [ "$line" != $'\r' ]; do :; done
    [ "$status" != 200 ] || cat <&"$wire"
    exec {wire}>&-
    [ "$status" = 200 ]
}

# exists NAME: really, whatever listings show.
exists() {
    control /_groups | jq -e --arg name "$1" 'any(.[]; .logGroupName == $name)' >/dev/null
}

absent() {
    if exists "$1"; then
        echo "$1 exists" >&2
        return 1
    fi
}

# waiting OPERATION: has a request arrived that is not answered yet?
waiting() {
    control /_waiting | jq -e --arg name "$1" 'has($name)' >/dev/null
}

# names PREFIX: what a listing shows, one to a line.
names() {
    ok DescribeLogGroups "{\"logGroupNamePrefix\":\"$1\"}" && jq -r '.logGroups[].logGroupName' <<<"$BODY"
}

# private_ca: a CA and a certificate of it for 127.0.0.1, in CA, CERTIFICATE and KEY.
private_ca() {
    CA="$BATS_TEST_TMPDIR/ca.pem" CERTIFICATE="$BATS_TEST_TMPDIR/server.pem" KEY="$BATS_TEST_TMPDIR/server.key"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=Private CA' \
        -keyout "$BATS_TEST_TMPDIR/ca.key" -out "$CA" \
        -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign' 2>/dev/null
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=127.0.0.1' \
        -keyout "$KEY" -out "$BATS_TEST_TMPDIR/server.csr" 2>/dev/null
    openssl x509 -req -in "$BATS_TEST_TMPDIR/server.csr" -CA "$CA" -CAkey "$BATS_TEST_TMPDIR/ca.key" \
        -CAcreateserial -days 2 -out "$CERTIFICATE" \
        -extfile <(echo 'subjectAltName=IP:127.0.0.1,DNS:localhost') 2>/dev/null
}
