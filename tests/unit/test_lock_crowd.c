/* What many who come at once do under quotas (docs/protocol.md, "Crowds"). */
#include "lock_world.h"

/* A service that is busy for so many listings, for a run with one try. Leaves it finished. */
static struct world *try_once(int busy_listings)
{
    struct lock_settings from = settings();
    from.nonblock = true;
    struct world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    world->now_ms = START_MS;
    from.wait_until = now(world);
    lock_init(&world->lock, &from, now(world));
    plant(world, "p/another#t900#h", 1000);
    world->fail_kind = LOCK_TODO_LIST;
    world->fail_with = LOCK_LATER;
    world->throttled = true;
    world->fail_count = busy_listings;
    world->pause_ms = 2500;
    (void)go(world, LOCK_FINISHED, 120000);
    return world;
}

/* THROTTLE_WAITS */
static void one_try_bears_a_busy_service_for_a_minute(void **state)
{
    (void)state;
    struct world *world = try_once(20);
    assert_int_equal(lock_phase(&world->lock), LOCK_FINISHED);
    assert_int_equal(lock_reason(&world->lock), LOCK_REASON_HELD);
    assert_string_equal(world->calls, "lllllllllllllllllllll"); /* 20 in vain, and the one */
    free(world);
    world = try_once(1000);
    assert_int_equal(lock_phase(&world->lock), LOCK_FINISHED);
    assert_int_equal(lock_reason(&world->lock), LOCK_REASON_UNAVAILABLE);
    assert_in_range(world->now_ms - START_MS, LOCK_BUSY_MS, LOCK_BUSY_MS + 10000);
    free(world);
}

/* THROTTLE_WAITS */
static void who_waits_without_limit_is_never_sent_away_by_quotas(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    world->fail_kind = LOCK_TODO_LIST;
    world->fail_with = LOCK_LATER;
    world->throttled = true;
    world->fail_count = 200;
    world->pause_ms = 20000;
    assert_true(go(world, LOCK_HELD, 3600 * 1000));
    finish(world);
    free(world);
}

static void list_first(struct lock *lock, struct mono at, const struct lock_entry *entries,
                       uint32_t count)
{
    struct lock_listing listing = {.entries = entries, .count = count, .pages = 1, .asked = at};
    struct lock_answer answer = {.sent = at, .listing = &listing, .date_ms = at.ms};
    struct lock_todo todo = lock_next(lock, at);
    assert_int_equal(todo.kind, LOCK_TODO_LIST);
    assert_null(todo.name);
    lock_tell(lock, at, &answer);
}

/* PAGE_AGAIN */
static void a_throttled_page_is_asked_for_again_not_the_listing(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    from.limits_waiters = true;
    from.max_waiters = 100; /* reads on until so many are seen to wait */
    struct mono at = {START_MS};
    struct lock lock;
    lock_init(&lock, &from, at);
    struct lock_entry other = lock_entry_make("p", text_from("p/another#t900#h"), START_MS, false);
    list_first(&lock, at, &other, 1);
    assert_int_equal(lock_next(&lock, at).kind, LOCK_TODO_LIST_MORE);
    struct lock_answer busy = {
        .outcome = LOCK_LATER, .sent = at, .throttled = true, .pause_ms = 500};
    lock_tell(&lock, at, &busy);
    at = mono_add(at, 500);
    assert_int_equal(lock_next(&lock, at).kind, LOCK_TODO_LIST_MORE);
    lock_tell(&lock, at, &busy);
    at = mono_add(at, LOCK_PAGE_AGAIN_MS); /* what its first pages say is old by now */
    assert_int_equal(lock_next(&lock, at).kind, LOCK_TODO_LIST_MORE);
    busy.sent = at;
    lock_tell(&lock, at, &busy);
    at = mono_add(at, 500);
    assert_int_equal(lock_next(&lock, at).kind, LOCK_TODO_LIST);
}

/* OWN_LISTING */
static void in_a_crowd_the_ticket_is_learnt_by_listing_ones_own_name(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct mono at = {START_MS};
    struct lock lock;
    lock_init(&lock, &from, at);
    struct lock_entry other = lock_entry_make("p", text_from("p/another#t900#h"), START_MS, false);
    list_first(&lock, at, &other, 1);
    assert_int_equal(lock_next(&lock, at).kind, LOCK_TODO_CREATE);
    lock_tell(&lock, at, &(struct lock_answer){.sent = at});
    at = mono_add(at, from.settle_ms);
    struct lock_todo todo = lock_next(&lock, at);
    assert_int_equal(todo.kind, LOCK_TODO_LIST);
    assert_string_equal(todo.name, "p/me");
    struct lock_entry own = lock_entry_make("p", text_from("p/me#t30"), START_MS, false);
    struct lock_listing listing = {
        .entries = &own, .count = 1, .pages = 1, .complete = true, .asked = at};
    lock_tell(&lock, at, &(struct lock_answer){.sent = at, .listing = &listing});
    list_first(&lock, at, &other, 1); /* who is ahead: one page tells, the rest is not read */
    assert_int_equal(lock_next(&lock, at).kind, LOCK_TODO_WAIT);
}

/* RETRY_SOON: throttled, a holder asks again at once, since all wait for it; not so an absent
 * service. */
static void a_holder_does_not_press_a_service_that_is_away(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    from.lock_timeout_ms = 900000;
    struct world *world = begin(&from);
    assert_true(go(world, LOCK_HELD, 5000));
    assert_false(go(world, LOCK_LOST, 290000)); /* nearly T/3: it renews next */
    world->fail_kind = LOCK_TODO_CREATE;
    world->fail_with = LOCK_LATER;
    world->fail_count = 10000;
    world->pause_ms = 2500;
    memset(world->calls, 0, sizeof(world->calls));
    assert_false(go(world, LOCK_LOST, 70000));
    assert_in_range(strlen(world->calls), 20, 70);
    free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_try_bears_a_busy_service_for_a_minute),
        cmocka_unit_test(who_waits_without_limit_is_never_sent_away_by_quotas),
        cmocka_unit_test(a_throttled_page_is_asked_for_again_not_the_listing),
        cmocka_unit_test(a_holder_does_not_press_a_service_that_is_away),
        cmocka_unit_test(in_a_crowd_the_ticket_is_learnt_by_listing_ones_own_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
