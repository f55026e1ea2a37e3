#!/usr/bin/env bats
# What all documents show: each command line of withlock's, wherever it stands, has words that
# withlock takes; each file that is named is there. What the command lines do is tried elsewhere: of
# README.md in readme.bats, of the manual in manual.bats, of docs/recipes.md in recipes.bats.

load lock

SOURCE=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)

setup() {
    cd "$BATS_TEST_TMPDIR"
    lock_environment
    unset AWS_REGION # so that what would be run ends before it asks anybody
    cp "$SOURCE"/{README,CONTRIBUTING,CHANGELOG}.md "$SOURCE"/docs/*.{md,scd} .
}

# right_words: of all command lines in the documents here. Those that are part of a variable lack
# their command; {} stands for an item.
right_words() {
    local place line words status wrong=0
    python3 "$BATS_TEST_DIRNAME/command_lines.py" ./*.md ./*.scd >lines
    while IFS=$'\t' read -r place line; do
        eval "words=(${line//\{\}/item})"
        [ "${words[-1]}" != -- ] || words+=(true)
        status=0
        WITHLOCK_PREFIX=any "$WITHLOCK" "${words[@]}" >out 2>err </dev/null 3>&- || status=$?
        [ "$status" -ne 64 ] || { echo "$place: withlock $line: $(cat err)" >&2; wrong=1; }
    done <lines
    return "$wrong"
}

@test "each command line has words that withlock takes" {
    right_words
    # all that look like one are found
    [ "$(wc -l <lines)" -eq "$(grep -oh 'withlock[*_,]* [*_]*-[-a-z]' ./*.md ./*.scd | wc -l)" ]
    [ "$(cut -d: -f1 lines | sort -u | grep -c -e README -e withlock.1 -e recipes)" -eq 3 ]
}

@test "a wrong word anywhere in a document is found" {
    local before after=$'\n' place
    before=$(python3 "$BATS_TEST_DIRNAME/command_lines.py" ./*.md ./*.scd | wc -l)
    local places=(
        'README.md|Run `withlock -p a --frob true`.'
        $'README.md|```yaml\n- run: exec withlock -p a --nonsense "x y" -- ./x\n```'
        $'docs.md|```yaml\ncommand: [withlock, -p, a, -E, "256", --, x]\n```'
        $'recipes.md|```sh\necho \'withlock -p a -w soon -- x\' | at 03:00\n```'
        $'recipes.md|```\n$(withlock --list true)\n```'
        $'recipes.md|    withlock -p a/ \\\n        x'
        'withlock.1.scd|Say *withlock -p* _PREFIX_ *--frob*. That is all.'
        $'withlock.1.scd|```\nwithlock -p a --settle 1000 -- \'x\n```'
        'CHANGELOG.md|- `withlock -p a --status x`'
    )
    for place in "${places[@]}"; do
        printf '%s\n' "$after${place#*|}" >>"${place%%|*}"
    done
    right_words 2>wrong && return 1
    cat wrong >&2
    [ "$(wc -l <wrong)" -eq "${#places[@]}" ]
    [ "$(wc -l <lines)" -eq $((before + ${#places[@]})) ]
}

@test "each file that a document names is there" {
    local path missing=0
    grep -ohE '(^|[ `(])(scripts|packaging|docs|tests|src|findings|debian|include|completions)/[A-Za-z0-9_./*-]*[A-Za-z0-9*]' \
        ./*.md ./*.scd | sed 's/^[ `(]//' | sort -u >paths
    [ "$(wc -l <paths)" -ge 40 ]
    while read -r path; do
        (cd "$SOURCE" && compgen -G "$path" >/dev/null) || { echo "no $path" >&2; missing=1; }
    done <paths
    return "$missing"
}
