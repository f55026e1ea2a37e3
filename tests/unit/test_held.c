#include "unit.h"

#include <stdbool.h>

#include "run/held.h"

static struct {
    const char *name;
    const char *value;
} variables[HELD_VARIABLES];

static const char *environment(const char *name)
{
    for (int i = 0; i < HELD_VARIABLES; i++)
        if (variables[i].name && strcmp(variables[i].name, name) == 0)
            return variables[i].value;
    return NULL;
}

static void set(int i, const char *name, const char *value)
{
    variables[i].name = name;
    variables[i].value = value;
}

static int begin(void **state)
{
    (void)state;
    memset(variables, 0, sizeof(variables));
    return 0;
}

static void a_command_gets_each_list_longer_by_one(void **state)
{
    (void)state;
    struct held held;
    assert_int_equal(held_make(&held, environment, "p", "me", 7, "http://a", NULL), 0);
    assert_string_equal(held.variables[0], "WITHLOCK_HELD_PREFIX=p");
    assert_string_equal(held.variables[2], "WITHLOCK_HELD_TOKEN=7");
    assert_null(held.variables[HELD_VARIABLES]);
    held_free(&held);

    set(0, "WITHLOCK_HELD_PREFIX", "outer");
    set(1, "WITHLOCK_HELD_ENDPOINT", "http://b");
    assert_int_equal(held_make(&held, environment, "p", "me", INT64_MAX, "http://a", NULL), 0);
    assert_string_equal(held.variables[0], "WITHLOCK_HELD_PREFIX=outer p");
    assert_string_equal(held.variables[1], "WITHLOCK_HELD_ID=me");
    assert_string_equal(held.variables[2], "WITHLOCK_HELD_TOKEN=9223372036854775807");
    assert_string_equal(held.variables[3], "WITHLOCK_HELD_ENDPOINT=http://b http://a");
    held_free(&held);
}

static void the_same_lock_within_itself_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *prefixes, *endpoints, *prefix, *endpoint;
        bool refused;
    } rows[] = {
        {"p", "http://a", "p", "http://a", true},
        {"q p r", "http://x http://a http://y", "p", "http://a", true},
        {"p", "http://b", "p", "http://a", false},
        {"pp", "http://a", "p", "http://a", false},
        {"p", NULL, "p", "http://a", false},
        {"", "", "p", "http://a", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error err = {0};
        set(0, "WITHLOCK_HELD_PREFIX", rows[i].prefixes);
        set(1, "WITHLOCK_HELD_ENDPOINT", rows[i].endpoints);
        int result = held_check(environment, rows[i].prefix, rows[i].endpoint, &err);
        check_row((result != 0) == rows[i].refused, rows[i].prefixes);
        check_row(result == 0 || err.kind == ERROR_USAGE, rows[i].prefixes);
    }
}

/* What held_make() could not do once the lock is held is found out before. */
static void lists_that_leave_no_room_are_refused_before_anything_is_done(void **state)
{
    (void)state;
    static const char *const names[] = {"WITHLOCK_HELD_PREFIX", "WITHLOCK_HELD_ID",
                                        "WITHLOCK_HELD_TOKEN", "WITHLOCK_HELD_ENDPOINT"};
    static char list[20000];
    char endpoint[HELD_ENDPOINT_BYTES + 1];
    memset(endpoint, 'e', HELD_ENDPOINT_BYTES);
    endpoint[HELD_ENDPOINT_BYTES] = '\0';
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        bool fitted = false, refused = false;
        for (size_t length = 13000; length <= 17000; length++) {
            struct held held;
            struct error err = {0};
            memset(list, 'x', length);
            list[length] = '\0';
            set(0, names[i], list);
            if (held_check_room(environment, "prefix", "id", &err) != 0) {
                refused = true;
                assert_int_equal(err.kind, ERROR_USAGE);
                assert_non_null(strstr(err.text, names[i]));
                continue;
            }
            fitted = true;
            assert_false(refused);
            assert_int_equal(
                held_make(&held, environment, "prefix", "id", INT64_MIN, endpoint, NULL), 0);
            held_free(&held);
        }
        check_row(fitted && refused, names[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_command_gets_each_list_longer_by_one, begin),
        cmocka_unit_test_setup(the_same_lock_within_itself_is_refused, begin),
        cmocka_unit_test_setup(lists_that_leave_no_room_are_refused_before_anything_is_done, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
