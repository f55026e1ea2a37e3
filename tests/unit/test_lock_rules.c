/* Rules that hardly a world of the simulator needs. */
#include "lock_rows.h"

#include "../../src/lock/own.h"

/* Also if it is in doubt whose it is. */
static bool the_mutex_is_given_back_before_the_claim(void)
{
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    lose_the_mutex(world, LOCK_TODO_CREATE, true);
    while (!strstr(world->calls, "CC"))
        (void)go(world, LOCK_HELD, TRIP_MS);
    lock_leave(&world->lock, now(world));
    (void)go(world, LOCK_FINISHED, 20000);
    const char *mutex = strchr(world->calls, 'D'), *claim = strchr(world->calls, 'd');
    bool first = mutex && claim && mutex < claim && world->count == 0;
    free(world);
    return first;
}

/* A delete of the other's may have come late, and have taken away ours. */
static bool who_saw_anothers_claim_asks_whether_its_mutex_is_there(void)
{
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    while (!strchr(world->calls, 'C'))
        (void)go(world, LOCK_HELD, TRIP_MS);
    plant(world, "p/other#t30#h", -100);
    assert_false(go(world, LOCK_HELD, 3000));
    uproot(world, "other");
    uproot(world, "#mutex");
    bool entered = go(world, LOCK_HELD, 10000);
    bool made_again = find(world, "p/#mutex") != NULL;
    free(world);
    return entered && made_again;
}

/* A waiter behind somebody, with a listing that lacks its own name. */
static struct world *begin_unseen(const struct lock_settings *from)
{
    struct world *world = begin(from);
    plant(world, "p/ahead#t900#q5#h", 0);
    world->hidden = "/me";
    return world;
}

static bool limits_are_kept_though_listings_do_not_show_us(void)
{
    struct lock_settings from = settings();
    from.wait_until = (struct mono){START_MS + 3000};
    struct world *world = begin_unseen(&from);
    bool ended = go(world, LOCK_FINISHED, 9000);
    free(world);
    return ended;
}

static bool a_place_is_kept_though_listings_do_not_show_it(void)
{
    struct lock_settings from = settings();
    struct world *world = begin_unseen(&from);
    assert_false(go(world, LOCK_HELD, 6000));
    bool kept = find(world, "p/me#t30") != NULL;
    free(world);
    return kept;
}

/* T/3 after the claim, which somebody has deleted, no listing shows us: and nobody else could see.
 */
static bool no_lock_is_taken_by_a_claim_that_is_gone(void)
{
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    world->hidden = "/me";
    while (!strchr(world->calls, 'C'))
        (void)go(world, LOCK_HELD, TRIP_MS);
    assert_false(go(world, LOCK_HELD, 9500));
    uproot(world, "/me");
    bool entered = go(world, LOCK_HELD, 60000), claimed = false;
    for (uint32_t i = 0; i < world->count; i++)
        claimed |= strstr(world->groups[i].name, "/me") && strstr(world->groups[i].name, "#h");
    free(world);
    return entered && claimed;
}

static bool who_is_not_shown_asks_at_growing_intervals(void)
{
    struct lock_settings from = settings();
    struct world *world = begin_unseen(&from);
    assert_false(go(world, LOCK_HELD, 20000));
    bool few = strlen(world->calls) < 30;
    free(world);
    return few;
}

static bool who_is_not_shown_keeps_its_older_names(void)
{
    struct lock_settings from = settings();
    struct world *world = begin_unseen(&from);
    assert_false(go(world, LOCK_HELD, 3000));
    world->hidden = "#g"; /* the first has come into sight, later ones do not */
    world->lock.late_ms = 5000;
    assert_false(go(world, LOCK_HELD, 22000));
    bool kept = find(world, "p/me#t30") != NULL && world->count == 3;
    free(world);
    return kept;
}

static bool no_lock_is_lost_because_listings_are_late(void)
{
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    assert_true(go(world, LOCK_HELD, 5000));
    world->hidden = "/me";
    bool lost = go(world, LOCK_LOST, 18000);
    free(world);
    return !lost;
}

static bool absurd_tokens_do_not_count(void)
{
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    plant(world, "p/jest#t30#g1#q900000#h#k999999999999990", 0);
    assert_false(go(world, LOCK_HELD, 5000));
    uproot(world, "jest");
    assert_true(go(world, LOCK_HELD, 5000));
    bool sane = lock_token(&world->lock) < 2 * START_MS;
    free(world);
    return sane;
}

static bool names_with_our_id_that_we_have_not_made_are_strangers(void)
{
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    assert_true(go(world, LOCK_HELD, 5000));
    plant(world, "p/me#t30#g4294967295", 0);
    plant(world, "p/me#t30#g7#h", 0);
    (void)go(world, LOCK_LOST, 20000);
    bool alone = strlen(world->calls) < 30 && find(world, "p/me#t30#g4294967295") &&
                 find(world, "p/me#t30#g7#h");
    free(world);
    return alone;
}

/* Another had the mutex, and has it no more: then it took too long, and nothing else. */
static bool a_mutex_that_is_gone_is_no_reason(void)
{
    struct lock_settings from = settings();
    from.wait_until = (struct mono){START_MS + 20000};
    struct world *world = begin(&from);
    plant(world, "p/#mutex", 1000);
    (void)go(world, LOCK_HELD, 10000);
    uproot(world, "#mutex");
    assert_true(go(world, LOCK_CLAIMING, 10000));
    world->now_ms += 60000; /* its machine was suspended */
    assert_true(go(world, LOCK_LEAVING, 1000));
    bool slow = lock_reason(&world->lock) == LOCK_REASON_SLOW;
    free(world);
    return slow;
}

/* By the first page of a look that is under way when the wait is over, too. */
static bool a_page_tells_that_the_mutex_is_gone(void)
{
    struct lock_settings from = settings();
    from.wait_until = (struct mono){START_MS + 20000};
    struct world *world = begin(&from);
    world->hidden = "#mutex"; /* it claims, and is told so */
    plant(world, "p/#mutex", 1000);
    (void)go(world, LOCK_HELD, 15000);
    uproot(world, "#mutex");
    world->partial = true;
    struct lock_todo todo = ask(&world->lock, now(world));
    for (; todo.kind != LOCK_TODO_LIST; todo = ask(&world->lock, now(world)))
        wait_for(world, todo.at.ms);
    act(world, &todo);
    world->partial = false;
    world->now_ms = from.wait_until.ms;
    return enters_within(world, 3000);
}

/* Its claim came too late to hold by, so the mutex goes back first: nobody else is ahead. */
static bool a_mutex_of_our_own_is_not_in_our_way(void)
{
    struct lock_settings from = settings();
    from.max_attempts = 1;
    struct world *world = begin(&from);
    assert_true(go(world, LOCK_CLAIMING, 3000));
    while (!strstr(world->calls, "C"))
        (void)go(world, LOCK_HELD, TRIP_MS);
    world->now_ms += 24500; /* no time is left to hold by it, though its lease lasts */
    return enters_within(world, 10000);
}

/* An older name stood for long, and went just now. */
static bool the_name_deleted_last_is_remembered_longest(void)
{
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    struct lock *lock = &world->lock;
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++)
        lock->generations[i] = (struct lock_generation){
            .state = LOCK_GENERATION_DELETED, .number = i, .deleted = {START_MS + i}};
    lock->generations[0].deleted.ms += 60000;
    bool remembered = own_take(lock)->number == 1;
    free(world);
    return remembered;
}

/* It took long to be read: what it shows may be gone, and another's of that name be there. */
static bool nothing_is_deleted_by_an_old_listing(void)
{
    struct lock_settings from = settings();
    struct lock_entry entries[2 * GROUPS_MAX];
    struct lock_todo todo;
    from.lock_timeout_ms = from.role_timeout_ms = 900000;
    struct world *world = begin(&from);
    assert_true(go(world, LOCK_HELD, 5000));
    (void)go(world, LOCK_LOST, 10000); /* the look that confirms is over */
    plant(world, "p/asleep", 1000000);
    while ((todo = ask(&world->lock, now(world))).kind != LOCK_TODO_LIST)
        if (todo.kind == LOCK_TODO_WAIT)
            world->now_ms = todo.at.ms;
        else
            act(world, &todo); /* the next look comes with the renewal */
    struct lock_listing listing = {
        .entries = entries, .count = list(world, entries), .complete = true, .asked = now(world)};
    struct lock_answer answer = {.sent = now(world), .listing = &listing};
    world->now_ms += LOCK_FRESH_MS + 1000;
    lock_tell(&world->lock, now(world), &todo, &answer);
    bool waits = ask(&world->lock, now(world)).kind == LOCK_TODO_WAIT;
    assert_true(go(world, LOCK_LOST, 20000) || !find(world, "p/asleep")); /* by the next */
    free(world);
    return waits;
}

/* A queue of many pages that stands: what was seen of it is no older than the wait. */
static bool nobody_sleeps_longer_than_half_of_its_wait(void)
{
    struct lock_settings from = settings();
    from.lock_timeout_ms = from.role_timeout_ms = 900000;
    struct world *world = begin(&from);
    unsigned looks = 0;
    char name[64];
    world->pages = 2;
    for (int i = 0; i < 12; i++) {
        (void)snprintf(name, sizeof(name), "p/a%02d#t900%s", i, i ? "" : "#h");
        plant(world, name, 2000 - i);
    }
    assert_false(go(world, LOCK_HELD, 120000));
    for (const char *call = world->calls; *call; call++)
        looks += *call == 'l';
    free(world);
    return looks >= 4;
}

/* Half an hour behind forty on one page, each of whom holds for a minute. */
static bool who_sees_the_whole_queue_on_a_page_looks_for_each_place(void)
{
    struct lock_settings from = settings();
    from.lock_timeout_ms = from.role_timeout_ms = 3600000;
    struct world *world = begin(&from);
    unsigned looks = 0;
    char name[64];
    for (int i = 0; i < 40; i++) {
        (void)snprintf(name, sizeof(name), "p/a%02d#t3600", i);
        plant(world, name, 5000 - i);
    }
    for (int i = 0; i < 30; i++) {
        (void)snprintf(name, sizeof(name), "p/a%02d#t3600", i);
        uproot(world, name);
        (void)snprintf(name, sizeof(name), "p/a%02d#t3600#h", i);
        plant(world, name, 0);
        char *calls = world->calls + strlen(world->calls);
        assert_false(go(world, LOCK_HELD, 60000));
        uproot(world, name);
        for (; *calls; calls++)
            looks += *calls == 'l';
    }
    free(world);
    return looks >= 10; /* 15; else 5 */
}

/* What it waited with still stands: others would not take that for a holder's. */
static bool a_holder_whose_claim_is_gone_has_lost(void)
{
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    take_a_place(world);
    assert_true(go(world, LOCK_HELD, 5000));
    uproot(world, "#h");
    bool lost = go(world, LOCK_LOST, 9000);
    free(world);
    return lost;
}

/* Its names would be in the way of others, and cost three calls more. */
static bool who_finds_the_lock_held_at_once_makes_nothing(void)
{
    struct lock_settings from = settings();
    from.nonblock = true;
    struct world *world = begin(&from);
    plant(world, "p/other#t30#h", 500);
    bool ended = go(world, LOCK_FINISHED, 9000), nothing = strcmp(world->calls, "l") == 0;
    free(world);
    return ended && nothing;
}

/* The newest name was made by a front end whose clock is behind. */
static bool what_has_expired_stays_expired(void)
{
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    world->lock.service_ms = START_MS + 3000;
    world->lock.anchor_created_ms = START_MS;
    world->lock.anchor = now(world);
    bool stays = own_service_ms(&world->lock, now(world)) == START_MS + 3000;
    free(world);
    return stays;
}

/* Its claim expired while it was stopped, and goes after the mutex, which is in doubt. */
static bool a_place_is_that_of_a_name_that_stands(void)
{
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    char name[ATTEMPT_NAME_BYTES + 1];
    lose_the_mutex(world, LOCK_TODO_CREATE, false);
    while (strcmp(world->calls, "lc") != 0)
        (void)go(world, LOCK_HELD, TRIP_MS);
    struct lock_todo todo = ask(&world->lock, now(world));
    world->now_ms += DEAD_MS;
    act(world, &todo);
    plant(world, "p/other#t30", 1000);
    world->hidden = "#h";
    for (int i = 0; i < 50 && !find(world, "p/me#t30#g1"); i++)
        (void)go(world, LOCK_HELD, TRIP_MS);
    uproot(world, "other");
    world->hidden = NULL;
    const struct group *place = find(world, "p/me#t30#g1");
    int64_t place_ms = place ? place->created_ms : 0;
    (void)snprintf(name, sizeof(name), "p/me#t30#g2#q%lld#h", (long long)place_ms);
    (void)go(world, LOCK_HELD, 10000);
    bool shows = false;
    for (uint32_t i = 0; i < world->count; i++)
        shows |= strncmp(world->groups[i].name, name, strlen(name)) == 0;
    free(world);
    return shows;
}

/* The look that decides takes 4 s to be read, and was asked for before the mutex could be shown. */
static bool no_token_is_older_than_its_mutex_after_a_stop(void)
{
    struct lock_settings from = settings();
    struct world *world = begin(&from);
    world->slow_ms = 1500; /* so the time is not known to a second */
    while (!find(world, "p/#mutex"))
        (void)go(world, LOCK_HELD, TRIP_MS);
    int64_t made_ms = find(world, "p/#mutex")->created_ms;
    world->hidden = "#mutex";
    world->pages_ms = 4000;
    (void)go(world, LOCK_HELD, 4500);
    world->hidden = NULL;
    world->pages_ms = 0;
    bool held = go(world, LOCK_HELD, 10000) && lock_token(&world->lock) >= made_ms;
    free(world);
    return held;
}

static const struct lock_row rows[] = {
    ROW(CLAIM_ASKED, no_lock_is_taken_by_a_claim_that_is_gone),
    ROW(MUTEX_FIRST, the_mutex_is_given_back_before_the_claim),
    ROW(MUTEX_AGAIN, who_saw_anothers_claim_asks_whether_its_mutex_is_there),
    ROW(MUTEX_GONE, a_mutex_that_is_gone_is_no_reason),
    ROW(MUTEX_GONE, a_page_tells_that_the_mutex_is_gone),
    ROW(MUTEX_OWN, a_mutex_of_our_own_is_not_in_our_way),
    ROW(LOOK_FIRST, who_finds_the_lock_held_at_once_makes_nothing),
    ROW(OWN_KNOWN, the_name_deleted_last_is_remembered_longest),
    ROW(TICKET_STANDS, a_place_is_that_of_a_name_that_stands),
    ROW(LIMITS, limits_are_kept_though_listings_do_not_show_us),
    ROW(UNSEEN_ASKED, a_place_is_kept_though_listings_do_not_show_it),
    ROW(GROWING_PAUSE, who_is_not_shown_asks_at_growing_intervals),
    ROW(DROP_SEEN, who_is_not_shown_keeps_its_older_names),
    ROW(GONE_ASKED, no_lock_is_lost_because_listings_are_late),
    ROW(CLEAN_FRESH, nothing_is_deleted_by_an_old_listing),
    ROW(HALF_WAITED, nobody_sleeps_longer_than_half_of_its_wait),
    ROW(NEAR_LOOKS, who_sees_the_whole_queue_on_a_page_looks_for_each_place),
    ROW(LOSS_CLAIM_GONE, a_holder_whose_claim_is_gone_has_lost),
    ROW(NOW_FORWARD, what_has_expired_stays_expired),
    ROW(TOKEN_TIME, no_token_is_older_than_its_mutex_after_a_stop),
    ROW(TOKEN_LIVE, absurd_tokens_do_not_count),
    ROW(OWN_MADE, names_with_our_id_that_we_have_not_made_are_strangers),
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
