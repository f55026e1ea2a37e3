#!/bin/bash
# effect-lock-clock - a host whose clock is half a minute ahead enters beside whoever has the lock.
#
# Version    effect-distributed-lock 0.0.11 with effect 3.22.4 and ioredis 5.11.1 (npm), on redis 7.0.15 (Debian 12; its
#            package's number is printed).
# Behaviour  Its semaphores, and locks, which are semaphores of 1, are kept in Redis as times. Not Redis' time, which a script
#            could ask for, but that of the host that takes or renews it; and each host throws out what is older than
#            ttl, 30 s by default, by its own clock. To one whose clock is ahead by more than that all that others have
#            is over, and it enters; whoever has a clock that much behind keeps nobody out. The README speaks of leases
#            that expire when their holder has crashed, and of nothing that clocks have to do with.
# Seen       A lock that is held, and asked for by one whose clock is 25 s ahead: kept out. 31 s ahead: in, beside the holder.
#            Held by one whose clock is 31 s behind: another is in. One would expect kept out each time.
#
# Needs npm, node, apt and the network of npm and Debian; installs into a temporary folder.
set -euo pipefail
version=7.0.15
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund --legacy-peer-deps effect-distributed-lock@0.0.11 effect@3.22.4 \
    ioredis@5.11.1 >npm.log 2>&1 || { cat npm.log; echo "cannot install from npm"; exit 77; }
found=$(apt-cache madison redis-tools | awk -v v="5:$version" 'index($3, v) == 1 { print $3; exit }')
{ [ -n "$found" ] && apt-get download -q "redis-tools=$found" libjemalloc2 liblua5.1-0 liblzf1 lua-bitop \
    lua-cjson libhiredis0.14 libatomic1 >/dev/null 2>&1; } || { echo "cannot fetch redis $version"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
libraries=$(dirname "$(find "$work/root" -name 'libjemalloc.so*' | head -n 1)")
ln -s root/usr/bin/redis-check-rdb redis-server # one program under several names
LD_LIBRARY_PATH=$libraries ./redis-server --port 0 --unixsocket redis.sock --save '' --appendonly no >redis.log &
server=$!
for _ in $(seq 100); do [ -S redis.sock ] && break; sleep 0.1; done
cat >hold.mjs <<'JS'
// hold.mjs KEY AHEAD [hold]: tries to get the lock with a clock that is AHEAD s ahead; "hold" keeps it
const [key, ahead, hold] = process.argv.slice(2), now = Date.now;
Date.now = () => now() + ahead * 1000;
const { Effect, Option } = await import("effect");
const { DistributedSemaphore, RedisBacking } = await import("effect-distributed-lock");
const { Redis } = await import("ioredis");
const layer = RedisBacking.layer(new Redis(`${process.cwd()}/redis.sock`));
const got = await Effect.runPromise(Effect.gen(function* () {
    const lock = yield* DistributedSemaphore.make(key, { limit: 1 });
    return yield* lock.withPermitsIfAvailable(1)(Effect.promise(() => {
        if (hold) console.log("held");
        return new Promise((over) => setTimeout(over, hold ? 60000 : 0));
    }));
}).pipe(Effect.provide(layer)));
console.log(Option.isSome(got) ? "in" : "kept out");
process.exit();
JS
for case in 0:25 0:31 -31:0; do
    timeout 60 node --no-warnings hold.mjs "$case" "${case%:*}" hold >held 2>/dev/null &
    holder=$!
    for _ in $(seq 200); do [ -s held ] && break; sleep 0.1; done
    said=$(timeout 30 node --no-warnings hold.mjs "$case" "${case#*:}")
    echo "held by a clock of ${case%:*} s, asked for by one of ${case#*:} s: $said"
    kill "$holder"
    wait "$holder" || true
    rm held
done | tee seen
echo "redis $found"
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
held by a clock of 0 s, asked for by one of 25 s: kept out
held by a clock of 0 s, asked for by one of 31 s: in
held by a clock of -31 s, asked for by one of 0 s: in
END
