/*
 * What our own attempts are worth, and those of an earlier run of our ID, in a small, perfect
 * service.
 */
#include <time.h>

#include "lock_world.h"

#include "../../src/lock/own.h"

static void an_earlier_run_of_our_id_is_replaced(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    from.nonce = "11111111";
    struct world *world = begin(&from);
    plant(world, "p/me#t30#u22222222", 500);
    assert_true(go(world, LOCK_HELD, 6000));
    assert_null(find(world, "p/me#t30#u22222222"));
    finish(world);
    free(world);

    world = begin(&from); /* but one that holds is honoured */
    plant(world, "p/me#t30#u22222222", 500);
    plant(world, "p/me#t30#u22222222#g1#q999500#h", 400);
    assert_false(go(world, LOCK_HELD, 6000));
    assert_non_null(find(world, "p/me#t30#u22222222"));
    free(world);

    from.no_queue = true; /* nor is it deleted by one that withdraws, and so would not be seen */
    world = begin(&from);
    plant(world, "p/me#t30#u22222222", 500);
    plant(world, "p/other#t30#g1#q5#h", 500);
    assert_false(go(world, LOCK_HELD, 6000));
    assert_non_null(find(world, "p/me#t30#u22222222"));
    free(world);
    from.no_queue = false;

    world = begin(&from); /* and a newer one replaces us */
    plant(world, "p/other#t30", 500);
    plant(world, "p/me#t30#u22222222", -500);
    assert_true(go(world, LOCK_FINISHED, 6000));
    assert_int_equal(lock_reason(&world->lock), LOCK_REASON_REPLACED);
    free(world);
}

/* A name that is made again is younger than the newer run's, which would give way to it. */
static void a_newer_run_that_has_deleted_our_name_has_our_place(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    from.nonce = "11111111";
    struct world *world = begin(&from);
    plant(world, "p/other#t30#g1#q5#h", 500);
    assert_false(go(world, LOCK_FINISHED, 3000)); /* it knows its ticket */
    uproot(world, "p/me");
    plant(world, "p/me#t30#u22222222", 0);
    size_t before = strlen(world->calls);
    assert_true(go(world, LOCK_FINISHED, 60000));
    assert_int_equal(lock_reason(&world->lock), LOCK_REASON_REPLACED);
    assert_null(strchr(world->calls + before, 'c'));
    free(world);
}

/* It cannot tell which of the two is newer, and both must not leave: now it is, by its new name. */
static void who_was_replaced_before_it_knew_its_ticket_comes_anew(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    from.nonce = "11111111";
    struct world *world = begin(&from);
    plant(world, "p/other#t30#g1#q5#h", 500);
    while (!find(world, "p/me#t30#u11111111"))
        assert_false(go(world, LOCK_FINISHED, TRIP_MS));
    uproot(world, "p/me");
    plant(world, "p/me#t30#u22222222", 0);
    int64_t newer_ms = world->now_ms;
    assert_false(go(world, LOCK_FINISHED, 10000));
    uproot(world, "u22222222"); /* its run sees a newer one, and leaves */
    uproot(world, "other");
    assert_true(go(world, LOCK_HELD, 10000));
    assert_true(world->lock.ticket_ms > newer_ms);
    finish(world);
    assert_int_equal(world->count, 0);
    free(world);
}

static void a_sleeper_starts_over_at_its_old_place(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    plant(world, "p/other#t30#g1#q5#h", 0);
    assert_false(go(world, LOCK_HELD, 3000));
    world->now_ms += 100000;
    uproot(world, "other");
    assert_true(go(world, LOCK_HELD, 6000));
    assert_non_null(find(world, "p/me#t30#g1#q1000020"));
    free(world);
}

/* Somebody deleted them, and they were made again by somebody: not by us. */
static void made_again(struct world *world, int64_t ago_ms)
{
    for (uint32_t i = 0; i < world->count; i++)
        if (strstr(world->groups[i].name, "p/me"))
            world->groups[i].created_ms = world->now_ms - ago_ms;
}

static void a_name_that_was_made_again_is_not_ours(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin(&from); /* a role peer came while it was gone: it has entered */
    plant(world, "p/other#t30#g1#q5#h", 0);
    assert_false(go(world, LOCK_HELD, 4000));
    plant(world, "p/s", 1000);
    made_again(world, 500);
    uproot(world, "other");
    assert_false(go(world, LOCK_HELD, 50000));
    uproot(world, "p/s");
    assert_true(go(world, LOCK_HELD, 30000));
    finish(world);
    assert_int_equal(world->count, 0);
    free(world);

    world = begin(&from); /* and whoever came while a holder's names were gone, too */
    assert_true(go(world, LOCK_HELD, 5000));
    (void)go(world, LOCK_LOST, 4000);
    made_again(world, 0);
    assert_true(go(world, LOCK_LOST, 25000));
    assert_int_equal(lock_reason(&world->lock), LOCK_REASON_GONE);
    free(world);
}

/* The service applies it long after the run has begun to leave, and D is long: two looks follow. */
static void what_comes_late_while_leaving_is_looked_for_twice(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    from.settle_ms = 25000; /* 2 D are longer than the release timeout */
    struct world *world = begin(&from);
    world->fail_kind = LOCK_TODO_CREATE;
    world->fail_with = LOCK_UNKNOWN;
    world->fail_count = 1;
    plant(world, "p/other#t30", 0);
    for (int i = 0; i < 2; i++) {
        struct lock_todo todo = ask(&world->lock, now(world));
        act(world, &todo);
    }
    uproot(world, "other");
    lock_leave(&world->lock, now(world));
    assert_false(go(world, LOCK_FINISHED, 10000));
    assert_string_equal(world->calls, "lcd");
    plant(world, "p/me#t30", 0);
    assert_true(go(world, LOCK_FINISHED, 120000));
    assert_string_equal(world->calls, "lcdldll");
    assert_int_equal(world->count, 0);
    free(world);
}

/* Its answer is lost, and the run stopped until no time to hold is left. */
static void send_a_claim_that_takes_long(struct world *world)
{
    assert_true(go(world, LOCK_CLAIMING, 3000));
    struct lock_todo todo = ask(&world->lock, now(world));
    world->fail_kind = LOCK_TODO_CREATE;
    world->fail_with = LOCK_UNKNOWN;
    world->fail_count = 1;
    world->applied = true;
    act(world, &todo);
    world->now_ms += 24500;
}

/* It was sent so long ago that no time to hold is left, but not so long that it is over. */
static void a_claim_that_was_long_on_its_way_is_made_anew(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    send_a_claim_that_takes_long(world);
    assert_true(go(world, LOCK_HELD, 3000));
    assert_string_equal(world->calls, "lccClcDdllcCl");
    finish(world);
    assert_int_equal(world->count, 0);
    free(world);
}

/* A place was planned when the claim was taken back, but the claim made anew came before it. */
static void who_sleeps_with_a_claim_made_anew_wakes_up(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    from.shared = true; /* no mutex to give back: the claim is made anew by the same look */
    struct world *world = begin(&from);
    send_a_claim_that_takes_long(world);
    while (strcmp(world->calls, "lcclc") != 0) {
        assert_memory_equal(world->calls, "lcclc", strlen(world->calls));
        struct lock_todo todo = ask(&world->lock, now(world));
        if (todo.kind == LOCK_TODO_WAIT)
            wait_for(world, todo.at.ms);
        else
            act(world, &todo);
    }
    world->now_ms += 31000;
    assert_true(go(world, LOCK_HELD, 6000));
    finish(world);
    assert_int_equal(world->count, 0);
    free(world);
}

/* It does not know yet what is expired, and its time is over: it does not say that it is held. */
static void the_dead_make_nobody_give_up(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    from.wait_until = (struct mono){START_MS + 500};
    struct world *world = begin(&from);
    world->no_date = true;
    plant(world, "p/dead", 1000000);
    for (int i = 0; i < 2; i++) {
        struct lock_todo todo = ask(&world->lock, now(world));
        act(world, &todo);
    }
    uproot(world, "p/me"); /* no listing shows it */
    assert_true(go(world, LOCK_FINISHED, 10000));
    assert_int_equal(lock_reason(&world->lock), LOCK_REASON_SLOW);
    assert_in_range(world->now_ms, START_MS + 500, START_MS + 2000); /* a limit is kept */
    free(world);
}

/* A name that we are about to make is somebody's: another number is taken, at once. */
static void names_made_before_us_are_passed_over(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    char name[ATTEMPT_NAME_BYTES + 1];
    assert_true(go(world, LOCK_HELD, 5000));
    for (int i = 1; i <= 5; i++) {
        (void)snprintf(name, sizeof(name), "p/me#t30#g%d#q1000020#h1000020#k1000040", i);
        plant(world, name, 0);
    }
    assert_false(go(world, LOCK_LOST, 60000));
    assert_true(strlen(world->calls) < 80);
    finish(world);
    assert_int_equal(world->count, 5);
    free(world);
}

#define MANY       50000
#define MANY_MS    5000 /* of CPU; a sanitizer's build takes a tenth, a quadratic look minutes */
#define CLOCK_MS   (CLOCKS_PER_SEC / 1000)
#define NAME_BYTES 64

/* A look takes time in proportion to what there is, whoever made it. */
static void a_look_at_many_names_of_one_run_is_quick(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    struct lock_entry *entries = calloc(MANY, sizeof(*entries));
    char *names = calloc(MANY, NAME_BYTES);
    assert_true(entries && names);
    assert_true(go(world, LOCK_HELD, 5000));
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(names + (size_t)i * NAME_BYTES, NAME_BYTES, "p/other#t30#g%d#q%d", i,
                       START_MS);
        entries[i] = lock_entry_make("p", text_from(names + (size_t)i * NAME_BYTES),
                                     i % 2 ? START_MS : START_MS - 90000, false);
    }
    struct lock_todo todo = ask(&world->lock, now(world));
    while (todo.kind == LOCK_TODO_WAIT) {
        world->now_ms = todo.at.ms;
        todo = ask(&world->lock, now(world));
    }
    assert_int_equal(todo.kind, LOCK_TODO_LIST);
    struct lock_listing listing = {
        .entries = entries, .count = MANY, .pages = 1, .complete = true, .asked = now(world)};
    struct lock_answer answer = {.sent = now(world), .listing = &listing};
    clock_t began = clock();
    lock_tell(&world->lock, now(world), &todo, &answer);
    assert_true((clock() - began) / CLOCK_MS < MANY_MS);
    free(names);
    free(entries);
    free(world);
}

/* Only another run of our ID can be a newer one: a name with our nonce is of this one. */
static void a_name_of_our_own_run_replaces_nobody(void **state)
{
    (void)state;
    static const char *const rows[] = {"0a1b2c3d", "4e5f6071"};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct lock_settings from = settings();
        from.nonce = rows[0];
        struct world *world = begin(&from);
        take_a_place(world);
        assert_false(go(world, LOCK_HELD, 100));
        char name[ATTEMPT_NAME_BYTES];
        (void)snprintf(name, sizeof(name), "p/me#t30#u%s#g7#q%d", rows[i], START_MS + 30000);
        plant(world, name, 0);
        bool entered = go(world, LOCK_HELD, 5000);
        assert_int_equal(entered, i == 0);
        assert_int_equal(lock_reason(&world->lock),
                         entered ? LOCK_REASON_NONE : LOCK_REASON_REPLACED);
        finish(world);
        free(world);
    }
}

/* Its place is answered late, and by that it knows the time: what it makes later is shown late. */
static struct world *begin_slowly(int64_t slow_ms, int64_t late_ms)
{
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    take_a_place(world);
    world->slow_ms = slow_ms;
    struct lock_todo todo = ask(&world->lock, now(world));
    act(world, &todo);
    world->late_ms = late_ms;
    return world;
}

static struct world *hold_by_a_slow_anchor(int64_t slow_ms)
{
    struct world *world = begin_slowly(slow_ms, 900);
    assert_true(go(world, LOCK_HELD, 1200));
    return world;
}

static void a_token_is_larger_than_all_that_came_before_the_mutex(void **state)
{
    (void)state;
    for (int64_t slow_ms = 0; slow_ms < 500; slow_ms += 150) {
        struct world *world = hold_by_a_slow_anchor(slow_ms);
        assert_true(lock_token(&world->lock) >= find(world, "p/#mutex")->created_ms);
        free(world);
    }
}

static void a_token_is_past_when_the_mutex_goes(void **state)
{
    (void)state;
    for (int64_t slow_ms = 0; slow_ms < 500; slow_ms += 150) {
        struct world *world = hold_by_a_slow_anchor(slow_ms);
        size_t calls = strlen(world->calls);
        lock_leave(&world->lock, now(world));
        while (find(world, "p/#mutex"))
            assert_false(go(world, LOCK_FINISHED, 1));
        assert_true(lock_token(&world->lock) < world->now_ms - TRIP_MS);
        assert_true(go(world, LOCK_FINISHED, 1000));
        assert_int_equal(strlen(world->calls) - calls, 3); /* nothing more is asked for */
        assert_int_equal(world->count, 0);
        free(world);
    }
}

/* Its create was never answered, but its delete was: a listing that is late tells that it was
 * there. */
static void what_a_late_listing_shows_has_been_heard_of(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    struct lock_entry entries[2 * GROUPS_MAX];
    struct world *world = begin(&from);
    plant(world, "p/me#t30", 100);
    world->lock.generations[0] = (struct lock_generation){.state = LOCK_GENERATION_DELETED,
                                                          .ticket_ms = ATTEMPT_UNKNOWN,
                                                          .first_claim_ms = ATTEMPT_UNKNOWN,
                                                          .token = ATTEMPT_UNKNOWN,
                                                          .created_ms = ATTEMPT_UNKNOWN,
                                                          .deleted = now(world)};
    struct lock_listing listing = {
        .entries = entries, .count = list(world, entries), .complete = true, .asked = now(world)};
    own_see(&world->lock, now(world), &listing);
    assert_true(world->lock.made_any);
    free(world);
}

/* The mutex may not go yet when the first look begins, and goes between its pages. */
static void a_look_from_before_the_last_delete_is_none_of_two(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    from.settle_ms = 200;
    struct world *world = begin(&from);
    take_a_place(world);
    world->slow_ms = 300;
    struct lock_todo todo = ask(&world->lock, now(world));
    act(world, &todo);
    world->fail_kind = LOCK_TODO_CREATE;
    world->fail_with = LOCK_UNKNOWN;
    world->fail_count = 1;
    world->late_ms = 150;
    assert_true(go(world, LOCK_HELD, 2000));
    lock_leave(&world->lock, now(world));
    world->partial = true;
    world->pages_ms = 400;
    const char *calls = world->calls + strlen(world->calls);
    assert_true(go(world, LOCK_FINISHED, 20000));
    assert_string_equal(calls, "dlDdmlmlm");
    free(world);
}

/* Whoever gives it back for a run that was killed, a moment after that began to hold. */
static void a_token_is_past_when_another_process_gives_the_mutex_back(void **state)
{
    (void)state;
    for (int64_t slow_ms = 150; slow_ms < 500; slow_ms += 150) {
        struct world *world = hold_by_a_slow_anchor(slow_ms);
        int64_t token = lock_token(&world->lock);
        uint64_t note = lock_mutex_note(&world->lock, NULL);
        struct lock_settings from = world->lock.settings;
        assert_true(token >= world->now_ms);
        lock_init_release(&world->lock, &from, now(world), note);
        while (find(world, "p/#mutex"))
            assert_false(go(world, LOCK_FINISHED, 1));
        assert_true(token < world->now_ms - TRIP_MS);
        assert_true(go(world, LOCK_FINISHED, 10000));
        assert_int_equal(world->count, 0);
        free(world);
    }
}

static void who_does_not_know_the_time_to_a_second_waits_to_see_its_mutex(void **state)
{
    (void)state;
    struct world *world = begin_slowly(750, 1500);
    assert_false(go(world, LOCK_HELD, 2500));
    assert_true(go(world, LOCK_HELD, 1500));
    assert_int_equal(lock_token(&world->lock), find(world, "p/#mutex")->created_ms);
    finish(world);
    free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_earlier_run_of_our_id_is_replaced),
        cmocka_unit_test(a_newer_run_that_has_deleted_our_name_has_our_place),
        cmocka_unit_test(who_was_replaced_before_it_knew_its_ticket_comes_anew),
        cmocka_unit_test(a_sleeper_starts_over_at_its_old_place),
        cmocka_unit_test(a_name_that_was_made_again_is_not_ours),
        cmocka_unit_test(a_claim_that_was_long_on_its_way_is_made_anew),
        cmocka_unit_test(who_sleeps_with_a_claim_made_anew_wakes_up),
        cmocka_unit_test(the_dead_make_nobody_give_up),
        cmocka_unit_test(a_name_of_our_own_run_replaces_nobody),
        cmocka_unit_test(names_made_before_us_are_passed_over),
        cmocka_unit_test(a_look_at_many_names_of_one_run_is_quick),
        cmocka_unit_test(what_comes_late_while_leaving_is_looked_for_twice),
        cmocka_unit_test(a_token_is_larger_than_all_that_came_before_the_mutex),
        cmocka_unit_test(a_token_is_past_when_the_mutex_goes),
        cmocka_unit_test(what_a_late_listing_shows_has_been_heard_of),
        cmocka_unit_test(a_look_from_before_the_last_delete_is_none_of_two),
        cmocka_unit_test(a_token_is_past_when_another_process_gives_the_mutex_back),
        cmocka_unit_test(who_does_not_know_the_time_to_a_second_waits_to_see_its_mutex),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
