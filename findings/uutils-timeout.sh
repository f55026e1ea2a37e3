#!/bin/bash
# uutils-timeout - timeout of the Rust coreutils, when it is ended itself, leaves its command running.
#
# Version    rust-coreutils 0.0.17 (Debian 12), beside coreutils 9.1. Debian 13's 0.0.30 does the same;
#            0.12.0 passes TERM on.
# Behaviour  GNU's timeout passes TERM, INT and HUP on to the command, waits for it, and ends with its
#            status. The one in Rust dies of TERM and HUP; nobody tells the command, which goes on,
#            now without a limit of time. And where GNU's ends as the command did when that was killed
#            (137 with -s KILL), it ends with 124 as after any other signal.
# Seen       TERM: status 143, the command runs to its end. -s KILL: status 124. GNU: the command is
#            told and its status 5 handed on; 137.
#
# Needs apt and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
version=0.0.17
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
found=$(apt-cache madison rust-coreutils | awk -v v="$version" 'index($3, v) == 1 { print $3; exit }')
gnu=$(apt-cache madison coreutils | awk '$3 ~ /^9\.1-/ { print $3; exit }')
[ -n "$found" ] && [ -n "$gnu" ] && apt-get download -q "rust-coreutils=$found" "coreutils=$gnu" >/dev/null 2>&1 ||
    { echo "cannot fetch rust-coreutils $version and coreutils 9.1"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
until_true() { for _ in $(seq 200); do "$@" && return; sleep 0.1; done; echo "never: $*" >&2; exit 1; }

# try TIMEOUT...: what TERM does to it and to its command; its status when it has to kill
try() {
    local status=0 killed=0
    rm -f running told go ended
    "$@" 60 sh -c 'trap "touch told; exit 5" TERM; touch running
        while [ ! -e go ]; do sleep 0.1; done; touch ended' &
    until_true test -e running
    kill -TERM $!
    wait $! || status=$?
    touch go # who has not been told goes on to the end
    until_true test -e told -o -e ended
    "$@" -s KILL 0.2 sleep 5 || killed=$?
    echo "TERM: status $status, the command $([ -e told ] && echo was told || echo went on); -s KILL: status $killed"
}
{
    try root/usr/bin/timeout
    try root/usr/bin/coreutils timeout
} 2>/dev/null | tee seen
echo "coreutils $gnu, rust-coreutils $found"
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
TERM: status 5, the command was told; -s KILL: status 137
TERM: status 143, the command went on; -s KILL: status 124
END
