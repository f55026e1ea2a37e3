#include "unit.h"

#include "aws/retry.h"

static struct retry_budget budget;

/* A process that has not retried yet. */
static struct retry fresh(bool counted)
{
    struct retry retry;
    budget = RETRY_BUDGET;
    retry = (struct retry){.budget = &budget};
    retry.counted = counted;
    return retry;
}

static void Y4_pauses_grow_to_twenty_seconds(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum retry_cause cause;
        bool counted;
        int64_t longest_ms[12];
    } rows[] = {
        {"errors, counted", RETRY_ERROR, true, {1000, 2000, 4000, 8000, 16000, 20000, 20000}},
        {"late, counted", RETRY_TIMEOUT, true, {1000, 2000, 4000, 8000, 16000, 20000, 20000}},
        {"throttled, counted", RETRY_THROTTLED, true, {1000, 2000, 4000, 8000, 16000, 20000}},
        {"throttled", RETRY_THROTTLED, false, {1000, 2000, 4000, 8000, 16000, 20000, 20000}},
        {"errors", RETRY_ERROR, false, {50, 100, 200, 400, 800, 1600, 3200, 6400, 12800, 20000}},
        {"late", RETRY_TIMEOUT, false, {50, 100, 200, 400, 800, 1600, 3200, 6400, 12800, 20000}},
    };
    const uint32_t random[] = {0, 0x80000000, UINT32_MAX};
    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++)
        for (int jitter = 0; jitter < 3; jitter++) {
            struct retry retry = fresh(rows[row].counted);
            for (size_t i = 0; rows[row].longest_ms[i]; i++) {
                int64_t expected_ms = rows[row].longest_ms[i] * jitter / 2;
                int64_t pause_ms = retry_pause_ms(&retry, rows[row].cause, 0, random[jitter]);
                check_row(pause_ms == expected_ms || pause_ms == expected_ms - 1, rows[row].name);
            }
            retry_succeeded(&retry);
            check_row(retry_pause_ms(&retry, rows[row].cause, 0, UINT32_MAX) ==
                          rows[row].longest_ms[0] - 1,
                      rows[row].name);
        }
}

static void Y4_throttling_is_kept_apart_from_errors(void **state)
{
    (void)state;
    struct retry retry = fresh(false);
    for (int i = 0; i < 10; i++)
        (void)retry_pause_ms(&retry, RETRY_ERROR, 0, 0);
    assert_int_equal(retry_pause_ms(&retry, RETRY_THROTTLED, 0, UINT32_MAX), 999);
    retry = fresh(false);
    for (int i = 0; i < 10; i++)
        (void)retry_pause_ms(&retry, RETRY_THROTTLED, 0, 0);
    assert_int_equal(retry_pause_ms(&retry, RETRY_ERROR, 0, UINT32_MAX), 49);
}

static void Y8_a_crowd_is_spread_and_stays_spread(void **state)
{
    (void)state;
    struct retry retry = fresh(true);
    retry.crowd = true;
    assert_int_equal(retry_pause_ms(&retry, RETRY_THROTTLED, 0, UINT32_MAX), RETRY_CROWD_MS - 1);
    assert_int_equal(retry_pause_ms(&retry, RETRY_THROTTLED, 0, UINT32_MAX),
                     2 * RETRY_CROWD_MS - 1);
    retry_succeeded(&retry);
    assert_int_equal(retry_pause_ms(&retry, RETRY_THROTTLED, 0, UINT32_MAX),
                     2 * RETRY_CROWD_MS - 1);
    retry_succeeded(&retry);
    retry_succeeded(&retry);
    retry_succeeded(&retry);
    assert_int_equal(retry_pause_ms(&retry, RETRY_THROTTLED, 0, UINT32_MAX), RETRY_CROWD_MS - 1);
    assert_int_equal(retry_pause_ms(&retry, RETRY_ERROR, 0, UINT32_MAX), RETRY_BASE_MS - 1);
    retry_succeeded(&retry); /* of errors nothing is remembered */
    assert_int_equal(retry_pause_ms(&retry, RETRY_ERROR, 0, UINT32_MAX), RETRY_BASE_MS - 1);
}

static void services_may_ask_for_a_little_more(void **state)
{
    (void)state;
    struct retry retry = fresh(true);
    assert_int_equal(retry_pause_ms(&retry, RETRY_ERROR, 3000, 0), 3000);
    assert_int_equal(retry_pause_ms(&retry, RETRY_ERROR, 3600000, 0), RETRY_AFTER_EXTRA_MS);
    assert_int_equal(retry_pause_ms(&retry, RETRY_ERROR, 1, UINT32_MAX), 3999);
}

/* How many tries the budget allows. */
static int tries_left(enum retry_cause cause)
{
    struct retry_budget copy = budget;
    struct retry retry;
    int tries = 0;
    retry = (struct retry){.budget = &copy};
    for (; retry_affordable(&retry); tries++)
        (void)retry_pause_ms(&retry, cause, 0, 0);
    return tries;
}

static void Y5_quota(void **state)
{
    (void)state;
    struct retry retry = fresh(false);
    assert_int_equal(tries_left(RETRY_ERROR), 36); /* 500 / 14, and what is left over */
    assert_int_equal(tries_left(RETRY_TIMEOUT), 36);
    assert_int_equal(tries_left(RETRY_THROTTLED), 100);
    retry_succeeded(&retry);
    assert_int_equal(tries_left(RETRY_THROTTLED), 100); /* never more than at first */
    for (int i = 0; i < 99; i++)
        (void)retry_pause_ms(&retry, RETRY_THROTTLED, 0, 0);
    assert_int_equal(tries_left(RETRY_THROTTLED), 1);
    retry_succeeded(&retry); /* after a retry: its cost comes back */
    assert_int_equal(tries_left(RETRY_THROTTLED), 2);
    for (int i = 0; i < 5; i++)
        retry_succeeded(&retry); /* at once: 1 each */
    assert_int_equal(tries_left(RETRY_THROTTLED), 3);
    (void)retry_pause_ms(&retry, RETRY_ERROR, 0, 0);
    retry_succeeded(&retry);
    assert_int_equal(tries_left(RETRY_THROTTLED), 3);
}

static void Y5_one_quota_for_the_process(void **state)
{
    (void)state;
    struct retry one = fresh(false), other;
    other = (struct retry){.budget = &budget};
    for (int i = 0; i < 100; i++) {
        assert_true(retry_affordable(&other));
        (void)retry_pause_ms(&one, RETRY_THROTTLED, 0, 0);
    }
    assert_false(retry_affordable(&other));
    retry_succeeded(&other);
    assert_true(retry_affordable(&one));
}

static void V5_a_date_centuries_off_is_not_believed(void **state)
{
    (void)state;
    static const struct {
        const char *date;
        bool believed;
    } rows[] = {
        {"Wed, 01 Jan 2020 00:00:00 GMT", true},  {"Tue, 31 Dec 2019 23:59:59 GMT", false},
        {"Fri, 01 Jan 2100 00:00:00 GMT", true},  {"Fri, 01 Jan 2100 00:00:01 GMT", false},
        {"Fri, 31 Dec 9999 23:59:59 GMT", false}, {"Thu, 01 Jan 1970 00:00:00 GMT", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (int sure = 0; sure < 2; sure++) {
            char note[RETRY_NOTE_BYTES];
            int64_t offset_ms = 5;
            bool got =
                retry_clock_offset((struct wall){1800000000000}, rows[i].date, "",
                                   sure ? RETRY_CLOCK_WRONG : RETRY_CLOCK_MAYBE, &offset_ms, note);
            check_row(got == rows[i].believed && (offset_ms != 5) == got, rows[i].date);
            check_row(got == !strstr(note, rows[i].date), rows[i].date);
        }
}

static void Y2_what_is_tried_again(void **state)
{
    (void)state;
    static const struct {
        const char *code, *message;
        enum retry_verdict verdict;
    } rows[] = {
        {"RequestTimeout", "", RETRY_UNKNOWN},
        {"RequestTimeoutException", "", RETRY_UNKNOWN},
        {"PriorRequestNotComplete", "", RETRY_BUSY},
        {"TransactionInProgressException", "", RETRY_BUSY},
        {"Throttling", "", RETRY_LATER},
        {"ThrottlingException", "", RETRY_LATER},
        {"ThrottledException", "", RETRY_LATER},
        {"RequestThrottled", "", RETRY_LATER},
        {"RequestThrottledException", "", RETRY_LATER},
        {"TooManyRequestsException", "", RETRY_LATER},
        {"RequestLimitExceeded", "", RETRY_LATER},
        {"BandwidthLimitExceeded", "", RETRY_LATER},
        {"SlowDown", "", RETRY_LATER},
        {"ProvisionedThroughputExceededException", "", RETRY_LATER},
        {"EC2ThrottledException", "", RETRY_LATER},
        {"LimitExceededException", "Rate exceeded", RETRY_LATER},
        {"LimitExceededException", "Resource limit exceeded.", RETRY_NO},
        {"AccessDeniedException", "Rate exceeded", RETRY_NO},
        {"InvalidSignatureException", "", RETRY_NO},
        {"throttling", "", RETRY_NO},
        {"", "", RETRY_NO},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_row(retry_classify(rows[i].code, rows[i].message) == rows[i].verdict, rows[i].code);
}

#define DATE    "Wed, 02 Jan 2030 03:04:05 GMT"
#define DATE_MS 1893553445000

static void V5_refusals_that_blame_the_time(void **state)
{
    (void)state;
    static const struct {
        const char *body, *error_type;
        enum retry_clock clock;
    } rows[] = {
        {"{\"__type\":\"InvalidSignatureException\"}", "", RETRY_CLOCK_MAYBE},
        {"{\"__type\":\"com.amazonaws#SignatureDoesNotMatch\"}", NULL, RETRY_CLOCK_MAYBE},
        {"<Error><Code>RequestExpired</Code></Error>", "", RETRY_CLOCK_WRONG},
        {"<Code>RequestTimeTooSkewed</Code>", "", RETRY_CLOCK_WRONG},
        {"", "RequestInTheFuture:http://x", RETRY_CLOCK_WRONG},
        {"RequestExpired", "", RETRY_CLOCK_WRONG},
        {"{\"__type\":\"ExpiredTokenException\"}", "", RETRY_CLOCK_FINE},
        {"{\"__type\":\"RequestExpiredX\"}", "", RETRY_CLOCK_FINE},
        {"{\"__type\":\"XRequestExpired\"}", "", RETRY_CLOCK_FINE},
        {"XRequestExpired RequestExpired", "", RETRY_CLOCK_WRONG},
        {"", "", RETRY_CLOCK_FINE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_row(retry_classify_clock(text_from(rows[i].body), rows[i].error_type) ==
                      rows[i].clock,
                  rows[i].body);
}

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
        char note[RETRY_NOTE_BYTES];
        enum retry_clock clock = rows[i].sure ? RETRY_CLOCK_WRONG : RETRY_CLOCK_MAYBE;
        bool got =
            retry_clock_offset(corrected, rows[i].date, rows[i].age, clock, &offset_ms, note);
        check_row(got == rows[i].corrected, rows[i].name);
        check_row(offset_ms == (got ? DATE_MS - rows[i].local_ms : rows[i].offset_ms),
                  rows[i].name);
    }
}

static void what_is_said_about_clocks(void **state)
{
    (void)state;
    char note[RETRY_NOTE_BYTES];
    int64_t offset_ms = 3600999;
    assert_false(
        retry_clock_offset((struct wall){0}, DATE, "", RETRY_CLOCK_FINE, &offset_ms, note));
    assert_string_equal(note, "this machine's clock is 3600 s behind the service's");
    offset_ms = -INT64_C(999999999999999);
    assert_false(
        retry_clock_offset((struct wall){0}, NULL, "", RETRY_CLOCK_WRONG, &offset_ms, note));
    assert_string_equal(note, "this machine's clock is 999999999999 s ahead of the service's");
    offset_ms = 0;
    assert_false(
        retry_clock_offset((struct wall){0}, NULL, "", RETRY_CLOCK_WRONG, &offset_ms, note));
    assert_string_equal(note, "");
    assert_int_equal(retry_asked_ms("1500"), 1500);
    assert_int_equal(retry_asked_ms(""), 0);
    assert_int_equal(retry_asked_ms("1.5"), 0);
    assert_int_equal(retry_asked_ms("3600001"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(Y4_pauses_grow_to_twenty_seconds),
        cmocka_unit_test(Y4_throttling_is_kept_apart_from_errors),
        cmocka_unit_test(Y8_a_crowd_is_spread_and_stays_spread),
        cmocka_unit_test(services_may_ask_for_a_little_more),
        cmocka_unit_test(Y5_quota),
        cmocka_unit_test(Y5_one_quota_for_the_process),
        cmocka_unit_test(V5_a_date_centuries_off_is_not_believed),
        cmocka_unit_test(Y2_what_is_tried_again),
        cmocka_unit_test(V5_refusals_that_blame_the_time),
        cmocka_unit_test(V5_clock),
        cmocka_unit_test(what_is_said_about_clocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
