#!/bin/bash
# portalocker-temporary-file - a lock whose file is removed at its end admits two as soon as one has waited.
#
# Version    python3-portalocker 2.2.1 (Debian 12; its package's number is printed).
# Behaviour  A TemporaryFileLock is a Lock that removes its file when it is released. Who waits for it has
#            opened the file before, and locks what has no name any more; who comes later makes a
#            file of the same name and locks that. From the first wait on there are two holders, each
#            with a lock, at any time until both are gone. The class has no word of it. A Lock leaves
#            the file, and has one holder.
# Seen       TemporaryFileLock: the second waits for the first and enters, the third enters beside it. Lock:
#            the third waits for the second.
#
# Needs apt, python3 and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
version=2.2.1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
found=$(apt-cache madison python3-portalocker | awk -v v="$version" 'index($3, v) == 1 { print $3; exit }')
{ [ -n "$found" ] && apt-get download -q "python3-portalocker=$found" >/dev/null 2>&1; } ||
    { echo "cannot fetch python3-portalocker $version"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
export PYTHONPATH=$work/root/usr/lib/python3/dist-packages
cat >hold.py <<'PYTHON'
# hold.py NAME CLASS: says when NAME waits, is in and is out; it leaves when a file NAME.go is there
import os, sys, time, portalocker
def say(what):
    with open("history", "a") as history:
        history.write(f"{sys.argv[1]} {what}\n")
say("comes")
with getattr(portalocker, sys.argv[2])("lock", timeout=20, fail_when_locked=False):
    say("in")
    while not os.path.exists(f"{sys.argv[1]}.go"):
        time.sleep(0.05)
    say("out")
PYTHON
until_said() { for _ in $(seq 200); do grep -qx "$1" history && return; sleep 0.1; done; echo "never: $1" >&2; exit 1; }
hold() { /usr/bin/python3 hold.py "$1" "$class" & until_said "$1 comes"; }
for class in TemporaryFileLock Lock; do
    : >history
    rm -f ./*.go
    hold first
    until_said 'first in'
    hold second
    sleep 1 # for some of its tries, four a second
    touch first.go
    until_said 'second in'
    hold third
    if [ "$class" = Lock ]; then sleep 1; else until_said 'third in'; fi
    touch second.go
    until_said 'second out'
    touch third.go
    wait
    sed "s/^/$class: /" history
done | grep -v comes | tee seen
echo "python3-portalocker $found"
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
TemporaryFileLock: first in
TemporaryFileLock: first out
TemporaryFileLock: second in
TemporaryFileLock: third in
TemporaryFileLock: second out
TemporaryFileLock: third out
Lock: first in
Lock: first out
Lock: second in
Lock: second out
Lock: third in
Lock: third out
END
