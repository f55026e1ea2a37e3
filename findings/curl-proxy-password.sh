#!/bin/bash
# curl-proxy-password - libcurl decodes the proxy's password, where no manual says so.
#
# Version    libcurl4 7.88.1 (Debian 12; its package's number is printed).
# Behaviour  CURLOPT_USERNAME and CURLOPT_PASSWORD are taken as they are, and so are, going by their
#            manuals, CURLOPT_PROXYUSERNAME and CURLOPT_PROXYPASSWORD; only the older
#            CURLOPT_PROXYUSERPWD is documented to be URL-decoded. libcurl decodes all three. A password
#            with a % and two hexadecimal digits behind it never gets to the proxy as it is, and the
#            proxy's 407 looks like a wrong password.
# Seen       Set to us%40er and a%41+b, the server is sent us%40er:a%41+b, the proxy us@er:aA+b. One would
#            expect us%40er:a%41+b. A % without digits (100%) is left.
#
# Needs apt, python3, what libcurl depends on (an installed curl) and the network of Debian's packages;
# installs into a temporary folder.
set -euo pipefail
version=7.88.1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
found=$(apt-cache madison libcurl4 | awk -v v="$version" 'index($3, v) == 1 { print $3; exit }')
{ [ -n "$found" ] && apt-get download -q "libcurl4=$found" >/dev/null 2>&1; } ||
    { echo "cannot fetch libcurl4 $version"; exit 77; }
dpkg-deb -x ./*.deb root

cat >ask.py <<'PYTHON'
import base64, ctypes, socket, sys, threading

URL, PROXY, USERNAME, PASSWORD, PROXYUSERNAME, PROXYPASSWORD = 10002, 10004, 10173, 10174, 10175, 10176
curl = ctypes.CDLL(sys.argv[1])
curl.curl_easy_init.restype = ctypes.c_void_p

def ask(*options):
    """What the first request says of authorization: a server and a proxy in one, who answer 200."""
    seen = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        def answer():
            with server.accept()[0] as peer:
                seen.append(peer.recv(65536).decode())
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        thread = threading.Thread(target=answer)
        thread.start()
        here = f"http://127.0.0.1:{server.getsockname()[1]}/"
        handle = ctypes.c_void_p(curl.curl_easy_init())
        for option, value in ((URL, here), (PROXY, here)) + options:
            assert curl.curl_easy_setopt(handle, ctypes.c_int(option), ctypes.c_char_p(value.encode())) == 0
        assert curl.curl_easy_perform(handle) == 0
        curl.curl_easy_cleanup(handle)
        thread.join()
    lines = [line.split() for line in seen[0].split("\r\n") if "uthorization: Basic" in line]
    return " ".join(f"{name} {base64.b64decode(text).decode()}" for name, _, text in lines)

print(ask((USERNAME, "us%40er"), (PASSWORD, "a%41+b")))
print(ask((PROXYUSERNAME, "us%40er"), (PROXYPASSWORD, "a%41+b")))
print(ask((PROXYUSERNAME, "user"), (PROXYPASSWORD, "100%")))
PYTHON
library=$(find "$work/root" -name 'libcurl.so.4')
echo "libcurl4 $found"
env -u http_proxy -u no_proxy -u NO_PROXY timeout 60 python3 ask.py "$library" | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
Authorization: us%40er:a%41+b
Proxy-Authorization: us@er:aA+b
Proxy-Authorization: user:100%
END
