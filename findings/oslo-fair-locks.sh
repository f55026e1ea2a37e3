#!/bin/bash
# oslo-fair-locks - a fair lock of oslo.concurrency does not keep out the one of the same name that is not.
#
# Version    python3-oslo.concurrency 5.0.1 with python3-fasteners 0.17.3 (Debian 12; the packages' numbers are printed).
# Behaviour  A lock of OpenStack's oslo.concurrency is known by its name: lock("job") here, and @synchronized("job")
#            there, are the same. fair=True is documented to change in which order those who wait get it. It changes
#            which lock it is: fair ones and others are kept in two places, and a thread with the one runs beside a
#            thread with the other. Nor does external=True help, which is for other processes: both have
#            the file's lock, which belongs to the process, and who leaves first gives it back for the other, too.
#            So who makes one of several uses fair, because somebody starves there, has no lock any more.
# Seen       Two threads: both plain, or both fair: one inside. One of each: two inside; with external=True as well,
#            and when the first of them has left another process enters beside the second.
#            One would expect one inside, and the other process to be kept out.
#
# Needs apt, python3 and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for pinned in python3-oslo.concurrency=5.0.1 python3-fasteners=0.17.3; do
    found=$(apt-cache madison "${pinned%=*}" | awk -v v="${pinned#*=}" 'index($3, v) == 1 { print $3; exit }')
    { [ -n "$found" ] && apt-get download -q "${pinned%=*}=$found" >/dev/null 2>&1; } ||
        { echo "cannot fetch $pinned"; exit 77; }
    echo "${pinned%=*} $found"
done
apt-get download -q python3-oslo.{config,utils,i18n} python3-{stevedore,pbr,debtcollector,wrapt,netaddr,netifaces} \
    python3-{pyparsing,tz,iso8601,packaging,importlib-metadata,zipp,more-itertools,six,rfc3986,requests,yaml,urllib3} \
    python3-{idna,chardet,certifi,charset-normalizer} libyaml-0-2 >/dev/null 2>&1 ||
    { echo "cannot fetch what they need"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
mkdir locks
cat >lock.py <<'PYTHON'
import subprocess, sys, threading, time
from oslo_concurrency import lockutils
if sys.argv[1:]:
    try:
        with lockutils.lock("job", external=True, lock_path="locks", blocking=False):
            print("in")
    except Exception as error:
        print("kept out")
    sys.exit()
def other():
    return subprocess.run([sys.executable, __file__, "try"], capture_output=True, text=True).stdout.strip()
def two(one, another, external=False):
    options = {"external": True, "lock_path": "locks"} if external else {}
    inside, most, said = [], [0], []
    guard = threading.Lock()
    def work(fair, seconds, ask):
        with lockutils.lock("job", fair=fair, **options):
            with guard:
                inside.append(1)
                most[0] = max(most[0], len(inside))
            time.sleep(seconds)
            if ask:
                said.append(other())
            with guard:
                inside.pop()
    threads = [threading.Thread(target=work, args=args) for args in ((one, 0.5, False), (another, 1.5, external))]
    for thread in threads:
        thread.start()
        time.sleep(0.1)
    for thread in threads:
        thread.join()
    return ", another process ".join([f"{most[0]} inside", *said])
kind = {True: "fair", False: "plain"}
for one, another in ((False, False), (True, True), (False, True)):
    for external in (False, True):
        print(f"{kind[one]} and {kind[another]}{', external' if external else ''}: {two(one, another, external)}")
PYTHON
PYTHONPATH=$work/root/usr/lib/python3/dist-packages LD_LIBRARY_PATH=$(echo root/usr/lib/*-linux-gnu) \
    timeout 60 /usr/bin/python3 lock.py | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
plain and plain: 1 inside
plain and plain, external: 1 inside, another process kept out
fair and fair: 1 inside
fair and fair, external: 1 inside, another process kept out
plain and fair: 2 inside
plain and fair, external: 2 inside, another process in
END
