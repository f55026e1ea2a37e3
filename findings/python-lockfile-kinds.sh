#!/bin/bash
# python-lockfile-kinds - of lockfile's five kinds of lock one does not wait, and one keeps nobody out.
#
# Version    python3-lockfile 0.12.2 (Debian 12; its package's number is printed).
# Behaviour  lockfile has one interface for LinkLockFile, MkdirLockFile, SymlinkLockFile, SQLiteLockFile and
#            PIDLockFile; acquire() of each is documented to wait for ever if there is no timeout, and to keep
#            processes apart. 1. PIDLockFile, on which python3-daemon's is built, does not wait: without
#            a timeout it raises AlreadyLocked at once. 2. SQLiteLockFile makes a new database for each process, in
#            a temporary file of its own, whatever path it is given: any number of processes hold the "same"
#            lock at once, while threads of one process, as in most tests, are kept apart.
# Seen       A lock held by one process, asked for by another without a timeout: Link, Mkdir, Symlink: waits until
#            it is free. SQLite: in at once, two inside. PID: AlreadyLocked. With timeout=20: PID waits.
#
# Needs apt, python3 and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
version=0.12.2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
found=$(apt-cache madison python3-lockfile | awk -v v="1:$version" 'index($3, v) == 1 { print $3; exit }')
{ [ -n "$found" ] && apt-get download -q "python3-lockfile=$found" >/dev/null 2>&1; } ||
    { echo "cannot fetch python3-lockfile $version"; exit 77; }
dpkg-deb -x ./*.deb root
cat >hold.py <<'PYTHON'
# hold.py NAME KIND TIMEOUT: says what comes of it in NAME.said; has the lock until a file NAME.go is there
import importlib, os, sys, time
name, kind, timeout = sys.argv[1:]
module = importlib.import_module(f"lockfile.{kind.lower()}lockfile")
def say(what):
    with open(f"{name}.said", "a") as said:
        said.write(what + "\n")
lock = getattr(module, f"{kind}LockFile")("job")
try:
    lock.acquire(timeout=None if timeout == "none" else float(timeout))
    say("in")
    while not os.path.exists(f"{name}.go"):
        time.sleep(0.02)
    lock.release()
except Exception as error:
    say(type(error).__name__)
PYTHON
export PYTHONPATH=$work/root/usr/lib/python3/dist-packages
until_said() { for _ in $(seq 300); do [ -s "$1.said" ] && return; sleep 0.1; done; echo "$1 never said anything" >&2; exit 1; }
for case in Link:none Mkdir:none Symlink:none SQLite:none PID:none PID:20; do
    rm -f ./*.go ./*.said
    /usr/bin/python3 hold.py first "${case%:*}" "${case#*:}" &
    until_said first
    /usr/bin/python3 hold.py second "${case%:*}" "${case#*:}" &
    sleep 2
    then=$(cat second.said 2>/dev/null || echo waits)
    touch first.go
    until_said second
    touch second.go
    wait
    echo "$case: first $(cat first.said), second $then; first has left, second $(cat second.said)"
done | tee seen
echo "python3-lockfile $found"
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
Link:none: first in, second waits; first has left, second in
Mkdir:none: first in, second waits; first has left, second in
Symlink:none: first in, second waits; first has left, second in
SQLite:none: first in, second in; first has left, second in
PID:none: first in, second AlreadyLocked; first has left, second AlreadyLocked
PID:20: first in, second waits; first has left, second in
END
