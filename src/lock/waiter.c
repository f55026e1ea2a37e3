#include "waiter.h"

#include "cleaning.h"
#include "holder.h"
#include "leaving.h"
#include "mutex.h"
#include "own.h"
#include "pace.h"
#include "phase.h"
#include "rule.h"
#include "unseen.h"
#include "waiter_private.h"

#define CROWD_PLACES 8 /* more ahead by a first look are a crowd */

struct mono waiter_settled_at(const struct lock *lock, struct mono now)
{
    struct mono at = MONO_NEVER;
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++) {
        const struct lock_generation *own = &lock->generations[i];
        if (own->state == LOCK_GENERATION_MADE && own_counts(lock, own, now))
            at = mono_min(at, mono_add(own->answered, RULE(SETTLE) ? lock->settings.settle_ms : 0));
    }
    return at;
}

/*
 * In two cases the claim itself must have stood for D before the look that decides. With an
 * explicit ID a newer run of that ID may have deleted what we waited with, so that only our claim
 * keeps others out (SAME_ID_SETTLE). With slots others need not give way to those before them, so
 * the last to claim must see all other claims (SLOTS_SETTLE).
 */
struct mono waiter_claimed_at(const struct lock *lock, struct mono now)
{
    bool alone = (lock->settings.nonce && RULE(SAME_ID_SETTLE)) ||
                 (lock->settings.slots > 1 && RULE(SLOTS_SETTLE));
    struct mono at = mono_add(lock->claimed, alone ? lock->settings.settle_ms : 0);
    return mono_max(mono_max(at, waiter_settled_at(lock, now)), mutex_look_at(lock));
}

void waiter_arrive(struct lock *lock, struct mono now)
{
    own_drop_below(lock, UINT32_MAX);
    mutex_give_back(lock, mutex_is_safe(lock, now), now);
    phase_set(lock, LOCK_WAITING);
    lock->withdrawn = false;
    lock->reading = lock->list_own = false;
    lock->unseen_looks = 0;
    lock->pace = (struct lock_pace){0};
    lock->failures = 0;
    lock->hard_failures = 0;
    lock->first_claim_ms = ATTEMPT_UNKNOWN;
    if (lock->settings.no_queue)
        lock->ticket_ms = ATTEMPT_UNKNOWN;
    lock->look_first = RULE(LOOK_FIRST) && lock->ticket_ms == ATTEMPT_UNKNOWN;
    lock->look_at = MONO_NEVER; /* set when the create is answered */
    if (lock->look_first)
        lock->look_at = now;
    else
        own_plan(lock, false);
}

bool waiter_counts(const struct lock *lock)
{
    return lock->settings.limits_waiters && !lock->admitted;
}

bool waiter_has_hope(const struct lock *lock)
{
    return !lock->position.behind && !unseen_is(lock) && !lock->withdrawn &&
           (lock->phase == LOCK_CLAIMING || !lock->mutex.held_by_other);
}

void waiter_take_claim_back(struct lock *lock, struct mono now)
{
    bool place = false;
    mutex_give_back(lock, mutex_is_safe(lock, now), now);
    own_drop_claims(lock);
    lock->first_claim_ms = ATTEMPT_UNKNOWN;
    phase_set(lock, LOCK_WAITING);
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++)
        place |= own_counts(lock, &lock->generations[i], now);
    lock->claim_failed = place; /* a claim by a first look is a guess: it does not count */
    if (place || lock->settings.no_queue)
        return;
    own_plan(lock, false); /* the first generation was the claim */
    lock->list_own = lock->busy && lock->ticket_ms == ATTEMPT_UNKNOWN && RULE(OWN_LISTING);
}

void waiter_withdraw(struct lock *lock, struct mono now, uint32_t random)
{
    int64_t delay_ms = lock->settings.retry_delay_ms;
    if (!delay_ms)
        delay_ms = LOCK_RETRY_DELAY_MS;
    own_drop_below(lock, UINT32_MAX);
    lock->cleaning_count = 0; /* an earlier run of our ID must see the one that replaces it */
    lock->withdrawn = true;
    lock->admitted = false;
    lock->arrive_at = mono_add(now, delay_ms + ms_random(delay_ms / 2, random));
}

bool waiter_was_last_look(struct lock *lock, struct mono now, enum lock_reason reason)
{
    const struct lock_settings *settings = &lock->settings;
    lock->lost_looks++;
    if (!settings->max_attempts || lock->lost_looks < settings->max_attempts)
        return false;
    leaving_begin(lock, now, reason);
    return true;
}

void waiter_asked(struct lock *lock, struct mono now, bool was_there)
{
    if (!was_there)
        waiter_arrive(lock, now);
}

void waiter_claim(struct lock *lock)
{
    lock->token = own_token(lock);
    lock->first_claim_ms = ATTEMPT_UNKNOWN;
    own_plan(lock, true);
    mutex_ask(lock);
    lock->claimed = MONO_NEVER;
    lock->again_ms = 0;
    phase_set(lock, LOCK_CLAIMING);
    lock->look_at = MONO_NEVER; /* set when the claim is answered, and the mutex */
}

/*
 * When to look after the create of a place was answered: D later, or as late as the first look
 * allows if that has found a crowd ahead (BY_FIRST_LOOK).
 */
static struct mono placed_at(const struct lock *lock, struct mono now)
{
    const struct lock_settings *settings = &lock->settings;
    bool at_once = (settings->nonblock || waiter_counts(lock)) && !lock->found_ahead;
    if (at_once || !RULE(SETTLE))
        return now;
    struct mono settled = mono_add(now, settings->settle_ms);
    bool crowd = lock->pace.ahead > CROWD_PLACES && RULE(BY_FIRST_LOOK);
    bool waits = lock->found_ahead && (crowd || settings->retry_delay_ms);
    return waits ? mono_max(settled, lock->turn_at) : settled;
}

void waiter_made(struct lock *lock, struct mono now, const struct lock_generation *own)
{
    if (own->claim) {
        lock->claimed = now;
        lock->look_at = waiter_claimed_at(lock, now);
        if (!RULE(LOOK_AFTER_CLAIM))
            holder_begin(lock, now, NULL);
    } else if (lock->look_at.ms == MONO_NEVER.ms) {
        lock->look_at = placed_at(lock, now);
        lock->found_ahead = false;
    }
}

/*
 * With --settle 0 the mutex decides alone, without another look. But not if the last look was long
 * ago: then it tells nothing about others who may take our mutex for their own.
 */
static bool holds_by_mutex(const struct lock *lock, struct mono now)
{
    int64_t fresh_ms = 2 * mutex_settle_ms(lock);
    return lock->settings.settle_ms == 0 && mutex_is_needed(lock) && mutex_allows(lock) &&
           !lock->mutex.made_anew && !mono_reached(now, mono_add(lock->mutex.last_look, fresh_ms));
}

void waiter_mutex(struct lock *lock, struct mono now, const struct lock_answer *answer)
{
    if (lock->phase != LOCK_CLAIMING)
        return;
    lock->look_at = waiter_claimed_at(lock, now);
    if (holds_by_mutex(lock, now)) {
        holder_begin(lock, now, NULL);
        return;
    }
    if (mutex_is_anothers(lock)) {
        waiter_take_claim_back(lock, now);
        waiter_without_mutex(lock, now, answer->random);
    }
}
