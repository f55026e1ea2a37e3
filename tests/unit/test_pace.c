/* How often a waiter asks (docs/protocol.md, "Polling"), in a small, perfect service. */
#include "lock_world.h"

/* With timeouts that play no part here. */
static struct world *begin_patient(void)
{
    struct lock_settings from = settings();
    from.lock_timeout_ms = from.role_timeout_ms = 900000;
    return begin(&from);
}

static unsigned count_listings(const struct world *world)
{
    unsigned listings = 0;
    for (const char *call = world->calls; *call; call++)
        listings += *call == 'l';
    return listings;
}

/* A queue that stands, or moves by a place every 2.5 s: how often who waits in it asks. */
static void who_is_further_back_asks_less(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int ahead;
        bool moves;
        unsigned least, most; /* listings a minute, in the second minute */
    } rows[] = {
        {"next", 1, false, 25, 50},            /* 2% of a hold of a minute, and */
        {"third, all stands", 3, false, 2, 5}, /* an eighth for each place more: FAR_BY_HOLD */
        {"far back, all stands", 20, false, 0, 2},
        {"far back, it moves fast", 59, true, 1, 20},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world *world = begin_patient();
        plant(world, "p/a#t900#g1#q5#h", 1000);
        for (int k = 1; k < rows[i].ahead; k++) {
            char name[32];
            (void)snprintf(name, sizeof(name), "p/a%02d#t900", k);
            plant(world, name, 1000);
        }
        for (int minute = 0; minute < 2; minute++) {
            memset(world->calls, 0, sizeof(world->calls));
            for (int k = 0; k < 120; k++) {
                char name[32];
                (void)snprintf(name, sizeof(name), "p/a%02d#", 1 + (120 * minute + k) / 5);
                assert_false(go(world, LOCK_HELD, 500));
                if (rows[i].moves && k % 5 == 0)
                    uproot(world, name);
            }
        }
        unsigned listings = count_listings(world);
        check_row(listings >= rows[i].least && listings <= rows[i].most, rows[i].name);
        free(world);
    }
}

/* One waiter, alone behind a hold of so long that is renewed and then ends. */
struct long_hold {
    const char *name;
    const char *claims[2]; /* what holders' names say; they end together */
    int minutes, seconds;
    unsigned least, most;          /* calls meanwhile */
    int64_t late_least, late_most; /* ms from the end to the next hold */
    uint32_t slots;
};

static void check_long_hold(const struct long_hold *row)
{
    struct lock_settings from = settings();
    from.lock_timeout_ms = from.role_timeout_ms = 900000;
    from.slots = row->slots;
    struct world *world = begin(&from);
    int64_t ends_ms = world->now_ms + (60 * row->minutes + row->seconds) * 1000LL;
    size_t calls = 0;
    for (int i = 0; i < 2 && row->claims[i]; i++)
        plant(world, row->claims[i], 0);
    while (world->now_ms < ends_ms) {
        int64_t left_ms = ends_ms - world->now_ms;
        memset(world->calls, 0, sizeof(world->calls));
        check_row(!go(world, LOCK_HELD, left_ms < 60000 ? left_ms : 60000), row->name);
        calls += strlen(world->calls);
    }
    check_row(calls >= row->least && calls <= row->most, row->name);
    uproot(world, "#h");
    int64_t free_ms = world->now_ms;
    check_row(go(world, LOCK_HELD, 900000), row->name);
    check_row(world->now_ms - free_ms >= row->late_least, row->name);
    check_row(world->now_ms - free_ms <= row->late_most, row->name);
    free(world);
}

/* NEXT_BY_HOLD, EXPECTED. Jitter is none here; entering takes 40 ms. */
static void who_is_next_goes_by_the_hold_and_the_holders_word(void **state)
{
    (void)state;
    static const struct long_hold rows[] = {
        {"an hour, nothing said", {"p/a#t7200#g1#q5#h"}, 60, 0, 600, 800, 1, 5500, 0},
        {"an hour, as said", {"p/a#t7200#g1#q5#h#e3600"}, 60, 1, 40, 80, 1, 3400, 0},
        {"it ends early", {"p/a#t7200#g1#q5#h#e3600"}, 20, 0, 20, 80, 4000, 150100, 0},
        {"it ends early by a minute", {"p/a#t7200#g1#q5#h#e3600"}, 59, 0, 40, 80, 1, 30100, 0},
        {"it fails at once", {"p/a#t7200#g1#q5#h#e3600"}, 0, 6, 4, 16, 1, 3100, 0},
        {"it overruns its word", {"p/a#t7200#g1#q5#h#e600"}, 60, 0, 500, 800, 1, 5500, 0},
        {"a word of a second", {"p/a#t7200#g1#q5#h#e1"}, 60, 0, 600, 800, 1, 5500, 0},
        {"a word of ages", {"p/a#t7200#g1#q5#h#e99999999999"}, 60, 0, 30, 80, 1, 150100, 0},
        {"a word that is none", {"p/a#t7200#g1#q5#h#e-3600"}, 60, 0, 600, 800, 1, 5500, 0},
        {"a claim from long ago", {"p/a#t7200#g1#q5#h5#e99999999"}, 60, 0, 20, 80, 1, 150100, 0},
        {"a claim from the future",
         {"p/a#t7200#g1#q5#h900000000000000#e3600"},
         10,
         0,
         100,
         800,
         1,
         1100,
         0},
        {"two in slots, both have said it",
         {"p/a#t7200#g1#q5#n2#h#e3600", "p/b#t7200#g1#q6#n2#h#e3600"},
         60,
         1,
         40,
         80,
         1,
         3400,
         2},
        {"one in the other slot has not",
         {"p/a#t7200#g1#q5#n2#h#e3600", "p/b#t7200#g1#q6#n2#h"},
         60,
         0,
         600,
         800,
         1,
         5500,
         2},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_long_hold(&rows[i]);
}

/* The lock is free 5 s before the time is over, long before the next look by the pace alone. */
static void who_is_near_looks_once_more_before_its_time_is_over(void **state)
{
    (void)state;
    static const struct {
        const char *name, *claim;
        int ahead;
        bool enters;
    } rows[] = {
        {"next, by a word", "p/a#t900#g1#q5#h#e3600", 1, true},
        {"third, by the hold", "p/a#t900#g1#q5#h", 3, true},
        {"far back", "p/a#t900#g1#q5#h", 20, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct lock_settings from = settings();
        from.lock_timeout_ms = from.role_timeout_ms = 900000;
        from.wait_until = (struct mono){START_MS + 300000};
        struct world *world = begin(&from);
        plant(world, rows[i].claim, 0);
        for (int k = 1; k < rows[i].ahead; k++) {
            char name[32];
            (void)snprintf(name, sizeof(name), "p/a%02d#t900", k);
            plant(world, name, 1000);
        }
        assert_false(go(world, LOCK_HELD, 295000));
        memset(world->calls, 0, sizeof(world->calls));
        uproot(world, "p/a");
        check_row(go(world, LOCK_HELD, 10000) == rows[i].enters, rows[i].name);
        check_row(count_listings(world) <= 3, rows[i].name);
        free(world);
    }
}

/* Waiters ahead, on a listing of two pages, of whom none has claimed or moved yet. */
static void that_nobody_holds_yet_does_not_tell_how_long_holds_take(void **state)
{
    (void)state;
    struct world *world = begin_patient();
    world->pages = 2;
    for (int k = 0; k < 9; k++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "p/a%02d#t900", k);
        plant(world, name, 1000);
    }
    assert_false(go(world, LOCK_HELD, 15000));
    assert_in_range(count_listings(world), 3, 8); /* one every 5.4 s, after some sooner ones */
    assert_false(go(world, LOCK_HELD, 60000));    /* the first of them may be dead, until T */
    memset(world->calls, 0, sizeof(world->calls));
    assert_false(go(world, LOCK_HELD, 60000));
    assert_in_range(count_listings(world), 0, 3);
    free(world);
}

/*
 * PLACE_BY_HOLD: nobody moves, as long as the first in line oversleeps; but the hold that is seen
 * at each look is a short one.
 */
static void a_queue_that_stood_is_no_reason_to_sleep_on(void **state)
{
    (void)state;
    struct world *world = begin_patient();
    char name[32];
    for (int k = 0; k < 9; k++) {
        (void)snprintf(name, sizeof(name), "p/a%02d#t900", k);
        plant(world, name, 1000);
    }
    world->pages = 2;
    for (int k = 0; k < 480; k++) {
        uproot(world, "#mutex");
        plant(world, "p/#mutex", 400);
        assert_false(go(world, LOCK_HELD, 500));
        if (k == 239)
            memset(world->calls, 0, sizeof(world->calls));
    }
    assert_in_range(count_listings(world), 10, 30);
    free(world);
}

/* RETRY_SOON: throttled for long, as one of a crowd; whose turn comes next asks again soon. */
static void who_is_next_asks_again_soon(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int ahead;
        bool soon;
    } rows[] = {{"next", 1, true}, {"far back", 12, false}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world *world = begin_patient();
        for (int k = 0; k < rows[i].ahead; k++) {
            char name[32];
            (void)snprintf(name, sizeof(name), "p/a%02d#t900", k);
            plant(world, name, 1000);
        }
        assert_false(go(world, LOCK_HELD, 5000));
        world->fail_kind = LOCK_TODO_LIST;
        world->fail_with = LOCK_LATER;
        world->fail_count = 1;
        world->pause_ms = 20000;
        while (world->fail_count > 0)
            assert_false(go(world, LOCK_HELD, 100));
        uproot(world, "p/a");
        check_row(go(world, LOCK_HELD, 5000) == rows[i].soon, rows[i].name);
        check_row(go(world, LOCK_HELD, 20000), rows[i].name);
        free(world);
    }
}

/* The same for the claim itself, which is all that keeps the lock free. */
static void a_throttled_claim_is_made_again_soon(void **state)
{
    (void)state;
    struct world *world = begin_patient();
    assert_true(go(world, LOCK_CLAIMING, 5000));
    world->fail_kind = LOCK_TODO_CREATE;
    world->fail_with = LOCK_LATER;
    world->fail_count = 2;
    world->pause_ms = 20000;
    assert_true(go(world, LOCK_HELD, 6000));
    finish(world);
    assert_int_equal(world->count, 0);
    free(world);
}

/* Half a minute, as the role does, or as it was told; up to half as long again, by chance. */
static void who_keeps_no_place_comes_again_after_its_delay(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t delay_ms, least_ms;
        bool no_queue;
    } rows[] = {
        {"--no-queue", 0, 30000, true},
        {"--no-queue --retry-delay", 700, 700, true},
        {"--retry-delay", 700, 700, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct lock_settings from = settings();
        from.no_queue = rows[i].no_queue;
        from.retry_delay_ms = rows[i].delay_ms;
        struct world *world = begin(&from);
        plant(world, "p/other#t900#h", 1000);
        assert_false(go(world, LOCK_HELD, 5000)); /* by then it has settled, if it has a place */
        memset(world->calls, 0, sizeof(world->calls));
        while (count_listings(world) == 0)
            assert_false(go(world, LOCK_HELD, TRIP_MS));
        int64_t looked_ms = world->now_ms;
        while (count_listings(world) == 1)
            assert_false(go(world, LOCK_HELD, TRIP_MS));
        int64_t pause_ms = world->now_ms - looked_ms;
        check_row(pause_ms >= rows[i].least_ms, rows[i].name);
        check_row(pause_ms <= rows[i].least_ms * 3 / 2 + 2 * TRIP_MS, rows[i].name);
        free(world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_further_back_asks_less),
        cmocka_unit_test(who_is_next_goes_by_the_hold_and_the_holders_word),
        cmocka_unit_test(who_is_near_looks_once_more_before_its_time_is_over),
        cmocka_unit_test(that_nobody_holds_yet_does_not_tell_how_long_holds_take),
        cmocka_unit_test(a_queue_that_stood_is_no_reason_to_sleep_on),
        cmocka_unit_test(who_keeps_no_place_comes_again_after_its_delay),
        cmocka_unit_test(who_is_next_asks_again_soon),
        cmocka_unit_test(a_throttled_claim_is_made_again_soon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
