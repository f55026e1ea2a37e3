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
    struct world *world = try_once(6);
    assert_int_equal(lock_phase(&world->lock), LOCK_FINISHED);
    assert_int_equal(lock_reason(&world->lock), LOCK_REASON_HELD);
    assert_string_equal(world->calls, "lllllll"); /* six in vain, and the one */
    free(world);
    world = try_once(1000);
    assert_int_equal(lock_phase(&world->lock), LOCK_FINISHED);
    assert_int_equal(lock_reason(&world->lock), LOCK_REASON_UNAVAILABLE);
    assert_in_range(world->now_ms - START_MS, LOCK_BUSY_MS, LOCK_BUSY_MS + 10000);
    free(world);
}

/* TRIES_SPREAD: whatever pause the caller proposes. */
static void of_many_with_one_try_each_comes_again_within_twenty_seconds(void **state)
{
    (void)state;
    static const int64_t pauses_ms[] = {10000, 2000, 4000, 8000};
    struct world *world = try_once(0);
    free(world);
    for (int busy = 1; busy <= 4; busy++) {
        int64_t wanted_ms = 0;
        for (int i = 0; i < busy; i++)
            wanted_ms += pauses_ms[i];
        world = try_once(busy);
        assert_in_range(world->now_ms - START_MS, wanted_ms, wanted_ms + 1000);
        free(world);
    }
}

/*
 * T is so long that nothing else cuts the pause. Cut down it is in the middle of 15 to 30 s; with a
 * limit of 24 s, of 6 to 12 s.
 */
static void who_is_throttled_before_its_first_look_pauses_for_longer(void **state)
{
    (void)state;
    static const struct {
        int64_t proposed_ms, limit_ms, paused_ms;
    } rows[] = {{3000, 0, 12000}, {15000, 0, 22500}, {3000, 24000, 9000}, {15000, 24000, 15000}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct lock_settings from = settings();
        from.lock_timeout_ms = from.role_timeout_ms = 900000;
        if (rows[i].limit_ms)
            from.wait_until.ms = START_MS + rows[i].limit_ms;
        struct world *world = begin(&from);
        world->fail_kind = LOCK_TODO_LIST;
        world->fail_with = LOCK_LATER;
        world->throttled = true;
        world->fail_count = 1;
        world->pause_ms = rows[i].proposed_ms;
        assert_true(go(world, LOCK_CLAIMING, 60000));
        assert_in_range(world->now_ms - START_MS, rows[i].paused_ms, rows[i].paused_ms + 1000);
        finish(world);
        free(world);
    }
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

/* What is asked for now ends like this. */
static void tell(struct lock *lock, struct mono at, const struct lock_answer *answer)
{
    struct lock_todo todo = lock_next(lock, at);
    lock_tell(lock, at, &todo, answer);
}

static void list_first(struct lock *lock, struct mono at, const struct lock_entry *entries,
                       uint32_t count)
{
    struct lock_listing listing = {.entries = entries, .count = count, .pages = 1, .asked = at};
    struct lock_answer answer = {.sent = at, .listing = &listing, .date_ms = at.ms};
    struct lock_todo todo = ask(lock, at);
    assert_int_equal(todo.kind, LOCK_TODO_LIST);
    assert_string_equal(todo.name, "");
    lock_tell(lock, at, &todo, &answer);
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
    assert_int_equal(ask(&lock, at).kind, LOCK_TODO_LIST_MORE);
    struct lock_answer busy = {
        .outcome = LOCK_LATER, .sent = at, .throttled = true, .pause_ms = 500};
    tell(&lock, at, &busy);
    at = mono_add(at, 500);
    assert_int_equal(ask(&lock, at).kind, LOCK_TODO_LIST_MORE);
    tell(&lock, at, &busy);
    at = mono_add(at, LOCK_PAGE_AGAIN_MS); /* what its first pages say is old by now */
    assert_int_equal(ask(&lock, at).kind, LOCK_TODO_LIST_MORE);
    busy.sent = at;
    tell(&lock, at, &busy);
    at = mono_add(at, 500);
    assert_int_equal(ask(&lock, at).kind, LOCK_TODO_LIST);
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
    assert_int_equal(ask(&lock, at).kind, LOCK_TODO_CREATE);
    tell(&lock, at, &(struct lock_answer){.sent = at});
    at = mono_add(at, from.settle_ms);
    list_first(&lock, at, &other, 1); /* more to come, and we are not on it */
    struct lock_todo todo = ask(&lock, at);
    assert_int_equal(todo.kind, LOCK_TODO_LIST);
    assert_string_equal(todo.name, "p/me#t30");
    struct lock_entry own = lock_entry_make("p", text_from("p/me#t30"), START_MS, false);
    struct lock_listing listing = {
        .entries = &own, .count = 1, .pages = 1, .complete = true, .asked = at};
    tell(&lock, at, &(struct lock_answer){.sent = at, .listing = &listing});
    list_first(&lock, at, &other, 1); /* who is ahead: one page tells, the rest is not read */
    assert_int_equal(ask(&lock, at).kind, LOCK_TODO_WAIT);
}

/* A page of so many runs, from the first on; there is more. */
static void list_crowd(struct lock *lock, struct mono at, int first, int count)
{
    static char names[LOCK_FRONT_MAX][32];
    struct lock_entry entries[LOCK_FRONT_MAX];
    for (int i = 0; i < count; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "p/a%03d#t900", first + i);
        entries[i] = lock_entry_make("p", text_from(names[i]), START_MS, false);
    }
    list_first(lock, at, entries, (uint32_t)count);
}

/* Has come when there was a crowd, and has its place; not its ticket. */
static struct mono come_into_a_crowd(struct lock *lock, int64_t trip_ms)
{
    struct lock_settings from = settings();
    struct mono at = {START_MS};
    from.lock_timeout_ms = from.role_timeout_ms = 900000;
    lock_init(lock, &from, at);
    assert_true(lock_is_nameless(lock));
    list_crowd(lock, at, 0, LOCK_FRONT_MAX);
    assert_int_equal(ask(lock, at).kind, LOCK_TODO_CREATE);
    at = mono_add(at, trip_ms);
    tell(lock, at, &(struct lock_answer){.sent = at});
    assert_false(lock_is_nameless(lock));
    return at;
}

/* BY_FIRST_LOOK */
static void who_found_a_crowd_does_not_look_again_at_once(void **state)
{
    (void)state;
    struct lock lock;
    struct mono at = come_into_a_crowd(&lock, TRIP_MS);
    struct lock_todo todo = ask(&lock, at);
    assert_int_equal(todo.kind, LOCK_TODO_WAIT);
    assert_in_range(mono_diff(todo.at, at), 20000, 50000);
}

/* FAR_BACK: eight of those who were there before are still there; then seven. */
static void who_is_far_back_needs_no_ticket_yet(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int gone;
        bool needs;
    } rows[] = {{"nobody has gone", 0, false}, {"eight are left", 42, false}, {"seven", 43, true}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct lock lock;
        struct mono at = come_into_a_crowd(&lock, TRIP_MS);
        at = ask(&lock, at).at;
        list_crowd(&lock, at, rows[i].gone, LOCK_FRONT_MAX); /* others have moved up */
        struct lock_todo todo = ask(&lock, at);
        check_row((todo.kind == LOCK_TODO_LIST && todo.name[0]) == rows[i].needs, rows[i].name);
        check_row(todo.kind == (rows[i].needs ? LOCK_TODO_LIST : LOCK_TODO_WAIT), rows[i].name);
    }
}

/* FAR_BACK: but before the first renewal. */
static void who_is_far_back_learns_its_ticket_in_time(void **state)
{
    (void)state;
    struct lock lock;
    struct mono at = come_into_a_crowd(&lock, TRIP_MS);
    struct lock_todo todo;
    while ((todo = ask(&lock, at)).kind == LOCK_TODO_WAIT) {
        at = todo.at;
        assert_true(at.ms < START_MS + 300000);
        list_crowd(&lock, at, 0, LOCK_FRONT_MAX);
    }
    assert_int_equal(todo.kind, LOCK_TODO_LIST);
    assert_string_equal(todo.name, "p/me#t900");
    assert_true(at.ms >= START_MS + 150000);
}

/* FAR_YIELDS: a short pause is proposed, and fifty are ahead. */
static void who_is_far_back_and_throttled_yields(void **state)
{
    (void)state;
    struct lock lock;
    struct mono at = come_into_a_crowd(&lock, TRIP_MS);
    at = ask(&lock, at).at;
    assert_int_equal(ask(&lock, at).kind, LOCK_TODO_LIST);
    tell(&lock, at,
         &(struct lock_answer){.outcome = LOCK_LATER,
                               .sent = at,
                               .throttled = true,
                               .random = 1U << 31,
                               .pause_ms = 100});
    struct lock_todo todo = ask(&lock, at);
    assert_int_equal(todo.kind, LOCK_TODO_WAIT);
    assert_in_range(mono_diff(todo.at, at), 10000, 25000);
}

/* Throttled, a create has not been made; an answer that was lost may have. */
static void an_id_may_change_until_a_name_may_be_there(void **state)
{
    (void)state;
    static char id[] = "me";
    struct lock_settings from = settings();
    struct mono at = {START_MS};
    struct lock lock;
    from.id = id;
    lock_init(&lock, &from, at);
    struct lock_entry other = lock_entry_make("p", text_from("p/another#t900#h"), START_MS, false);
    list_first(&lock, at, &other, 1);
    assert_string_equal(ask(&lock, at).name, "p/me#t30");
    tell(&lock, at, &(struct lock_answer){.outcome = LOCK_LATER, .sent = at});
    assert_true(lock_is_nameless(&lock));
    id[1] = 'y';
    assert_string_equal(ask(&lock, at).name, "p/my#t30");
    tell(&lock, at, &(struct lock_answer){.outcome = LOCK_UNKNOWN, .sent = at});
    assert_false(lock_is_nameless(&lock));
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
        cmocka_unit_test(of_many_with_one_try_each_comes_again_within_twenty_seconds),
        cmocka_unit_test(who_is_throttled_before_its_first_look_pauses_for_longer),
        cmocka_unit_test(who_waits_without_limit_is_never_sent_away_by_quotas),
        cmocka_unit_test(a_throttled_page_is_asked_for_again_not_the_listing),
        cmocka_unit_test(who_found_a_crowd_does_not_look_again_at_once),
        cmocka_unit_test(who_is_far_back_needs_no_ticket_yet),
        cmocka_unit_test(who_is_far_back_learns_its_ticket_in_time),
        cmocka_unit_test(who_is_far_back_and_throttled_yields),
        cmocka_unit_test(an_id_may_change_until_a_name_may_be_there),
        cmocka_unit_test(a_holder_does_not_press_a_service_that_is_away),
        cmocka_unit_test(in_a_crowd_the_ticket_is_learnt_by_listing_ones_own_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
