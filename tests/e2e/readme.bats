#!/usr/bin/env bats
# Every command line of README.md is run as it stands there, in its order. Only the surroundings
# are ours: cwlogs-local instead of AWS, a root folder to install into, and scripts that say who
# called them.

load lock

SOURCE=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)

setup_file() {
    # Code blocks into files: sh.1, sh.2, json.1, make.1, cron.1, ...; text.1 has no language.
    awk -v dir="$BATS_FILE_TMPDIR" '
        /^ *```/ && file { file = ""; next }
        /^ *```/ { sub(/^ *```/, ""); language = $0 ? $0 : "text"; file = dir "/" language "." ++count[language]; next }
        file { print > file }' "$SOURCE/README.md"
}

setup() {
    lock_setup
    README=$BATS_FILE_TMPDIR
    ROOT=$README/root
    LOCAL=$ROOT/usr/local/bin
    export PATH="$LOCAL:$PATH"
    mkdir -p "$LOCAL"
}

teardown() {
    lock_teardown
}

# as_it_stands FILE: runs a block; leaves out and err.
as_it_stands() {
    local status=0
    bash -eu "$README/$1" >out 2>err </dev/null 3>&- || status=$?
    [ "$status" -eq 0 ] || { cat out err >&2; return 1; }
}

# caller NAME...: programs that append their name, words and lock to `calls`.
caller() {
    local path
    for path in "$@"; do
        printf '#!/bin/sh\necho "%s $* under $WITHLOCK_HELD_PREFIX" >>"%s"\n' \
            "$(basename "$path")" "$PWD/calls" >"$path"
        chmod +x "$path"
    done
}

called() {
    diff - calls
}

@test "this file knows every block of the README" {
    cd "$README"
    echo {sh.{1,2,3,4,5,6,7},json.1,make.1,cron.1} | tr ' ' '\n' | sort >known
    find . -name '*.[0-9]' -printf '%P\n' | sort | diff known -
}

# Those within a sentence: each is run, here or where it is said. What has no blank is a name.
@test "this file knows every command line in the text of the README" {
    awk '/^```/ { block = !block; next } !block' "$SOURCE/README.md" | tr '\n' ' ' |
        awk -v RS='`' 'NR % 2 == 0 && / /' | sort -u >known
    diff known - <<'END'
COPY --from
etcdctl lock
man withlock
packaging/install.sh VERSION
sudo ninja -C build uninstall
withlock --help
withlock -p PREFIX -- COMMAND
END
    # packaging.bats: packaging/install.sh; manual.bats: man. A container's file and etcdctl are not run.
    gives 0 --help
    WITHLOCK_TRIED=1 gives 0 -p PREFIX -- env
    grep -qx WITHLOCK_TRIED=1 out
}

@test "the first command: the lock at work" {
    [ "$(cat "$README/sh.1")" = scripts/quickstart ]
    export WITHLOCK_QUICKSTART_BUILD=$WITHLOCK_BUILD/quickstart
    cd "$SOURCE"
    bash -eu "$README/sh.1" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- || { cat "$BATS_TEST_TMPDIR/out"; return 1; }
    cd "$BATS_TEST_TMPDIR"
    grep -q 'ben .*waiting for lock .* held by .*(anna)' out
    grep -q 'exit status 1' out
    grep -q 'log groups: \[\]' out
}

@test "the second command: it is what runs us" {
    [ "$(cat "$README/sh.2")" = scripts/test ]
    [ -x "$SOURCE/scripts/test" ]
    grep -q 'exec scripts/test' "$SOURCE/.ci/run"
}

@test "the installation" {
    ln -s "$WITHLOCK_BUILD/quickstart" build
    mkdir bin
    printf '#!/bin/sh\nDESTDIR="%s" exec "$@"\n' "$ROOT" >bin/sudo
    chmod +x bin/sudo
    PATH=$PWD/bin:$PATH as_it_stands sh.3
    [ -x "$LOCAL/withlock" ]
    [ -x "$LOCAL/cwlogs-local" ]
    cp -a "$ROOT" installed
    PATH=$PWD/bin:$PATH sudo ninja -C build uninstall >out 2>&1 || { cat out >&2; return 1; }
    [ -z "$(find "$ROOT" -type f)" ]
    cp -a installed/. "$ROOT"
}

@test "the picture is drawn of a run" {
    "$SOURCE/scripts/draw-lock-at-work" "$WITHLOCK_BUILD" "$PWD/picture.svg" 3>&-
    local text='kill -9: command dead|-n: exit status 1, held by anna|told: held by anna, next in line'
    for picture in picture.svg "$SOURCE/docs/lock-at-work.svg"; do
        [ "$(grep -cE "$text|told: held by anna, 1 before" "$picture")" -eq 4 ]
        [ "$(grep -c 'holds the lock' "$picture")" -eq 3 ]
        python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$picture"
    done
}

@test "own commands, with the stand-in, which leaves nothing behind" {
    local port
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    sed "s/4586/$port/" "$README/sh.5" >"$README/own"
    echo 'echo "${AWS_ENDPOINT_URL-unset}"' >>"$README/own"
    unset AWS_ENDPOINT_URL AWS_REGION AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    as_it_stands own
    diff out - <<<$'it is mine\nunset'
    grep -q "acquired lock 'locks/try'" err
    wait_until sh -c "! curl -s http://127.0.0.1:$port/_stats"
}

@test "first use" {
    as_it_stands sh.6
    grep -q 'logs:CreateLogGroup: allowed' out
    grep -q 'calls for --settle' out
    [ "$(tail -n 1 out)" = "nobody else is here" ]
    head -n 1 err | grep -q "acquired lock 'locks/hello'"
    tail -n 1 err | grep -q "released lock 'locks/hello'"
    nothing_left
}

@test "the examples, when the lock is free" {
    caller ./deploy.sh
    as_it_stands sh.4
    silent
    called <<CALLS
deploy.sh production under locks/deploy
deploy.sh production under locks/deploy
deploy.sh production under locks/deploy
deploy.sh staging under locks/deploy
deploy.sh production under locks/deploy
CALLS
}

@test "the example that does not wait, when the lock is taken" {
    caller ./deploy.sh
    hold holder -p locks/deploy
    grep -e '-n -E 0' "$README/sh.4" >"$README/refused"
    [ "$(wc -l <"$README/refused")" -eq 1 ]
    as_it_stands refused
    silent
    [ ! -e calls ]
    let_go holder
    ends 0 "$JOB"
}

@test "a lock that is stuck is found, and let go" {
    plant '{"logGroupName":"locks/deploy/dead#t900#g1#q1#h#k7#lrelease-7"}'
    plant '{"logGroupName":"locks/deploy/other#t900#q2#lrelease-8"}'
    as_it_stands sh.7
    grep -qE '^locks/deploy +held +dead +release-7 ' out
    one_line "broken: lock 'locks/deploy', contender 'dead', 1 attempt deleted"
    [ "$(groups '')" = 'locks/deploy/other#t900#q2#lrelease-8' ]
}

@test "the Makefile" {
    caller ./deploy.sh ./migrate.sh
    cp "$README/make.1" Makefile
    make deploy migrate >out 2>err
    called <<CALLS
deploy.sh production under locks/deploy
migrate.sh  under locks/deploy
CALLS
    rm calls
    make -j 2 $(sed -n 's/^\([a-z]*\):.*/\1/p' Makefile) >out 2>err
    [ "$(grep -c 'under locks/deploy$' calls)" -eq 2 ]
}

# As cron does: a small environment, the crontab's variables, its shell; keys from the files.
@test "the crontab" {
    caller "$LOCAL/nightly-report" "$LOCAL/reindex"
    mkdir .aws
    printf '[default]\naws_access_key_id = AKID\naws_secret_access_key = %s\n' "$SECRET" >.aws/credentials
    printf '[default]\nendpoint_url = %s\n' "$URL" >.aws/config
    local variables=() line fields
    while IFS= read -r line; do
        case $line in
        '#'* | '') ;;
        [A-Z]*=*) variables+=("${line//\/usr\/local\/bin/$LOCAL}") ;;
        *)
            read -ra fields <<<"$line"
            [ "${fields[5]}" = withlock ]
            line=$(sed -E 's/^([^ ]+ +){5}//; s/--min-hold 30/--min-hold 1/' <<<"$line")
            env -i HOME="$PWD" LOGNAME=root SHELL=/bin/sh "${variables[@]}" /bin/sh -c "$line" >>out 2>>err ;;
        esac
    done <"$README/cron.1"
    silent
    called <<CALLS
nightly-report  under locks/nightly
reindex --all under locks/reindex
CALLS
}

@test "the policy allows what withlock does, and no more" {
    # an attempt of a playbook that died long ago: looked into, and deleted
    curl -sf -d '{"logGroupName": "locks/policy/dead", "age_ms": 9999999}' "$URL/_groups" >/dev/null
    gives 0 -p locks/policy -- true
    nothing_left
    control /_stats | jq -r 'keys[]' | sort >made
    jq -r '.Statement[].Action | if type == "array" then .[] else . end | ltrimstr("logs:")' \
        "$README/json.1" | sort | diff - made
    jq -e '[.Statement[] | select(.Resource == "*").Action] == ["logs:DescribeLogGroups"]' "$README/json.1"
}
