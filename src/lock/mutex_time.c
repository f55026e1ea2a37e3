/*
 * mutex: when ours was made, as far as is known, which the token depends on; and from when on it
 * may be deleted (docs/protocol.md, "The token").
 */
#include "mutex.h"
#include "own.h"
#include "rule.h"

#define UNSURE_MAX_MS 1000 /* if the time of its making is known no better, a look must show it */

/*
 * The last look showed our mutex, and not the one that stood there before: that one was made before
 * our create was sent, and by D/2 after our answer listings no longer show it.
 */
static bool is_shown_since_made(const struct lock *lock)
{
    const struct lock_mutex *mutex = &lock->mutex;
    struct mono gone = mono_add(mutex->state_since, lock->settings.settle_ms / 2);
    return mutex->created_ms && mutex->created_ms >= own_earliest_time_ms(lock, mutex->sent) &&
           mono_reached(mutex->last_look, gone);
}

bool mutex_is_bounded(const struct lock *lock)
{
    const struct lock_mutex *mutex = &lock->mutex;
    return !is_shown_since_made(lock) && lock->settings.slots <= 1 &&
           own_time_spread_ms(lock, mutex->state_since) <= UNSURE_MAX_MS;
}

void mutex_hold(struct lock *lock)
{
    struct lock_mutex *mutex = &lock->mutex;
    if (mutex_is_needed(lock) && mutex_is_bounded(lock) && RULE(TOKEN_PAST))
        mutex->token_past_at =
            mono_add(mutex->state_since, own_time_spread_ms(lock, mutex->state_since));
}

struct mono mutex_deletable_at(const struct lock *lock)
{
    return lock->mutex.kept_for_token ? lock->mutex.token_past_at : MONO_NEVER;
}

bool mutex_is_dated(const struct lock *lock, struct mono asked)
{
    const struct lock_mutex *mutex = &lock->mutex;
    int64_t limit_ms = LOCK_DEAD_SETTLES * mutex_settle_ms(lock);
    return !mutex_is_needed(lock) || is_shown_since_made(lock) || lock->settings.slots > 1 ||
           (mutex_is_bounded(lock) &&
            own_latest_time_ms(lock, mutex->state_since) >= mutex->date_ms) ||
           !RULE(TOKEN_TIME) || mono_reached(asked, mono_add(mutex->made, limit_ms));
}
