#!/bin/bash
# tooz-failed-try - one try that fails, and a file lock of tooz is taken for held when it has been released.
#
# Version    python3-tooz 3.1.0 with python3-fasteners 0.17.3 (Debian 12; the packages' numbers are printed).
# Behaviour  tooz is OpenStack's library for locks. Its driver file:// counts how often a lock was taken. A try
#            with acquire(blocking=False), or with a limit of time, that finds the lock taken is counted,
#            too, and stays so. From then on the object says after each release that it still has the lock:
#            acquired is True, and so is is_still_owner(), which is documented to be "false if not". Who
#            believes it, as "finally: if lock.acquired: lock.release()" does, disturbs the second count
#            as well: the next release is reported as done and keeps all other processes out for as
#            long as this one runs.
# Seen       After a failed try, acquire and release: the other gets in, acquired and is_still_owner() True.
#            Released once more, as they tell; acquire, release: True, and the other is kept out. Without
#            the failed try: acquired False, the other gets in. One would expect this both times.
#
# Needs apt, python3 and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
version=3.1.0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for pinned in python3-tooz=$version python3-fasteners=0.17.3; do
    found=$(apt-cache madison "${pinned%=*}" | awk -v v="${pinned#*=}" 'index($3, v) == 1 { print $3; exit }')
    { [ -n "$found" ] && apt-get download -q "${pinned%=*}=$found" >/dev/null 2>&1; } ||
        { echo "cannot fetch $pinned"; exit 77; }
    echo "${pinned%=*} $found"
done
apt-get download -q python3-oslo.{utils,serialization,i18n} python3-{voluptuous,msgpack,stevedore,futurist,tenacity} \
    python3-{pbr,debtcollector,wrapt,netaddr,netifaces,pyparsing,tz,iso8601,packaging,importlib-metadata} \
    python3-{zipp,more-itertools} >/dev/null 2>&1 || { echo "cannot fetch what python3-tooz needs"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
cat >lock.py <<'PYTHON'
# lock.py MEMBER: "other" tries the lock once; "holder" has it until its input ends; else see below
import os, subprocess, sys
from tooz import coordination
def member(name):
    process = subprocess.Popen([sys.executable, __file__, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return process, process.stdout.readline().strip()
coordinator = coordination.get_coordinator(f"file://{os.getcwd()}/locks", sys.argv[1].encode())
coordinator.start()
lock = coordinator.get_lock(b"job")
if sys.argv[1] in ("other", "holder"):
    print("in" if lock.acquire(blocking=False) else "kept out", flush=True)
    sys.stdin.read()
    sys.exit(lock.acquired and lock.release() and None)
def other():
    process, said = member("other")
    process.communicate()
    return said
def told():
    return f"acquired {lock.acquired}, still owner {lock.is_still_owner()}"
if sys.argv[1] == "failed":
    process, said = member("holder")
    print("holder", said, "- try", lock.acquire(blocking=False))
    process.communicate()
for _ in (1, 2):
    print("acquire", lock.acquire(blocking=False), "- other", other())
    print("release", lock.release(), "-", told(), "- other", other())
    if lock.acquired:
        print("release", lock.release(), "-", told())
PYTHON
for what in failed plain; do
    PYTHONPATH=$work/root/usr/lib/python3/dist-packages timeout 60 /usr/bin/python3 lock.py "$what" | sed "s/^/$what: /"
done | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
failed: holder in - try False
failed: acquire True - other kept out
failed: release True - acquired True, still owner True - other in
failed: release True - acquired False, still owner False
failed: acquire True - other kept out
failed: release True - acquired False, still owner False - other kept out
plain: acquire True - other kept out
plain: release True - acquired False, still owner False - other in
plain: acquire True - other kept out
plain: release True - acquired False, still owner False - other in
END
