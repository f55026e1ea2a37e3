/* checker_cost - what contenders may ask of the service, and what they owe under a quota. */
#include "checker.h"

#define CALLS_LEAST    30   /* of a run, whatever it meets; */
#define CALLS_PER_LAG  5    /* more for each second of lag, */
#define CALLS_PER_S    1.5  /* and while it is there */
#define IDLE_CALLS     40   /* of each contender, before a free lock is entered under a quota; */
#define IDLE_LEAST_MS  6000 /* and pauses */
#define SECOND_MS      1000
#define TENTHS_OF_LEFT 10

/* G8 of a world whose listings are late: no state of a run asks on and on. */
void checker_pace(const struct checker *checker, const struct checker_actor *self)
{
    const struct plan *plan = checker->plan;
    if (!plan->lagging && !plan->evil)
        return;
    uint32_t pages = plan->evil ? 1 + checker->service->group_count / SERVICE_PAGE : 1;
    double present_s = (double)(checker->world->now_ms - self->arrived_ms) / SECOND_MS;
    double lag_s = (double)plan->lag_ms / SECOND_MS;
    double most = CALLS_LEAST + CALLS_PER_LAG * lag_s + CALLS_PER_S * present_s * pages +
                  (plan->evil ? CALLS_LEAST * pages : 0);
    if (self->requests > most)
        world_fail(checker->world, "I7", "%s has made %u calls in %.1f s, listings %.1f s late",
                   self->who, self->requests, present_s, lag_s);
}

/* What a stranger leaves of the quota is enough for all who wait to look, and for one to enter. */
void checker_progress(const struct checker *checker, const struct checker_actor *self)
{
    const struct plan *plan = checker->plan;
    if (plan->quota <= 0 || plan->crowd || self->role || plan->crash_holding > 0)
        return;
    double left = plan->quota - plan->stranger;
    if (left < plan->quota / TENTHS_OF_LEFT)
        left = plan->quota / TENTHS_OF_LEFT;
    int64_t free_ms = (int64_t)checker->freed_ms;
    int64_t since_ms = self->arrived_ms > free_ms ? self->arrived_ms : free_ms;
    int64_t most_ms =
        IDLE_LEAST_MS + (int64_t)(plan->w_count * IDLE_CALLS * SECOND_MS / left) + plan->lag_ms;
    if (checker->world->now_ms - since_ms > most_ms)
        world_fail(checker->world, "I5", "%s enters a lock that was free for %lld ms", self->who,
                   (long long)(checker->world->now_ms - since_ms));
}
