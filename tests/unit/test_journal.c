#include "unit.h"

#include "cwlogs-local/journal.h"

static uint64_t add(struct journal *journal, enum operation operation, enum outcome outcome,
                    const char *name)
{
    struct journal_entry entry = {.mono = {10},
                                  .wall = {20},
                                  .operation = operation,
                                  .outcome = outcome,
                                  .applied = outcome == OUTCOME_OK};
    return journal_add(journal, &entry, text_from(name));
}

static void check_log(const struct journal *journal, uint64_t after, const char *expected)
{
    CLEAN(buf) struct buf out = BUF(100000);
    journal_write(journal, after, &out);
    assert_string_equal(buf_text(&out), expected);
}

static void check_counts(const struct journal *journal, const char *expected)
{
    CLEAN(buf) struct buf out = BUF(100000);
    journal_write_counts(journal, &out);
    assert_string_equal(buf_text(&out), expected);
}

static void tells_what_happened_in_order(void **state)
{
    (void)state;
    struct journal journal = {0};
    check_log(&journal, 0, "[]");
    check_counts(&journal, "{}");
    assert_int_equal(add(&journal, OPERATION_CREATE_LOG_GROUP, OUTCOME_OK, "a"), 1);
    assert_int_equal(add(&journal, OPERATION_DESCRIBE_LOG_GROUPS, OUTCOME_THROTTLED, ""), 2);
    check_log(&journal, 0,
              "[{\"sequence\":1,\"mono_ms\":10,\"wall_ms\":20,\"operation\":\"CreateLogGroup\","
              "\"outcome\":\"ok\",\"applied\":true,\"logGroupName\":\"a\"},"
              "{\"sequence\":2,\"mono_ms\":10,\"wall_ms\":20,\"operation\":\"DescribeLogGroups\","
              "\"outcome\":\"ThrottlingException\",\"applied\":false}]");
    check_log(&journal, 1,
              "[{\"sequence\":2,\"mono_ms\":10,\"wall_ms\":20,\"operation\":\"DescribeLogGroups\","
              "\"outcome\":\"ThrottlingException\",\"applied\":false}]");
    check_counts(&journal, "{\"CreateLogGroup\":{\"ok\":1},"
                           "\"DescribeLogGroups\":{\"ThrottlingException\":1}}");
    journal_free(&journal);
    journal_free(&journal);
    check_log(&journal, 0, "[]");
}

static void tells_which_tls_session_was_resumed(void **state)
{
    (void)state;
    struct journal journal = {0};
    struct journal_entry entry = {.operation = OPERATION_DELETE_LOG_GROUP, .resumed = true};
    (void)journal_add(&journal, &entry, text_from(""));
    check_log(&journal, 0,
              "[{\"sequence\":1,\"mono_ms\":0,\"wall_ms\":0,\"operation\":\"DeleteLogGroup\","
              "\"outcome\":\"ok\",\"applied\":false,\"resumed\":true}]");
    journal_free(&journal);
}

static void tells_how_late_and_how_far_off_a_change_is(void **state)
{
    (void)state;
    struct journal journal = {0};
    struct journal_entry entry = {
        .operation = OPERATION_CREATE_LOG_GROUP, .applied = true, .lag_ms = 40, .skew_ms = -7};
    (void)journal_add(&journal, &entry, text_from(""));
    check_log(&journal, 0,
              "[{\"sequence\":1,\"mono_ms\":0,\"wall_ms\":0,\"operation\":\"CreateLogGroup\","
              "\"outcome\":\"ok\",\"applied\":true,\"lag_ms\":40,\"skew_ms\":-7}]");
    journal_free(&journal);
}

static void a_lost_answer_keeps_what_was_applied(void **state)
{
    (void)state;
    struct journal journal = {0};
    uint64_t first = add(&journal, OPERATION_CREATE_LOG_GROUP, OUTCOME_OK, "a");
    (void)add(&journal, OPERATION_CREATE_LOG_GROUP, OUTCOME_OK, "b");
    journal_lose(&journal, first, OPERATION_CREATE_LOG_GROUP, OUTCOME_OK);
    check_counts(&journal, "{\"CreateLogGroup\":{\"ok\":1,\"lost\":1}}");
    assert_int_equal(journal.entries[0].outcome, OUTCOME_LOST);
    assert_true(journal.entries[0].applied);
    assert_int_equal(journal.entries[1].outcome, OUTCOME_OK);
    journal_free(&journal);
    journal_lose(&journal, first, OPERATION_CREATE_LOG_GROUP, OUTCOME_OK); /* emptied meanwhile */
    check_counts(&journal, "{}");
}

static void the_oldest_give_way(void **state)
{
    (void)state;
    struct journal journal = {0};
    for (int i = 0; i < JOURNAL_ENTRIES_MAX + 1000; i++)
        (void)add(&journal, OPERATION_TAG_RESOURCE, OUTCOME_OK, "a");
    assert_int_equal(journal.count, JOURNAL_ENTRIES_MAX);
    assert_int_equal(journal.entries[journal.first].sequence, 1001);
    journal_lose(&journal, 1000, OPERATION_TAG_RESOURCE, OUTCOME_OK); /* gone: only counted */
    journal_lose(&journal, 1001, OPERATION_TAG_RESOURCE, OUTCOME_OK);
    assert_int_equal(journal.entries[journal.first].outcome, OUTCOME_LOST);
    CLEAN(buf) struct buf counts = BUF(1000);
    journal_write_counts(&journal, &counts);
    assert_string_equal(buf_text(&counts), "{\"TagResource\":{\"ok\":100998,\"lost\":2}}");
    journal_free(&journal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_happened_in_order),
        cmocka_unit_test(tells_which_tls_session_was_resumed),
        cmocka_unit_test(tells_how_late_and_how_far_off_a_change_is),
        cmocka_unit_test(a_lost_answer_keeps_what_was_applied),
        cmocka_unit_test(the_oldest_give_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
