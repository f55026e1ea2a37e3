#include "unit.h"

#include "aws/renewal.h"

#define MINUTE ((int64_t)60000)
#define NOW    ((struct wall){1000 * MINUTE})
#define AT     ((struct mono){500 * MINUTE})

/* Keys with so long left, asked for so long ago. */
static bool due(int64_t left_ms, int64_t ago_ms, unsigned failures, bool rejected)
{
    struct credentials keys = {
        .expires_at = {NOW.ms + left_ms},
        .renew_at = {NOW.ms + left_ms - 15 * MINUTE},
        .renewable = true,
    };
    struct renewal renewal = {{AT.ms - ago_ms}, failures, rejected};
    return renewal_due(&renewal, &keys, NOW, AT);
}

static void T2_due_from_15_minutes_before_the_end_once_a_minute(void **state)
{
    (void)state;
    assert_false(due(16 * MINUTE, 60 * MINUTE, 0, false));
    assert_true(due(15 * MINUTE, 60 * MINUTE, 0, false));
    assert_true(due(9 * MINUTE, 60 * MINUTE, 0, false));
    assert_false(due(9 * MINUTE, MINUTE - 1, 0, false));
    assert_false(due(9 * MINUTE, MINUTE - 1, 1, false));
    assert_true(due(9 * MINUTE, MINUTE, 5, false));
}

static void T2_keys_of_20_seconds_are_due_when_they_end(void **state)
{
    (void)state;
    assert_false(due(1, 19999, 0, false));
    assert_true(due(0, 20000, 0, false));
}

static void T5_pauses_grow_to_a_minute_once_expired(void **state)
{
    (void)state;
    static const int64_t pauses[] = {0, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
    for (unsigned i = 0; i < sizeof(pauses) / sizeof(pauses[0]); i++) {
        assert_true(due(-1, pauses[i], i, false));
        if (pauses[i])
            assert_false(due(-1, pauses[i] - 1, i, false));
    }
    assert_false(due(-1, 59999, 4000000000U, false));
}

static void T4_rejected_keys_are_due_at_once_but_only_once(void **state)
{
    (void)state;
    assert_true(due(60 * MINUTE, 0, 0, true));
    assert_false(due(60 * MINUTE, MINUTE - 1, 1, true));
    assert_true(due(60 * MINUTE, MINUTE, 1, true));
}

static void R6_T4_keys_that_cannot_be_renewed_are_never_due(void **state)
{
    (void)state;
    struct credentials keys = {.expires_at = {0}, .renew_at = {0}};
    struct renewal renewal = {.rejected = true};
    assert_false(renewal_due(&renewal, &keys, NOW, AT));
    assert_true(renewal_due(&renewal, NULL, NOW, AT));
}

static void telling_counts_failures_and_forgets_rejection(void **state)
{
    (void)state;
    struct renewal renewal = {.rejected = true};
    renewal_tell(&renewal, AT, false);
    renewal_tell(&renewal, AT, false);
    assert_int_equal(renewal.failures, 2);
    assert_int_equal(renewal.tried_at.ms, AT.ms);
    assert_true(renewal.rejected);
    renewal_tell(&renewal, AT, true);
    assert_int_equal(renewal.failures, 0);
    assert_false(renewal.rejected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(T2_due_from_15_minutes_before_the_end_once_a_minute),
        cmocka_unit_test(T2_keys_of_20_seconds_are_due_when_they_end),
        cmocka_unit_test(T5_pauses_grow_to_a_minute_once_expired),
        cmocka_unit_test(T4_rejected_keys_are_due_at_once_but_only_once),
        cmocka_unit_test(R6_T4_keys_that_cannot_be_renewed_are_never_due),
        cmocka_unit_test(telling_counts_failures_and_forgets_rejection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
