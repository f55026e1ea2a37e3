#include "unit.h"

#include <errno.h>

#include "base/error.h"
#include "exit_status.h"

static void set_records_kind_and_text(void **state)
{
    (void)state;
    struct error err = {0};
    assert_int_equal(error_set(&err, ERROR_CONFIG, "no region in '%s'", "x"), -1);
    assert_int_equal(err.kind, ERROR_CONFIG);
    assert_string_equal(err.text, "no region in 'x'");
}

static void add_puts_context_in_front(void **state)
{
    (void)state;
    struct error err = {0};
    error_set(&err, ERROR_DENIED, "expired");
    error_add(&err, "reading %s", "credentials");
    assert_int_equal(err.kind, ERROR_DENIED);
    assert_string_equal(err.text, "reading credentials: expired");
}

static void system_names_the_reason(void **state)
{
    (void)state;
    struct error err = {0};
    error_system(&err, ENOENT, "opening '%s'", "f");
    assert_int_equal(err.os_errno, ENOENT);
    assert_string_equal(err.text, "opening 'f': No such file or directory");
}

static void long_texts_are_cut(void **state)
{
    (void)state;
    struct error err = {0};
    char text[3 * ERROR_TEXT_BYTES];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    error_set(&err, ERROR_USAGE, "%s", text);
    assert_int_equal(strlen(err.text), ERROR_TEXT_BYTES - 1);
    error_add(&err, "%s", text);
    assert_int_equal(strlen(err.text), ERROR_TEXT_BYTES - 1);
    error_system(&err, EIO, "%s", text);
    assert_int_equal(strlen(err.text), ERROR_TEXT_BYTES - 1);
}

static void null_is_allowed(void **state)
{
    (void)state;
    assert_int_equal(error_set(NULL, ERROR_USAGE, "x"), -1);
    assert_int_equal(error_add(NULL, "x"), -1);
    assert_int_equal(error_system(NULL, EIO, "x"), -1);
}

static void every_kind_has_its_exit_status(void **state)
{
    (void)state;
    assert_int_equal(error_exit_status(ERROR_NONE), 0);
    assert_int_equal(error_exit_status(ERROR_USAGE), 64);
    assert_int_equal(error_exit_status(ERROR_UNAVAILABLE), 69);
    assert_int_equal(error_exit_status(ERROR_GARBLED), 69);
    assert_int_equal(error_exit_status(ERROR_UNKNOWN), 69);
    assert_int_equal(error_exit_status(ERROR_INTERNAL), 70);
    assert_int_equal(error_exit_status(ERROR_SYSTEM), 71);
    assert_int_equal(error_exit_status(ERROR_LOST), 74);
    assert_int_equal(error_exit_status(ERROR_DENIED), 77);
    assert_int_equal(error_exit_status(ERROR_CONFIG), 78);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_records_kind_and_text),
        cmocka_unit_test(add_puts_context_in_front),
        cmocka_unit_test(system_names_the_reason),
        cmocka_unit_test(long_texts_are_cut),
        cmocka_unit_test(null_is_allowed),
        cmocka_unit_test(every_kind_has_its_exit_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
