/* What must go before the command may not keep us, and others, for ever (docs/protocol.md). */
#include "lock_world.h"

#define STALE 40 /* of playbooks; more than one listing's memory */

/* A lock that nobody has, and a service that does not say whether the dead have log streams. */
static struct world *begin_among_the_dead(const struct lock_settings *from, bool busy)
{
    struct world *world = begin(from);
    for (int i = 0; i < STALE; i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "p/stale%02d", i);
        plant(world, name, from->role_timeout_ms + 60000);
    }
    if (!busy)
        return world;
    world->fail_kind = LOCK_TODO_LOOK_INSIDE;
    world->fail_with = LOCK_LATER;
    world->throttled = true;
    world->fail_count = 1000000;
    world->pause_ms = 2500;
    return world;
}

static bool claims(struct world *world)
{
    for (uint32_t i = 0; i < world->count; i++)
        if (strstr(world->groups[i].name, "#h"))
            return true;
    return false;
}

static void all_that_are_dead_go_before_the_command(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin_among_the_dead(&from, false);
    assert_true(go(world, LOCK_HELD, 10000));
    assert_int_equal(world->count, 2); /* our claim, and the mutex */
    free(world);
}

static void they_go_though_it_takes_long_to_read_all_pages(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin_among_thousands(&from);
    plant(world, "p/stale", from.role_timeout_ms + 60000);
    assert_true(go(world, LOCK_HELD, 100000));
    assert_null(find(world, "p/stale"));
    free(world);
}

/* CLEAN_BUDGET */
static void a_claim_that_does_not_get_on_is_taken_back(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin_among_the_dead(&from, true);
    assert_true(go(world, LOCK_CLEANING, 5000));
    assert_false(go(world, LOCK_HELD, LOCK_CLEAN_FIRST_MS - 1000));
    assert_int_equal(lock_phase(&world->lock), LOCK_CLEANING);
    assert_true(claims(world));
    memset(world->calls, 0, sizeof(world->calls));
    assert_true(go(world, LOCK_WAITING, 2000));
    assert_false(go(world, LOCK_CLAIMING, 500));
    assert_false(claims(world));
    assert_null(find(world, "p/#mutex"));
    world->fail_count = 0;
    assert_true(go(world, LOCK_HELD, 10000));
    free(world);
}

static void ends(const struct lock_settings *from, int64_t within_ms)
{
    struct world *world = begin_among_the_dead(from, true);
    assert_true(go(world, LOCK_FINISHED, within_ms));
    assert_int_equal(lock_reason(&world->lock), LOCK_REASON_UNCLEAN);
    assert_int_equal(world->count, STALE);
    free(world);
}

/* LIMITS, also then */
static void limits_hold_while_the_dead_are_cleared_away(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    from.wait_until = (struct mono){START_MS + 3000};
    ends(&from, 3000 + LOCK_LATE_MS + LOCK_LATE_SETTLES * 1000 + 1000);
    from = settings();
    from.nonblock = true;
    from.wait_until = (struct mono){START_MS};
    ends(&from, LOCK_CLEAN_FIRST_MS + 2000);
    from = settings();
    from.max_attempts = 1;
    ends(&from, LOCK_CLEAN_FIRST_MS + 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_are_dead_go_before_the_command),
        cmocka_unit_test(they_go_though_it_takes_long_to_read_all_pages),
        cmocka_unit_test(a_claim_that_does_not_get_on_is_taken_back),
        cmocka_unit_test(limits_hold_while_the_dead_are_cleared_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
