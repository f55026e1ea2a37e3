#!/usr/bin/env python3
"""The services that give out credentials, for tests: STS, SSO portal and OIDC, sign-in, the
container host and instance metadata, all on one loopback port.

    aws_endpoints.py [--tls-cert F --tls-key F]     prints "listening on URL"

POST /_set takes JSON that changes STATE below; GET /_log gives the requests so far, GET /_counts how
many keys each source has given out, POST /_reset forgets them. Keys are called SOURCE-N, their secrets secret-SOURCE-N, their tokens
token-SOURCE-N, N counting from 1. Signatures (SigV4) and proofs (DPoP) are verified here with
nothing but the standard library, independently of withlock's own code.
"""
import argparse
import base64
import collections
import datetime
import hashlib
import hmac
import json
import ssl
import sys
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FIRST = {
    "lifetime_s": 3600,  # of keys
    "token_lifetime_s": 3600,  # of tokens
    "fail": {},  # source -> list of statuses to answer with first, one each
    "down": {},  # source -> status to answer with always
    "secrets": {"AKIDSTATIC": "static-secret"},  # of keys that may assume a role
    "refuse": "",  # a code with which STS refuses
    "mfa": "",  # code that STS wants
    "identity": ["web-token"],  # tokens that STS accepts for a web identity
    "bearer": {"sso-token": 1e12},  # tokens that the portal accepts, and until when
    "refresh_token": {},  # that oidc and signin accept next; at first refresh-0
    "authorization": "",  # that the container host wants
    "imds": "v2",  # or "v1", "none" (no role)
    "busy": 0,  # so many times 503 for each request of those whose application id is an odd number
    "skew_s": 0,  # the services' clock
    "lenient": False,  # static keys may have any token
}
STATE = json.loads(json.dumps(FIRST))
LOG = []
ASKED = collections.Counter()
COUNTS = collections.Counter()


def now():
    return time.time() + STATE["skew_s"]


def iso(seconds):
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def keys(source):
    COUNTS[source] += 1
    name = f"{source}-{COUNTS[source]}"
    STATE["secrets"][name] = f"secret-{name}"
    return name, f"secret-{name}", f"token-{name}", now() + STATE["lifetime_s"]


class Refused(Exception):
    def __init__(self, status, code, message=""):
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


# --- SigV4, from the description in the IAM User Guide


def verify_signature(request, body, service):
    header = request.headers.get("Authorization", "")
    if not header.startswith("AWS4-HMAC-SHA256 "):
        raise Refused(403, "MissingAuthenticationToken")
    parts = dict(part.strip().split("=", 1) for part in header.split(" ", 1)[1].split(","))
    key_id, date, region, named, _ = parts["Credential"].split("/")
    secret = STATE["secrets"].get(key_id)
    stamp = request.headers["X-Amz-Date"]
    if secret is None or named != service:
        raise Refused(403, "InvalidClientTokenId", "unknown key")
    token = "token-" + secret[len("secret-") :] if secret.startswith("secret-") else None
    if not STATE["lenient"] and token != request.headers.get("X-Amz-Security-Token"):
        raise Refused(403, "InvalidClientTokenId", "wrong token")
    signed = parts["SignedHeaders"].split(";")
    for name in ["host", "x-amz-date"] + (["x-amz-security-token"] if token else []):
        if name not in signed:
            raise Refused(403, "IncompleteSignature", name)
    path, _, query = request.path.partition("?")
    lines = [request.command, urllib.parse.quote(path, safe="/-_.~"), query]
    lines += [f"{name}:{request.headers[name].strip()}" for name in signed]
    lines += ["", parts["SignedHeaders"], hashlib.sha256(body).hexdigest()]
    scope = f"{date}/{region}/{service}/aws4_request"
    canonical = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{canonical}"
    key = ("AWS4" + secret).encode()
    for part in [date, region, service, "aws4_request", text]:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    if key.hex() != parts["Signature"]:
        raise Refused(403, "SignatureDoesNotMatch")
    at = datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
    if abs(at.timestamp() - now()) > 300:
        raise Refused(403, "SignatureDoesNotMatch", "Signature not yet current or expired")
    return key_id, region


# --- DPoP (RFC 9449): ES256 over P-256, by the book

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def add(one, two):
    if one is None or two is None:
        return one or two
    if one[0] == two[0]:
        if (one[1] + two[1]) % P == 0:
            return None
        slope = (3 * one[0] * one[0] - 3) * pow(2 * one[1], -1, P)
    else:
        slope = (two[1] - one[1]) * pow(two[0] - one[0], -1, P)
    x = (slope * slope - one[0] - two[0]) % P
    return x, (slope * (one[0] - x) - one[1]) % P


def times(factor, point):
    total = None
    while factor:
        if factor & 1:
            total = add(total, point)
        point = add(point, point)
        factor >>= 1
    return total


def decode(text):
    if "=" in text:
        raise Refused(400, "invalid_dpop_proof", "padding")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verify_proof(request, url):
    head, claims, signature = request.headers["DPoP"].split(".")
    header, said, raw = json.loads(decode(head)), json.loads(decode(claims)), decode(signature)
    jwk = header["jwk"]
    if (header["typ"], header["alg"], jwk["kty"], jwk["crv"]) != ("dpop+jwt", "ES256", "EC", "P-256"):
        raise Refused(400, "invalid_dpop_proof", "header")
    if "d" in jwk or len(raw) != 64 or said["htm"] != "POST" or said["htu"] != url:
        raise Refused(400, "invalid_dpop_proof", "claims")
    if abs(said["iat"] - now()) > 300 or said["jti"] in COUNTS:
        raise Refused(400, "invalid_dpop_proof", "time or reuse")
    COUNTS[said["jti"]] += 1
    point = tuple(int.from_bytes(decode(jwk[axis]), "big") for axis in "xy")
    if (point[1] ** 2 - point[0] ** 3 + 3 * point[0] - B) % P:
        raise Refused(400, "invalid_dpop_proof", "point")
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    digest = int.from_bytes(hashlib.sha256(f"{head}.{claims}".encode()).digest(), "big")
    inverse = pow(s, -1, N)
    where = add(times(digest * inverse % N, G), times(r * inverse % N, point))
    if where is None or where[0] % N != r:
        raise Refused(400, "invalid_dpop_proof", "signature")


# --- the services


def sts(request, body):
    asked = {k: v[0] for k, v in urllib.parse.parse_qs(body.decode(), strict_parsing=True).items()}
    action = asked["Action"]
    if not request.headers["Content-Type"].startswith("application/x-www-form-urlencoded"):
        raise Refused(400, "ContentType")
    if STATE["refuse"]:
        raise Refused(403, STATE["refuse"], "not <you> & not now")
    if action == "AssumeRoleWithWebIdentity":
        if "Authorization" in request.headers:
            raise Refused(400, "Signed")
        if asked["WebIdentityToken"] not in STATE["identity"]:
            raise Refused(400, "InvalidIdentityToken")
        source = "web"
    else:
        by, region = verify_signature(request, body, "sts")
        LOG[-1].update(by=by, region=region)
        if STATE["mfa"] and asked.get("TokenCode") != STATE["mfa"]:
            raise Refused(403, "AccessDenied", "MultiFactorAuthentication failed")
        source = {"FIRST": "first", "CHAIN": "chain"}.get(asked["RoleArn"], "role")
    LOG[-1]["asked"] = asked
    key, secret, token, until = keys(source)
    return 200, "text/xml", f"""<?xml version="1.0"?>
<!-- <Credentials>no</Credentials> --><{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
 <{action}Result><AssumedRoleUser><Arn a="&gt;>">{asked['RoleArn']}</Arn></AssumedRoleUser>
  <Credentials><Expiration>{iso(until)}</Expiration><Unknown/>
   <SessionToken><![CDATA[{token}]]></SessionToken><SecretAccessKey>{secret}</SecretAccessKey>
   <AccessKeyId>{key}</AccessKeyId></Credentials></{action}Result></{action}Response>"""


def portal(request, query):
    if now() > STATE["bearer"].get(request.headers.get("x-amz-sso_bearer_token"), 0):
        raise Refused(401, "UnauthorizedException", "Session token not found or invalid")
    LOG[-1]["asked"] = query
    key, secret, token, until = keys("sso")
    return {
        "roleCredentials": {
            "accessKeyId": key, "secretAccessKey": secret, "sessionToken": token,
            "expiration": int(until * 1000),
        }
    }


def next_refresh(source, given):
    if given != STATE["refresh_token"].get(source, "refresh-0"):
        raise Refused(400, "invalid_grant", "unknown refresh token")
    COUNTS["refresh-" + source] += 1
    STATE["refresh_token"][source] = f"refresh-{COUNTS['refresh-' + source]}"
    return STATE["refresh_token"][source]


def oidc(asked):
    if asked["grantType"] != "refresh_token" or asked["clientSecret"] != "client-secret":
        raise Refused(400, "invalid_client")
    refresh = next_refresh("oidc", asked["refreshToken"])
    access = f"sso-token-{COUNTS['refresh-oidc']}"
    STATE["bearer"][access] = now() + STATE["token_lifetime_s"]
    return {"accessToken": access, "expiresIn": STATE["token_lifetime_s"], "tokenType": "Bearer",
            "refreshToken": refresh}


def signin(request, asked, base):
    if "Authorization" in request.headers or asked["grantType"] != "refresh_token":
        raise Refused(400, "INVALID_REQUEST")
    verify_proof(request, base + request.path)
    refresh = next_refresh("signin", asked["refreshToken"])
    key, secret, token, _ = keys("login")
    return {"accessToken": {"accessKeyId": key, "secretAccessKey": secret, "sessionToken": token},
            "tokenType": "aws_sigv4", "expiresIn": int(STATE["lifetime_s"]),
            "refreshToken": refresh}


def key_document(source):
    key, secret, token, until = keys(source)
    return {"Code": "Success", "AccessKeyId": key, "SecretAccessKey": secret, "Token": token,
            "Expiration": iso(until)}


def container(request):
    if request.headers.get("Authorization", "") != STATE["authorization"]:
        raise Refused(403, "AccessDenied", "Authorization")
    document = key_document("container")
    if request.path.endswith(("/empty", "/null")):
        document["Token"] = "" if request.path.endswith("/empty") else None
    return document


def is_busy(request):
    _, _, client = request.headers.get("User-Agent", "").partition(" app/")
    ASKED[client, request.path] += 1
    odd = client.isdigit() and int(client) % 2 == 1
    return odd and ASKED[client, request.path] <= STATE["busy"]


def imds(request, path):
    if is_busy(request):
        raise Refused(503, "")
    token = request.headers.get("x-aws-ec2-metadata-token")
    if request.command == "PUT":
        if STATE["imds"] == "v1":
            raise Refused(403, "")
        if not request.headers.get("x-aws-ec2-metadata-token-ttl-seconds", "").isdigit():
            raise Refused(400, "")
        COUNTS["imds-token"] += 1
        return 200, "text/plain", f"imds-token-{COUNTS['imds-token']}"
    given = [f"imds-token-{number}" for number in range(1, COUNTS["imds-token"] + 1)]
    if STATE["imds"] != "v1" and token not in given:
        raise Refused(401, "")
    if path == "/latest/meta-data/placement/availability-zone":
        return 200, "text/plain", "eu-central-1b"
    if path == "/latest/meta-data/iam/security-credentials/" and STATE["imds"] != "none":
        return 200, "text/plain", "instance-role"
    if path == "/latest/meta-data/iam/security-credentials/instance-role":
        return key_document("imds")
    raise Refused(404, "")


def source_of(path):
    if path == "/":
        return "sts"
    for prefix, source in [("/federation/", "portal"), ("/token", "oidc"), ("/v1/token", "signin"),
                           ("/container", "container"), ("/latest/", "imds")]:
        if path.startswith(prefix):
            return source
    raise Refused(404, "UnknownPath")


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # a herd may connect at once


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def date_time_string(self, timestamp=None):
        return super().date_time_string(now() if timestamp is None else timestamp)

    def serve(self, path, body):
        source = source_of(path)
        LOG.append({"source": source, "line": f"{self.command} {self.path}",
                    "agent": self.headers.get("User-Agent", ""), "at": time.time(),
                    "host": self.headers.get("Host", "")})
        if source in STATE["down"]:
            raise Refused(STATE["down"][source], "Planned", "down for good")
        if STATE["fail"].get(source):
            raise Refused(STATE["fail"][source].pop(0), "Planned", "as it was planned")
        if source == "sts":
            return sts(self, body)
        if source == "portal":
            return portal(self, dict(urllib.parse.parse_qsl(self.path.partition("?")[2])))
        if source == "oidc":
            return oidc(json.loads(body))
        if source == "signin":
            return signin(self, json.loads(body), self.server.base)
        if source == "container":
            return container(self)
        return imds(self, path)

    def control(self, path, body):
        if path == "/_set":
            STATE.update(json.loads(body))
        elif path == "/_reset":
            STATE.clear()
            STATE.update(json.loads(json.dumps(FIRST)))
            LOG.clear()
            ASKED.clear()
            COUNTS.clear()
        return COUNTS if path == "/_counts" else LOG

    def do(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        try:
            given = self.control(path, body) if path.startswith("/_") else self.serve(path, body)
        except Refused as why:
            if path == "/":
                given = (why.status, "text/xml", "<ErrorResponse><Error><Code>" + why.code +
                         "</Code><Message>" + why.message.replace("&", "&amp;").replace("<", "&lt;")
                         + "</Message></Error></ErrorResponse>")
            else:
                given = (why.status, "application/json", json.dumps(
                    {"error": why.code, "message": why.message, "secret": "do-not-print"}))
        if not isinstance(given, tuple):
            given = (200, "application/json", json.dumps(given))
        status, kind, text = given
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_POST = do_PUT = do


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tls-cert")
    parser.add_argument("--tls-key")
    options = parser.parse_args()
    server = Server(("127.0.0.1", 0), Handler)
    server.base = f"http://127.0.0.1:{server.server_port}"
    if options.tls_cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.tls_cert, options.tls_key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.base = f"https://localhost:{server.server_port}"
    print(f"listening on {server.base}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
