#!/bin/sh
# install.sh VERSION [FOLDER] - puts a released withlock into FOLDER (~/.local/bin), with its SHA-256
# checked; needs no root. Linux on x86-64 and arm64. Uninstall: remove FOLDER/withlock.
#   WITHLOCK_RELEASES  where releases are: the tag and the file's name follow
#   WITHLOCK_SHA256    sums of which the file's must be one, set apart by blanks (default: the sum that
#                      lies beside the file, which finds damage, not forgery)
set -eu

say() { echo "install.sh: $*" >&2; }
case $# in
1 | 2) ;;
*) say "VERSION [FOLDER] are wanted"; exit 64 ;;
esac
version=${1#v} folder=${2:-$HOME/.local/bin}
: "${WITHLOCK_RELEASES:?where releases are, such as https://github.com/OWNER/withlock/releases/download}"

[ "$(uname -s)" = Linux ] || { say "withlock runs on Linux, not on $(uname -s)"; exit 69; }
case $(uname -m) in
x86_64 | amd64) arch=amd64 ;;
aarch64 | arm64) arch=arm64 ;;
*) say "there is no binary for $(uname -m); build it from source (README.md)"; exit 69 ;;
esac
file=withlock-$version-linux-$arch
url=$WITHLOCK_RELEASES/v$version/$file

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fetch() { # URL FILE
    if command -v curl >/dev/null; then curl -fsSL --retry 3 -o "$2" "$1"
    else wget -q -O "$2" "$1"; fi || { say "cannot fetch $1"; exit 69; }
}
fetch "$url" "$work/withlock"
[ -n "${WITHLOCK_SHA256:-}" ] || fetch "$url.sha256" "$work/sum"
wanted=${WITHLOCK_SHA256:-$(cut -d' ' -f1 "$work/sum")}
sum=$(sha256sum "$work/withlock" | cut -d' ' -f1)
case " $wanted " in
*" $sum "*) ;;
*) say "$url has SHA-256 $sum, not $wanted: not installed"; exit 65 ;;
esac

chmod 755 "$work/withlock"
mkdir -p "$folder"
mv "$work/withlock" "$folder/.withlock.new" && mv "$folder/.withlock.new" "$folder/withlock" # at one stroke
"$folder/withlock" --version
case :$PATH: in
*":$folder:"*) ;;
*) say "$folder is not in PATH" ;;
esac
