#!/bin/bash
# redis-renewal-once - one renewal that Redis refuses for a moment is the last one that is tried.
#
# Version    node-redisson 1.0.4 with ioredis 5.11.1, and @redis-kit/lock 0.1.0-3 with redis 4.7.1, beside redlock
#            5.0.0-beta.2 (npm), on redis 7.0.15 (Debian 12; its package's number is printed).
# Behaviour  node-redisson has a "watchdog" so "that you don't have to worry about predicting the holding time", and
#            @redis-kit/lock an "auto-extension". Both ask Redis to put off the expiry, long before it. If a single one
#            of these requests ends in an error, as every write does for a moment while Redis changes its master
#            (READONLY, NOREPLICAS, LOADING), they print a line and never ask again, though most of the lease
#            is left. The lock expires, another has it, and the function works on; node-redisson has nothing
#            to ask whether the lock is still there. redlock tries again until the lease is over.
# Seen       A lease of 3 s, renewed after 1 s, when Redis refuses writes for 1 s (min-replicas-to-write). node-redisson
#            and @redis-kit: another enters within 4 s. redlock: others are kept out for 8 s.
#
# Needs npm, node, apt and the network of npm and Debian; installs into a temporary folder.
set -euo pipefail
version=7.0.15
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund --legacy-peer-deps node-redisson@1.0.4 ioredis@5.11.1 \
    @redis-kit/lock@0.1.0-3 redis@4.7.1 redlock@5.0.0-beta.2 >npm.log 2>&1 ||
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
import Redis from "ioredis";
import Redlock from "redlock";
import { createClient } from "redis";
import { Redisson } from "node-redisson";
import { Redlock as RedisKit } from "@redis-kit/lock";
const path = `${process.cwd()}/redis.sock`;
const LEASE = 3000; // ms
const pause = (ms) => new Promise((over) => setTimeout(over, ms));
console.warn = console.error = (line) => console.log("  it prints:", String(line?.message ?? line).slice(0, 33));
const plain = new Redis(path), kit = createClient({ socket: { path } });
await kit.connect();
const libraries = {
    "node-redisson": async (key) => {
        const member = new Redisson({ redis: { options: { path } }, lockWatchdogTimeout: BigInt(LEASE) });
        await member.getLock(key).lock();
    },
    "@redis-kit/lock": async (key) => (await new RedisKit([kit]).acquire(key, LEASE)).startAutoExtension(LEASE - 1000),
    redlock: (key) => new Promise((held) => new Redlock([new Redis(path)]).using([key], LEASE,
        { automaticExtensionThreshold: LEASE - 1000 }, async () => { held(); await pause(20000); })),
};
for (const [name, hold] of Object.entries(libraries)) {
    await hold(name);
    const since = Date.now();
    setTimeout(() => plain.config("SET", "min-replicas-to-write", "1"), 500);
    setTimeout(() => plain.config("SET", "min-replicas-to-write", "0"), 1500);
    await pause(2000);
    while (await plain.exists(name) && Date.now() - since < 8000) await pause(50);
    const after = Date.now() - since;
    console.log(`${name}: others`, after < 4000 ? "enter within 4 s" : after < 8000 ? "enter later" : "are kept out for 8 s");
}
process.exit();
JS
echo "redis $found"
timeout 60 node --no-warnings lock.mjs | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
  it prints: NOREPLICAS Not enough good replic
node-redisson: others enter within 4 s
  it prints: Auto-extension failed for lock @r
@redis-kit/lock: others enter within 4 s
redlock: others are kept out for 8 s
END
