#!/bin/bash
# databases-lock-timeout - who has waited too long for a lock of @databases/lock gives back what another has.
#
# Version    @databases/lock 2.1.0 (npm), a lock within one process that several clients of databases build on.
# Behaviour  createLock(MILLISECONDS) makes a lock for which nobody waits longer: the promise of who has waited that
#            long is rejected, as it should be. But on its way out it also releases the lock, which it never
#            had. The holder works on, and the next one, be it waiting already or come later, enters beside
#            it; when the holder then releases its lock, that of yet another one is gone. So mutual exclusion
#            fails just when the lock is contended for long. Without a limit, the default, all is well.
# Seen       A limit of 300 ms; the first needs 1 s, the second gives up after 300 ms, the third comes then: it
#            enters at once, two inside. Without a limit: one inside at any time.
#
# Needs npm, node and the network of npm's packages; installs into a temporary folder.
set -euo pipefail
version=2.1.0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund "@databases/lock@$version" >npm.log 2>&1 ||
    { cat npm.log; echo "cannot install @databases/lock $version"; exit 77; }
cat >lock.mjs <<'JS'
import { createLock } from "@databases/lock";
const pause = (ms) => new Promise((over) => setTimeout(over, ms));
for (const limit of [300, undefined]) {
    const lock = createLock(limit);
    let inside = 0;
    const come = (name, ms) => lock.withLock(async () => {
        console.log(`limit ${limit}: ${name} is in, inside: ${++inside}`);
        await pause(ms);
        inside--;
    }).catch((error) => console.log(`limit ${limit}: ${name}: ${error.message}`));
    const first = come("first", 1000), second = come("second", 100);
    await pause(500);
    const third = come("third", 100);
    await Promise.all([first, second, third]);
}
JS
echo "@databases/lock $version"
timeout 60 node lock.mjs | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
limit 300: first is in, inside: 1
limit 300: second: Timed out waiting for lock after 300ms
limit 300: third is in, inside: 2
limit undefined: first is in, inside: 1
limit undefined: second is in, inside: 1
limit undefined: third is in, inside: 1
END
