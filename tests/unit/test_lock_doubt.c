/* A mutex in doubt: whose it is after an answer about it was lost. */
#include "../../src/lock/mutex.h"
#include "lock_rows.h"

/* Who has been lied to about the mutex, and sees another's claim, does not take it for its own. */
static bool a_mutex_in_doubt_is_anothers_where_a_claim_is_in_sight(void)
{
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    lose_the_mutex(world, LOCK_TODO_CREATE, false);
    while (!strchr(world->calls, 'C'))
        (void)go(world, LOCK_HELD, TRIP_MS);
    plant(world, "p/#mutex", 500);
    plant(world, "p/other#t30#h", 500);
    assert_false(go(world, LOCK_HELD, 4000));
    bool there = find(world, "p/#mutex") != NULL;
    free(world);
    return there;
}

/* Nobody has told it that there is a mutex, and what comes up when it leaves is another's. */
static bool a_mutex_not_heard_of_is_anothers_until_a_look_later(void)
{
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    lose_the_mutex(world, LOCK_TODO_CREATE, false);
    world->fail_count = 1000;
    world->pause_ms = 1000;
    (void)go(world, LOCK_HELD, from.lock_timeout_ms - 1100);
    lock_leave(&world->lock, now(world));
    plant(world, "p/#mutex", 0);
    plant(world, "p/other#t30#h", 0);
    world->hidden = "other"; /* by listings that are late */
    world->pages_ms = 1000;  /* by then the claim is over */
    (void)go(world, LOCK_FINISHED, 1900);
    world->hidden = NULL;
    assert_true(go(world, LOCK_FINISHED, 10000));
    bool there = find(world, "p/#mutex") != NULL;
    free(world);
    return there;
}

/*
 * Who leaves was never told of a mutex: one comes up and goes, and another is made just before the
 * look that tells, which does not show its maker's claim yet.
 */
static bool a_mutex_made_in_the_place_of_another_is_not_ours(void)
{
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    lose_the_mutex(world, LOCK_TODO_CREATE, false);
    while (!strchr(world->calls, 'C'))
        (void)go(world, LOCK_HELD, TRIP_MS);
    world->now_ms += from.lock_timeout_ms; /* stopped; and its claim is over */
    lock_leave(&world->lock, now(world));
    plant(world, "p/#mutex", 0);
    plant(world, "p/one#t30#h", 0);
    while (!strchr(strchr(world->calls, 'C'), 'l'))
        assert_false(go(world, LOCK_FINISHED, TRIP_MS));
    uproot(world, "#mutex");
    uproot(world, "one");
    world->now_ms += 900;
    plant(world, "p/#mutex", 0);
    plant(world, "p/other#t30#h", 0);
    world->hidden = "other"; /* by listings that are late */
    world->late_ms = 200;
    (void)go(world, LOCK_FINISHED, 300);
    world->hidden = NULL;
    assert_true(go(world, LOCK_FINISHED, 10000));
    bool there = find(world, "p/#mutex") != NULL;
    free(world);
    return there;
}

/*
 * Of two slots one is free, when an answer about its mutex is lost, and the next says that there is
 * one. That goes, and somebody makes it anew just before the look that tells.
 */
static struct world *begin_in_doubt_of_a_slot(const struct lock_settings *from)
{
    struct world *world = begin(from);
    plant(world, "p/#mutex.2", 1000);
    plant(world, "p/#mutex.1", 1000);
    world->hidden = "#mutex.1";
    lose_the_mutex(world, LOCK_TODO_CREATE, false);
    while (!strstr(world->calls, "CC"))
        assert_false(go(world, LOCK_HELD, TRIP_MS));
    uproot(world, "#mutex.1");
    world->now_ms += 900;
    return world;
}

static bool a_mutex_made_in_the_place_of_the_one_in_doubt_is_not_ours(void)
{
    struct lock_settings from = settings();
    from.slots = 2;
    struct world *world = begin_in_doubt_of_a_slot(&from);
    plant(world, "p/#mutex.1", 0);
    plant(world, "p/other#t30#n2#g1#q6#h", 0);
    world->hidden = "other"; /* by listings that are late */
    bool held = go(world, LOCK_HELD, 300);
    world->hidden = NULL;
    held = held || go(world, LOCK_HELD, 10000);
    bool there = find(world, "p/#mutex.1") != NULL;
    free(world);
    return there && !held;
}

/* Nor does it delete what the look does not show: by then another may have made it. */
static bool a_mutex_in_doubt_that_is_not_shown_is_not_deleted(void)
{
    struct lock_settings from = settings();
    from.slots = 2;
    struct world *world = begin_in_doubt_of_a_slot(&from);
    lock_leave(&world->lock, now(world));
    plant(world, "p/#mutex.1", 0);
    plant(world, "p/other#t30#n2#g1#q6#h", 0);
    world->hidden = "1"; /* by listings that are late */
    assert_true(go(world, LOCK_FINISHED, 10000));
    bool there = find(world, "p/#mutex.1") != NULL;
    free(world);
    return there;
}

/*
 * First claims do not name their slot, so two looks tell that the mutex in doubt is ours. Before it
 * is asked for again the run is stopped until its claim is over. Then a claim names that slot.
 */
static bool a_mutex_in_doubt_is_anothers_where_a_claim_names_its_slot(void)
{
    struct lock_settings from = settings();
    from.slots = 2;
    struct world *world = begin(&from);
    plant(world, "p/#mutex.2", 0);
    plant(world, "p/#mutex.1", 0);
    plant(world, "p/one#t30#n2#g1#q5#h", 0);
    plant(world, "p/two#t30#n2#g1#q6#h", 0);
    world->hidden = "1";
    lose_the_mutex(world, LOCK_TODO_CREATE, false);
    while (!strstr(world->calls, "CC"))
        assert_false(go(world, LOCK_HELD, TRIP_MS));
    world->hidden = NULL;
    while (world->lock.mutex.state != LOCK_MUTEX_OURS)
        assert_false(go(world, LOCK_HELD, TRIP_MS));
    world->now_ms += 2 * from.lock_timeout_ms;
    uproot(world, "#t30");
    plant(world, "p/one#t30#n2#g8#q5#h#m1", 1000);
    plant(world, "p/two#t30#n2#g8#q6#h#m2", 1000);
    bool held = go(world, LOCK_HELD, 10000);
    bool there = find(world, "p/#mutex.1") != NULL;
    free(world);
    return there && !held;
}

/*
 * The run is stopped while it reads the look that tells: the claim of the mutex's maker, which that
 * look shows, seems to be over when it goes on.
 */
static bool a_mutex_in_doubt_is_not_ours_by_a_look_of_long_ago(void)
{
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    lose_the_mutex(world, LOCK_TODO_CREATE, false);
    while (!strchr(world->calls, 'C'))
        assert_false(go(world, LOCK_HELD, TRIP_MS));
    plant(world, "p/#mutex", 100);
    plant(world, "p/one#t30#g1#q5#h", 100);
    while (!world->lock.mutex.created_ms)
        assert_false(go(world, LOCK_HELD, TRIP_MS));
    while (!mutex_look_tells(&world->lock, now(world)))
        assert_false(go(world, LOCK_HELD, TRIP_MS));
    world->pages_ms = 2 * from.lock_timeout_ms;
    int64_t stopped_ms = world->now_ms;
    while (world->now_ms < stopped_ms + world->pages_ms)
        assert_false(go(world, LOCK_HELD, TRIP_MS));
    world->pages_ms = 0;
    uproot(world, "#t30");
    plant(world, "p/one#t30#g8#q5#h", 1000);
    bool held = go(world, LOCK_HELD, 10000);
    bool there = find(world, "p/#mutex") != NULL;
    free(world);
    return there && !held;
}

/* What the look has shown may be that of a claim which has just gone, and gone itself. */
static bool a_mutex_that_was_in_doubt_is_asked_for_again(void)
{
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    lose_the_mutex(world, LOCK_TODO_CREATE, true);
    bool held = go(world, LOCK_HELD, 20000);
    const char *doubted = strstr(world->calls, "CC");
    bool again = held && doubted && strchr(doubted + 2, 'C');
    free(world);
    return again;
}

/* The create of a claim had no answer, and takes effect when its run leaves. */
static bool a_claim_that_comes_late_is_not_left(void)
{
    static const int64_t settles_ms[] = {1000, 0};
    bool clean = true;
    for (size_t i = 0; i < sizeof(settles_ms) / sizeof(settles_ms[0]); i++) {
        struct lock_settings from = settings();
        from.settle_ms = settles_ms[i];
        struct world *world = begin(&from);
        world->fail_kind = LOCK_TODO_CREATE;
        world->fail_with = LOCK_UNKNOWN;
        world->fail_count = 1;
        struct lock_todo todo = {0};
        while (todo.kind != LOCK_TODO_CREATE) {
            todo = ask(&world->lock, now(world));
            act(world, &todo);
        }
        lock_leave(&world->lock, now(world));
        (void)go(world, LOCK_FINISHED, 700);
        plant(world, todo.name, 0);
        (void)go(world, LOCK_FINISHED, 10000);
        clean = clean && lock_phase(&world->lock) == LOCK_FINISHED && world->count == 0;
        free(world);
    }
    return clean;
}

static const struct lock_row rows[] = {
    ROW(NONE, a_claim_that_comes_late_is_not_left),
    ROW(MUTEX_DOUBT, a_mutex_in_doubt_is_anothers_where_a_claim_is_in_sight),
    ROW(DOUBT_SHOWN, a_mutex_not_heard_of_is_anothers_until_a_look_later),
    ROW(NONE, a_mutex_made_in_the_place_of_another_is_not_ours),
    ROW(DOUBT_SHOWN, a_mutex_made_in_the_place_of_the_one_in_doubt_is_not_ours),
    ROW(MUTEX_DOUBT, a_mutex_in_doubt_is_anothers_where_a_claim_names_its_slot),
    ROW(MUTEX_DOUBT, a_mutex_in_doubt_is_not_ours_by_a_look_of_long_ago),
    ROW(NONE, a_mutex_in_doubt_that_is_not_shown_is_not_deleted),
    ROW(DOUBT_AGAIN, a_mutex_that_was_in_doubt_is_asked_for_again),
};

static void each_rule_is_needed(void **state)
{
    (void)state;
    each_is_needed(rows, sizeof(rows) / sizeof(rows[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
