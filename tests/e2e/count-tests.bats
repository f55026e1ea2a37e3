#!/usr/bin/env bats
# scripts/count-tests: what runners keep quiet about is red. Each runner is the real one.

COUNT="$BATS_TEST_DIRNAME/../../scripts/count-tests"

setup() {
    cd "$BATS_TEST_TMPDIR"
    mkdir -p source/tests/unit source/tests/model
    : >log
}

# log COMMAND...: runs it, and writes what meson would have.
log() {
    local status=0 result=OK
    env -u BATS_TEST_FILTER "$@" >out 2>err </dev/null || status=$?
    [ "$status" -eq 0 ] || result=FAIL
    [ "$status" -ne 77 ] || result=SKIP
    printf '%s\n' "$@" | jq -Rnc --rawfile out out --rawfile err err --arg result "$result" \
        '{name: "a test", stdout: $out, stderr: $err, result: $result, duration: 0, command: [inputs]}' >>log
}

# counted STATUS LAST-LINE TEXT...: that is what count-tests says, and all of these texts are in it.
counted() {
    local wanted=$1 last=$2 text
    shift 2
    run "$COUNT" --source source log
    echo "$output"
    [ "$status" -eq "$wanted" ]
    [ "${lines[-1]}" = "$last" ]
    for text in "$@"; do [[ "$output" == *"$text"* ]]; done
}

# cmocka NAME: builds a program of cmocka from standard input, as tests/unit/NAME.c.
cmocka() {
    { echo '#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
static int refuse(void **state) { (void)state; return -1; }
static void passes(void **state) { (void)state; }
static void fails(void **state) { (void)state; assert_true(0); }'; cat; } >"source/tests/unit/$1.c"
    gcc -w -o "$1" "source/tests/unit/$1.c" -lcmocka
}

@test "what passes, fails and is skipped is counted, one by one" {
    cmocka test_two <<'C'
static void skips(void **state) { (void)state; skip(); }
int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes),
        cmocka_unit_test(skips),
        cmocka_unit_test(fails),
    };
    return cmocka_run_group_tests(tests, refuse == NULL ? refuse : NULL, NULL);
}
C
    printf '@test "%s" {\n    %s\n}\n' one true 'two # of them' 'skip "not here"' three false >some.bats
    cat >a_test.py <<'PY'
import unittest
class A(unittest.TestCase):
    def test_a(self):
        pass
    def test_b(self):
        self.skipTest("no")
    def test_c(self):
        self.fail()
unittest.main(verbosity=2)
PY
    log ./test_two
    log bats some.bats
    log python3 a_test.py
    log true
    log sh -c 'echo "skipped: not installed"; exit 77'
    counted 1 '4 passed, 3 failed' '4 skipped' 'skipped: a test: skips' 'not here' 'test_b: no' \
        'skipped: a test: not installed' $'\n  fails\n' $'\n  three\n'
}

@test "cmocka: a group's teardown that fails, whatever the status" {
    cmocka test_teardown <<'C'
int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes),
    };
    (void)cmocka_run_group_tests(tests, NULL, refuse);
    return 0;
}
C
    log ./test_teardown
    [ "$(jq -r .result log)" = OK ]
    counted 1 '1 passed, 1 failed' 'GROUP TEARDOWN'
}

@test "cmocka: 256 failures, whose number is 0 as a status" {
    { for i in {1..256}; do echo "static void fails$i(void **state) { fails(state); }"; done
      echo 'int main(void) {
    const struct CMUnitTest tests[] = {'
      for i in {1..256}; do echo "        cmocka_unit_test(fails$i),"; done
      echo '    };
    (void)cmocka_run_group_tests(tests, NULL, NULL);
    return 0;
}'; } | cmocka test_many
    log ./test_many
    [ "$(jq -r .result log)" = OK ]
    counted 1 '0 passed, 256 failed'
}

@test "a file that has gone empty, of each kind" {
    echo 'int main(void) { return 0; }' | cmocka test_empty
    : >empty.bats
    echo 'import unittest; unittest.main()' >empty_test.py
    log ./test_empty
    counted 1 '0 passed, 1 failed' 'test_empty.c has no cases'
    : >log
    log bats empty.bats
    [ "$(jq -r .result log)" = OK ]
    counted 1 '0 passed, 1 failed' 'empty.bats has no cases'
    : >log
    log python3 empty_test.py
    counted 1 '0 passed, 1 failed' 'empty_test.py has no cases'
}

@test "cases that the source has and the run does not tell of" {
    printf '@test "%s" {\n    true\n}\n' one two >some.bats
    log bats some.bats -f one
    counted 1 '1 passed, 1 failed' 'two: did not run'
    : >log
    log sh -c 'exit 0' some.bats # silent
    counted 1 '0 passed, 2 failed' 'one: did not run' 'two: did not run'
    : >log
    echo 'check "2 runs" lock holds -DN=2' >source/tests/model/checks
    mkdir model
    echo 'echo "0 passed, 0 failed"' >model/run
    chmod +x model/run
    log ./model/run
    counted 1 '0 passed, 1 failed' '2 runs: did not run'
    : >log
    echo 'echo "ok      2 runs      expected holds   found holds"' >model/run
    log ./model/run
    counted 0 '1 passed, 0 failed'
    : >log
    printf 'import unittest\nclass A(unittest.TestCase):\n    def test_a(self):\n        pass\n' >a_test.py
    log python3 a_test.py # nobody starts it
    counted 1 '0 passed, 1 failed' 'did not run'
}

@test "a program that crashes, a log that is missing, nothing at all" {
    log sh -c 'kill -9 $$'
    counted 1 '0 passed, 1 failed' 'ended as FAIL'
    : >log
    counted 1 '0 passed, 0 failed'
    rm log
    counted 1 '0 passed, 1 failed' 'no test has written log'
}
