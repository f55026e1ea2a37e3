#!/usr/bin/env bats
# No descriptor of ours is open at the end beyond what valgrind shows for true(1), no memory is
# lost, nothing is read that was never written. Of a build without sanitizers, which valgrind
# cannot run.

load lock

setup_file() {
    command -v valgrind >/dev/null || return 0 # setup() skips
    (cd "$BATS_FILE_TMPDIR" && under true true)
    export USUALLY_OPEN=$(open_in "$BATS_FILE_TMPDIR"/true.*)
}

setup() {
    command -v valgrind >/dev/null || skip 'not installed: valgrind'
    lock_setup
}

teardown() {
    lock_teardown
}

# under LOG COMMAND...: its report is in LOG.PID; processes that exec another program leave none.
# Takes the place of the shell: for subshells.
under() {
    local log=$1
    shift
    exec valgrind --track-fds=yes --leak-check=full --log-file="$PWD/$log.%p" \
        --suppressions="$BATS_TEST_DIRNAME/valgrind.supp" "$@" 3>&- 4>&-
}

# open_in FILE: how many descriptors were open at the end.
open_in() {
    sed -n 's/.* FILE DESCRIPTORS: \([0-9]*\) open .*/\1/p' "$1"
}

# tidy LOG: were all of its processes that came to their end as tidy as true(1)?
tidy() {
    local file seen=0
    for file in "$1".[0-9]*; do
        [ -n "$(open_in "$file")" ] || continue
        seen=$((seen + 1))
        [ "$(open_in "$file")" -le "$USUALLY_OPEN" ] && grep -q 'ERROR SUMMARY: 0 errors' "$file" &&
            continue
        cat "$file" >&2
        return 1
    done
    [ "$seen" -gt 0 ]
    rm -f "$1".*
}

# ends_tidily STATUS ARGUMENT...
ends_tidily() {
    local wanted=$1 status=0
    shift
    (under run "$WITHLOCK" "$@") >out 2>err </dev/null || status=$?
    [ "$status" -eq "$wanted" ] || { echo "withlock $*: $status" >&2; cat err >&2; return 1; }
    tidy run
}

@test "valgrind: a run, and what ends before it or is asked instead" {
    ends_tidily 3 -p jobs sh -c 'exit 3'
    ends_tidily 0 -p jobs --check
    ends_tidily 0 -p jobs --status --json
    plant_claim jobs
    ends_tidily 1 -n -p jobs true
    ends_tidily 1 -w 0.5 -p jobs true
    ends_tidily 1 -p jobs --status
    ends_tidily 0 -p jobs --break another --yes
    ends_tidily 64 -p jobs/ true
    ends_tidily 127 -p jobs no-such-command-anywhere
    ends_tidily 69 -w 1 -p jobs --endpoint-url http://127.0.0.1:1 true
    nothing_left
}

@test "valgrind: a lock that is renewed, and one that is lost" {
    ends_tidily 0 -t 15 -p jobs sleep 7
    nothing_left
    lose() {
        wait_until matching '#h'
        until [ -e over ]; do
            delete_all jobs
        done
    }
    lose 3>&- &
    JOBS+=($!)
    ends_tidily 74 -t 15 -p jobs sleep 60
    touch over
    wait $!
}

@test "valgrind: a signal while waiting, and keys from a program" {
    plant_claim jobs
    (under run "$WITHLOCK" -p jobs true) >out 2>err </dev/null &
    local job=$! status=0
    wait_until matching '^jobs/2'
    kill -TERM "$job"
    wait "$job" || status=$?
    [ "$status" -eq 143 ]
    tidy run
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    printf '[default]\ncredential_process = %s\n' \
        "echo '{\"Version\":1,\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":\"secret\"}'" >config
    AWS_CONFIG_FILE=$PWD/config ends_tidily 0 -p other true
}

@test "valgrind: over TLS, on both sides" {
    stop_service
    private_ca
    printf '#!/bin/sh\nexec valgrind --track-fds=yes --leak-check=full --log-file="%s" "%s" "$@" 4>&-\n' \
        "$PWD/service.%p" "$CWLOGS_LOCAL" >served
    chmod +x served
    CWLOGS_LOCAL=$PWD/served start_service --tls-cert "$CERTIFICATE" --tls-key "$KEY"
    export AWS_ENDPOINT_URL=$URL AWS_CA_BUNDLE=$CA
    [[ $URL == https://* ]]
    ends_tidily 0 -t 60 -p jobs sleep 22 # a renewal; under valgrind a handshake takes its time
    ends_tidily 0 -p jobs --status
    AWS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt ends_tidily 69 -w 1 -p jobs true
    stop_service
    tidy service
}
