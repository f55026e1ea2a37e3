#include "unseen.h"

#include "judge.h"
#include "mutex.h"
#include "own.h"
#include "pace.h"
#include "rule.h"
#include "waiter.h"

#define UNSEEN_SHARE 3 /* of T that names of ours are waited for, that no listing shows */

bool unseen_is(const struct lock *lock)
{
    return lock->unseen_looks > 0;
}

void unseen_ends(struct lock *lock)
{
    if (unseen_is(lock))
        lock->again_ms = 0;
    lock->unseen_looks = 0;
}

/* Have our own names not been shown for T/3, while nobody in sight is ahead (UNSEEN_HOLDS)? */
static bool has_lasted_too_long(const struct lock *lock, struct mono asked,
                                const struct judgement *seen)
{
    int64_t limit_ms = lock->settings.lock_timeout_ms / UNSEEN_SHARE;
    struct mono since = unseen_is(lock) ? lock->unseen_since : MONO_NEVER;
    if (lock->phase == LOCK_CLAIMING)
        since = lock->claimed;
    return !seen->rivalry.ahead && RULE(UNSEEN_HOLDS) &&
           mono_reached(asked, mono_add(since, limit_ms));
}

/*
 * With --settle 0 the mutex decides alone. Otherwise, if listings have not shown us for T/3 they
 * never will before our names expire. But somebody may have deleted our claim: that it is there
 * must have been asked a moment ago (CLAIM_ASKED). Playbooks are safe: an unmarked attempt is ahead
 * as long as no name of ours that is in sight holds it off.
 */
bool unseen_may_be_ignored(const struct lock *lock, const struct lock_listing *listing,
                           const struct judgement *seen)
{
    bool claiming = lock->phase == LOCK_CLAIMING;
    if (!mutex_is_needed(lock) || (claiming && !mutex_allows(lock)))
        return false;
    if (lock->settings.settle_ms == 0 && (claiming || seen->alone))
        return true;
    struct mono fresh_until = mono_add(lock->unseen_exists, mutex_settle_ms(lock));
    bool there = !claiming || !mono_reached(listing->asked, fresh_until) || !RULE(CLAIM_ASKED);
    return there && has_lasted_too_long(lock, listing->asked, seen);
}

void unseen_look(struct lock *lock, struct mono now, const struct lock_listing *listing,
                 const struct judgement *seen)
{
    bool decides = lock->phase == LOCK_CLAIMING && mutex_allows(lock) &&
                   has_lasted_too_long(lock, listing->asked, seen);
    lock->look_at = pace_again_at(lock, now);
    if (lock->unseen_looks > 0 &&
        !mono_reached(listing->asked, mono_add(lock->unseen_asked, lock->settings.settle_ms)))
        return;
    if (lock->unseen_looks++ == 0)
        lock->unseen_since = listing->asked;
    lock->unseen_asked = listing->asked;
    if (waiter_was_last_look(lock, now, LOCK_REASON_UNSEEN) ||
        (lock->unseen_looks < LOCK_UNSEEN_LOOKS && !decides) || !RULE(NEW_ARRIVAL))
        return;
    const struct lock_generation *newest = own_newest(lock);
    if (!newest || newest->state != LOCK_GENERATION_MADE)
        return; /* its create is on its way, which tells the same */
    lock->unseen_looks = 1;
    if (!RULE(UNSEEN_ASKED) || seen->remade)
        waiter_arrive(lock, now);
    else
        own_ask(lock, newest);
}

void unseen_told_there(struct lock *lock, struct mono now)
{
    int64_t limit_ms = lock->settings.lock_timeout_ms / UNSEEN_SHARE;
    lock->unseen_exists = now;
    if (lock->phase == LOCK_CLAIMING && mono_reached(now, mono_add(lock->claimed, limit_ms)))
        lock->look_at = now; /* look at once: that look decides */
}
