#!/bin/bash
# tooz-acquire-limit - a limit of 1 s is none, and any other one ends in an error, to locks of tooz.
#
# Version    python3-tooz 3.1.0 with python3-tenacity 8.2.1, on memcached 1.6.18 (Debian 12; the packages' numbers
#            are printed).
# Behaviour  acquire(blocking=N) is documented to return after N seconds at most, False if the lock was not had.
#            1. blocking=1 waits without a limit, since 1 is equal to True in Python. 2. Any other limit is
#            kept, but instead of False there is a RetryError of the library tenacity, which is no ToozError
#            either: nobody who handles tooz's errors catches it. So it is with the drivers that try again
#            by tooz's own loop: memcached, mysql, postgresql, etcd3+http, consul. With file:// both are right.
# Seen       A lock that is held for 8 s. blocking=2: tenacity.RetryError after 2 s. blocking=1: True after
#            8 s. By file://: False after 2 s and 1 s. One would expect that from both.
#
# Needs apt, python3 and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
for pinned in python3-tooz=3.1.0 python3-tenacity=8.2.1 memcached=1.6.18; do
    found=$(apt-cache madison "${pinned%=*}" | awk -v v="${pinned#*=}" 'index($3, v) == 1 { print $3; exit }')
    { [ -n "$found" ] && apt-get download -q "${pinned%=*}=$found" >/dev/null 2>&1; } ||
        { echo "cannot fetch $pinned"; exit 77; }
    echo "${pinned%=*} $found"
done
apt-get download -q libevent-2.1-7 python3-oslo.{utils,serialization,i18n} python3-{fasteners,pymemcache,voluptuous} \
    python3-{msgpack,stevedore,futurist,pbr,debtcollector,wrapt,netaddr,netifaces,pyparsing,tz,iso8601,packaging} \
    python3-{importlib-metadata,zipp,more-itertools,six} >/dev/null 2>&1 ||
    { echo "cannot fetch what they need"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
libraries=$(dirname "$(find "$work/root" -name 'libevent-2.1.so*' | head -n 1)")
LD_LIBRARY_PATH=$libraries root/usr/bin/memcached -u "$(id -un)" -s "$work/memcached.sock" &
server=$!
for _ in $(seq 100); do [ -S memcached.sock ] && break; sleep 0.1; done
cat >wait.py <<'PYTHON'
# wait.py URL LIMIT [hold]: tries for LIMIT s to get a lock; "hold" has it for 8 s
import os, sys, time
from tooz import coordination
url, limit = sys.argv[1], int(sys.argv[2])
coordinator = coordination.get_coordinator(url, sys.argv[-1].encode())
if url.startswith("memcached"):
    coordinator.host = f"unix:{os.getcwd()}/memcached.sock" # tooz has no URL for a socket of a file
coordinator.start()
lock = coordinator.get_lock(b"job")
if sys.argv[3:]:
    lock.acquire()
    print("held", flush=True)
    time.sleep(8)
    lock.release()
    sys.exit()
since = time.monotonic()
try:
    said = lock.acquire(blocking=limit)
except Exception as error:
    said = f"{type(error).__module__}.{type(error).__name__}"
took = time.monotonic() - since
print(f"blocking={limit}: {said}", "in time" if took < limit + 1 else "when it was free")
PYTHON
export PYTHONPATH=$work/root/usr/lib/python3/dist-packages
for url in "file://$work/locks" memcached://; do
    for limit in 2 1; do
        /usr/bin/python3 wait.py "$url" 0 hold >held &
        holder=$!
        for _ in $(seq 100); do [ -s held ] && break; sleep 0.1; done
        echo "${url%%:*}: $(timeout 60 /usr/bin/python3 wait.py "$url" "$limit")"
        wait "$holder"
        rm held
    done
done | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
file: blocking=2: False in time
file: blocking=1: False in time
memcached: blocking=2: tenacity.RetryError in time
memcached: blocking=1: True when it was free
END
