/*
 * What stands under a prefix, and how long answers take, somebody else may have chosen: one try is
 * over in time all the same, and for few calls (docs/protocol.md, "Giving up"; docs/simulation.md).
 */
#include "lock_world.h"

#define LATE_REQUEST_MS 5000 /* what a request of one try is given */
#define UNMADE_MS       LOCK_LEAVE_UNMADE_MS
#define LEFTOVERS       60

/* Of one try, D 1 s: then it leaves; a request under way may end so much later. */
#define TRY_ENDS_MS (LOCK_TRY_MS + LOCK_TRY_SETTLES * 1000 + LATE_REQUEST_MS)

static struct lock_settings one_try(void)
{
    struct lock_settings from = settings();
    from.nonblock = true;
    from.lock_timeout_ms = from.role_timeout_ms = 900000; /* by that requests may last for longer */
    from.wait_until = (struct mono){START_MS};
    return from;
}

/* Each answer takes as long as it may, and is of no use by then. */
static void one_try_ends_in_time_though_answers_drip(void **state)
{
    (void)state;
    struct lock_settings from = one_try();
    struct mono at = {START_MS};
    struct lock_todo todo;
    struct lock lock;
    unsigned calls = 0;
    lock_init(&lock, &from, at);
    while ((todo = ask(&lock, at)).kind != LOCK_TODO_FINISH) {
        assert_true(calls < 8);
        at = todo.kind == LOCK_TODO_WAIT ? todo.at : todo.deadline;
        if (todo.kind == LOCK_TODO_WAIT)
            continue;
        struct lock_answer answer = {.outcome = LOCK_UNKNOWN, .sent = at, .pause_ms = 100};
        lock_tell(&lock, at, &todo, &answer);
        calls++;
    }
    assert_true(at.ms < START_MS + TRY_ENDS_MS);
    assert_int_equal(lock_reason(&lock), LOCK_REASON_UNAVAILABLE);
}

/* More names than can be kept, say: each listing fails at once. */
static void one_try_ends_where_no_listing_can_be_kept(void **state)
{
    (void)state;
    struct lock_settings from = one_try();
    struct world *world = begin(&from);
    world->fail_kind = LOCK_TODO_LIST;
    world->fail_with = LOCK_UNKNOWN;
    world->fail_count = 1000;
    (void)go(world, LOCK_FINISHED, TRY_ENDS_MS + UNMADE_MS);
    assert_int_equal(lock_phase(&world->lock), LOCK_FINISHED);
    assert_int_equal(lock_reason(&world->lock), LOCK_REASON_UNAVAILABLE);
    assert_true(strlen(world->calls) < 20);
    free(world);
}

/* A wait without end asks ever less. */
static void who_waits_where_no_listing_can_be_kept_does_not_press(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    from.arrival_tries = 1000;
    struct world *world = begin(&from);
    world->fail_kind = LOCK_TODO_LIST;
    world->fail_with = LOCK_UNKNOWN;
    world->fail_count = 1000;
    world->pause_ms = 1000;
    assert_false(go(world, LOCK_HELD, 60000));
    assert_true(strlen(world->calls) <= 61);
    free(world);
}

/* Earlier runs of our explicit ID have left their places: we take them, and are not kept by them.
 */
static void leftovers_of_our_id_keep_nobody_waiting(void **state)
{
    (void)state;
    for (int nonblock = 0; nonblock < 2; nonblock++) {
        struct lock_settings from = nonblock ? one_try() : settings();
        from.nonce = "ffffffff";
        from.lock_timeout_ms = from.role_timeout_ms = 900000;
        struct world *world = begin(&from);
        char name[64];
        for (int i = 0; i < LEFTOVERS; i++) {
            (void)snprintf(name, sizeof(name), "p/me#t900#u%08x", i);
            plant(world, name, 20000);
        }
        assert_true(go(world, LOCK_HELD, LOCK_TRY_MS + LOCK_TRY_SETTLES * 1000));
        finish(world);
        free(world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_try_ends_in_time_though_answers_drip),
        cmocka_unit_test(one_try_ends_where_no_listing_can_be_kept),
        cmocka_unit_test(who_waits_where_no_listing_can_be_kept_does_not_press),
        cmocka_unit_test(leftovers_of_our_id_keep_nobody_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
