/* What late listings do to a run, in a small service whose listings are (docs/protocol.md). */
#include "lock_world.h"

#include "../../src/lock/own.h"

static struct world *begin_late(const struct lock_settings *from, int64_t late_ms)
{
    struct world *world = begin(from);
    world->late_ms = late_ms;
    return world;
}

/* UNSEEN_HOLDS: T is 30 s, so our names are dead before any listing shows them. */
static void who_is_never_shown_enters_all_the_same(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin_late(&from, 40000);
    assert_false(go(world, LOCK_HELD, from.lock_timeout_ms / 3));
    assert_true(go(world, LOCK_HELD, 2 * LOCK_AGAIN_MAX_MS));
    assert_true(strlen(world->calls) < 20);
    finish(world);
    assert_int_equal(world->count, 0);
    free(world);
}

/* UNSEEN_HOLDS: somebody who waits behind us, and is shown, is no reason to wait for ever. */
static void who_is_never_shown_enters_before_those_who_wait_behind(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin_late(&from, 40000);
    plant(world, "p/behind#t900", -100);
    assert_true(go(world, LOCK_HELD, from.lock_timeout_ms));
    free(world);
}

/* But a playbook's attempt, which only a name that is in sight can hold off, keeps us out. */
static void who_is_never_shown_does_not_pass_playbooks(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin_late(&from, 40000);
    plant(world, "p/playbook", -100);
    assert_false(go(world, LOCK_HELD, from.role_timeout_ms));
    free(world);
}

/* Of what was read of a listing we are not in: that does not tell that we are in the rest. */
static void a_page_without_us_does_not_tell_that_we_are_shown(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin_late(&from, 0);
    plant(world, "p/ahead#t900#q5#h", 0);
    assert_false(go(world, LOCK_HELD, 6000)); /* our place is shown, and our ticket known */
    world->late_ms = 40000;
    assert_false(go(world, LOCK_HELD, 19000)); /* what it was renewed with is not */
    assert_true(world->lock.unseen_looks > 0);
    world->partial = true;
    assert_false(go(world, LOCK_HELD, 6000));
    assert_true(world->lock.unseen_looks > 0);
    free(world);
}

/*
 * BREAK_LATE: a mutex T and 5 s old is a dead run's, if listings can be believed. To who has seen
 * them late by 6 s it must be twice that older, and for so long nobody may have been in sight.
 */
static void late_listings_make_the_living_look_dead(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin_late(&from, 0);
    plant(world, "p/#mutex", 36000);
    assert_true(go(world, LOCK_HELD, 7000));
    free(world);
    world = begin_late(&from, 6000);
    plant(world, "p/#mutex", 36000);
    assert_false(go(world, LOCK_HELD, 5000));
    world->late_ms = 0;
    assert_false(go(world, LOCK_HELD, 8000));
    assert_int_equal(find(world, "p/#mutex")->created_ms, START_MS - 36000);
    assert_true(go(world, LOCK_HELD, 10000));
    assert_true(find(world, "p/#mutex")->created_ms > START_MS);
    free(world);
}

/* How late is what our own names have shown: creates that are not there yet, and ghosts. */
static void how_late_listings_are_is_learnt_from_our_own_names(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin_late(&from, 0);
    assert_true(go(world, LOCK_HELD, 5000));
    assert_int_equal(world->lock.late_ms, 0);
    free(world);
    world = begin_late(&from, 8000);
    assert_true(go(world, LOCK_HELD, 20000));
    assert_in_range(world->lock.late_ms, 3000, 8000);
    free(world);
}

/*
 * Somebody has deleted our name: it is in no listing, and that does not make them late. Nor if the
 * create that asks for it has an effect but no answer, so that "exists" follows.
 */
static void a_name_that_is_gone_does_not_make_listings_late(void **state)
{
    (void)state;
    for (int lost = 0; lost <= 1; lost++) {
        struct lock_settings from = settings();
        struct world *world = begin(&from);
        plant(world, "p/#mutex", 3000);
        assert_false(go(world, LOCK_HELD, 3 * TRIP_MS));
        assert_non_null(find(world, "p/me#t30"));
        uproot(world, "p/me");
        world->fail_kind = LOCK_TODO_CREATE;
        world->fail_with = LOCK_UNKNOWN;
        world->fail_count = lost;
        world->applied = true;
        assert_false(go(world, LOCK_HELD, 10000)); /* it has asked for it, and come anew */
        assert_int_equal(world->fail_count, 0);
        assert_in_range(own_late_ms(&world->lock), 0, TRIP_MS);
        assert_true(go(world, LOCK_HELD, 30000));
        assert_in_range(own_late_ms(&world->lock), 0, TRIP_MS);
        free(world);
    }
}

/* A mutex that was made a moment ago, and a claim that was long on its way: its lease is over. */
static struct world *begin_young(const struct lock_settings *from)
{
    struct world *world = begin(from);
    world->slow_ms = 14000; /* on its way, and its answer too: 2 s are left */
    while (strcmp(world->calls, "lcC") != 0)
        assert_false(go(world, LOCK_HELD, TRIP_MS));
    world->now_ms += 5000;
    plant(world, "p/late#t30#q9999999999#h", 0); /* who waits for us to go */
    lock_leave(&world->lock, now(world));
    return world;
}

/* Nobody takes a mutex that is so young for a dead run's. */
static void a_young_mutex_is_given_back_though_its_claim_is_over(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin_young(&from);
    assert_true(go(world, LOCK_FINISHED, 10000));
    assert_null(find(world, "p/#mutex"));
    assert_string_equal(world->calls, "lcCcDd");
    free(world);
    world = begin_young(&from); /* but if that has no answer, the next may have made it by then */
    lose_the_mutex(world, LOCK_TODO_DELETE, true);
    while (strcmp(world->calls, "lcCcD") != 0)
        assert_false(go(world, LOCK_FINISHED, TRIP_MS));
    plant(world, "p/#mutex", 0);
    assert_true(go(world, LOCK_FINISHED, 10000));
    assert_non_null(find(world, "p/#mutex"));
    free(world);
}

/* Without D: the look that tells is asked for once, not as fast as the service answers. */
static void whether_the_mutex_is_still_there_is_asked_once(void **state)
{
    (void)state;
    static const bool rows[] = {false, true}; /* was the delete applied? */
    for (int i = 0; i < 2; i++) {
        struct lock_settings from = settings();
        from.settle_ms = 0;
        struct world *world = begin(&from);
        assert_true(go(world, LOCK_HELD, 10000));
        size_t before = strlen(world->calls);
        lose_the_mutex(world, LOCK_TODO_DELETE, rows[i]);
        finish(world);
        assert_int_equal(world->count, 0);
        assert_true(strlen(world->calls) - before < 8);
        free(world);
    }
}

/* D is longer than leaving may take, and whose the mutex is only a look D later tells. */
static void who_leaves_with_a_mutex_in_doubt_has_the_time_to_look(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    from.lock_timeout_ms = from.role_timeout_ms = 900000;
    from.settle_ms = 20000;
    from.release_timeout_ms = 5000;
    struct world *world = begin(&from);
    lose_the_mutex(world, LOCK_TODO_CREATE, true);
    while (!strstr(world->calls, "CC"))
        assert_false(go(world, LOCK_HELD, TRIP_MS));
    finish(world);
    assert_int_equal(world->count, 0);
    free(world);
}

/* D is long, and our time may be over before the look that tells: what can go goes at once. */
static void who_leaves_with_a_mutex_in_doubt_gives_its_place_up_at_once(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    from.lock_timeout_ms = from.role_timeout_ms = 900000;
    from.settle_ms = 20000;
    struct world *world = begin(&from);
    take_a_place(world);
    lose_the_mutex(world, LOCK_TODO_CREATE, true);
    while (!strstr(world->calls, "CC"))
        assert_false(go(world, LOCK_HELD, TRIP_MS));
    assert_non_null(find(world, "p/me#t900"));
    lock_leave(&world->lock, now(world));
    assert_false(go(world, LOCK_FINISHED, 1000));
    assert_null(find(world, "p/me#t900"));
    assert_int_equal(world->count, 2); /* the mutex, and the claim that goes with it */
    assert_true(go(world, LOCK_FINISHED, 60000));
    assert_int_equal(world->count, 0);
    free(world);
}

/* Our claim stands, and whose the mutex is nobody has told us; listings have two pages. */
static struct world *begin_in_doubt(const struct lock_settings *from)
{
    struct world *world = begin(from);
    take_a_place(world);
    lose_the_mutex(world, LOCK_TODO_CREATE, true);
    while (!strstr(world->calls, "CC"))
        assert_false(go(world, LOCK_HELD, TRIP_MS));
    world->partial = true;
    return world;
}

static uint32_t count_looks(const struct world *world)
{
    uint32_t looks = 0;
    for (const char *call = world->calls; *call; call++)
        looks += *call == 'l';
    return looks;
}

/*
 * A look that is to tell whose the mutex is tells by its last page alone, whoever is ahead: broken
 * off before that it would be due again at once, as fast as the service answers, for ever.
 */
static void a_look_that_tells_of_the_mutex_is_read_to_its_end(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin_in_doubt(&from);
    plant(world, "p/ahead#t900#q5", 500); /* takes our claim, and the mutex with it */
    assert_false(go(world, LOCK_HELD, 10000));
    assert_null(find(world, "p/#mutex"));
    assert_int_equal(world->count, 2); /* our place, and who is ahead */
    assert_true(count_looks(world) < 15);
    uproot(world, "ahead");
    assert_true(go(world, LOCK_HELD, 10000));
    free(world);
}

/* Nor is our own name asked for instead, by who does not know its ticket. */
static void a_look_that_tells_of_the_mutex_is_not_of_our_own_name(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    world->hidden = "/me";
    while (!strchr(world->calls, 'C'))
        assert_false(go(world, LOCK_HELD, TRIP_MS));
    world->now_ms += from.lock_timeout_ms; /* asleep: it may have been taken for a dead run's */
    plant(world, "p/another#t900#q5", 500);
    world->partial = true;
    assert_false(go(world, LOCK_HELD, 8000));
    assert_null(find(world, "p/#mutex"));
    assert_true(count_looks(world) < 20);
    free(world);
}

/* Also who keeps its claim, since only those claim who came later, is to learn what it has. */
static void who_keeps_its_claim_learns_whose_the_mutex_is(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    from.lock_timeout_ms = from.role_timeout_ms = 900000;
    struct world *world = begin_in_doubt(&from);
    plant(world, "p/later#t900#q2000000#h", 0);
    assert_false(go(world, LOCK_HELD, 20000));
    uint32_t claims = 0;
    for (uint32_t i = 0; i < world->count; i++)
        claims += strstr(world->groups[i].name, "p/me") && strstr(world->groups[i].name, "#h");
    assert_int_equal(claims, 0);
    free(world);
}

/*
 * An answer about the mutex is lost, or the request sent twice, and what is there was made long
 * before: by somebody who is dead. It is removed as such, not taken for ours: with slots others
 * could not see that we have it, and a token no larger than the dead run's would go with it.
 */
static void a_mutex_from_before_it_was_asked_for_is_not_ours(void **state)
{
    (void)state;
    static const struct {
        const char *name, *mutex;
        uint32_t slots;
        bool lost;
    } rows[] = {{"lost", "p/#mutex", 0, true},
                {"repeated", "p/#mutex", 0, false},
                {"lost, of a slot", "p/#mutex.1", 2, true}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct lock_settings from = settings();
        from.slots = rows[i].slots;
        struct world *world = begin(&from);
        if (rows[i].slots)
            plant(world, "p/#mutex.2", 1000);
        plant(world, rows[i].mutex, 50000);
        take_a_place(world);
        if (rows[i].lost)
            lose_the_mutex(world, LOCK_TODO_CREATE, true);
        world->repeated = !rows[i].lost;
        bool held = go(world, LOCK_HELD, 20000);
        check_row(held, rows[i].name);
        check_row(held && find(world, rows[i].mutex)->created_ms > START_MS, rows[i].name);
        check_row(held && lock_token(&world->lock) > START_MS, rows[i].name);
        free(world);
    }
}

/* What was there is gone while another's claim stands: what is there by then is not ours either. */
static void a_mutex_that_was_gone_is_not_ours_when_it_is_back(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    from.slots = 2;
    struct world *world = begin(&from);
    take_a_place(world);
    lose_the_mutex(world, LOCK_TODO_CREATE, false);
    while (!strchr(world->calls, 'C'))
        assert_false(go(world, LOCK_HELD, TRIP_MS));
    plant(world, "p/#mutex.2", 0);
    plant(world, "p/other#t30#n2#h", 0);
    while (!strstr(world->calls, "CC"))
        assert_false(go(world, LOCK_HELD, TRIP_MS));
    uproot(world, "#mutex");
    size_t before = strlen(world->calls);
    while (!strchr(world->calls + before, 'l')) /* it shows the claim, and no mutex */
        assert_false(go(world, LOCK_HELD, TRIP_MS));
    uproot(world, "other");
    plant(world, "p/#mutex.2", 0);
    bool held = go(world, LOCK_HELD, 10000);
    assert_false(held && world->lock.mutex.slot == 2);
    free(world);
}

/* The time to wait ends between two pages: what they show together is why it leaves. */
static void who_reads_on_at_the_end_of_its_wait_tells_who_holds_the_lock(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin_in_doubt(&from);
    plant(world, "p/ahead#t900#q5#h", 500);
    while (!world->lock.reading)
        assert_false(go(world, LOCK_HELD, TRIP_MS));
    world->lock.settings.wait_until = now(world);
    assert_true(go(world, LOCK_FINISHED, 20000));
    assert_int_equal(lock_reason(&world->lock), LOCK_REASON_HELD);
    free(world);
}

/* The time to wait ends before our own name is asked for, by which it is known who is ahead. */
static void who_turns_to_its_own_name_at_the_end_of_its_wait_may_yet_enter(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    take_a_place(world);
    world->partial = true;
    world->hidden = "/me"; /* it is on a later page */
    plant(world, "p/ahead#t30#q5#h", 500);
    while (!world->lock.list_own)
        assert_false(go(world, LOCK_HELD, TRIP_MS));
    world->lock.settings.wait_until = now(world);
    world->partial = false;
    world->hidden = NULL;
    uproot(world, "ahead");
    assert_true(go(world, LOCK_HELD, 3000));
    finish(world);
    free(world);
}

/* The look after the first renewal has no answer for so long that the next is due meanwhile. */
static void a_look_that_failed_is_not_put_off_by_the_next_renewal(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    while (strcmp(world->calls, "lcCllc") != 0)
        assert_false(go(world, LOCK_LOST, TRIP_MS));
    world->fail_kind = LOCK_TODO_LIST;
    world->fail_with = LOCK_UNKNOWN;
    world->fail_count = 1;
    world->pages_ms = 9500;
    assert_false(go(world, LOCK_LOST, 10600));
    world->pages_ms = 0;
    assert_false(go(world, LOCK_LOST, 500));
    assert_string_equal(world->calls, "lcCllclcld");
    free(world);
}

/* Time for no more than the first look, which goes by the service's Date. */
static void a_short_wait_tells_who_holds_the_lock(void **state)
{
    (void)state;
    for (int64_t wait_ms = 100; wait_ms < 1000; wait_ms += 400) {
        struct lock_settings from = settings();
        from.wait_until = (struct mono){START_MS + wait_ms};
        struct world *world = begin(&from);
        plant(world, "p/other#t30#g1#q5#h", 5000);
        assert_true(go(world, LOCK_FINISHED, 5000));
        assert_int_equal(lock_reason(&world->lock), LOCK_REASON_HELD);
        assert_string_equal(lock_position(&world->lock)->ahead_name, "p/other#t30#g1#q5#h");
        free(world);
        world = begin(&from);
        plant(world, "p/dead#t30#g1#q5#h", 50000);
        (void)go(world, LOCK_FINISHED, 5000);
        assert_int_not_equal(lock_reason(&world->lock), LOCK_REASON_HELD);
        free(world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_that_is_gone_does_not_make_listings_late),
        cmocka_unit_test(a_young_mutex_is_given_back_though_its_claim_is_over),
        cmocka_unit_test(who_turns_to_its_own_name_at_the_end_of_its_wait_may_yet_enter),
        cmocka_unit_test(a_look_that_failed_is_not_put_off_by_the_next_renewal),
        cmocka_unit_test(a_short_wait_tells_who_holds_the_lock),
        cmocka_unit_test(who_is_never_shown_enters_all_the_same),
        cmocka_unit_test(who_is_never_shown_enters_before_those_who_wait_behind),
        cmocka_unit_test(who_is_never_shown_does_not_pass_playbooks),
        cmocka_unit_test(a_page_without_us_does_not_tell_that_we_are_shown),
        cmocka_unit_test(late_listings_make_the_living_look_dead),
        cmocka_unit_test(who_leaves_with_a_mutex_in_doubt_has_the_time_to_look),
        cmocka_unit_test(who_leaves_with_a_mutex_in_doubt_gives_its_place_up_at_once),
        cmocka_unit_test(a_look_that_tells_of_the_mutex_is_read_to_its_end),
        cmocka_unit_test(a_look_that_tells_of_the_mutex_is_not_of_our_own_name),
        cmocka_unit_test(who_keeps_its_claim_learns_whose_the_mutex_is),
        cmocka_unit_test(a_mutex_from_before_it_was_asked_for_is_not_ours),
        cmocka_unit_test(a_mutex_that_was_gone_is_not_ours_when_it_is_back),
        cmocka_unit_test(who_reads_on_at_the_end_of_its_wait_tells_who_holds_the_lock),
        cmocka_unit_test(how_late_listings_are_is_learnt_from_our_own_names),
        cmocka_unit_test(whether_the_mutex_is_still_there_is_asked_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
