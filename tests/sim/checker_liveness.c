/* checker_liveness - nobody gives up without a reason, and a free lock is entered (I5). */
#include <string.h>

#include "checker.h"
#include "lock/attempt.h"

#define GRACE_MS        5000 /* after its timeout an attempt is expired, */
#define SKEW_MS         5000 /* by clocks that agree to so much */
#define SLACK_MS        20
#define PROBE_MS        1000   /* between two looks at whether the lock is free */
#define PLACE_MS        1440   /* 1.2 s a place, and 20% of jitter; */
#define PLACE_PAGES_MS  3600   /* 3 s if the listing has several pages */
#define PLACES_NEAR     8      /* to whom the latter applies; */
#define PLACE_HOLDS     6      /* if a hold is in sight, a sixth of what it has lasted, */
#define PLACE_HOLD_MS   30000  /* 25 s at most, and 20%, if that is more */
#define NEXT_MS         6500   /* who is next, 5.4 s and 20%; */
#define NEXT_SAID_MS    180000 /* if somebody says how long he holds, 150 s, or T/6, and 20% */
#define LATE_REQUEST_MS 30000  /* sent before the calm, it may have no answer for so long */
#define MUTEX_MS        13000  /* to remove a dead run's mutex, once it has been watched */
#define DRIFT_PARTS     500    /* of a timeout that a clock may be off by */

static bool is_of(const struct checker *checker, const struct group *group,
                  const struct checker_actor *run)
{
    return group->maker < checker->actor_count && &checker->actors[group->maker] == run &&
           group->run == run->run;
}

static enum attempt_kind parse(const struct group *group, struct attempt *ret)
{
    return attempt_parse(text_from(PLAN_PREFIX), text_from(group->name), ret);
}

/* Nobody's attempt: the mutex, or #break. */
static bool is_mutex(enum attempt_kind kind)
{
    return kind == ATTEMPT_MUTEX || kind == ATTEMPT_BREAK;
}

/* To be sure that a mutex is a dead run's, and to remove it: BREAK_QUIET, and what follows. */
static int64_t watch_ms(const struct plan *plan, int64_t timeout_ms)
{
    return timeout_ms / LOCK_DEAD_SHARE + MUTEX_MS + 3 * plan->settle_ms;
}

/* True time at which nobody takes it for alive any more, who has known the time since late_ms. */
static int64_t dead_by(const struct checker *checker, const struct group *group,
                       enum attempt_kind kind, const struct attempt *attempt, int64_t late_ms)
{
    const struct plan *plan = checker->plan;
    int64_t timeout_ms = kind == ATTEMPT_MARKED ? attempt->lock_timeout_ms : plan->role_timeout_ms;
    if (kind == ATTEMPT_BREAK)
        timeout_ms *= 2;
    if (is_mutex(kind))
        timeout_ms += watch_ms(plan, timeout_ms);
    return group->applied_ms + timeout_ms + timeout_ms / DRIFT_PARTS + GRACE_MS + SKEW_MS + late_ms;
}

/* True time from which on no listing shows it. */
static int64_t group_gone_by(const struct checker *checker, const struct group *group)
{
    return group->deleted_ms == WORLD_NEVER ? WORLD_NEVER
                                            : group->deleted_ms + checker->plan->lag_ms;
}

/* What a look may have shown, to one who judges by the rules. */
struct view {
    uint32_t whole, slots, fewest; /* ahead: those that take all, or a slot; fewest slots */
    bool claims, old, newer;       /* a claim; one that may be 3 D old; a newer run of our ID */
    uint32_t last_maker, last_run; /* names of one run are neighbours */
};

static bool may_be_before(const struct checker_actor *self, const struct group *group,
                          const struct attempt *attempt)
{
    int64_t ticket_ms = checker_ticket_ms(group, attempt);
    /* Of those who come anew with another ticket, or replace one another, not all is known. */
    bool any = !self->queues || self->settings->nonce || self->known_ticket_ms == INT64_MAX;
    return any || attempt->claim || ticket_ms <= self->known_ticket_ms;
}

static void view_marked(struct view *view, const struct checker_actor *self,
                        const struct group *group, const struct attempt *attempt)
{
    bool slot = self->slots > 1 && attempt->slots > 1 && !attempt->shared;
    bool same_id = self->settings->nonce && text_equal(attempt->id, self->id);
    int64_t ticket_ms = checker_ticket_ms(group, attempt);
    bool known = self->queues && self->known_ticket_ms != INT64_MAX;
    bool newer = !known || ticket_ms >= self->known_ticket_ms;
    view->newer |= same_id && !attempt->claim && newer;
    if (slot && (!view->fewest || attempt->slots < view->fewest))
        view->fewest = attempt->slots;
    if ((self->shared && attempt->shared) || !may_be_before(self, group, attempt))
        return;
    bool again = view->last_maker == group->maker && view->last_run == group->run;
    view->slots += slot && !again;
    view->whole += !slot;
    view->claims |= attempt->claim;
    if (slot) {
        view->last_maker = group->maker;
        view->last_run = group->run;
    }
}

/*
 * Who is to remove a dead run's mutex watches it by whole listings, from the first on that shows no
 * claim that may go with it, however long it has been dead itself.
 */
static void watch(struct checker_actor *self, int64_t asked_ms, const struct lock_listing *listing)
{
    bool mutex = false, claims = false;
    for (uint32_t i = 0; i < listing->count; i++) {
        const struct lock_entry *entry = &listing->entries[i];
        int64_t age_ms = WORLD_EPOCH_MS + asked_ms - entry->created_ms;
        int64_t life_ms = entry->attempt.lock_timeout_ms;
        int64_t dead_ms = life_ms + life_ms / DRIFT_PARTS + GRACE_MS + SKEW_MS;
        bool own = text_equal(entry->attempt.id, self->id);
        mutex |= entry->kind == ATTEMPT_MUTEX;
        claims |= entry->kind == ATTEMPT_MARKED && entry->attempt.claim && !own &&
                  age_ms < dead_ms + self->anchor_late_ms;
    }
    if (!listing->complete)
        return;
    if (!mutex || claims)
        self->watching_ms = WORLD_NEVER;
    else if (self->watching_ms == WORLD_NEVER)
        self->watching_ms = asked_ms;
}

/* It is dead, and has been watched for as long as that takes: nobody gives up for it. */
static bool may_be_removed(const struct checker *checker, const struct checker_actor *self,
                           const struct group *mutex, enum attempt_kind kind,
                           const struct attempt *attempt, int64_t asked_ms)
{
    bool watched = self->watching_ms != WORLD_NEVER &&
                   self->watching_ms + watch_ms(checker->plan, self->lock_timeout_ms) < asked_ms;
    return self->anchored && (watched || kind == ATTEMPT_BREAK) &&
           dead_by(checker, mutex, kind, attempt, self->anchor_late_ms) < asked_ms;
}

static struct view view_of(const struct checker *checker, const struct checker_actor *self,
                           int64_t asked_ms)
{
    const struct service *service = checker->service;
    const struct plan *plan = checker->plan;
    int64_t now_ms = checker->world->now_ms;
    struct view view = {.last_maker = SERVICE_NOBODY};
    for (uint32_t i = 0; i < service->group_count; i++) {
        const struct group *group = service->groups[i];
        struct attempt attempt;
        enum attempt_kind kind = parse(group, &attempt);
        bool own = is_of(checker, group, self) && kind == ATTEMPT_MARKED;
        if (group_gone_by(checker, group) <= asked_ms || own)
            continue;
        if (kind == ATTEMPT_ELSEWHERE || (kind == ATTEMPT_UNMARKED && group->content) ||
            (self->anchored && !is_mutex(kind) &&
             dead_by(checker, group, kind, &attempt, self->anchor_late_ms) < asked_ms))
            continue;
        int64_t apart_ms = plan->create_ms + SKEW_MS;
        if (is_mutex(kind)) {
            bool counts = !may_be_removed(checker, self, group, kind, &attempt, asked_ms);
            view.whole += counts;
            view.claims |= counts;
            continue;
        }
        view.old |= now_ms - group->applied_ms + apart_ms >= 3 * plan->settle_ms;
        if (kind == ATTEMPT_MARKED)
            view_marked(&view, self, group, &attempt);
        else
            view.whole++;
    }
    return view;
}

/* The longest time for each place, and whether anybody says how long it holds. */
static int64_t place_ms(const struct checker *checker, const struct lock_listing *listing,
                        int64_t least_ms, bool *ret_said)
{
    int64_t service_ms = WORLD_EPOCH_MS + checker->world->now_ms, ms = least_ms;
    *ret_said = false;
    for (uint32_t i = 0; i < listing->count; i++) {
        const struct lock_entry *entry = &listing->entries[i];
        const struct attempt *attempt = &entry->attempt;
        bool first = attempt->claim && attempt->first_claim_ms != ATTEMPT_UNKNOWN;
        int64_t age_ms = service_ms - (first ? attempt->first_claim_ms : entry->created_ms);
        if (entry->kind != ATTEMPT_MUTEX && entry->kind != ATTEMPT_UNMARKED && !attempt->claim)
            continue;
        int64_t by_hold_ms = (age_ms + SKEW_MS) * 6 / 5 / PLACE_HOLDS;
        by_hold_ms = by_hold_ms < PLACE_HOLD_MS ? by_hold_ms : PLACE_HOLD_MS;
        ms = by_hold_ms > ms ? by_hold_ms : ms;
        *ret_said |= attempt->claim && attempt->expect_ms;
    }
    return ms;
}

/* The longest pause after a look: by the place, which is no larger than what was read. */
static int64_t pause_ms(const struct checker *checker, const struct checker_actor *self,
                        const struct lock_listing *listing, bool own_shown)
{
    int64_t delay_ms = self->settings->retry_delay_ms, places = listing->count;
    int64_t longest_ms = self->lock_timeout_ms * 2 / 5, ms = longest_ms; /* T/3, and 20% */
    if (delay_ms)
        return delay_ms * 3 / 2;
    if (!own_shown && !listing->complete)
        return self->lock_timeout_ms * 3 / 5; /* T/2, and 20% */
    bool one_page = listing->complete && listing->pages == 1, said;
    int64_t each_ms = place_ms(checker, listing, one_page ? PLACE_MS : PLACE_PAGES_MS, &said);
    int64_t said_ms = self->lock_timeout_ms / 5;
    int64_t next_ms = !said ? NEXT_MS : said_ms < NEXT_SAID_MS ? said_ms : NEXT_SAID_MS;
    next_ms = next_ms > each_ms ? next_ms : each_ms;
    if (one_page || places <= PLACES_NEAR)
        ms = next_ms + (places > 1 ? places - 1 : 0) * each_ms;
    return ms < longest_ms ? ms : longest_ms;
}

void checker_looks(struct checker *checker, uint32_t actor, int64_t asked_ms,
                   const struct lock_listing *listing, bool own_shown, bool own_name)
{
    struct checker_actor *self = &checker->actors[actor];
    const struct lock_settings *settings = self->settings;
    self->next_look_ms = checker->world->now_ms + pause_ms(checker, self, listing, own_shown);
    if (asked_ms != self->look_asked_ms)
        self->looks++;
    self->look_asked_ms = asked_ms;
    watch(self, asked_ms, listing);
    bool limited = settings->nonblock || settings->max_attempts ||
                   settings->wait_until.ms != MONO_NEVER.ms || settings->nonce;
    if (!limited || own_name || self->leaving || self->holding || checker->plan->outside)
        return;
    struct view view = view_of(checker, self, asked_ms);
    uint32_t room = view.fewest && view.fewest < self->slots ? view.fewest : self->slots;
    /* If it was stopped while it read, what it was shown may be forgotten here. */
    bool forgotten = checker->world->now_ms - asked_ms > SERVICE_REMEMBERED_MS;
    bool ahead = forgotten || view.whole > 0 || (view.slots > 0 && view.slots >= room);
    if (ahead)
        self->saw_ahead_ms = checker->world->now_ms;
    self->sees_ahead = ahead || (self->sees_ahead && checker_has_withdrawn(self));
    self->sees_young = !view.claims && !view.old && self->anchored;
    self->sees_newer = forgotten || view.newer;
}

/*
 * An attempt of it still counts (not a claim, which may have been taken back, nor what has
 * been deleted, and made again), and it has read a listing: it has arrived.
 */
static bool has_arrived(const struct checker *checker, const struct checker_actor *self,
                        struct mono now)
{
    int64_t counts_ms = self->lock_timeout_ms - checker->plan->settle_ms - SLACK_MS;
    if (!self->queues || self->asked_ms <= self->arrived_ms)
        return false; /* or it has withdrawn */
    for (uint32_t i = 0; i < self->name_count; i++) {
        const struct checker_name *name = &self->names[i];
        const struct group *group = service_find(checker->service, name->name);
        if (group && group->created_ms == name->created_ms && name->confirmed &&
            !name->deletion_ms && !strstr(name->name, "#h") && now.ms < name->sent_ms + counts_ms)
            return true;
    }
    return false;
}

static int64_t mutex_settle_ms(const struct plan *plan)
{
    return plan->settle_ms < LOCK_MUTEX_SETTLE_MS ? LOCK_MUTEX_SETTLE_MS : plan->settle_ms;
}

/* One try has a bound of its own, whatever it is (not) shown. */
static int64_t try_until(const struct checker *checker, const struct checker_actor *self)
{
    int64_t try_ms = LOCK_TRY_MS + LOCK_TRY_SETTLES * mutex_settle_ms(checker->plan);
    return self->arrived_ms + try_ms - try_ms / DRIFT_PARTS;
}

static void check_unavailable(struct checker *checker, const struct checker_actor *self,
                              struct mono now)
{
    const struct lock_settings *settings = self->settings;
    bool late = now.ms >= settings->wait_until.ms;
    uint32_t tries = settings->arrival_tries;
    bool over = late && self->failures >= (settings->nonblock ? tries : 1);
    over |= settings->nonblock && self->failures > 0 &&
            checker->world->now_ms >= try_until(checker, self);
    bool many = self->hard_failures >= tries;
    if (!over && !(many && !has_arrived(checker, self, now)))
        world_fail(checker->world, "I5", "%s finds the service unavailable after %u failures",
                   self->who, self->failures);
}

/* What limits a wait ends it, though nobody is ahead: some time after it, for who may yet enter. */
static bool is_over(const struct checker *checker, const struct checker_actor *self,
                    struct mono now)
{
    int64_t late_ms = LOCK_LATE_MS + LOCK_LATE_SETTLES * mutex_settle_ms(checker->plan);
    if (self->settings->nonblock)
        return checker->world->now_ms >= try_until(checker, self);
    return now.ms - late_ms >= self->settings->wait_until.ms;
}

void checker_gives_up(struct checker *checker, uint32_t actor, struct mono now,
                      enum lock_reason reason)
{
    const struct checker_actor *self = &checker->actors[actor];
    const struct lock_settings *settings = self->settings;
    if (checker->plan->outside)
        return;
    if (reason == LOCK_REASON_UNAVAILABLE && checker->plan->quota > 0)
        world_fail(checker->world, "I5", "%s gives up because of a quota", self->who);
    if (reason == LOCK_REASON_UNAVAILABLE)
        check_unavailable(checker, self, now);
    if (reason == LOCK_REASON_REFUSED || (reason == LOCK_REASON_REPLACED && !self->sees_newer))
        world_fail(checker->world, "I5", "%s gives up for no reason (%d)", self->who, (int)reason);
    if (reason != LOCK_REASON_HELD && reason != LOCK_REASON_UNSEEN && reason != LOCK_REASON_SLOW &&
        reason != LOCK_REASON_UNCLEAN)
        return;
    bool limit = now.ms >= settings->wait_until.ms ||
                 (settings->max_attempts && self->looks >= settings->max_attempts);
    if (!limit)
        world_fail(checker->world, "I5", "%s gives up before its time", self->who);
    if (!self->sees_ahead && reason == LOCK_REASON_HELD)
        world_fail(checker->world, "I5", "%s gives up, and nobody was ahead", self->who);
    bool unclean = reason == LOCK_REASON_UNCLEAN;
    bool over = is_over(checker, self, now) || (unclean && checker_has_cleaned(checker, self));
    if ((reason == LOCK_REASON_SLOW || unclean) && !over && self->anchored)
        world_fail(checker->world, "I5", "%s gives up though it may yet enter", self->who);
    if (settings->nonblock && self->sees_young && self->looks <= LOCK_YOUNG_LOOKS && !over)
        world_fail(checker->world, "I5", "%s gives up after %u looks at those who may withdraw",
                   self->who, self->looks);
}

/* Who made it, if that run keeps a place and still wants the lock; else NULL. */
static const struct checker_actor *waits(const struct checker *checker, const struct group *group)
{
    if (group->maker >= checker->actor_count || group->ghost)
        return NULL;
    const struct checker_actor *run = &checker->actors[group->maker];
    bool wants = !run->role && run->present && !run->leaving && run->queues;
    return wants && group->run == run->run ? run : NULL;
}

/* Of those who wait the one whose names show the smallest ticket; NULL if nobody does. */
static const struct checker_actor *first_in_line(const struct checker *checker)
{
    const struct service *service = checker->service;
    const struct checker_actor *first = NULL;
    int64_t smallest_ms = INT64_MAX;
    for (uint32_t i = 0; i < service->group_count; i++) {
        const struct group *group = service->groups[i];
        const struct checker_actor *run = waits(checker, group);
        struct attempt attempt;
        if (!run || group->deleted_ms != WORLD_NEVER || parse(group, &attempt) != ATTEMPT_MARKED)
            continue;
        int64_t ticket_ms = checker_ticket_ms(group, &attempt);
        if (ticket_ms < smallest_ms) {
            smallest_ms = ticket_ms;
            first = run;
        }
    }
    return first;
}

static bool has_seen(const struct checker_actor *self, const struct group *own)
{
    for (uint32_t i = 0; i < self->name_count; i++)
        if (self->names[i].confirmed && strcmp(self->names[i].name, own->name) == 0)
            return true;
    return false;
}

/* Held off, with room, by an attempt of `self` that all see, and that it has seen itself. */
static bool is_held_off(const struct checker *checker, const struct checker_actor *self,
                        const struct group *other)
{
    const struct service *service = checker->service;
    const struct plan *plan = checker->plan;
    int64_t seen_ms = checker->world->now_ms - plan->settle_ms - PROBE_MS;
    for (uint32_t i = 0; i < service->group_count; i++) {
        const struct group *own = service->groups[i];
        if (is_of(checker, own, self) && !own->ghost && own->deleted_ms == WORLD_NEVER &&
            has_seen(self, own) && own->applied_ms < seen_ms &&
            own->created_ms + plan->settle_ms < other->created_ms &&
            other->created_ms - plan->role_timeout_ms <= own->created_ms)
            return true;
    }
    return false;
}

/* Since when nobody has held, and nobody has been in trouble; now, if somebody holds. */
static int64_t calm_since(const struct checker *checker)
{
    int64_t since_ms = checker->calm_ms + LATE_REQUEST_MS;
    if (since_ms < (int64_t)checker->freed_ms)
        since_ms = (int64_t)checker->freed_ms;
    for (uint32_t i = 0; i < checker->actor_count; i++) {
        const struct checker_actor *other = &checker->actors[i];
        if (other->holding)
            return checker->world->now_ms;
        if (other->trouble_count > 0 &&
            other->troubles[other->trouble_count - 1].until_ms > since_ms)
            since_ms = other->troubles[other->trouble_count - 1].until_ms;
    }
    return since_ms;
}

/* It keeps nobody out, or not the first in line: who waits, and what that holds off. */
static bool is_harmless(const struct checker *checker, const struct checker_actor *first,
                        const struct group *group, enum attempt_kind kind,
                        const struct attempt *attempt)
{
    const struct checker_actor *run = waits(checker, group);
    if (kind == ATTEMPT_UNMARKED)
        return group->content || is_held_off(checker, first, group);
    return kind == ATTEMPT_ELSEWHERE || (run && (run == first || !attempt->claim));
}

/*
 * Since when nothing has been in its way: no attempt but those of runs that wait, and no claim of
 * theirs, which is taken back; no trouble.
 */
static int64_t unopposed_since(const struct checker *checker, const struct checker_actor *first)
{
    const struct service *service = checker->service;
    int64_t since_ms = calm_since(checker);
    for (uint32_t i = 0; i < service->group_count; i++) {
        const struct group *group = service->groups[i];
        struct attempt attempt;
        enum attempt_kind kind = parse(group, &attempt);
        if (group_gone_by(checker, group) <= since_ms || is_mutex(kind) ||
            is_harmless(checker, first, group, kind, &attempt))
            continue;
        int64_t until_ms = dead_by(checker, group, kind, &attempt, first->anchor_late_ms);
        if (group_gone_by(checker, group) < until_ms)
            until_ms = group_gone_by(checker, group);
        since_ms = until_ms > since_ms ? until_ms : since_ms;
    }
    return since_ms > first->arrived_ms ? since_ms : first->arrived_ms;
}

/*
 * The same with the mutex. That of a dead run is watched by whoever is to remove it, and not before
 * the claims that may go with it are seen to be dead, however long it has been dead itself.
 */
static int64_t free_since(const struct checker *checker, const struct checker_actor *first)
{
    const struct service *service = checker->service;
    int64_t alone_ms = unopposed_since(checker, first), since_ms = alone_ms;
    int64_t watched_ms = alone_ms + watch_ms(checker->plan, first->lock_timeout_ms);
    for (uint32_t i = 0; i < service->group_count; i++) {
        const struct group *group = service->groups[i];
        struct attempt attempt;
        enum attempt_kind kind = parse(group, &attempt);
        if (group_gone_by(checker, group) <= since_ms || !is_mutex(kind))
            continue;
        int64_t until_ms = dead_by(checker, group, kind, &attempt, first->anchor_late_ms);
        until_ms = until_ms > watched_ms ? until_ms : watched_ms;
        if (group_gone_by(checker, group) < until_ms)
            until_ms = group_gone_by(checker, group);
        since_ms = until_ms > since_ms ? until_ms : since_ms;
    }
    return since_ms;
}

/* What it takes to enter at most, once a look shows nobody ahead. */
static int64_t entry_ms(const struct checker *checker)
{
    const struct plan *plan = checker->plan;
    return 4 * plan->settle_ms + plan->lag_ms + 3 * LOCK_AGAIN_MAX_MS +
           3 * checker_listing_ms(checker) +
           checker_trips_ms(plan, 6 + 2 * checker->service->group_count) + PROBE_MS;
}

/*
 * In the calm: when nothing is in the way of who is first in line, its next look comes within the
 * pause that its last look led to, and it enters.
 */
static void probe(void *object, uint64_t argument)
{
    struct checker *checker = object;
    struct checker_free *known = &checker->free;
    int64_t now_ms = checker->world->now_ms;
    const struct checker_actor *first = first_in_line(checker);
    int64_t since_ms = first ? free_since(checker, first) : now_ms;
    (void)argument;
    if (!first || since_ms >= now_ms) {
        known->first = NULL;
    } else if (known->first != first || known->run != first->run || known->since_ms != since_ms) {
        int64_t look_ms = first->next_look_ms > now_ms ? first->next_look_ms : now_ms;
        *known = (struct checker_free){first, first->run, since_ms, look_ms + entry_ms(checker)};
    } else if (now_ms > known->until_ms) {
        world_fail(checker->world, "I5", "%s has not entered a lock that is free for %lld ms",
                   first->who, (long long)(now_ms - since_ms));
    }
    world_at(checker->world, now_ms + PROBE_MS, probe, checker, 0);
}

void checker_calms(struct checker *checker)
{
    checker->calm_ms = checker->world->now_ms;
    if (!checker->plan->outside)
        world_at(checker->world, checker->calm_ms, probe, checker, 0);
}
