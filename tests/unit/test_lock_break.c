/* A dead run's mutex: who removes it, when, and by what. */
#include "lock_rows.h"

static struct world *begin_at_a_mutex(int64_t age_ms)
{
    static struct lock_settings from;
    from = settings();
    struct world *world = begin(&from);
    plant(world, "p/#mutex", age_ms);
    return world;
}

static bool the_living_keep_their_mutex(void)
{
    return !enters_within(begin_at_a_mutex(1000), 25000);
}

/* Its claim was in sight a moment ago. */
static bool no_mutex_is_removed_soon_after_a_claim_was_in_sight(void)
{
    struct world *world = begin_at_a_mutex(DEAD_MS);
    plant(world, "p/other#t30#h", 20000);
    (void)go(world, LOCK_HELD, 6000);
    int64_t gone_ms = world->now_ms;
    uproot(world, "other");
    (void)go(world, LOCK_HELD, 10000);
    int64_t after_ms = world->now_ms - gone_ms;
    bool entered = lock_phase(&world->lock) == LOCK_HELD;
    free(world);
    return entered && after_ms > 3 * 1000 + 2 * 1000;
}

static bool a_dead_runs_mutex_is_watched_for_a_while(void)
{
    return !enters_within(begin_at_a_mutex(DEAD_MS), 4000);
}

static bool two_looks_will_do_for_one_that_is_long_dead(void)
{
    return enters_within(begin_at_a_mutex(3 * DEAD_MS), 4000);
}

static bool one_alone_removes_it(void)
{
    struct world *world = begin_at_a_mutex(DEAD_MS);
    plant(world, "p/#break", 1000);
    world->hidden = "#break"; /* or it would not even ask */
    return !enters_within(world, 20000);
}

/* The answer to its create was lost, and "exists" says that it is there. */
static bool a_break_that_was_not_heard_of_is_ours(void)
{
    struct world *world = begin_at_a_mutex(3 * DEAD_MS);
    world->fail_kind = LOCK_TODO_CREATE;
    world->fail_with = LOCK_UNKNOWN;
    world->fail_name = "#break";
    world->fail_count = 1;
    world->applied = true;
    return enters_within(world, 10000);
}

/* Not so if it is from before; nor is the mutex removed beside somebody who has claimed. */
static bool a_break_of_anothers_that_exists_is_not_ours(void)
{
    static const struct {
        const char *claim;
        int64_t age_ms;
    } rows[] = {{NULL, 20000}, {"p/other#t30#h", 0}};
    bool well = true;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world *world = begin_at_a_mutex(3 * DEAD_MS);
        world->hidden = "#break"; /* or it would not ask for that */
        plant(world, "p/#break", rows[i].age_ms);
        world->fail_kind = LOCK_TODO_CREATE;
        world->fail_with = LOCK_UNKNOWN;
        world->fail_name = "#break";
        world->fail_count = 1;
        for (int k = 0; k < 1000 && !strstr(world->calls, "CCC"); k++)
            (void)go(world, LOCK_HELD, TRIP_MS);
        assert_non_null(strstr(world->calls, "CCC")); /* the mutex, and #break twice */
        world->hidden = NULL;
        if (rows[i].claim)
            plant(world, rows[i].claim, 0);
        well =
            well && !go(world, LOCK_HELD, 8000) && find(world, "p/#mutex")->created_ms < START_MS;
        well = well && (rows[i].claim || find(world, "p/#break"));
        free(world);
    }
    return well;
}

/* A dead run's #break is shown, in whose place another has just made its own. */
static bool a_break_made_meanwhile_stays(void)
{
    struct world *world = begin_at_a_mutex(3 * DEAD_MS);
    plant(world, "p/#break", 200000);
    world->ghosts[world->ghost_count] = *find(world, "p/#break");
    world->ghosts[world->ghost_count++].gone_ms = INT64_MAX;
    struct group *another = find(world, "p/#break");
    another->created_ms = START_MS;
    another->shown_ms = INT64_MAX;
    for (int i = 0; i < 1000 && !strstr(world->calls, "CC"); i++)
        (void)go(world, LOCK_HELD, TRIP_MS);
    assert_non_null(strstr(world->calls, "CC")); /* the mutex, and #break */
    world->ghost_count = 0;
    find(world, "p/#break")->shown_ms = 0;
    bool entered = go(world, LOCK_HELD, 10000);
    bool stands = find(world, "p/#break") && find(world, "p/#mutex")->created_ms < START_MS;
    free(world);
    return !entered && stands;
}

static bool an_old_break_goes(void)
{
    struct world *world = begin_at_a_mutex(3 * DEAD_MS);
    plant(world, "p/#break", 200000);
    return enters_within(world, 20000);
}

/* Else all who wait would claim every few seconds, as long as a #break stands whose run has died.
 */
static bool nobody_claims_while_another_removes_it(void)
{
    struct world *world = begin_at_a_mutex(3 * DEAD_MS);
    plant(world, "p/#break", 1000);
    (void)go(world, LOCK_HELD, 15000);
    bool claimed = strchr(world->calls, 'C') != NULL;
    uproot(world, "#break");
    return enters_within(world, 10000) && !claimed;
}

/* Both slots have a dead run's mutex, and one the #break of a run that has died, too. */
static bool the_slot_that_nobody_is_about_to_free_comes_first(void)
{
    struct lock_settings from = settings();
    from.slots = 2;
    struct world *world = begin(&from);
    plant(world, "p/#mutex.1", 4 * DEAD_MS);
    plant(world, "p/#break.1", 20000);
    plant(world, "p/#mutex.2", 3 * DEAD_MS);
    return enters_within(world, 10000);
}

static bool nobody_is_taken_for_dead_by_listings_that_are_too_late(void)
{
    struct world *world = begin_at_a_mutex(4 * DEAD_MS);
    world->late_ms = 12000; /* more than T/3 */
    return !enters_within(world, 60000);
}

/* What late listings show as #break is another's, who has made it before us, and is gone. */
static bool nobody_is_taken_for_dead_by_the_break_of_before(void)
{
    struct world *world = begin_at_a_mutex(4 * DEAD_MS);
    while (!find(world, "p/#break"))
        (void)go(world, LOCK_HELD, TRIP_MS);
    find(world, "p/#break")->created_ms -= 20000;
    return !enters_within(world, 6000);
}

static bool it_is_removed_though_it_takes_long_to_read_all_pages(void)
{
    struct lock_settings from = settings();
    struct world *world = begin_among_thousands(&from);
    plant(world, "p/#mutex", 3 * from.lock_timeout_ms);
    return enters_within(world, 200000);
}

/* Of two slots one has a dead run's mutex, which somebody is about to remove. */
static bool the_break_of_another_slot_tells_nothing(void)
{
    struct lock_settings from = settings();
    from.slots = 2;
    struct world *world = begin(&from);
    plant(world, "p/#mutex.1", 60000);
    plant(world, "p/#mutex.2", 5000);
    plant(world, "p/#break.1", 1000);
    plant(world, "p/#break.2", 200000); /* long dead */
    plant(world, "p/other#t30#n2#h#m2", 1000);
    world->hidden = "#break.1"; /* or it would not ask for that */
    (void)go(world, LOCK_HELD, 20000);
    bool asked = strstr(world->calls, "CC") != NULL, stands = find(world, "p/#break.1") != NULL;
    free(world);
    return asked && stands;
}

/* The dead run's has gone meanwhile, and somebody has made it, whose claim does not tell so. */
static bool a_mutex_made_meanwhile_is_not_removed(void)
{
    struct world *world = begin_at_a_mutex(DEAD_MS);
    for (int i = 0; i < 1000 && !find(world, "p/#break"); i++)
        (void)go(world, LOCK_HELD, TRIP_MS);
    assert_non_null(find(world, "p/#break"));
    uproot(world, "#mutex");
    plant(world, "p/#mutex", 0);
    bool entered = go(world, LOCK_HELD, 10000);
    free(world);
    return !entered;
}

/* Even without D. */
static bool who_made_a_dead_runs_mutex_anew_looks_once_more(void)
{
    struct lock_settings from = settings();
    from.settle_ms = 0;
    struct world *world = begin(&from);
    plant(world, "p/#mutex", DEAD_MS);
    bool entered = go(world, LOCK_HELD, 10000);
    const struct group *mutex = find(world, "p/#mutex");
    entered = entered && world->now_ms - mutex->created_ms >= LOCK_MUTEX_SETTLE_MS;
    free(world);
    return entered;
}

/* Enters, and holds for so long. */
static void hold(struct world *world, int64_t held_ms)
{
    assert_true(go(world, LOCK_HELD, 10000));
    (void)go(world, LOCK_LOST, held_ms);
}

/* One that has held for so long, when its names are deleted and the next enters. */
static struct world *begin_broken(int64_t held_ms)
{
    static struct lock_settings from;
    from = settings();
    struct world *world = begin(&from);
    hold(world, held_ms);
    uproot(world, "p/");
    plant(world, "p/#mutex", 10);
    plant(world, "p/other#t30#h", 20);
    return world;
}

static bool who_was_broken_leaves_the_next_ones_mutex(void)
{
    struct world *world = begin_broken(8000);
    finish(world);
    bool stands = find(world, "p/#mutex") && world->count == 2;
    bool said = lock_reason(&world->lock) == LOCK_REASON_GONE;
    free(world);
    return stands && said;
}

/* A renewal of after the break tells nothing. */
static bool so_does_who_has_renewed_meanwhile(void)
{
    struct world *world = begin_broken(8000);
    size_t calls = strlen(world->calls);
    while (!strchr(world->calls + calls, 'c'))
        assert_false(go(world, LOCK_LOST, TRIP_MS));
    finish(world);
    bool stands = find(world, "p/#mutex") != NULL;
    free(world);
    return stands;
}

/* It slept for longer than T, and another has begun to remove its mutex: may have, and made its
 * own. */
static bool who_is_taken_for_dead_leaves_its_mutex(void)
{
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    hold(world, 8000);
    world->now_ms += from.lock_timeout_ms + 10000;
    plant(world, "p/#break", 100);
    finish(world);
    bool stands = find(world, "p/#mutex") != NULL && world->count == 2;
    free(world);
    return stands;
}

static bool and_deletes_it_if_nobody_removes_it(void)
{
    static const int64_t ages_ms[] = {-1, 200000, 52000}; /* none, a dead run's, an older one */
    bool clean = true;
    for (size_t i = 0; i < sizeof(ages_ms) / sizeof(ages_ms[0]); i++) {
        struct lock_settings from = settings();
        struct world *world = begin(&from);
        hold(world, 8000);
        world->now_ms += from.lock_timeout_ms + 10000;
        if (ages_ms[i] >= 0)
            plant(world, "p/#break", ages_ms[i]);
        finish(world);
        clean = clean && !find(world, "p/#mutex");
        free(world);
    }
    return clean;
}

static bool who_has_lost_its_claim_alone_leaves_no_mutex(void)
{
    struct world *world = begin_broken(8000);
    struct group mutex = *find(world, "p/#mutex");
    uproot(world, "p/");
    mutex.created_ms = world->lock.mutex.created_ms;
    world->groups[world->count++] = mutex;
    finish(world);
    bool clean = world->count == 0;
    free(world);
    return clean;
}

/*
 * The look that decided has shown the mutex of before in the place of its own: so many ms long, and
 * by creation times that differ from what the clock here has by these.
 */
static bool leaves_no_mutex_after(int64_t hidden_ms, int64_t own_off_ms, int64_t before_off_ms)
{
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    while (!find(world, "p/#mutex"))
        (void)go(world, LOCK_HELD, TRIP_MS);
    struct group *mutex = find(world, "p/#mutex");
    mutex->shown_ms = world->now_ms + hidden_ms;
    struct group *ghost = &world->ghosts[world->ghost_count++];
    *ghost = *mutex;
    ghost->shown_ms = 0;
    ghost->gone_ms = mutex->shown_ms;
    ghost->created_ms += before_off_ms;
    mutex->created_ms += own_off_ms;
    hold(world, 8000);
    uproot(world, "p/me");
    plant(world, "p/other#t30#h", 20);
    finish(world);
    bool clean = !find(world, "p/#mutex");
    free(world);
    return clean;
}

static bool nor_does_who_has_seen_the_one_of_before(void)
{
    return leaves_no_mutex_after(1500, 0, -4000);
}

/* By clocks that differ by 1.5 s that one seems to be younger than its own. */
static bool nor_does_who_has_seen_one_of_before_that_seems_younger(void)
{
    return leaves_no_mutex_after(1200, -1000, 500);
}

/* Not allowed any more: then it is as it was. */
static bool who_may_not_ask_leaves_no_mutex(void)
{
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    hold(world, 8000);
    world->fail_kind = LOCK_TODO_CREATE;
    world->fail_with = LOCK_REFUSED;
    world->fail_count = 1;
    finish(world);
    bool clean = world->count == 0 && world->fail_count == 0;
    free(world);
    return clean;
}

/* Deletes have a quota of their own. */
static bool throttled_creates_keep_nobody_waiting(void)
{
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    hold(world, 8000);
    world->fail_kind = LOCK_TODO_CREATE;
    world->fail_with = LOCK_LATER;
    world->throttled = true;
    world->fail_count = 1000;
    world->pause_ms = 5000;
    int64_t left_ms = world->now_ms;
    finish(world);
    bool well = world->count == 0 && world->now_ms - left_ms <= 5 * TRIP_MS;
    free(world);
    return well;
}

/* Nothing is answered, and each request takes as long as it may; how long, by when the run ends. */
static int64_t leaves_in_silence(const struct lock_settings *from, int64_t *ret_asks_ms)
{
    struct world *world = begin(from);
    hold(world, 8000);
    int64_t left_ms = world->now_ms;
    lock_leave(&world->lock, now(world));
    struct lock_todo todo;
    while ((todo = ask(&world->lock, now(world))).kind != LOCK_TODO_FINISH) {
        struct lock_answer answer = {
            .outcome = LOCK_UNKNOWN, .sent = now(world), .pause_ms = 100, .random = 1U << 31};
        world->now_ms = todo.kind == LOCK_TODO_WAIT ? todo.at.ms : todo.deadline.ms;
        if (todo.kind == LOCK_TODO_CREATE)
            *ret_asks_ms = world->now_ms - left_ms;
        if (todo.kind != LOCK_TODO_WAIT)
            lock_tell(&world->lock, now(world), &todo, &answer);
    }
    left_ms = world->now_ms - left_ms;
    free(world);
    return left_ms;
}

static bool a_claim_is_not_asked_for_for_long(void)
{
    static const int64_t timeouts_ms[] = {6000, 30000, 300000};
    bool well = true;
    for (size_t i = 0; i < sizeof(timeouts_ms) / sizeof(timeouts_ms[0]); i++) {
        struct lock_settings from = settings();
        from.release_timeout_ms = timeouts_ms[i];
        int64_t asks_ms = 0, leaves_ms = leaves_in_silence(&from, &asks_ms);
        well = well && asks_ms > 0 && asks_ms <= 3000 && asks_ms <= timeouts_ms[i] / 3 &&
               leaves_ms <= timeouts_ms[i];
    }
    return well;
}

static bool a_short_hold_costs_no_call_more(void)
{
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    hold(world, 2000);
    size_t calls = strlen(world->calls);
    finish(world);
    bool none = strcmp(world->calls + calls, "Dd") == 0;
    free(world);
    return none;
}

static const struct lock_row rows[] = {
    ROW(MUTEX_ASKED, who_was_broken_leaves_the_next_ones_mutex),
    ROW(MUTEX_ASKED, so_does_who_has_renewed_meanwhile),
    ROW(BREAK_LEFT, who_is_taken_for_dead_leaves_its_mutex),
    ROW(NONE, and_deletes_it_if_nobody_removes_it),
    ROW(NONE, who_has_lost_its_claim_alone_leaves_no_mutex),
    ROW(NONE, nor_does_who_has_seen_the_one_of_before),
    ROW(NONE, nor_does_who_has_seen_one_of_before_that_seems_younger),
    ROW(NONE, who_may_not_ask_leaves_no_mutex),
    ROW(NONE, throttled_creates_keep_nobody_waiting),
    ROW(NONE, a_claim_is_not_asked_for_for_long),
    ROW(NONE, a_short_hold_costs_no_call_more),
    ROW(BREAK_OLD, the_living_keep_their_mutex),
    ROW(BREAK_CLEAR, no_mutex_is_removed_soon_after_a_claim_was_in_sight),
    ROW(BREAK_QUIET, a_dead_runs_mutex_is_watched_for_a_while),
    ROW(NONE, two_looks_will_do_for_one_that_is_long_dead),
    ROW(BREAK_ONE, one_alone_removes_it),
    ROW(BREAK_UNHEARD, a_break_that_was_not_heard_of_is_ours),
    ROW(NONE, a_break_of_anothers_that_exists_is_not_ours),
    ROW(BREAK_STALE, a_break_made_meanwhile_stays),
    ROW(NONE, an_old_break_goes),
    ROW(BREAK_WAITS, nobody_claims_while_another_removes_it),
    ROW(BREAK_WAITS, the_slot_that_nobody_is_about_to_free_comes_first),
    ROW(BREAK_SAME, a_mutex_made_meanwhile_is_not_removed),
    ROW(BREAK_SHOWN, nobody_is_taken_for_dead_by_listings_that_are_too_late),
    ROW(BREAK_SHOWN, nobody_is_taken_for_dead_by_the_break_of_before),
    ROW(BREAK_LATER, who_made_a_dead_runs_mutex_anew_looks_once_more),
    ROW(NONE, it_is_removed_though_it_takes_long_to_read_all_pages),
    ROW(NONE, the_break_of_another_slot_tells_nothing),
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
