"""Passes HTTP on to PORT, and closes each connection after its first answer without saying so.

Prints its own port."""

import http.client
import http.server
import socket
import sys


class Relay(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        upstream = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=60)
        upstream.request("POST", self.path, body, dict(self.headers))
        answer = upstream.getresponse()
        content = answer.read()
        lines = [f"HTTP/1.1 {answer.status} {answer.reason}", f"Content-Length: {len(content)}"]
        lines += [f"{name}: {value}" for name, value in answer.getheaders()
                  if name.lower() not in ("connection", "content-length")]
        # held back until the end is known: both arrive at once
        self.connection.send("\r\n".join(lines + ["", ""]).encode() + content, socket.MSG_MORE)
        self.connection.shutdown(socket.SHUT_WR)
        self.close_connection = True

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Relay)
print(server.server_port, flush=True)
server.serve_forever()
