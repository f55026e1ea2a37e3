#!/usr/bin/env python3
"""A server that answers as no CloudWatch Logs would. Prints its URL, then serves until killed.

Usage: odd_server.py KIND

KIND is a name of ANSWERS (the same bytes to every request), or endless (a body without an end),
deaf (accepts, says nothing), shut (closes at once), half (closes within the answer), or labels
(all is well, but a listing names a holder with control characters, in JSON escapes).
"""

import gzip
import json
import socket
import sys
import threading
import time

ENDLESS_CHUNK = b" " * 65536


def http(status, content_type, body, extra=b""):
    return b"HTTP/1.1 %s\r\nContent-Type: %s\r\n%sContent-Length: %d\r\n\r\n%s" % (
        status, content_type, extra, len(body), body)


JSON = b"application/x-amz-json-1.1"
HTML = b"<!DOCTYPE html><html><body><h1>It works!</h1></body></html>"

ANSWERS = {
    "garbage": b"\x00\xff\xfe\x01SSH-2.0-OpenSSH_9.2\r\n\r\n" + bytes(range(256)),
    "html": http(b"200 OK", b"text/html", HTML),
    "html-404": http(b"404 Not Found", b"text/html", HTML),
    "html-502": http(b"502 Bad Gateway", b"text/html", HTML),
    "redirect": http(b"301 Moved Permanently", b"text/html", HTML,
                     b"Location: http://127.0.0.1:9/\r\n"),
    "bytes": http(b"200 OK", JSON, bytes(range(256)) * 8),
    "empty-200": http(b"200 OK", JSON, b""),
    "truncated": http(b"200 OK", JSON, b'{"logGroups":[{"logGroupName":"a'),
    "wrong-types": http(b"200 OK", JSON, b'{"logGroups":[{"logGroupName":7,"creationTime":"x"}]}'),
    "no-groups": http(b"200 OK", JSON, b"{}"),
    "unterminated": http(b"200 OK", JSON, b'{"logGroups":[]} "x'),
    "far-future": http(b"400 Bad Request", JSON,
                       b'{"__type":"InvalidSignatureException","message":"expired"}',
                       b"Date: Fri, 31 Dec 9999 23:59:59 GMT\r\n"),
    "gzip": http(b"200 OK", JSON, gzip.compress(b'{"logGroups":[]}'), b"Content-Encoding: gzip\r\n"),
    "rot13": http(b"200 OK", JSON, b"{}", b"Content-Encoding: rot13\r\n"),
    "long-header": http(b"200 OK", JSON, b"{}", b"X: " + b"x" * 40000 + b"\r\n"),
    "deep": http(b"200 OK", JSON, b'{"logGroups":' + b"[" * 100000),
    "error-text": http(b"400 Bad Request", JSON, b'{"__type":"NoSuchThing","message":"a\\u001b[31m\\nb"}'),
}


def endless(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\n\r\n{\"logGroups\":[" % JSON)
    while True:
        connection.sendall(ENDLESS_CHUNK)


def read_request(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return None
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = [int(line.split(b":")[1]) for line in head.split(b"\r\n")
              if line.lower().startswith(b"content-length:")]
    while length and len(body) < length[0]:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


class Labels:
    """Remembers creates; lists them all, and a claim that an unkind person has made."""

    def __init__(self):
        self.groups = {"locks/a/evil\x1b]0;owned\x07#t900#g1#q1#h#k7#l\x1b[2Jlabel\n":
                       int(time.time() * 1000)}

    def answer(self, request):
        head, _, body = request.partition(b"\r\n\r\n")
        said = json.loads(body)
        if b".CreateLogGroup" in head:
            self.groups[said["logGroupName"]] = int(time.time() * 1000)
        elif b".DeleteLogGroup" in head:
            self.groups.pop(said["logGroupName"], None)
        else:
            listed = [{"logGroupName": name, "creationTime": made}
                      for name, made in sorted(self.groups.items())]
            return http(b"200 OK", JSON, json.dumps({"logGroups": listed}).encode())
        return http(b"200 OK", JSON, b"")


def serve(kind, connection, labels):
    try:
        if kind == "shut":
            return
        while True:
            request = read_request(connection)
            if request is None:
                return
            if kind == "deaf":
                time.sleep(3600)
            elif kind == "endless":
                endless(connection)
            elif kind == "half":
                connection.sendall(ANSWERS["truncated"][:-5])
                return
            elif kind == "labels":
                connection.sendall(labels.answer(request))
            else:
                connection.sendall(ANSWERS[kind])
                if kind == "garbage":
                    return
    except OSError:
        pass
    finally:
        connection.close()


def main():
    listener = socket.create_server(("127.0.0.1", 0))
    labels = Labels()
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(sys.argv[1], connection, labels), daemon=True).start()


main()
