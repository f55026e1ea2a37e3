/* checker_duties - what the protocol owes beside exclusion and what it may not delete. */
#include <string.h>

#include "checker.h"
#include "lock/attempt.h"

#define GRACE_MS        5000 /* after its timeout an attempt is expired, */
#define SKEW_MS         5000 /* by clocks that agree to so much */
#define CLEANING_MS     500  /* between two deletes beside the command */
#define CLEANING_MAX    32   /* remembered from one listing */
#define FRESH_MS        5000 /* or D: how old the listing of a delete may be, */
#define PAGE_MS         500  /* and more for each page but the first */
#define REQUESTS        8    /* for one attempt: a listing, a look inside, a delete, again */
#define PER_MILLE_DRIFT 2

/*
 * I1 rests on it: whoever decides has had an attempt that others could see for D when its deciding
 * listing was asked for, also if somebody has swept the others away.
 */
void checker_decides(struct checker *checker, uint32_t actor)
{
    struct checker_actor *self = &checker->actors[actor];
    const struct service *service = checker->service;
    const struct plan *plan = checker->plan;
    int64_t asked_ms = self->asked_ms;
    int64_t by_ms = asked_ms - plan->settle_ms + plan->settle_ms * PER_MILLE_DRIFT / 1000 + 2;
    self->decided_asked_ms = asked_ms;
    self->decided_read_ms = self->read_ms;
    if (plan->settle_ms == 0)
        return; /* the mutex decides alone */
    for (uint32_t i = 0; i < service->group_count; i++) {
        const struct group *group = service->groups[i];
        if (group->maker == actor && group->run == self->run && group->applied_ms <= by_ms &&
            (group->deleted_ms == WORLD_NEVER || group->deleted_ms + plan->lag_ms > asked_ms))
            return;
    }
    world_fail(checker->world, "I1", "%s decides, and nobody could see it coming", self->who);
}

/*
 * The dead do not pile up: what expires during a long hold without trouble is gone soon, or the
 * names that hold it off would have to stay, too.
 */
void checker_cleaned(struct checker *checker, const struct checker_actor *self)
{
    const struct service *service = checker->service;
    const struct plan *plan = checker->plan;
    int64_t now_ms = checker->world->now_ms;
    int64_t look_ms = self->lock_timeout_ms / 3 < 300000 ? self->lock_timeout_ms / 3 : 300000;
    int64_t time_ms = 2 * look_ms + 4 * plan->settle_ms + plan->lag_ms +
                      CLEANING_MAX * (CLEANING_MS + checker_trips_ms(plan, REQUESTS));
    if (plan->outside || checker_undisturbed(self, now_ms - 2 * time_ms, 2 * time_ms) > now_ms ||
        now_ms - self->since_ms < 2 * time_ms)
        return;
    for (uint32_t i = 0; i < service->group_count; i++) {
        const struct group *group = service->groups[i];
        struct attempt attempt;
        int64_t dead_ms = group->applied_ms + plan->role_timeout_ms + GRACE_MS + SKEW_MS;
        if (group->deleted_ms == WORLD_NEVER && !group->content && !group->streams &&
            dead_ms + time_ms < now_ms &&
            attempt_parse(text_from(PLAN_PREFIX), text_from(group->name), &attempt) ==
                ATTEMPT_UNMARKED)
            world_fail(checker->world, "I4", "%s has held for long, and leaves the dead %s",
                       self->who, group->name);
    }
}

/* What a run in sight of `self` has left may seem older than 3 D: then it is believed to wait. */
static bool seems_old(const struct checker *checker, const struct checker_actor *self,
                      const struct group *group)
{
    const struct plan *plan = checker->plan;
    int64_t least_ms = 0, most_ms = 0;
    for (uint32_t i = 0; i < plan->front_ends; i++) {
        least_ms = plan->skew_ms[i] < least_ms ? plan->skew_ms[i] : least_ms;
        most_ms = plan->skew_ms[i] > most_ms ? plan->skew_ms[i] : most_ms;
    }
    int64_t age_ms = checker->world->now_ms - group->applied_ms + plan->create_ms;
    bool in_sight =
        group->deleted_ms == WORLD_NEVER || group->deleted_ms + plan->lag_ms > self->arrived_ms;
    return in_sight && age_ms + most_ms - least_ms >= 3 * plan->settle_ms;
}

/* In worlds where all only try: a free lock is not refused because others withdraw. */
void checker_refused(struct checker *checker, uint32_t actor)
{
    const struct checker_actor *self = &checker->actors[actor];
    const struct plan *plan = checker->plan;
    if (plan->nonblock < 1 || plan->outside || checker->world->calm ||
        checker->claim_ms >= self->arrived_ms - plan->lag_ms)
        return;
    for (uint32_t i = 0; i < checker->actor_count; i++)
        if (i != actor && checker->actors[i].present && !checker->actors[i].leaving)
            return; /* it holds, or will */
    for (uint32_t i = 0; i < checker->service->group_count; i++) {
        const struct group *group = checker->service->groups[i];
        bool claim = group->deleted_ms == WORLD_NEVER && strstr(group->name, "#h");
        bool own = group->maker == actor && group->run == self->run;
        if (claim || (!own && seems_old(checker, self, group)))
            return;
    }
    world_fail(checker->world, "I5", "%s is refused a lock that nobody has or wants", self->who);
}

/* Whoever knows its ticket says so by each name. It may know an older one than was seen here. */
void checker_keeps_ticket(const struct checker *checker, struct checker_actor *self,
                          const char *name)
{
    struct attempt attempt;
    if (attempt_parse(text_from(PLAN_PREFIX), text_from(name), &attempt) != ATTEMPT_MARKED ||
        !self->queues || checker->plan->outside || self->known_ticket_ms == INT64_MAX)
        return;
    if (attempt.ticket_ms == ATTEMPT_UNKNOWN || attempt.ticket_ms > self->known_ticket_ms)
        world_fail(checker->world, "I5", "%s makes %s, which does not keep its ticket", self->who,
                   name);
    else
        self->known_ticket_ms = attempt.ticket_ms;
}

bool checker_made_anew(const struct checker *checker, const struct checker_actor *self,
                       uint32_t run, int64_t decided_ms, const struct group *group)
{
    const struct plan *plan = checker->plan;
    int64_t pages_ms = (int64_t)checker->service->group_count / LOCK_FRONT_MAX * PAGE_MS;
    int64_t fresh_ms =
        plan->settle_ms > FRESH_MS + pages_ms ? plan->settle_ms : FRESH_MS + pages_ms;
    int64_t asked_ms = decided_ms - fresh_ms - fresh_ms * PER_MILLE_DRIFT / 1000 - 2;
    int64_t last_ms = self->look_asked_ms > self->asked_ms ? self->look_asked_ms : self->asked_ms;
    if (run == self->run && last_ms <= decided_ms) { /* leftovers go by a part of a listing, too */
        if (last_ms < asked_ms)
            return false; /* by a listing that is too old */
        asked_ms = last_ms;
    }
    return group->applied_ms > asked_ms - plan->lag_ms;
}

/* A claim that by its front end's clock is older than ours, that was shown for 2 D, and is alive.
 */
static bool is_older_claim(const struct checker *checker, const struct checker_actor *self,
                           const struct group *group, struct attempt *ret)
{
    const struct plan *plan = checker->plan;
    if (group->created_ms >= self->claim_ms ||
        group->applied_ms + 2 * plan->settle_ms > checker->world->now_ms ||
        (group->deleted_ms != WORLD_NEVER && group->deleted_ms + plan->lag_ms <= self->asked_ms) ||
        (group->maker < checker->actor_count && &checker->actors[group->maker] == self &&
         group->run == self->run) ||
        attempt_parse(text_from(PLAN_PREFIX), text_from(group->name), ret) != ATTEMPT_MARKED)
        return false;
    int64_t dead_ms = group->applied_ms + ret->lock_timeout_ms + GRACE_MS + SKEW_MS +
                      ret->lock_timeout_ms * PER_MILLE_DRIFT / 1000 + self->anchor_late_ms;
    return ret->claim && !(self->shared && ret->shared) && self->asked_ms <= dead_ms;
}

/*
 * Its run does not hold, and it took effect so late that the decision need not have known of it:
 * nothing tells it from the claim of one who holds. Of those who hold slots N are needed.
 */
bool checker_late_claim(const struct checker *checker, const struct checker_actor *self)
{
    const struct service *service = checker->service;
    uint32_t slots = 0, maker = SERVICE_NOBODY, run = 0;
    bool late = false, whole = false;
    for (uint32_t i = 0; i < service->group_count; i++) {
        const struct group *group = service->groups[i];
        struct attempt attempt;
        if (!is_older_claim(checker, self, group, &attempt))
            continue;
        bool holds = group->actor != SERVICE_NOBODY && checker->actors[group->actor].holding;
        bool unknown = group->applied_ms > self->decided_asked_ms - checker->plan->lag_ms;
        bool slot = self->slots > 1 && attempt.slots > 1 && !attempt.shared;
        late |= !holds && unknown;
        whole |= !slot && !holds && unknown;
        slots += slot && (group->maker != maker || group->run != run);
        maker = group->maker;
        run = group->run;
    }
    return whole || (late && slots >= self->slots);
}

bool checker_has_withdrawn(const struct checker_actor *self)
{
    for (uint32_t i = 0; i < self->name_count; i++)
        if (self->names[i].sent_at_ms >= self->saw_ahead_ms)
            return false;
    return !self->queues;
}
