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

# A release to install from, of a program that says who it is.
release() {
    local file="withlock-1.2.3-linux-$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')"
    mkdir -p releases/v1.2.3
    printf '#!/bin/sh\necho withlock 1.2.3\n' >"releases/v1.2.3/$file"
    (cd releases/v1.2.3 && sha256sum "$file" >"$file.sha256")
    SUM=$(cut -d' ' -f1 "releases/v1.2.3/$file.sha256")
    export WITHLOCK_RELEASES=file://$PWD/releases
}

@test "install.sh installs what has the right sum, and nothing else" {
    release
    "$SOURCE/packaging/install.sh" 1.2.3 there >out 2>err
    [ "$(there/withlock)" = "withlock 1.2.3" ]
    rm there/withlock
    WITHLOCK_SHA256="$(printf '%064d' 0) $SUM" "$SOURCE/packaging/install.sh" v1.2.3 there >out 2>err
    [ "$(there/withlock)" = "withlock 1.2.3" ]
    rm there/withlock
    status=0
    WITHLOCK_SHA256=$(printf '%064d' 0) "$SOURCE/packaging/install.sh" 1.2.3 there >out 2>err || status=$?
    [ "$status" -eq 65 ]
    [ "$(wc -l <err)" -eq 1 ]
    [ -z "$(ls -A there)" ]
    status=0
    "$SOURCE/packaging/install.sh" 1.2.4 there >out 2>err || status=$?
    [ "$status" -eq 69 ]
    [ -z "$(ls -A there)" ]
}

# run_of FILE: the scripts of its steps, each in a file of its own: FILE.1 and so on, without its folder.
run_of() {
    python3 -c 'import yaml' 2>/dev/null || skip 'no YAML for python3'
    python3 - "$1" <<'STEPS'
import pathlib, sys, yaml
file = pathlib.Path(sys.argv[1])
told = yaml.safe_load(file.read_text())
steps = [told["runs"]] if "runs" in told else told["jobs"].values()
scripts = [step["run"] for job in steps for step in job["steps"] if "run" in step]
assert scripts
for number, script in enumerate(scripts, 1):
    pathlib.Path(f"{file.name}.{number}").write_text(script)
STEPS
}

# The workflow cannot be run here: no more than that its steps are YAML, and shell, and name what is there.
@test "the release workflow's steps can be read, and name what is there" {
    run_of "$SOURCE/.github/workflows/release.yml"
    for script in release.yml.*; do bash -n "$script"; done
    for name in $(grep -ohE '\bscripts/[a-z-]+' release.yml.*); do [ -x "$SOURCE/$name" ]; done
    grep -qh build-static release.yml.*
}

@test "the action puts withlock on the PATH if its sum is among those that are pinned" {
    release
    run_of "$SOURCE/packaging/action/action.yml"
    export GITHUB_ACTION_PATH=$SOURCE/packaging/action RUNNER_TEMP=$PWD/temp GITHUB_PATH=$PWD/path VERSION=1.2.3
    WITHLOCK_SHA256="$(printf '%064d' 0) $SUM" bash -e action.yml.1
    [ "$("$(cat path)/withlock")" = "withlock 1.2.3" ]
    rm -r temp path
    status=0
    WITHLOCK_SHA256=$(printf '%064d' 0) bash -e action.yml.1 2>err || status=$?
    [ "$status" -eq 65 ]
    [ ! -s path ]
    [ ! -e temp/withlock ]
}

# Nor can the image be made here: no more than its instructions, and the name of what it takes.
@test "the Containerfile takes what build-static makes" {
    ! sed '/^#/d; /^$/d' "$SOURCE/packaging/Containerfile" |
        grep -vE '^(FROM [^ ]+( AS [a-z]+)?|RUN .+|ARG [A-Z]+|COPY (--[a-z]+=[^ ]+ )?[^ ]+ [^ ]+|USER [0-9:]+|ENTRYPOINT \["/withlock"\])$'
    grep -qE 'COPY .*withlock-[$]\{VERSION\}-linux-[$]\{TARGETARCH\} /withlock$' "$SOURCE/packaging/Containerfile"
    grep -qx 'file=withlock-$version-linux-$arch' "$SOURCE/scripts/build-static"
}

@test "what static binaries are made of is pinned: version, licence, sum and address each" {
    [ "$(grep -cv '^#' "$SOURCE/packaging/static/sources")" -ge 4 ]
    ! grep -v '^#' "$SOURCE/packaging/static/sources" |
        grep -vE '^[a-z-]+ +[0-9][0-9.-]+ +[A-Za-z0-9.-]+ +[0-9a-f]{64} https://[^ ]+$'
    "$SOURCE/scripts/build-static" --help | grep -q -- '--arch'
    status=0
    "$SOURCE/scripts/build-static" --arch m68k 2>err || status=$?
    [ "$status" -eq 64 ]
    status=0
    "$SOURCE/scripts/build-static" --work "$PWD/a folder" 2>err || status=$?
    [ "$status" -eq 64 ]
}

# A recipe whose libraries are a word each, in the place of the one that takes minutes.
small_recipe() {
    local static=tree/packaging/static name
    mkdir -p tree/scripts "$static" tarballs "$1"
    cp "$SOURCE/meson.build" tree/
    cp "$SOURCE/scripts/build-static" tree/scripts/
    cp "$SOURCE"/packaging/static/{musl.specs,sbom.bash} "$static/"
    for name in musl openssl curl yajl yajl-patches; do
        mkdir -p "$name" && tar -cf "tarballs/$name.tar" "$name"
        echo "$name 1.0 MIT $(sha256sum <"tarballs/$name.tar" | cut -d' ' -f1) https://localhost.invalid/$name"
        [ "$name" = yajl-patches ] || echo "build_$name() { echo $name >>'$PWD/built'; }" >&3
    done >"$static/sources" 3>"$static/libraries.bash"
    echo 'build_withlock() { mkdir -p build/src && cp /bin/true build/src/withlock; }' >>"$static/libraries.bash"
}

# built NAME...: build-static builds these, and no other library.
built() {
    : >built
    tree/scripts/build-static --sources tarballs --output out --work work >out.log 2>err 3>&- || { cat err >&2; return 1; }
    [ "$(cat built)" = "$(printf '%s\n' "$@")" ]
}

@test "build-static: what was built by another recipe, or another compiler, is not taken" {
    local triple gcc
    triple=$(uname -m)-linux-gnu
    gcc=$(command -v "$triple-gcc") || skip "no $triple-gcc"
    small_recipe bin
    built musl yajl openssl curl
    built
    echo '# an option more' >>tree/packaging/static/libraries.bash
    built musl yajl openssl curl
    built
    sed -i '/^curl/s/1.0/1.1/' tree/packaging/static/sources
    built musl yajl openssl curl
    printf '#!/bin/sh\n[ "$1" != -v ] || exec echo gcc 99\nexec %s "$@"\n' "$gcc" >"bin/$triple-gcc"
    chmod +x "bin/$triple-gcc"
    PATH=$PWD/bin:$PATH built musl yajl openssl curl
    built
}

# apt-get that says this much, and no more until it may go on.
@test "install-packages says how far it is while apt-get works, and all of it if that fails" {
    mkdir bin
    ln -s /bin/false bin/dpkg-query
    printf '#!/bin/sh\nexec "$@"\n' >bin/sudo
    cat >bin/apt-get <<'END'
#!/bin/sh
[ "$1" = install ] || exit 0
echo '0 upgraded, 10 newly installed, 0 to remove and 0 not upgraded.'
for i in 1 2 3 4 5 6; do echo "Get:$i http://deb.example.org x"; done
for try in $(seq 400); do [ ! -e go ] || break; sleep 0.05; done
for i in 7 8 9 10; do echo "Get:$i http://deb.example.org x"; done
for i in 1 2 3 4 5 6 7 8 9 10; do echo "Unpacking x$i"; echo "Setting up x$i"; done
[ ! -e fail ]
END
    chmod +x bin/*
    PATH=$PWD/bin:$PATH "$SOURCE/scripts/install-packages" quickstart >out 2>err 3>&- &
    local job=$!
    for ((try = 0; try < 400; try++)); do
        if grep -q '^    20%$' out; then break; fi
        sleep 0.05
    done
    [ "$(tail -n 1 out)" = '    20%' ]
    touch go
    wait "$job"
    [ "$(sed 1d out | paste -sd' ')" = '    10%     20%     30%     40%     50%     60%     70%     80%     90%     100%' ]
    touch fail
    run -71 env PATH="$PWD/bin:$PATH" "$SOURCE/scripts/install-packages" quickstart
    [[ $output == *'Setting up x10'* ]]
}

# build_static NAME FOLDER DAYS UMASK ZONE: a static binary below NAME, built in FOLDER; on another day
# where faketime is installed.
build_static() {
    local later=()
    command -v faketime >/dev/null && later=(env NO_FAKE_STAT=1 faketime -f "$3") # or ninja never ends
    mkdir -p "$2" "$1"
    (umask "$4" && TZ=$5 "${later[@]}" "$SOURCE/scripts/build-static" --work "$2" --output "$1" \
        --sources "$SOURCE/build-static.sources")
}

@test "the static binary: the same bytes whenever and wherever, and it works in an empty root" {
    [ -n "${WITHLOCK_TEST_LONG:-}" ] || skip "takes ten minutes; scripts/test --long"
    export SOURCE_DATE_EPOCH=1700000000
    build_static one "$PWD/a" +0 022 UTC
    build_static two "$PWD/deeper/b" +40d 077 Asia/Tokyo
    diff -r one two
    status=0
    "$SOURCE/scripts/try-static" one/withlock-*-linux-a??64 "$WITHLOCK_BUILD" || status=$?
    [ "$status" -ne 77 ] || skip "built twice alike; not tried, for want of dnsmasq"
    [ "$status" -eq 0 ]
}
