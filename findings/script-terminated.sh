#!/bin/bash
# script-terminated - script -e that is sent TERM ends with 0, though its command failed.
#
# Version    bsdutils 2.38.1 (Debian 12; its package's number is printed), which has script(1).
# Behaviour  "script -e -c COMMAND" gives a command a terminal, for its colours and its progress, and is
#            documented to return the command's exit status. If script itself is sent TERM (by
#            timeout(1), or a CI system that cancels) it passes that on, gives the command 2 s, and
#            ends with 0, whatever the command's status was. What follows takes a deployment
#            that was broken off for one that succeeded.
# Seen       A command that ends by itself with 5: status 5. TERM to script, the command cleans up and
#            ends with 5: status 0. One would expect 5 again, or 143.
#
# Needs apt and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
version=1:2.38.1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
found=$(apt-cache madison bsdutils | awk -v v="$version" 'index($3, v) == 1 { print $3; exit }')
{ [ -n "$found" ] && apt-get download -q "bsdutils=$found" >/dev/null 2>&1; } ||
    { echo "cannot fetch bsdutils $version"; exit 77; }
dpkg-deb -x ./*.deb root
script=$work/root/usr/bin/script
until_there() { for _ in $(seq 100); do [ -e "$1" ] && return; sleep 0.1; done; echo "no $1" >&2; exit 1; }

cat >deploy <<'SH'
#!/bin/sh
trap 'echo 5 >cleaned; exit 5' TERM
touch running
while :; do sleep 0.1; done
SH
chmod +x deploy
plain=0 ended=0
"$script" -q -e -c 'exit 5' /dev/null </dev/null || plain=$?
"$script" -q -e -c 'exec ./deploy' /dev/null </dev/null >said &
running=$!
until_there running
kill -TERM "$running"
wait "$running" || ended=$?
until_there cleaned
echo "bsdutils $found"
echo "by itself: status $plain; TERM: status $ended, the command's $(cat cleaned)"
[ "$plain $ended $(cat cleaned)" = '5 0 5' ] ||
    { echo "changed: this is no longer what the header says"; exit 1; }
