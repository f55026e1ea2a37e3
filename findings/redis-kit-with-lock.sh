#!/bin/bash
# redis-kit-with-lock - withLock() of @redis-kit/lock does not renew its lock, as it is documented to do.
#
# Version    @redis-kit/lock 0.1.0-3 with redis 4.7.1 (npm), on redis 7.0.15 (Debian 12; its package's number is
#            printed).
# Behaviour  "The lock is extended automatically when approaching expiration to ensure the function can complete", says
#            the documentation of withLock(KEY, TTL, FUNCTION), and its example has no fourth argument. Without
#            one, { extensionThresholdMs: N }, of which the README has no word, nothing is extended: after TTL the
#            lock is gone, another enters, and the function works on. When it ends, its result is
#            returned as if nothing had been; what release() has found out, that the lock was not there, is dropped.
# Seen       A TTL of 1 s, a function of 3 s: another is in after 1 s, both end without an error. With the fourth
#            argument: the other is kept out until the first has ended. One would expect this both times.
#
# Needs npm, node, apt and the network of npm and Debian; installs into a temporary folder.
set -euo pipefail
version=7.0.15
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund --legacy-peer-deps @redis-kit/lock@0.1.0-3 redis@4.7.1 >npm.log 2>&1 ||
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
import { createClient } from "redis";
import { Redlock } from "@redis-kit/lock";
const pause = (ms) => new Promise((over) => setTimeout(over, ms));
const client = createClient({ socket: { path: `${process.cwd()}/redis.sock` } });
await client.connect();
const redlock = new Redlock([client], { maxRetryAttempts: 100, retryDelayMs: 50, retryJitterMs: 10 });
for (const options of [undefined, { extensionThresholdMs: 500 }]) {
    const key = JSON.stringify(options ?? "default");
    let inside = 0, most = 0;
    const come = (ms) => redlock.withLock(key, 1000, async () => {
        most = Math.max(most, ++inside);
        await pause(ms);
        inside--;
        return "ended well";
    }, options).catch((error) => error.message);
    const first = come(3000);
    await pause(100);
    console.log(`${key}: second`, await come(300), "- first", await first, "- inside at once:", most);
}
process.exit();
JS
echo "redis $found"
timeout 60 node --no-warnings lock.mjs | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
"default": second ended well - first ended well - inside at once: 2
{"extensionThresholdMs":500}: second ended well - first ended well - inside at once: 1
END
