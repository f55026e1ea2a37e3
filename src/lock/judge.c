#include "judge.h"

#include <string.h>

#include "own.h"
#include "pace.h"
#include "rivals.h"
#include "rule.h"
#include "view.h"

/* Does one of our names hold off an unmarked attempt of that creation time (HOLD_OFF)? */
static bool held_off(const struct lock *lock, struct mono now, const struct lock_listing *listing,
                     int64_t created_ms, bool holding)
{
    if (!RULE(HOLD_OFF))
        return true;
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++) {
        const struct lock_generation *own = &lock->generations[i];
        /* A holder's old generation goes on holding off whom it held off: the newer one stands
         * beside it, and the role reckons with its own timeout, not with our lease. */
        bool counts =
            holding ? own->state == LOCK_GENERATION_MADE && !own->drop : own_counts(lock, own, now);
        if (counts && (own->shown || !listing->complete) &&
            own_holds_off(lock, own, created_ms, !holding))
            return true;
    }
    return false;
}

/* Fills in what the listing says about our own names. */
static void judge_self(const struct lock *lock, struct mono now, const struct lock_listing *listing,
                       struct judgement *ret)
{
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++) {
        const struct lock_generation *own = &lock->generations[i];
        if (!own_counts(lock, own, now))
            continue;
        ret->remade |= own->remade;
        if (!own->shown && RULE(OWN_SHOWN))
            continue;
        ret->own_shown = true;
        if (!RULE(SETTLE) ||
            mono_reached(listing->asked, mono_add(own->answered, lock->settings.settle_ms)))
            ret->own_settled = true;
    }
}

/*
 * Is this the claim of a run that claimed before us and still lives? Only if looks have shown two
 * claims of it: one made before our first claim, and now one made after (OLDER_RENEWS). The former
 * alone may be what a late listing shows of a run that has left; the latter alone may say in its
 * name that it is older than it is, since it was made anew or applied late.
 */
static bool is_older(struct lock *lock, const struct lock_entry *entry)
{
    const struct attempt *attempt = &entry->attempt;
    int64_t own_ms = lock->first_claim_ms;
    int64_t first_ms =
        attempt->first_claim_ms != ATTEMPT_UNKNOWN ? attempt->first_claim_ms : entry->created_ms;
    uint64_t run = view_hash(attempt->id, attempt->nonce) % LOCK_OLDER_BITS, bit = 1ULL << run % 64;
    uint64_t *older_runs = &lock->older_runs[run / 64];
    if (own_ms == ATTEMPT_UNKNOWN || !attempt->claim || first_ms >= own_ms)
        return false;
    bool before = entry->created_ms < own_ms;
    if (before)
        *older_runs |= bit;
    return RULE(OLDER_RENEWS) ? !before && (*older_runs & bit) : before;
}

/* A live name of another run. */
static void judge_marked(struct lock *lock, const struct lock_entry *entry, int64_t age_ms,
                         struct rivals *rivals, struct judgement *ret)
{
    const struct attempt *attempt = &entry->attempt;
    bool known = lock->ticket_ms != ATTEMPT_UNKNOWN, same_id = own_same_id(lock, attempt);
    bool replaces = same_id && !attempt->claim; /* an earlier run that waits: we replace it */
    struct rival_name name = {
        .entry = entry,
        .attempt = attempt,
        .ticket_ms = view_ticket_ms(entry),
        .before = known ? view_precedes(lock, entry) : lock->look_first && !replaces,
        .claim = attempt->claim && (RULE(SAME_ID_CLAIM) || !same_id),
        .older = is_older(lock, entry),
        .age_ms = age_ms,
    };
    if (!known && rivals->partial) /* it was ahead at our first look, so it came before us */
        name.before |= pace_has_met(&lock->pace, attempt);
    if (!RULE(LOSS_OLDER_NOT_KEY))
        name.older = name.before;
    if (attempt->claim && rivals_share_mutex(lock, attempt))
        ret->claims = true;
    bool newer = known && (!name.before || !RULE(REPLACED_BY_NEWER));
    if (same_id && !text_equal(attempt->nonce, lock->settings.nonce) && !attempt->claim && newer)
        ret->replaced = true;
    rivals_add_name(rivals, lock, &name);
}

/* Sums up, and notes for people how we stand. */
static void conclude(struct lock *lock, struct rivals *rivals, struct judgement *ret)
{
    ret->rivalry = rivals_sum(rivals, lock);
    lock->position.ahead = ret->rivalry.ahead;
    lock->position.holders = ret->rivalry.holders;
    lock->position.behind = ret->rivalry.ahead > 0;
    if (!lock->position.behind)
        lock->position.ahead_name[0] = '\0';
    if (rivals->disagrees)
        view_notice(lock, LOCK_NOTICE_DISAGREES, rivals->disagrees->name, &lock->disagreement_told);
}

/* A live unmarked attempt. */
static void judge_unmarked(struct lock *lock, struct mono now, const struct lock_listing *listing,
                           const struct lock_entry *entry, int64_t age_ms, struct rivals *rivals,
                           struct judgement *ret)
{
    bool holding = lock->phase == LOCK_CLEANING || lock->phase == LOCK_HELD;
    struct rival_name name = {.entry = entry, .attempt = &entry->attempt, .age_ms = age_ms};
    if (lock->settings.settle_ms <= 0) /* then nothing keeps playbooks and us apart */
        view_notice(lock, LOCK_NOTICE_UNMARKED, entry->name, &lock->unmarked_told);
    if (held_off(lock, now, listing, entry->created_ms, holding))
        return;
    rivals_add_unmarked(rivals, lock, &name);
    ret->stranger = true;
}

static bool is_others(const struct lock *lock, const struct lock_entry *entry)
{
    if (entry->kind == ATTEMPT_UNMARKED)
        return !entry->has_content; /* else it is no attempt: "Cleaning" */
    return entry->kind == ATTEMPT_MARKED && !own_is(lock, entry);
}

struct judgement judge_listing(struct lock *lock, struct mono now,
                               const struct lock_listing *listing)
{
    struct judgement ret = {.alone = true};
    struct rivals rivals = {.entries = listing->entries, .partial = !listing->complete};
    struct view_run run = {0};
    lock->service_ms = own_service_ms(lock, now);
    lock->position = (struct lock_position){.at_least = !listing->complete};
    judge_self(lock, now, listing, &ret);
    for (uint32_t i = 0; i < listing->count; i++) {
        const struct lock_entry *entry = &listing->entries[i];
        if (i == run.end)
            run = view_run(lock, listing, i, lock->service_ms);
        if (!is_others(lock, entry))
            continue;
        bool live = view_is_live(lock, entry, lock->service_ms);
        if (entry->attempt.claim && (live || !RULE(TOKEN_LIVE)))
            own_see_token(lock, entry->attempt.token);
        if (!live)
            continue;
        int64_t age_ms =
            lock->service_ms == INT64_MIN ? INT64_MAX : lock->service_ms - entry->created_ms;
        ret.alone = false;
        if (entry->kind == ATTEMPT_UNMARKED)
            judge_unmarked(lock, now, listing, entry, age_ms, &rivals, &ret);
        else if (!view_is_leftover(lock, entry, &run))
            judge_marked(lock, entry, age_ms, &rivals, &ret);
    }
    conclude(lock, &rivals, &ret);
    return ret;
}
