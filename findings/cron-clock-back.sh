#!/bin/bash
# cron-clock-back - a job of the hour behind the repeated one runs twice when the clocks go back.
#
# Version    cron 4.4.0 with luxon 3.7.2, beside croner 11.0.1 and cron-parser 5.10.6 (npm).
# Behaviour  On the night in which the clocks go back an hour is there twice. For a job in that hour the
#            package cron does what one would guess, and runs it once. A job an hour later, which
#            nothing should touch, runs twice: in the second of the repeated hours, at a time for which
#            it was never asked, and again at its own. A lock keeps apart what runs at the same time; an
#            hour later it is free again.
# Seen       "17 3 * * *", Europe/Berlin, 25 October 2026: at 02:17 and at 03:17; "30 2 * * *" in
#            America/New_York, 1 November: at 01:30 and at 02:30. croner and cron-parser: once, at
#            its time.
#
# Needs npm, node 20 and the network of npm's packages; installs into a temporary folder.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund cron@4.4.0 luxon@3.7.2 croner@11.0.1 cron-parser@5.10.6 >npm.log 2>&1 ||
    { cat npm.log; echo "cannot install from npm"; exit 77; }
cat >run.js <<'JS'
// Runs jobs through one night, by a clock that is moved on minute by minute.
const { mock } = require("node:test");
const { CronJob } = require("cron");
const { Cron } = require("croner");
const { CronExpressionParser } = require("cron-parser");
function night(pattern, timeZone, since) {
    const clock = (date) => date.toLocaleTimeString("en-GB", { timeZone, hour: "2-digit", minute: "2-digit" });
    const start = new Date(since), end = +start + 12 * 3600e3, runs = [];
    mock.timers.enable({ apis: ["Date", "setTimeout"], now: +start });
    const job = CronJob.from({ cronTime: pattern, timeZone, start: true, onTick: () => runs.push(clock(new Date())) });
    while (Date.now() < end) mock.timers.tick(60e3);
    job.stop();
    mock.timers.reset();
    const within = (dates) => dates.filter((date) => +date < end).map(clock).join(" ");
    const next = CronExpressionParser.parse(pattern, { currentDate: start, tz: timeZone });
    console.log(`${pattern}, ${timeZone}: cron ${runs.join(" ")};`,
        `croner ${within(new Cron(pattern, { paused: true, timezone: timeZone }).nextRuns(3, start))};`,
        `cron-parser ${within([1, 2, 3].map(() => next.next().toDate()))}`);
}
for (const pattern of ["30 2 * * *", "17 3 * * *", "17 4 * * *"])
    night(pattern, "Europe/Berlin", "2026-10-24T20:00:00Z");
for (const pattern of ["30 1 * * *", "30 2 * * *"])
    night(pattern, "America/New_York", "2026-11-01T02:00:00Z");
JS
node --no-warnings run.js | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
30 2 * * *, Europe/Berlin: cron 02:30; croner 02:30; cron-parser 02:30
17 3 * * *, Europe/Berlin: cron 02:17 03:17; croner 03:17; cron-parser 03:17
17 4 * * *, Europe/Berlin: cron 04:17; croner 04:17; cron-parser 04:17
30 1 * * *, America/New_York: cron 01:30; croner 01:30; cron-parser 01:30
30 2 * * *, America/New_York: cron 01:30 02:30; croner 02:30; cron-parser 02:30
END
