#!/bin/bash
# tooz-memcached-heartbeat - who has lost a lock keeps the next holder's alive, and for ever if that one has died.
#
# Version    python3-tooz 3.1.0 on memcached 1.6.18 (Debian 12; the packages' numbers are printed).
# Behaviour  A lock of tooz in memcached expires unless its holder's heartbeat, a thread of start(start_heart=True),
#            puts that off. One that was paused for too long (a virtual machine that was moved, a laptop) has lost
#            it, and another has it. Then its heartbeat puts off the expiry of that one's lock, since it looks
#            for the name of the lock only, and counts this as a success. If the second holder dies its lock,
#            which would have been free a moment later, stays taken for as long as the first one runs, which
#            does not have it: nobody gets in any more. acquired is still True for the first, as well.
# Seen       A lock_timeout of 6 s. The first is stopped, the second enters and is killed, the first goes on: the
#            third is kept out for 20 s, until the first ends; then it is in. If the first stays stopped: in
#            within 20 s. One would expect that both times, and the first to be told.
#
# Needs apt, python3 and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
for pinned in python3-tooz=3.1.0 memcached=1.6.18; do
    found=$(apt-cache madison "${pinned%=*}" | awk -v v="${pinned#*=}" 'index($3, v) == 1 { print $3; exit }')
    { [ -n "$found" ] && apt-get download -q "${pinned%=*}=$found" >/dev/null 2>&1; } ||
        { echo "cannot fetch $pinned"; exit 77; }
    echo "${pinned%=*} $found"
done
apt-get download -q libevent-2.1-7 python3-oslo.{utils,serialization,i18n} python3-{fasteners,pymemcache,voluptuous} \
    python3-{msgpack,stevedore,futurist,pbr,debtcollector,wrapt,netaddr,netifaces,pyparsing,tz,iso8601,packaging} \
    python3-{importlib-metadata,zipp,more-itertools,six,tenacity} >/dev/null 2>&1 ||
    { echo "cannot fetch what they need"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
libraries=$(dirname "$(find "$work/root" -name 'libevent-2.1.so*' | head -n 1)")
LD_LIBRARY_PATH=$libraries root/usr/bin/memcached -u "$(id -un)" -s "$work/memcached.sock" &
server=$!
for _ in $(seq 100); do [ -S memcached.sock ] && break; sleep 0.1; done
cat >hold.py <<'PYTHON'
# hold.py NAME LIMIT: tries for LIMIT s to get the lock, and has it until a line is read
import os, sys, time
from tooz import coordination
coordinator = coordination.get_coordinator("memcached://?lock_timeout=6&timeout=30", sys.argv[1].encode())
coordinator.host = f"unix:{os.getcwd()}/memcached.sock" # tooz has no URL for a socket of a file
coordinator.start(start_heart=True)
lock = coordinator.get_lock(b"job")
end = time.monotonic() + float(sys.argv[2])
while not (entered := lock.acquire(blocking=False)) and time.monotonic() < end:
    time.sleep(0.1)
print("in" if entered else "kept out", flush=True)
if entered:
    sys.stdin.readline()
    print(f"acquired {lock.acquired}, still owner {lock.is_still_owner()}", flush=True)
PYTHON
cat >story.py <<'PYTHON'
import signal, subprocess, sys, time
def start(name, limit):
    return subprocess.Popen([sys.executable, "hold.py", name, str(limit)], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
def said(process):
    return process.stdout.readline().strip()
goes_on = sys.argv[1] == "goes on"
first = start("first", 0)
print("first", said(first))
time.sleep(8) # longer than the lock_timeout: the heartbeat works
print("other", said(start("other", 0)))
first.send_signal(signal.SIGSTOP)
second = start("second", 20)
print("second", said(second))
second.kill()
if goes_on:
    first.send_signal(signal.SIGCONT)
print("third", said(start("third", 20)))
if goes_on:
    print("first", first.communicate("\n")[0].strip())
    print("then third", said(start("third", 20)))
first.kill()
PYTHON
export PYTHONPATH=$work/root/usr/lib/python3/dist-packages
for what in 'goes on' 'stays stopped'; do
    timeout 100 /usr/bin/python3 story.py "$what" | sed "s/^/first $what: /"
    sleep 8 # the last lock expires
done | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
first goes on: first in
first goes on: other kept out
first goes on: second in
first goes on: third kept out
first goes on: first acquired True, still owner False
first goes on: then third in
first stays stopped: first in
first stays stopped: other kept out
first stays stopped: second in
first stays stopped: third in
END
