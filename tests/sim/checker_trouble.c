/* checker_trouble - what a run had to bear, and what it had to get done all the same. */
#include <stdio.h>
#include <string.h>

#include "checker.h"

#define MARGIN_MIN_MS    2000
#define MARGIN_MAX_MS    30000
#define SLACK_MS         20 /* timers of whole milliseconds, one after another */
#define PER_MILLE_DRIFT  2
#define PAUSE_LEAVING_MS 3000 /* longest pause after a failure; while not leaving T/10 */
#define DOUBTS_MAX       3    /* D, until a look tells whose a mutex is, if nothing is waited for */
#define PAGE_NAMES       50
#define PAGE_LOOK_MS     100 /* shortest pause between two looks */

void checker_trouble(struct checker *checker, uint32_t actor, int64_t from_ms, int64_t until_ms)
{
    struct checker_actor *self = &checker->actors[actor];
    struct checker_trouble *last =
        self->trouble_count > 0 ? &self->troubles[self->trouble_count - 1] : NULL;
    if (last && from_ms <= last->until_ms) {
        last->from_ms = from_ms < last->from_ms ? from_ms : last->from_ms;
        last->until_ms = until_ms > last->until_ms ? until_ms : last->until_ms;
        return;
    }
    if (self->trouble_count == CHECKER_TROUBLES_MAX) {
        self->trouble_count /= 2;
        self->forgotten_ms = self->troubles[self->trouble_count - 1].until_ms;
        memmove(self->troubles, self->troubles + CHECKER_TROUBLES_MAX - self->trouble_count,
                self->trouble_count * sizeof(*self->troubles));
    }
    self->troubles[self->trouble_count++] = (struct checker_trouble){from_ms, until_ms};
}

void checker_request(struct checker *checker, uint32_t actor, int64_t began_ms,
                     const struct lock_answer *failure)
{
    struct checker_actor *self = &checker->actors[actor];
    int64_t now_ms = checker->world->now_ms, until_ms = now_ms;
    int64_t longest_ms = self->leaving ? PAUSE_LEAVING_MS : self->lock_timeout_ms / 10;
    self->requests++;
    self->failures = failure ? self->failures + 1 : 0;
    if (!failure)
        self->hard_failures = 0;
    else if (!failure->throttled)
        self->hard_failures++;
    if (failure)
        until_ms += failure->pause_ms < longest_ms ? failure->pause_ms : longest_ms;
    if (failure || now_ms - began_ms > checker_trips_ms(checker->plan, 1))
        checker_trouble(checker, actor, began_ms, until_ms);
}

int64_t checker_undisturbed(const struct checker_actor *self, int64_t from_ms, int64_t need_ms)
{
    if (from_ms < self->forgotten_ms)
        from_ms = self->forgotten_ms;
    for (uint32_t i = 0; i < self->trouble_count; i++) {
        const struct checker_trouble *trouble = &self->troubles[i];
        if (trouble->from_ms >= from_ms + need_ms)
            break;
        if (trouble->until_ms > from_ms)
            from_ms = trouble->until_ms;
    }
    return from_ms + need_ms;
}

int64_t checker_trips_ms(const struct plan *plan, int64_t requests)
{
    return requests * (2 * (plan->latency_ms + plan->jitter_ms) + 1);
}

/* To read a whole listing, perhaps after another that was under way. */
int64_t checker_listing_ms(const struct checker *checker)
{
    int64_t pages = checker->service->group_count / PAGE_NAMES + 2; /* the last may be empty */
    return checker_trips_ms(checker->plan, 1 + 2 * pages) + PAGE_LOOK_MS;
}

static int64_t stretched(int64_t ms)
{
    return ms + ms * PER_MILLE_DRIFT / 1000 + SLACK_MS;
}

/* The newest attempt that is wanted, and known to have been made: LEASE_KNOWN. */
static const struct checker_name *newest_known(const struct checker_actor *self)
{
    const struct checker_name *newest = NULL;
    for (uint32_t i = 0; i < self->name_count; i++) {
        const struct checker_name *name = &self->names[i];
        if (name->known && !name->deletion_ms && (!newest || name->sent_ms > newest->sent_ms))
            newest = name;
    }
    return newest;
}

/*
 * I8: a lease is lost at its end less the margins, not earlier; and only if there was no time to
 * renew it. From T/3 on the next create was due: a request may have been under way, then it needs
 * one without trouble. That it was answered is enough.
 */
void checker_lost_lease(struct checker *checker, const struct checker_actor *self, struct mono now)
{
    const struct plan *plan = checker->plan;
    const struct checker_name *newest = newest_known(self);
    int64_t margin_ms = self->lock_timeout_ms / 10;
    if (!newest) {
        world_fail(checker->world, "I8", "%s lost a lease that it did not have", self->who);
        return;
    }
    margin_ms = margin_ms < MARGIN_MIN_MS ? MARGIN_MIN_MS : margin_ms;
    margin_ms = margin_ms > MARGIN_MAX_MS ? MARGIN_MAX_MS : margin_ms;
    margin_ms = margin_ms < plan->settle_ms ? plan->settle_ms : margin_ms;
    int64_t term_ms = newest->sent_ms + self->lock_timeout_ms - margin_ms - plan->kill_after_ms;
    if (now.ms < term_ms)
        world_fail(checker->world, "I8", "%s gives its lease up %lld ms early", self->who,
                   (long long)(term_ms - now.ms));
    int64_t due_ms = newest->sent_at_ms + stretched(self->lock_timeout_ms / 3);
    if (strstr(newest->name, "#h") && due_ms < self->decided_read_ms)
        due_ms = self->decided_read_ms; /* from a claim to the look that decides none is made */
    int64_t made_ms = checker_undisturbed(self, due_ms, checker_trips_ms(plan, 2) + SLACK_MS);
    if (made_ms < checker->world->now_ms)
        world_fail(checker->world, "I8",
                   "%s lost its lease, which it had the time to renew by %lld", self->who,
                   (long long)made_ms);
}

bool checker_has_cleaned(const struct checker *checker, const struct checker_actor *self)
{
    int64_t least_ms =
        LOCK_CLEAN_FIRST_MS - LOCK_CLEAN_FIRST_MS * PER_MILLE_DRIFT / 1000 - SLACK_MS;
    return checker->world->now_ms - self->decided_read_ms >= least_ms;
}

/* True time at which leaving may be given up: if it knows of no name of its own, soon. */
static int64_t leave_until(const struct checker *checker, const struct checker_actor *self,
                           const struct lock_settings *settings)
{
    int64_t from_ms = self->left_ms, limit_ms = settings->release_timeout_ms;
    int64_t settles_ms = LOCK_LEAVE_SETTLES * checker->plan->settle_ms;
    if (!self->made && limit_ms > LOCK_LEAVE_UNMADE_MS)
        limit_ms = LOCK_LEAVE_UNMADE_MS;
    if (self->made && self->made_ms > from_ms)
        from_ms = self->made_ms;
    if (self->uncertain && limit_ms < settles_ms)
        limit_ms = settles_ms;
    return from_ms + limit_ms - limit_ms * PER_MILLE_DRIFT / 1000 - 2;
}

bool checker_out_of_time(const struct checker *checker, const struct checker_actor *self,
                         const struct lock_settings *settings)
{
    return checker->world->now_ms >= leave_until(checker, self, settings);
}

/* When so many deletes are through, each of which needs a while without trouble. */
static int64_t deleted_by(const struct checker *checker, const struct checker_actor *self,
                          int64_t from_ms, uint32_t deletes)
{
    from_ms = checker_undisturbed(self, from_ms, checker_trips_ms(checker->plan, 1));
    for (uint32_t i = 0; i < deletes; i++)
        from_ms = checker_undisturbed(self, from_ms, checker_trips_ms(checker->plan, 1));
    return from_ms + SLACK_MS;
}

/* What it had to delete since it began to leave, also what the service had made again. */
static uint32_t to_delete(const struct checker *checker, const struct checker_actor *self)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < self->name_count; i++)
        count += self->names[i].maybe &&
                 (!self->names[i].gone_ms || self->names[i].gone_ms >= self->left_ms);
    for (uint32_t i = 0; i < checker->service->group_count; i++) {
        const struct group *group = checker->service->groups[i];
        count += group->ghost && &checker->actors[group->maker] == self && group->run == self->run;
    }
    return count;
}

/* Its own, or perhaps; else another has it, which is as good as a claim in sight. */
static void mutex_exists(struct checker_actor *self, const struct lock_answer *answer)
{
    if (self->mutex_made || self->mutex_sent || answer->maybe_repeated)
        return;
    self->sees_ahead = true;
    self->sees_young = false;
}

void checker_mutex_outcome(struct checker *checker, struct checker_actor *self, enum plan_op op,
                           const char *name, const struct lock_answer *answer)
{
    enum lock_outcome outcome = answer->outcome;
    bool exists = op == PLAN_CREATE && outcome == LOCK_EXISTS;
    if (exists)
        mutex_exists(self, answer);
    if (op == PLAN_CREATE && outcome != LOCK_LATER)
        self->mutex_sent = outcome == LOCK_UNKNOWN;
    /* Whose it is, if its own create may have been answered before: a look is to tell. */
    bool doubt =
        outcome == LOCK_UNKNOWN || (exists && (answer->maybe_repeated || self->mutex_doubt));
    if (doubt) {
        self->mutex_doubt = true;
        self->doubted_ms = checker->world->now_ms;
    }
    if (op == PLAN_CREATE && outcome == LOCK_DONE)
        self->mutex_made = true;
    if (op == PLAN_CREATE && (outcome == LOCK_DONE || doubt)) {
        (void)snprintf(self->mutex, sizeof(self->mutex), "%s", name);
        self->mutex_ms = self->shared_ms;
    }
    if (op == PLAN_DELETE && (outcome == LOCK_DONE || outcome == LOCK_ABSENT))
        self->mutex_made = false;
}

/* D later, or 3 D without a settle wait, a look without trouble tells whose its mutex is. */
static int64_t told_by(const struct checker *checker, const struct checker_actor *self,
                       int64_t from_ms)
{
    int64_t settle_ms = checker->plan->settle_ms;
    int64_t doubt_ms = settle_ms > LOCK_MUTEX_SETTLE_MS ? settle_ms : LOCK_MUTEX_SETTLE_MS;
    if (settle_ms == 0)
        doubt_ms *= DOUBTS_MAX;
    return checker_undisturbed(self, from_ms,
                               stretched(doubt_ms) + checker_listing_ms(checker) +
                                   checker_trips_ms(checker->plan, 1));
}

/*
 * True time by which the mutex that it had, or may have had, when it began to leave is given back.
 * Two looks tell first whose it is, if an answer about it was lost; or if its claim ran out before
 * there was a moment without trouble for the delete, a look tells whether it was taken for a dead
 * run's.
 */
static int64_t given_back_by(const struct checker *checker, const struct checker_actor *self)
{
    int64_t from_ms = self->left_ms;
    if (self->mutex_doubt) {
        from_ms = told_by(checker, self, self->doubted_ms > from_ms ? self->doubted_ms : from_ms);
        from_ms = told_by(checker, self, from_ms);
    }
    if ((!self->left_mutex && !self->mutex_doubt) || self->claim_sent_ms == INT64_MIN)
        return from_ms;
    int64_t trips_ms = checker_trips_ms(checker->plan, 2); /* first its claim is asked for */
    int64_t by_ms = checker_undisturbed(self, from_ms, trips_ms + PAUSE_LEAVING_MS);
    int64_t ends_ms = self->claim_sent_ms + self->lock_timeout_ms - stretched(0);
    if (by_ms < ends_ms)
        return by_ms - PAUSE_LEAVING_MS;
    if (self->mutex_doubt && ends_ms < from_ms)
        return from_ms; /* the second of the looks has told that, too */
    return told_by(checker, self, ends_ms > from_ms ? ends_ms : from_ms);
}

bool checker_had_time(const struct checker *checker, const struct checker_actor *self,
                      const struct group *group)
{
    /* The claim is asked for; then the mutex, and #break. */
    uint32_t deletes = to_delete(checker, self) + 3;
    int64_t from_ms = given_back_by(checker, self);
    int64_t by_ms = deleted_by(checker, self, from_ms, deletes);
    if (group) { /* that came late: a look shows it */
        int64_t shown_ms = service_shown_by(checker->service, group);
        by_ms = (by_ms > shown_ms ? by_ms : shown_ms) + stretched(checker->plan->settle_ms);
        by_ms = checker_undisturbed(self, by_ms, checker_listing_ms(checker));
        by_ms = deleted_by(checker, self, by_ms, deletes);
    }
    return by_ms < checker->world->now_ms;
}
