#!/bin/bash
# yajl-surrogates - yajl makes one character out of an unpaired surrogate and what stands behind it.
#
# Version    libyajl2 2.1.0 (Debian 12; its binary package's number is printed).
# Behaviour  RFC 8259 (8.2) allows "\ud800" without its other half, and leaves open what becomes of
#            it; readers keep it, replace it by U+FFFD, or refuse it. yajl, with its UTF-8 checks on,
#            takes an escape that follows for the other half whatever number it holds:
#            "\ud800\u0041" becomes U+10041, and the letter A is gone. If a plain letter follows,
#            the half becomes a question mark. No error either way.
# Seen       "\ud800\u0041" gives f0 90 81 81; "\ud800x" gives 3f 78. Python's json keeps both
#            characters of the first: d800 41.
#
# Needs apt, gcc, python3 and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
version=2.1.0-3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
found=$(apt-cache madison libyajl2 | awk -v v="$version" 'index($3, v) == 1 { print $3; exit }')
[ -n "$found" ] && apt-get download -q "libyajl2=$found" "libyajl-dev=$found" >/dev/null 2>&1 ||
    { echo "cannot fetch libyajl2 $version"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
lib=$(dirname "$(find "$work/root" -name 'libyajl.so.2')")

cat >read.c <<'C'
#include <stdio.h>
#include <string.h>
#include <yajl/yajl_parse.h>

static int take(void *context, const unsigned char *text, size_t length)
{
    (void)context;
    for (size_t i = 0; i < length; i++)
        printf("%02x ", text[i]);
    return 1;
}

int main(int argc, char **argv)
{
    const yajl_callbacks callbacks = {.yajl_string = take};
    yajl_handle parser = yajl_alloc(&callbacks, NULL, NULL);
    yajl_status status = yajl_parse(parser, (const unsigned char *)argv[argc - 1], strlen(argv[argc - 1]));
    if (status == yajl_status_ok)
        status = yajl_complete_parse(parser);
    puts(status == yajl_status_ok ? "ok" : "refused");
    yajl_free(parser);
    return 0;
}
C
gcc -o read read.c -I"$(dirname "$(dirname "$(find root -name yajl_parse.h)")")" -L"$lib" -l:libyajl.so.2
export LD_LIBRARY_PATH=$lib
pair=$(./read '["\ud83d\ude00"]')
escape=$(./read '["\ud800\u0041"]')
letter=$(./read '["\ud800x"]')
echo "libyajl2 $found"
echo "a pair, as a check of this script: $pair"
echo "half a pair and an escaped A:      $escape"
echo "half a pair and a letter x:        $letter"
python3 -c 'import json; print("Python of the second:             ", " ".join("%x" % ord(c) for c in json.loads(r"""["\ud800\u0041"]""")[0]))'
[ "$pair/$escape/$letter" = 'f0 9f 98 80 ok/f0 90 81 81 ok/3f 78 ok' ] ||
    { echo "changed: this is no longer what the header says"; exit 1; }
