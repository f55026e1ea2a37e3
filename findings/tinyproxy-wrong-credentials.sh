#!/bin/bash
# tinyproxy-wrong-credentials - a proxy that wants other credentials says what only a server says.
#
# Version    tinyproxy-bin 1.11.1 (Debian 12; its binary package's number is printed).
# Behaviour  With BasicAuth, a request without credentials is answered 407 and Proxy-Authenticate.
#            One with wrong credentials is answered 401 Unauthorized, to CONNECT and to plain GET
#            alike. RFC 9110 (15.5.8) has 407 for both. A client of plain HTTP cannot tell this 401
#            from one of the server that it wanted to reach, and looks for the fault in the wrong
#            password.
# Seen       None: 407. Wrong: 401. (Right ones: 500 or 502, as there is no server behind.)
#
# Needs apt, curl and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
version=1.11.1-2.1
work=$(mktemp -d)
proxy=
trap '[ -z "$proxy" ] || kill "$proxy" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
found=$(apt-cache madison tinyproxy-bin | awk -v v="$version" 'index($3, v) == 1 { print $3; exit }')
[ -n "$found" ] && apt-get download -q "tinyproxy-bin=$found" >/dev/null 2>&1 ||
    { echo "cannot fetch tinyproxy-bin $version"; exit 77; }
dpkg-deb -x ./*.deb root

# A port that was free a moment ago; another one if somebody was quicker.
for _ in 1 2 3 4 5; do
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    printf 'Port %s\nListen 127.0.0.1\nTimeout 10\nMaxClients 10\nBasicAuth user right\n' "$port" >conf
    root/usr/bin/tinyproxy -d -c conf >log 2>&1 &
    proxy=$!
    for _ in $(seq 50); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break 2
        kill -0 "$proxy" 2>/dev/null || break
        sleep 0.1
    done
done

connect() { # CREDENTIALS: the proxy's status for CONNECT; the port behind is closed
    curl -s -o /dev/null -w '%{http_connect}' --noproxy '' -x "http://$1127.0.0.1:$port" https://127.0.0.1:1/ || true
}
get() {
    curl -s -o /dev/null -w '%{http_code}' --noproxy '' -x "http://$1127.0.0.1:$port" http://127.0.0.1:1/ || true
}
none="$(connect '') $(get '')"
wrong="$(connect user:wrong@) $(get user:wrong@)"
right="$(connect user:right@) $(get user:right@)"
echo "tinyproxy-bin $found; status for CONNECT and for GET"
echo "no credentials:    $none"
echo "wrong credentials: $wrong"
echo "right credentials: $right"
case "$none/$wrong/$right" in
'407 407/401 401/50'[0-9]' 50'[0-9]) ;;
*) echo "changed: this is no longer what the header says"; exit 1 ;;
esac
