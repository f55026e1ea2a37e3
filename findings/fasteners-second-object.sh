#!/bin/bash
# fasteners-second-object - a second lock of fasteners on the same file gives the first one back.
#
# Version    python3-fasteners 0.17.3, beside python3-filelock 3.9.0 and python3-portalocker 2.2.1 (Debian 12;
#            the packages' numbers are printed).
# Behaviour  An InterProcessLock keeps other processes out by fcntl(2), whose locks belong to the process. A
#            second object for the same file, which @interprocess_locked makes for each function that it
#            decorates, is told that it has the lock; and when it is released, or the function has returned,
#            the first one's is gone with it, though its acquired is True. So one locked function that
#            calls another loses the lock in the middle, and the next process enters. Its docstrings do
#            not speak of it. The locks of filelock and portalocker (flock) refuse a second object.
# Seen       Outer function, before the inner one: others kept out. Inner: entered. Outer, after it: another
#            process enters. filelock and portalocker: inner refused, others kept out.
#
# Needs apt, python3 and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for pinned in python3-fasteners=0.17.3 python3-filelock=3.9.0 python3-portalocker=2.2.1; do
    found=$(apt-cache madison "${pinned%=*}" | awk -v v="${pinned#*=}" 'index($3, v) == 1 { print $3; exit }')
    { [ -n "$found" ] && apt-get download -q "${pinned%=*}=$found" >/dev/null 2>&1; } ||
        { echo "cannot fetch $pinned"; exit 77; }
    echo "${pinned%=*} $found"
done
for package in ./*.deb; do dpkg-deb -x "$package" root; done
export PYTHONPATH=$work/root/usr/lib/python3/dist-packages
cat >nested.py <<'PYTHON'
# nested.py LIBRARY [try]: an outer and an inner lock on one file; "try" is another process
import subprocess, sys, fasteners, filelock, portalocker
library = sys.argv[1]
make = {"fasteners": lambda: fasteners.InterProcessLock("fasteners.lock"),
        "filelock": lambda: filelock.FileLock("filelock.lock", timeout=0),
        "portalocker": lambda: portalocker.Lock("portalocker.lock", timeout=0.1)}[library]
def enter(lock):
    try:
        return lock.acquire(blocking=False) if library == "fasteners" else bool(lock.acquire())
    except (filelock.Timeout, portalocker.LockException):
        return False
def others():
    return subprocess.run([sys.executable, __file__, library, "try"], capture_output=True, text=True).stdout.strip()
def nested():
    yield f"outer {'in' if enter(outer := make()) else 'refused'}"
    yield f"others {others()}"
    inner = make()
    entered = enter(inner)
    if entered:
        inner.release()
    yield f"inner {'in' if entered else 'refused'}"
    yield f"others {others()}"
print("in" if enter(make()) else "kept out") if sys.argv[2:] else print(f"{library}:", ", ".join(nested()))
PYTHON
cat >decorated.py <<'PYTHON'
import subprocess, sys, fasteners
@fasteners.interprocess_locked("fasteners.lock")
def inner():
    pass
@fasteners.interprocess_locked("fasteners.lock")
def outer():
    inner()
    return subprocess.run([sys.executable, "nested.py", "fasteners", "try"], capture_output=True, text=True).stdout.strip()
print("decorated functions: others", outer())
PYTHON
{
    for library in fasteners filelock portalocker; do /usr/bin/python3 nested.py "$library"; done
    /usr/bin/python3 decorated.py
} | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
fasteners: outer in, others kept out, inner in, others in
filelock: outer in, others kept out, inner refused, others kept out
portalocker: outer in, others kept out, inner refused, others kept out
decorated functions: others in
END
