/*
 * sim - the lock's rules in simulated worlds (docs/protocol.md, CONTRIBUTING.md).
 *
 *     sim --seeds 1-1000000           plays them, prints a summary
 *     sim --seed 4711 --verbose       plays one again, with a transcript
 *
 * Exits 1 if anything was violated, and names the seed.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crowd.h"
#include "curve.h"
#include "mutations.h"
#include "scene.h"
#include "stories.h"

struct totals {
    uint64_t runs, entries, lost, calls, doubles, runs_with_doubles;
    double virtual_s;
};

static void add(struct totals *totals, const struct scene *scene)
{
    totals->runs++;
    totals->entries += scene->checker.entries;
    totals->lost += scene->checker.lost;
    totals->doubles += scene->checker.doubles;
    totals->runs_with_doubles += scene->checker.doubles > 0;
    for (int i = 0; i < PLAN_OPS; i++)
        totals->calls += scene->wire.calls[i];
    totals->virtual_s += (double)scene->world.now_ms / 1000;
}

static double seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void print_plan(const struct plan *plan)
{
    printf("seed %llu: %u W, %u S, T %lld s, D %lld ms, lag %lld ms, %u front ends (",
           (unsigned long long)plan->seed, plan->w_count, plan->s_count,
           (long long)plan->lock_timeout_ms / 1000, (long long)plan->settle_ms,
           (long long)plan->lag_ms, plan->front_ends);
    for (uint32_t i = 0; i < plan->front_ends; i++)
        printf("%s%+lld", i ? ", " : "", (long long)plan->skew_ms[i]);
    printf(" ms), k %lld ms, %u planted, holds to %lld s, faults for %lld s\n",
           (long long)plan->kill_after_ms, plan->planted, (long long)plan->hold_max_ms / 1000,
           (long long)plan->safety_ms / 1000);
    if (plan->shared > 0 || plan->slotted > 0)
        printf("  %.0f%% shared, %.0f%% of the others with %u to %u slots%s\n", 100 * plan->shared,
               100 * plan->slotted, plan->slots, plan->slots + plan->slots_more,
               plan->stream ? ", a stream of readers in the calm" : "");
}

/* What the command line asks for. */
struct asked {
    struct plan_options options;
    uint64_t from, to;
    struct crowd_options crowd;
    const char *mutation, *hunted, *stories, *svg;
    bool verbose, keep_going, hunting, rewrite, curve;
};

static const struct option long_options[] = {
    {"seeds", required_argument, NULL, 's'},
    {"seed", required_argument, NULL, '1'},
    {"verbose", no_argument, NULL, 'v'},
    {"keep-going", no_argument, NULL, 'k'},
    {"outside", no_argument, NULL, 'o'},
    {"lag", required_argument, NULL, 'l'},
    {"skew", required_argument, NULL, 'w'},
    {"sweep", no_argument, NULL, 'p'},
    {"mild", no_argument, NULL, 'm'},
    {"no-roles", no_argument, NULL, 'n'},
    {"modes", no_argument, NULL, 'x'},
    {"create-lag", required_argument, NULL, 'c'},
    {"delete-lag", required_argument, NULL, 'd'},
    {"settle-0", no_argument, NULL, '0'},
    {"loss", required_argument, NULL, 'P'},
    {"death", required_argument, NULL, 'D'},
    {"waiters", required_argument, NULL, 'W'},
    {"quota", required_argument, NULL, 'Q'},
    {"stranger", required_argument, NULL, 'G'},
    {"at-once", no_argument, NULL, 'O'},
    {"behind", required_argument, NULL, 'B'},
    {"expect", required_argument, NULL, 'E'},
    {"most", required_argument, NULL, 'Z'},
    {"most-throttled", required_argument, NULL, 'F'},
    {"hold", required_argument, NULL, 'H'},
    {"trip", required_argument, NULL, 'T'},
    {"stories", required_argument, NULL, 'S'},
    {"curve", optional_argument, NULL, 'C'},
    {"rewrite", no_argument, NULL, 'R'},
    {"kind", required_argument, NULL, 'K'},
    {"mutation", required_argument, NULL, 'M'},
    {"mutations", optional_argument, NULL, 'A'},
    {NULL, 0, NULL, 0},
};

static int play_seeds(const struct asked *asked)
{
    struct scene scene = {0};
    struct totals totals = {0};
    uint64_t failed = 0;
    const struct plan_options *options = &asked->options;
    double began = seconds();
    scene.world.transcript = asked->verbose ? stdout : NULL;
    for (uint64_t seed = asked->from; seed <= asked->to; seed++) {
        plan_draw(&scene.plan, seed, options);
        if (asked->verbose)
            print_plan(&scene.plan);
        if (!scene_play(&scene)) {
            failed++;
            printf("seed %llu: %s\n", (unsigned long long)seed, scene.world.failure);
            (void)fflush(stdout);
        }
        add(&totals, &scene);
        if (failed && !asked->keep_going)
            break;
    }
    double took = seconds() - began;
    printf("%llu runs, %llu violations: %llu holds, %llu lost, %llu calls, %.0f h of virtual time; "
           "%.1f s, %.0f runs/s\n",
           (unsigned long long)totals.runs, (unsigned long long)failed,
           (unsigned long long)totals.entries, (unsigned long long)totals.lost,
           (unsigned long long)totals.calls, totals.virtual_s / 3600, took,
           (double)totals.runs / (took > 0 ? took : 1e-9));
    if (options->outside)
        printf("%llu runs with a double hold (%llu overlaps)\n",
               (unsigned long long)totals.runs_with_doubles, (unsigned long long)totals.doubles);
    scene_free(&scene);
    return failed ? 1 : 0;
}

/* LEAST-MOST, or MOST for both, in D. */
static void take_lag(struct plan_options *options, double by_settle[2])
{
    char *end;
    by_settle[0] = by_settle[1] = strtod(optarg, &end);
    if (*end == '-')
        by_settle[1] = strtod(end + 1, NULL);
    options->lags_apart = true;
}

/* What the world outside of the bound is like. */
static bool take_world(struct plan_options *options, int option)
{
    if (option == 'c')
        take_lag(options, options->create_lag);
    else if (option == 'd')
        take_lag(options, options->delete_lag);
    else if (option == '0')
        options->no_settle = true;
    else if (option == 'P')
        options->loss = strtod(optarg, NULL);
    else if (option == 'D')
        options->death = strtod(optarg, NULL);
    else
        return false;
    return true;
}

static bool take_crowd(struct crowd_options *crowd, int option)
{
    if (option == 'Q')
        crowd->quota = strtod(optarg, NULL);
    else if (option == 'G')
        crowd->stranger = strtod(optarg, NULL);
    else if (option == 'O')
        crowd->at_once = true;
    else if (option == 'B')
        crowd->behind_ms = (int64_t)(strtod(optarg, NULL) * 1000);
    else if (option == 'E')
        crowd->expect_ms = (int64_t)(strtod(optarg, NULL) * 1000);
    else if (option == 'Z')
        crowd->most = strtoull(optarg, NULL, 10);
    else if (option == 'F')
        crowd->most_throttled = strtod(optarg, NULL);
    else
        return false;
    return true;
}

static bool take(struct asked *asked, int option)
{
    char *end;
    switch (option) {
    case 's':
        asked->from = asked->to = strtoull(optarg, &end, 10);
        if (*end == '-')
            asked->to = strtoull(end + 1, NULL, 10);
        break;
    case '1':
        asked->from = asked->to = strtoull(optarg, NULL, 10);
        break;
    case 'v':
        asked->verbose = true;
        break;
    case 'k':
        asked->keep_going = true;
        break;
    case 'o':
        asked->options.outside = true;
        break;
    case 'l':
        asked->options.lag_by_settle = strtod(optarg, NULL);
        break;
    case 'w':
        asked->options.skew_by_settle = strtod(optarg, NULL);
        break;
    case 'p':
        asked->options.sweep = true;
        break;
    case 'm':
        asked->options.mild = true;
        break;
    case 'n':
        asked->options.no_roles = true;
        break;
    case 'x':
        asked->options.modes = true;
        break;
    case 'K':
        asked->options.kind = (enum plan_kind)(strtoul(optarg, NULL, 10) % PLAN_KINDS);
        break;
    case 'W':
        asked->crowd.waiters = (uint32_t)strtoul(optarg, NULL, 10);
        break;
    case 'H':
        asked->crowd.hold_ms = (int64_t)(strtod(optarg, NULL) * 1000);
        break;
    case 'T':
        asked->crowd.trip_ms = (int64_t)strtoul(optarg, NULL, 10);
        break;
    case 'S':
        asked->stories = optarg;
        break;
    case 'R':
        asked->rewrite = true;
        break;
    case 'C':
        asked->curve = true;
        asked->svg = optarg;
        break;
    case 'M':
        asked->mutation = optarg;
        break;
    case 'A':
        asked->hunting = true;
        asked->hunted = optarg;
        break;
    default:
        return take_world(&asked->options, option) || take_crowd(&asked->crowd, option);
    }
    return true;
}

/* Anything but playing seeds; -1 if that is asked for. */
static int measure(const struct asked *asked)
{
    struct scene scene = {0};
    int status = -1;
    scene.world.transcript = asked->verbose && asked->crowd.waiters ? stdout : NULL;
    struct crowd_options crowd = asked->crowd;
    crowd.seed = asked->from;
    if (crowd.waiters)
        status = crowd_measure(&scene, &crowd);
    else if (asked->stories)
        status = stories_check(&scene, asked->stories, asked->rewrite);
    else if (asked->curve)
        status = curve_measure(&scene, asked->to, asked->options.lag_by_settle, asked->svg);
    else if (asked->hunting)
        status = mutations_hunt(&scene, asked->hunted, asked->to);
    scene_free(&scene);
    return status;
}

int main(int argc, char **argv)
{
    struct asked asked = {.options = {.lag_by_settle = -1, .skew_by_settle = -1},
                          .from = 1,
                          .to = 1000,
                          .crowd = {.hold_ms = 10000, .trip_ms = 10}};
    int option;
    while ((option = getopt_long(argc, argv, "v", long_options, NULL)) != -1)
        if (!take(&asked, option))
            return 64;
    if (!mutations_leave_out(asked.mutation)) {
        (void)fprintf(stderr, "sim: no rule '%s' to leave out in this build\n", asked.mutation);
        return 64;
    }
    int status = measure(&asked);
    return status >= 0 ? status : play_seeds(&asked);
}
