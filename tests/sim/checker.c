#include "checker.h"

#include <string.h>

#include "lock/attempt.h"

#define DRIFT_PARTS  2000 /* of the time since its attempt was made a run's clock may be ahead */
#define PREFIX_BYTES (sizeof(PLAN_PREFIX) - 1)

void checker_start(struct checker *checker, struct world *world, const struct plan *plan,
                   struct service *service, struct checker_actor *actors, uint32_t count)
{
    *checker = (struct checker){.world = world,
                                .plan = plan,
                                .service = service,
                                .actors = actors,
                                .actor_count = count,
                                .token_max = -1};
    memset(actors, 0, count * sizeof(*actors));
    for (uint32_t i = 0; i < count; i++) {
        actors[i].role = i >= plan->w_count;
        (void)snprintf(actors[i].who, sizeof(actors[i].who), "%c%u", actors[i].role ? 'S' : 'W',
                       actors[i].role ? i - plan->w_count : i);
    }
}

void checker_renames(struct checker *checker, uint32_t actor, const char *id)
{
    struct checker_actor *self = &checker->actors[actor];
    (void)snprintf(self->id, sizeof(self->id), "%s", id);
}

void checker_run(struct checker *checker, uint32_t actor, const char *id, int64_t lock_timeout_ms,
                 bool queues)
{
    struct checker_actor *self = &checker->actors[actor];
    self->present = true;
    self->arrived_ms = checker->world->now_ms;
    self->leaving = false;
    self->run++;
    checker_renames(checker, actor, id);
    self->lock_timeout_ms = lock_timeout_ms;
    self->queues = queues;
    self->known_ticket_ms = INT64_MAX;
    self->name_count = self->requests = 0;
    self->forgetful = false;
    self->trouble_count = 0;
    self->forgotten_ms = 0;
    self->decided_asked_ms = self->decided_read_ms = 0;
    self->lease_ends_ms = INT64_MIN;
    self->ticket_ms = INT64_MAX;
    self->made = self->uncertain = self->mutex_made = self->mutex_doubt = false;
    self->mutex_sent = false;
    self->mutex[0] = '\0';
    self->claim_sent_ms = INT64_MIN;
    self->taken_ms = INT64_MAX;
    self->robbed = false;
    self->group = NULL;
    self->shared = false;
    self->slots = 1;
    self->failures = self->hard_failures = self->looks = 0;
    self->look_asked_ms = -1;
    self->watching_ms = WORLD_NEVER;
    self->next_look_ms = 0;
    self->sees_ahead = self->sees_young = self->sees_newer = self->anchored = false;
    self->anchor_late_ms = 0;
}

void checker_mode(struct checker *checker, uint32_t actor, const struct lock_settings *settings)
{
    struct checker_actor *self = &checker->actors[actor];
    self->settings = settings;
    self->shared = settings->shared;
    self->slots = settings->slots;
}

bool checker_is_reader(const struct checker *checker, uint32_t actor)
{
    return checker->plan->stream && !checker->actors[actor].role && actor % 3 != 0;
}

bool checker_streams(const struct checker *checker, uint32_t actor)
{
    if (!checker->world->calm || !checker_is_reader(checker, actor))
        return false;
    for (uint32_t i = 0; i < checker->plan->w_count; i++)
        if (!checker->actors[i].through && !checker_is_reader(checker, i))
            return true;
    return false;
}

void checker_through(struct checker *checker, uint32_t actor)
{
    struct checker_actor *self = &checker->actors[actor];
    bool writer = checker->plan->stream && !checker_is_reader(checker, actor);
    self->through |= !(writer && self->shared); /* not by what it held when the calm came */
}

/* PREFIX/#mutex and the like are made by whoever comes first: no name of this run's. */
bool checker_is_shared(const char *name)
{
    struct attempt attempt;
    enum attempt_kind kind = attempt_parse(text_from(PLAN_PREFIX), text_from(name), &attempt);
    return kind == ATTEMPT_MUTEX || kind == ATTEMPT_BREAK;
}

void checker_sends(struct checker *checker, uint32_t actor, const char *name, struct mono sent)
{
    struct checker_actor *self = &checker->actors[actor];
    if (checker_is_shared(name)) {
        self->shared_ms = checker->world->now_ms;
        return;
    }
    for (uint32_t i = 0; i < self->name_count; i++)
        if (strcmp(self->names[i].name, name) == 0) {
            if (self->names[i].maybe)
                return;
            self->names[i].sent_ms = sent.ms;
            self->names[i].sent_at_ms = checker->world->now_ms;
            return;
        }
    if (self->name_count == CHECKER_NAMES_MAX)
        checker_forgets(self);
    checker_keeps_ticket(checker, self, name);
    self->names[self->name_count++] = (struct checker_name){
        .name = world_keep_text(checker->world, name, strlen(name)),
        .sent_ms = sent.ms,
        .sent_at_ms = checker->world->now_ms,
    };
}

static void knows_one(const struct checker *checker, struct checker_actor *self)
{
    if (!self->made)
        self->made_ms = checker->world->now_ms;
    self->made = true;
}

/* Known to have been made: its lease counts, from before it was first sent. */
static void prolong(struct checker *checker, struct checker_actor *self, struct mono now,
                    struct checker_name *name)
{
    int64_t ends_ms = name->sent_ms + self->lock_timeout_ms;
    name->known = true;
    bool claims = strstr(name->name, "#h") && !self->leaving; /* by then it may be in doubt */
    if (claims && name->sent_at_ms > self->claim_sent_ms)
        self->claim_sent_ms = name->sent_at_ms;
    if (ends_ms <= self->lease_ends_ms)
        return;
    if (self->holding && !self->frozen && now.ms > self->lease_ends_ms)
        world_fail(checker->world, "I3", "the command of %s outlived its lease by %lld ms",
                   self->who, (long long)(now.ms - self->lease_ends_ms));
    self->lease_ends_ms = ends_ms;
}

static bool is_made_by(const struct checker *checker, uint32_t actor, const char *name)
{
    const struct group *group = service_find(checker->service, name);
    return group && group->maker == actor && group->run == checker->actors[actor].run;
}

void checker_outcome(struct checker *checker, uint32_t actor, enum plan_op op, const char *name,
                     struct mono now, const struct lock_answer *answer)
{
    struct checker_actor *self = &checker->actors[actor];
    enum lock_outcome outcome = answer->outcome;
    if ((op == PLAN_CREATE || op == PLAN_DELETE) && checker_is_shared(name)) {
        if (strstr(name, "#mutex"))
            checker_mutex_outcome(checker, self, op, name, answer);
        else if (op == PLAN_DELETE && outcome == LOCK_DONE)
            self->watching_ms = WORLD_NEVER; /* #break is given up: it watches anew */
        return;
    }
    if (op != PLAN_CREATE)
        name = NULL;
    if (name && (outcome == LOCK_DONE || outcome == LOCK_EXISTS))
        knows_one(checker, self);
    for (uint32_t i = 0; name && i < self->name_count; i++) {
        bool taken = checker->plan->evil && outcome == LOCK_EXISTS && !self->names[i].maybe;
        if (outcome == LOCK_LATER || taken || strcmp(self->names[i].name, name) != 0)
            continue;
        if (outcome == LOCK_EXISTS && !self->names[i].maybe && !is_made_by(checker, actor, name))
            continue; /* somebody else's */
        if (outcome == LOCK_DONE && self->names[i].maybe && !self->names[i].unknown)
            self->names[i].deletion_ms = checker->world->now_ms; /* it was gone: begins anew */
        self->names[i].maybe = true;
        if (outcome == LOCK_DONE || outcome == LOCK_EXISTS)
            prolong(checker, self, now, &self->names[i]);
        self->names[i].unknown |= outcome == LOCK_UNKNOWN;
        self->uncertain |= outcome == LOCK_UNKNOWN;
    }
}

void checker_deletes(struct checker *checker, uint32_t actor, const char *name)
{
    struct checker_actor *self = &checker->actors[actor];
    for (uint32_t i = 0; i < self->name_count; i++)
        if (strcmp(self->names[i].name, name) == 0 && !self->names[i].deletion_ms)
            self->names[i].deletion_ms = checker->world->now_ms;
}

void checker_gone(struct checker *checker, uint32_t actor, const char *name)
{
    struct checker_actor *self = &checker->actors[actor];
    for (uint32_t i = 0; i < self->name_count; i++)
        if (strcmp(self->names[i].name, name) == 0)
            self->names[i].gone_ms = checker->world->now_ms;
}

static void confirm(struct checker *checker, struct checker_actor *self, struct mono now,
                    struct checker_name *name, int64_t created_ms)
{
    bool newest = name == &self->names[self->name_count - 1] &&
                  !name->deletion_ms; /* not given up meanwhile */
    if (newest && !strstr(name->name, "#q") && created_ms < self->known_ticket_ms)
        self->known_ticket_ms = created_ms;
    int64_t late_ms = checker->world->now_ms - name->sent_at_ms;
    self->anchor_late_ms = late_ms > self->anchor_late_ms ? late_ms : self->anchor_late_ms;
    self->anchored = true;
    name->confirmed = true;
    name->created_ms = created_ms;
    knows_one(checker, self);
    prolong(checker, self, now, name);
}

void checker_shown(struct checker *checker, uint32_t actor, struct mono now, int64_t asked_ms,
                   const struct lock_listing *listing, bool own_name)
{
    struct checker_actor *self = &checker->actors[actor];
    size_t id_bytes = strlen(self->id);
    bool own_shown = false;
    for (uint32_t i = 0; i < listing->count; i++) {
        struct text name = listing->entries[i].name;
        if (name.length <= PREFIX_BYTES + 1 + id_bytes ||
            memcmp(name.data + PREFIX_BYTES + 1, self->id, id_bytes) != 0)
            continue;
        for (uint32_t k = 0; k < self->name_count; k++) {
            if (!text_equal(name, self->names[k].name))
                continue;
            own_shown = true;
            if (!self->names[k].confirmed)
                confirm(checker, self, now, &self->names[k], listing->entries[i].created_ms);
        }
    }
    if (listing->complete)
        checker_whole_listing(checker, actor, asked_ms);
    checker_looks(checker, actor, asked_ms, listing, own_shown, own_name);
}

void checker_whole_listing(struct checker *checker, uint32_t actor, int64_t asked_ms)
{
    checker->actors[actor].asked_ms = asked_ms;
    checker->actors[actor].read_ms = checker->world->now_ms;
}

/* Counts as a holder just now. */
static bool counts(const struct checker *checker, const struct checker_actor *self)
{
    return self->holding && !self->frozen &&
           (!self->role || (!self->robbed && checker->world->now_ms < self->counts_until_ms));
}

struct overlap {
    struct checker *checker;
    uint32_t a, b, a_holds, b_holds;
};

static void overlap_must_be_over(void *object, uint64_t argument)
{
    const struct overlap *overlap = object;
    struct checker *checker = overlap->checker;
    const struct checker_actor *a = &checker->actors[overlap->a];
    const struct checker_actor *b = &checker->actors[overlap->b];
    if (a->holds == overlap->a_holds && b->holds == overlap->b_holds && counts(checker, a) &&
        counts(checker, b))
        world_fail(checker->world, "I1", "%s and %s have both held for %llu ms", a->who, b->who,
                   (unsigned long long)argument);
}

/* In a world that breaks the bounds on purpose two may hold, but without faults not for long. */
static void bound_overlap(struct checker *checker, uint32_t a, uint32_t b)
{
    struct world *world = checker->world;
    const struct plan *plan = checker->plan;
    bool role = checker->actors[a].role || checker->actors[b].role;
    checker->doubles++;
    if (!plan->mild || (role && !plan->sweep))
        return;
    int64_t timeout_ms = plan->mixed_timeouts ? plan->role_timeout_ms : plan->lock_timeout_ms;
    int64_t look_ms = timeout_ms / 3 < 300000 ? timeout_ms / 3 : 300000;
    int64_t read_ms = 6 * (plan->latency_ms + plan->jitter_ms) * (2 + plan->planted / 50);
    int64_t bound_ms = look_ms + 4 * (plan->settle_ms + plan->lag_ms + read_ms) +
                       plan->kill_after_ms + 2000 +
                       timeout_ms / 3 /* an older holder tells by its renewal */;
    struct overlap *overlap = world_keep(world, sizeof(*overlap));
    *overlap = (struct overlap){checker, a, b, checker->actors[a].holds, checker->actors[b].holds};
    world_at(world, world->now_ms + bound_ms, overlap_must_be_over, overlap, (uint64_t)bound_ms);
}

static bool in_slot(const struct checker_actor *self)
{
    return self->slots > 1 && !self->role;
}

/* Outside of the bounds, but the mutex keeps two from holding all the same. */
static bool is_strict(const struct plan *plan)
{
    return plan->lagging || plan->evil;
}

/* I1: as many as the one with the fewest slots says, and no more. */
static void crowd(struct checker *checker, const struct checker_actor *self)
{
    uint32_t holders = 0, slots = self->slots;
    for (uint32_t i = 0; i < checker->actor_count; i++) {
        const struct checker_actor *other = &checker->actors[i];
        if (!in_slot(other) || !counts(checker, other))
            continue;
        holders++;
        if (other->slots < slots)
            slots = other->slots;
    }
    if (holders <= slots)
        return;
    checker->doubles++;
    world_say(checker->world, "!!!!", "%u hold %u slots", holders, slots);
    if (!checker->plan->outside || is_strict(checker->plan))
        world_fail(checker->world, "I1", "with %s %u hold %u slots", self->who, holders, slots);
}

static bool may_meet(const struct checker_actor *a, const struct checker_actor *b)
{
    return (a->role && b->role) || (a->shared && b->shared) || (in_slot(a) && in_slot(b));
}

static void exclude(struct checker *checker, uint32_t actor)
{
    struct checker_actor *self = &checker->actors[actor];
    /* An S that decides by an attempt of its own older than T_S was asleep: it may not win against
     * a W that had held when it looked, and so had cleaned up. */
    bool woken = self->role && self->holding && !self->robbed &&
                 checker->world->now_ms >= self->counts_until_ms;
    if (!counts(checker, self) && !woken)
        return;
    for (uint32_t i = 0; i < checker->actor_count; i++) {
        struct checker_actor *other = &checker->actors[i];
        if (i == actor || !counts(checker, other) || may_meet(self, other) ||
            checker_replaced(checker, self, other) || checker_replaced(checker, other, self))
            continue;
        if (woken && other->since_ms + checker->plan->lag_ms > self->asked_ms)
            continue;
        world_say(checker->world, "!!!!", "%s and %s both hold", other->who, self->who);
        if (checker->plan->outside && !is_strict(checker->plan))
            bound_overlap(checker, actor, i);
        else
            world_fail(checker->world, "I1", "%s and %s both hold", other->who, self->who);
    }
    if (in_slot(self))
        crowd(checker, self);
}

static bool smaller_key(int64_t ticket_ms, struct text id, const struct checker_actor *than)
{
    if (ticket_ms != than->ticket_ms)
        return ticket_ms < than->ticket_ms;
    size_t length = strlen(than->id);
    int order = memcmp(id.data, than->id, id.length < length ? id.length : length);
    return order != 0 ? order < 0 : id.length < length;
}

/*
 * I5: whoever enters has no live attempt of an earlier W in any listing that decided it; a shared
 * one none but shared ones; one with N slots fewer than N such, whether they wait or hold.
 */
static void check_order(struct checker *checker, const struct checker_actor *self)
{
    const struct service *service = checker->service;
    uint32_t earlier = 0, last = SERVICE_NOBODY; /* names of one run are neighbours */
    for (uint32_t i = 0; i < service->group_count; i++) {
        const struct group *group = service->groups[i];
        struct attempt attempt;
        bool again =
            i + 1 < service->group_count && strcmp(service->groups[i + 1]->name, group->name) == 0;
        if (again || group->actor == SERVICE_NOBODY || &checker->actors[group->actor] == self ||
            service_shown_by(service, group) > self->decided_asked_ms ||
            service_hidden_from(service, group) <= self->decided_read_ms ||
            attempt_parse(text_from(PLAN_PREFIX), text_from(group->name), &attempt) !=
                ATTEMPT_MARKED ||
            text_equal(attempt.id, self->id) ||
            self->decided_read_ms - group->applied_ms >
                attempt.lock_timeout_ms - attempt.lock_timeout_ms / DRIFT_PARTS)
            continue;
        int64_t ticket_ms = checker_ticket_ms(group, &attempt);
        if (!smaller_key(ticket_ms, attempt.id, self) || (self->shared && attempt.shared))
            continue;
        earlier += group->actor != last;
        last = group->actor;
        if (!in_slot(self) || attempt.slots <= 1 || earlier >= self->slots)
            world_fail(checker->world, "I5", "%s enters before %s, which waits in plain sight",
                       self->who, group->name);
    }
}

void checker_holds(struct checker *checker, uint32_t actor, struct mono now)
{
    struct checker_actor *self = &checker->actors[actor];
    struct world *world = checker->world;
    self->holding = true;
    self->frozen = false;
    self->holds++;
    self->since_ms = world->now_ms;
    self->counts_until_ms = WORLD_NEVER;
    checker->entries++;
    if (checker->idle_ms && checker->idle_count < checker->idle_room)
        checker->idle_ms[checker->idle_count++] = world->now_ms - (int64_t)checker->freed_ms;
    if (self->role) {
        self->counts_until_ms =
            self->group ? self->group->applied_ms + checker->plan->role_age_ms : world->now_ms;
    } else {
        checker->out_of_order += self->ticket_ms < checker->last_ticket_ms;
        checker->last_ticket_ms = self->ticket_ms;
        if (now.ms > self->lease_ends_ms)
            world_fail(world, "I3", "%s starts its command after its lease", self->who);
    }
    exclude(checker, actor);
    checker_progress(checker, self);
    if (!self->role && !checker->plan->outside)
        check_order(checker, self);
}

/* Front ends whose clocks differ may say otherwise of two who never saw each other. */
static bool clocks_agree(const struct plan *plan)
{
    for (uint32_t i = 1; i < plan->front_ends; i++)
        if (plan->skew_ms[i] != plan->skew_ms[0])
            return false;
    return plan->create_ms == 0 || plan->front_ends == 1;
}

void checker_token(struct checker *checker, uint32_t actor, int64_t token)
{
    const struct checker_actor *self = &checker->actors[actor];
    const struct plan *plan = checker->plan;
    if (self->shared || in_slot(self) || plan->no_mutex)
        return;
    if (token <= checker->token_max && !plan->outside && plan->settle_ms > 0 && clocks_agree(plan))
        world_fail(checker->world, "I9", "%s holds with token %lld after one with %lld", self->who,
                   (long long)token, (long long)checker->token_max);
    if (token > checker->token_max)
        checker->token_max = token;
}

void checker_held(struct checker *checker, uint32_t actor, struct mono now)
{
    struct checker_actor *self = &checker->actors[actor];
    self->holding = false;
    checker->freed_ms = (uint64_t)checker->world->now_ms;
    if (!self->role)
        checker_cleaned(checker, self);
    if (!self->role && !self->frozen && now.ms > self->lease_ends_ms)
        world_fail(checker->world, "I3", "the command of %s outlived its lease by %lld ms",
                   self->who, (long long)(now.ms - self->lease_ends_ms));
}

void checker_freezes(struct checker *checker, uint32_t actor)
{
    checker->actors[actor].frozen = true;
}

void checker_thaws(struct checker *checker, uint32_t actor)
{
    checker->actors[actor].frozen = false;
    if (checker->actors[actor].holding)
        exclude(checker, actor);
}

void checker_lost(struct checker *checker, uint32_t actor, struct mono now, enum lock_reason reason)
{
    struct checker_actor *self = &checker->actors[actor];
    checker->lost++;
    bool excused = checker->plan->evil && reason != LOCK_REASON_LEASE && reason != LOCK_REASON_GONE;
    if ((checker->plan->outside && !is_strict(checker->plan)) || excused ||
        (reason == LOCK_REASON_OLDER_CLAIM && checker_late_claim(checker, self)) ||
        (reason == LOCK_REASON_STRANGER && checker_replaced(checker, self, NULL)))
        return;
    if (reason != LOCK_REASON_LEASE)
        world_fail(checker->world, "I8", "%s says that its lock is lost (reason %d)", self->who,
                   (int)reason);
    else
        checker_lost_lease(checker, self, now);
}
