#!/bin/bash
# cronutils-runlock-signal - runlock gives the lock back while its command is still ending.
#
# Version    cronutils 1.9 (Debian 12; its binary package's number is printed).
# Behaviour  runlock(1) runs a command under a lock file and passes TERM on to it. But it does not
#            wait for the command to obey: it ends at once by the same signal, and the lock with
#            it. A command that needs time to clean up after TERM runs on without the lock, and
#            beside the next one. Its exit status is lost as well: 143, though it ended with 0.
# Seen       TERM to the first; the second enters while the first still cleans up.
#
# Needs apt and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
version=1.9-3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
found=$(apt-cache madison cronutils | awk -v v="$version" 'index($3, v) == 1 { print $3; exit }')
[ -n "$found" ] && apt-get download -q "cronutils=$found" >/dev/null 2>&1 ||
    { echo "cannot fetch cronutils $version"; exit 77; }
dpkg-deb -x ./*.deb root
runlock=$work/root/usr/bin/runlock

cat >first <<'SH'
#!/bin/sh
# Tells when it runs, and takes some time to end after TERM.
clean_up() {
    touch cleaning
    for try in 1 2 3 4 5 6 7 8 9 10; do [ -e entered ] && break; sleep 0.5; done
    [ -e entered ] && echo "the second is in while the first cleans up" >history
    touch cleaned
    exit 0
}
trap clean_up TERM
touch running
while :; do sleep 0.1; done
SH
chmod +x first
until_there() { for _ in $(seq 100); do [ -e "$1" ] && return; sleep 0.1; done; echo "no $1" >&2; exit 1; }

"$runlock" -f lock ./first &
outer=$!
until_there running
kill -TERM "$outer"
until_there cleaning
second=0
"$runlock" -f lock -t 1 touch entered || second=$?
first=0
wait "$outer" || first=$?
until_there cleaned
echo "cronutils $found"
echo "second: status $second; first: status $first"
cat history
[ "$second $first" = '0 143' ] && [ -s history ] ||
    { echo "changed: this is no longer what the header says"; exit 1; }
