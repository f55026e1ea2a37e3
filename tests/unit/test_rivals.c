/*
 * Who may hold together (docs/protocol.md): shared runs, slots, exclusive ones and role peers,
 * each against others that stand in a small, perfect service. I1: readers only, or at most N;
 * I5: by the order of tickets; I8: nothing that may hold beside us takes our lock away.
 */
#include "lock_world.h"

#define OTHERS_MAX 4

/* A claim (h), or one that waits (w); before us (its ticket and age are larger) or after. */
struct other {
    const char *name;
    int64_t age_ms;
};

#define BEFORE 5000
#define AFTER  (-500)

static struct lock_settings mode(bool shared, uint32_t slots)
{
    struct lock_settings ret = settings();
    ret.shared = shared;
    ret.slots = slots;
    return ret;
}

struct row {
    const char *name;
    bool shared;
    uint32_t slots;
    struct other others[OTHERS_MAX];
    bool in;
};

static const struct row rows[] = {
    /* I1: an exclusive one excludes all, whatever they are */
    {"exclusive, a reader holds", false, 1, {{"p/a#t30#g1#q9#s#h", AFTER}}, false},
    {"exclusive, a slot is taken", false, 1, {{"p/a#t30#g1#q9#n3#h", AFTER}}, false},
    {"exclusive, a reader waits before", false, 1, {{"p/a#t30#s", BEFORE}}, false},
    {"exclusive, a reader waits after", false, 1, {{"p/a#t30#s", AFTER}}, true},
    /* readers together */
    {"shared, readers hold", true, 1, {{"p/a#t30#s#h", AFTER}, {"p/b#t30#s#h", BEFORE}}, true},
    {"shared, a reader waits before", true, 1, {{"p/a#t30#s", BEFORE}}, true},
    /* I1: never with a writer, a slot or a role peer */
    {"shared, a writer holds", true, 1, {{"p/a#t30#g1#q9#h", AFTER}}, false},
    {"shared, a writer after us claims", true, 1, {{"p/a#t30#g1#q9999999#h", AFTER}}, false},
    {"shared, a slot is taken", true, 1, {{"p/a#t30#g1#q9#n3#h", AFTER}}, false},
    {"shared, a slot waits before", true, 1, {{"p/a#t30#n3", BEFORE}}, false},
    {"shared, a role peer", true, 1, {{"p/s", 10}}, false},
    {"shared, a role peer held off", true, 1, {{"p/s", -1500}}, true},
    {"shared, both tags make no reader", true, 1, {{"p/a#t30#s#n3#h", BEFORE}}, false},
    /* I5: no starvation, a writer that waits keeps later readers waiting */
    {"shared, a writer waits before", true, 1, {{"p/a#t30", BEFORE}}, false},
    {"shared, readers hold, a writer waits before",
     true,
     1,
     {{"p/a#t30#s#h", 9000}, {"p/b#t30", BEFORE}},
     false},
    {"shared, a writer waits after", true, 1, {{"p/a#t30", AFTER}}, true},
    /* I1: at most N */
    {"3 slots, none taken", false, 3, {{"p/a#t30#n3", AFTER}}, true},
    {"3 slots, 2 taken", false, 3, {{"p/a#t30#n3#h", AFTER}, {"p/b#t30#n3#h", AFTER}}, true},
    {"3 slots, 3 taken",
     false,
     3,
     {{"p/a#t30#n3#h", AFTER}, {"p/b#t30#n3#h", AFTER}, {"p/c#t30#n3#h", AFTER}},
     false},
    {"3 slots, 2 taken and one waits before",
     false,
     3,
     {{"p/a#t30#n3#h", AFTER}, {"p/b#t30#n3#h", AFTER}, {"p/c#t30#n3", BEFORE}},
     false},
    {"3 slots, 2 taken and one waits after",
     false,
     3,
     {{"p/a#t30#n3#h", AFTER}, {"p/b#t30#n3#h", AFTER}, {"p/c#t30#n3", AFTER}},
     true},
    {"3 slots, names of one run count once",
     false,
     3,
     {{"p/a#t30#n3", BEFORE},
      {"p/a#t30#g1#q995000#n3", BEFORE},
      {"p/a#t30#g2#q995000#n3#h", BEFORE},
      {"p/b#t30#n3#h", BEFORE}},
     true},
    {"2 slots, an expired one takes none",
     false,
     2,
     {{"p/a#t30#n2#h", 35500}, {"p/b#t30#n2#h", BEFORE}},
     true},
    {"3 slots, a writer takes all", false, 3, {{"p/a#t30#g1#q9#h", AFTER}}, false},
    {"3 slots, a writer waits before", false, 3, {{"p/a#t30", BEFORE}}, false},
    {"3 slots, a writer waits after", false, 3, {{"p/a#t30", AFTER}}, true},
    {"3 slots, a reader takes all", false, 3, {{"p/a#t30#s#h", AFTER}}, false},
    {"3 slots, a role peer takes all", false, 3, {{"p/s", 10}}, false},
    {"3 slots, a role peer held off", false, 3, {{"p/s", -1500}}, true},
    /* the smallest N in sight counts, also that of one who waits */
    {"5 slots, others say 2", false, 5, {{"p/a#t30#n2#h", AFTER}, {"p/b#t30#n2#h", AFTER}}, false},
    {"5 slots, one who waits after says 2",
     false,
     5,
     {{"p/a#t30#n5#h", AFTER}, {"p/b#t30#n5#h", AFTER}, {"p/c#t30#n2", AFTER}},
     false},
    {"2 slots, others say 5", false, 2, {{"p/a#t30#n5#h", AFTER}, {"p/b#t30#n5#h", AFTER}}, false},
};

static void I1_I5_who_may_enter(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct lock_settings from = mode(rows[i].shared, rows[i].slots);
        struct world *world = begin(&from);
        for (int k = 0; k < OTHERS_MAX && rows[i].others[k].name; k++)
            plant(world, rows[i].others[k].name, rows[i].others[k].age_ms);
        bool in = go(world, LOCK_HELD, 2500);
        check_row(in == rows[i].in, rows[i].name);
        check_row(lock_position(&world->lock)->behind == !in, rows[i].name);
        free(world);
    }
}

static void names_carry_the_mode(void **state)
{
    (void)state;
    struct lock_settings from = mode(true, 1);
    struct world *world = begin(&from);
    assert_true(go(world, LOCK_HELD, 5000));
    assert_non_null(find(world, "p/me#t30#s#h#k1000000"));
    free(world);
    from = mode(false, 12);
    world = begin(&from);
    assert_true(go(world, LOCK_HELD, 5000));
    assert_non_null(find(world, "p/me#t30#n12#h#k1000000"));
    assert_non_null(find(world, "p/#mutex.7")); /* half of all that may be drawn */
    assert_false(go(world, LOCK_LOST, 15000));
    assert_non_null(strstr(world->groups[1].name, "#m7")); /* renewals say which */
    finish(world);
    assert_int_equal(world->count, 0);
    free(world);
}

/* "Claim, then look again": of those who claim a slot the last one must see all claims. */
static void I1_a_slot_is_held_by_a_look_D_after_the_claim(void **state)
{
    (void)state;
    struct lock_settings from = mode(false, 2);
    struct world *world = begin(&from);
    assert_true(go(world, LOCK_HELD, 5000));
    assert_int_equal(world->now_ms, START_MS + 2 * TRIP_MS + 1000 + TRIP_MS);
    free(world);
    world = begin(&from);
    assert_true(go(world, LOCK_CLAIMING, 5000));
    plant(world, "p/a#t30#n2#h", 0); /* both come into sight only now */
    plant(world, "p/b#t30#n2#h", 0);
    assert_false(go(world, LOCK_HELD, 3000));
    uproot(world, "p/b");
    assert_true(go(world, LOCK_HELD, 5000));
    free(world);
}

/* The first look that shows nobody may claim at once; the deciding look comes D after. */
static void an_early_claim_of_a_slot_settles(void **state)
{
    (void)state;
    struct lock_settings from = mode(false, 2);
    struct world *world = begin(&from);
    assert_true(go(world, LOCK_HELD, 5000));
    assert_int_equal(world->now_ms, START_MS + 2 * TRIP_MS + 1000 + TRIP_MS);
    assert_string_equal(world->calls, "lcCl");
    free(world);
}

static void I8_what_takes_a_lock_away(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool shared;
        uint32_t slots;
        const char *older[3];
        bool lost;
    } losses[] = {
        {"shared, an older reader", true, 1, {"p/a#t30#g1#q5#s#h5"}, false},
        {"shared, an older writer", true, 1, {"p/a#t30#g1#q5#h5"}, true},
        {"shared, an older slot", true, 1, {"p/a#t30#g1#q5#n2#h5"}, true},
        {"exclusive, an older reader", false, 1, {"p/a#t30#g1#q5#s#h5"}, true},
        {"3 slots, 2 older ones", false, 3, {"p/a#t30#g1#q5#n3#h5", "p/b#t30#g1#q5#n3#h5"}, false},
        {"2 slots, 2 older ones", false, 2, {"p/a#t30#g1#q5#n2#h5", "p/b#t30#g1#q5#n2#h5"}, true},
        {"3 slots, 2 older ones of 2",
         false,
         3,
         {"p/a#t30#g1#q5#n2#h5", "p/b#t30#g1#q5#n2#h5"},
         false},
        {"2 slots, an older writer", false, 2, {"p/a#t30#g1#q5#h5"}, true},
    };
    for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
        struct lock_settings from = mode(losses[i].shared, losses[i].slots);
        struct world *world = begin(&from);
        check_row(go(world, LOCK_HELD, 5000), losses[i].name);
        for (int k = 0; k < 3 && losses[i].older[k]; k++) {
            char *renewal;
            plant(world, losses[i].older[k], 6000);
            plant(world, losses[i].older[k], 0); /* it is alive */
            renewal = strstr(world->groups[world->count - 1].name, "#g1");
            renewal[2] = '2';
        }
        bool lost = go(world, LOCK_LOST, 12000);
        check_row(lost == losses[i].lost, losses[i].name);
        if (lost)
            check_row(lock_reason(&world->lock) == LOCK_REASON_OLDER_CLAIM, losses[i].name);
        free(world);
    }
}

/* One whose claim is half its timeout old may be dead, and somebody have entered for it. */
static void I8_dying_claims_take_no_slot_away(void **state)
{
    (void)state;
    struct lock_settings from = mode(false, 2);
    struct world *world = begin(&from);
    assert_true(go(world, LOCK_HELD, 5000));
    world->now_ms += 3000; /* it renewed its claim after ours was made, and died */
    plant(world, "p/dead#t30#g1#q5#n2#h5", 6000);
    plant(world, "p/dead#t30#g2#q5#n2#h5", 0);
    assert_false(go(world, LOCK_LOST, 15000));
    plant(world, "p/b#t30#g1#q5#n2#h5", 30000);
    plant(world, "p/b#t30#g2#q5#n2#h5", 0);
    assert_false(go(world, LOCK_LOST, 12000));
    free(world);
}

static void who_disagrees_is_named_once(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool shared;
        uint32_t slots;
        const char *other;
        bool told;
    } pairs[] = {
        {"the same number", false, 3, "p/a#t30#n3", false},
        {"another number", false, 3, "p/a#t30#n4", true},
        {"slots and exclusive", false, 3, "p/a#t30", false},
        {"exclusive and slots", false, 1, "p/a#t30#n3", false},
        {"slots and shared", false, 3, "p/a#t30#s", true},
        {"shared and slots", true, 1, "p/a#t30#n3", true},
        {"shared and exclusive", true, 1, "p/a#t30", false},
        {"another timeout", false, 1, "p/a#t60", true},
        {"another timeout, waiting", false, 1, "p/a#t29#q1", true},
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct lock_settings from = mode(pairs[i].shared, pairs[i].slots);
        struct world *world = begin(&from);
        const char *name;
        plant(world, pairs[i].other, 0);
        (void)go(world, LOCK_FINISHED, 3000);
        enum lock_notice notice = lock_take_notice(&world->lock, &name);
        check_row((notice == LOCK_NOTICE_DISAGREES) == pairs[i].told, pairs[i].name);
        if (pairs[i].told)
            check_row(strcmp(name, pairs[i].other) == 0, pairs[i].name);
        (void)go(world, LOCK_FINISHED, 3000);
        check_row(lock_take_notice(&world->lock, &name) == LOCK_NOTICE_NONE, pairs[i].name);
        free(world);
    }
}

/* --max-waiters counts who waits, not who holds. */
/* OLDER_RENEWS: one who holds beside us has claimed before us; that is no word of anybody else. */
static void a_claim_is_no_renewal_of_another_runs(void **state)
{
    (void)state;
    struct lock_settings from = settings();
    from.slots = 2;
    struct world *world = begin(&from);
    plant(world, "p/beside#t30#n2#h", 6000);
    assert_true(go(world, LOCK_HELD, 6000));
    plant(world, "p/beside#t30#g1#q5#n2#h5", 0);
    for (int i = 0; i < 80; i++) {
        char name[40];
        (void)snprintf(name, sizeof(name), "p/%d-again#t30#g1#q5#n2#h5", i);
        plant(world, name, 0);
    }
    assert_false(go(world, LOCK_LOST, 20000));
    finish(world);
    free(world);
}

static void holders_are_no_waiters(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool shared;
        uint32_t slots, max_waiters;
        const char *others[OTHERS_MAX];
        bool in;
    } crowds[] = {
        {"a writer behind readers", false, 1, 1, {"p/a#t30#s#h", "p/b#t30#s#h"}, true},
        {"a writer behind readers and one that waits",
         false,
         1,
         1,
         {"p/a#t30#s#h", "p/b#t30"},
         false},
        {"two slots taken", false, 2, 1, {"p/a#t30#n2#h", "p/b#t30#n2#h"}, true},
        {"two slots taken, one waits",
         false,
         2,
         1,
         {"p/a#t30#n2#h", "p/b#t30#n2#h", "p/c#t30#n2"},
         false},
        {"a reader behind a writer that waits", true, 1, 1, {"p/a#t30#s#h", "p/b#t30"}, false},
        {"a reader behind a writer that holds", true, 1, 1, {"p/b#t30#h"}, true},
    };
    for (size_t i = 0; i < sizeof(crowds) / sizeof(crowds[0]); i++) {
        struct lock_settings from = mode(crowds[i].shared, crowds[i].slots);
        from.limits_waiters = true;
        from.max_waiters = crowds[i].max_waiters;
        struct world *world = begin(&from);
        for (int k = 0; k < OTHERS_MAX && crowds[i].others[k]; k++)
            plant(world, crowds[i].others[k], BEFORE);
        bool left = go(world, LOCK_FINISHED, 3000);
        check_row(left != crowds[i].in, crowds[i].name);
        free(world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(I1_I5_who_may_enter),
        cmocka_unit_test(names_carry_the_mode),
        cmocka_unit_test(I1_a_slot_is_held_by_a_look_D_after_the_claim),
        cmocka_unit_test(an_early_claim_of_a_slot_settles),
        cmocka_unit_test(I8_what_takes_a_lock_away),
        cmocka_unit_test(I8_dying_claims_take_no_slot_away),
        cmocka_unit_test(who_disagrees_is_named_once),
        cmocka_unit_test(a_claim_is_no_renewal_of_another_runs),
        cmocka_unit_test(holders_are_no_waiters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
