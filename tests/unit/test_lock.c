/*
 * The rules of the lock against a small, perfect service: what is asked for, in which order, and
 * what each kind of answer leads to. Faults, lag and skew are the simulator's (tests/sim).
 */
#include "lock_world.h"

static void an_uncontended_run_takes_six_calls(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    assert_true(go(world, LOCK_HELD, 5000));
    assert_int_equal(world->now_ms, START_MS + 2 * TRIP_MS + 1000 + TRIP_MS);
    finish(world);
    assert_string_equal(world->calls, "lcClDd");
    assert_int_equal(world->count, 0);
    free(world);
}

/* Where somebody is in sight a place in the queue comes before the claim. */
static void who_is_not_alone_takes_a_place_first(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    plant(world, "p/other#t30", -100);
    assert_true(go(world, LOCK_HELD, 5000));
    assert_string_equal(world->calls, "lclcCl");
    free(world);
    world = begin(&from);
    take_a_place(world);
    assert_true(go(world, LOCK_HELD, 5000));
    assert_string_equal(world->calls, "lclcCl");
    assert_int_equal(world->now_ms, START_MS + 2 * TRIP_MS + 1000 + 4 * TRIP_MS);
    free(world);
}

static void names_carry_ticket_claim_and_token(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    assert_true(go(world, LOCK_HELD, 5000));
    assert_non_null(find(world, "p/me#t30#h#k1000000"));
    assert_non_null(find(world, "p/#mutex"));
    assert_int_equal(lock_token(&world->lock), START_MS + 2 * TRIP_MS); /* when that was made */
    assert_false(go(world, LOCK_LOST, 95000));                          /* many renewals later */
    assert_int_equal(lock_phase(&world->lock), LOCK_HELD);
    assert_null(find(world, "p/me#t30#h#k1000000"));
    assert_non_null(strstr(world->groups[1].name, "#q1000020#h1000020#k1000040"));
    finish(world);
    assert_int_equal(world->count, 0);
    free(world);
}

static void a_holder_asks_for_nothing_but_with_a_renewal(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    assert_false(go(world, LOCK_LOST, 38000)); /* every 10 s; each look comes a second later */
    assert_string_equal(world->calls, "lcCllcldcldcld");
    free(world);
}

static void the_token_exceeds_every_token_seen(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    plant(world, "p/other#t30#g1#q900000#h#k1050000", 0);
    plant(world, "p/dead#t30#g1#q900000#h#k1058000", 35500); /* it holds no more */
    plant(world, "p/jest#t30#g1#q900000#h#k999999999999990", 0);
    assert_false(go(world, LOCK_HELD, 5000));
    assert_true(lock_position(&world->lock)->held);
    uproot(world, "other");
    uproot(world, "jest");
    assert_true(go(world, LOCK_HELD, 5000));
    assert_int_equal(lock_token(&world->lock), 1050001);
    free(world);
}

/* Without D the mutex decides: three round trips. Playbooks know nothing of it. */
static void without_D_the_mutex_decides_alone(void **state)
{
    (void)state;
    const char *name;
    struct lock_settings from = settings();
    from.settle_ms = 0;
    struct world *world = begin(&from);
    assert_true(go(world, LOCK_HELD, 5000));
    assert_int_equal(world->now_ms, START_MS + 3 * TRIP_MS);
    assert_int_equal(lock_take_notice(&world->lock, &name), LOCK_NOTICE_NONE);
    finish(world);
    assert_string_equal(world->calls, "lcCDd");
    free(world);
    world = begin(&from);
    plant(world, "p/playbook", 10);
    assert_false(go(world, LOCK_HELD, 5000));
    assert_int_equal(lock_take_notice(&world->lock, &name), LOCK_NOTICE_UNMARKED);
    assert_string_equal(name, "p/playbook");
    assert_int_equal(lock_take_notice(&world->lock, &name), LOCK_NOTICE_NONE);
    free(world);
}

/* Another's mutex keeps us out, whatever listings show; a dead run's is removed, by one alone. */
static void a_mutex_keeps_us_out_until_its_run_is_dead(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    plant(world, "p/#mutex", 1000);
    assert_false(go(world, LOCK_HELD, 30000));
    assert_true(go(world, LOCK_HELD, 15000)); /* T and 5 s after it was made */
    assert_non_null(find(world, "p/#break"));
    assert_true(find(world, "p/#mutex")->created_ms > START_MS);
    finish(world);
    assert_int_equal(world->count, 0);
    free(world);
}

/*
 * BREAK_OLD, BREAK_QUIET: who waits for a dead run enters once its claim and its mutex are T and 5
 * s old, no claim was in sight for 3 D, and two looks, D apart, have followed; looks come up to 5 s
 * apart.
 */
static void a_dead_run_keeps_us_out_for_its_T_and_little_more(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    plant(world, "p/dead#t30#h", 0);
    plant(world, "p/#mutex", 0);
    assert_false(go(world, LOCK_HELD, 35000 + 3000));
    assert_true(go(world, LOCK_HELD, 2 * 1000 + 5000));
    finish(world);
    assert_null(find(world, "p/#break"));
    assert_null(find(world, "p/#mutex"));
    free(world);
}

static void who_keeps_us_out(void **state)
{
    (void)state;
    static const struct {
        const char *name, *other;
        int64_t age_ms;
        bool out;
    } rows[] = {
        {"a waiter before us", "p/w#t30", 5000, true},
        {"a waiter after us", "p/w#t30", -5000, false},
        {"its later generation, by its ticket", "p/w#t30#g9#q5", -5000, true},
        {"an expired waiter", "p/w#t30", 35500, false},
        {"five seconds of grace", "p/w#t30", 33000, true},
        {"a longer timeout of its own", "p/w#t60", 35500, true},
        {"a claim with a larger ticket", "p/w#t30#g1#q9999999#h", -100, true},
        {"a role's attempt before us", "p/s", 10, true},
        {"a role's attempt without room", "p/s", -500, true},
        {"a role's attempt held off with room", "p/s", -1500, false},
        {"a role's attempt by its own timeout", "p/s", 50000, true},
        {"a nested lock", "p/s/x", 10, false},
        {"an unknown tag is no mark", "p/w#x#t30", 5000, true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct lock_settings from = settings();
        struct world *world = begin(&from);
        plant(world, rows[i].other, rows[i].age_ms);
        bool in = go(world, LOCK_HELD, 1500);
        check_row(in != rows[i].out, rows[i].name);
        free(world);
    }
}

static void one_try_is_refused_at_once(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    from.nonblock = true;
    from.wait_until = (struct mono){START_MS};
    struct world *world = begin(&from);
    plant(world, "p/other#t30#g1#q5#h", 5000);
    assert_true(go(world, LOCK_FINISHED, 5000));
    assert_int_equal(lock_reason(&world->lock), LOCK_REASON_HELD);
    assert_string_equal(world->calls, "l"); /* nothing is made */
    assert_int_equal(world->count, 1);
    free(world);
}

static void one_try_takes_a_free_lock(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    from.nonblock = true;
    from.wait_until = (struct mono){START_MS};
    struct world *world = begin(&from);
    plant(world, "p/other#t30", 100); /* on its way out */
    assert_false(go(world, LOCK_HELD, 500));
    uproot(world, "other");
    assert_true(go(world, LOCK_HELD, 5000));
    free(world);
}

static void looks_and_time_limit_the_wait(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    from.max_attempts = 2;
    struct world *world = begin(&from);
    plant(world, "p/other#t30", 100);
    assert_true(go(world, LOCK_FINISHED, 10000));
    assert_string_equal(world->calls, "lcld");
    free(world);
    from = settings();
    from.wait_until = (struct mono){START_MS + 4000};
    world = begin(&from);
    plant(world, "p/other#t30", 100);
    assert_true(go(world, LOCK_FINISHED, 10000));
    assert_int_equal(lock_reason(&world->lock), LOCK_REASON_HELD);
    assert_in_range(world->now_ms - START_MS, 4000, 4100);
    free(world);
}

static void dead_role_attempts_go_before_the_command(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    plant(world, "p/dead", 70000);
    plant(world, "p/gone#t30", 70000);
    assert_true(go(world, LOCK_HELD, 5000));
    assert_string_equal(world->calls, "lcClid");
    assert_null(find(world, "p/dead"));
    assert_non_null(find(world, "p/gone#t30")); /* misleads nobody: later */
    assert_false(go(world, LOCK_LOST, 3000));
    assert_null(find(world, "p/gone#t30"));
    free(world);

    world = begin(&from); /* and are known to be gone */
    plant(world, "p/dead", 70000);
    world->fail_kind = LOCK_TODO_DELETE;
    world->fail_with = LOCK_UNKNOWN;
    world->fail_count = 3;
    assert_true(go(world, LOCK_HELD, 5000));
    assert_null(find(world, "p/dead"));
    free(world);
}

/* CLEAN_SETTLED: a role peer may still see its deleted attempt, and wake up. */
static void what_held_a_dead_role_off_outlives_it(void **state)
{
    (void)state;
    static const char first[] = "p/me#t30";
    static const struct {
        const char *name, *dead;
        bool stands; /* what it waited with, after the first look of the hold */
    } rows[] = {
        {"somebody to clean", "p/dead", true},
        {"nobody", NULL, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct lock_settings from = settings();
        struct world *world = begin(&from);
        if (rows[i].dead)
            plant(world, rows[i].dead, 70000);
        take_a_place(world);
        assert_true(go(world, LOCK_HELD, 5000));
        assert_false(go(world, LOCK_LOST, 1100));
        check_row((find(world, first) != NULL) == rows[i].stands, rows[i].name);
        assert_false(go(world, LOCK_LOST, 20000));
        check_row(!find(world, first), rows[i].name);
        free(world);
    }
}

static void what_has_content_is_left_alone(void **state)
{
    (void)state;
    const char *name;
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    plant(world, "p/logs", 70000);
    world->groups[0].has_content = true;
    plant(world, "p/streams", 70000);
    world->groups[1].has_streams = true;
    assert_true(go(world, LOCK_HELD, 5000));
    assert_int_equal(lock_take_notice(&world->lock, &name), LOCK_NOTICE_LEFT_ALONE);
    assert_int_equal(lock_take_notice(&world->lock, &name), LOCK_NOTICE_NONE);
    assert_false(go(world, LOCK_LOST, 100000));
    assert_int_equal(lock_phase(&world->lock), LOCK_HELD);
    finish(world);
    assert_int_equal(world->count, 2);
    free(world);
}

static void Y6_a_lost_answer_to_a_create_is_followed_up(void **state)
{
    (void)state;
    for (int applied = 0; applied < 2; applied++) {
        struct lock_settings from = settings();
        struct world *world = begin(&from);
        world->fail_kind = LOCK_TODO_CREATE;
        world->fail_with = LOCK_UNKNOWN;
        world->fail_count = 1;
        world->applied = applied;
        assert_true(go(world, LOCK_HELD, 5000));
        assert_string_equal(world->calls, "lccCl");
        finish(world);
        assert_string_equal(world->calls, "lccClDdll"); /* it may still be applied */
        assert_int_equal(world->count, 0);
        free(world);
    }
}

static void a_name_that_exists_is_not_ours(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    plant(world, "p/me#t30", 10);
    assert_true(go(world, LOCK_FINISHED, 5000));
    assert_int_equal(lock_reason(&world->lock), LOCK_REASON_NAME_TAKEN);
    assert_string_equal(world->calls, "lc");
    assert_int_equal(world->count, 1);
    free(world);
}

static void refusals_and_failures_end_an_arrival(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum lock_outcome outcome;
        enum lock_reason reason;
        const char *calls;
    } rows[] = {
        {"refused", LOCK_REFUSED, LOCK_REASON_REFUSED, "lc"},
        {"never sent", LOCK_LATER, LOCK_REASON_UNAVAILABLE, "lccc"},
        {"unknown", LOCK_UNKNOWN, LOCK_REASON_UNAVAILABLE, "lcccdll"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct lock_settings from = settings();
        struct world *world = begin(&from);
        world->fail_kind = LOCK_TODO_CREATE;
        world->fail_with = rows[i].outcome;
        world->fail_count = 100;
        check_row(go(world, LOCK_FINISHED, 20000), rows[i].name);
        check_row(lock_reason(&world->lock) == rows[i].reason, rows[i].name);
        check_row(strcmp(world->calls, rows[i].calls) == 0, rows[i].name);
        free(world);
    }
}

static void three_looks_take_a_lock_away(void **state)
{
    (void)state;
    static const struct {
        const char *name, *uproot, *plant;
        int64_t age_ms;
        enum lock_reason reason; /* NONE: it stays held */
    } rows[] = {
        {"deleted by somebody", "p/me", NULL, 0, LOCK_REASON_GONE},
        {"an older claim that is not renewed", NULL, "p/a#t30#g1#q5#h5", 20000, LOCK_REASON_NONE},
        {"an older claim, made again", NULL, "p/a#t30#g1#q5#h5", 0, LOCK_REASON_NONE},
        {"a younger claim, smaller in key", NULL, "p/a#t30#g1#q5#h", 0, LOCK_REASON_NONE},
        {"a role's attempt from before", NULL, "p/s", 20000, LOCK_REASON_STRANGER},
        {"a role's attempt from now", NULL, "p/s", 0, LOCK_REASON_NONE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct lock_settings from = settings();
        struct world *world = begin(&from);
        check_row(go(world, LOCK_HELD, 5000), rows[i].name);
        (void)go(world, LOCK_LOST, 4000);
        if (rows[i].uproot)
            uproot(world, rows[i].uproot);
        if (rows[i].plant)
            plant(world, rows[i].plant, rows[i].age_ms);
        bool lost = go(world, LOCK_LOST, 25000);
        check_row(lost == (rows[i].reason != LOCK_REASON_NONE), rows[i].name);
        if (lost)
            check_row(lock_reason(&world->lock) == rows[i].reason, rows[i].name);
        free(world);
    }
}

/* G7: what a late listing still shows of one that has left takes nothing away. */
static void an_older_claim_takes_a_lock_away_once_it_is_renewed(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    assert_true(go(world, LOCK_HELD, 5000));
    plant(world, "p/a#t30#g1#q5#h5", 20000);
    assert_false(go(world, LOCK_LOST, 7000));
    plant(world, "p/a#t30#g2#q5#h5", 0);
    assert_true(go(world, LOCK_LOST, 12000));
    assert_int_equal(lock_reason(&world->lock), LOCK_REASON_OLDER_CLAIM);
    free(world);
}

static uint32_t count_named(const struct world *world, const char *part)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < world->count; i++)
        count += strstr(world->groups[i].name, part) != NULL;
    return count;
}

/* Role peers come all the time, and each dies at once: there is always one to be held off. */
static void a_long_hold_keeps_few_names(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    assert_true(go(world, LOCK_HELD, 5000));
    for (int i = 0; i < 60; i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "p/s%d", i);
        plant(world, name, 0);
        memset(world->calls, 0, sizeof(world->calls));
        assert_false(go(world, LOCK_LOST, 7000));
        check_row(count_named(world, "p/me") <= 5, name);
        check_row(count_named(world, "p/s") <= 12, name);
    }
    finish(world);
    assert_int_equal(count_named(world, "p/me"), 0);
    free(world);
}

static void the_lease_ends_without_renewal(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    assert_true(go(world, LOCK_HELD, 5000));
    struct lock_lease lease = lock_lease(&world->lock);
    /* from before the claim was sent, which the deciding look has shown */
    assert_int_equal(lease.ends_at.ms, START_MS + TRIP_MS + 30000);
    assert_int_equal(lease.kill_at.ms, lease.ends_at.ms - 3000);
    assert_int_equal(lease.term_at.ms, lease.kill_at.ms - 3000);
    world->fail_kind = LOCK_TODO_CREATE;
    world->fail_with = LOCK_UNKNOWN;
    world->fail_count = 10000;
    assert_true(go(world, LOCK_LOST, 60000));
    assert_int_equal(lock_reason(&world->lock), LOCK_REASON_LEASE);
    assert_int_equal(world->now_ms, lease.term_at.ms);
    free(world);
}

/* I4: of what is left an attempt is named last, whose name says whose it is; the mutex is counted.
 */
static void what_could_not_be_deleted_is_told(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    char name[ATTEMPT_NAME_BYTES + 1];
    struct world *world = begin(&from);
    assert_true(go(world, LOCK_HELD, 5000));
    world->fail_kind = LOCK_TODO_DELETE;
    world->fail_with = LOCK_UNKNOWN;
    world->fail_count = 10000;
    finish(world);
    assert_true(lock_left(&world->lock, 0, name));
    assert_string_equal(name, "p/#mutex");
    assert_true(lock_left(&world->lock, 1, name));
    assert_non_null(strstr(name, "p/me#t30"));
    assert_false(lock_left(&world->lock, 2, name));
    free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_uncontended_run_takes_six_calls),
        cmocka_unit_test(who_is_not_alone_takes_a_place_first),
        cmocka_unit_test(names_carry_ticket_claim_and_token),
        cmocka_unit_test(a_holder_asks_for_nothing_but_with_a_renewal),
        cmocka_unit_test(the_token_exceeds_every_token_seen),
        cmocka_unit_test(without_D_the_mutex_decides_alone),
        cmocka_unit_test(a_mutex_keeps_us_out_until_its_run_is_dead),
        cmocka_unit_test(a_dead_run_keeps_us_out_for_its_T_and_little_more),
        cmocka_unit_test(who_keeps_us_out),
        cmocka_unit_test(one_try_is_refused_at_once),
        cmocka_unit_test(one_try_takes_a_free_lock),
        cmocka_unit_test(looks_and_time_limit_the_wait),
        cmocka_unit_test(dead_role_attempts_go_before_the_command),
        cmocka_unit_test(what_held_a_dead_role_off_outlives_it),
        cmocka_unit_test(what_has_content_is_left_alone),
        cmocka_unit_test(Y6_a_lost_answer_to_a_create_is_followed_up),
        cmocka_unit_test(a_name_that_exists_is_not_ours),
        cmocka_unit_test(refusals_and_failures_end_an_arrival),
        cmocka_unit_test(three_looks_take_a_lock_away),
        cmocka_unit_test(an_older_claim_takes_a_lock_away_once_it_is_renewed),
        cmocka_unit_test(a_long_hold_keeps_few_names),
        cmocka_unit_test(the_lease_ends_without_renewal),
        cmocka_unit_test(what_could_not_be_deleted_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
