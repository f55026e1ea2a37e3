#!/bin/bash
# retry-axios-at-once - who is told to try again at once does not try again.
#
# Version    retry-axios 4.0.3 with axios 1.21.1 (npm), beside axios-retry 4.5.0.
# Behaviour  A response 503 with "Retry-After: 0", or with a date that is just over when it arrives,
#            ends the request at the first attempt, whatever number of retries is configured. Both
#            are valid (RFC 9110, 10.2.3), and a date of the same second is common: it has no
#            fractions. With "Retry-After: 1", or without that header, it tries again. Its options
#            name one reason to reject because of the header: a value above maxRetryAfter.
# Seen       Two answers 503, then 200: with 1, three requests and status 200; with 0 and with a date
#            5 s ago, one request and the error 503. axios-retry: three requests and 200 each time.
#
# Needs npm, node and the network of npm; installs into a temporary folder; asks 127.0.0.1 alone.
set -euo pipefail
version=4.0.3
axios=1.21.1
other=4.5.0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund "retry-axios@$version" "axios@$axios" "axios-retry@$other" \
    >/dev/null 2>&1 || { echo "cannot fetch retry-axios $version, axios $axios, axios-retry $other"; exit 77; }

cat >ask.mjs <<'JS'
import http from "node:http";
import axios from "axios";
import axiosRetry from "axios-retry";
import * as rax from "retry-axios";

async function ask(name, prepare, retryAfter) {
    let requests = 0;
    const server = http.createServer((request, response) => {
        if (++requests < 3)
            response.writeHead(503, { "Retry-After": retryAfter() }).end();
        else
            response.end("done");
    });
    await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
    const client = axios.create({ proxy: false });
    prepare(client);
    const status = await client.get(`http://127.0.0.1:${server.address().port}/`)
        .then((answer) => answer.status, (error) => error.response?.status ?? error.code);
    server.closeAllConnections();
    server.close();
    return `${name} ${requests} requests, ${status}`;
}

const retryAxios = (client) => {
    client.defaults.raxConfig = { instance: client, retry: 3 };
    rax.attach(client);
};
const retryOther = (client) => axiosRetry(client, { retries: 3, retryDelay: axiosRetry.exponentialDelay });
for (const [text, retryAfter] of Object.entries({
    "0": () => "0",
    "1": () => "1",
    "a date 5 s ago": () => new Date(Date.now() - 5000).toUTCString(),
}))
    console.log(`${text}: ${await ask("retry-axios", retryAxios, retryAfter)}; ` +
        await ask("axios-retry", retryOther, retryAfter));
JS
node ask.mjs | tee seen

cat >expected <<'END'
0: retry-axios 1 requests, 503; axios-retry 3 requests, 200
1: retry-axios 3 requests, 200; axios-retry 3 requests, 200
a date 5 s ago: retry-axios 1 requests, 503; axios-retry 3 requests, 200
END
diff expected seen && echo "as found with retry-axios $version"
