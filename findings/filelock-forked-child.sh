#!/bin/bash
# filelock-forked-child - a child that ends takes the lock of Python's filelock from its parent.
#
# Version    python3-filelock 3.9.0 (Debian 12; its package's number is printed), beside
#            python3-portalocker and python3-fasteners of the same.
# Behaviour  A FileLock unlocks its file when it is destroyed. A child that the holder has forked has a
#            copy of the object and the same open file; when it ends as a Python program does, the
#            copy is destroyed, and with it the lock of both. The parent works on, its
#            is_locked is True, and the next one enters. A child that ends by os._exit(), as those of
#            multiprocessing do, or executes something does no harm; nor do children of those that hold
#            locks of portalocker or fasteners.
# Seen       os.fork() and sys.exit() in the child: filelock: the second enters, is_locked True.
#            os._exit(): kept out. portalocker, fasteners: kept out. One would expect kept out.
#
# Needs apt, python3, flock and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
version=3.9.0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
found=$(apt-cache madison python3-filelock | awk -v v="$version" 'index($3, v) == 1 { print $3; exit }')
{ [ -n "$found" ] && apt-get download -q "python3-filelock=$found" python3-portalocker python3-fasteners >/dev/null 2>&1; } ||
    { echo "cannot fetch python3-filelock $version"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done

cat >hold.py <<'PYTHON'
import os, subprocess, sys
import fasteners, filelock, portalocker

def second(path):
    """What another Python program is told that wants the lock by the same library."""
    return subprocess.run([sys.executable, "second.py", sys.argv[1], path], stdout=subprocess.PIPE, text=True).stdout.strip()

make = {"filelock": filelock.FileLock, "fasteners": fasteners.InterProcessLock,
        "portalocker": lambda path: portalocker.Lock(path, "w")}[sys.argv[1]]
ends = {"os._exit": lambda: os._exit(0), "sys.exit": sys.exit}[sys.argv[2]]
lock = make("lock")
lock.acquire()
before = second("lock")
child = os.fork()
if child == 0:
    ends()
os.waitpid(child, 0)
held = f", is_locked {lock.is_locked}" if sys.argv[1] == "filelock" else ""
print(f"{sys.argv[1]}, {sys.argv[2]}: before: {before}; then: {second('lock')}{held}")
PYTHON
cat >second.py <<'PYTHON'
import sys
import fasteners, filelock, portalocker

def by_filelock(path):
    try:
        return bool(filelock.FileLock(path).acquire(timeout=0))
    except filelock.Timeout:
        return False

def by_portalocker(path):
    try:
        return bool(portalocker.Lock(path, "w", timeout=0, fail_when_locked=True).acquire())
    except portalocker.AlreadyLocked:
        return False

entered = {"filelock": by_filelock, "portalocker": by_portalocker,
           "fasteners": lambda path: fasteners.InterProcessLock(path).acquire(blocking=False)}[sys.argv[1]](sys.argv[2])
print("enters" if entered else "kept out")
PYTHON
echo "python3-filelock $found"
for try in 'filelock os._exit' 'filelock sys.exit' 'portalocker sys.exit' 'fasteners sys.exit'; do
    rm -f lock
    read -r library end <<<"$try"
    PYTHONPATH=root/usr/lib/python3/dist-packages /usr/bin/python3 hold.py "$library" "$end"
done | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
filelock, os._exit: before: kept out; then: kept out, is_locked True
filelock, sys.exit: before: kept out; then: enters, is_locked True
portalocker, sys.exit: before: kept out; then: kept out
fasteners, sys.exit: before: kept out; then: kept out
END
