#include "mutations.h"

#include <stdio.h>
#include <string.h>

#include "../../src/lock/rule.h"

#ifdef LOCK_MUTATIONS

bool lock_rules_left_out[LOCK_RULE_NONE];

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
    {"lagging", {WITHIN, .kind = PLAN_LAGGING}},
    {"quotas", {WITHIN, .kind = PLAN_QUOTAS}},
    {"adversary", {WITHIN, .kind = PLAN_EVIL}},
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

static bool leave_out_one(struct text name)
{
    for (int i = 0; i < LOCK_RULE_NONE; i++)
        if (text_equal(name, rules[i].name)) {
            lock_rules_left_out[i] = true;
            return true;
        }
    return false;
}

bool mutations_leave_out(const char *names)
{
    memset(lock_rules_left_out, 0, sizeof(lock_rules_left_out));
    while (names && *names) {
        size_t length = strcspn(names, "+");
        if (!leave_out_one((struct text){names, length}))
            return false;
        names += length + (names[length] == '+');
    }
    return true;
}

/* With all rules (but those that a kind of worlds does without): some worlds fail anyway. */
static bool fails_anyway(struct scene *scene, const char *without)
{
    (void)mutations_leave_out(without);
    return !scene_play(scene);
}

/* Where the mutex decides, what listings are for is seen when they are all that there is. */
static const char *const withouts[] = {"", "MUTEX", "MUTEX+LOOK_FIRST"};
#define WITHOUTS (sizeof(withouts) / sizeof(withouts[0]))

static void leave_out(int rule, const char *without)
{
    (void)mutations_leave_out(without);
    lock_rules_left_out[rule] = true;
}

static bool hunt_in(struct scene *scene, int rule, const char *without, uint64_t seeds_max)
{
    for (uint64_t seed = 1; seed <= seeds_max; seed++)
        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
            plan_draw(&scene->plan, seed, &kinds[i].options);
            leave_out(rule, without);
            scene->plan.no_mutex = lock_rules_left_out[LOCK_RULE_MUTEX];
            if (scene_play(scene))
                continue;
            char failure[71];
            (void)snprintf(failure, sizeof(failure), "%s", scene->world.failure);
            bool outside = kinds[i].options.outside || kinds[i].options.sweep;
            if ((outside || *without) && fails_anyway(scene, without))
                continue;
            printf("| %s | %s | %llu | %s%s%s | %s |\n", rules[rule].name, rules[rule].text,
                   (unsigned long long)seed, kinds[i].name, *without ? ", without " : "", without,
                   failure);
            (void)fflush(stdout);
            return true;
        }
    return false;
}

static bool hunt(struct scene *scene, int rule, uint64_t seeds_max)
{
    for (size_t i = 0; i < WITHOUTS; i++)
        if (hunt_in(scene, rule, withouts[i], seeds_max))
            return true;
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
    (void)mutations_leave_out(NULL);
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
