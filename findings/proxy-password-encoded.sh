#!/bin/bash
# proxy-password-encoded - axios and global-agent send the proxy's password as it stands in its URL.
#
# Version    axios 1.21.1, global-agent 4.1.6 and needle 3.5.0, beside undici 7.30.2 and https-proxy-agent
#            9.1.0 (npm), and curl of the machine.
# Behaviour  A password with "@", ":" or "%" has to be percent-encoded in https_proxy=http://USER:PASSWORD@HOST,
#            and whoever reads the URL has to decode it before it makes a Proxy-Authorization of it. axios
#            and global-agent do not, so that the proxy is sent another password; needle decodes user
#            and password as one and then splits them at each ":", so that the rest is lost. The proxy's 407
#            looks like a wrong password, while all other programs get through by the same variable.
# Seen       us%40er:p%3Ass%25w: axios and global-agent us%40er:p%3Ass%25w; needle us@er:p. undici,
#            https-proxy-agent and curl us@er:p:ss%w. One would expect this from all.
#
# Needs npm, node, curl and the network of npm's packages; installs into a temporary folder.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts axios@1.21.1 global-agent@4.1.6 needle@3.5.0 undici@7.30.2 \
    https-proxy-agent@9.1.0 >npm.log 2>&1 || { cat npm.log; echo "cannot install from npm"; exit 77; }
cat >ask.mjs <<'JS'
// Starts a proxy that lets nobody through, asks by way of it, and prints what it was sent.
import http from "node:http";
import https from "node:https";
import { spawn } from "node:child_process";
let sent = "nothing";
const note = ({ headers }) => { sent = atob((headers["proxy-authorization"] ?? "").split(" ")[1] ?? ""); };
const proxy = http.createServer((request, response) => {
    note(request);
    response.writeHead(502).end();
}).on("connect", (request, socket) => {
    note(request);
    socket.on("error", () => {}).end("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
});
await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
const url = `http://us%40er:p%3Ass%25w@127.0.0.1:${proxy.address().port}`, target = "https://example.invalid/";
const get = (options) => new Promise((resolve, reject) => https.get(target, options, resolve).on("error", reject));
for (const name of ["https_proxy", "HTTPS_PROXY", "GLOBAL_AGENT_HTTP_PROXY"]) process.env[name] = url;
for (const name of ["no_proxy", "NO_PROXY"]) delete process.env[name];
const { EnvHttpProxyAgent, fetch } = await import("undici");
for (const [name, ask] of Object.entries({
    "axios": async () => (await import("axios")).default.get(target),
    "needle": async () => (await import("needle")).default("get", target, { proxy: url }),
    "undici": () => fetch(target, { dispatcher: new EnvHttpProxyAgent() }),
    "https-proxy-agent": async () => get({ agent: new (await import("https-proxy-agent")).HttpsProxyAgent(url) }),
    "curl": () => new Promise((resolve) => spawn("curl", ["-s", target], { stdio: "ignore" }).on("exit", resolve)),
    "global-agent": async () => { // the last one, since it changes https for all
        (await import("global-agent")).bootstrap();
        await get({});
    },
})) {
    sent = "nothing";
    await ask().catch(() => {});
    console.log(`${name}: ${sent}`);
}
process.exit();
JS
node --no-warnings ask.mjs | tee seen
curl --version | head -n 1 | cut -d ' ' -f 1-2
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
axios: us%40er:p%3Ass%25w
needle: us@er:p
undici: us@er:p:ss%w
https-proxy-agent: us@er:p:ss%w
curl: us@er:p:ss%w
global-agent: us%40er:p%3Ass%25w
END
