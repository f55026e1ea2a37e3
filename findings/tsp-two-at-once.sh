#!/bin/bash
# tsp-two-at-once - task spooler starts the next job while the one before still runs.
#
# Version    task-spooler 1.0.1 (Debian 12; its package's number is printed).
# Behaviour  tsp(1) queues commands and runs one at a time. With -f it stays until its job has ended,
#            and is documented to end with the job's exit code: a queue used as a lock. 1. If a tsp -f
#            is ended by TERM (a CI job that is cancelled, timeout(1)) its job is not told and runs on,
#            but the server takes it for ended, and starts the next one beside it. 2. The status
#            of a job that a signal has killed is 255 whatever the signal, and -1 in tsp's list.
# Seen       TERM to the first tsp -f: status 143; the second job finds the first one running.
#            A job killed by KILL, or by TERM: status 255. One would expect 137 and 143.
#
# Needs apt and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
version=1.0.1
work=$(mktemp -d)
tsp=$work/root/usr/bin/tsp
export TMPDIR=$work TS_SOCKET=$work/socket
trap '[ ! -x "$tsp" ] || "$tsp" -K 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
found=$(apt-cache madison task-spooler | awk -v v="$version" 'index($3, v) == 1 { print $3; exit }')
{ [ -n "$found" ] && apt-get download -q "task-spooler=$found" >/dev/null 2>&1; } ||
    { echo "cannot fetch task-spooler $version"; exit 77; }
dpkg-deb -x ./*.deb root
until_there() { for _ in $(seq 100); do [ -s "$1" ] && return; sleep 0.1; done; echo "no $1" >&2; exit 1; }
cat >first <<'SH'
#!/bin/sh
# Tells who it is, and runs until the second has been.
trap 'echo told >>history' TERM
echo $$ >pid
for try in $(seq 100); do [ -e been ] && break; sleep 0.1; done
echo 'the first ends' >>history
echo . >ended
SH
cat >second <<'SH'
#!/bin/sh
kill -0 "$(cat pid)" && [ ! -e ended ] && echo 'the second runs beside the first' >>history
touch been
SH
chmod +x first second

"$tsp" -n -f ./first &
client=$!
until_there pid
first=0 killed=0 ended=0 plain=0
kill -TERM "$client"
wait "$client" || first=$?
"$tsp" -n -f ./second
until_there ended
"$tsp" -n -f sh -c 'exit 3' || plain=$?
"$tsp" -n -f sh -c 'kill -KILL $$' || killed=$?
"$tsp" -n -f sh -c 'kill -TERM $$' || ended=$?
echo "task-spooler $found"
echo "TERM to the first: status $first; jobs' statuses: exit 3: $plain, KILL: $killed, TERM: $ended"
cat history
printf '%s\n' 143 3 255 255 'the second runs beside the first' 'the first ends' |
    diff <(printf '%s\n' "$first" "$plain" "$killed" "$ended"; cat history) - ||
    { echo "changed: this is no longer what the header says"; exit 1; }
