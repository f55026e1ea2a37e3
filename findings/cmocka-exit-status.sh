#!/bin/bash
# cmocka-exit-status - a cmocka program can fail and end with 0.
#
# Version    libcmocka0 1.1.5 (Debian 12; its binary package's number is printed).
# Behaviour  cmocka_run_group_tests() returns the number of tests that failed, and its manual has
#            main() return that. So 1. a program of which 256 tests fail ends with status 0, since a
#            status has eight bits; 2. one whose group teardown fails says so on standard error,
#            counts no failure, and ends with 0.
# Seen       256 tests fail: status 0. Group teardown fails: status 0. One test fails: status 1.
#            A runner that goes by the status (make check, meson without TAP) sees green.
#
# Needs apt, gcc and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
version=1.1.5-2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
found=$(apt-cache madison libcmocka0 | awk -v v="$version" 'index($3, v) == 1 { print $3; exit }')
[ -n "$found" ] && apt-get download -q "libcmocka0=$found" "libcmocka-dev=$found" >/dev/null 2>&1 ||
    { echo "cannot fetch libcmocka $version"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
lib=$(dirname "$(find "$work/root" -name 'libcmocka.so.0')")

cat >many.c <<'C'
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

static void fails(void **state)
{
    (void)state;
    assert_true(0);
}

static void passes(void **state)
{
    (void)state;
}

static int broken_teardown(void **state)
{
    (void)state;
    return -1;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest one[] = {cmocka_unit_test(passes)};
    struct CMUnitTest many[256];
    int count = argc > 1 ? atoi(argv[1]) : 0;
    if (count == 0)
        return cmocka_run_group_tests(one, NULL, broken_teardown);
    for (int i = 0; i < count; i++)
        many[i] = (struct CMUnitTest)cmocka_unit_test(fails);
    return _cmocka_run_group_tests("many", many, (size_t)count, NULL, NULL);
}
C
gcc -o many many.c -I"$(dirname "$(find root -name cmocka.h)")" -L"$lib" -l:libcmocka.so.0
export LD_LIBRARY_PATH=$lib
status() { ./many "$@" >"$work/said" 2>&1 && echo 0 || echo $?; }
one=$(status 1)
many=$(status 256)
told=$(grep -c '256 FAILED TEST' said || true)
teardown=$(status 0)
echo "libcmocka0 $found"
echo "1 test fails: status $one"
echo "256 tests fail (said so: $told): status $many"
echo "group teardown fails: status $teardown; said: $(grep -i teardown said | head -1)"
[ "$one $many $told $teardown" = '1 0 1 0' ] ||
    { echo "changed: this is no longer what the header says"; exit 1; }
