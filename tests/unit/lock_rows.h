/*
 * lock_rows - scenes, and the rule that each needs: it goes well with all rules, and does not with
 * that one left out (src/lock/rule.h).
 */
#ifndef LOCK_ROWS_H
#define LOCK_ROWS_H

#include "lock_world.h"

#include "../../src/lock/rule.h"

bool lock_rules_left_out[LOCK_RULE_NONE + 1];

#define DEAD_MS 36000 /* older than T and 5 s */

struct lock_row {
    const char *name;
    enum lock_rule rule; /* LOCK_RULE_NONE: none, or more than one */
    bool (*scene)(void);
};

#define ROW(rule, scene)                                                                           \
    {                                                                                              \
#scene, LOCK_RULE_##rule, scene                                                            \
    }

static void each_is_needed(const struct lock_row *rows, size_t count)
{
    int failed = 0;
    for (size_t i = 0; i < count; i++) {
        bool well = rows[i].scene();
        lock_rules_left_out[rows[i].rule] = true;
        bool noticed = rows[i].rule == LOCK_RULE_NONE || !rows[i].scene();
        lock_rules_left_out[rows[i].rule] = false;
        if (!well)
            print_error("with all rules not so: %s\n", rows[i].name);
        if (!noticed)
            print_error("without its rule so all the same: %s\n", rows[i].name);
        failed += !well || !noticed;
    }
    assert_int_equal(failed, 0);
}

static inline bool enters_within(struct world *world, int64_t ms)
{
    bool entered = go(world, LOCK_HELD, ms);
    free(world);
    return entered;
}

#endif
