/*
 * own: what time it is at the service, by our own names and by the Date of answers ("Now, and
 * expiry"); and the token, which follows from it ("The token").
 */
#include "mutex.h"
#include "own.h"
#include "rule.h"

#define DRIFT_PARTS 2000 /* 500 ppm, by which our clock and the service's may differ */

int64_t own_earliest_time_ms(const struct lock *lock, struct mono at)
{
    if (lock->anchor_created_ms == ATTEMPT_UNKNOWN)
        return INT64_MIN;
    return lock->anchor_created_ms + mono_diff(at, lock->anchor);
}

/* By how much our clock may have gained or lost since the anchor was made, ms. */
static int64_t drift_ms(const struct lock *lock, struct mono at)
{
    return mono_diff(at, lock->anchor_sent) / DRIFT_PARTS + 1;
}

int64_t own_latest_time_ms(const struct lock *lock, struct mono at)
{
    if (lock->anchor_created_ms == ATTEMPT_UNKNOWN)
        return INT64_MAX;
    return lock->anchor_created_ms + mono_diff(at, lock->anchor_sent) + drift_ms(lock, at);
}

int64_t own_time_spread_ms(const struct lock *lock, struct mono at)
{
    if (lock->anchor_created_ms == ATTEMPT_UNKNOWN)
        return INT64_MAX;
    return mono_diff(lock->anchor, lock->anchor_sent) + 2 * drift_ms(lock, at);
}

/* By the Date of the last answer. It has whole seconds, cut off, so it is a lower bound. */
static int64_t dated_ms(const struct lock *lock, struct mono at)
{
    return lock->date_ms ? lock->date_ms + mono_diff(at, lock->dated) : INT64_MIN;
}

int64_t own_earliest_or_date_ms(const struct lock *lock, struct mono at)
{
    return lock->anchor_created_ms == ATTEMPT_UNKNOWN ? dated_ms(lock, at)
                                                      : own_earliest_time_ms(lock, at);
}

/*
 * Larger than all tokens of holders in sight; and since mutexes are made one after the other, no
 * smaller than the time at which ours was made: as a listing shows it, or an upper bound of it. (If
 * that is too far off, a lower one: docs/protocol.md, "The token".)
 */
int64_t own_token(const struct lock *lock)
{
    const struct lock_mutex *mutex = &lock->mutex;
    int64_t token = lock->ticket_ms > lock->token_seen + 1 ? lock->ticket_ms : lock->token_seen + 1;
    if (mutex->state == LOCK_MUTEX_OURS && RULE(TOKEN_TIME)) {
        token = ms_max(token, mutex->created_ms);
        token = ms_max(token, mutex_is_bounded(lock) ? own_latest_time_ms(lock, mutex->state_since)
                                                     : own_earliest_time_ms(lock, mutex->sent));
        token = ms_max(token, mutex->date_ms);
        if (lock->anchor_created_ms == ATTEMPT_UNKNOWN)
            token = ms_max(token, dated_ms(lock, mutex->state_since));
    }
    if (lock->anchor_created_ms == ATTEMPT_UNKNOWN)
        token = ms_max(token, lock->date_ms);
    token = ms_max(token, lock->token);
    return token > 0 ? token : ATTEMPT_UNKNOWN;
}

void own_see_token(struct lock *lock, int64_t token)
{
    bool sane = lock->service_ms == INT64_MIN || token <= lock->service_ms + LOCK_TOKEN_AHEAD_MS;
    if (token > lock->token_seen && (sane || !RULE(TOKEN_LIVE)))
        lock->token_seen = token;
}

int64_t own_service_ms(const struct lock *lock, struct mono now)
{
    int64_t now_ms = own_earliest_or_date_ms(lock, now);
    bool back = lock->anchor_created_ms != ATTEMPT_UNKNOWN && now_ms < lock->service_ms;
    return back && RULE(NOW_FORWARD) ? lock->service_ms : now_ms;
}
