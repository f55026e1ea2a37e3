#!/bin/bash
# advisory-lock-command - npm's other withlock leaves its command beside the next one's, or ends with 0.
#
# Version    advisory-lock 2.0.0 with pg 8.23.1 (npm), on postgresql-15 15.20 (Debian 12; its package's number is
#            printed).
# Behaviour  advisory-lock keeps processes apart by a lock of PostgreSQL, and comes with a command for it,
#            "withlock LOCK -- COMMAND"; npx and the scripts of package.json find it before any other of the
#            name. 1. TERM ends it at once, and the lock with its connection; the command is not told and
#            runs on, beside the next one's. 2. If a signal has killed the command it ends with 0. 3. It
#            writes "Lock acquired" and the command into the command's own output. Its README has no word of
#            these.
# Seen       exit 3: 3. KILL: 0. TERM to the first: 143, the second enters while the first still runs.
#            One would expect 137, TERM to be passed on, and an output that is the command's.
#
# Needs npm, node, apt, what PostgreSQL depends on apart from libllvm, libicu, libxml2 and libldap, and the
# network of npm and Debian; installs into a temporary folder.
set -euo pipefail
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || { kill -INT "$server"; wait "$server" || true; }; rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts advisory-lock@2.0.0 pg@8.23.1 >npm.log 2>&1 ||
    { cat npm.log; echo "cannot install from npm"; exit 77; }
found=$(apt-cache madison postgresql-15 | awk 'index($3, "15.") == 1 { print $3; exit }')
{ [ -n "$found" ] && apt-get download -q "postgresql-15=$found" libpq5 libicu72 libxml2 libllvm14 libldap-2.5-0 \
    >/dev/null 2>&1; } || { echo "cannot fetch postgresql-15"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
LD_LIBRARY_PATH=$(echo root/usr/lib/*-linux-gnu)
as_user=()
mkdir data
if [ "$(id -u)" = 0 ]; then # which PostgreSQL does not want to be
    as_user=(setpriv --reuid=nobody --clear-groups)
    chmod 755 .
    chown nobody data
fi
postgres() { LD_LIBRARY_PATH=$LD_LIBRARY_PATH "${as_user[@]}" "root/usr/lib/postgresql/15/bin/$1" -D data "${@:2}"; }
postgres initdb -A trust -U test --no-sync --no-locale -E UTF8 >server.log 2>&1
port=$((20000 + RANDOM % 10000))
LD_LIBRARY_PATH=$LD_LIBRARY_PATH "${as_user[@]}" root/usr/lib/postgresql/15/bin/postgres -D data -F \
    -c listen_addresses=127.0.0.1 -p "$port" -c unix_socket_directories= >>server.log 2>&1 &
server=$!
until_said() {
    for _ in $(seq 200); do grep -qs "$1" "$2" && return; sleep 0.1; done
    echo "never: $1" >&2
    cat server.log
    exit 1
}
until_said 'ready to accept connections' server.log
export PG_CONNECTION_STRING=postgres://test@127.0.0.1:$port/postgres
lock=node_modules/.bin/withlock

failed=0 killed=0 ended=0
"$lock" job -- sh -c 'echo output; exit 3' >output || failed=$?
"$lock" job -- sh -c 'kill -KILL $$' >/dev/null || killed=$?
: >history
"$lock" job -- sh -c 'echo first in >>history; while [ ! -e go ]; do sleep 0.1; done; echo first out >>history' >/dev/null &
first=$!
until_said 'first in' history
kill -TERM "$first"
wait "$first" || ended=$?
"$lock" job -- sh -c 'echo second in >>history' >/dev/null
touch go
until_said 'first out' history
{
    echo "exit 3: $failed; KILL: $killed; TERM: $ended"
    cat history output
} | tee seen
echo "postgresql-15 $found"
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
exit 3: 3; KILL: 0; TERM: 143
first in
second in
first out
Lock acquired
sh [ '-c', 'echo output; exit 3' ]
output
END
