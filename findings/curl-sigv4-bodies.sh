#!/bin/bash
# curl-sigv4-bodies - curl --aws-sigv4 signs a body that it does not send.
#
# Version    curl 7.88.1 (Debian 12; its package's number is printed).
# Behaviour  A signature of version 4 covers the SHA-256 of the body. curl computes it of what -d
#            gives. With -T FILE or -F the body is sent as ever, but the signature is that of an
#            empty one; there is no error, no warning, and no word of it in the manual. Every such
#            request is refused by a service that verifies what it was sent. 2. Parameters of a query
#            are signed in the order in which they stand, where the canonical request has them sorted.
# Seen       -d: the body's. -T: the empty body's. -F: the empty body's. ?b=1&a=2: as it stands.
#            One would expect the body's, or a refusal to sign; and sorted parameters.
#
# Needs apt, python3 and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
version=7.88.1
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
found=$(apt-cache madison curl | awk -v v="$version" 'index($3, v) == 1 { print $3; exit }')
[ -n "$found" ] && apt-get download -q "curl=$found" "libcurl4=$found" >/dev/null 2>&1 ||
    { echo "cannot fetch curl $version"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
curl() { LD_LIBRARY_PATH=$(dirname "$(find "$work/root" -name 'libcurl.so.4')") "$work/root/usr/bin/curl" "$@"; }

# Says of which body, and of which order of parameters, a request's signature is.
cat >server.py <<'PY'
import hashlib, hmac, http.server, re

def signature(request, body, query):
    claim = dict(re.findall(r"(Credential|SignedHeaders|Signature)=([^, ]+)",
                            request.headers["Authorization"]))
    _, day, region, service, end = claim["Credential"].split("/")
    names = claim["SignedHeaders"]
    headers = "".join(f"{name}:{request.headers[name].strip()}\n" for name in names.split(";"))
    canonical = "\n".join([request.command, request.path.split("?")[0], query, headers, names,
                           hashlib.sha256(body).hexdigest()])
    key = b"AWS4secret"
    for part in (day, region, service, end):
        key = hmac.new(key, part.encode(), "sha256").digest()
    text = "\n".join(["AWS4-HMAC-SHA256", request.headers["X-Amz-Date"],
                      "/".join([day, region, service, end]),
                      hashlib.sha256(canonical.encode()).hexdigest()])
    return hmac.new(key, text.encode(), "sha256").hexdigest() == claim["Signature"]

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        query = self.path.partition("?")[2]
        ordered = "&".join(sorted(query.split("&")))
        said = [f"{name} body, {order}" for name, signed in (("the", body), ("an empty", b""))
                for order, parameters in (("sorted", ordered), ("as it stands", query))
                if signature(self, signed, parameters)]
        text = f"{len(body) > 0} {said[0] if said else 'neither'}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *words):
        pass

server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
PY
python3 server.py >port &
server=$!
for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
url=http://127.0.0.1:$(cat port)/
ask() { curl -sS --noproxy '*' --aws-sigv4 aws:amz:us-east-1:logs --user AKID:secret -X POST "$@"; }
echo '{"limit": 1}' >file
curl --version | head -n 1
echo "package $found"
data=$(ask -d @file "$url")
upload=$(ask -T file "$url")
form=$(ask -F a=b "$url")
query=$(ask -d @file "$url?b=1&a=2")
for row in "-d|$data" "-T|$upload" "-F|$form" "?b=1&a=2|$query"; do
    printf '%-9s body sent: %s; signed: %s\n' "${row%%|*}" "$(cut -d' ' -f1 <<<"${row#*|}")" \
        "$(cut -d' ' -f2- <<<"${row#*|}")"
done
[ "$data|$upload|$form|$query" = \
    "True the body, sorted|True an empty body, sorted|True an empty body, sorted|True the body, as it stands" ] ||
    { echo "changed: this is no longer what the header says"; exit 1; }
