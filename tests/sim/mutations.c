#include "mutations.h"

#include <stdio.h>
#include <string.h>

#include "../../src/lock/rule.h"

#ifdef LOCK_MUTATIONS

enum lock_rule lock_rule_left_out = LOCK_RULE_NONE;

static const struct {
    const char *name, *text;
} rules[] = {
#define ROW(rule, words) {#rule, words},
    LOCK_RULES(ROW)
#undef ROW
};

/* Kinds of worlds; each seed is played in all of them. */
#define WITHIN .lag_by_settle = -1, .skew_by_settle = -1
static const struct {
    const char *name;
    struct plan_options options;
} kinds[] = {
    {"any", {WITHIN}},
    {"rush", {WITHIN, .kind = PLAN_RUSH}},
    {"roles", {WITHIN, .kind = PLAN_ROLES}},
    {"ids", {WITHIN, .kind = PLAN_IDS}},
    {"cuts", {WITHIN, .kind = PLAN_CUTS}},
    {"skew", {WITHIN, .kind = PLAN_SKEW}},
    {"tries", {WITHIN, .kind = PLAN_TRIES}},
    {"losses", {WITHIN, .kind = PLAN_LOSSES}},
    {"stops", {WITHIN, .kind = PLAN_STOPS}},
    {"dead", {WITHIN, .kind = PLAN_DEAD}},
    {"sweeper", {WITHIN, .kind = PLAN_SWEPT, .sweep = true, .mild = true}},
    {"picked", {WITHIN, .kind = PLAN_PICKED, .sweep = true, .mild = true}},
    {"asleep", {WITHIN, .kind = PLAN_ASLEEP}},
    {"behind", {WITHIN, .kind = PLAN_BEHIND}},
    {"lag 1.5 D, long holds",
     {.kind = PLAN_SWEPT,
      .lag_by_settle = 1.5,
      .skew_by_settle = -1,
      .outside = true,
      .mild = true}},
    {"lag 1.5 D",
     {.lag_by_settle = 1.5, .skew_by_settle = -1, .outside = true, .mild = true, .no_roles = true}},
    {"modes", {WITHIN, .modes = true}},
    {"modes, rush", {WITHIN, .kind = PLAN_RUSH, .modes = true}},
    {"modes, roles", {WITHIN, .kind = PLAN_ROLES, .modes = true}},
    {"modes, skew", {WITHIN, .kind = PLAN_SKEW, .modes = true}},
};

bool mutations_leave_out(const char *name)
{
    lock_rule_left_out = LOCK_RULE_NONE;
    for (int i = 0; name && i < LOCK_RULE_NONE; i++)
        if (strcmp(rules[i].name, name) == 0)
            lock_rule_left_out = (enum lock_rule)i;
    return !name || lock_rule_left_out != LOCK_RULE_NONE;
}

/* With all rules: outside of the bounds some worlds fail anyway. */
static bool fails_anyway(struct scene *scene)
{
    lock_rule_left_out = LOCK_RULE_NONE;
    return !scene_play(scene);
}

static bool hunt(struct scene *scene, int rule, uint64_t seeds_max)
{
    lock_rule_left_out = (enum lock_rule)rule;
    for (uint64_t seed = 1; seed <= seeds_max; seed++)
        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
            plan_draw(&scene->plan, seed, &kinds[i].options);
            if (scene_play(scene))
                continue;
            char failure[71];
            (void)snprintf(failure, sizeof(failure), "%s", scene->world.failure);
            if (kinds[i].options.outside && fails_anyway(scene)) {
                lock_rule_left_out = (enum lock_rule)rule;
                continue;
            }
            printf("| %s | %s | %llu | %s | %s |\n", rules[rule].name, rules[rule].text,
                   (unsigned long long)seed, kinds[i].name, failure);
            (void)fflush(stdout);
            return true;
        }
    printf("| %s | %s | not in %llu | | |\n", rules[rule].name, rules[rule].text,
           (unsigned long long)seeds_max);
    (void)fflush(stdout);
    return false;
}

int mutations_hunt(struct scene *scene, const char *only, uint64_t seeds_max)
{
    int missed = 0;
    printf("| rule | left out: no longer true that | seeds | world | first violation |\n"
           "| --- | --- | --- | --- | --- |\n");
    for (int i = 0; i < LOCK_RULE_NONE; i++)
        if (!only || strcmp(only, rules[i].name) == 0)
            missed += !hunt(scene, i, seeds_max);
    lock_rule_left_out = LOCK_RULE_NONE;
    return missed ? 1 : 0;
}

#else

bool mutations_leave_out(const char *name)
{
    return !name;
}

int mutations_hunt(struct scene *scene, const char *only, uint64_t seeds_max)
{
    (void)scene, (void)only, (void)seeds_max;
    (void)fprintf(stderr, "sim: built without the mutations; use sim-mutations\n");
    return 64;
}

#endif
