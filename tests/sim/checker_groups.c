/* checker_groups - the part of the checker that looks at what stands in the service. */
#include <string.h>

#include "checker.h"
#include "lock/attempt.h"

#define EXPIRY_SKEW_MS 5000 /* front ends agree to so much for expiry */

int64_t checker_ticket_ms(const struct group *group, const struct attempt *attempt)
{
    return attempt->ticket_ms != ATTEMPT_UNKNOWN ? attempt->ticket_ms : group->created_ms;
}

/* I4: what is applied less than D (and the lag) after its delete, a look was to find. */
static void check_late_create(struct checker *checker, const struct checker_actor *self,
                              const struct group *group)
{
    int64_t seen_ms = group->applied_ms + checker->plan->lag_ms;
    for (uint32_t i = 0; self->over_well && i < self->name_count; i++)
        if (self->names[i].gone_ms && strcmp(self->names[i].name, group->name) == 0 &&
            seen_ms < self->names[i].gone_ms + checker->plan->settle_ms)
            world_fail(checker->world, "I4", "%s was gone before %s came, soon after its delete",
                       self->who, group->name);
}

void checker_created(struct checker *checker, struct group *group)
{
    struct checker_actor *self = &checker->actors[group->actor];
    struct attempt attempt;
    if (self->run == group->run && !self->present && !self->role)
        check_late_create(checker, self, group);
    if (strstr(group->name, "#h"))
        checker->claim_ms = checker->world->now_ms;
    if (self->run != group->run || !self->present)
        group->actor = SERVICE_NOBODY; /* its maker is gone */
    /* Once it holds, what it made and has lost is not made good by a create that comes late. */
    if (self->role && group->actor != SERVICE_NOBODY && !self->holding) {
        self->group = group;
        self->robbed = false;
    }
    if (group->actor == SERVICE_NOBODY || self->role ||
        attempt_parse(text_from(PLAN_PREFIX), text_from(group->name), &attempt) != ATTEMPT_MARKED)
        return;
    int64_t ticket_ms = checker_ticket_ms(group, &attempt);
    if (attempt.claim && attempt.first_claim_ms == ATTEMPT_UNKNOWN)
        self->claim_ms = group->created_ms;
    if (ticket_ms < self->ticket_ms)
        self->ticket_ms = ticket_ms;
}

/* Its run has deleted it; if it stands, a create of it was applied after that. */
static bool was_gone(const struct checker_actor *self, const char *name)
{
    for (uint32_t i = 0; i < self->name_count; i++)
        if (strcmp(self->names[i].name, name) == 0)
            return self->names[i].gone_ms > 0;
    return false;
}

static int64_t ticket_of(const struct group *group)
{
    struct attempt attempt;
    if (attempt_parse(text_from(PLAN_PREFIX), text_from(group->name), &attempt) != ATTEMPT_MARKED)
        return INT64_MAX;
    return checker_ticket_ms(group, &attempt);
}

/* From when on it counts: to its own run only since that sent it first, however late it came. */
static int64_t made_ms(const struct checker *checker, const struct group *group)
{
    if (group->maker >= checker->actor_count || checker->actors[group->maker].run != group->run)
        return group->applied_ms;
    const struct checker_actor *maker = &checker->actors[group->maker];
    for (uint32_t i = 0; i < maker->name_count; i++)
        if (strcmp(maker->names[i].name, group->name) == 0)
            return maker->names[i].sent_at_ms;
    return group->applied_ms;
}

/* I6: of those who hold nobody takes the mutex away. */
static void check_mutex_delete(struct checker *checker, const struct checker_actor *self,
                               enum attempt_kind kind, int64_t decided_ms,
                               const struct group *group)
{
    const struct checker_actor *maker = &checker->actors[group->maker];
    bool lives = group->maker < checker->actor_count && maker->run == group->run &&
                 maker->holding && !maker->frozen && strcmp(maker->mutex, group->name) == 0;
    bool late = group->applied_ms > decided_ms; /* it was meant for the one before */
    /* It had made this one, and a delete that came late has taken it away. */
    late |= self->mutex_made && strcmp(self->mutex, group->name) == 0;
    if (kind == ATTEMPT_MUTEX && lives && !late && !checker->plan->outside)
        world_fail(checker->world, "I6", "%s deletes the mutex of %s, which holds", self->who,
                   maker->who);
}

/* A newer run of its ID has deleted it. */
static void take(struct checker *checker, const struct group *group)
{
    if (group->maker >= checker->actor_count || group->ghost)
        return;
    struct checker_actor *maker = &checker->actors[group->maker];
    if (maker->run == group->run && group->created_ms < maker->taken_ms)
        maker->taken_ms = group->created_ms;
}

bool checker_replaced(const struct checker *checker, const struct checker_actor *self,
                      const struct checker_actor *role)
{
    for (uint32_t i = 0; i < checker->actor_count && !self->role; i++) {
        const struct checker_actor *other = &checker->actors[i];
        if (other->role && (!role || other == role) && other->group &&
            self->taken_ms < other->group->created_ms)
            return true;
    }
    return false;
}

/* I6, for a delete of what the run did not make: an attempt, and one that is over. */
static void check_foreign_delete(struct checker *checker, struct checker_actor *self, uint32_t run,
                                 int64_t decided_ms, const struct group *group)
{
    const struct plan *plan = checker->plan;
    struct attempt attempt;
    enum attempt_kind kind =
        attempt_parse(text_from(PLAN_PREFIX), text_from(group->name), &attempt);
    if (kind == ATTEMPT_MUTEX || kind == ATTEMPT_BREAK) {
        check_mutex_delete(checker, self, kind, decided_ms, group);
        return;
    }
    int64_t age_ms = decided_ms - made_ms(checker, group), timeout_ms = plan->role_timeout_ms;
    if (kind == ATTEMPT_ELSEWHERE || group->content || group->streams) {
        world_fail(checker->world, "I6", "%s deletes %s, which is no attempt of this lock",
                   self->who, group->name);
        return;
    }
    /* A leftover of an earlier run of the same ID; if the run that sent this is over, of its ID. */
    bool same_id = run != self->run ? attempt.nonce.length > 0 : text_equal(attempt.id, self->id);
    bool earlier = run != self->run || !self->queues || ticket_of(group) <= self->known_ticket_ms ||
                   checker_made_anew(checker, self, run, decided_ms, group);
    if (kind == ATTEMPT_MARKED && same_id && earlier && !attempt.claim) {
        take(checker, group);
        return;
    }
    if (kind == ATTEMPT_MARKED)
        timeout_ms = attempt.lock_timeout_ms;
    /* Made anew between the listing and now: excepted. */
    bool anew =
        kind == ATTEMPT_UNMARKED && checker_made_anew(checker, self, run, decided_ms, group);
    /* Harmless: it is nobody's. */
    bool again = kind == ATTEMPT_MARKED &&
                 (group->ghost || (group->maker < checker->actor_count &&
                                   (was_gone(&checker->actors[group->maker], group->name) ||
                                    group->run != checker->actors[group->maker].run)));
    if (age_ms < timeout_ms - EXPIRY_SKEW_MS && !anew && !again && !plan->outside)
        world_fail(checker->world, "I6", "%s deletes %s, which is only %lld ms old", self->who,
                   group->name, (long long)age_ms);
}

/* Its lease is over, or nearly: others may have written it off. Or it came after its delete. */
static bool is_spent(const struct checker *checker, const struct checker_actor *self,
                     const struct group *group)
{
    int64_t counts_ms = self->lock_timeout_ms - 2 * checker->plan->settle_ms;
    for (uint32_t i = 0; i < self->name_count; i++) {
        const struct checker_name *name = &self->names[i];
        if (strcmp(name->name, group->name) == 0)
            return group->applied_ms > name->deletion_ms ||
                   checker->world->now_ms - name->sent_at_ms >= counts_ms;
    }
    return true; /* so old that it is forgotten */
}

/* Of who found nobody: it becomes a place in the queue, if its time is not known with another. */
static bool is_first_claim(const struct group *group)
{
    return strstr(group->name, "#h") && !strstr(group->name, "#q");
}

/* I5: whoever waits in the queue does not delete the last name that shows its ticket. */
static void check_place(struct checker *checker, const struct checker_actor *self, uint32_t run,
                        const struct group *group)
{
    const struct service *service = checker->service;
    if (!self->queues || !self->present || self->leaving || checker->plan->outside ||
        run != self->run || group->ghost || strstr(group->name, "#u") ||
        checker_is_shared(group->name) || is_first_claim(group) || is_spent(checker, self, group))
        return; /* with an explicit ID somebody else may have deleted the others */
    for (uint32_t i = 0; i < service->group_count; i++) {
        const struct group *other = service->groups[i];
        if (other != group && other->maker == group->maker && other->run == run &&
            other->deleted_ms == WORLD_NEVER && ticket_of(other) <= ticket_of(group))
            return;
    }
    world_fail(checker->world, "I5", "%s gives up its place with %s", self->who, group->name);
}

void checker_deleted(struct checker *checker, uint32_t actor, uint32_t run, int64_t decided_ms,
                     struct group *group)
{
    struct checker_actor *self = &checker->actors[actor];
    if (strstr(group->name, "#h"))
        checker->claim_ms = checker->world->now_ms;
    if (!self->role && group->maker == actor)
        check_place(checker, self, run, group);
    if (!self->role && (group->maker != actor || group->run != run))
        check_foreign_delete(checker, self, run, decided_ms, group);
    if (group->actor == SERVICE_NOBODY || group->actor >= checker->actor_count)
        return;
    struct checker_actor *owner = &checker->actors[group->actor];
    if (!owner->role || owner->group != group)
        return;
    bool own = group->actor == actor && run == self->run && decided_ms >= group->applied_ms;
    bool anew = checker_made_anew(checker, self, run, decided_ms, group);
    if (!own && (self->role || anew))
        owner->robbed = true;
}

void checker_swept(struct checker *checker, struct group *group)
{
    if (group->actor != SERVICE_NOBODY)
        checker->actors[group->actor].robbed = true;
}

void checker_leaves(struct checker *checker, uint32_t actor, struct mono now,
                    enum lock_reason reason)
{
    struct checker_actor *self = &checker->actors[actor];
    checker_gives_up(checker, actor, now, reason);
    self->left_ms = checker->world->now_ms;
    self->left_mutex = self->mutex_made;
    if (now.ms >= self->lease_ends_ms || reason >= LOCK_REASON_LEASE) {
        self->mutex_doubt = true; /* a dead run's it may have seemed to be */
        self->doubted_ms = self->left_ms;
    }
    self->leaving = true;
}

/* I4: what is certain to exist, or may, is deleted, if there was time for it. */
static void check_deleted(struct checker *checker, const struct checker_actor *self)
{
    bool excused = !self->over_well && !checker_had_time(checker, self, NULL);
    int64_t last_ms = self->left_ms, looks_ms = 2 * checker->plan->settle_ms;
    for (uint32_t i = 0; i < self->name_count; i++) {
        const struct checker_name *name = &self->names[i];
        if (name->maybe && !name->deletion_ms && !excused)
            world_fail(checker->world, "I4", "%s is gone and has not deleted %s, which may exist",
                       self->who, name->name);
        last_ms = name->gone_ms > last_ms ? name->gone_ms : last_ms;
    }
    looks_ms -= looks_ms / 500 + 2; /* its clock may be fast */
    if (self->uncertain && self->over_well && self->asked_ms < last_ms + looks_ms)
        world_fail(checker->world, "I4", "%s is gone without looking twice", self->who);
}

void checker_forgets(struct checker_actor *self)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < CHECKER_NAMES_MAX; i++)
        if (i >= CHECKER_NAMES_MAX / 2 || !self->names[i].gone_ms)
            self->names[kept++] = self->names[i];
    if (kept == CHECKER_NAMES_MAX)
        memmove(self->names, self->names + 1, --kept * sizeof(*self->names));
    self->name_count = kept;
    self->forgetful = true;
}

/* I4: nothing is left, but what came too late to be seen, or could not be deleted in time. */
static void check_left(struct checker *checker, const struct checker_actor *self,
                       const struct group *group)
{
    if (checker_is_shared(group->name)) {
        bool well = self->over_well && self->mutex_made && !self->mutex_doubt &&
                    strcmp(self->mutex, group->name) == 0 &&
                    checker->world->now_ms - self->mutex_ms < self->lock_timeout_ms / 2;
        if (group->deleted_ms == WORLD_NEVER && well && strstr(group->name, "#mutex"))
            world_fail(checker->world, "I4", "%s is gone and has left %s", self->who, group->name);
        return;
    }
    bool known = false, late = false, gone = was_gone(self, group->name);
    int64_t last_look_ms =
        self->asked_ms >= self->left_ms ? self->asked_ms : checker->world->now_ms;
    for (uint32_t i = 0; i < self->name_count; i++)
        if (strcmp(self->names[i].name, group->name) == 0) {
            known = true;
            late = self->names[i].unknown;
            if (self->names[i].gone_ms && self->name_count - i > LOCK_GENERATIONS_MAX)
                return; /* deleted, and forgotten when it took effect again */
        }
    if (!known && self->forgetful)
        return; /* the same, of one that is forgotten here, too */
    late = (late || !known) && service_shown_by(checker->service, group) > last_look_ms;
    bool sought = gone || !known; /* only a look can tell that it is there */
    bool no_time = !self->over_well && !checker_had_time(checker, self, sought ? group : NULL);
    if (group->deleted_ms == WORLD_NEVER && !late && !no_time)
        world_fail(checker->world, "I4", "%s is gone and has left %s", self->who, group->name);
}

void checker_exits(struct checker *checker, uint32_t actor, const struct lock_settings *settings)
{
    struct checker_actor *self = &checker->actors[actor];
    struct service *service = checker->service;
    self->present = false;
    checker_pace(checker, self);
    self->over_well = !checker_out_of_time(checker, self, settings);
    check_deleted(checker, self);
    for (uint32_t i = 0; i < service->group_count; i++) {
        if (service->groups[i]->actor != actor)
            continue;
        check_left(checker, self, service->groups[i]);
        service->groups[i]->actor = SERVICE_NOBODY;
    }
}

void checker_killed(struct checker *checker, uint32_t actor)
{
    struct service *service = checker->service;
    checker->actors[actor].present = false;
    checker->actors[actor].over_well = false;
    for (uint32_t i = 0; i < service->group_count; i++)
        if (service->groups[i]->actor == actor)
            service->groups[i]->actor = SERVICE_NOBODY;
}

void checker_end(struct checker *checker)
{
    struct service *service = checker->service;
    for (uint32_t i = 0; i < service->group_count; i++) {
        const struct group *group = service->groups[i];
        if (group->actor != SERVICE_NOBODY && group->deleted_ms == WORLD_NEVER)
            world_fail(checker->world, "I4", "at the end %s still stands", group->name);
    }
}
