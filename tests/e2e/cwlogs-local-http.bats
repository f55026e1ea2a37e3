#!/usr/bin/env bats
# The stand-in as a server: who may ask, signatures, TLS, what requests may take, what is no request.

load stand_in

@test "web pages cannot steer it: control paths refuse an Origin and a foreign Host" {
    start_service
    status() { curl -s -o /dev/null -w '%{http_code}' "$@"; }
    for path in _faults _reset _groups _log _stats _waiting; do
        [ "$(status -H 'Origin: https://page.example' "$URL/$path")" = 403 ]
        [ "$(status -H 'Origin: null' -d '{}' "$URL/$path")" = 403 ]
        [ "$(status -H "Origin: $URL" "$URL/$path")" = 403 ]
        [ "$(status -H 'Host: page.example' -d '{}' "$URL/$path")" = 403 ]
        [ "$(status --request-target "http://page.example/$path" "$URL/")" = 403 ]
    done
    [ "$(status -H 'Origin: null' -H 'Content-Type: text/plain' -d '{"outage":"refuse"}' "$URL/_faults")" = 403 ]
    [ "$(control /_faults | jq -r .outage)" = none ]
    for host in localhost 127.0.0.1 127.3.2.1:99 '[::1]:4586'; do
        [ "$(status -H "Host: $host" "$URL/_log")" = 200 ]
    done
    [ "$(status -H 'Host: page.example' -d '{}' -H 'X-Amz-Target: Logs_20140328.DescribeLogGroups' "$URL/")" = 200 ]
    stop_service
    local name=$(hostname)
    getent hosts "$name" >/dev/null || return 0
    start_service --listen "$name:0"
    URL="http://$name:${URL##*:}"
    [ "$(status "$URL/_log")" = 200 ]
}

@test "blanks around a header's value and a whole URL as target are what HTTP makes of them" {
    start_service --credentials AKID:secret
    faults '{}'
    raw() { # TARGET HEADER...: sends a call signed for /, prints its status
        local target=$1
        shift
        python3 - "$URL" "$target" "$@" <<'PY'
import hashlib, hmac, socket, sys, time
url, target, extra = sys.argv[1], sys.argv[2], [h.encode().decode("unicode_escape") for h in sys.argv[3:]]
host = url.removeprefix("http://")
now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
operation, body = "Logs_20140328.DescribeLogGroups", "{}"
names = "host;x-amz-date;x-amz-target"
canonical = f"POST\n/\n\nhost:{host}\nx-amz-date:{now}\nx-amz-target:{operation}\n\n{names}\n" \
    + hashlib.sha256(body.encode()).hexdigest()
key = b"AWS4secret"
for part in (now[:8], "us-east-1", "logs", "aws4_request"):
    key = hmac.new(key, part.encode(), "sha256").digest()
scope = f"{now[:8]}/us-east-1/logs/aws4_request"
text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n" + hashlib.sha256(canonical.encode()).hexdigest()
signature = hmac.new(key, text.encode(), "sha256").hexdigest()
headers = [h for h in (f"Host: {host}", f"X-Amz-Date: {now}", f"X-Amz-Target: {operation}")
           if not any(e.split(":")[0] == h.split(":")[0] for e in extra)]
request = "\r\n".join([f"POST {target} HTTP/1.1", *headers, *extra, "Content-Length: 2",
    f"Authorization: AWS4-HMAC-SHA256 Credential=AKID/{scope}, SignedHeaders={names}, Signature={signature}",
    "Connection: close", "", body])
with socket.create_connection(host.rsplit(":", 1), timeout=20) as peer:
    peer.sendall(request.encode())
    print(peer.recv(4096).decode().split()[1])
PY
    }
    [ "$(raw /)" = 200 ]
    [ "$(raw / 'X-Amz-Target: Logs_20140328.DescribeLogGroups \t ')" = 200 ]
    [ "$(raw / 'X-Amz-Target: \t Logs_20140328.DescribeLogGroups')" = 200 ]
    [ "$(raw / 'X-Amz-Target: Logs_20140328.DescribeLog Groups')" = 400 ]
    [ "$(raw "$URL/")" = 200 ]
    [ "$(raw "$URL")" = 200 ]
    [ "$(raw "$URL/" 'Host: other')" = 200 ] # the target's counts
    [ "$(raw "http://other/" )" = 400 ]      # and is not what was signed
    [ "$(control /_stats | jq .DescribeLogGroups.ok)" -eq 6 ]
}

@test "memory has a limit: groups beyond it are refused, and it can be had again" {
    start_service --memory-mib 2
    local value=$(printf 'v%.0s' {1..256})
    local tags=$(jq -nc --arg v "$value" '[range(50) | {key: "k\(.)", value: $v}] | from_entries')
    local made=0
    while call CreateLogGroup "{\"logGroupName\":\"p/$made\",\"tags\":$tags}" && [ "$HTTP" = 200 ]; do
        made=$((made + 1))
        [ "$made" -lt 400 ]
    done
    [ "$made" -gt 50 ]
    [ "$HTTP" = 500 ]
    body '.__type == "ServiceUnavailableException" and (.message | contains("memory"))'
    absent "p/$made"
    ok DeleteLogGroup '{"logGroupName":"p/0"}'
    curl -sf -X POST "$URL/_reset"
    ok CreateLogGroup "{\"logGroupName\":\"p/0\",\"tags\":$tags}"
    service_refuses 64 "--memory-mib: '0' is not a whole number from 1 to 1048576" --memory-mib 0
    service_refuses 64 "--memory-mib: 'x' is not a whole number from 1 to 1048576" --memory-mib x
}

@test "unfinished requests have a limit for all together, and harm nobody else" {
    start_service
    python3 - "$URL" <<'PY'
import json, socket, sys, threading, urllib.request
url, size, kept_back = sys.argv[1], 7 << 20, 10000
host = url.removeprefix("http://")
head = ("POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: Logs_20140328.PutLogEvents\r\n"
        f"Content-Length: {size}\r\n\r\n")
finish, statuses = threading.Event(), []
sent = threading.Semaphore(0)

def upload():
    """All but the end; then a byte now and then, since idle connections are closed; then the end."""
    with socket.create_connection(host.rsplit(":", 1), timeout=60) as peer:
        peer.sendall(head.encode() + b" " * (size - kept_back))
        sent.release()
        left = kept_back
        while not finish.wait(0.5):
            peer.sendall(b" ")
            left -= 1
        peer.sendall(b" " * (left - 2) + b"{}")
        statuses.append(int(peer.recv(4096).split()[1]))

def run(count):
    threads = [threading.Thread(target=upload) for _ in range(count)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert sent.acquire(timeout=120)
    request = urllib.request.Request(url, b"{}", {"X-Amz-Target": "Logs_20140328.DescribeLogGroups"})
    assert json.load(urllib.request.urlopen(request, timeout=60)) == {"logGroups": []}
    finish.set()
    for thread in threads:
        thread.join(120)

run(12)  # 84 MiB, of which 64 are kept
assert len(statuses) == 12 and statuses.count(500) >= 3 and statuses.count(400) >= 5, statuses
run(1)  # there is room again
assert statuses[-1] == 400, statuses
PY
    [ "$(control /_stats | jq '.PutLogEvents.ServiceUnavailableException >= 3')" = true ]
}

@test "signatures are verified where credentials are given" {
    start_service --credentials AKID:secret --credentials AKIDT:secret2:token --region us-east-1
    signed() { call DescribeLogGroups '{}' --aws-sigv4 "aws:amz:${2:-us-east-1}:logs" --user "$1" "${@:3}"; }
    refused MissingAuthenticationTokenException DescribeLogGroups '{}'
    call DescribeLogGroups '{}' -H 'Authorization: Basic x'
    body '.__type == "IncompleteSignatureException"'
    signed AKID:secret
    [ "$HTTP" = 200 ]
    signed AKID:wrong
    body '.__type == "InvalidSignatureException" and (.message | startswith("The request signature we calculated"))'
    signed NOBODY:secret
    body '.__type == "UnrecognizedClientException"'
    signed AKIDT:secret2
    body '.__type == "UnrecognizedClientException"'
    signed AKIDT:secret2 us-east-1 -H 'X-Amz-Security-Token: token'
    [ "$HTTP" = 200 ]
    signed AKIDT:secret2 us-east-1 -H 'X-Amz-Security-Token: tokem'
    body '.__type == "UnrecognizedClientException"'
    signed AKID:secret us-west-2
    body '.__type == "InvalidSignatureException" and (.message | contains("valid region, not '"'us-west-2'"'"))'
    faults '{"expired_key":"AKID"}'
    signed AKID:secret
    body '.__type == "ExpiredTokenException"'
    faults '{"expired_key":"","date_offset_s":400}'
    signed AKID:secret
    body '.__type == "InvalidSignatureException" and (.message | test("^Signature expired: [0-9TZ]+ is now earlier than [0-9TZ]+ \\([0-9TZ]+ - 5 min.\\)$"))'
    faults '{"date_offset_s":-400}'
    signed AKID:secret
    body '.__type == "InvalidSignatureException" and (.message | test("^Signature not yet current: .* is still later than .* \\+ 5 min.\\)$"))'
    faults '{"date_offset_s":200}'
    signed AKID:secret
    [ "$HTTP" = 200 ]
    [ "$(control /_stats | jq .DescribeLogGroups.ok)" -eq 3 ]
}

@test "TLS with a private CA" {
    private_ca
    start_service --tls-cert "$CERTIFICATE" --tls-key "$KEY"
    [[ "$URL" == https://127.0.0.1:* ]]
    call CreateLogGroup '{"logGroupName":"p/a"}'
    cut_off
    [ "$CURL" -eq 60 ] # the certificate's issuer is not known
    call CreateLogGroup '{"logGroupName":"p/a"}' -k --tls-max 1.1
    cut_off
    ok CreateLogGroup '{"logGroupName":"p/a"}' --cacert "$CA"
    call DescribeLogGroups '{}' --cacert "$CA"
    body '.logGroups | length == 1'
    [ "$(curl -s --cacert "$CA" -o /dev/null -o /dev/null -w '%{num_connects} ' -d '{}' "$URL/" "$URL/")" = '1 0 ' ]
    run curl -s "http://${URL#https://}/_stats" # not even HTTP
    [ "$status" -ne 0 ]
    curl -sf --cacert "$CA" -d '{"lost_response_rate":1}' "$URL/_faults" >/dev/null
    call DeleteLogGroup '{"logGroupName":"p/a"}' --cacert "$CA"
    cut_off
    [ "$(curl -sf --cacert "$CA" "$URL/_groups")" = '[]' ]
}

@test "connections are kept alive" {
    start_service
    run curl -s -o /dev/null -o /dev/null -w '%{num_connects} ' -d '{}' "$URL/" "$URL/"
    [ "$output" = '1 0 ' ]
}

@test "what is no request of the API does no harm" {
    start_service
    [ "$(curl -s "$URL/" | jq -r .__type)" = UnknownOperationException ]
    [ "$(curl -s -d '{}' "$URL/some/where" | jq -r .__type)" = UnknownOperationException ]
    exec 9<>"/dev/tcp/127.0.0.1/${URL##*:}"
    printf 'nonsense\r\n\r\n' >&9
    exec 9>&-
    exec 9<>"/dev/tcp/127.0.0.1/${URL##*:}"
    printf 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{' >&9 # and gone
    exec 9>&-
    head -c 9000000 /dev/zero | tr '\0' 'a' >"$BATS_TEST_TMPDIR/large"
    [ "$(curl -s -o /dev/null -w '%{http_code}' -H 'X-Amz-Target: Logs_20140328.DescribeLogGroups' \
        --data-binary "@$BATS_TEST_TMPDIR/large" "$URL/")" = 413 ]
    ok DescribeLogGroups ''
    ok DescribeLogGroups '{"unknown":[{"a":1}],"nextToken":null}'
}
