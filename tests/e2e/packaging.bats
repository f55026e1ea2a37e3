#!/usr/bin/env bats
# The package descriptions and the build agree on the version and on what is installed.

bats_require_minimum_version 1.5.0

SOURCE=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
}

version() {
    sed -n "s/^ *version: '\(.*\)',/\1/p" "$SOURCE/meson.build"
}

@test "one version everywhere" {
    [[ $(version) =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]]
    [ "$("$WITHLOCK_BUILD/src/withlock" --version | head -n 1)" = "withlock $(version)" ]
    [ "$(sed -n '1s/^withlock (\(.*\)) .*/\1/p' "$SOURCE/debian/changelog")" = "$(version)" ]
    [ "$(sed -n 's/^Version: *//p' "$SOURCE/packaging/withlock.spec")" = "$(version)" ]
    grep -q "^## $(version)" "$SOURCE/CHANGELOG.md"
}

# Names of files that meson installs, without their folders, which differ by distribution.
installed() {
    meson introspect --installed "$WITHLOCK_BUILD" | jq -r '.[]' | sed 's|.*/||' | sort
}

@test "the RPM has all files that are installed" {
    installed >files
    [ "$(wc -l <files)" -ge 7 ] || skip 'not everything is built here'
    sed -n 's|^%{_.*/||p' "$SOURCE/packaging/withlock.spec" | sed 's/\.1\*$/.1/' | sort | diff files -
}

@test "the Debian packages have all files that are installed" {
    installed >files
    [ "$(wc -l <files)" -ge 7 ] || skip 'not everything is built here'
    cat "$SOURCE"/debian/*.install >lists
    while read -r name; do
        case $name in
        _withlock) grep -qx usr/share/zsh lists ;;
        withlock.fish) grep -qx usr/share/fish lists ;;
        *) grep -q "/$name\$" lists ;;
        esac || { echo "$name is in no package" >&2; return 1; }
    done <files
    grep -qx usr/share/bash-completion lists
}

@test "what the documents show is in the packages with them" {
    grep -ohE '\]\([a-z-]+\.svg\)' "$SOURCE"/docs/*.md | tr -d '()]' >pictures
    [ -s pictures ]
    while read -r picture; do
        [ -f "$SOURCE/docs/$picture" ]
    done <pictures
    grep -qxF 'docs/*.svg' "$SOURCE/debian/withlock.docs"
    grep -qE '^%doc .*docs/\*\.svg' "$SOURCE/packaging/withlock.spec"
}

@test "the spec can be parsed" {
    command -v rpmspec >/dev/null || skip 'rpm is not installed'
    rpmspec -P "$SOURCE/packaging/withlock.spec" >parsed 2>err
    [ ! -s err ]
    grep -qx "Version:        $(version)" parsed
}

@test "the package's own test, with the programs that were built" {
    PATH="$WITHLOCK_BUILD/src:$WITHLOCK_BUILD/src/cwlogs-local:$PATH" \
        "$SOURCE/debian/tests/quickstart" >out 2>err 3>&- || { cat out err >&2; return 1; }
    grep -qx 'they took turns, and nothing is left' out
}
