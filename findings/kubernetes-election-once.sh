#!/bin/bash
# kubernetes-election-once - when the leader is gone those that stand by never become leader.
#
# Version    @codedependant/kubernetes-leader-election 1.0.1 with @kubernetes/client-node 1.3.0 (npm).
# Behaviour  Electors of one lease are a group of which "one, and only one elector instance can be considered the leader";
#            after lease_duration_sec the lease "is considered expired and the election process will start again".
#            It does not: an elector tries for one lease after start(), three times in all, and from then on only when the
#            lease object is deleted, which nobody does. A leader that is killed leaves a lease that expires without
#            an event; one that ends in good order, or fails to renew once, gives it up by an update, which the
#            others pass over. So the first leader that goes is the last one, until someone is started anew.
# Seen       Against a small stand-in for the API of leases, a lease of 2 s: first is leader, second stands by for 5 s;
#            the first is killed, or ended by TERM: 12 s later the second is not leader, its process alive; a third
#            one that is started then is leader within 10 s. One would expect the second to be.
#
# Needs npm, node 20 and the network of npm's packages; installs into a temporary folder.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund @codedependant/kubernetes-leader-election@1.0.1 \
    @kubernetes/client-node@1.3.0 >npm.log 2>&1 || { cat npm.log; echo "cannot install from npm"; exit 77; }
cat >elector.js <<'JS'
const { Elector, EVENTS } = require("@codedependant/kubernetes-leader-election");
const elector = new Elector({ identity: process.argv[2], lease_name: "job", lease_duration_sec: 2, renew_interval_ms: 700 });
elector.on(EVENTS.LEADERSHIP_ACQUIRED, () => console.log("leader"));
elector.on(EVENTS.LEADERSHIP_LOST, () => console.log("lost"));
elector.start();
console.log("not leader"); // up
process.on("SIGTERM", () => setTimeout(() => process.exit(), 500)); // its own handler gives the lease up
setInterval(() => {}, 1000);
JS
cat >story.js <<'JS'
const http = require("http"), fs = require("fs"), { spawn } = require("child_process");
const pause = (ms) => new Promise((over) => setTimeout(over, ms));
let lease, version = 0, watches = [];
const tell = (type) => watches.forEach((watch) => watch.write(JSON.stringify({ type, object: lease }) + "\n"));
const server = http.createServer(async (request, response) => {
    const url = new URL(request.url, "http://localhost");
    let body = "";
    for await (const chunk of request) body += chunk;
    const answer = (status, what) => {
        response.writeHead(status, { "content-type": "application/json" });
        response.end(JSON.stringify(what));
    };
    if (url.searchParams.has("watch") || /[/]leases$/.test(url.pathname) && request.method === "GET") {
        response.writeHead(200, { "content-type": "application/json" });
        response.flushHeaders();
        if (lease) response.write(JSON.stringify({ type: "ADDED", object: lease }) + "\n");
        watches.push(response);
        response.on("close", () => { watches = watches.filter((watch) => watch !== response); });
        return;
    }
    if (request.method === "GET") return lease ? answer(200, lease) : answer(404, { kind: "Status", code: 404 });
    const next = JSON.parse(body);
    if (request.method === "PUT" && next.metadata.resourceVersion !== lease.metadata.resourceVersion)
        return answer(409, { kind: "Status", code: 409 });
    const type = lease ? "MODIFIED" : "ADDED";
    lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", ...next };
    lease.metadata = { ...next.metadata, resourceVersion: String(++version) };
    answer(type === "ADDED" ? 201 : 200, lease);
    tell(type);
});
server.keepAliveTimeout = 60000;
server.listen(0, "127.0.0.1", async () => {
    const { port } = server.address();
    fs.writeFileSync("config", JSON.stringify({ apiVersion: "v1", kind: "Config", "current-context": "here",
        clusters: [{ name: "here", cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } }],
        contexts: [{ name: "here", context: { cluster: "here", user: "me" } }], users: [{ name: "me", user: {} }] }));
    const start = (name) => {
        const child = spawn(process.execPath, ["elector.js", name], { stdio: ["ignore", "pipe", "inherit"],
            env: { ...process.env, KUBECONFIG: "config", KUBERNETES_SERVICE_HOST: "127.0.0.1" } });
        const member = { child, said: "", alive: true };
        child.stdout.on("data", (data) => { member.said = String(data).trim().split("\n").pop(); });
        child.on("exit", () => { member.alive = false; });
        return member;
    };
    for (const signal of ["SIGKILL", "SIGTERM"]) {
        lease = undefined;
        const first = start("first");
        while (first.said !== "leader") await pause(50);
        const second = start("second");
        while (second.said !== "not leader") await pause(50);
        await pause(5000);
        console.log(`${signal}: first ${first.said}, second ${second.said}`);
        first.child.kill(signal);
        await pause(12000);
        console.log(`${signal}: 12 s later the second is ${second.said}, its process ${second.alive ? "alive" : "gone"}`);
        const third = start("third");
        for (let i = 0; i < 200 && third.said !== "leader"; i++) await pause(50);
        console.log(`${signal}: the third is ${third.said}`);
        for (const { child } of [second, third]) child.kill("SIGKILL");
        await pause(500);
    }
    process.exit();
});
JS
timeout 120 node --no-warnings story.js | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
SIGKILL: first leader, second not leader
SIGKILL: 12 s later the second is not leader, its process alive
SIGKILL: the third is leader
SIGTERM: first leader, second not leader
SIGTERM: 12 s later the second is not leader, its process alive
SIGTERM: the third is leader
END
