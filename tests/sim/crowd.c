#include "crowd.h"

#include <stdio.h>
#include <stdlib.h>

#define ARRIVALS_MS     300000 /* all arrive within this */
#define HOUR_MS         3600000
#define CALLS_MAX       8.0  /* a second, of each operation: invariant I7 */
#define IDLE_MAX_MS     1000 /* median time that a free lock stays free */
#define CROWD_HOLD_MS   10000
#define CROWD_ENTRY_MAX 100000

static void plan_crowd(struct plan *plan, uint32_t w_count, uint32_t s_count)
{
    *plan = (struct plan){
        .seed = 1,
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
        .latency_ms = 4,
        .jitter_ms = 8,
        .lag_full = 0.1,
        .drift_ppm = 100,
        .w_count = w_count,
        .s_count = s_count,
        .hold_max_ms = CROWD_HOLD_MS,
        .think_max_ms = ARRIVALS_MS,
        .role_delay_ms = 30000,
    };
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* One hour after all have arrived; true if calls and idle times stayed in bounds. */
static bool measure(struct scene *scene, const char *who, uint32_t w_count, uint32_t s_count)
{
    uint64_t before[PLAN_OPS];
    struct checker *checker = &scene->checker;
    plan_crowd(&scene->plan, w_count, s_count);
    scene->stop_ms = ARRIVALS_MS;
    if (!scene_play(scene)) {
        printf("%s: %s\n", who, scene->world.failure);
        return false;
    }
    for (int i = 0; i < PLAN_OPS; i++)
        before[i] = scene->wire.calls[i];
    uint64_t entries = checker->entries;
    int64_t *idle_ms = calloc(CROWD_ENTRY_MAX, sizeof(*idle_ms));
    checker->idle_ms = idle_ms;
    checker->idle_room = idle_ms ? CROWD_ENTRY_MAX : 0;
    scene->stop_ms = ARRIVALS_MS + HOUR_MS;
    bool fine = scene_go_on(scene);
    double per_s[PLAN_OPS];
    for (int i = 0; i < PLAN_OPS; i++)
        per_s[i] = (double)(scene->wire.calls[i] - before[i]) / (HOUR_MS / 1000.0);
    if (idle_ms)
        qsort(idle_ms, checker->idle_count, sizeof(*idle_ms), compare);
    int64_t median_ms = checker->idle_count ? idle_ms[checker->idle_count / 2] : -1;
    int64_t worst_ms = checker->idle_count ? idle_ms[checker->idle_count - 1] : -1;
    printf("%s: %u waiters, T 900 s, holds of 10 s, one hour: %llu entries (%llu out of order), "
           "describes %.2f/s, creates %.2f/s, deletes %.2f/s; free lock idle %lld ms median, "
           "%lld ms worst%s%s\n",
           who, w_count + s_count, (unsigned long long)(checker->entries - entries),
           (unsigned long long)checker->out_of_order, per_s[PLAN_LIST] + per_s[PLAN_LOOK],
           per_s[PLAN_CREATE], per_s[PLAN_DELETE], (long long)median_ms, (long long)worst_ms,
           fine ? "" : "; ", scene->world.failure);
    free(idle_ms);
    checker->idle_ms = NULL;
    return fine && per_s[PLAN_LIST] < CALLS_MAX && per_s[PLAN_CREATE] < CALLS_MAX &&
           per_s[PLAN_DELETE] < CALLS_MAX && median_ms >= 0 && median_ms < IDLE_MAX_MS &&
           checker->out_of_order == 0;
}

int crowd_measure(struct scene *scene, uint32_t waiters)
{
    bool fine = measure(scene, "withlock", waiters, 0);
    (void)measure(scene, "the role's protocol", 0, waiters);
    return fine ? 0 : 1;
}
