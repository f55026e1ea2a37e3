#!/bin/bash
# node-redisson-gives-up - who waits for a lock whose holder has died is refused just when it becomes free.
#
# Version    node-redisson 1.0.4 with ioredis 5.11.1 (npm), on redis 7.0.15 (Debian 12; its package's number is printed).
# Behaviour  tryLock(WAIT, LEASE) waits for WAIT at most for the message that the lock was given back, and not longer
#            than the lock's own time in Redis. If that is over first, since the holder has died and the lock has
#            expired, which is what leases are for, it does not try again but returns false, however much of WAIT
#            is left. Redisson for Java, of which it is a copy "mutually compatible", goes on and gets the lock. If
#            the holder unlocks, it gets it as well.
# Seen       A lock with 2 s left. Its holder unlocks after 1 s: true after 1 s. Its holder has died: tryLock for 10 s is
#            false after 2 s; the lock is free then. One would expect true after some 2 s.
#
# Needs npm, node, apt and the network of npm and Debian; installs into a temporary folder.
set -euo pipefail
version=7.0.15
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund node-redisson@1.0.4 ioredis@5.11.1 >npm.log 2>&1 ||
    { cat npm.log; echo "cannot install from npm"; exit 77; }
found=$(apt-cache madison redis-tools | awk -v v="5:$version" 'index($3, v) == 1 { print $3; exit }')
{ [ -n "$found" ] && apt-get download -q "redis-tools=$found" libjemalloc2 liblua5.1-0 liblzf1 lua-bitop \
    lua-cjson libhiredis0.14 libatomic1 >/dev/null 2>&1; } || { echo "cannot fetch redis $version"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
libraries=$(dirname "$(find "$work/root" -name 'libjemalloc.so*' | head -n 1)")
ln -s root/usr/bin/redis-check-rdb redis-server # one program under several names
LD_LIBRARY_PATH=$libraries ./redis-server --port 0 --unixsocket redis.sock --save '' --appendonly no >redis.log &
server=$!
for _ in $(seq 100); do [ -S redis.sock ] && break; sleep 0.1; done
cat >lock.mjs <<'JS'
import { Redisson, TimeUnit } from "node-redisson";
const member = () => new Redisson({ redis: { options: { path: `${process.cwd()}/redis.sock` } } });
const holder = member(), waiter = member();
const pause = (ms) => new Promise((over) => setTimeout(over, ms));
for (const died of [false, true]) {
    const held = holder.getLock(`job ${died}`), wanted = waiter.getLock(`job ${died}`);
    await held.tryLock(0n, 2000n, TimeUnit.MILLISECONDS);
    if (!died) setTimeout(() => held.unlock(), 1000);
    const since = Date.now();
    const got = await wanted.tryLock(10000n, 5000n, TimeUnit.MILLISECONDS);
    const seconds = Math.round((Date.now() - since) / 1000);
    await pause(300);
    const then = (await wanted.isLocked()) ? "taken" : "free";
    console.log(died ? "holder died:" : "holder unlocks:", got, "after", seconds, "s, then", then);
}
process.exit();
JS
echo "redis $found"
timeout 60 node --no-warnings lock.mjs | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
holder unlocks: true after 1 s, then taken
holder died: false after 2 s, then free
END
