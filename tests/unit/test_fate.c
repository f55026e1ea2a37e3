#include "unit.h"

#include "cwlogs-local/fate.h"

#define DRAWS 20000

static struct fate draw_one(const struct faults *faults, enum operation operation,
                            struct chance *chance)
{
    struct bucket buckets[OPERATION_COUNT] = {{0}};
    return fate_draw(faults, operation, chance, buckets, 0);
}

static void no_faults_no_harm(void **state)
{
    (void)state;
    struct faults faults;
    faults_init(&faults);
    struct chance chance = {1};
    for (int i = 0; i < 1000; i++) {
        struct fate fate = draw_one(&faults, OPERATION_CREATE_LOG_GROUP, &chance);
        assert_int_equal(fate.kind, FATE_SERVE);
        assert_false(fate.answer_lost);
        assert_int_equal(fate.before_ms + fate.after_ms + fate.apply_delay_ms, 0);
        assert_int_equal(fate.visible_lag_ms, 0);
        assert_int_equal(fate.skew_ms, 0);
    }
}

static void one_seed_one_fate(void **state)
{
    (void)state;
    struct faults faults;
    faults_init(&faults);
    faults.create_lag.greatest_ms = 1000000;
    struct chance a = {7}, b = {7}, c = {8};
    int64_t first = draw_one(&faults, OPERATION_TAG_RESOURCE, &a).visible_lag_ms;
    assert_int_equal(first, draw_one(&faults, OPERATION_TAG_RESOURCE, &b).visible_lag_ms);
    assert_int_not_equal(first, draw_one(&faults, OPERATION_TAG_RESOURCE, &c).visible_lag_ms);
    assert_int_not_equal(first, draw_one(&faults, OPERATION_TAG_RESOURCE, &a).visible_lag_ms);
    faults.lost_response_rate = 0.5; /* another fault does not shift the other draws */
    struct chance d = {7};
    assert_int_equal(first, draw_one(&faults, OPERATION_TAG_RESOURCE, &d).visible_lag_ms);
}

static void spans_are_kept_and_used(void **state)
{
    (void)state;
    struct faults faults;
    faults_init(&faults);
    faults.latency_ms = 10;
    faults.latency_jitter_ms = 5;
    faults.create_lag.greatest_ms = 3;
    faults.clock_skew_ms = 2;
    faults.apply_delay_ms = 4;
    struct chance chance = {1};
    unsigned latency = 0, lag = 0, skew = 0, delay = 0;
    for (int i = 0; i < DRAWS; i++) {
        struct fate fate = draw_one(&faults, OPERATION_CREATE_LOG_GROUP, &chance);
        int64_t latency_ms = fate.before_ms + fate.after_ms;
        assert_in_range(latency_ms, 10, 15);
        assert_in_range(fate.visible_lag_ms, 0, 3);
        assert_in_range(fate.skew_ms + 2, 0, 4);
        assert_in_range(fate.apply_delay_ms, 0, 4);
        latency |= 1U << (latency_ms - 10);
        lag |= 1U << fate.visible_lag_ms;
        skew |= 1U << (fate.skew_ms + 2);
        delay |= 1U << fate.apply_delay_ms;
    }
    assert_int_equal(latency, 0x3f); /* every value came, both ends too */
    assert_int_equal(lag, 0xf);
    assert_int_equal(skew, 0x1f);
    assert_int_equal(delay, 0x1f);
}

/* The least and the greatest lag that an operation draws; every one in between came, too. */
static void check_lag(const struct faults *faults, enum operation operation, int64_t least,
                      int64_t greatest)
{
    struct chance chance = {5};
    uint64_t seen = 0, wanted = 0;
    for (int i = 0; i < DRAWS; i++) {
        int64_t lag_ms = draw_one(faults, operation, &chance).visible_lag_ms;
        assert_in_range(lag_ms, 0, 63);
        seen |= UINT64_C(1) << lag_ms;
    }
    for (int64_t ms = least; ms <= greatest; ms++)
        wanted |= UINT64_C(1) << ms;
    assert_int_equal(seen, wanted);
}

static void creates_and_deletes_have_lags_of_their_own(void **state)
{
    (void)state;
    struct faults faults;
    faults_init(&faults);
    faults.create_lag = (struct lag){.least_ms = 20, .greatest_ms = 25};
    faults.delete_lag = (struct lag){.greatest_ms = 3};
    check_lag(&faults, OPERATION_CREATE_LOG_GROUP, 20, 25);
    check_lag(&faults, OPERATION_CREATE_LOG_STREAM, 20, 25);
    check_lag(&faults, OPERATION_DELETE_LOG_GROUP, 0, 3);
    faults.delete_lag.least_ms = 3; /* always the same */
    check_lag(&faults, OPERATION_DELETE_LOG_GROUP, 3, 3);
    faults.delete_lag.least_ms = 40; /* more than the greatest */
    check_lag(&faults, OPERATION_DELETE_LOG_GROUP, 40, 40);
}

static unsigned count_fates(const struct faults *faults, enum operation operation,
                            enum fate_kind kind)
{
    struct chance chance = {3};
    unsigned count = 0;
    for (int i = 0; i < DRAWS; i++)
        count += draw_one(faults, operation, &chance).kind == kind;
    return count;
}

static void chances_come_as_often_as_told(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double drop, error, aborted;
        enum operation operation;
        enum fate_kind kind;
        unsigned low, high; /* of 20000 */
    } rows[] = {
        {"drop", 0.1, 0, 0, OPERATION_TAG_RESOURCE, FATE_DROP, 1800, 2200},
        {"error", 0, 0.1, 0, OPERATION_TAG_RESOURCE, FATE_ERROR, 1800, 2200},
        {"always", 0, 1, 0, OPERATION_TAG_RESOURCE, FATE_ERROR, DRAWS, DRAWS},
        {"abort", 0, 0, 0.1, OPERATION_DELETE_LOG_GROUP, FATE_ABORT, 1800, 2200},
        {"reading is not aborted", 0, 0, 1, OPERATION_DESCRIBE_LOG_GROUPS, FATE_ABORT, 0, 0},
        {"drop before error", 1, 1, 1, OPERATION_CREATE_LOG_GROUP, FATE_DROP, DRAWS, DRAWS},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct faults faults;
        faults_init(&faults);
        faults.drop_rate = rows[i].drop;
        faults.error_rate = rows[i].error;
        faults.operation_aborted_rate = rows[i].aborted;
        unsigned count = count_fates(&faults, rows[i].operation, rows[i].kind);
        check_row(count >= rows[i].low && count <= rows[i].high, rows[i].name);
    }
}

static void both_kinds_of_errors_come(void **state)
{
    (void)state;
    struct faults faults;
    faults_init(&faults);
    faults.lost_response_rate = 0.5;
    struct chance chance = {1};
    unsigned status_500 = 0, applied = 0, lost = 0;
    for (int i = 0; i < DRAWS; i++) {
        struct fate fate = draw_one(&faults, OPERATION_CREATE_LOG_GROUP, &chance);
        assert_true(fate.error_status == 500 || fate.error_status == 503);
        status_500 += fate.error_status == 500;
        applied += fate.abort_applied;
        lost += fate.answer_lost;
    }
    assert_in_range(status_500, DRAWS * 45 / 100, DRAWS * 55 / 100);
    assert_in_range(applied, DRAWS * 45 / 100, DRAWS * 55 / 100);
    assert_in_range(lost, DRAWS * 45 / 100, DRAWS * 55 / 100);
}

static void denied_and_throttled(void **state)
{
    (void)state;
    struct faults faults;
    struct bucket buckets[OPERATION_COUNT] = {{0}};
    struct chance chance = {1};
    faults_init(&faults);
    faults.deny[OPERATION_TAG_RESOURCE] = true;
    faults.rate_limit[OPERATION_DELETE_LOG_GROUP] = 2;
    static const struct {
        int64_t now_ms;
        enum operation operation;
        enum fate_kind kind;
    } rows[] = {
        {0, OPERATION_TAG_RESOURCE, FATE_DENY},
        {0, OPERATION_UNTAG_RESOURCE, FATE_SERVE},
        {0, OPERATION_DELETE_LOG_GROUP, FATE_SERVE}, /* two at once, then one each 500 ms */
        {0, OPERATION_DELETE_LOG_GROUP, FATE_SERVE},
        {0, OPERATION_DELETE_LOG_GROUP, FATE_THROTTLE},
        {0, OPERATION_CREATE_LOG_GROUP, FATE_SERVE}, /* each operation for itself */
        {499, OPERATION_DELETE_LOG_GROUP, FATE_THROTTLE},
        {500, OPERATION_DELETE_LOG_GROUP, FATE_SERVE},
        {501, OPERATION_DELETE_LOG_GROUP, FATE_THROTTLE},
        {60000, OPERATION_DELETE_LOG_GROUP, FATE_SERVE}, /* never more than a second's worth */
        {60000, OPERATION_DELETE_LOG_GROUP, FATE_SERVE},
        {60000, OPERATION_DELETE_LOG_GROUP, FATE_THROTTLE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fate fate = fate_draw(&faults, rows[i].operation, &chance, buckets, rows[i].now_ms);
        char row[32];
        (void)snprintf(row, sizeof(row), "%zu", i);
        check_row(fate.kind == rows[i].kind, row);
    }
}

/* Less than one call a second: the first at once, the next after its time. */
static void slow_buckets(void **state)
{
    (void)state;
    struct bucket bucket = {0};
    assert_true(bucket_take(&bucket, 0.5, 0, 100));
    assert_false(bucket_take(&bucket, 0.5, 0, 2099));
    assert_true(bucket_take(&bucket, 0.5, 0, 2100));
    assert_true(bucket_take(&bucket, 0, 0, 2100)); /* no limit */
}

static unsigned take_all(struct bucket *bucket, double rate, int64_t burst, int64_t now_ms)
{
    unsigned taken = 0;
    while (taken < 1000 && bucket_take(bucket, rate, burst, now_ms))
        taken++;
    return taken;
}

/* The quotas of the service: so many at once, so many a second for long, whoever asks. */
static void bursts_and_what_follows(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double rate;
        int64_t burst;
        unsigned at_once, after_100_ms, after_a_minute;
    } rows[] = {
        {"a second's worth", 10, 0, 10, 1, 10},
        {"the same, said", 10, 10, 10, 1, 10},
        {"more", 10, 30, 30, 1, 30},
        {"less", 10, 1, 1, 1, 1},
        {"slow, with a burst", 0.5, 4, 4, 0, 4},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bucket bucket = {0};
        double rate = rows[i].rate;
        int64_t burst = rows[i].burst;
        check_row(take_all(&bucket, rate, burst, 5) == rows[i].at_once, rows[i].name);
        check_row(take_all(&bucket, rate, burst, 105) == rows[i].after_100_ms, rows[i].name);
        check_row(take_all(&bucket, rate, burst, 60105) == rows[i].after_a_minute, rows[i].name);
    }
    struct bucket bucket = {0}; /* 25 a second ask for a minute: 10 at once and 10 a second */
    unsigned taken = 0;
    for (int64_t ms = 0; ms < 60000; ms += 40)
        taken += bucket_take(&bucket, 10, 0, ms);
    assert_in_range(taken, 608, 610);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_faults_no_harm),
        cmocka_unit_test(one_seed_one_fate),
        cmocka_unit_test(spans_are_kept_and_used),
        cmocka_unit_test(creates_and_deletes_have_lags_of_their_own),
        cmocka_unit_test(chances_come_as_often_as_told),
        cmocka_unit_test(both_kinds_of_errors_come),
        cmocka_unit_test(denied_and_throttled),
        cmocka_unit_test(slow_buckets),
        cmocka_unit_test(bursts_and_what_follows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
