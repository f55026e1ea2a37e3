#include "unit.h"

#include "aws/retry.h"

static void Y4_pauses_grow_to_twenty_seconds(void **state)
{
    (void)state;
    static const int64_t longest_ms[] = {1000, 2000, 4000, 8000, 16000, 20000, 20000, 20000};
    const uint32_t random[] = {0, 0x80000000, 0xffffffff};
    const int64_t least[] = {0, 50, 99}, most[] = {0, 50, 100}; /* percent */
    for (int jitter = 0; jitter < 3; jitter++) {
        struct retry retry;
        retry_init(&retry);
        for (size_t i = 0; i < 8; i++) {
            int64_t pause_ms = retry_pause_ms(&retry, false, 0, random[jitter]);
            assert_true(pause_ms >= longest_ms[i] * least[jitter] / 100);
            assert_true(pause_ms <= longest_ms[i] * most[jitter] / 100);
        }
        retry_succeeded(&retry);
        assert_true(retry_pause_ms(&retry, false, 0, UINT32_MAX) <= 1000);
    }
}

static void services_may_ask_for_a_little_more(void **state)
{
    (void)state;
    struct retry retry;
    retry_init(&retry);
    assert_int_equal(retry_pause_ms(&retry, false, 3000, 0), 3000);
    assert_int_equal(retry_pause_ms(&retry, false, 3600000, 0), RETRY_AFTER_EXTRA_MS);
    assert_int_equal(retry_pause_ms(&retry, false, 1, UINT32_MAX), 3999);
}

/* How many tries the quota allows. */
static int tries_left(struct retry retry, bool timeout)
{
    int tries = 0;
    for (; retry_affordable(&retry); tries++)
        (void)retry_pause_ms(&retry, timeout, 0, 0);
    return tries;
}

static void Y5_quota(void **state)
{
    (void)state;
    struct retry retry;
    retry_init(&retry);
    assert_int_equal(tries_left(retry, false), 100);
    assert_int_equal(tries_left(retry, true), 50);
    retry_succeeded(&retry);
    assert_int_equal(tries_left(retry, false), 100); /* never more than at first */
    for (int i = 0; i < 99; i++)
        (void)retry_pause_ms(&retry, false, 0, 0);
    assert_int_equal(tries_left(retry, false), 1);
    retry_succeeded(&retry); /* after a retry: its cost comes back */
    assert_int_equal(tries_left(retry, false), 2);
    for (int i = 0; i < 5; i++)
        retry_succeeded(&retry); /* at once: 1 each */
    assert_int_equal(tries_left(retry, false), 3);
    (void)retry_pause_ms(&retry, true, 0, 0);
    retry_succeeded(&retry);
    assert_int_equal(tries_left(retry, false), 3);
}

#define DATE    "Sun, 06 Nov 1994 08:49:37 GMT"
#define DATE_MS 784111777000

static void V5_clock(void **state)
{
    (void)state;
    static const struct {
        const char *name, *date, *age;
        int64_t local_ms, offset_ms;
        bool sure, corrected;
    } rows[] = {
        {"surely the time", DATE, "", DATE_MS - 1000, 0, true, true},
        {"long ago", DATE, "", DATE_MS + 86400000, 0, true, true},
        {"behind", DATE, "", DATE_MS - 240001, 0, false, true},
        {"ahead", DATE, NULL, DATE_MS + 240001, 0, false, true},
        {"near", DATE, "", DATE_MS - 240000, 0, false, false},
        {"near, ahead", DATE, "", DATE_MS + 240000, 0, false, false},
        {"corrected before", DATE, "", DATE_MS - 600000, 600000, false, false},
        {"corrected wrongly", DATE, "", DATE_MS, 600000, false, true},
        {"cached", DATE, "1", DATE_MS - 600000, 0, true, false},
        {"no date", NULL, "", DATE_MS - 600000, 0, true, false},
        {"bad date", "yesterday", "", DATE_MS - 600000, 0, true, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t offset_ms = rows[i].offset_ms;
        struct wall corrected = {rows[i].local_ms + offset_ms};
        bool got =
            retry_clock_offset(corrected, rows[i].date, rows[i].age, rows[i].sure, &offset_ms);
        check_row(got == rows[i].corrected, rows[i].name);
        check_row(offset_ms == (got ? DATE_MS - rows[i].local_ms : rows[i].offset_ms),
                  rows[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(Y4_pauses_grow_to_twenty_seconds),
        cmocka_unit_test(services_may_ask_for_a_little_more),
        cmocka_unit_test(Y5_quota),
        cmocka_unit_test(V5_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
