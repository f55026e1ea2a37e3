#!/bin/bash
# kazoo-lock-timeout - a limit for the wait in line begins anew whenever somebody ahead gives up.
#
# Version    python3-kazoo 2.8.0, with python3-zake 0.2.2 in the place of a ZooKeeper (Debian 12; the packages' numbers
#            are printed).
# Behaviour  Lock.acquire(timeout=N) of kazoo is documented to raise LockTimeout "if the lock wasn't acquired within
#            `timeout` seconds". N is the limit for one look at the one ahead in the queue, though: if that one
#            goes, without the lock having become free, kazoo waits for the next one ahead, N seconds again. The
#            longer the queue, and the more of it give up, which is when a limit is needed, the longer the limit.
#            A change of the connection's state begins it anew as well. With nobody else in the queue it is kept.
# Seen       A lock that is held throughout; four others come 0.2 s apart, each with timeout=2. They give up after 2,
#            3.8, 2 and 5.4 s. One would expect 2 s each.
#
# Needs apt, python3 and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for pinned in python3-kazoo=2.8.0 python3-zake=0.2.2; do
    found=$(apt-cache madison "${pinned%=*}" | awk -v v="${pinned#*=}" 'index($3, v) == 1 { print $3; exit }')
    { [ -n "$found" ] && apt-get download -q "${pinned%=*}=$found" >/dev/null 2>&1; } ||
        { echo "cannot fetch $pinned"; exit 77; }
    echo "${pinned%=*} $found"
done
apt-get download -q python3-six >/dev/null 2>&1 || { echo "cannot fetch python3-six"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
cat >wait.py <<'PYTHON'
import threading, time
from kazoo.exceptions import LockTimeout
from kazoo.handlers.threading import SequentialThreadingHandler
from zake.fake_client import FakeClient
from zake.fake_storage import FakeStorage
storage = FakeStorage(SequentialThreadingHandler())
def member():
    client = FakeClient(storage=storage, handler=SequentialThreadingHandler())
    client.start()
    return client.Lock("/locks/job")
took = [None] * 4
def come(number, lock):
    since = time.monotonic()
    try:
        lock.acquire(timeout=2)
    except LockTimeout:
        took[number] = time.monotonic() - since
members = [member() for _ in range(5)]
members[4].acquire()
threads = [threading.Thread(target=come, args=(number, members[number])) for number in range(4)]
for thread in threads:
    thread.start()
    time.sleep(0.2)
for thread in threads:
    thread.join()
kept = ["kept" if seconds < 3 else "exceeded" for seconds in took]
print("limits:", *kept)
print("the last gave up after", "more than twice its limit" if took[3] > 4 else "less")
print("(seconds:", *(f"{seconds:.1f}" for seconds in took), end=")\n")
PYTHON
PYTHONPATH=$work/root/usr/lib/python3/dist-packages timeout 60 /usr/bin/python3 wait.py | tee seen
diff - <(grep -v '^(' seen) <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
limits: kept exceeded kept exceeded
the last gave up after more than twice its limit
END
