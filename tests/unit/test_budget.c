#include "unit.h"

#include "cwlogs-local/budget.h"

static void what_is_taken_can_be_given_back(void **state)
{
    (void)state;
    struct budget budget = {.limit_bytes = 100};
    assert_true(budget_take(&budget, 60));
    assert_false(budget_take(&budget, 41));
    assert_true(budget_take(&budget, 40));
    assert_false(budget_take(&budget, 1));
    assert_true(budget_take(&budget, 0));
    budget_give(&budget, 60);
    assert_false(budget_take(&budget, SIZE_MAX)); /* no sum goes around */
    assert_true(budget_take(&budget, 60));
    budget_give(&budget, 100);
    assert_int_equal(budget.used_bytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_taken_can_be_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
