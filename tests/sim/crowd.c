#include "crowd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARRIVAL_MS      300 /* one arrives every so often, until all are there */
#define WARM_UP_MS      60000
#define SECOND_MS       1000
#define HOUR_MS         3600000
#define CALLS_MAX       8.0    /* a second, of each operation: invariant I7 */
#define IDLE_QUOTA_MS   1200   /* the same, for a crowd at once under a quota */
#define ONCE_HOURS_MAX  6      /* until all of a crowd at once must have entered */
#define PLACE_MS        900    /* beside the hold: until the next has entered, on the average, */
#define BEHIND_IDLE_MS  8000   /* 5.4 s and 20% after a hold of any length, and entering */
#define BEHIND_PAUSE_MS 180000 /* the longest pause, and so much */
#define BEHIND_EACH_MS  3000   /* for each until all have entered */
#define ARRIVED_MS      30000  /* once all have their places */
#define IDLE_MAX_MS     1000   /* median time that a free lock stays free */
#define CROWD_ENTRY_MAX 100000

static void plan_crowd(struct plan *plan, const struct crowd_options *options, bool role)
{
    int64_t arrivals_ms = options->waiters * ARRIVAL_MS;
    *plan = (struct plan){
        .seed = options->seed,
        .crowd = true,
        .lock_timeout_ms = 900000,
        .role_timeout_ms = 900000,
        .role_age_ms = 900000,
        .settle_ms = 1000,
        .kill_after_ms = 10000,
        .front_ends = 3,
        .skew_ms = {-100, 0, 100},
        .lag_ms = 200,
        .create_ms = 10,
        .latency_ms = options->trip_ms * 2 / 5,
        .jitter_ms = options->trip_ms * 2 / 3,
        .lag_full = 0.1,
        .drift_ppm = 100,
        .w_count = role ? 0 : options->waiters,
        .s_count = role ? options->waiters : 0,
        .hold_max_ms = options->hold_ms,
        .think_max_ms = options->at_once || options->behind_ms ? SECOND_MS : arrivals_ms,
        .return_ms = options->hold_ms,
        .once = options->at_once || options->behind_ms,
        .first_hold_ms = options->behind_ms,
        .expect_ms = options->expect_ms,
        .quota = options->quota,
        .stranger = options->stranger,
        .role_delay_ms = 30000,
    };
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int64_t share(const int64_t *sorted, uint32_t count, uint32_t percent)
{
    return count ? sorted[(uint64_t)(count - 1) * percent / 100] : -1;
}

static bool report(struct scene *scene, const struct crowd_options *options, const char *who,
                   const double *per_s)
{
    struct checker *checker = &scene->checker;
    const int64_t *idle_ms = checker->idle_ms;
    int64_t median_ms = share(idle_ms, checker->idle_count, 50);
    printf("%s: %u waiters, holds of %.1f s on the average, round trips of %lld ms: %u entries an "
           "hour (%llu out "
           "of order), describes %.2f/s, creates %.2f/s, deletes %.2f/s; free lock idle %lld ms "
           "median, %lld ms p99, %lld ms worst%s%s\n",
           who, options->waiters, (double)options->hold_ms / 1000, (long long)options->trip_ms,
           checker->idle_count, (unsigned long long)checker->out_of_order,
           per_s[PLAN_LIST] + per_s[PLAN_LOOK], per_s[PLAN_CREATE], per_s[PLAN_DELETE],
           (long long)median_ms, (long long)share(idle_ms, checker->idle_count, 99),
           (long long)share(idle_ms, checker->idle_count, 100),
           world_failed(&scene->world) ? "; " : "", scene->world.failure);
    (void)fflush(stdout);
    return !world_failed(&scene->world) && per_s[PLAN_LIST] < CALLS_MAX &&
           per_s[PLAN_CREATE] < CALLS_MAX && per_s[PLAN_DELETE] < CALLS_MAX && median_ms >= 0 &&
           median_ms < IDLE_MAX_MS && checker->out_of_order == 0;
}

/* One hour after all have arrived; true if calls and idle times stayed in bounds. */
static bool measure(struct scene *scene, const struct crowd_options *options, bool role)
{
    const char *who = role ? "the role's protocol" : "withlock";
    uint64_t before[PLAN_OPS];
    double per_s[PLAN_OPS];
    struct checker *checker = &scene->checker;
    plan_crowd(&scene->plan, options, role);
    int64_t from_ms = scene->plan.think_max_ms + WARM_UP_MS;
    scene->stop_ms = from_ms;
    if (!scene_play(scene)) {
        printf("%s: %s\n", who, scene->world.failure);
        return false;
    }
    memcpy(before, scene->wire.calls, sizeof(before));
    checker->idle_ms = calloc(CROWD_ENTRY_MAX, sizeof(*checker->idle_ms));
    checker->idle_room = checker->idle_ms ? CROWD_ENTRY_MAX : 0;
    scene->stop_ms = from_ms + HOUR_MS;
    (void)scene_go_on(scene);
    for (int i = 0; i < PLAN_OPS; i++)
        per_s[i] = (double)(scene->wire.calls[i] - before[i]) / (HOUR_MS / 1000.0);
    if (checker->idle_ms)
        qsort(checker->idle_ms, checker->idle_count, sizeof(*checker->idle_ms), compare);
    bool fine = report(scene, options, who, per_s);
    free(checker->idle_ms);
    checker->idle_ms = NULL;
    return fine;
}

static bool report_once(struct scene *scene, const struct crowd_options *options)
{
    const struct wire *wire = &scene->wire;
    const struct checker *checker = &scene->checker;
    uint64_t calls = 0, throttled = 0;
    for (int i = 0; i < PLAN_OPS; i++) {
        calls += wire->calls[i];
        throttled += wire->throttled[i];
    }
    double percent = 100 * (double)throttled / (double)calls;
    const int64_t *idle_ms = checker->idle_ms;
    int64_t median_ms = share(idle_ms, checker->idle_count, 50);
    printf("%u at once, holds of %.1f s on the average, quota %g/s, a stranger's %g/s: %u have "
           "entered "
           "by %.0f s (%llu out of order), %.1f calls an entry, %.1f%% throttled; free lock idle "
           "%lld ms median, %lld ms p99, %lld ms worst%s%s\n",
           options->waiters, (double)options->hold_ms / SECOND_MS, options->quota,
           options->stranger, checker->idle_count, (double)scene->world.now_ms / SECOND_MS,
           (unsigned long long)checker->out_of_order, (double)calls / options->waiters, percent,
           (long long)median_ms, (long long)share(idle_ms, checker->idle_count, 99),
           (long long)share(idle_ms, checker->idle_count, 100),
           world_failed(&scene->world) ? "; " : "", scene->world.failure);
    int64_t most_ms = options->waiters * (options->hold_ms + PLACE_MS) + ARRIVED_MS;
    return !world_failed(&scene->world) && checker->idle_count == options->waiters &&
           median_ms < IDLE_QUOTA_MS && scene->world.now_ms <= most_ms &&
           (!options->most_throttled || percent <= options->most_throttled);
}

/* All come at once; until all have entered, or for some hours. */
static bool measure_once(struct scene *scene, const struct crowd_options *options)
{
    struct checker *checker = &scene->checker;
    plan_crowd(&scene->plan, options, false);
    scene->stop_ms = SECOND_MS;
    bool fine = scene_play(scene);
    checker->idle_ms = calloc(options->waiters, sizeof(*checker->idle_ms));
    checker->idle_room = checker->idle_ms ? options->waiters : 0;
    while (fine && checker->idle_count < options->waiters &&
           scene->world.now_ms < ONCE_HOURS_MAX * HOUR_MS) {
        scene->stop_ms += SECOND_MS;
        fine = scene_go_on(scene);
    }
    if (checker->idle_ms)
        qsort(checker->idle_ms, checker->idle_count, sizeof(*checker->idle_ms), compare);
    fine = report_once(scene, options) && fine;
    free(checker->idle_ms);
    checker->idle_ms = NULL;
    return fine;
}

static uint64_t count_calls(const struct wire *wire)
{
    uint64_t calls = 0;
    for (int i = 0; i < PLAN_OPS; i++)
        calls += wire->calls[i];
    return calls;
}

/* Plays until the first hold is about to end; the calls since all others may have come. */
static bool play_behind(struct scene *scene, const struct crowd_options *options,
                        uint64_t *ret_calls)
{
    plan_crowd(&scene->plan, options, false);
    scene->stop_ms = PLAN_BEHIND_MS;
    bool fine = scene_play(scene);
    uint64_t before = count_calls(&scene->wire);
    scene->stop_ms = options->behind_ms;
    fine = fine && scene_go_on(scene);
    *ret_calls = count_calls(&scene->wire) - before;
    return fine;
}

/* All wait behind one hold: their calls; how soon after it the next has entered, and all have. */
static bool measure_behind(struct scene *scene, const struct crowd_options *options)
{
    struct checker *checker = &scene->checker;
    struct crowd_options alone = *options;
    uint32_t behind = options->waiters - 1;
    uint64_t holder, all;
    alone.waiters = 1;
    bool fine = play_behind(scene, &alone, &holder) && play_behind(scene, options, &all);
    int64_t until_ms =
        options->behind_ms + BEHIND_PAUSE_MS + behind * (options->hold_ms + BEHIND_EACH_MS);
    checker->idle_ms = calloc(behind, sizeof(*checker->idle_ms));
    checker->idle_room = checker->idle_ms && fine ? behind : 0;
    while (fine && checker->idle_count < checker->idle_room && scene->stop_ms < until_ms) {
        scene->stop_ms += SECOND_MS;
        fine = scene_go_on(scene);
    }
    bool entered = checker->idle_count == behind;
    int64_t idle_ms = checker->idle_count ? checker->idle_ms[0] : INT64_MAX;
    if (fine)
        printf(
            "%u behind a hold of %.0f s, of which was said that it takes %.0f s: %llu calls; the "
            "next entered after %.1f s, %u of them within %.0f s\n",
            behind, (double)options->behind_ms / SECOND_MS, (double)options->expect_ms / SECOND_MS,
            (unsigned long long)(all - holder), (double)idle_ms / SECOND_MS, checker->idle_count,
            (double)(scene->stop_ms - options->behind_ms) / SECOND_MS);
    else
        printf("behind a hold: %s\n", scene->world.failure);
    free(checker->idle_ms);
    checker->idle_ms = NULL;
    return fine && entered && idle_ms <= BEHIND_IDLE_MS &&
           (!options->most || all - holder <= options->most);
}

int crowd_measure(struct scene *scene, const struct crowd_options *options)
{
    if (options->behind_ms)
        return measure_behind(scene, options) ? 0 : 1;
    if (options->at_once)
        return measure_once(scene, options) ? 0 : 1;
    bool fine = measure(scene, options, false);
    (void)measure(scene, options, true);
    return fine ? 0 : 1;
}
