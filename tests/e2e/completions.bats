#!/usr/bin/env bats
# What Tab offers in bash, zsh and fish. Each shell is asked as its user would ask it.

bats_require_minimum_version 1.5.0

MADE=$WITHLOCK_BUILD/completions

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    export HOME=$PWD AWS_CONFIG_FILE=$PWD/config AWS_SHARED_CREDENTIALS_FILE=$PWD/credentials
    printf '[default]\nregion = x\n[profile one-role]\n' >config
    printf '[two]\n' >credentials
    mkdir bin && printf '#!/bin/sh\n' >bin/zapfhahn && chmod +x bin/zapfhahn
    PATH=$PWD/bin:$PATH
    touch bundle.pem
}

all_options() {
    "$WITHLOCK_BUILD/src/withlock" --help | grep -oE '^ +(-[a-zA-Z], )?--[a-z-]+' |
        grep -oE -- '--[a-z-]+' | sort
}

# offers SHELL WORDS WANTED...: the offers for the last word are these, in any order.
offers() {
    local shell=$1 words=$2
    shift 2
    printf '%s\n' "$@" | sort >wanted
    "offers_of_$shell" "$words" | sort >offered
    diff wanted offered || { echo "$shell, after: $words" >&2; return 1; }
}

# What bash does before it calls a completion function: words are parted at blanks and =.
offers_of_bash() {
    bash --norc -c '
        source "$1"
        read -ra COMP_WORDS <<<"${2//=/ = }"
        [[ $2 == *" " ]] && COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE=$2
        _withlock
        ((${#COMPREPLY[@]} == 0)) || printf "%s\n" "${COMPREPLY[@]}"' - "$MADE/withlock" "$1"
}

offers_of_fish() {
    fish --no-config -c "source '$MADE/withlock.fish'; complete -C \$argv[1]" -- "$1" |
        cut -f1 | grep -v -- '^-.$' | sed 's/.*=//'
}

# zsh completes in its line editor only: one on a terminal of its own is given the words and a
# Tab, and says what was added as a match.
offers_of_zsh() {
    zsh -f -c '
        zmodload zsh/zpty
        zpty it zsh -f -i
        zpty -w it "PS1= PS2= RPS1= ; fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D"
        zpty -w it "compadd() {
            local -a made; builtin compadd -O made \"\$@\"
            local word; for word in \$made; do print -r -- \$word; done >>offers
            builtin compadd \"\$@\"
        }
        zle -C offer complete-word offer_them
        offer_them() { _main_complete; print -r -- end >>offers; compstate[insert]=; }
        bindkey \"^I\" offer; print ready >>offers"
        until [[ -e offers ]]; do read -t 0.02; done
        zpty -w -n it "$2"$'"'\\t'"'
        for ((i = 0; i < 1000; i++)); do
            grep -qx end offers && break
            zpty -r -t it ignored
            sleep 0.02
        done
        zpty -d it' - "$MADE" "$1" >/dev/null </dev/null
    sed '/^ready$/d; /^end$/d' offers | sort -u | sed 's/=$//' | grep -v -- '^-.$'
    rm -f offers
}

exercise() {
    local shell=$1
    if ! command -v "$shell" >/dev/null; then
        skip "$shell is not installed"
    fi
    offers "$shell" 'withlock --on-lost ' kill warn
    offers "$shell" 'withlock --on-lost=w' warn
    offers "$shell" 'withlock -v -p a --log-format j' json
    offers "$shell" 'withlock --profile ' default one-role two
    offers "$shell" 'withlock --ca-bundle bund' bundle.pem
    offers "$shell" 'withlock -p lock --no-' --no-queue
    offers "$shell" 'withlock -n -p lock zapfh' zapfhahn
    offers "$shell" 'withlock -p lock -- zapfh' zapfhahn
}

# What withlock says of the lock is offered after --break: a program that stands for it writes down
# what it was asked.
exercise_break() {
    cat >bin/withlock <<END
#!/bin/sh
echo "\$*" >>"$PWD/asked"
(: </dev/tty) 2>/dev/null && echo terminal >>"$PWD/asked"
echo '{"holders":[{"id":"20261130T1-a-1-00000001","label":"release-7"}],"waiters":[{"id":"b","label":null}]}'
END
    chmod +x bin/withlock
    offers "$1" 'withlock -p locks/a --profile one-role --break ' 20261130T1-a-1-00000001 b release-7
    offers "$1" 'withlock -p locks/a --profile one-role --break rel' release-7
    diff <(sort -u asked) - <<<'-p locks/a --profile one-role --status --json'
    printf '#!/bin/sh\nexec sleep 100\n' >bin/withlock
    local begun=$SECONDS
    [ "$("offers_of_$1" 'withlock -p locks/a --break ')" = '' ]
    [ $((SECONDS - begun)) -lt 90 ]
}

# The command's words are completed as its own. (In bash that is bash-completion's business.)
exercise_command() {
    offers "$1" 'withlock -p lock cat bund' bundle.pem
    offers "$1" 'withlock -n -p lock -- cat bund' bundle.pem
}

# The command's options are its own.
@test "bash" {
    exercise bash
    exercise_break bash
    offers bash 'withlock --' $(all_options)
    [ "$(offers_of_bash 'withlock -p a -- zapfhahn --')" = '' ]
}

@test "fish" {
    exercise fish
    exercise_break fish
    exercise_command fish
    offers fish 'withlock --' $(all_options)
    [ "$(offers_of_fish 'withlock -p a zapfhahn --on-l')" = '' ]
}

@test "zsh" {
    exercise zsh
    exercise_break zsh
    exercise_command zsh
    offers zsh 'withlock --' $(all_options)
    [ "$(offers_of_zsh 'withlock -p a zapfhahn --on-l')" = '' ]
}
