#!/usr/bin/env bats
# withlock and what lies between it and AWS: proxies, private certificates, keys that end.

load lock
load aws_endpoints

setup() {
    PROXY_PID=
    ENDPOINTS_PID=
    certificates
}

teardown() {
    stop_endpoints
    [ -z "$PROXY_PID" ] || kill "$PROXY_PID" 2>/dev/null || true
    lock_teardown
}

# A CA of our own, and a certificate of it for loopback.
certificates() {
    cd "$BATS_TEST_TMPDIR" || return 1
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key \
        -out ca.pem -subj "/CN=test CA" -days 2 2>openssl.log
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout tls.key \
        -out tls.csr -subj "/CN=localhost" 2>>openssl.log
    printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >san
    openssl x509 -req -in tls.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile san -days 2 \
        -out tls.pem 2>>openssl.log
    cat ca.pem >>tls.pem
    CA=$PWD/ca.pem
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# start_proxy [LINE...]: tinyproxy with these lines more in its configuration; sets PROXY.
start_proxy() {
    command -v tinyproxy >/dev/null || skip "tinyproxy is not installed"
    local port line
    port=$(free_port)
    {
        printf 'Port %s\nListen 127.0.0.1\nTimeout 60\nMaxClients 50\nLogLevel Connect\n' "$port"
        printf 'LogFile "%s/proxy.log"\nPidFile "%s/proxy.pid"\nAllow 127.0.0.1\n' "$PWD" "$PWD"
        for line; do echo "$line"; done
    } >proxy.conf
    tinyproxy -d -c proxy.conf >proxy.out 2>&1 3>&- &
    PROXY_PID=$!
    PROXY=127.0.0.1:$port
    wait_until curl -s -o /dev/null "http://$PROXY/"
}

times_by_proxy() { grep -c "CONNECT 127.0.0.1:${1##*:}\|CONNECT localhost:${1##*:}" proxy.log; }
went_by_proxy() { grep -q "CONNECT 127.0.0.1:${1##*:}\|CONNECT localhost:${1##*:}" proxy.log; }

tls_service() {
    lock_setup --tls-cert tls.pem --tls-key tls.key
    export AWS_CA_BUNDLE=$CA
}

@test "X1 a private CA is trusted where it is given, and nothing else is" {
    tls_service
    gives 0 -p jobs -- true
    unset AWS_CA_BUNDLE
    gives 0 --ca-bundle "$CA" -p jobs -- true
    REQUESTS_CA_BUNDLE=$CA gives 0 -p jobs -- true
    mkdir -p .aws
    printf '[default]\nca_bundle = %s\n' "$CA" >.aws/config
    gives 0 -p jobs -- true
    rm .aws/config
}

# With the system's authorities replaced, for one process and its children, by our CA.
OUR_SYSTEM='mount --bind certs /etc/ssl/certs || exit 98
exec "$0" "$@"'

@test "X1 where a bundle is given the system's authorities do not count" {
    unshare -rm true 2>/dev/null || skip "no namespaces here"
    tls_service
    unset AWS_CA_BUNDLE
    mkdir certs
    cp "$CA" certs/ours.pem
    cp "$CA" certs/ca-certificates.crt
    openssl rehash certs 2>openssl.log
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout other.key \
        -out other.pem -subj "/CN=other CA" -days 2 2>openssl.log
    unshare -rm sh -c "$OUR_SYSTEM" "$WITHLOCK" -p jobs -- true 2>err || { cat err; return 1; }
    status=0
    AWS_CA_BUNDLE=$PWD/other.pem unshare -rm sh -c "$OUR_SYSTEM" "$WITHLOCK" -p jobs -- true 2>err ||
        status=$?
    [ "$status" -eq 69 ]
    one_line "$PWD/other.pem"
}

@test "X1 E16 without it, or with another, the host and the CA file are named" {
    tls_service
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout other.key \
        -out other.pem -subj "/CN=other CA" -days 2 2>openssl.log
    AWS_CA_BUNDLE=$PWD/other.pem gives 69 -p jobs -- touch ran
    one_line "${URL##*//}"
    grep -q 'TLS\|certificate' err
    grep -qF "$PWD/other.pem" err
    [ ! -e ran ]
    AWS_CA_BUNDLE=$PWD/none.pem gives 78 -p jobs -- touch ran
    one_line "$PWD/none.pem"
    mkdir folder
    echo 'no certificate' >text.pem
    : >empty.pem
    for bundle in folder text.pem empty.pem; do
        AWS_CA_BUNDLE=$PWD/$bundle gives 78 -p jobs -- touch ran
        one_line "$PWD/$bundle"
    done
    [ ! -e ran ]
}

@test "X2 through a proxy, with TLS to the service itself" {
    tls_service
    start_proxy
    HTTPS_PROXY=http://$PROXY gives 0 -p jobs -- true
    silent
    went_by_proxy "$URL"
    : >proxy.log
    https_proxy=$PROXY HTTPS_PROXY=http://127.0.0.1:1 gives 0 -p jobs -- true
    went_by_proxy "$URL"
    nothing_left
}

@test "Y2 a certificate that is not trusted is not tried again" {
    tls_service
    start_proxy
    unset AWS_CA_BUNDLE
    HTTPS_PROXY=http://$PROXY gives 69 -p jobs -- true
    [ "$(times_by_proxy "$URL")" -eq 1 ]
}

@test "X2 NO_PROXY goes straight, ALL_PROXY and HTTP_PROXY are not for https" {
    tls_service
    HTTPS_PROXY=http://127.0.0.1:1 NO_PROXY=other.example,127.0.0.1 gives 0 -p jobs -- true
    HTTPS_PROXY=http://127.0.0.1:1 no_proxy='*' gives 0 -p jobs -- true
    ALL_PROXY=http://127.0.0.1:1 HTTP_PROXY=http://127.0.0.1:1 gives 0 -p jobs -- true
    HTTPS_PROXY=http://127.0.0.1:1 NO_PROXY=other.example gives 69 -p jobs -- true
    one_line "${URL##*//}"
    one_line 127.0.0.1:1
}

@test "X2 plain http goes by HTTP_PROXY" {
    lock_setup
    start_proxy
    HTTP_PROXY=http://$PROXY gives 0 -p jobs -- true
    grep -q "POST $URL" proxy.log
}

@test "X2 Z1 a proxy's password is used, and never shown" {
    tls_service
    start_proxy 'BasicAuth user pa55word'
    HTTPS_PROXY=http://user:pa55word@$PROXY gives 0 -vvv -p jobs -- true
    went_by_proxy "$URL"
    ! grep -q pa55word err || return 1
    HTTPS_PROXY=http://user:wr0ng@$PROXY gives 69 -vvv -p jobs -- true
    grep -q "$PROXY" err
    ! grep -q wr0ng err || return 1
}

@test "X2 a proxy that wants other credentials is asked once, and nothing was made" {
    start_proxy 'BasicAuth user pa55word'
    tls_service
    HTTPS_PROXY=http://user:wr0ng@$PROXY gives 69 -p jobs -- touch ran
    one_line "the proxy wants a user name and password"
    [ "$(times_by_proxy "$URL")" -eq 1 ]
    lock_teardown
    lock_setup
    HTTP_PROXY=http://$PROXY gives 69 -p jobs -- touch ran
    one_line "the proxy wants a user name and password"
    [ "$(grep -c "POST $URL" proxy.log)" -eq 1 ]
    [ ! -e ran ]
    no_calls
}

@test "X1 X2 STS is asked by the same proxy, with the same trust" {
    lock_setup
    start_proxy
    start_endpoints --tls-cert tls.pem --tls-key tls.key
    mkdir -p .aws
    printf '[base]\naws_access_key_id = AKIDSTATIC\naws_secret_access_key = static-secret\n' >.aws/credentials
    printf '[profile r]\nrole_arn = R\nsource_profile = base\n' >.aws/config
    export AWS_PROFILE=r AWS_ENDPOINT_URL_STS=$BASE HTTPS_PROXY=http://$PROXY
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    AWS_CA_BUNDLE=$CA gives 0 -p jobs -- true
    went_by_proxy "$BASE"
    : >proxy.log
    gives 69 -p jobs -- true
    [ "$(times_by_proxy "$BASE")" -eq 1 ] # Y2: no use in asking again
    one_line AssumeRole
    one_line "localhost:${BASE##*:}"
}

@test "K4 M8 containers and instance metadata are never asked by a proxy" {
    lock_setup
    start_endpoints
    export HTTP_PROXY=http://127.0.0.1:1 NO_PROXY=no.example
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    AWS_CONTAINER_CREDENTIALS_FULL_URI=$BASE/container show
    found container-1 secret-container-1 token-container-1
    AWS_EC2_METADATA_SERVICE_ENDPOINT=$BASE AWS_EC2_METADATA_DISABLED=false show
    found imds-1 secret-imds-1 token-imds-1
}

@test "C1 T6 a signal ends the wait for a helper, with all that it started, without a word" {
    lock_setup
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    mkdir -p .aws
    printf '[default]\ncredential_process = sh -c "sleep 1000 & echo $! >helper; wait"\n' >.aws/config
    env --default-signal "$WITHLOCK" -p jobs -- touch ran >out 2>err </dev/null 3>&- &
    JOBS+=($!)
    wait_until test -s helper
    kill -TERM "${JOBS[0]}"
    status=0
    wait "${JOBS[0]}" || status=$?
    [ "$status" -eq 143 ]
    silent
    gone() { [[ "$(ps -o stat= -p "$(cat helper)")" != [!Z]* ]]; }
    wait_until gone
    [ ! -e ran ]
}

@test "Z3 -v and --check warn of a credentials file that others can read" {
    lock_setup
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    mkdir -p .aws
    printf '[default]\naws_access_key_id = A\naws_secret_access_key = %s\n' "$SECRET" >.aws/credentials
    chmod 640 .aws/credentials
    gives 0 -p jobs -- true
    silent
    gives 0 -v -p jobs -- true
    [ "$(grep -c "warning: .*$PWD/.aws/credentials" err)" -eq 1 ]
    ! grep -q "$SECRET" err || return 1
    gives 0 -p jobs --check
    [ "$(grep -c "warning: .*$PWD/.aws/credentials" err)" -eq 1 ]
    gives 0 -v -p jobs --status
    [ "$(grep -c "warning: .*$PWD/.aws/credentials" err)" -eq 1 ]
    chmod 600 .aws/credentials
    gives 0 -v -p jobs -- true
    ! grep -q warning err || return 1
    gives 0 -p jobs --check
    silent
}

given_keys() { requests | grep -o '"source": "container"' | wc -l; }

@test "T4 keys that the service does not know are replaced, and the request sent once more" {
    lock_setup --credentials container-2:secret-container-2:token-container-2
    start_endpoints
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    AWS_CONTAINER_CREDENTIALS_FULL_URI=$BASE/container gives 0 -p jobs -- true
    silent
    [ "$(given_keys)" -eq 2 ]
    AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=$SECRET gives 77 -p jobs -- true
    one_line environment
}

@test "V5 E15 a clock that is wrong: corrected once, told with -v and when AWS refuses all the same" {
    lock_setup --credentials "AKIDEXAMPLE:$SECRET"
    faults '{"date_offset_s":-7200}'
    gives 0 -p jobs -- true
    silent
    gives 0 -v -p jobs -- true
    grep -qE "this machine's clock is (7199|7200) s ahead of the service's; signed by its time" err
    [ "$(control /_stats | jq '[.[].InvalidSignatureException // 0] | add')" = 2 ]
    AWS_SECRET_ACCESS_KEY=wrong gives 77 -p jobs -- true
    one_line "this machine's clock is"
    one_line "InvalidSignatureException"
}

# In a network of its own: a name with two addresses, of which the first swallows what it gets.
DEAD_ADDRESS='ip link set lo up && ip addr add 10.9.9.1/24 dev lo && ip addr add 10.9.9.2/24 dev lo &&
ip route add 10.9.9.77/32 dev lo && mount --bind hosts /etc/hosts || exit 98
"$CWLOGS_LOCAL" --listen 10.9.9.2:4586 >listening 2>&1 &
until grep -qs "^listening on" listening; do sleep 0.05; done
"$WITHLOCK" --endpoint-url http://two.test:4586 -p jobs -- touch "$1"
status=$?
kill $!
wait $!
exit $status'

@test "a dead address: the next one of the name is tried" {
    unshare -rmn true 2>/dev/null || skip "no namespaces here"
    lock_setup
    export CWLOGS_LOCAL WITHLOCK
    printf '10.9.9.77 two.test\n10.9.9.2 two.test\n' >hosts
    unshare -rmn sh -c "$DEAD_ADDRESS" sh "$PWD/entered" || { [ $? -ne 98 ] || skip "no network of our own"; }
    [ -e entered ]
}

# not_dumped PID...: neither key nor token would be in a core dump of it.
not_dumped() {
    local pid status
    for pid; do
        status=0
        python3 "$BATS_TEST_DIRNAME/dumped.py" "$pid" "$SECRET" "$TOKEN" || status=$?
        [ "$status" -ne 77 ] || skip "reading another process's memory is not allowed"
        [ "$status" -eq 0 ] || return 1
    done
}

@test "Z2 a core dump of a holder, or of its guardian, holds no secret" {
    tls_service --credentials "AKIDFILE:$SECRET:$TOKEN"
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    mkdir -p .aws
    printf '[default]\naws_access_key_id = AKIDFILE\naws_secret_access_key = %s\naws_session_token = %s\n' \
        "$SECRET" "$TOKEN" >.aws/credentials
    export CURL_CA_BUNDLE=$CA # for the questions to the service
    export LD_BIND_NOW=1      # see Z2 in docs/aws.md
    hold holder -p jobs -t 15
    local job=$JOB
    # at a moment without a request under way, of which libcurl has a copy: see Z2
    wait_until not_dumped "$job" $(pgrep -P "$job")
    wait_until call_count 3 CreateLogGroup # renewed once more
    wait_until not_dumped "$job" $(pgrep -P "$job")
    let_go holder
    ends 0 "$job"
}

# What each operation was called for how often, failures among them.
counted() { control /_stats | jq -cS .; }

@test "a peer that closes each connection after its answer costs no call, and no time" {
    command -v python3 >/dev/null || skip "python3 is not installed"
    lock_setup
    gives 0 -p jobs -- true
    counted >straight
    curl -sf -X POST "$URL/_reset" >/dev/null
    python3 "$BATS_TEST_DIRNAME/closing_relay.py" "${URL##*:}" >port 3>&- &
    PROXY_PID=$! # to be ended with the test
    wait_until [ -s port ]
    AWS_ENDPOINT_URL=http://127.0.0.1:$(cat port) gives 0 -p jobs -- true
    counted | diff straight -
}
