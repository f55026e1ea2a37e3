/* Who this run is, to others; and what an ID says to people. */
#include "unit.h"

#include <unistd.h>

#include "base/text.h"
#include "run/identity.h"

#define NOW ((struct wall){1795243512000}) /* 2026-11-21T06:45:12Z */

static void a_default_id_says_when_where_and_which_process(void **state)
{
    (void)state;
    struct identity identity;
    char begin[] = "20261121T064512Z-", pid[32];
    assert_int_equal(identity_make(&identity, NULL, NOW, NULL), 0);
    assert_string_equal(identity.nonce, "");
    assert_memory_equal(identity.id, begin, sizeof(begin) - 1);
    struct identity_parts parts = identity_parse(text_from(identity.id));
    (void)snprintf(pid, sizeof(pid), "%ld", (long)getpid());
    assert_true(parts.known);
    assert_true(text_equal(parts.pid, pid));
    assert_true(parts.host.length > 0);
    assert_null(memchr(parts.host.data, '.', parts.host.length));
}

static void no_two_are_alike(void **state)
{
    (void)state;
    struct identity one, other, named, again;
    assert_int_equal(identity_make(&one, NULL, NOW, NULL), 0);
    assert_int_equal(identity_make(&other, NULL, NOW, NULL), 0);
    assert_string_not_equal(one.id, other.id);
    assert_int_equal(identity_make(&named, "deploy", NOW, NULL), 0);
    assert_int_equal(identity_make(&again, "deploy", NOW, NULL), 0);
    assert_string_equal(named.id, "deploy");
    assert_int_equal(strlen(named.nonce), ATTEMPT_NONCE_BYTES);
    assert_string_not_equal(named.nonce, again.nonce);
}

static void what_an_id_says(void **state)
{
    (void)state;
    static const struct {
        const char *id, *host, *pid; /* host NULL: nothing */
    } rows[] = {
        {"20261121T064512Z-web-7-0a1b2c3d", "web", "7"},
        {"20261121T064512Z-web-1-eu-7-0a1b2c3d", "web-1-eu", "7"},
        {"20261121T064512Z-web-4294967295-0a1b2c3d", "web", "4294967295"},
        {"20261121T064512Z-web-4294967296-0a1b2c3d", NULL, NULL},
        {"20261121T064512Z-web-x-0a1b2c3d", NULL, NULL},
        {"20261121T064512Z-web-7-0a1b2c", NULL, NULL},
        {"20261121T064512-web-7-0a1b2c3d", NULL, NULL},
        {"20261121T064512ZZ-web-7-0a1b2c3d", NULL, NULL},
        {"20261121T064512Z--7-0a1b2c3d", NULL, NULL},
        {"20261121T064512Z-7-0a1b2c3d", NULL, NULL},
        {"-7-0a1b2c3d", NULL, NULL},
        {"deploy", NULL, NULL},
        {"-", NULL, NULL},
        {"", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct identity_parts parts = identity_parse(text_from(rows[i].id));
        check_row(parts.known == (rows[i].host != NULL), rows[i].id);
        if (!rows[i].host)
            continue;
        check_row(text_equal(parts.host, rows[i].host), rows[i].id);
        check_row(text_equal(parts.pid, rows[i].pid), rows[i].id);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_default_id_says_when_where_and_which_process),
        cmocka_unit_test(no_two_are_alike),
        cmocka_unit_test(what_an_id_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
