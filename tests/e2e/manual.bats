#!/usr/bin/env bats
# The manual says what the programs do: their options, their command lines, their exit statuses.

load lock

DOCS=$(cd "$BATS_TEST_DIRNAME/../../docs" && pwd)

setup_file() {
    # Literal blocks into files: withlock.1, withlock.2, ..., as they come out of scdoc.
    local page
    for page in withlock cwlogs-local; do
        awk -v file="$BATS_FILE_TMPDIR/$page" '
            /^```$/ { block = !block; count += block; next }
            block { gsub(/\\\\/, "\\"); print >(file "." count) }' "$DOCS/$page.1.scd"
    done
}

setup() {
    lock_setup
    BLOCKS=$BATS_FILE_TMPDIR
    PATH="$WITHLOCK_BUILD/src:$WITHLOCK_BUILD/src/cwlogs-local:$PATH"
}

teardown() {
    lock_teardown
}

# options_of_help PROGRAM, options_of_page PAGE: "-p --prefix", one option a line, sorted. Options
# of a page are in the headings of its lists.
options_of_help() {
    command "$1" --help | sed -n '/^ *-/{s/   *[^ -].*//;p}' | options_of_text
}
options_of_page() {
    grep '^\*-' "$DOCS/$1" | sed 's/[*]//g' | options_of_text
}
options_of_text() {
    grep -oE -- '(-[a-zA-Z], )?--[a-z-]+' | tr -d , | sort
}

# As a whole they are not equal if there are none.
same_options() {
    options_of_help "$1" >help
    options_of_page "$1.1.scd" >page
    [ "$(wc -l <help)" -ge "$2" ]
    diff help page
}

@test "each option of withlock is in its manual, and no other" {
    same_options withlock 25
}

@test "each option of cwlogs-local is in its manual, and no other" {
    same_options cwlogs-local 20
}

@test "the other names of options that the manual gives are options" {
    local name
    for name in --wait=9 --nonblocking --nb; do
        grep -qF -- "*${name%=*}*" "$DOCS/withlock.1.scd"
        gives 0 -p jobs $name -- true
    done
}

@test "the manual's exit statuses are those of exit_status.h" {
    sed -n '/^# EXIT STATUS/,/^# /p' "$DOCS/withlock.1.scd" | grep '^\*' | grep -o '[0-9]*' |
        awk '$1 < 128' | sort -n >page
    sed -n 's/.* = \([0-9]*\),.*/\1/p' "$DOCS/../include/exit_status.h" |
        awk '$1 < 128' | sort -n >header
    [ "$(wc -l <header)" -ge 9 ]
    diff header page
}

@test "messages of TROUBLESHOOTING are messages of the program" {
    # The words of a heading between its dots and AWS's own words, and the source, where a string
    # may go over two lines.
    cat "$DOCS"/../src/*/*.c "$DOCS"/../include/*/*.h | tr -d '\n' | sed 's/" *"//g; s/%[a-z]*//g' >source
    sed -n '/^# TROUBLESHOOTING/,/^# /p' "$DOCS/withlock.1.scd" | grep '^\*[^-]' |
        sed -E 's/[*]//g; s/, /\n/g; s/\.\.\.|: (held|next is)|[A-Z]\w*Exception/\n\1/g' |
        sed 's/^[ ;:,]*//; s/[ ;:,]*$//; s/^N //; /^warning: /s///' | grep '..' >words
    [ "$(wc -l <words)" -ge 15 ]
    while IFS= read -r part; do
        grep -qF -- "$part" source || { echo "no such message: $part" >&2; return 1; }
    done <words
}

@test "the blocks of the manual are known here" {
    ls "$BLOCKS" | grep '\.[0-9]*$' | tr '\n' ' ' >known
    [ "$(cat known)" = 'cwlogs-local.1 cwlogs-local.2 withlock.1 withlock.2 withlock.3 withlock.4 ' ]
}

@test "the manual's first command lines" {
    for name in deploy migrate; do
        printf '#!/bin/sh\necho %s "$*" "$WITHLOCK_HELD_PREFIX"\n' $name >$name.sh
        chmod +x $name.sh
    done
    SHELL=/bin/sh bash -eu "$BLOCKS/withlock.1" >out 2>err 3>&-
    silent
    diff out - <<END
deploy production locks/deploy
deploy production locks/deploy
deploy production locks/deploy
migrate  locks/deploy
deploy  locks/deploy
END
    nothing_left
}

@test "the manual's conditional write has the token as a number" {
    mkdir bin
    printf '#!/bin/sh\nfor word; do echo "$word"; done\n' >bin/aws
    chmod +x bin/aws
    PATH=$PWD/bin:$PATH gives 0 -p outer -- "$WITHLOCK" -p inner -- bash -eu "$BLOCKS/withlock.2"
    sed -n 's/^{"what".*/&/p' out | jq -e '.token.N | test("^[0-9]+$")'
    sed -n 's/^{":t".*/&/p' out | jq -e '.[":t"].N | test("^[0-9]+$")'
    grep -qF 'attribute_not_exists(#t) OR #t <= :t' out
}

@test "the manual's readers, writer and slots" {
    for name in search rebuild simulate; do
        printf '#!/bin/sh\necho %s "$WITHLOCK_HELD_PREFIX"\n' $name >$name.sh
        chmod +x $name.sh
    done
    bash -eu "$BLOCKS/withlock.3" >out 2>err 3>&-
    silent
    [ "$(cat out)" = $'search locks/index\nrebuild locks/index\nsimulate locks/licence' ]
    [ "$(calls 'select(.operation == "CreateLogGroup") | .logGroupName' | grep -c '#s')" -eq 1 ]
    [ "$(calls 'select(.operation == "CreateLogGroup") | .logGroupName' | grep -c '#n3')" -eq 1 ]
}

@test "the manual's policy is JSON, and names what withlock calls" {
    jq -r '.Statement[].Action | if type == "array" then .[] else . end' "$BLOCKS/withlock.4" |
        sed 's/^logs://' | sort >allowed
    printf '%s\n' CreateLogGroup DeleteLogGroup DescribeLogGroups DescribeLogStreams |
        diff - allowed
    sed -n '/operation_names\[\]/,/};/s/.*"\(.*\)".*/\1/p' "$DOCS/../src/aws/logs.c" | sort |
        diff - allowed
}

@test "the command lines of cwlogs-local(1)" {
    local port=${URL##*:}
    # Its own port may be taken on this machine: the service that runs already stands in.
    sed "s/4586/$port/; s/^cwlogs-local &\$//" "$BLOCKS/cwlogs-local.1" >first
    [ "$(grep -c cwlogs-local first)" -eq 0 ]
    command -v aws >/dev/null || sed -i '/^aws /d' first
    unset AWS_ENDPOINT_URL AWS_REGION AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    bash -eu first >out 2>err 3>&- || { cat err >&2; return 1; }
    [ "$(head -1 out)" = 'it is mine' ]
    sed "s/4586/$port/" "$BLOCKS/cwlogs-local.2" >second
    export AWS_ENDPOINT_URL=$URL AWS_REGION=eu-central-1
    AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=thing WITHLOCK_SETTLE=1 \
        bash -eu second >out 2>err 3>&-
    grep -q CreateLogGroup out
    control /_faults | jq -e '.visibility_lag_ms == 0'
}

@test "the pages are made without a warning, to 80 columns" {
    local page
    for page in withlock cwlogs-local; do
        [ -e "$WITHLOCK_BUILD/docs/$page.1" ] || skip 'scdoc or man is not installed'
        command -v man >/dev/null || skip 'scdoc or man is not installed'
        MANWIDTH=80 LC_ALL=C.UTF-8 man --warnings -l "$WITHLOCK_BUILD/docs/$page.1" >out 2>err
        silent
        [ "$(wc -l <out)" -ge 100 ]
        col -b -x <out >plain
        [ "$(LC_ALL=C.UTF-8 awk 'length > 80' plain)" = '' ]
    done
}
