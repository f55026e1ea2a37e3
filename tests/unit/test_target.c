#include "unit.h"

#include "cwlogs-local/target.h"

static void targets_are_taken_apart(void **state)
{
    (void)state;
    static const struct {
        const char *raw, *authority, *path, *query;
    } rows[] = {
        {"/", "", "/", ""},
        {"/_log?after=7", "", "/_log", "after=7"},
        {"/a?", "", "/a", ""},
        {"/a?b?c", "", "/a", "b?c"},
        {"*", "", "*", ""},
        {"http://127.0.0.1:4586/", "127.0.0.1:4586", "/", ""},
        {"HTTPS://Host/_log?after=7", "Host", "/_log", "after=7"},
        {"http://host", "host", "/", ""},
        {"http://host?a=b", "host", "/", "a=b"},
        {"http://[::1]:80/x", "[::1]:80", "/x", ""},
        {"/http://host/", "", "/http://host/", ""},
        {"", "", "/", ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct target target = target_read(text_from(rows[i].raw));
        check_row(text_equal(target.authority, rows[i].authority), rows[i].raw);
        check_row(text_equal(target.path, rows[i].path), rows[i].raw);
        check_row(text_equal(target.query, rows[i].query), rows[i].raw);
    }
}

static void hosts_of_our_own(void **state)
{
    (void)state;
    static const struct {
        const char *host, *listen;
        bool own;
    } rows[] = {
        {"127.0.0.1:4586", "127.0.0.1:4586", true},
        {"127.0.0.1", "127.0.0.1:4586", true},
        {"127.9.8.7:1", "0.0.0.0:4586", true},
        {"localhost:4586", "127.0.0.1:4586", true},
        {"LocalHost", "127.0.0.1:4586", true},
        {"[::1]:4586", "127.0.0.1:4586", true},
        {"[::1]", "[::]:0", true},
        {"stand-in:4586", "stand-in:4586", true},
        {"STAND-IN", "stand-in:4586", true},
        {"10.1.2.3:4586", "10.1.2.3:4586", true},
        {"[fd00::1]:4586", "[fd00::1]:0", true},
        {"10.1.2.3:4586", "10.1.2.4:4586", false},
        {"evil.example", "127.0.0.1:4586", false},
        {"evil.example:4586", "0.0.0.0:4586", false},
        {"localhost.evil.example", "127.0.0.1:4586", false},
        {"127.0.0.1.evil.example", "127.0.0.1:4586", false},
        {"1270.0.0.1", "127.0.0.1:4586", false},
        {"128.0.0.1", "127.0.0.1:4586", false},
        {"", "127.0.0.1:4586", false},
        {":4586", ":4586", false},
        {"[::2]", "127.0.0.1:4586", false},
        {"[::1", "127.0.0.1:4586", true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_row(target_is_own_host(text_from(rows[i].host), text_from(rows[i].listen)) ==
                      rows[i].own,
                  rows[i].host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_are_taken_apart),
        cmocka_unit_test(hosts_of_our_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
