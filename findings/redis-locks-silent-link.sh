#!/bin/bash
# redis-locks-silent-link - two holders, and the first is not told, when its link to Redis goes silent.
#
# Version    redlock 5.0.0-beta.2, redis-semaphore 5.8.0 and redlock-universal 0.8.5, each with ioredis
#            5.11.1 (npm), on redis 7.0.15 (Debian 12; its package's number is printed).
# Behaviour  All three renew a lock for as long as a function runs, and promise to say when it is lost:
#            by a signal that is aborted, or by onLockLost. They say so when a renewal is refused.
#            If the link just goes silent (a firewall, a host that is gone) the renewal is neither
#            answered nor refused, since ioredis waits without an end unless commandTimeout is set. The
#            lock expires in Redis, another has it, and the first, which knows when its time was
#            over, works on: redlock and redis-semaphore as long as this test looks, with
#            redlock-universal for a while.
# Seen       A lock of 2 s; 0.5 s after it was taken the link passes nothing on. Within 2 s the second has
#            the lock; then, and 1.5 s later, nobody has told the first (redlock-universal: told some
#            time after). One would expect to be told before the lock can pass to another.
#
# Needs npm, node, apt and the network of npm and Debian; installs into a temporary folder.
set -euo pipefail
version=5:7.0.15
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund --legacy-peer-deps ioredis@5.11.1 redlock@5.0.0-beta.2 \
    redis-semaphore@5.8.0 redlock-universal@0.8.5 >npm.log 2>&1 || { cat npm.log; echo "cannot install from npm"; exit 77; }
found=$(apt-cache madison redis-tools | awk -v v="$version" 'index($3, v) == 1 { print $3; exit }')
{ [ -n "$found" ] && apt-get download -q "redis-tools=$found" libjemalloc2 liblua5.1-0 liblzf1 lua-bitop \
    lua-cjson libhiredis0.14 libatomic1 >/dev/null 2>&1; } || { echo "cannot fetch redis $version"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
libraries=$(dirname "$(find "$work/root" -name 'libjemalloc.so*' | head -n 1)")
ln -s root/usr/bin/redis-check-rdb redis-server # one program under several names
LD_LIBRARY_PATH=$libraries ./redis-server --port 0 --unixsocket redis.sock --save '' --appendonly no >redis.log &
server=$!
for _ in $(seq 100); do [ -S redis.sock ] && break; sleep 0.1; done

cat >silent.mjs <<'JS'
import net from "net";
import Redis from "ioredis";
import Redlock from "redlock";
import { Mutex } from "redis-semaphore";
import { createLock, IoredisAdapter } from "redlock-universal";

const socket = `${process.cwd()}/redis.sock`;
const LEASE = 2000; // ms
let link = { silent: false }; // of the next connection
const relay = net.createServer((client) => {
    const service = net.connect(socket), mine = link;
    client.on("data", (data) => mine.silent || service.write(data)).on("error", () => {}).on("close", () => service.destroy());
    service.on("data", (data) => mine.silent || client.write(data)).on("error", () => {});
});
await new Promise((listening) => relay.listen(0, "127.0.0.1", listening));
const pause = (ms) => new Promise((over) => setTimeout(over, ms));
const near = new Redis(socket);

// of each: hold(redis, lost) resolves when the lock is held, and has lost() called when it is said to be lost
const using = (lock) => (lost) => new Promise((held, failed) => lock(async (signal) => {
    held();
    while (!signal.aborted) await pause(20);
    lost();
}).catch(failed));
const libraries = {
    redlock: (redis, lost) => using((work) => new Redlock([redis], { retryCount: -1 }).using(["a"], LEASE, work))(lost),
    "redis-semaphore": (redis, lost) => new Mutex(redis, "b", { lockTimeout: LEASE, onLockLost: lost }).acquire(),
    "redlock-universal": (redis, lost) => using((work) => createLock({ adapter: new IoredisAdapter(redis), key: "c",
        ttl: LEASE, retryAttempts: 100, retryDelay: 100 }).using(work))(lost),
};
for (const [name, hold] of Object.entries(libraries)) {
    let told = false;
    link = { silent: false };
    const far = new Redis(relay.address().port, "127.0.0.1");
    await hold(far, () => { told = true; });
    await pause(500);
    link.silent = true;
    const since = Date.now();
    await hold(near, () => {});
    const entered = Date.now() - since < LEASE + 2000 ? "in time" : "late";
    const then = told;
    await pause(1500);
    console.log(`${name}: the second entered ${entered}; the first is told: then ${then}, 1.5 s later ${told}`);
}
process.exit();
JS
echo "redis $found"
timeout 100 node --no-warnings silent.mjs | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
redlock: the second entered in time; the first is told: then false, 1.5 s later false
redis-semaphore: the second entered in time; the first is told: then false, 1.5 s later false
redlock-universal: the second entered in time; the first is told: then false, 1.5 s later false
END
