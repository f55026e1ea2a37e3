#!/usr/bin/env bats
# Whom withlock believes: on each machine exactly those whom curl believes there, and what the AWS
# CLI's rules say besides. By what TLS, too. WITHLOCK_TEST_STATIC: a static program to be tried as well.

load lock

setup() {
    unshare -rm true 2>/dev/null || skip "no namespaces here"
    cd "$BATS_TEST_TMPDIR" || return 1
    authority ours
    authority other
    signed tls ours
    cat ours.pem >>tls.pem
    lock_setup --tls-cert tls.pem --tls-key tls.key
    unset REQUESTS_CA_BUNDLE CURL_CA_BUNDLE SSL_CERT_FILE SSL_CERT_DIR
    mkdir machine
    PROGRAMS=("$WITHLOCK" ${WITHLOCK_TEST_STATIC:+"$WITHLOCK_TEST_STATIC"})
}

teardown() {
    lock_teardown
}

# authority NAME [SUBJECT]: NAME.pem and NAME.key, a CA.
authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$1.key" \
        -out "$1.pem" -subj "${2:-/CN=$1 authority}" -days 2 2>>openssl.log
}

# signed NAME CA: NAME.pem and NAME.key for loopback.
signed() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$1.key" \
        -out "$1.csr" -subj "/CN=localhost" 2>>openssl.log
    printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >san
    openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -extfile san \
        -days 2 -out "$1.pem" 2>>openssl.log
}

# machine BUNDLE LINKED...: what there is below /etc/ssl/certs; '' for no bundle.
machine() {
    local bundle=$1 name
    shift
    rm -rf machine && mkdir machine
    for name; do cp "$name.pem" "machine/$name.pem"; done
    openssl rehash machine 2>>openssl.log
    [ -z "$bundle" ] || cp "$bundle" machine/ca-certificates.crt
}

# on_machine COMMAND...: its status, where the system's authorities are those of the machine.
on_machine() {
    local status=0
    timeout 20 unshare -rm sh -c 'mount --bind machine /etc/ssl/certs || exit 98
        exec "$@"' - "$@" >out 2>err || status=$?
    echo $status
}

# alike NAME=VALUE... : curl and each program connect with this environment, or none does.
alike() {
    local program status curl
    curl=$(on_machine env "$@" curl -sS --noproxy '*' "$URL/_stats")
    [ "$curl" -ne 98 ]
    for program in "${PROGRAMS[@]}"; do
        status=$(on_machine env "$@" "$program" --settle 0 -p trust -- true)
        echo "$BATS_TEST_DESCRIPTION: $*: curl $curl, $program $status: $(cat err)"
        if [ "$curl" -eq 0 ]; then
            [ "$status" -eq 0 ] || return 1
        else
            [ "$status" -eq 69 ] || [ "$status" -eq 78 ] || return 1
            one_line
        fi
    done
}


@test "the bundle counts, and the folder where there is a bundle, as for curl" {
    cat other.pem ours.pem >both.crt
    machine both.crt other ours && alike
    machine both.crt && alike
    machine both.crt other && alike
    machine other.pem other ours && alike
    machine other.pem other && alike
    machine '' ours && alike
    machine '' && alike
    machine /dev/null ours && alike
}

@test "SSL_CERT_FILE, SSL_CERT_DIR and CURL_CA_BUNDLE count as for curl" {
    machine other.pem other
    alike SSL_CERT_FILE="$PWD/ours.pem"
    alike SSL_CERT_FILE="$PWD/none.pem"
    alike SSL_CERT_FILE=
    alike CURL_CA_BUNDLE="$PWD/ours.pem" SSL_CERT_FILE="$PWD/other.pem"
    alike CURL_CA_BUNDLE="$PWD/other.pem" SSL_CERT_FILE="$PWD/ours.pem"
    mkdir linked && cp ours.pem linked/ && openssl rehash linked
    alike SSL_CERT_DIR="$PWD/linked"
    alike SSL_CERT_DIR="$PWD/none"
    machine ours.pem ours
    alike SSL_CERT_FILE="$PWD/other.pem"
    alike SSL_CERT_DIR="$PWD/none"
    machine ours.pem
    alike SSL_CERT_FILE="$PWD/other.pem"
}

@test "odd bundles mean what they mean to curl" {
    cat ours.pem other.pem >plain
    sed 's/$/\r/' plain >lines-of-dos
    { echo "# a comment"; echo; cat other.pem; echo "-- and one between"; cat ours.pem; } >comments
    openssl x509 -in ours.pem -text >text
    { cat other.pem; openssl x509 -in ours.pem -trustout -addtrust serverAuth; } >trusted
    { cat other.pem; openssl x509 -in ours.pem -trustout -addreject serverAuth; } >rejected
    { cat other.pem; sed '2s/^....../******/' ours.pem; cat ours.pem; } >damaged
    head -c 300 ours.pem | cat other.pem - >cut
    { head -c 300 other.pem; echo; cat ours.pem; } >cut-before
    { cat ours.key ours.pem; } >with-a-key
    sed '/END/q' tls.pem >leaf
    openssl x509 -in ours.pem -outform DER -out der
    printf '\0' | cat - ours.pem >zero
    authority again "/CN=ours authority" && cp again.pem only-namesake
    cat again.pem ours.pem >namesake-before
    cat ours.pem again.pem >namesake-after
    cat ours.pem again.pem ours.pem ours.pem >many-times
    for bundle in plain lines-of-dos comments text trusted rejected damaged cut cut-before with-a-key \
        leaf der zero namesake-before namesake-after only-namesake many-times; do
        machine "$bundle" other && alike
        machine other.pem other && alike SSL_CERT_FILE="$PWD/$bundle"
    done
}

@test "a name that is written otherwise is the same name" {
    printf '[ req ]\nprompt = no\ndistinguished_name = name\nstring_mask = %s\n[ name ]\nCN = %s\n' \
        default 'Ours   Authority' >spaced.cnf
    openssl req -x509 -key ours.key -config spaced.cnf -days 2 -out spaced.pem -subj "/CN=OURS  authority"
    machine spaced.pem other && alike
    cat other.pem spaced.pem >both.crt
    machine both.crt other && alike
}

@test "what AWS's settings name is the only trust; a folder, a missing or an empty one is refused" {
    machine ours.pem ours
    for program in "${PROGRAMS[@]}"; do
        [ "$(on_machine env AWS_CA_BUNDLE="$PWD/ours.pem" "$program" -p trust -- true)" -eq 0 ]
        [ "$(on_machine env AWS_CA_BUNDLE="$PWD/other.pem" "$program" -p trust -- true)" -eq 69 ]
        [ "$(on_machine env AWS_CA_BUNDLE= "$program" -p trust -- true)" -eq 0 ]
        for bundle in "$PWD/machine" "$PWD/none.pem" /dev/null; do
            [ "$(on_machine env AWS_CA_BUNDLE="$bundle" "$program" -p trust -- true)" -eq 78 ]
            one_line "$bundle"
        done
    done
}

# agrees SUITE KEY-TYPE: curl and each program agree with a server that knows nothing but this.
agrees() {
    local suite=$1 options port program said
    case $suite in
    TLS_*) options="-tls1_3 -ciphersuites $suite" ;;
    *) options="-tls1_2 -cipher $suite" ;;
    esac
    openssl s_server -accept 127.0.0.1:0 -cert "$2.pem" -key "$2.key" $options -www \
        >"$suite.server" 2>&1 3>&- &
    echo $! >>servers
    until port=$(sed -n 's/^ACCEPT .*://p' "$suite.server") && [ -n "$port" ]; do
        kill -0 $! || { cat "$suite.server"; return 1; }
        sleep 0.05
    done
    curl -sS --noproxy '*' --cacert ours.pem -o /dev/null "https://127.0.0.1:$port/" || return 1
    for program in "${PROGRAMS[@]}"; do
        said=$(AWS_ENDPOINT_URL=https://127.0.0.1:$port AWS_CA_BUNDLE=$PWD/ours.pem AWS_MAX_ATTEMPTS=1 \
            "$program" -p trust --read-timeout 1 --status 2>&1) || true
        echo "$suite, $program: $said"
        [ "$said" = "withlock: no answer from 127.0.0.1:$port in time" ] || return 1 # to a POST
    done
}

@test "whatever protocol and cipher AWS's endpoints may choose is agreed on" {
    local suites=(TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256
        ECDHE-{ECDSA,RSA}-AES128-{GCM-SHA256,SHA256} ECDHE-{ECDSA,RSA}-AES256-{GCM-SHA384,SHA384}
        ECDHE-RSA-CHACHA20-POLY1305) suite job failed=0 jobs=()
    openssl req -newkey rsa:2048 -nodes -keyout rsa.key -out rsa.csr -subj /CN=localhost 2>>openssl.log
    openssl x509 -req -in rsa.csr -CA ours.pem -CAkey ours.key -CAcreateserial -extfile san -days 2 \
        -out rsa.pem 2>>openssl.log
    for suite in "${suites[@]}"; do
        case $suite in *RSA*) agrees "$suite" rsa ;; *) agrees "$suite" tls ;; esac >"$suite.out" 2>&1 &
        jobs+=($!)
    done
    for job in "${jobs[@]}"; do wait "$job" || failed=1; done
    kill $(cat servers)
    cat ./*.out
    [ $failed = 0 ]
}
