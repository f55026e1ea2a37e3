#!/bin/bash
# redis-asyncio-lock - a task that is too late gives back the lock of the task behind it, unseen.
#
# Version    python3-redis 4.3.4, on redis 7.0.15 (Debian 12; the packages' numbers are printed).
# Behaviour  A Lock of redis-py that has expired does no harm: release() by its late holder is LockNotOwnedError, even if
#            another has the lock by then through the same object. Its token is kept apart for each thread, as the
#            documentation explains at length, with a timeline of what would go wrong otherwise. redis.asyncio.Lock
#            has the same text, and the same default, thread_local=True; but tasks share one thread, and so the
#            token. Just what the text describes happens between tasks: the late one releases the lock of the one
#            that has it, without an error, and a third enters.
# Seen       A lock with timeout=1 that the first holds for too long; the second enters, and then the first releases.
#            Threads: LockNotOwnedError, the third is kept out. Tasks: no error, the third is in beside the
#            second. One would expect LockNotOwnedError, and the third to be kept out, both times.
#
# Needs apt, python3 and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
version=7.0.15
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
pinned=python3-redis=4.3.4
found=$(apt-cache madison "${pinned%=*}" | awk -v v="${pinned#*=}" 'index($3, v) == 1 { print $3; exit }')
{ [ -n "$found" ] && apt-get download -q "${pinned%=*}=$found" python3-{async-timeout,deprecated,packaging,wrapt} \
    >/dev/null 2>&1; } || { echo "cannot fetch $pinned"; exit 77; }
echo "${pinned%=*} $found"
found=$(apt-cache madison redis-tools | awk -v v="5:$version" 'index($3, v) == 1 { print $3; exit }')
{ [ -n "$found" ] && apt-get download -q "redis-tools=$found" libjemalloc2 liblua5.1-0 liblzf1 lua-bitop \
    lua-cjson libhiredis0.14 libatomic1 >/dev/null 2>&1; } || { echo "cannot fetch redis $version"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
libraries=$(dirname "$(find "$work/root" -name 'libjemalloc.so*' | head -n 1)")
ln -s root/usr/bin/redis-check-rdb redis-server # one program under several names
LD_LIBRARY_PATH=$libraries ./redis-server --port 0 --unixsocket redis.sock --save '' --appendonly no >redis.log &
server=$!
for _ in $(seq 100); do [ -S redis.sock ] && break; sleep 0.1; done
cat >late.py <<'PYTHON'
import asyncio, threading, time
import redis, redis.asyncio
def threads():
    client = redis.Redis(unix_socket_path="redis.sock")
    lock = client.lock("threads", timeout=1)
    said = []
    def second():
        lock.acquire()
        entered.set()
        leave.wait()
    entered, leave = threading.Event(), threading.Event()
    lock.acquire()
    thread = threading.Thread(target=second)
    thread.start()
    entered.wait()
    time.sleep(0.2)
    try:
        lock.release()
        said.append("the late release is well")
    except redis.exceptions.LockError as error:
        said.append(f"the late release is {type(error).__name__}")
    said.append("the third is in" if client.lock("threads").acquire(blocking=False) else "the third is kept out")
    leave.set()
    thread.join()
    return said
async def tasks():
    client = redis.asyncio.Redis(unix_socket_path="redis.sock")
    lock = client.lock("tasks", timeout=1)
    said = []
    async def second():
        await lock.acquire()
        entered.set()
        await leave.wait()
    entered, leave = asyncio.Event(), asyncio.Event()
    await lock.acquire()
    task = asyncio.create_task(second())
    await entered.wait()
    await asyncio.sleep(0.2)
    try:
        await lock.release()
        said.append("the late release is well")
    except redis.exceptions.LockError as error:
        said.append(f"the late release is {type(error).__name__}")
    said.append("the third is in" if await client.lock("tasks").acquire(blocking=False) else "the third is kept out")
    leave.set()
    await task
    await client.close()
    return said
print("threads:", ", ".join(threads()))
print("tasks:", ", ".join(asyncio.run(tasks())))
PYTHON
echo "redis $found"
PYTHONPATH=$work/root/usr/lib/python3/dist-packages timeout 60 /usr/bin/python3 late.py | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
threads: the late release is LockNotOwnedError, the third is kept out
tasks: the late release is well, the third is in
END
