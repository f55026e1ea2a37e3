#!/bin/bash
# libmicrohttpd-requests - what a handler is told of two valid requests is not what was meant.
#
# Version    libmicrohttpd12 0.9.75-6 (Debian 12).
# Behaviour  1. Blanks between a header's value and the end of its line are handed over as part of
#               the value. RFC 9112 (5.1) has the parser leave them out. A server that compares or
#               signs the value as it gets it disagrees with every client that sends such a blank.
#            2. A request whose target is in absolute form ("GET http://HOST/path", which RFC 9112,
#               3.2.2, makes every server accept) reaches the handler with scheme and host as part
#               of the path, so that a server which looks the path up answers 404.
# Seen       [value \t ] and [http://127.0.0.1:PORT/a/b]; one would expect [value] and [/a/b].
#
# Needs apt, gcc, python3 and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
version=0.9.75-6
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
apt-get download -q "libmicrohttpd12=$version" "libmicrohttpd-dev=$version" >/dev/null 2>&1 ||
    { echo "cannot fetch libmicrohttpd $version"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
lib=$(dirname "$(find "$work/root" -name 'libmicrohttpd.so.12')")

cat >server.c <<'C'
#include <microhttpd.h>
#include <stdio.h>
#include <unistd.h>

static enum MHD_Result answer(void *none, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *protocol, const char *data,
                              size_t *data_bytes, void **seen)
{
    (void)none, (void)method, (void)protocol, (void)data, (void)data_bytes;
    if (!*seen) {
        *seen = connection;
        return MHD_YES;
    }
    char text[512];
    const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "X-Value");
    int length = snprintf(text, sizeof(text), "[%s] [%s]", value ? value : "", url);
    struct MHD_Response *response =
        MHD_create_response_from_buffer((size_t)length, text, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result = MHD_queue_response(connection, 200, response);
    MHD_destroy_response(response);
    return result;
}

int main(void)
{
    struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL,
                                                 answer, NULL, MHD_OPTION_END);
    if (!daemon)
        return 1;
    printf("%s %u\n", MHD_get_version(), MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    fflush(stdout);
    return pause();
}
C
gcc -o server server.c -I"$(dirname "$(find root -name microhttpd.h)")" -L"$lib" -l:libmicrohttpd.so.12
LD_LIBRARY_PATH=$lib ./server >said &
server=$!
for _ in $(seq 100); do [ -s said ] && break; sleep 0.1; done
read -r running port <said
echo "libmicrohttpd $running (package $version)"

ask() { # TARGET HEADER-LINE
    python3 - "$port" "$1" "$2" <<'PY'
import socket, sys
port, target, header = int(sys.argv[1]), sys.argv[2], sys.argv[3].encode().decode("unicode_escape")
with socket.create_connection(("127.0.0.1", port), timeout=10) as peer:
    peer.sendall(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{header}\r\n"
                 "Connection: close\r\n\r\n".encode())
    answer = b""
    while part := peer.recv(4096):
        answer += part
print(answer.split(b"\r\n\r\n", 1)[1].decode().replace("\t", "\\t"))
PY
}
blanks=$(ask /a/b 'X-Value: value \t ')
absolute=$(ask "http://127.0.0.1:$port/a/b" 'X-Value: value')
echo "a value with blanks behind it: $blanks"
echo "a target in absolute form:     $absolute"
[ "$blanks" = '[value \t ] [/a/b]' ] && [ "$absolute" = "[value] [http://127.0.0.1:$port/a/b]" ] ||
    { echo "changed: this is no longer what the header says"; exit 1; }
